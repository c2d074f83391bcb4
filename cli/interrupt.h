/* Ctrl-C, termination and closed pipes: unfinished files are removed, then the process dies of the signal as the shell expects. */
#ifndef CM_CLI_INTERRUPT_H
#define CM_CLI_INTERRUPT_H

#include <pthread.h>

/* Handles SIGINT, SIGTERM, SIGHUP and SIGPIPE, each unless the parent asked for it to be ignored; ignores SIGXFSZ. */
void cm_interrupt_install(void);

/* As mkstemp, for a file that a signal must remove: there is no moment at which it exists and would be left behind. `path` stays the caller's and must
 * live until the release. Returns the descriptor, or -1 with errno; `slot` is -1 if all are in use. */
int cm_interrupt_create(char *path, int *slot);
void cm_interrupt_release(int slot);

/* As pthread_create; the thread leaves signals to the main thread, which alone knows when one may come. Returns pthread_create's error number. */
int cm_interrupt_thread(pthread_t *thread, void *(*start)(void *), void *argument);

/* Ends the process at once with this exit code: unfinished files are removed, nothing else is done. Any thread may call it. */
_Noreturn void cm_interrupt_quit(int code);

/* Between on and off signals are only noted: for stretches that clean up by themselves. Turning it off acts on what was noted. */
void cm_interrupt_defer(int on);
/* 1 if a signal was noted. */
int cm_interrupt_pending(void);

#endif
