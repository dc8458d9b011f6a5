/* SPDX-License-Identifier: MIT */
/* Operators: pairs of every kind against CPython; what costs too much; what a secret spreads to. */
#include "table.h"

static world *w;

START_TEST(operators_mean_what_cpython_means)
{
    table_check(w, "operators.txt");
}
END_TEST

START_TEST(integers_beyond_64_bits_keep_their_digits)
{
    table_expect(w, "18446744073709551615 // 1000", "18446744073709551");
    table_expect(w, "18446744073709551615 % 10", "5");
    table_expect(w, "str(-18446744073709551616)", "'-18446744073709551616'");
    table_expect(w, "18446744073709551615 > 1.8e19", "True");
    table_expect(w, "Decimal(18446744073709551615) + 1", "Decimal('18446744073709551616')");
    table_expect(w, "f'{18446744073709551615:,}'", "'18,446,744,073,709,551,615'");
}
END_TEST

START_TEST(arithmetic_beyond_64_bits_is_an_overflow)
{
    static const char *const sources[] = {
        "9223372036854775807 + 1",
        "-9223372036854775807 - 2",
        "4611686018427387904 * 2",
        "2 ** 63",
        "1 << 63",
        "10 ** 1000000000",
        "(-9223372036854775807 - 1) // -1",
        "18446744073709551615 + 0",
        "pd.Timedelta(10**18) * 10**9",
        "pd.Timestamp(2**62) + pd.Timedelta(2**62)",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        table_expect(w, sources[i], "OverflowError");
}
END_TEST

START_TEST(huge_results_are_refused_before_they_are_made)
{
    static const char *const sources[] = {
        "'a' * 10**9",
        "'ab' * 10**9",
        "[0] * 10**9",
        "[[0] * 1000] * 1000000",
        "list(range(10**12))",
        "sum(range(10**12))",
        "'a'.zfill(10**9)",
        "'a'.ljust(10**12)",
        "('a' * 1000).replace('a', 'b' * 100000)",
        "','.join(['a' * 100000] * 100)",
        "repr(['a' * 1000000] * 50)",
        "bytes(10**10)",
        "zip(range(10**9), range(10**9))",
        "enumerate(range(10**9))",
        "map(str, range(10**9))",
        "{i: i for i in range(300000)}",
        "set(range(300000))",
        "sum([[1] * 1000] * 1000, [])",
        "url_quote(' ' * 2000000)",
        "re_sub('', 'x' * 1000, 'a' * 10000)",
        "re_match('(a+)+$', 'a' * 40 + 'b')",
        "random_hex(10**9)",
        "strptime('x', '%Y' * 1100000)",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        table_expect(w, sources[i], "LimitError");
}
END_TEST

START_TEST(a_result_of_the_largest_size_is_made)
{
    table_expect(w, "len('a' * 4194304)", "4194304");
    table_expect(w, "'a' * 4194305", "LimitError");
    table_expect(w, "len([0] * 262144)", "262144");
    table_expect(w, "[0] * 262145", "LimitError");
}
END_TEST

START_TEST(a_secret_spreads_to_every_text_made_from_it)
{
    static const char *const sources[] = {
        "credentials.api_secret",
        "credentials.api_secret + 'x'",
        "'x' + credentials.api_secret",
        "credentials.api_secret * 2",
        "credentials.api_secret[1:]",
        "credentials.api_secret[::-1]",
        "credentials.api_secret[0]",
        "f'Bearer {credentials.api_secret}'",
        "f'{credentials.api_secret:>20}'",
        "f'{[credentials.api_secret]}'",
        "str([credentials.api_secret])",
        "repr(credentials.api_secret)",
        "'-'.join(['a', credentials.api_secret])",
        "credentials.api_secret.upper()",
        "credentials.api_secret.split('u')",
        "credentials.api_secret.replace('h', 'H')",
        "'abc'.replace('b', credentials.api_secret)",
        "credentials.api_secret.encode()",
        "credentials.api_secret.encode().hex()",
        "b64encode(credentials.api_secret)",
        "hex(credentials.api_secret)",
        "url_quote(credentials.api_secret)",
        "urlencode({'s': credentials.api_secret})",
        "json_dumps({'a': [credentials.api_secret]})",
        "json_loads(json_dumps([credentials.api_secret]))[0]",
        "json_loads(json_dumps({'k': [credentials.api_secret]}))['k'][0]",
        "[x for x in json_loads(json_dumps([credentials.api_secret]))]",
        "json_loads(json_dumps({'k': credentials.api_secret})).get('k')",
        "sorted(json_loads(json_dumps({'k': credentials.api_secret})).values())",
        "sha256(credentials.api_secret)",
        "hmac_sha256(credentials.api_secret, 'msg').hex()",
        "hmac_sha256('key', credentials.api_secret)",
        "sorted(credentials.api_secret)[0]",
        "jwt({}, {'a': 1}, credentials.api_secret, 'HS256')",
        "'{}'.format(credentials.api_secret)",
        "'{0[0]}'.format([credentials.api_secret])",
        "re_match('h(u)', credentials.api_secret)[1]",
        "re_sub('h', 'x', credentials.api_secret)",
        "credentials.api_secret.zfill(9)",
        "credentials.api_secret.strip('h')",
        "credentials.api_secret.partition('u')[2]",
        "max([credentials.api_secret])",
        "unpack('2s', credentials.api_secret.encode())[0]",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        ck_assert_msg(table_is_secret(w, sources[i]), "%s is no secret", sources[i]);
    ck_assert(!table_is_secret(w, "'a' + 'b'"));
    ck_assert(!table_is_secret(w, "len(credentials.api_secret)"));
}
END_TEST

START_TEST(no_message_shows_a_secret)
{
    static const char *const sources[] = {
        "float(credentials.api_secret)",
        "int(credentials.api_secret, 16)",
        "credentials.api_secret + 1",
        "{}[credentials.api_secret]",
        "[credentials.api_secret] + 1",
        "credentials.api_secret['x']",
        "Decimal(credentials.api_secret)",
        "-credentials.api_secret",
        "pd.Timestamp(credentials.api_secret)",
        "unhex(credentials.api_secret)",
        "broker.infer_asset(symbol=[credentials.api_secret])",
        "credentials.api_secret < 5",
        "json_loads(credentials.api_secret)",
        "strptime(credentials.api_secret, '%Y')",
        "re_match(credentials.api_secret + '(', 'x')",
        "credentials.api_secret.index('z')",
        "ord(credentials.api_secret)",
        "pd.Timedelta(credentials.api_secret)",
        "mappings.order_status.to_standard(credentials.api_secret)",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        weir_buf out = {0};
        table_outcome(w, sources[i], "{}", &out);
        weir_str message = weir_vm_message(w->vm);
        ck_assert_msg(weir_vm_raise(w->vm) != WEIR_RAISE_NONE, "%s: %s", sources[i],
                      weir_buf_cstr(&out));
        ck_assert_msg(!memmem(message.ptr, message.len, "hush", 4), "%s: %.*s", sources[i],
                      WEIR_FMT(message));
        weir_buf_fini(&out);
    }
}
END_TEST

START_TEST(a_long_value_is_cut_in_a_message)
{
    weir_buf out = {0};
    table_outcome(w, "float('x' * 100000)", "{}", &out);
    ck_assert_uint_lt(weir_vm_message(w->vm).len, 200);
    table_outcome(w, "[1] * 200000 + 1", "{}", &out);
    ck_assert_uint_lt(weir_vm_message(w->vm).len, 300);
    weir_buf_fini(&out);
}
END_TEST

int main(void)
{
    w = world_new();
    Suite *suite = suite_create("ops");
    weir_check_case(suite, "oracle", operators_mean_what_cpython_means);
    weir_check_case(suite, "integers", integers_beyond_64_bits_keep_their_digits,
                    arithmetic_beyond_64_bits_is_an_overflow);
    weir_check_case(suite, "limits", huge_results_are_refused_before_they_are_made,
                    a_result_of_the_largest_size_is_made);
    weir_check_case(suite, "secrets", a_secret_spreads_to_every_text_made_from_it,
                    no_message_shows_a_secret, a_long_value_is_cut_in_a_message);
    int code = weir_check_run(suite);
    world_free(w);
    return code;
}
