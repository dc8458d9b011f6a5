/* SPDX-License-Identifier: MIT */
/* The public face of a list of diagnostics. */
#include "runtime/report.h"

#include <stdlib.h>

struct weir_report {
    weir_diags *diags;
};

weir_report *weir_report_new_take(weir_diags *diags)
{
    weir_report *report = malloc(sizeof *report);
    if (!report) {
        weir_diags_free(diags);
        return NULL;
    }
    weir_diags_sort(diags);
    report->diags = diags;
    return report;
}

void weir_report_free(weir_report *report)
{
    if (!report)
        return;
    weir_diags_free(report->diags);
    free(report);
}

size_t weir_report_count(const weir_report *report)
{
    return weir_diags_count(report->diags);
}

size_t weir_report_errors(const weir_report *report)
{
    return weir_diags_errors(report->diags);
}

weir_report_item weir_report_at(const weir_report *report, size_t index)
{
    const weir_diag *diag = weir_diags_at(report->diags, index);
    weir_report_item item = {.is_warning = diag->severity != WEIR_SEVERITY_ERROR,
                             .is_note = diag->severity == WEIR_SEVERITY_NOTE,
                             .text = diag->text};
    if (!diag->place.source)
        return item;
    item.file = diag->place.source->name;
    item.line = diag->place.line;
    item.column = diag->place.column;
    item.length = diag->place.length;
    return item;
}

static char *text_take(weir_buf *buf)
{
    char *text = buf->failed ? NULL : strdup(weir_buf_cstr(buf));
    weir_buf_fini(buf);
    return text;
}

char *weir_report_text(const weir_report *report, bool colour)
{
    weir_buf buf = {0};
    weir_diags_print(report->diags, &buf, colour);
    return text_take(&buf);
}

char *weir_report_json(const weir_report *report)
{
    weir_buf buf = {0};
    weir_diags_print_json(report->diags, &buf);
    return text_take(&buf);
}
