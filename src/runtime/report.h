/* SPDX-License-Identifier: MIT */
/* weir_report from the inside: the diagnostics list, sorted. */
#ifndef WEIR_RUNTIME_REPORT_H
#define WEIR_RUNTIME_REPORT_H

#include <weir/weir.h>

#include "util/diag.h"

/** Takes `diags`. NULL when out of memory (diags is then freed). */
weir_report *weir_report_new_take(weir_diags *diags);

#endif
