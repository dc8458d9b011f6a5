/* SPDX-License-Identifier: MIT */
/*
 * Texts with braces, by the rules of str.format: {name}, {name!r}, {name:spec}, {{ and }}. In a
 * message the names are its tokens; in a URL or an option they are expressions such as vars.host.
 * Parsed once, at load.
 */
#include "expr/ops.h"
#include "pipeline/items.h"
#include "pipeline/parts.h"
#include "value/json_write.h"

enum { PARTS_MAX = 256 };

typedef struct scanner {
    weir_plan_builder *builder;
    const weir_text *text;
    const weir_plan_field *tokens;
    size_t token_count;
    const weir_expr_scope *scope;
    weir_template_part parts[PARTS_MAX];
    size_t count;
} scanner;

static bool complain(scanner *s, size_t offset, size_t length, const char *what)
{
    weir_diag_error(s->builder->diags, weir_text_place(s->text, offset, length), "%s", what);
    return false;
}

static bool add_literal(scanner *s, weir_str literal)
{
    if (literal.len == 0)
        return true;
    if (s->count == PARTS_MAX)
        return complain(s, 0, s->text->text.len, "the text has more than 256 parts");
    s->parts[s->count++] = (weir_template_part){.literal = literal, .token = SIZE_MAX};
    return true;
}

static weir_str token_at(const void *user, size_t index)
{
    return ((const weir_plan_field *)user)[index].name;
}

static bool resolve(scanner *s, size_t offset, size_t length, weir_template_part *part)
{
    const weir_str name = {s->text->text.ptr + offset, length};
    part->token = SIZE_MAX;
    if (!s->tokens) {
        part->program = weir_plan_compile_part(s->builder, s->text, offset, length, s->scope);
        return part->program != NULL;
    }
    for (size_t i = 0; i < s->token_count; i++) {
        if (weir_str_eq(s->tokens[i].name, name)) {
            part->token = i;
            return true;
        }
    }
    const weir_str near = weir_did_you_mean(name, s->token_count, token_at, s->tokens);
    if (near.len > 0)
        weir_diag_error(s->builder->diags, weir_text_place(s->text, offset, length),
                        "unknown token '%.*s'; did you mean '%.*s'?", WEIR_FMT(name),
                        WEIR_FMT(near));
    else
        weir_diag_error(s->builder->diags, weir_text_place(s->text, offset, length),
                        "unknown token '%.*s': name it in 'tokens'", WEIR_FMT(name));
    return false;
}

/* The inside of a pair of braces at [start, end). */
static bool add_field(scanner *s, size_t start, size_t end)
{
    const char *text = s->text->text.ptr;
    size_t name_end = start;
    /* An expression may hold colons and '!=' inside brackets or quotes; a conversion or spec stands
     * outside them. */
    char quote = 0;
    int depth = 0;
    for (; name_end < end; name_end++) {
        const char c = text[name_end];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '\'' || c == '"')
            quote = c;
        else if (c == '[' || c == '(')
            depth++;
        else if (c == ']' || c == ')')
            depth--;
        else if (depth == 0 &&
                 (c == ':' || (c == '!' && name_end + 1 < end && text[name_end + 1] != '=')))
            break;
    }
    if (name_end == start)
        return complain(s, start, 1, "empty braces: name what belongs here, or write {{}}");
    weir_template_part part = {0};
    if (!resolve(s, start, name_end - start, &part))
        return false;
    size_t at = name_end;
    if (at < end && text[at] == '!') {
        part.conversion = at + 1 < end ? text[at + 1] : '\0';
        if (!part.conversion || !strchr("sra", part.conversion))
            return complain(s, at, 1, "a conversion is !s, !r or !a");
        at += 2;
    }
    if (at < end && text[at] != ':')
        return complain(s, at, 1, "expected ':' or '}'");
    if (at < end)
        part.spec = (weir_str){text + at + 1, end - at - 1};
    if (s->count == PARTS_MAX)
        return complain(s, 0, s->text->text.len, "the text has more than 256 parts");
    s->parts[s->count++] = part;
    return true;
}

