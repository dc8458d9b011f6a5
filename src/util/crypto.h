/* SPDX-License-Identifier: MIT */
/*
 * Digests, signatures and random bytes, over OpenSSL 3. Every function is thread-safe and keeps
 * nothing; outputs go to the caller's buffers. Raw bytes in and out: text forms are in encode.h.
 */
#ifndef WEIR_UTIL_CRYPTO_H
#define WEIR_UTIL_CRYPTO_H

#include <weir/types.h>

typedef enum weir_digest {
    WEIR_DIGEST_MD5,
    WEIR_DIGEST_SHA1,
    WEIR_DIGEST_SHA256,
    WEIR_DIGEST_SHA384,
    WEIR_DIGEST_SHA512,
    WEIR_DIGEST_COUNT
} weir_digest;

enum {
    WEIR_DIGEST_MAX = 64,        /**< bytes of the longest digest */
    WEIR_ED25519_SEED_LEN = 32,  /**< bytes of a raw private key */
    WEIR_SIGNATURE_LEN = 64,     /**< of Ed25519, and of ES256 as r || s */
    WEIR_PEM_KEY_MAX = 16 * 1024 /**< bytes of a PEM key text */
};

/** "sha256" etc. to the digest; false for an unknown name. */
bool weir_digest_by_name(weir_str name, weir_digest *digest);
/** Bytes of a digest. */
size_t weir_digest_len(weir_digest digest);

/** Writes weir_digest_len bytes. */
weir_code weir_digest_bytes(weir_digest digest, weir_bytes data, uint8_t out[WEIR_DIGEST_MAX],
                            weir_error *error);
/** HMAC; `key` may be of any length, also empty. Writes weir_digest_len bytes. */
weir_code weir_hmac(weir_digest digest, weir_bytes key, weir_bytes data,
                    uint8_t out[WEIR_DIGEST_MAX], weir_error *error);

/**
 * Ed25519. `key` is a 32-byte seed, a 64-byte seed-and-public-key, or a PEM text (PKCS#8).
 * WEIR_ERR_CREDENTIALS when the key is none of these; the text never contains the key.
 */
weir_code weir_ed25519_sign(weir_bytes key, weir_bytes data, uint8_t out[WEIR_SIGNATURE_LEN],
                            weir_error *error);
/** ECDSA on P-256 with SHA-256, as r || s (JOSE, ES256). `pem` is a PKCS#8 or SEC1 key text. */
weir_code weir_es256_sign(weir_str pem, weir_bytes data, uint8_t out[WEIR_SIGNATURE_LEN],
                          weir_error *error);

/** Fills `out` from the system's generator. False when that fails. */
bool weir_random_bytes(void *out, size_t len);
/** True when equal; takes the same time wherever the first difference is. */
bool weir_equal_secret(const void *a, const void *b, size_t len);
/** Zeroes, and the compiler cannot leave it out. ptr may be NULL when len is 0. */
void weir_wipe(void *ptr, size_t len);

#endif
