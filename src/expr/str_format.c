/* SPDX-License-Identifier: MIT */
/*
 * str.format: fields in braces, by number or name, with attributes, indexes, conversions and
 * nested specs. Also what fills the text templates of messages (SUB {symbol}).
 */
#include "expr/str_parts.h"

enum { NESTING_MAX = 2 };

typedef struct filler {
    weir_vm *vm;
    const weir_value *args;
    size_t count;
    const weir_value *keywords; /* DICT or ABSENT */
    size_t next_auto;
    bool is_auto, is_manual;
    unsigned flags;
} filler;

static bool fill(filler *f, weir_str template, int depth, weir_buf *out);

static bool fail(filler *f, const char *why)
{
    return weir_vm_fail(f->vm, WEIR_RAISE_VALUE, "%s", why);
}

static bool read_number(weir_str text, int64_t *out)
{
    int64_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || n > WEIR_EXPR_RESULT_MAX)
            return false;
        n = n * 10 + (text.ptr[i] - '0');
    }
    *out = n;
    return text.len > 0;
}

static bool positional(filler *f, int64_t index, weir_value *out)
{
    if ((uint64_t)index >= f->count)
        return weir_vm_fail(f->vm, WEIR_RAISE_INDEX,
                            "Replacement index %lld out of range for positional args tuple",
                            (long long)index);
    *out = f->args[index];
    return true;
}

static bool first_value(filler *f, weir_str name, weir_value *out)
{
    int64_t index;
    bool is_number = read_number(name, &index);
    f->is_auto = f->is_auto || name.len == 0;
    f->is_manual = f->is_manual || is_number;
    if (f->is_auto && f->is_manual)
        return fail(f, is_number ? "cannot switch from automatic field numbering to manual field "
                                   "specification"
                                 : "cannot switch from manual field specification to automatic "
                                   "field numbering");
    if (name.len == 0)
        return positional(f, (int64_t)f->next_auto++, out);
    if (is_number)
        return positional(f, index, out);
    weir_value key = weir_value_str(name);
    if (f->keywords->kind == WEIR_ABSENT)
        return weir_vm_fail(f->vm, WEIR_RAISE_KEY, "%s", weir_vm_show(f->vm, &key));
    return weir_op_index(f->vm, f->keywords, &key, out);
}

static size_t name_end(weir_str text, size_t from)
{
    while (from < text.len && text.ptr[from] != '.' && text.ptr[from] != '[')
        from++;
    return from;
}

/* ".symbol" and "[0]", "[key]" behind the name. */
static bool walk(filler *f, weir_str path, weir_value *v)
{
    for (size_t at = 0; at < path.len;) {
        weir_value next;
        if (path.ptr[at] == '.') {
            size_t end = name_end(path, at + 1);
            weir_str name = {path.ptr + at + 1, end - at - 1};
            if (name.len == 0)
                return fail(f, "Empty attribute in format string");
            if (name.ptr[0] == '_' || !weir_attr_get(f->vm, v, name, &next))
                return f->vm->raise != WEIR_RAISE_NONE
                           ? false
                           : weir_vm_fail(f->vm, WEIR_RAISE_ATTRIBUTE, "no attribute '%.*s'",
                                          WEIR_FMT(name));
            at = end;
        } else {
            const char *close = memchr(path.ptr + at, ']', path.len - at);
            if (path.ptr[at] != '[' || !close)
                return fail(f, "expected '.' or '[' in a field of the format string");
            weir_str key = {path.ptr + at + 1, (size_t)(close - path.ptr) - at - 1};
            int64_t index;
            weir_value k = read_number(key, &index) ? weir_value_int(index) : weir_value_str(key);
            if (key.len == 0)
                return fail(f, "Empty attribute in format string");
            if (!weir_op_index(f->vm, v, &k, &next))
                return false;
            at += key.len + 2;
        }
        *v = next;
    }
    return true;
}

