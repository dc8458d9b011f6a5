/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL 3 with a BIO of our own: its socket BIO writes with write(), which raises SIGPIPE, and
 * the signal's disposition belongs to the embedding process; ours uses send(MSG_NOSIGNAL).
 *
 * Reading the system's authorities takes milliseconds, so contexts are kept in a small table by
 * their options and by the identity of the files, which notices a certificate that was renewed.
 * Entries are counted: replacing one does not disturb the connections that use it.
 */
#include "backends/wire/tls.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "util/buf.h"
#include "util/crypto.h"
#include "util/error.h"

enum { CACHE_SLOTS = 16, ALPN_MAX = 512, CIPHERS_MAX = 2048 };

struct weir_tls_profile {
    atomic_int owners;
    SSL_CTX *context;
    bool verifies;
    weir_buf key; /* what it was made from: options and file identities */
    uint64_t used_at;
};

struct weir_tls {
    weir_tls_profile *profile;
    SSL *ssl;
    int fd;
    bool is_drained; /* the last read took all that had arrived */
    bool is_dry;     /* the socket gave less than it was asked for: it has no more for now */
};

static struct {
    pthread_mutex_t lock;
    uint64_t clock;
    weir_tls_profile *slots[CACHE_SLOTS];
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static BIO_METHOD *bio_method;

static int bio_write(BIO *bio, const char *bytes, int len)
{
    const weir_tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t put = send(tls->fd, bytes, (size_t)len, MSG_NOSIGNAL);
    if (put < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_write(bio);
    }
    return (int)put;
}

static int bio_read(BIO *bio, char *bytes, int len)
{
    weir_tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (tls->is_dry) {
        BIO_set_retry_read(bio);
        return -1;
    }
    ssize_t got = recv(tls->fd, bytes, (size_t)len, 0);
    tls->is_dry = got > 0 && got < len;
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_read(bio);
    } else if (got == 0) {
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    }
    return (int)got;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_EOF) {
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    }
    return command == BIO_CTRL_FLUSH;
}

static void make_bio_method(void)
{
    BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir stream");
    if (made && BIO_meth_set_write(made, bio_write) && BIO_meth_set_read(made, bio_read) &&
        BIO_meth_set_ctrl(made, bio_ctrl)) {
        bio_method = made;
    } else {
        BIO_meth_free(made);
    }
}

/* OpenSSL's own words for the oldest error of this thread. */
static const char *openssl_reason(void)
{
    unsigned long code = ERR_peek_error();
    if (ERR_SYSTEM_ERROR(code)) {
        return strerror(ERR_GET_REASON(code));
    }
    const char *reason = ERR_reason_error_string(code);
    return code == 0 ? "unknown error" : reason ? reason : "error without a text";
}

static weir_code fail_file(weir_error *error, const char *what, weir_str path)
{
    return weir_fail(error, WEIR_ERR_TLS, "cannot use the %s '%.*s': %s", what, WEIR_FMT(path),
                     openssl_reason());
}

/* Never ask on the terminal, which is OpenSSL's default. */
static int on_password(char *out, int size, int is_writing, void *user)
{
    (void)is_writing;
    const weir_str *password = user;
    if (!password || password->len > (size_t)size) {
        return -1;
    }
    memcpy(out, password->ptr, password->len);
    return (int)password->len;
}

static bool path_of(weir_str text, char out[PATH_MAX])
{
    if (text.len >= PATH_MAX || memchr(text.ptr, '\0', text.len)) {
        return false;
    }
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return true;
}

static weir_code load_authorities(SSL_CTX *context, weir_str ca, weir_error *error)
{
    char path[PATH_MAX];
    if (ca.len == 0) {
        if (SSL_CTX_set_default_verify_paths(context) == 1) {
            return WEIR_OK;
        }
        return weir_fail(error, WEIR_ERR_TLS, "cannot read the system's certificate authorities");
    }
    if (!path_of(ca, path) || SSL_CTX_load_verify_locations(context, path, NULL) != 1) {
        return fail_file(error, "certificate authority file", ca);
    }
    return WEIR_OK;
}

