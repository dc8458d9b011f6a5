/* SPDX-License-Identifier: MIT */
/*
 * Digests and signatures against published vectors (RFC 1321, 4231, 8032, FIPS 180) and against
 * OpenSSL's own verification; text codings against RFC 4648.
 */
#include "util/crypto.h"
#include "util/encode.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "weir_check.h"

/* Throw-away keys, made for this test. */
static const char ed25519_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIGMnjSpnA8hq2Ua1fS+rERoxB6xSuCPEzr7tXtR+PC71\n"
    "-----END PRIVATE KEY-----\n";

static const char p256_pem[] = "-----BEGIN EC PRIVATE KEY-----\n"
                               "MHcCAQEEIOFqdwJAz0iJ4Gh6jlhZGZl+ABxLorvr43pKqLnvvfPyoAoGCCqGSM49\n"
                               "AwEHoUQDQgAEtwqMTZlih9TpGu2iPZP5xkKFTaVrORyo07bI3dtkK5XJz+X0MZCG\n"
                               "r1MSamKalgA/7plF3aA/2yA0vYxfc/Xz3w==\n"
                               "-----END EC PRIVATE KEY-----\n";

static const char p384_pem[] = "-----BEGIN EC PRIVATE KEY-----\n"
                               "MIGkAgEBBDAtHKh31fCIOsU9GhQY9vNGuDyyxpDg9l0gxkA8AF0LtNOxme3m8yvv\n"
                               "BAsQmPCM7aWgBwYFK4EEACKhZANiAAS6zF31SiIEKuKLzw9qOXnE0yrkqYi2z5G0\n"
                               "6Rn50Z6/21kiHojSuWNb1YHhjBLJ8oDizmIuI/8yvhmMtd/9IbFx1Uqp/6EYg4VV\n"
                               "TernYwy0y+5LLZ+mdmbnUnTNkk/jzOo=\n"
                               "-----END EC PRIVATE KEY-----\n";
static weir_bytes bytes_of(const char *text)
{
    return (weir_bytes){(const uint8_t *)text, strlen(text)};
}

static void hex_is(const uint8_t *bytes, size_t len, const char *expected)
{
    weir_buf out = {0};
    weir_hex_encode((weir_bytes){bytes, len}, &out);
    ck_assert_str_eq(weir_buf_cstr(&out), expected);
    weir_buf_fini(&out);
}

