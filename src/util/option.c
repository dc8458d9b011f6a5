/* SPDX-License-Identifier: MIT */
/* Looking an option up by name: a walk over the rows, done at open and never per message. */
#include "util/option.h"

#include <assert.h>

static size_t row_index(const weir_option_row *rows, size_t count, weir_str name)
{
    for (size_t i = 0; i < count; i++)
        if (weir_str_is(name, rows[i].name))
            return i;
    return count;
}

const weir_option_value *weir_options_get(const weir_options *options, const char *name)
{
    const weir_option_row *rows = options->rows;
    const weir_option_value *values = options->values;
    size_t count = options->count;
    for (;;) {
        const char *dot = strchr(name, '.');
        weir_str part = {name, dot ? (size_t)(dot - name) : strlen(name)};
        size_t index = row_index(rows, count, part);
        assert(index < count && "no option row of that name");
        if (!dot)
            return &values[index];
        assert(rows[index].type == WEIR_OPTION_GROUP && values[index].group);
        values = values[index].group;
        count = rows[index].row_count;
        rows = rows[index].rows;
        name = dot + 1;
    }
}
