/* SPDX-License-Identifier: MIT */
/*
 * TLS as a client, over a connected non-blocking descriptor. The doorman of OpenSSL on this floor.
 * The certificate's chain and its name (host name or IP address) are verified unless the options
 * say otherwise.
 */
#ifndef WEIR_BACKENDS_WIRE_TLS_H
#define WEIR_BACKENDS_WIRE_TLS_H

#include <weir/types.h>

#include "backends/wire/io.h"
#include "backends/wire/url.h"

typedef struct weir_tls_options {
    bool verifies;
    weir_str ca;           /**< PEM file that replaces the system's authorities; empty: those */
    weir_str cert;         /**< PEM file of the client's certificate and chain; empty: none */
    weir_str key;          /**< PEM file of its key; empty: in `cert` */
    weir_str key_password; /**< of an encrypted key; empty: none */
    bool is_tls12_only;
    weir_str ciphers;  /**< up to TLS 1.2, as OpenSSL lists them; empty: its own */
    bool has_own_alpn; /**< offer `alpn`, which may be nothing; otherwise http/1.1 */
    const weir_str *alpn;
    size_t alpn_count;
} weir_tls_options;

enum { WEIR_TLS_SHOWN_MAX = 96 };

/** Settings read from files, shared by the connections that have the same ones. */
typedef struct weir_tls_profile weir_tls_profile;

/**
 * The profile for some options: a cached one while the files are unchanged, else read afresh.
 * WEIR_ERR_TLS names the file that is missing or wrong. Any thread.
 */
weir_tls_profile *weir_tls_profile_retain(const weir_tls_options *options, weir_error *error);
void weir_tls_profile_release(weir_tls_profile *profile);

typedef struct weir_tls weir_tls;

/** A session over `fd`, which stays the caller's. Nothing is sent yet. */
weir_tls *weir_tls_new(weir_tls_profile *profile, int fd, const char *host, weir_host_kind kind,
                       weir_error *error);
void weir_tls_free(weir_tls *tls);

/** Goes on with the handshake; OK when it is complete and the peer is verified. */
weir_io weir_tls_handshake(weir_tls *tls, weir_error *error);
/** Reads up to `len` bytes, as many records as there are. *got > 0 with OK only. */
weir_io weir_tls_read(weir_tls *tls, void *bytes, size_t len, size_t *got, weir_error *error);
weir_io weir_tls_write(weir_tls *tls, const void *bytes, size_t len, size_t *put,
                       weir_error *error);
/**
 * True when the last read took all there was. Otherwise bytes (or the reason of an end) may wait
 * inside, which no readiness of the descriptor will announce: read again.
 */
bool weir_tls_is_drained(const weir_tls *tls);
/** Says that no more will be sent. Best effort. */
void weir_tls_end_writing(weir_tls *tls);
/** "TLSv1.3 TLS_AES_256_GCM_SHA384". */
void weir_tls_show(const weir_tls *tls, char out[WEIR_TLS_SHOWN_MAX]);

#endif
