/* A progress bar on standard error, for work that takes more than a second and a person who watches. */
#ifndef CM_CLI_PROGRESS_H
#define CM_CLI_PROGRESS_H

#include <stdint.h>

typedef enum cm_progress_unit { CM_PROGRESS_COUNT, CM_PROGRESS_BYTES, CM_PROGRESS_PERCENT } cm_progress_unit;

/* Starts one (there is one at a time). total 0: unknown. Nothing is drawn unless standard error is a terminal, nor where results go
 * to a terminal too (`results_on_stdout`): they are progress enough. */
void cm_progress_start(const char *what, uint64_t total, cm_progress_unit unit, int results_on_stdout);
/* The same for work that cannot say how far it is: the seconds pass by themselves. Nothing is drawn where standard error is no terminal. */
void cm_progress_start_clock(const char *what);
/* `done` of `total`; draws at most ten times a second, first after one second. Thread-safe. */
void cm_progress_update(uint64_t done);
/* The total, where it becomes known later. Thread-safe. */
void cm_progress_total(uint64_t total);
/* Wipes what is drawn; the next update draws it again. Thread-safe. */
void cm_progress_wipe(void);
/* Wipes and stops. */
void cm_progress_stop(void);

/* Seconds of a clock that never goes back. */
double cm_progress_clock(void);

#endif
