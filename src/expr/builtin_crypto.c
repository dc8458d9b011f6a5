/* SPDX-License-Identifier: MIT */
/*
 * Digests, signatures, tokens and random texts. Digests and signatures are bytes: .hex() or
 * b64encode() makes the text that a venue wants. Whatever is computed from a secret is a secret.
 */
#include "util/crypto.h"

#include "expr/json_text.h"
#include "expr/tables.h"
#include "util/encode.h"

static weir_bytes as_bytes(weir_str s)
{
    return (weir_bytes){(const uint8_t *)s.ptr, s.len};
}

static bool input(weir_vm *vm, const weir_value *v, const char *who, weir_bytes *out,
                  unsigned *flags)
{
    weir_str text;
    *flags |= v->flags & WEIR_VALUE_SECRET;
    if (!weir_need_bytes(vm, v, who, &text) || !weir_vm_charge(vm, 10 + text.len / 32))
        return false;
    *out = as_bytes(text);
    return true;
}

static bool digest(weir_vm *vm, const weir_call *call, weir_digest which, weir_value *out)
{
    weir_bytes data;
    unsigned flags = 0;
    uint8_t bytes[WEIR_DIGEST_MAX];
    weir_error error;
    if (!input(vm, weir_arg(call, 0), "data", &data, &flags))
        return false;
    if (weir_digest_bytes(which, data, bytes, &error) != WEIR_OK)
        return weir_fail_error(vm, WEIR_RAISE_VALUE, &error);
    return weir_text_value(vm, WEIR_BYTES, (const char *)bytes, weir_digest_len(which), flags, out);
}

static bool hmac(weir_vm *vm, const weir_call *call, weir_digest which, weir_value *out)
{
    weir_bytes key, data;
    unsigned flags = 0;
    uint8_t bytes[WEIR_DIGEST_MAX];
    weir_error error;
    if (!input(vm, weir_arg(call, 0), "key", &key, &flags) ||
        !input(vm, weir_arg(call, 1), "msg", &data, &flags))
        return false;
    if (weir_hmac(which, key, data, bytes, &error) != WEIR_OK)
        return weir_fail_error(vm, WEIR_RAISE_VALUE, &error);
    return weir_text_value(vm, WEIR_BYTES, (const char *)bytes, weir_digest_len(which), flags, out);
}

static bool call_md5(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return digest(vm, call, WEIR_DIGEST_MD5, out);
}

static bool call_sha256(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return digest(vm, call, WEIR_DIGEST_SHA256, out);
}

static bool call_sha384(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return digest(vm, call, WEIR_DIGEST_SHA384, out);
}

static bool call_sha512(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return digest(vm, call, WEIR_DIGEST_SHA512, out);
}

static bool call_hmac_sha256(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return hmac(vm, call, WEIR_DIGEST_SHA256, out);
}

static bool call_hmac_sha384(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return hmac(vm, call, WEIR_DIGEST_SHA384, out);
}

static bool call_hmac_sha512(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return hmac(vm, call, WEIR_DIGEST_SHA512, out);
}

static bool call_ed25519(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_bytes key, data;
    unsigned flags = 0;
    uint8_t bytes[WEIR_SIGNATURE_LEN];
    weir_error error;
    if (!input(vm, weir_arg(call, 0), "key", &key, &flags) ||
        !input(vm, weir_arg(call, 1), "msg", &data, &flags) || !weir_vm_charge(vm, 1000))
        return false;
    if (weir_ed25519_sign(key, data, bytes, &error) != WEIR_OK)
        return weir_fail_error(vm, WEIR_RAISE_VALUE, &error);
    return weir_text_value(vm, WEIR_BYTES, (const char *)bytes, sizeof(bytes), flags, out);
}

/* ------------------------------------------------------------------ JSON web tokens */

typedef weir_code signer(weir_bytes key, weir_bytes data, uint8_t *out, size_t *len,
                         weir_error *error);

static weir_code sign_hs256(weir_bytes key, weir_bytes data, uint8_t *out, size_t *len,
                            weir_error *error)
{
    *len = weir_digest_len(WEIR_DIGEST_SHA256);
    return weir_hmac(WEIR_DIGEST_SHA256, key, data, out, error);
}

