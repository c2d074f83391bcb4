#include "base/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define PAUSE() _mm_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

/* Waiting policy: who has nothing to do looks for about 20 microseconds (layers follow each other closely within a run), then sleeps on a
 * condition variable, so that an idle pool costs other processes nothing. */
enum { SPIN_ROUNDS = 500, MAX_THREADS = 1024 };

/* How a job is shared out. `ticket` holds the job's number (upper half) and how many of its tasks are not yet taken (lower half). A worker takes
 * a task by lowering the ticket it has read; that fails if the job has changed meanwhile, so a worker that wakes late finds either a task of
 * the present job or nothing, and the caller waits for tasks, never for workers that the system has not let run yet. `task`, `context` and
 * `count` are read only while holding a task: the job cannot change then. */
struct cm_pool {
    int threads; /* the caller included */
    int started;
    pthread_t *handles;
    pthread_mutex_t mutex;
    pthread_cond_t job_posted, job_done;
    _Atomic uint64_t ticket;
    atomic_uint unfinished; /* tasks of the present job that are not done */
    atomic_bool stop;
    cm_task *task;
    void *context;
    uint32_t count;
    int next_worker; /* under mutex: number given to the next started thread */
};

static uint32_t job_of(uint64_t ticket)
{
    return (uint32_t)(ticket >> 32);
}

static uint32_t tasks_left(uint64_t ticket)
{
    return (uint32_t)ticket;
}

/* Does tasks of the present job until none is left to take; returns that job's number. */
static uint32_t work(cm_pool *pool, int worker)
{
    uint64_t ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
    while (tasks_left(ticket) > 0) {
        if (!atomic_compare_exchange_weak_explicit(&pool->ticket, &ticket, ticket - 1, memory_order_acquire, memory_order_acquire))
            continue;
        pool->task(pool->context, (int)(pool->count - tasks_left(ticket)), worker);
        if (atomic_fetch_sub_explicit(&pool->unfinished, 1, memory_order_acq_rel) == 1 && worker != 0) {
            pthread_mutex_lock(&pool->mutex);
            pthread_cond_signal(&pool->job_done);
            pthread_mutex_unlock(&pool->mutex);
        }
        ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
    }
    return job_of(ticket);
}

static bool idle(cm_pool *pool, uint32_t seen)
{
    return job_of(atomic_load_explicit(&pool->ticket, memory_order_acquire)) == seen &&
           !atomic_load_explicit(&pool->stop, memory_order_relaxed);
}

/* Returns once the job is another than `seen` or the pool stops. */
static void wait_for_job(cm_pool *pool, uint32_t seen)
{
    for (int i = 0; i < SPIN_ROUNDS; i++) {
        if (!idle(pool, seen))
            return;
        PAUSE();
    }
    pthread_mutex_lock(&pool->mutex);
    while (idle(pool, seen))
        pthread_cond_wait(&pool->job_posted, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument)
{
    cm_pool *pool = argument;
    pthread_mutex_lock(&pool->mutex);
    int worker = pool->next_worker++;
    pthread_mutex_unlock(&pool->mutex);
    /* The pool starts with job 0, which has no tasks. */
    uint32_t seen = 0;
    for (;;) {
        wait_for_job(pool, seen);
        if (atomic_load_explicit(&pool->stop, memory_order_relaxed))
            return NULL;
        seen = work(pool, worker);
    }
}

/* Starts the workers with asynchronous signals blocked: these belong to the program's own threads. */
static int start_workers(cm_pool *pool)
{
    sigset_t blocked, before;
    sigfillset(&blocked);
    sigdelset(&blocked, SIGSEGV);
    sigdelset(&blocked, SIGBUS);
    sigdelset(&blocked, SIGFPE);
    sigdelset(&blocked, SIGILL);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int failure = 0;
    while (!failure && pool->started < pool->threads - 1) {
        failure = pthread_create(&pool->handles[pool->started], NULL, worker_main, pool);
        if (!failure)
            pool->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

cameo_status cm_pool_create(cm_pool **result, int threads, cameo_error *error)
{
    *result = NULL;
    if (threads < 1 || threads > MAX_THREADS)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "thread count %d is not in 1..%d", threads, MAX_THREADS);
    cm_pool *pool = calloc(1, sizeof *pool);
    pthread_t *handles = calloc((size_t)threads, sizeof *handles);
    if (!pool || !handles) {
        free(pool);
        free(handles);
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for a pool of %d threads", threads);
    }
    pool->threads = threads;
    pool->handles = handles;
    pool->next_worker = 1;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->job_posted, NULL);
    pthread_cond_init(&pool->job_done, NULL);
    if (start_workers(pool) != 0) {
        int started = pool->started;
        cm_pool_free(pool);
        return cm_fail(error, CAMEO_ERROR_MEMORY, "the system refuses thread %d of %d", started + 2, threads);
    }
    *result = pool;
    return CAMEO_OK;
}

void cm_pool_free(cm_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store_explicit(&pool->stop, true, memory_order_relaxed);
    pthread_cond_broadcast(&pool->job_posted);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->handles[i], NULL);
    pthread_mutex_destroy(&pool->mutex);
    pthread_cond_destroy(&pool->job_posted);
    pthread_cond_destroy(&pool->job_done);
    free(pool->handles);
    free(pool);
}

int cm_pool_threads(const cm_pool *pool)
{
    return pool->threads;
}

static void post(cm_pool *pool, cm_task *task, void *context, uint32_t count)
{
    pool->task = task;
    pool->context = context;
    pool->count = count;
    atomic_store_explicit(&pool->unfinished, count, memory_order_relaxed);
    uint32_t job = job_of(atomic_load_explicit(&pool->ticket, memory_order_relaxed)) + 1;
    pthread_mutex_lock(&pool->mutex);
    atomic_store_explicit(&pool->ticket, (uint64_t)job << 32 | count, memory_order_release);
    pthread_cond_broadcast(&pool->job_posted);
    pthread_mutex_unlock(&pool->mutex);
}

void cm_pool_run(cm_pool *pool, cm_task *task, void *context, int count)
{
    if (pool->threads == 1 || count <= 1) {
        for (int i = 0; i < count; i++)
            task(context, i, 0);
        return;
    }
    post(pool, task, context, (uint32_t)count);
    work(pool, 0);
    for (int i = 0; i < SPIN_ROUNDS; i++) {
        if (atomic_load_explicit(&pool->unfinished, memory_order_acquire) == 0)
            return;
        PAUSE();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load_explicit(&pool->unfinished, memory_order_acquire) != 0)
        pthread_cond_wait(&pool->job_done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}
