/* SPDX-License-Identifier: MIT */
/*
 * The EVP interface of OpenSSL 3, one call in, one result out. Keys are parsed for each signature:
 * a login signs once per connect, and a parsed key kept in memory would be one more thing to wipe.
 * An error never repeats OpenSSL's text about a key, and the thread's error queue is left empty so
 * that the TLS code does not take our failure for its own.
 */
#include "util/crypto.h"

#include <limits.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "util/error.h"

typedef struct digest_row {
    const char *name;
    size_t len;
    const EVP_MD *(*method)(void);
} digest_row;

static const digest_row digests[WEIR_DIGEST_COUNT] = {
    [WEIR_DIGEST_MD5] = {"md5", 16, EVP_md5},
    [WEIR_DIGEST_SHA1] = {"sha1", 20, EVP_sha1},
    [WEIR_DIGEST_SHA256] = {"sha256", 32, EVP_sha256},
    [WEIR_DIGEST_SHA384] = {"sha384", 48, EVP_sha384},
    [WEIR_DIGEST_SHA512] = {"sha512", 64, EVP_sha512},
};

enum { P256_LEN = 32 /* bytes of r and of s */ };

bool weir_digest_by_name(weir_str name, weir_digest *digest)
{
    for (int i = 0; i < WEIR_DIGEST_COUNT; i++) {
        if (weir_str_is(name, digests[i].name)) {
            *digest = (weir_digest)i;
            return true;
        }
    }
    return false;
}

size_t weir_digest_len(weir_digest digest)
{
    return digests[digest].len;
}

static weir_code fail_library(weir_error *error, const char *what)
{
    ERR_clear_error();
    return weir_fail(error, WEIR_ERR_UNSUPPORTED, "%s is not possible with this OpenSSL", what);
}

/* OpenSSL wants an address even for no bytes. */
static const void *addressed(weir_bytes bytes)
{
    return bytes.ptr ? (const void *)bytes.ptr : "";
}

weir_code weir_digest_bytes(weir_digest digest, weir_bytes data, uint8_t out[WEIR_DIGEST_MAX],
                            weir_error *error)
{
    if (EVP_Digest(addressed(data), data.len, out, NULL, digests[digest].method(), NULL) != 1)
        return fail_library(error, digests[digest].name);
    return WEIR_OK;
}

weir_code weir_hmac(weir_digest digest, weir_bytes key, weir_bytes data,
                    uint8_t out[WEIR_DIGEST_MAX], weir_error *error)
{
    if (key.len > INT_MAX)
        return weir_fail(error, WEIR_ERR_ARGUMENT, "the HMAC key is too long");
    unsigned len = 0;
    if (!HMAC(digests[digest].method(), addressed(key), (int)key.len, addressed(data), data.len,
              out, &len))
        return fail_library(error, "HMAC");
    return WEIR_OK;
}

/* An encrypted key must fail, not ask the terminal for its passphrase. */
static int no_passphrase(char *room, int size, int writing, void *user)
{
    (void)room;
    (void)size;
    (void)writing;
    (void)user;
    return 0;
}

static EVP_PKEY *read_pem(weir_str pem)
{
    if (pem.len == 0 || pem.len > WEIR_PEM_KEY_MAX)
        return NULL;
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    if (!bio)
        return NULL;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    return key;
}

static bool starts_pem(weir_bytes text)
{
    static const char mark[] = "-----BEGIN ";
    size_t at = 0;
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\n' || text.ptr[at] == '\r'))
        at++;
    return text.len - at >= sizeof mark - 1 && memcmp(text.ptr + at, mark, sizeof mark - 1) == 0;
}

/* A 64-byte key carries its public half: one that does not belong to the seed is refused. */
static bool has_public_half(EVP_PKEY *key, const uint8_t *expected)
{
    uint8_t actual[WEIR_ED25519_SEED_LEN];
    size_t len = sizeof actual;
    return EVP_PKEY_get_raw_public_key(key, actual, &len) == 1 && len == sizeof actual &&
           CRYPTO_memcmp(actual, expected, sizeof actual) == 0;
}

