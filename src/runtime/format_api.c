/* SPDX-License-Identifier: MIT */
/* The formatter of spec/ behind the public header. */
#include "runtime/report.h"
#include "spec/fmt.h"
#include "util/error.h"

weir_code weir_format(const char *name, weir_str text, weir_text_buffer *out, weir_report **report,
                      weir_error *error)
{
    weir_diags *diags = weir_diags_new();
    const weir_source *source =
        diags ? weir_diags_add_source(diags, weir_str_of(name), text) : NULL;
    weir_buf buf = {out->ptr, out->len, out->cap, false};
    const weir_code code =
        source ? weir_spec_format(source, diags, &buf, error) : weir_fail_nomem(error);
    *out = (weir_text_buffer){buf.ptr, buf.len, buf.cap};
    if (report)
        *report = diags ? weir_report_new_take(diags) : NULL;
    else
        weir_diags_free(diags);
    return code;
}
