#include "base/threads.h"

#include "base/memory.h"

#include <pthread.h>
#include <sched.h>
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

/* Waiting policy: who has nothing to do looks again and again for about 20 microseconds (layers follow each other closely within a run), then
 * offers the processor to whoever else wants it, for about half a millisecond (waking a sleeper takes as long as a small layer, above all in a virtual
 * machine), then sleeps on a condition variable, so that an idle pool costs other processes nothing. */
enum { SPIN_ROUNDS = 500, YIELD_ROUNDS = 1000, MAX_THREADS = 1024 };

/* One round of waiting; false when it is time to sleep. */
static bool wait_awake(int round)
{
    if (round < SPIN_ROUNDS)
        PAUSE();
    else if (round < SPIN_ROUNDS + YIELD_ROUNDS)
        sched_yield();
    else
        return false;
    return true;
}

/* A worker's share of a job's tasks, in a cache line of its own: the job's number (upper half) and how many of the share's tasks are not yet
 * taken (lower half). */
typedef struct share {
    _Alignas(64) _Atomic uint64_t ticket;
} share;

/* How a job is shared out. Tasks are cut into one contiguous share for each worker, who takes its own in rising order and then what is left of the
 * others': so tasks of the same number meet the same core from job to job, and find there what that core wrote. Who takes a task lowers the ticket
 * it has read; that fails if the job has changed meanwhile, so a worker that wakes late finds either a task of the present job or nothing, and
 * the caller waits for tasks, never for workers that the system has not let run yet. `task`, `context` and `count` are read only while holding a
 * task: the job cannot change then. */
struct cm_pool {
    int threads; /* the caller included */
    int started;
    pthread_t *handles;
    pthread_mutex_t mutex;
    pthread_cond_t job_posted, job_done;
    share *shares; /* [threads]; the first one's ticket is posted last */
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

/* The first task of a share; that of the share after the last is `count`. */
static uint32_t share_start(const cm_pool *pool, uint32_t count, int owner)
{
    return (uint32_t)((uint64_t)count * (uint64_t)owner / (uint64_t)pool->threads);
}

static void do_task(cm_pool *pool, uint32_t task, int worker)
{
    pool->task(pool->context, (int)task, worker);
    if (atomic_fetch_sub_explicit(&pool->unfinished, 1, memory_order_acq_rel) == 1 && worker != 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_signal(&pool->job_done);
        pthread_mutex_unlock(&pool->mutex);
    }
}

/* Does tasks of one share until none is left to take. */
static void work_on_share(cm_pool *pool, int owner, int worker)
{
    _Atomic uint64_t *shared = &pool->shares[owner].ticket;
    uint64_t ticket = atomic_load_explicit(shared, memory_order_acquire);
    while (tasks_left(ticket) > 0) {
        if (!atomic_compare_exchange_weak_explicit(shared, &ticket, ticket - 1, memory_order_acquire, memory_order_acquire))
            continue;
        do_task(pool, share_start(pool, pool->count, owner + 1) - tasks_left(ticket), worker);
        ticket = atomic_load_explicit(shared, memory_order_acquire);
    }
}

/* Does tasks of the present job until none is left to take; returns that job's number. */
static uint32_t work(cm_pool *pool, int worker)
{
    uint32_t job = job_of(atomic_load_explicit(&pool->shares[0].ticket, memory_order_acquire));
    for (int i = 0; i < pool->threads; i++)
        work_on_share(pool, (worker + i) % pool->threads, worker);
    return job;
}

static bool idle(cm_pool *pool, uint32_t seen)
{
    return job_of(atomic_load_explicit(&pool->shares[0].ticket, memory_order_acquire)) == seen &&
           !atomic_load_explicit(&pool->stop, memory_order_relaxed);
}

/* Returns once the job is another than `seen` or the pool stops. */
static void wait_for_job(cm_pool *pool, uint32_t seen)
{
    for (int i = 0; wait_awake(i); i++)
        if (!idle(pool, seen))
            return;
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
    share *shares = cm_aligned_alloc((size_t)threads * sizeof *shares);
    if (!pool || !handles || !shares) {
        free(pool);
        free(handles);
        cm_aligned_free(shares);
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for a pool of %d threads", threads);
    }
    pool->threads = threads;
    pool->handles = handles;
    pool->shares = shares;
    for (int i = 0; i < threads; i++)
        atomic_init(&shares[i].ticket, 0);
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
    cm_aligned_free(pool->shares);
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
    uint64_t job = (uint64_t)(job_of(atomic_load_explicit(&pool->shares[0].ticket, memory_order_relaxed)) + 1) << 32;
    pthread_mutex_lock(&pool->mutex);
    for (int i = pool->threads - 1; i >= 0; i--)
        atomic_store_explicit(&pool->shares[i].ticket, job | (share_start(pool, count, i + 1) - share_start(pool, count, i)), memory_order_release);
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
    for (int i = 0; wait_awake(i); i++)
        if (atomic_load_explicit(&pool->unfinished, memory_order_acquire) == 0)
            return;
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load_explicit(&pool->unfinished, memory_order_acquire) != 0)
        pthread_cond_wait(&pool->job_done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}