static weir_code sign_es256(weir_bytes key, weir_bytes data, uint8_t *out, size_t *len,
                            weir_error *error)
{
    *len = WEIR_SIGNATURE_LEN;
    return weir_es256_sign((weir_str){(const char *)key.ptr, key.len}, data, out, error);
}

static weir_code sign_eddsa(weir_bytes key, weir_bytes data, uint8_t *out, size_t *len,
                            weir_error *error)
{
    *len = WEIR_SIGNATURE_LEN;
    return weir_ed25519_sign(key, data, out, error);
}

static const struct {
    const char *name;
    signer *sign;
} ALGORITHMS[] = {{"HS256", sign_hs256}, {"ES256", sign_es256}, {"EdDSA", sign_eddsa}};

static signer *signer_of(weir_vm *vm, const weir_value *alg)
{
    weir_str name;
    if (!weir_need_str(vm, alg, "alg", &name))
        return NULL;
    for (size_t i = 0; i < sizeof(ALGORITHMS) / sizeof(ALGORITHMS[0]); i++)
        if (weir_str_is(name, ALGORITHMS[i].name))
            return ALGORITHMS[i].sign;
    weir_vm_fail(vm, WEIR_RAISE_VALUE, "unknown algorithm %s: use HS256, ES256 or EdDSA",
                 weir_vm_show(vm, alg));
    return NULL;
}

/* The header with alg and typ filled in; one that names another algorithm is a mistake. */
static bool complete_header(weir_vm *vm, const weir_value *given, const weir_value *alg,
                            weir_value *out)
{
    weir_builder made;
    weir_value header = *given;
    weir_value alg_key = weir_value_str(WEIR_STR("alg")), typ_key = weir_value_str(WEIR_STR("typ"));
    weir_value typ = weir_value_str(WEIR_STR("JWT"));
    bool is_same = true;
    if (!weir_build_init(vm, &made, WEIR_DICT, 4) || !weir_build_put(vm, &made, &alg_key, alg) ||
        !weir_build_put(vm, &made, &typ_key, &typ))
        return false;
    if (header.kind != WEIR_ABSENT && header.kind != WEIR_NONE) {
        if (!weir_build_extend(vm, &made, &header))
            return false;
        const weir_value *named = weir_dict_get_str(made.dict, WEIR_STR("alg"));
        if (!weir_op_compare(vm, WEIR_COMPARE_EQ, named, alg, &is_same))
            return false;
    }
    if (!is_same)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "the header's alg is not %s",
                            weir_vm_show(vm, alg));
    return weir_build_finish(vm, &made, out);
}

/* A dict as compact JSON; a str or bytes as the JSON text that it is. */
static bool put_part(weir_vm *vm, const weir_value *v, weir_buf *out)
{
    static const weir_json_style compact = {{",", 1}, {":", 1}, true, false};
    weir_buf json = {0};
    weir_str text;
    if (v->kind == WEIR_STR || v->kind == WEIR_BYTES) {
        text = weir_value_text(v);
    } else {
        if (!weir_json_text(vm, v, &compact, &json)) {
            weir_buf_fini(&json);
            return false;
        }
        text = weir_buf_str(&json);
    }
    weir_base64url_encode(as_bytes(text), out);
    weir_buf_wipe(&json);
    return weir_text_room(vm, out, 0);
}

static bool put_signature(weir_vm *vm, signer *sign, weir_bytes key, weir_buf *token)
{
    uint8_t signature[WEIR_DIGEST_MAX];
    size_t len = 0;
    weir_error error;
    if (sign(key, as_bytes(weir_buf_str(token)), signature, &len, &error) != WEIR_OK)
        return weir_fail_error(vm, WEIR_RAISE_VALUE, &error);
    weir_buf_putc(token, '.');
    weir_base64url_encode((weir_bytes){signature, len}, token);
    return true;
}

