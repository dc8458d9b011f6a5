/* SPDX-License-Identifier: MIT */
/*
 * Being asked to stop: SIGINT and SIGTERM set a flag and wake the consumer that the command waits
 * on; a second one leaves at once, for the impatient. No SA_RESTART, so that a blocked read or
 * write also returns. What has not ended two seconds later is ended, whatever holds it up.
 */
#ifndef WEIR_CLI_STOP_H
#define WEIR_CLI_STOP_H

#include <weir/weir.h>

/**
 * Installs the handlers. The signals stay blocked, so that threads made next never take them, until
 * cli_stop_listen: call it after what may take long, such as loading a spec. Until then a signal
 * ends the program, and there is nothing yet that wants a clean end.
 */
void cli_stop_install(void);
/** Takes signals on this thread from here on; `consumer` (may be NULL) is woken by them. */
void cli_stop_listen(weir_consumer *consumer);
bool cli_is_stopping(void);
/** From now on SIGHUP asks for a reload, unless it says that the terminal has gone. */
void cli_stop_on_hangup_reload(void);
/** True once after each such signal, or several that came together. */
bool cli_take_reload(void);
/** When output must be given up: a second after the signal (monotonic). */
int64_t cli_stop_deadline_ns(void);
/** Sleeps, unless and until asked to stop. */
void cli_stop_sleep_until(int64_t mono_ns);

#endif
