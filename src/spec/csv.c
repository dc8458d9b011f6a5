/* SPDX-License-Identifier: MIT */
/* One pass, a field at a time; only fields with doubled quotes are copied. */
#include "spec/csv.h"

#include "util/error.h"

static bool at_line_end(const weir_csv *csv)
{
    return csv->at >= csv->text.len || csv->text.ptr[csv->at] == '\n' ||
           csv->text.ptr[csv->at] == '\r';
}

static bool read_quoted(weir_csv *csv, weir_arena *arena, weir_str *field)
{
    const size_t start = ++csv->at;
    size_t doubled = 0;
    for (; csv->at < csv->text.len; csv->at++) {
        if (csv->text.ptr[csv->at] != '"')
            continue;
        if (csv->at + 1 < csv->text.len && csv->text.ptr[csv->at + 1] == '"') {
            doubled++;
            csv->at++;
            continue;
        }
        break;
    }
    if (csv->at >= csv->text.len)
        return false;
    *field = (weir_str){csv->text.ptr + start, csv->at - start};
    csv->at++;
    if (doubled == 0)
        return true;
    char *copy = weir_arena_alloc(arena, field->len);
    if (!copy)
        return false;
    size_t len = 0;
    for (size_t i = 0; i < field->len; i++) {
        copy[len++] = field->ptr[i];
        i += field->ptr[i] == '"';
    }
    *field = (weir_str){copy, len};
    return true;
}

static void skip_line_end(weir_csv *csv)
{
    if (csv->at < csv->text.len && csv->text.ptr[csv->at] == '\r')
        csv->at++;
    if (csv->at < csv->text.len && csv->text.ptr[csv->at] == '\n')
        csv->at++;
}

size_t weir_csv_row(weir_csv *csv, weir_arena *arena, weir_str *fields, weir_error *error)
{
    if (csv->at == 0 && csv->text.len >= 3 && memcmp(csv->text.ptr, "\xEF\xBB\xBF", 3) == 0)
        csv->at = 3;
    do {
        if (csv->at >= csv->text.len)
            return 0;
        csv->line++;
        if (!at_line_end(csv))
            break;
        skip_line_end(csv); /* an empty line */
    } while (true);
    for (size_t count = 0; count < WEIR_CSV_COLUMNS_MAX;) {
        if (!at_line_end(csv) && csv->text.ptr[csv->at] == '"') {
            if (!read_quoted(csv, arena, &fields[count])) {
                weir_fail(error, WEIR_ERR_IO, "line %u: a quoted field does not end", csv->line);
                return SIZE_MAX;
            }
        } else {
            const size_t start = csv->at;
            while (!at_line_end(csv) && csv->text.ptr[csv->at] != ',')
                csv->at++;
            fields[count] = (weir_str){csv->text.ptr + start, csv->at - start};
        }
        count++;
        if (at_line_end(csv)) {
            skip_line_end(csv);
            return count;
        }
        if (csv->text.ptr[csv->at] != ',') {
            weir_fail(error, WEIR_ERR_IO, "line %u: text behind a closing quote", csv->line);
            return SIZE_MAX;
        }
        csv->at++;
    }
    weir_fail(error, WEIR_ERR_IO, "line %u: more than %d columns", csv->line, WEIR_CSV_COLUMNS_MAX);
    return SIZE_MAX;
}
