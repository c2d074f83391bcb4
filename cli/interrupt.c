#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

enum { SLOTS = 8 };

static _Atomic(const char *) guarded[SLOTS];
static volatile sig_atomic_t deferred, noted;
static const int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

/* Only async-signal-safe calls from here. */
static void remove_guarded(void)
{
    for (size_t i = 0; i < SLOTS; i++) {
        const char *path = atomic_load(&guarded[i]);
        if (path)
            unlink(path);
    }
}

void cm_interrupt_quit(int code)
{
    remove_guarded();
    _exit(code);
}

static void die(int number)
{
    remove_guarded();
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    _exit(128 + number);
}

static void on_signal(int number)
{
    if (deferred)
        noted = number;
    else
        die(number);
}

void cm_interrupt_install(void)
{
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++) {
        struct sigaction action;
        if (sigaction(handled[i], NULL, &action) != 0 || action.sa_handler == SIG_IGN)
            continue;
        action.sa_handler = on_signal;
        action.sa_flags = SA_RESTART;
        sigemptyset(&action.sa_mask);
        sigaction(handled[i], &action, NULL);
    }
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow further is a write error like any other, and cleaned up like one */
}

static int guard(const char *path)
{
    for (int i = 0; i < SLOTS; i++) {
        const char *expected = NULL;
        if (atomic_compare_exchange_strong(&guarded[i], &expected, path))
            return i;
    }
    return -1;
}

/* What is sent to the whole process; SIGPIPE comes to the thread that wrote. */
static void hold_back(sigset_t *before)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, before);
}

int cm_interrupt_thread(pthread_t *thread, void *(*start)(void *), void *argument)
{
    sigset_t before;
    hold_back(&before);
    int number = pthread_create(thread, NULL, start, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return number;
}

int cm_interrupt_create(char *path, int *slot)
{
    sigset_t before;
    hold_back(&before);
    int file = mkstemp(path), number = errno;
    *slot = file >= 0 ? guard(path) : -1;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = number;
    return file;
}

void cm_interrupt_release(int slot)
{
    if (slot >= 0)
        atomic_store(&guarded[slot], NULL);
}

void cm_interrupt_defer(int on)
{
    deferred = on;
    if (!on && noted)
        die(noted);
}

int cm_interrupt_pending(void)
{
    return noted != 0;
}
