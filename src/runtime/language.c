/* SPDX-License-Identifier: MIT */
/*
 * What people and editors want to know of a spec and of the language: the public face of the tables
 * in spec/ and expr/. Nothing here is needed to run a spec.
 */
#include <stdlib.h>

#include "expr/reference.h"
#include "runtime/internal.h"
#include "spec/reference.h"
#include "value/json_write.h"

/* The text of a buffer as the caller's own; NULL: no memory. */
static char *take_text(weir_buf *buf)
{
    weir_buf_cstr(buf);
    if (!buf->failed && buf->ptr)
        return buf->ptr;
    weir_buf_fini(buf);
    return NULL;
}

/* ------------------------------------------------------------------ a spec */

weir_str weir_spec_path(const weir_spec *spec)
{
    return spec->model->path;
}

weir_str weir_spec_docs(const weir_spec *spec)
{
    return spec->model->docs;
}

weir_str weir_spec_checked(const weir_spec *spec)
{
    return spec->model->checked;
}

weir_str weir_spec_url(const weir_spec *spec, size_t connection)
{
    return spec->model->connections[connection].url.text;
}

weir_str weir_spec_backend(const weir_spec *spec, size_t connection)
{
    return spec->model->connections[connection].backend;
}

size_t weir_spec_credentials(const weir_spec *spec)
{
    return spec->model->credential_count;
}

size_t weir_spec_vars(const weir_spec *spec)
{
    return spec->model->var_count;
}

weir_str weir_spec_var_name(const weir_spec *spec, size_t var)
{
    return spec->model->vars[var].name;
}

char *weir_spec_var_text(const weir_spec *spec, size_t var)
{
    const weir_value *value = &spec->model->vars[var].value;
    weir_buf out = {0};
    if (value->kind == WEIR_STR)
        weir_buf_put(&out, weir_value_text(value));
    else
        weir_json_write(&out, value, 0);
    return take_text(&out);
}

/* ------------------------------------------------------------------ the language */

char *weir_schema_text(void)
{
    weir_buf out = {0};
    weir_schema_print(&out, weir_backend_registry());
    return take_text(&out);
}

char *weir_reference_text(const char *name)
{
    weir_buf out = {0};
    const weir_str wanted = weir_str_of(name);
    const bool is_there = weir_spec_reference_print(&out, weir_backend_registry(), wanted) ||
                          weir_expr_reference_print(&out, wanted);
    return is_there ? take_text(&out) : NULL;
}

char *weir_reference_names(void)
{
    weir_buf out = {0}, name = {0};
    for (size_t i = 0; weir_spec_reference_name(weir_backend_registry(), i, &name); i++)
        weir_buf_printf(&out, "%s\n", weir_buf_cstr(&name));
    for (size_t i = 0; weir_expr_reference_name(i); i++)
        weir_buf_printf(&out, "%s\n", weir_expr_reference_name(i));
    weir_buf_fini(&name);
    return take_text(&out);
}

const char *weir_backend_name(size_t index)
{
    const weir_spec_registry *registry = weir_backend_registry();
    return index < registry->count ? registry->backends[index].name : NULL;
}