static bool call_jwt(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value room_h, room_c;
    const weir_value *header = weir_typed(vm, weir_arg(call, 0), &room_h);
    const weir_value *claims = header ? weir_typed(vm, weir_arg(call, 1), &room_c) : NULL;
    weir_value completed = weir_value_absent();
    weir_bytes key;
    weir_buf token = {0};
    signer *sign = claims ? signer_of(vm, weir_arg(call, 3)) : NULL;
    unsigned flags = sign ? weir_op_flags(header) | weir_op_flags(claims) : 0;
    if (!sign || !input(vm, weir_arg(call, 2), "key", &key, &flags) || !weir_vm_charge(vm, 1000))
        return false;
    if (header->kind != WEIR_STR && header->kind != WEIR_BYTES) {
        if (!complete_header(vm, header, weir_arg(call, 3), &completed))
            return false;
        header = &completed;
    }
    bool is_done = put_part(vm, header, &token);
    weir_buf_putc(&token, '.');
    is_done = is_done && put_part(vm, claims, &token) && put_signature(vm, sign, key, &token) &&
              weir_op_str_from(vm, &token, flags | WEIR_VALUE_ASCII, out);
    weir_buf_wipe(&token);
    return is_done;
}

/* ------------------------------------------------------------------ random */

static bool random_bytes(weir_vm *vm, void *room, size_t len)
{
    return weir_random_bytes(room, len) ||
           weir_vm_fail(vm, WEIR_RAISE_VALUE, "the system's random generator failed");
}

static bool call_uuid4(weir_vm *vm, const weir_call *call, weir_value *out)
{
    (void)call;
    uint8_t bytes[16];
    char digits[32], text[36];
    if (!random_bytes(vm, bytes, sizeof(bytes)))
        return false;
    bytes[6] = (bytes[6] & 0x0F) | 0x40;
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    weir_hex_write((weir_bytes){bytes, sizeof(bytes)}, digits);
    size_t at = 0;
    for (size_t i = 0; i < sizeof(digits); i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            text[at++] = '-';
        text[at++] = digits[i];
    }
    return weir_text_value(vm, WEIR_STR, text, sizeof(text), WEIR_VALUE_ASCII, out);
}

static bool call_random_hex(weir_vm *vm, const weir_call *call, weir_value *out)
{
    enum { RANDOM_MAX = 4096 };
    int64_t n;
    uint8_t bytes[RANDOM_MAX];
    if (!weir_need_int(vm, weir_arg(call, 0), "nbytes", &n))
        return false;
    if (n < 0 || n > RANDOM_MAX)
        return weir_vm_fail(vm, WEIR_RAISE_LIMIT, "random_hex() gives 0 to %d bytes, not %lld",
                            RANDOM_MAX, (long long)n);
    char *digits = weir_vm_alloc(vm, (size_t)n * 2);
    if (!digits || !weir_vm_charge(vm, (uint64_t)n) || !random_bytes(vm, bytes, (size_t)n))
        return false;
    weir_hex_write((weir_bytes){bytes, (size_t)n}, digits);
    *out = weir_value_str((weir_str){digits, (size_t)n * 2});
    out->flags = WEIR_VALUE_ASCII;
    return true;
}

const weir_fn_row weir_fn_crypto[] = {
    {"md5", "data /", call_md5, WEIR_BYTES, WEIR_FN_PURE, "the 16 bytes of the digest"},
    {"sha256", "data /", call_sha256, WEIR_BYTES, WEIR_FN_PURE, "the 32 bytes of the digest"},
    {"sha384", "data /", call_sha384, WEIR_BYTES, WEIR_FN_PURE, "the 48 bytes of the digest"},
    {"sha512", "data /", call_sha512, WEIR_BYTES, WEIR_FN_PURE, "the 64 bytes of the digest"},
    {"hmac_sha256", "key msg", call_hmac_sha256, WEIR_BYTES, WEIR_FN_PURE,
     "the 32 bytes of the HMAC"},
    {"hmac_sha384", "key msg", call_hmac_sha384, WEIR_BYTES, WEIR_FN_PURE,
     "the 48 bytes of the HMAC"},
    {"hmac_sha512", "key msg", call_hmac_sha512, WEIR_BYTES, WEIR_FN_PURE,
     "the 64 bytes of the HMAC"},
    {"ed25519_sign", "key msg", call_ed25519, WEIR_BYTES, WEIR_FN_PURE,
     "the 64 bytes of the signature; key: 32 or 64 raw bytes, or PEM"},
    {"jwt", "header claims key alg", call_jwt, WEIR_STR, 0,
     "a signed token; alg: HS256, ES256 or EdDSA"},
    {"uuid4", "", call_uuid4, WEIR_STR, 0, "a random UUID"},
    {"random_hex", "nbytes", call_random_hex, WEIR_STR, 0, "two hexadecimal digits a random byte"},
    {0},
};