static EVP_PKEY *read_ed25519(weir_bytes text)
{
    if (starts_pem(text))
        return read_pem((weir_str){(const char *)text.ptr, text.len});
    if (text.len != WEIR_ED25519_SEED_LEN && text.len != 2 * WEIR_ED25519_SEED_LEN)
        return NULL;
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, text.ptr, WEIR_ED25519_SEED_LEN);
    if (key && text.len > WEIR_ED25519_SEED_LEN &&
        !has_public_half(key, text.ptr + WEIR_ED25519_SEED_LEN)) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

/* Signs in one step; *len is the room on entry. `method` is NULL for Ed25519. */
static bool sign(EVP_PKEY *key, const EVP_MD *method, weir_bytes data, uint8_t *out, size_t *len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_done = context && EVP_DigestSignInit(context, NULL, method, NULL, key) == 1 &&
                   EVP_DigestSign(context, out, len, addressed(data), data.len) == 1;
    EVP_MD_CTX_free(context);
    return is_done;
}

weir_code weir_ed25519_sign(weir_bytes key, weir_bytes data, uint8_t out[WEIR_SIGNATURE_LEN],
                            weir_error *error)
{
    EVP_PKEY *parsed = read_ed25519(key);
    weir_code code = WEIR_OK;
    size_t len = WEIR_SIGNATURE_LEN;
    if (!parsed || EVP_PKEY_get_base_id(parsed) != EVP_PKEY_ED25519)
        code = weir_fail(error, WEIR_ERR_CREDENTIALS,
                         "the key is not an Ed25519 key: a 32-byte seed or an unencrypted PEM "
                         "private key is wanted");
    else if (!sign(parsed, NULL, data, out, &len) || len != WEIR_SIGNATURE_LEN)
        code = fail_library(error, "Ed25519");
    EVP_PKEY_free(parsed);
    ERR_clear_error();
    return code;
}

static bool is_p256(EVP_PKEY *key)
{
    char group[64];
    size_t len = 0;
    return key && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
           EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                          &len) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

/* JOSE wants r and s as fixed 32 bytes each instead of OpenSSL's DER sequence. */
static bool der_to_jose(const uint8_t *der, size_t len, uint8_t out[WEIR_SIGNATURE_LEN])
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool is_done = signature &&
                   BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, P256_LEN) == P256_LEN &&
                   BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + P256_LEN, P256_LEN) == P256_LEN;
    ECDSA_SIG_free(signature);
    return is_done;
}

weir_code weir_es256_sign(weir_str pem, weir_bytes data, uint8_t out[WEIR_SIGNATURE_LEN],
                          weir_error *error)
{
    EVP_PKEY *key = read_pem(pem);
    uint8_t der[128];
    size_t len = sizeof der;
    weir_code code = WEIR_OK;
    if (!is_p256(key))
        code = weir_fail(error, WEIR_ERR_CREDENTIALS,
                         "the key is not an unencrypted PEM private key on the curve P-256");
    else if (!sign(key, EVP_sha256(), data, der, &len) || !der_to_jose(der, len, out))
        code = fail_library(error, "ES256");
    EVP_PKEY_free(key);
    ERR_clear_error();
    return code;
}

bool weir_random_bytes(void *out, size_t len)
{
    uint8_t *at = out;
    while (len > 0) {
        int part = len > INT_MAX ? INT_MAX : (int)len;
        if (RAND_bytes(at, part) != 1) {
            ERR_clear_error();
            return false;
        }
        at += part;
        len -= (size_t)part;
    }
    return true;
}

bool weir_equal_secret(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void weir_wipe(void *ptr, size_t len)
{
    if (ptr && len)
        OPENSSL_cleanse(ptr, len);
}
