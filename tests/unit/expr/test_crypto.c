/* SPDX-License-Identifier: MIT */
/* Digests, signatures and tokens against the vectors of their standards. */
#include "table.h"

static world *w;

START_TEST(digests_are_those_of_fips_180_and_rfc_1321)
{
    table_expect(w, "md5('abc').hex()", "'900150983cd24fb0d6963f7d28e17f72'");
    table_expect(w, "sha256('abc').hex()",
                 "'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'");
    table_expect(w, "sha384(b'abc').hex()[:32]", "'cb00753f45a35e8bb5a03d699ac65007'");
    table_expect(w, "sha512('abc').hex()[:32]", "'ddaf35a193617abacc417349ae204131'");
    table_expect(w, "hex(sha256('')) == sha256(b'').hex()", "True");
    table_expect(w, "sha256(5)", "TypeError");
}
END_TEST

START_TEST(hmacs_are_those_of_rfc_4231)
{
    table_expect(w, "hmac_sha256(b'\\x0b' * 20, 'Hi There').hex()",
                 "'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'");
    table_expect(w, "hmac_sha256('Jefe', 'what do ya want for nothing?').hex()",
                 "'5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'");
    table_expect(w, "hmac_sha384('Jefe', msg='what do ya want for nothing?').hex()[:32]",
                 "'af45d2e376484031617f78d2b58a6b1b'");
    table_expect(w, "hmac_sha512(key='Jefe', msg='what do ya want for nothing?').hex()[:32]",
                 "'164b7a7bfcf819e2e395fbe73b56e0a3'");
    table_expect(w,
                 "hmac_sha256(b'\\xaa' * 131, 'Test Using Larger Than Block-Size Key - Hash Key "
                 "First').hex()",
                 "'60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54'");
    table_expect(w, "b64encode(hmac_sha256('key', ''))",
                 "'XV0TlWPJW1lnub2ajJsjOp3ttFByeUzSMtwbdIMmB9A='");
}
END_TEST

START_TEST(ed25519_signatures_are_those_of_rfc_8032)
{
    table_expect(
        w,
        "ed25519_sign(unhex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'), "
        "b'').hex()",
        "'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701"
        "cf9"
        "b46bd25bf5f0595bbe24655141438e7a100b'");
    table_expect(
        w,
        "ed25519_sign(unhex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'), "
        "b'\\x72').hex()",
        "'92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d"
        "0f1"
        "1d8c387b2eaeb4302aeeb00d291612bb0c00'");
    table_expect(w, "ed25519_sign('too short', 'x')", "ValueError");
}
END_TEST

START_TEST(tokens_are_those_of_rfc_7515_and_rfc_8037)
{
    /* RFC 7515, appendix A.1: header and claims as they stand there, line ends and all. */
    table_expect(w,
                 "jwt('{\"typ\":\"JWT\",\\r\\n \"alg\":\"HS256\"}', '{\"iss\":\"joe\",\\r\\n "
                 "\"exp\":1300819380,\\r\\n \"http://example.com/is_root\":true}', "
                 "b64decode('AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ+EstJQLr/"
                 "T+1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1"
                 "Z9CAow=='), 'HS256')",
                 "'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                 "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb"
                 "290Ijp0cnVl"
                 "fQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'");
    /* RFC 8037, appendix A.4. */
    table_expect(
        w,
        "jwt('{\"alg\":\"EdDSA\"}', 'Example of Ed25519 signing', "
        "unhex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'), 'EdDSA')",
        "'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg'");
}
END_TEST

START_TEST(a_token_says_its_algorithm)
{
    table_expect(w, "jwt({'kid': 'a'}, {'n': 1}, 'k', 'HS256').split('.')[0]",
                 "'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImEifQ'");
    table_expect(w, "jwt(None, {}, 'k', 'HS256').split('.')[0]",
                 "'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9'");
    table_expect(w, "jwt({'alg': 'none'}, {}, 'k', 'HS256')", "ValueError");
    table_expect(w, "jwt({}, {}, 'k', 'none')", "ValueError");
    table_expect(w, "jwt({}, {}, 'not a key', 'ES256')", "ValueError");
}
END_TEST

/* Made for this test with openssl genpkey; it guards nothing. */
#define EC_KEY                                                                                     \
    "-----BEGIN PRIVATE KEY-----\\n"                                                               \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgvp18SBCGnQAZQT39\\n"                          \
    "CJf1Tcf5AHivwl8SNylo4SYJP7ShRANCAASe5z7m82ANBVC2X/rbHYd+p0mFOoGC\\n"                          \
    "5SvK25RpwvEN5fCq27TFEOutcQEsRTRq2l5mDX/Hsn2M9kpKYsHzB9L+\\n"                                  \
    "-----END PRIVATE KEY-----\\n"

START_TEST(an_es256_signature_has_64_bytes_and_differs_each_time)
{
    table_expect(w,
                 "re_match('[\\\\w-]+[.][\\\\w-]+[.][\\\\w-]{86}$', jwt({}, {'a': 1}, '" EC_KEY
                 "', 'ES256')) is not None",
                 "True");
    table_expect(w, "jwt({}, {}, '" EC_KEY "', 'ES256') == jwt({}, {}, '" EC_KEY "', 'ES256')",
                 "False");
}
END_TEST

int main(void)
{
    w = world_new();
    Suite *suite = suite_create("crypto");
    weir_check_case(suite, "crypto", digests_are_those_of_fips_180_and_rfc_1321,
                    hmacs_are_those_of_rfc_4231, ed25519_signatures_are_those_of_rfc_8032,
                    tokens_are_those_of_rfc_7515_and_rfc_8037, a_token_says_its_algorithm,
                    an_es256_signature_has_64_bytes_and_differs_each_time);
    int code = weir_check_run(suite);
    world_free(w);
    return code;
}
