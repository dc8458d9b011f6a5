/* SPDX-License-Identifier: MIT */
/*
 * Three tables carry the lexer: words, signs (the longest first), and mistakes that have a meaning
 * in another language. String tokens are only delimited here; what is inside is the business of
 * literal.c and parse_fstring.c. That a quote inside a replacement field ends the f-string is how
 * Python 3.11 does it, and falls out of this division.
 */
#include "expr/lex.h"

#include <stdarg.h>
#include <stdio.h>

#include "util/utf8.h"

void weir_mistake(weir_mistakes *mistakes, size_t offset, size_t length, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    mistakes->count++;
    if (mistakes->report)
        mistakes->report(mistakes->user, offset, length ? length : 1, text);
}

typedef struct word_row {
    const char *text;
    uint8_t kind;
} word_row;

static const word_row WORDS[] = {
    {"and", WEIR_TOKEN_AND},
    {"or", WEIR_TOKEN_OR},
    {"not", WEIR_TOKEN_NOT},
    {"if", WEIR_TOKEN_IF},
    {"else", WEIR_TOKEN_ELSE},
    {"for", WEIR_TOKEN_FOR},
    {"in", WEIR_TOKEN_IN},
    {"is", WEIR_TOKEN_IS},
    {"lambda", WEIR_TOKEN_LAMBDA},
    {"None", WEIR_TOKEN_NONE},
    {"True", WEIR_TOKEN_TRUE},
    {"False", WEIR_TOKEN_FALSE},
    {"as", WEIR_TOKEN_RESERVED},
    {"assert", WEIR_TOKEN_RESERVED},
    {"async", WEIR_TOKEN_RESERVED},
    {"await", WEIR_TOKEN_RESERVED},
    {"break", WEIR_TOKEN_RESERVED},
    {"class", WEIR_TOKEN_RESERVED},
    {"continue", WEIR_TOKEN_RESERVED},
    {"def", WEIR_TOKEN_RESERVED},
    {"del", WEIR_TOKEN_RESERVED},
    {"elif", WEIR_TOKEN_RESERVED},
    {"except", WEIR_TOKEN_RESERVED},
    {"finally", WEIR_TOKEN_RESERVED},
    {"from", WEIR_TOKEN_RESERVED},
    {"global", WEIR_TOKEN_RESERVED},
    {"import", WEIR_TOKEN_RESERVED},
    {"nonlocal", WEIR_TOKEN_RESERVED},
    {"pass", WEIR_TOKEN_RESERVED},
    {"raise", WEIR_TOKEN_RESERVED},
    {"return", WEIR_TOKEN_RESERVED},
    {"try", WEIR_TOKEN_RESERVED},
    {"while", WEIR_TOKEN_RESERVED},
    {"with", WEIR_TOKEN_RESERVED},
    {"yield", WEIR_TOKEN_RESERVED},
    {NULL, 0},
};

/* `mistake`: what to say before the sign is taken for `kind`. */
typedef struct sign_row {
    const char *text;
    uint8_t kind;
    const char *mistake;
} sign_row;