static bool scan(scanner *s)
{
    const weir_str text = s->text->text;
    size_t literal = 0;
    bool is_good = true;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (c != '{' && c != '}')
            continue;
        if (i + 1 < text.len && text.ptr[i + 1] == c) {
            is_good = add_literal(s, (weir_str){text.ptr + literal, i + 1 - literal}) && is_good;
            literal = ++i + 1;
            continue;
        }
        if (c == '}')
            return complain(s, i, 1, "single '}': write '}}' for the character itself");
        const char *close = memchr(text.ptr + i, '}', text.len - i);
        if (!close)
            return complain(s, i, 1, "'{' is never closed: write '{{' for the character itself");
        const size_t end = (size_t)(close - text.ptr);
        is_good = add_literal(s, (weir_str){text.ptr + literal, i - literal}) && is_good;
        is_good = add_field(s, i + 1, end) && is_good;
        i = end;
        literal = end + 1;
    }
    return add_literal(s, (weir_str){text.ptr + literal, text.len - literal}) && is_good;
}

bool weir_template_parse(weir_plan_builder *builder, const weir_text *text,
                         const weir_plan_field *tokens, size_t token_count,
                         const weir_expr_scope *scope, weir_template *out)
{
    scanner *s = WEIR_ARENA_NEW(builder->arena, scanner);
    if (!s)
        return false;
    s->builder = builder;
    s->text = text;
    s->tokens = tokens;
    s->token_count = token_count;
    s->scope = scope;
    if (!scan(s))
        return false;
    *out = (weir_template){text->text, s->parts, s->count};
    return true;
}

static bool append(weir_vm *vm, const weir_template_part *part, const weir_value *value,
                   weir_buf *out)
{
    if (!part->conversion)
        return weir_op_format(vm, value, part->spec, out);
    weir_buf converted = {0};
    weir_value text = {0};
    const bool is_good = weir_op_text(vm, value, part->conversion, &converted) &&
                         weir_op_str_from(vm, &converted, value->flags, &text) &&
                         weir_op_format(vm, &text, part->spec, out);
    weir_buf_wipe(&converted);
    return is_good;
}

/* A URL with None in it reaches nobody that is meant; whoever means the word writes {x!s}. */
static bool can_stand_for_text(weir_vm *vm, const weir_template_part *part, weir_value *value)
{
    if (!weir_vm_settle(vm, value))
        return false;
    const bool is_dict =
        value->kind == WEIR_DICT || (value->kind == WEIR_RAW && value->aux == WEIR_RAW_OBJECT);
    const bool is_good = part->conversion || part->spec.len > 0 ||
                         (value->kind != WEIR_NONE && !is_dict && !weir_items_are_list(value));
    return is_good || weir_vm_fail(vm, WEIR_RAISE_TYPE, "'%.*s' is %s, not a text or number",
                                   WEIR_FMT(weir_program_source(part->program)),
                                   value->kind == WEIR_NONE ? "None" : weir_value_type_name(value));
}

bool weir_template_fill(const weir_template *template, weir_vm *vm, const weir_expr_world *world,
                        const weir_expr_input *input, const weir_value *tokens, weir_buf *out,
                        weir_buf *shown)
{
    for (size_t i = 0; i < template->count; i++) {
        const weir_template_part *part = &template->parts[i];
        if (!part->program && part->token == SIZE_MAX) {
            weir_buf_put(out, part->literal);
            if (shown)
                weir_buf_put(shown, part->literal);
            continue;
        }
        weir_value value;
        if (!part->program)
            value = tokens[part->token];
        else if (!weir_vm_run(vm, part->program, world, input, &value) ||
                 !can_stand_for_text(vm, part, &value))
            return false;
        const size_t from = out->len;
        weir_plan_refill(vm);
        if (!append(vm, part, &value, out))
            return false;
        if (shown)
            weir_buf_put(shown, weir_value_has_secret(&value)
                                    ? WEIR_STR("***")
                                    : (weir_str){out->ptr + from, out->len - from});
    }
    return true;
}
