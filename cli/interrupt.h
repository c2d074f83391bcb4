/* Ctrl-C, termination and closed pipes: unfinished files are removed, then the process dies of the signal as the shell expects. */
#ifndef CM_CLI_INTERRUPT_H
#define CM_CLI_INTERRUPT_H

/* Handles SIGINT, SIGTERM, SIGHUP and SIGPIPE, each unless the parent asked for it to be ignored; ignores SIGXFSZ. */
void cm_interrupt_install(void);

/* Registers a file that a signal must remove. `path` stays the caller's and must live until the release. Returns a slot, or -1 if all are in use. */
int cm_interrupt_guard(const char *path);
void cm_interrupt_release(int slot);

/* Ends the process at once with this exit code: unfinished files are removed, nothing else is done. Any thread may call it. */
_Noreturn void cm_interrupt_quit(int code);

/* Between on and off signals are only noted: for stretches that clean up by themselves. Turning it off acts on what was noted. */
void cm_interrupt_defer(int on);
/* 1 if a signal was noted. */
int cm_interrupt_pending(void);

#endif