START_TEST(digests_match_the_published_vectors)
{
    static const struct {
        weir_digest digest;
        const char *text, *hex;
    } rows[] = {
        {WEIR_DIGEST_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
        {WEIR_DIGEST_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {WEIR_DIGEST_SHA256, "abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {WEIR_DIGEST_SHA256, "",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {WEIR_DIGEST_SHA384, "abc",
         "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
         "8086072ba1e7cc2358baeca134c825a7"},
        {WEIR_DIGEST_SHA512, "abc",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
         "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t out[WEIR_DIGEST_MAX];
        ck_assert_int_eq(weir_digest_bytes(rows[i].digest, bytes_of(rows[i].text), out, NULL), 0);
        hex_is(out, weir_digest_len(rows[i].digest), rows[i].hex);
    }
    weir_digest found;
    ck_assert(weir_digest_by_name(WEIR_STR("sha384"), &found) && found == WEIR_DIGEST_SHA384);
    ck_assert(!weir_digest_by_name(WEIR_STR("sha3"), &found));
}
END_TEST

START_TEST(hmacs_match_rfc_4231)
{
    uint8_t out[WEIR_DIGEST_MAX];
    weir_bytes key = bytes_of("Jefe"), data = bytes_of("what do ya want for nothing?");
    ck_assert_int_eq(weir_hmac(WEIR_DIGEST_SHA256, key, data, out, NULL), 0);
    hex_is(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    ck_assert_int_eq(weir_hmac(WEIR_DIGEST_SHA384, key, data, out, NULL), 0);
    hex_is(out, 48,
           "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
           "8e2240ca5e69e2c78b3239ecfab21649");
    ck_assert_int_eq(weir_hmac(WEIR_DIGEST_SHA512, key, data, out, NULL), 0);
    hex_is(out, 64,
           "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
           "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
    ck_assert_int_eq(
        weir_hmac(WEIR_DIGEST_SHA256, (weir_bytes){NULL, 0}, (weir_bytes){NULL, 0}, out, NULL), 0);
    hex_is(out, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}
END_TEST

START_TEST(ed25519_matches_rfc_8032)
{
    weir_buf key = {0};
    ck_assert(weir_hex_decode(
        WEIR_STR("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
                 "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
        &key));
    uint8_t out[WEIR_SIGNATURE_LEN];
    weir_bytes data = bytes_of("\x72");
    for (size_t len = 32; len <= 64; len += 32) {
        weir_bytes part = {(const uint8_t *)key.ptr, len};
        ck_assert_int_eq(weir_ed25519_sign(part, data, out, NULL), WEIR_OK);
        hex_is(out, 64,
               "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
               "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    }
    weir_error error;
    for (size_t len = 0; len < 64; len++) {
        if (len == 32)
            continue;
        weir_bytes part = {(const uint8_t *)key.ptr, len};
        ck_assert_int_eq(weir_ed25519_sign(part, data, out, &error), WEIR_ERR_CREDENTIALS);
    }
    key.ptr[63] ^= 1;
    ck_assert_int_eq(
        weir_ed25519_sign((weir_bytes){(const uint8_t *)key.ptr, 64}, data, out, &error),
        WEIR_ERR_CREDENTIALS);
    weir_buf_wipe(&key);
}
END_TEST

static EVP_PKEY *key_of(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    ck_assert_ptr_nonnull(key);
    return key;
}

static bool verifies(EVP_PKEY *key, const EVP_MD *method, weir_bytes data, const uint8_t *signature,
                     size_t len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good = EVP_DigestVerifyInit(context, NULL, method, NULL, key) == 1 &&
                   EVP_DigestVerify(context, signature, len, data.ptr, data.len) == 1;
    EVP_MD_CTX_free(context);
    return is_good;
}

START_TEST(ed25519_takes_a_pem_key)
{
    uint8_t out[WEIR_SIGNATURE_LEN];
    weir_bytes data = bytes_of("message");
    ck_assert_int_eq(weir_ed25519_sign(bytes_of(ed25519_pem), data, out, NULL), WEIR_OK);
    EVP_PKEY *key = key_of(ed25519_pem);
    ck_assert(verifies(key, NULL, data, out, sizeof out));
    EVP_PKEY_free(key);
    weir_error error;
    ck_assert_int_eq(weir_ed25519_sign(bytes_of(p256_pem), data, out, &error),
                     WEIR_ERR_CREDENTIALS);
}
END_TEST

START_TEST(es256_signatures_verify)
{
    EVP_PKEY *key = key_of(p256_pem);
    for (int i = 0; i < 50; i++) {
        char text[32];
        snprintf(text, sizeof text, "message %d", i);
        uint8_t out[WEIR_SIGNATURE_LEN], der[128], *end = der;
        ck_assert_int_eq(weir_es256_sign(weir_str_of(p256_pem), bytes_of(text), out, NULL),
                         WEIR_OK);
        ECDSA_SIG *signature = ECDSA_SIG_new();
        ECDSA_SIG_set0(signature, BN_bin2bn(out, 32, NULL), BN_bin2bn(out + 32, 32, NULL));
        int len = i2d_ECDSA_SIG(signature, &end);
        ECDSA_SIG_free(signature);
        ck_assert(verifies(key, EVP_sha256(), bytes_of(text), der, (size_t)len));
    }
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(wrong_keys_are_named_and_never_shown)
{
    uint8_t out[WEIR_SIGNATURE_LEN];
    static const char *const keys[] = {"", "SECRET", "-----BEGIN PRIVATE KEY-----\nSECRET\n",
                                       ed25519_pem, p384_pem};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        weir_error error;
        ck_assert_int_eq(weir_es256_sign(weir_str_of(keys[i]), bytes_of("x"), out, &error),
                         WEIR_ERR_CREDENTIALS);
        ck_assert_ptr_null(strstr(error.text, "SECRET"));
        ck_assert_ptr_nonnull(strstr(error.text, "P-256"));
    }
}
END_TEST

START_TEST(random_bytes_are_not_constant)
{
    uint8_t a[32] = {0}, b[32] = {0};
    ck_assert(weir_random_bytes(a, sizeof a) && weir_random_bytes(b, sizeof b));
    ck_assert(!weir_equal_secret(a, b, sizeof a));
    ck_assert(weir_equal_secret(a, a, sizeof a));
    weir_wipe(a, sizeof a);
    for (size_t i = 0; i < sizeof a; i++)
        ck_assert_uint_eq(a[i], 0);
    weir_wipe(NULL, 0);
}
END_TEST

START_TEST(base64_matches_rfc_4648)
{
    static const char *const rows[][3] = {{"", "", ""},
                                          {"f", "Zg==", "Zg"},
                                          {"fo", "Zm8=", "Zm8"},
                                          {"foo", "Zm9v", "Zm9v"},
                                          {"foob", "Zm9vYg==", "Zm9vYg"},
                                          {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                                          {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                                          {"\xfb\xff\xbf", "+/+/", "-_-_"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_buf out = {0};
        weir_base64_encode(bytes_of(rows[i][0]), &out);
        ck_assert_str_eq(weir_buf_cstr(&out), rows[i][1]);
        weir_buf_clear(&out);
        weir_base64url_encode(bytes_of(rows[i][0]), &out);
        ck_assert_str_eq(weir_buf_cstr(&out), rows[i][2]);
        weir_buf_clear(&out);
        ck_assert(weir_base64_decode(weir_str_of(rows[i][1]), &out));
        ck_assert_str_eq(weir_buf_cstr(&out), rows[i][0]);
        weir_buf_clear(&out);
        ck_assert(weir_base64url_decode(weir_str_of(rows[i][2]), &out));
        ck_assert_str_eq(weir_buf_cstr(&out), rows[i][0]);
        weir_buf_fini(&out);
    }
}
END_TEST

START_TEST(sloppy_codings_are_refused)
{
    static const char *const bad64[] = {"Z",        "Zg",   "Zg=", "Zh==",   "Zm9=", "Zm 9v",
                                        "Zg==Zg==", "====", "=",   "Zm9v\n", "-_-_", "Zg==="};
    static const char *const badurl[] = {"Z", "Zh", "Zm9vY", "+/+/", "Zg=", "Zm9v=", " "};
    static const char *const badhex[] = {"0", "0g", "xx", " 0", "00 0"};
    weir_buf out = {0};
    for (size_t i = 0; i < sizeof bad64 / sizeof *bad64; i++)
        ck_assert_msg(!weir_base64_decode(weir_str_of(bad64[i]), &out), "%s", bad64[i]);
    for (size_t i = 0; i < sizeof badurl / sizeof *badurl; i++)
        ck_assert_msg(!weir_base64url_decode(weir_str_of(badurl[i]), &out), "%s", badurl[i]);
    for (size_t i = 0; i < sizeof badhex / sizeof *badhex; i++)
        ck_assert_msg(!weir_hex_decode(weir_str_of(badhex[i]), &out), "%s", badhex[i]);
    ck_assert_uint_eq(out.len, 0);
    ck_assert(weir_hex_decode(WEIR_STR("00fFAb"), &out));
    ck_assert_int_eq(memcmp(out.ptr, "\x00\xff\xab", 3), 0);
    weir_buf_fini(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crypto");
    weir_check_case(suite, "crypto", digests_match_the_published_vectors, hmacs_match_rfc_4231,
                    ed25519_matches_rfc_8032, ed25519_takes_a_pem_key, es256_signatures_verify,
                    wrong_keys_are_named_and_never_shown, random_bytes_are_not_constant);
    weir_check_case(suite, "encode", base64_matches_rfc_4648, sloppy_codings_are_refused);
    return weir_check_run(suite);
}