static bool put_field(filler *f, weir_str name, char conversion, weir_str spec, int depth,
                      weir_buf *out)
{
    weir_value v;
    size_t end = name_end(name, 0);
    f->vm->raise = WEIR_RAISE_NONE;
    if (!first_value(f, (weir_str){name.ptr, end}, &v) ||
        !walk(f, (weir_str){name.ptr + end, name.len - end}, &v))
        return false;
    f->flags |= weir_op_flags(&v);
    weir_buf filled = weir_vm_text(f->vm), text = weir_vm_text(f->vm);
    bool is_done = fill(f, spec, depth + 1, &filled);
    if (is_done && conversion) {
        is_done = weir_op_text(f->vm, &v, conversion, &text) &&
                  weir_text_value(f->vm, WEIR_STR, text.ptr, text.len, 0, &v);
    }
    is_done = is_done && weir_op_format(f->vm, &v, weir_buf_str(&filled), out) &&
              weir_text_room(f->vm, out, 0);
    weir_vm_text_done(f->vm, &filled);
    weir_vm_text_done(f->vm, &text);
    return is_done;
}

/* The field between braces: name, conversion, spec. */
static bool split_field(filler *f, weir_str field, int depth, weir_buf *out)
{
    size_t at = 0;
    char conversion = '\0';
    bool is_inside = false;
    for (; at < field.len; at++) {
        char c = field.ptr[at];
        is_inside = c == '[' ? true : c == ']' ? false : is_inside;
        if (!is_inside && (c == '!' || c == ':'))
            break;
        if (c == '{')
            return fail(f, "unexpected '{' in field name");
    }
    weir_str name = {field.ptr, at};
    if (at < field.len && field.ptr[at] == '!') {
        if (at + 1 >= field.len)
            return fail(f, "end of string while looking for conversion specifier");
        conversion = field.ptr[at + 1];
        at += 2;
        if (at < field.len && field.ptr[at] != ':')
            return fail(f, "expected ':' after conversion specifier");
        if (!strchr("rsa", conversion) || !conversion)
            return weir_vm_fail(f->vm, WEIR_RAISE_VALUE, "Unknown conversion specifier '%c'",
                                conversion);
    }
    weir_str spec = {field.ptr + at, 0};
    if (at < field.len)
        spec = (weir_str){field.ptr + at + 1, field.len - at - 1};
    return put_field(f, name, conversion, spec, depth, out);
}

/* Where the brace that was opened before `from` is closed; SIZE_MAX if it is not. */
static size_t closing(weir_str template, size_t from)
{
    int open = 1;
    for (size_t at = from; at < template.len; at++) {
        open += template.ptr[at] == '{';
        open -= template.ptr[at] == '}';
        if (open == 0)
            return at;
    }
    return SIZE_MAX;
}

static bool fill(filler *f, weir_str template, int depth, weir_buf *out)
{
    if (depth > NESTING_MAX)
        return fail(f, "Max string recursion exceeded");
    for (size_t at = 0; at < template.len;) {
        char c = template.ptr[at], next = at + 1 < template.len ? template.ptr[at + 1] : '\0';
        if (c != '{' && c != '}') {
            size_t from = at;
            while (at < template.len && template.ptr[at] != '{' && template.ptr[at] != '}')
                at++;
            weir_buf_put(out, (weir_str){template.ptr + from, at - from});
            continue;
        }
        if (next == c && depth == 0) {
            weir_buf_putc(out, c);
            at += 2;
            continue;
        }
        if (c == '}')
            return fail(f, "Single '}' encountered in format string");
        size_t end = closing(template, at + 1);
        if (end == SIZE_MAX)
            return fail(f, next ? "expected '}' before end of string"
                                : "Single '{' encountered in format string");
        if (!weir_vm_charge(f->vm, 1) ||
            !split_field(f, (weir_str){template.ptr + at + 1, end - at - 1}, depth, out))
            return false;
        at = end + 1;
    }
    return weir_text_room(f->vm, out, 0);
}

bool weir_op_str_format(weir_vm *vm, const weir_value *template, const weir_value *args,
                        size_t count, const weir_value *keywords, weir_value *out)
{
    weir_str text;
    filler f = {.vm = vm, .args = args, .count = count, .keywords = keywords};
    f.flags = template->flags & WEIR_VALUE_SECRET;
    if (!weir_need_str(vm, template, "the format", &text) || !weir_vm_charge(vm, text.len / 8))
        return false;
    weir_buf filled = weir_vm_text(vm);
    bool is_done = fill(&f, text, 0, &filled) && weir_op_str_from(vm, &filled, f.flags, out);
    weir_vm_text_done(vm, &filled);
    return is_done;
}

bool weir_str_format(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return weir_op_str_format(vm, &call->args[0], call->rest, call->rest_count, weir_arg(call, 1),
                              out);
}