static const sign_row SIGNS[] = {
    {"===", WEIR_TOKEN_EQ, "'===' is not an operator here; write '=='"},
    {"!==", WEIR_TOKEN_NE, "'!==' is not an operator here; write '!='"},
    {"**", WEIR_TOKEN_POWER, NULL},
    {"//", WEIR_TOKEN_FLOORDIV, NULL},
    {"<<", WEIR_TOKEN_LSHIFT, NULL},
    {">>", WEIR_TOKEN_RSHIFT, NULL},
    {"<=", WEIR_TOKEN_LE, NULL},
    {">=", WEIR_TOKEN_GE, NULL},
    {"==", WEIR_TOKEN_EQ, NULL},
    {"!=", WEIR_TOKEN_NE, NULL},
    {"<>", WEIR_TOKEN_NE, "'<>' is not an operator here; write '!='"},
    {"&&", WEIR_TOKEN_AND, "'&&' is not an operator here; write 'and'"},
    {"||", WEIR_TOKEN_OR, "'||' is not an operator here; write 'or'"},
    {":=", WEIR_TOKEN_BROKEN, "':=' is not supported: an expression cannot assign"},
    {"->", WEIR_TOKEN_BROKEN, "'->' has no meaning in an expression"},
    {"(", WEIR_TOKEN_LPAREN, NULL},
    {")", WEIR_TOKEN_RPAREN, NULL},
    {"[", WEIR_TOKEN_LBRACKET, NULL},
    {"]", WEIR_TOKEN_RBRACKET, NULL},
    {"{", WEIR_TOKEN_LBRACE, NULL},
    {"}", WEIR_TOKEN_RBRACE, NULL},
    {",", WEIR_TOKEN_COMMA, NULL},
    {":", WEIR_TOKEN_COLON, NULL},
    {".", WEIR_TOKEN_DOT, NULL},
    {"=", WEIR_TOKEN_ASSIGN, NULL},
    {"+", WEIR_TOKEN_PLUS, NULL},
    {"-", WEIR_TOKEN_MINUS, NULL},
    {"*", WEIR_TOKEN_STAR, NULL},
    {"/", WEIR_TOKEN_SLASH, NULL},
    {"%", WEIR_TOKEN_PERCENT, NULL},
    {"|", WEIR_TOKEN_PIPE, NULL},
    {"^", WEIR_TOKEN_CARET, NULL},
    {"&", WEIR_TOKEN_AMPERSAND, NULL},
    {"~", WEIR_TOKEN_TILDE, NULL},
    {"<", WEIR_TOKEN_LT, NULL},
    {">", WEIR_TOKEN_GT, NULL},
    {"!", WEIR_TOKEN_NOT, "'!' is not an operator here; write 'not'"},
    {"?", WEIR_TOKEN_BROKEN, "'?' is not an operator here; a choice is written A if TEST else B"},
    {"@", WEIR_TOKEN_BROKEN, "'@' is not supported"},
    {";", WEIR_TOKEN_BROKEN, "';' has no place here: this is one expression, not statements"},
    {"$", WEIR_TOKEN_BROKEN, "'$' has no meaning here"},
    {"`", WEIR_TOKEN_BROKEN, "'`' has no meaning here; texts are written 'so' or \"so\""},
    {"\\", WEIR_TOKEN_BROKEN, "'\\' has no meaning outside a text"},
    {NULL, 0, NULL},
};