static weir_code load_identity(SSL_CTX *context, const weir_tls_options *options, weir_error *error)
{
    char path[PATH_MAX];
    weir_str password = options->key_password;
    weir_str key = options->key.len > 0 ? options->key : options->cert;
    if (options->cert.len == 0) {
        return options->key.len == 0
                   ? WEIR_OK
                   : weir_fail(error, WEIR_ERR_TLS, "tls.key needs tls.cert beside it");
    }
    if (!path_of(options->cert, path) || SSL_CTX_use_certificate_chain_file(context, path) != 1) {
        return fail_file(error, "client certificate", options->cert);
    }
    SSL_CTX_set_default_passwd_cb(context, on_password);
    SSL_CTX_set_default_passwd_cb_userdata(context, password.len > 0 ? &password : NULL);
    bool ok =
        path_of(key, path) && SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
    if (!ok) {
        return fail_file(error, "client key", key);
    }
    if (SSL_CTX_check_private_key(context) != 1) {
        return weir_fail(error, WEIR_ERR_TLS, "the client key '%.*s' does not fit the certificate",
                         WEIR_FMT(key));
    }
    return WEIR_OK;
}

/* As the extension has them: each name with its length in front. */
static weir_code offer_alpn(SSL_CTX *context, const weir_tls_options *options, weir_error *error)
{
    static const weir_str http[] = {{"http/1.1", 8}};
    const weir_str *names = options->has_own_alpn ? options->alpn : http;
    const size_t count = options->has_own_alpn ? options->alpn_count : 1;
    unsigned char list[ALPN_MAX];
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (names[i].len == 0 || names[i].len > UINT8_MAX || len + 1 + names[i].len > sizeof list) {
            return weir_fail(error, WEIR_ERR_TLS,
                             "a protocol to offer by ALPN is empty, or they are too long");
        }
        list[len++] = (unsigned char)names[i].len;
        memcpy(list + len, names[i].ptr, names[i].len);
        len += names[i].len;
    }
    return len == 0 || SSL_CTX_set_alpn_protos(context, list, (unsigned)len) == 0
               ? WEIR_OK
               : weir_fail_nomem(error);
}

static weir_code choose_ciphers(SSL_CTX *context, weir_str ciphers, weir_error *error)
{
    char list[CIPHERS_MAX];
    if (ciphers.len >= sizeof list) {
        return weir_fail(error, WEIR_ERR_TLS, "the list of ciphers is too long");
    }
    memcpy(list, ciphers.ptr, ciphers.len);
    list[ciphers.len] = '\0';
    return SSL_CTX_set_cipher_list(context, list) == 1
               ? WEIR_OK
               : weir_fail(error, WEIR_ERR_TLS, "OpenSSL knows no cipher of '%s'", list);
}

static weir_code set_up(SSL_CTX *context, const weir_tls_options *options, weir_error *error)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context, options->is_tls12_only ? TLS1_2_VERSION : 0);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(context, 1); /* many short records by one recv, not each by two */
    SSL_CTX_set_verify(context, options->verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    weir_code code = offer_alpn(context, options, error);
    if (code == WEIR_OK && options->ciphers.len > 0) {
        code = choose_ciphers(context, options->ciphers, error);
    }
    if (code != WEIR_OK) {
        return code;
    }
    if (options->verifies && load_authorities(context, options->ca, error) != WEIR_OK) {
        return WEIR_ERR_TLS;
    }
    return load_identity(context, options, error);
}

