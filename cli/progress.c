#include "progress.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"

/* The terminal is one per process, and so is the bar. */
static struct {
    pthread_mutex_t lock;
    int active, drawn;
    char what[32];
    uint64_t total;
    cm_progress_unit unit;
    double started, next;
    int has_ticker;
    pthread_t ticker; /* draws where nobody else does */
} bar = {.lock = PTHREAD_MUTEX_INITIALIZER};

double cm_progress_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void cm_progress_start(const char *what, uint64_t total, cm_progress_unit unit, int results_on_stdout)
{
    if (!isatty(STDERR_FILENO) || (results_on_stdout && isatty(STDOUT_FILENO)))
        return;
    pthread_mutex_lock(&bar.lock);
    snprintf(bar.what, sizeof bar.what, "%s", what);
    bar.total = total;
    bar.unit = unit;
    bar.started = cm_progress_clock();
    bar.next = bar.started + 1.0;
    bar.drawn = 0;
    bar.active = 1;
    pthread_mutex_unlock(&bar.lock);
}

static void draw(uint64_t done, double now)
{
    char count[64], picture[33] = "", left[32] = "";
    double elapsed = now - bar.started;
    if (bar.unit == CM_PROGRESS_BYTES)
        snprintf(count, sizeof count, "%.1f MB, %.1f MB/s", (double)done / 1e6, (double)done / 1e6 / elapsed);
    else if (bar.unit == CM_PROGRESS_COUNT)
        snprintf(count, sizeof count, "%llu, %.1f/s", (unsigned long long)done, (double)done / elapsed);
    else
        snprintf(count, sizeof count, "%.0f s", elapsed);
    if (bar.total) {
        double part = done < bar.total ? (double)done / (double)bar.total : 1.0;
        memset(picture, '.', 32);
        memset(picture, '#', (size_t)(part * 32));
        picture[32] = '\0';
        if (part > 0)
            snprintf(left, sizeof left, ", %.0f s left", elapsed / part - elapsed);
        fprintf(stderr, "\r%s [%s] %3.0f %% (%s%s)\033[K", bar.what, picture, part * 100, count, left);
    } else {
        fprintf(stderr, "\r%s: %s\033[K", bar.what, count);
    }
    fflush(stderr);
    bar.drawn = 1;
}

void cm_progress_update(uint64_t done)
{
    pthread_mutex_lock(&bar.lock);
    if (bar.active) {
        double now = cm_progress_clock();
        if (now >= bar.next) {
            draw(done, now);
            bar.next = now + 0.1;
        }
    }
    pthread_mutex_unlock(&bar.lock);
}

void cm_progress_total(uint64_t total)
{
    pthread_mutex_lock(&bar.lock);
    bar.total = total;
    pthread_mutex_unlock(&bar.lock);
}

static void *tick(void *unused)
{
    const struct timespec moment = {.tv_nsec = 100 * 1000 * 1000};
    int active = 1;
    (void)unused;
    while (active) {
        nanosleep(&moment, NULL);
        cm_progress_update(0);
        pthread_mutex_lock(&bar.lock);
        active = bar.active;
        pthread_mutex_unlock(&bar.lock);
    }
    return NULL;
}

void cm_progress_start_clock(const char *what)
{
    cm_progress_start(what, 0, CM_PROGRESS_PERCENT, 0);
    bar.has_ticker = bar.active && cm_interrupt_thread(&bar.ticker, tick, NULL) == 0;
}

static void wipe(void)
{
    if (bar.drawn) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        bar.drawn = 0;
    }
}

void cm_progress_wipe(void)
{
    pthread_mutex_lock(&bar.lock);
    wipe();
    pthread_mutex_unlock(&bar.lock);
}

void cm_progress_stop(void)
{
    pthread_mutex_lock(&bar.lock);
    wipe();
    bar.active = 0;
    pthread_mutex_unlock(&bar.lock);
    if (bar.has_ticker)
        pthread_join(bar.ticker, NULL);
    bar.has_ticker = 0;
}