const char *weir_token_name(weir_token_kind kind)
{
    static const char *const NAMES[WEIR_TOKEN_COUNT] = {
        [WEIR_TOKEN_END] = "the end",
        [WEIR_TOKEN_NAME] = "a name",
        [WEIR_TOKEN_INT] = "a number",
        [WEIR_TOKEN_FLOAT] = "a number",
        [WEIR_TOKEN_STRING] = "a text",
        [WEIR_TOKEN_AND] = "'and'",
        [WEIR_TOKEN_OR] = "'or'",
        [WEIR_TOKEN_NOT] = "'not'",
        [WEIR_TOKEN_IF] = "'if'",
        [WEIR_TOKEN_ELSE] = "'else'",
        [WEIR_TOKEN_FOR] = "'for'",
        [WEIR_TOKEN_IN] = "'in'",
        [WEIR_TOKEN_IS] = "'is'",
        [WEIR_TOKEN_LAMBDA] = "'lambda'",
        [WEIR_TOKEN_NONE] = "'None'",
        [WEIR_TOKEN_TRUE] = "'True'",
        [WEIR_TOKEN_FALSE] = "'False'",
        [WEIR_TOKEN_LPAREN] = "'('",
        [WEIR_TOKEN_RPAREN] = "')'",
        [WEIR_TOKEN_LBRACKET] = "'['",
        [WEIR_TOKEN_RBRACKET] = "']'",
        [WEIR_TOKEN_LBRACE] = "'{'",
        [WEIR_TOKEN_RBRACE] = "'}'",
        [WEIR_TOKEN_COMMA] = "','",
        [WEIR_TOKEN_COLON] = "':'",
        [WEIR_TOKEN_DOT] = "'.'",
        [WEIR_TOKEN_ASSIGN] = "'='",
        [WEIR_TOKEN_PLUS] = "'+'",
        [WEIR_TOKEN_MINUS] = "'-'",
        [WEIR_TOKEN_STAR] = "'*'",
        [WEIR_TOKEN_POWER] = "'**'",
        [WEIR_TOKEN_SLASH] = "'/'",
        [WEIR_TOKEN_FLOORDIV] = "'//'",
        [WEIR_TOKEN_PERCENT] = "'%'",
        [WEIR_TOKEN_PIPE] = "'|'",
        [WEIR_TOKEN_CARET] = "'^'",
        [WEIR_TOKEN_AMPERSAND] = "'&'",
        [WEIR_TOKEN_TILDE] = "'~'",
        [WEIR_TOKEN_LSHIFT] = "'<<'",
        [WEIR_TOKEN_RSHIFT] = "'>>'",
        [WEIR_TOKEN_LT] = "'<'",
        [WEIR_TOKEN_LE] = "'<='",
        [WEIR_TOKEN_EQ] = "'=='",
        [WEIR_TOKEN_NE] = "'!='",
        [WEIR_TOKEN_GT] = "'>'",
        [WEIR_TOKEN_GE] = "'>='",
        [WEIR_TOKEN_RESERVED] = "a statement",
    };
    return NAMES[kind] ? NAMES[kind] : "this";
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name_part(char c)
{
    return is_name_start(c) || is_digit(c);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* The byte `ahead` of the place, or NUL behind the end. */
static char peek(const weir_lexer *lexer, size_t ahead)
{
    return lexer->end - lexer->at > ahead ? lexer->source.ptr[lexer->at + ahead] : '\0';
}

static void skip_blanks(weir_lexer *lexer)
{
    while (lexer->at < lexer->end) {
        char c = peek(lexer, 0);
        if (c == '#') {
            while (lexer->at < lexer->end && peek(lexer, 0) != '\n')
                lexer->at++;
        } else if (is_blank(c)) {
            lexer->at++;
        } else if (c == '\\' && peek(lexer, 1) == '\n') {
            lexer->at += 2;
        } else {
            return;
        }
    }
}

static weir_token token_from(const weir_lexer *lexer, size_t start, weir_token_kind kind)
{
    weir_token token = {0};
    token.kind = (uint8_t)kind;
    token.offset = (uint32_t)start;
    token.length = (uint32_t)(lexer->at - start);
    return token;
}

/* ------------------------------------------------------------------ numbers */

static bool is_radix_digit(char c, char radix)
{
    if (radix == 'x')
        return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    return c >= '0' && c < (radix == 'o' ? '8' : '2');
}

/* Digits with single underscores between them; false when an underscore stands wrong. */
static bool skip_digits(weir_lexer *lexer, char radix)
{
    bool is_fine = true;
    bool last_was_digit = radix != 0; /* 0x_ff is allowed */
    for (;; lexer->at++) {
        char c = peek(lexer, 0);
        if (c == '_') {
            is_fine = is_fine && last_was_digit;
            last_was_digit = false;
        } else if (radix ? is_radix_digit(c, radix) : is_digit(c)) {
            last_was_digit = true;
        } else {
            return is_fine && last_was_digit;
        }
    }
}

static weir_token number_mistake(weir_lexer *lexer, size_t start, const char *text)
{
    while (lexer->at < lexer->end && is_name_part(peek(lexer, 0)))
        lexer->at++;
    weir_mistake(lexer->mistakes, start, lexer->at - start, "%s", text);
    return token_from(lexer, start, WEIR_TOKEN_BROKEN);
}

/* Behind a number: nothing, or a word that CPython 3.11 lets follow directly (`1if x else 2`). */
static weir_token number_end(weir_lexer *lexer, size_t start, weir_token_kind kind)
{
    static const char *const FOLLOWERS[] = {"and", "else", "for", "if", "in", "is", "or", "not"};
    if (!is_name_start(peek(lexer, 0)))
        return token_from(lexer, start, kind);
    for (size_t i = 0; i < sizeof FOLLOWERS / sizeof *FOLLOWERS; i++) {
        size_t len = strlen(FOLLOWERS[i]);
        if (lexer->end - lexer->at >= len &&
            memcmp(lexer->source.ptr + lexer->at, FOLLOWERS[i], len) == 0 &&
            !is_name_part(peek(lexer, len)))
            return token_from(lexer, start, kind);
    }
    char c = peek(lexer, 0);
    bool is_imaginary = (c == 'j' || c == 'J') && !is_name_part(peek(lexer, 1));
    return number_mistake(lexer, start,
                          is_imaginary ? "imaginary numbers are not supported"
                                       : "a number runs into a name; is a blank or an operator "
                                         "missing?");
}

static weir_token lex_radix(weir_lexer *lexer, size_t start)
{
    char radix = (char)(peek(lexer, 1) | 0x20);
    lexer->at += 2;
    size_t digits = lexer->at;
    if (!skip_digits(lexer, radix) || lexer->at == digits)
        return number_mistake(lexer, start, "a malformed number: digits are missing behind it");
    if (is_digit(peek(lexer, 0)))
        return number_mistake(lexer, start,
                              "a malformed number: a digit that its base does not have");
    return number_end(lexer, start, WEIR_TOKEN_INT);
}

/* True if an exponent starts here, and not a name such as `else`. */
static bool at_exponent(const weir_lexer *lexer)
{
    if ((peek(lexer, 0) | 0x20) != 'e')
        return false;
    char c = peek(lexer, 1);
    return is_digit(c) || ((c == '+' || c == '-') && is_digit(peek(lexer, 2)));
}

static bool has_leading_zero(const weir_lexer *lexer, size_t start)
{
    const char *text = lexer->source.ptr;
    if (text[start] != '0')
        return false;
    for (size_t i = start; i < lexer->at; i++)
        if (text[i] >= '1' && text[i] <= '9')
            return true;
    return false;
}

static weir_token lex_number(weir_lexer *lexer)
{
    size_t start = lexer->at;
    char second = (char)(peek(lexer, 1) | 0x20);
    if (peek(lexer, 0) == '0' && (second == 'x' || second == 'o' || second == 'b'))
        return lex_radix(lexer, start);
    bool is_fine = peek(lexer, 0) == '.' || skip_digits(lexer, 0);
    bool is_float = false;
    size_t integer_end = lexer->at;
    if (peek(lexer, 0) == '.') {
        is_float = true;
        lexer->at++;
        if (is_digit(peek(lexer, 0)))
            is_fine = skip_digits(lexer, 0) && is_fine;
    }
    if (at_exponent(lexer)) {
        is_float = true;
        lexer->at += is_digit(peek(lexer, 1)) ? 1 : 2;
        is_fine = skip_digits(lexer, 0) && is_fine;
    }
    if (!is_fine)
        return number_mistake(lexer, start, "a malformed number: '_' stands between two digits");
    if (!is_float && integer_end == lexer->at && has_leading_zero(lexer, start))
        return number_mistake(lexer, start,
                              "a whole number does not start with 0; octal is written 0o17");
    return number_end(lexer, start, is_float ? WEIR_TOKEN_FLOAT : WEIR_TOKEN_INT);
}

/* ------------------------------------------------------------------ strings and words */

/* The length of a string prefix (0 to 2 letters) that a quote follows; SIZE_MAX if this is none. */
static size_t string_prefix(const weir_lexer *lexer, uint8_t *flags)
{
    *flags = 0;
    for (size_t i = 0; i <= 2; i++) {
        char c = peek(lexer, i);
        if (c == '\'' || c == '"')
            return (*flags & WEIR_STRING_BYTES) && (*flags & WEIR_STRING_FORMAT) ? SIZE_MAX : i;
        uint8_t flag = 0;
        if ((c | 0x20) == 'r')
            flag = WEIR_STRING_RAW;
        else if ((c | 0x20) == 'b')
            flag = WEIR_STRING_BYTES;
        else if ((c | 0x20) == 'f')
            flag = WEIR_STRING_FORMAT;
        else if ((c | 0x20) == 'u' && i == 0 && (peek(lexer, 1) == '\'' || peek(lexer, 1) == '"'))
            return 1;
        if (!flag || (*flags & flag))
            return SIZE_MAX;
        *flags |= flag;
    }
    return SIZE_MAX;
}

static weir_token unterminated(weir_lexer *lexer, size_t start, size_t quote, char mark)
{
    if (quote == 1)
        weir_mistake(lexer->mistakes, start, lexer->at - start,
                     "a text without its end: the closing %c is missing", mark);
    else
        weir_mistake(lexer->mistakes, start, lexer->at - start,
                     "a text without its end: the closing %c%c%c is missing", mark, mark, mark);
    return token_from(lexer, start, WEIR_TOKEN_BROKEN);
}

static weir_token lex_string(weir_lexer *lexer, size_t prefix_len, uint8_t prefix)
{
    size_t start = lexer->at;
    lexer->at += prefix_len;
    char mark = peek(lexer, 0);
    size_t quote = peek(lexer, 1) == mark && peek(lexer, 2) == mark ? 3 : 1;
    lexer->at += quote;
    for (;;) {
        if (lexer->at >= lexer->end)
            return unterminated(lexer, start, quote, mark);
        char c = peek(lexer, 0);
        if (c == '\\' && lexer->end - lexer->at >= 2) {
            lexer->at += 2;
        } else if (c == mark &&
                   (quote == 1 || (peek(lexer, 1) == mark && peek(lexer, 2) == mark))) {
            lexer->at += quote;
            break;
        } else if (c == '\n' && quote == 1) {
            return unterminated(lexer, start, quote, mark);
        } else {
            lexer->at++;
        }
    }
    weir_token token = token_from(lexer, start, WEIR_TOKEN_STRING);
    token.prefix = prefix;
    token.quote = (uint8_t)quote;
    return token;
}

static weir_token lex_word(weir_lexer *lexer)
{
    size_t start = lexer->at;
    while (lexer->at < lexer->end && is_name_part(peek(lexer, 0)))
        lexer->at++;
    weir_str text = {lexer->source.ptr + start, lexer->at - start};
    for (const word_row *row = WORDS; row->text; row++)
        if (weir_str_is(text, row->text))
            return token_from(lexer, start, (weir_token_kind)row->kind);
    return token_from(lexer, start, WEIR_TOKEN_NAME);
}

static weir_token lex_sign(weir_lexer *lexer)
{
    size_t start = lexer->at;
    for (const sign_row *row = SIGNS; row->text; row++) {
        size_t len = strlen(row->text);
        if (lexer->end - lexer->at < len ||
            memcmp(lexer->source.ptr + lexer->at, row->text, len) != 0)
            continue;
        lexer->at += len;
        if (row->mistake)
            weir_mistake(lexer->mistakes, start, len, "%s", row->mistake);
        return token_from(lexer, start, (weir_token_kind)row->kind);
    }
    weir_str rest = {lexer->source.ptr + start, lexer->end - start};
    uint32_t code_point = 0;
    size_t len = weir_utf8_decode(rest, &code_point);
    lexer->at += len ? len : 1;
    if (code_point >= 0x2018 && code_point <= 0x201f)
        weir_mistake(lexer->mistakes, start, len,
                     "a typographic quote; texts are written 'so' or \"so\"");
    else if (len > 1)
        weir_mistake(lexer->mistakes, start, len, "unexpected character '%.*s' outside a text",
                     (int)len, rest.ptr);
    else
        weir_mistake(lexer->mistakes, start, 1, "unexpected byte 0x%02x outside a text",
                     (unsigned char)rest.ptr[0]);
    return token_from(lexer, start, WEIR_TOKEN_BROKEN);
}

weir_token weir_lex_next(weir_lexer *lexer)
{
    skip_blanks(lexer);
    if (lexer->at >= lexer->end)
        return token_from(lexer, lexer->at, WEIR_TOKEN_END);
    char c = peek(lexer, 0);
    if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1))))
        return lex_number(lexer);
    uint8_t prefix = 0;
    size_t prefix_len = string_prefix(lexer, &prefix);
    if (prefix_len != SIZE_MAX)
        return lex_string(lexer, prefix_len, prefix);
    return is_name_start(c) ? lex_word(lexer) : lex_sign(lexer);
}