static void put_file_key(weir_buf *out, weir_str file)
{
    char path[PATH_MAX];
    struct stat info = {0};
    if (file.len > 0 && path_of(file, path)) {
        stat(path, &info);
    }
    weir_buf_printf(out, "%zu:", file.len);
    weir_buf_put(out, file);
    weir_buf_printf(out, "@%llu.%llu.%lld.%lld.%09ld;", (unsigned long long)info.st_dev,
                    (unsigned long long)info.st_ino, (long long)info.st_size,
                    (long long)info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

/* The password goes in as a digest: equal passwords find each other, none lies about. */
static bool put_key(weir_buf *out, const weir_tls_options *options)
{
    uint8_t digest[WEIR_DIGEST_MAX];
    weir_bytes password = {(const uint8_t *)options->key_password.ptr, options->key_password.len};
    if (weir_digest_bytes(WEIR_DIGEST_SHA256, password, digest, NULL) != WEIR_OK) {
        return false;
    }
    weir_buf_puts(out, options->verifies ? "verify;" : "trust;");
    weir_buf_printf(out, "%s%zu:%.*s;", options->is_tls12_only ? "1.2;" : "", options->ciphers.len,
                    WEIR_FMT(options->ciphers));
    weir_buf_printf(out, "%s%zu:", options->has_own_alpn ? "alpn" : "", options->alpn_count);
    for (size_t i = 0; i < options->alpn_count; i++) {
        weir_buf_printf(out, "%zu:%.*s;", options->alpn[i].len, WEIR_FMT(options->alpn[i]));
    }
    put_file_key(out, options->ca);
    put_file_key(out, options->cert);
    put_file_key(out, options->key);
    weir_buf_put(out, (weir_str){(const char *)digest, weir_digest_len(WEIR_DIGEST_SHA256)});
    return !out->failed;
}

static weir_tls_profile *new_profile(const weir_tls_options *options, weir_buf *key,
                                     weir_error *error)
{
    weir_tls_profile *profile = calloc(1, sizeof *profile);
    ERR_clear_error();
    SSL_CTX *context = profile ? SSL_CTX_new(TLS_client_method()) : NULL;
    if (!context) {
        free(profile);
        weir_fail_nomem(error);
        return NULL;
    }
    weir_code code = set_up(context, options, error);
    ERR_clear_error();
    if (code != WEIR_OK) {
        SSL_CTX_free(context);
        free(profile);
        return NULL;
    }
    atomic_init(&profile->owners, 1);
    profile->context = context;
    profile->verifies = options->verifies;
    profile->key = *key;
    *key = (weir_buf){0};
    return profile;
}

/* Puts the profile into the table, where it replaces the one that was longest unused. */
static void remember(weir_tls_profile *profile)
{
    size_t oldest = 0;
    for (size_t i = 0; i < CACHE_SLOTS; i++) {
        if (!cache.slots[i]) {
            oldest = i;
            break;
        }
        oldest = cache.slots[i]->used_at < cache.slots[oldest]->used_at ? i : oldest;
    }
    weir_tls_profile_release(cache.slots[oldest]);
    cache.slots[oldest] = profile;
    profile->used_at = ++cache.clock;
    atomic_fetch_add(&profile->owners, 1);
}

static weir_tls_profile *recall(weir_str key)
{
    for (size_t i = 0; i < CACHE_SLOTS; i++) {
        if (cache.slots[i] && weir_str_eq(weir_buf_str(&cache.slots[i]->key), key)) {
            cache.slots[i]->used_at = ++cache.clock;
            atomic_fetch_add(&cache.slots[i]->owners, 1);
            return cache.slots[i];
        }
    }
    return NULL;
}

weir_tls_profile *weir_tls_profile_retain(const weir_tls_options *options, weir_error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_bio_method);
    weir_buf key = {0};
    if (!bio_method || !put_key(&key, options)) {
        weir_buf_fini(&key);
        weir_fail_nomem(error);
        return NULL;
    }
    pthread_mutex_lock(&cache.lock);
    weir_tls_profile *profile = recall(weir_buf_str(&key));
    if (!profile) {
        profile = new_profile(options, &key, error);
        if (profile) {
            remember(profile);
        }
    }
    pthread_mutex_unlock(&cache.lock);
    weir_buf_fini(&key);
    return profile;
}

void weir_tls_profile_release(weir_tls_profile *profile)
{
    if (profile && atomic_fetch_sub(&profile->owners, 1) == 1) {
        SSL_CTX_free(profile->context);
        weir_buf_fini(&profile->key);
        free(profile);
    }
}

/* The name that the certificate must have, and the one that the server is told (names only). */
static bool set_peer(SSL *ssl, const char *host, weir_host_kind kind)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (kind != WEIR_HOST_NAME) {
        return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
    }
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

weir_tls *weir_tls_new(weir_tls_profile *profile, int fd, const char *host, weir_host_kind kind,
                       weir_error *error)
{
    weir_tls *tls = calloc(1, sizeof *tls);
    if (!tls) {
        weir_fail_nomem(error);
        return NULL;
    }
    ERR_clear_error();
    tls->fd = fd;
    tls->ssl = SSL_new(profile->context);
    BIO *bio = tls->ssl ? BIO_new(bio_method) : NULL;
    if (!bio || !set_peer(tls->ssl, host, kind)) {
        BIO_free(bio);
        weir_tls_free(tls);
        weir_fail_nomem(error);
        return NULL;
    }
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    SSL_set_connect_state(tls->ssl);
    tls->profile = profile;
    atomic_fetch_add(&profile->owners, 1);
    return tls;
}

void weir_tls_free(weir_tls *tls)
{
    if (tls) {
        SSL_free(tls->ssl);
        weir_tls_profile_release(tls->profile);
        free(tls);
    }
}

/* Why an SSL call that must not be repeated failed. */
static weir_io classify_failure(const weir_tls *tls, int kind, int saved_errno, const char *doing,
                                weir_error *error)
{
    long verdict = SSL_get_verify_result(tls->ssl);
    unsigned long code = ERR_peek_error();
    bool is_cut = ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    if (tls->profile->verifies && verdict != X509_V_OK && SSL_in_init(tls->ssl)) {
        weir_fail(error, WEIR_ERR_TLS, "the server's certificate is not accepted: %s",
                  X509_verify_cert_error_string(verdict));
    } else if (is_cut || (kind == SSL_ERROR_SYSCALL && code == 0 && saved_errno == 0)) {
        weir_fail(error, WEIR_ERR_TLS, "the server closed the connection during %s", doing);
    } else if (kind == SSL_ERROR_SYSCALL && code == 0 && !SSL_in_init(tls->ssl)) {
        weir_fail(error, WEIR_ERR_CLOSED, "the connection broke: %s", strerror(saved_errno));
    } else if (kind == SSL_ERROR_SYSCALL && code == 0) {
        weir_fail(error, WEIR_ERR_TLS, "%s failed: %s", doing, strerror(saved_errno));
    } else {
        weir_fail(error, WEIR_ERR_TLS, "%s failed: %s", doing, openssl_reason());
    }
    ERR_clear_error();
    return is_cut ? WEIR_IO_EOF : WEIR_IO_FAILED;
}

static weir_io classify(const weir_tls *tls, int result, int saved_errno, const char *doing,
                        weir_error *error)
{
    int kind = SSL_get_error(tls->ssl, result);
    switch (kind) {
    case SSL_ERROR_WANT_READ: return WEIR_IO_WAIT_READ;
    case SSL_ERROR_WANT_WRITE: return WEIR_IO_WAIT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        weir_fail(error, WEIR_ERR_TLS, "the server closed the connection during %s", doing);
        return WEIR_IO_EOF;
    default: return classify_failure(tls, kind, saved_errno, doing, error);
    }
}

weir_io weir_tls_handshake(weir_tls *tls, weir_error *error)
{
    tls->is_dry = false;
    ERR_clear_error();
    errno = 0;
    int result = SSL_do_handshake(tls->ssl);
    if (result == 1) {
        return WEIR_IO_OK;
    }
    weir_io io = classify(tls, result, errno, "the TLS handshake", error);
    return io == WEIR_IO_EOF ? WEIR_IO_FAILED : io;
}

weir_io weir_tls_read(weir_tls *tls, void *bytes, size_t len, size_t *got, weir_error *error)
{
    *got = 0;
    tls->is_drained = tls->is_dry = false;
    while (*got < len) {
        size_t part = 0;
        ERR_clear_error();
        errno = 0;
        int result = SSL_read_ex(tls->ssl, (char *)bytes + *got, len - *got, &part);
        if (result != 1) {
            weir_io io = classify(tls, result, errno, "a TLS read", error);
            tls->is_drained = io == WEIR_IO_WAIT_READ;
            /* What was read comes first; an end or failure shows again at the next call. */
            return *got > 0 ? WEIR_IO_OK : io;
        }
        *got += part;
    }
    return WEIR_IO_OK;
}

weir_io weir_tls_write(weir_tls *tls, const void *bytes, size_t len, size_t *put, weir_error *error)
{
    tls->is_dry = false;
    *put = 0;
    ERR_clear_error();
    errno = 0;
    int result = SSL_write_ex(tls->ssl, bytes, len, put);
    if (result == 1) {
        return WEIR_IO_OK;
    }
    weir_io io = classify(tls, result, errno, "a TLS write", error);
    return io == WEIR_IO_EOF ? WEIR_IO_FAILED : io;
}

bool weir_tls_is_drained(const weir_tls *tls)
{
    return tls->is_drained;
}

void weir_tls_end_writing(weir_tls *tls)
{
    tls->is_dry = false;
    ERR_clear_error();
    if (SSL_is_init_finished(tls->ssl)) {
        SSL_shutdown(tls->ssl);
    }
    ERR_clear_error();
}

void weir_tls_show(const weir_tls *tls, char out[WEIR_TLS_SHOWN_MAX])
{
    snprintf(out, WEIR_TLS_SHOWN_MAX, "%s %s", SSL_get_version(tls->ssl),
             SSL_get_cipher_name(tls->ssl));
}
