/* SPDX-License-Identifier: MIT */
/* What `weir run --status` shows: each connection in a few lines, with rates since the last time.
 */
#ifndef WEIR_CLI_STATUS_TABLE_H
#define WEIR_CLI_STATUS_TABLE_H

#include <weir/weir.h>

typedef struct cli_status_table cli_status_table;

/** NULL: out of memory. The runtime must outlive it. */
cli_status_table *cli_status_table_new(const weir_runtime *runtime, const weir_consumer *consumer);
/** Says it on stderr, line by line (cli/screen.h). */
void cli_status_table_show(cli_status_table *table);
void cli_status_table_free(cli_status_table *table);

#endif
