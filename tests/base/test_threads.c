/* labels: threads */
#include "cmocka_all.h"

#include "base/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_TASKS = 1000 };

/* Plain memory, on purpose: ThreadSanitizer then sees whether the pool orders what tasks write before what its caller reads. */
typedef struct job {
    int done[MOST_TASKS];
    int by_worker[64]; /* [worker]: scratch that only this worker writes */
    int factor;
} job;

static void count_task(void *context, int task, int worker)
{
    job *j = context;
    j->done[task] += j->factor;
    j->by_worker[worker]++;
}

static void run_jobs(int threads, int jobs)
{
    cm_pool *pool;
    cameo_error error;
    assert_int_equal(cm_pool_create(&pool, threads, &error), CAMEO_OK);
    assert_int_equal(cm_pool_threads(pool), threads);
    job *j = calloc(1, sizeof *j);
    for (int round = 1; round <= jobs; round++) {
        int count = round % 5 == 0 ? round % MOST_TASKS : round % (3 * threads);
        *j = (job){.factor = round};
        cm_pool_run(pool, count_task, j, count);
        int by_all = 0;
        for (int i = 0; i < 64; i++) {
            assert_true(i < threads || j->by_worker[i] == 0);
            by_all += j->by_worker[i];
        }
        assert_int_equal(by_all, count);
        for (int i = 0; i < MOST_TASKS; i++)
            assert_int_equal(j->done[i], i < count ? round : 0);
    }
    free(j);
    cm_pool_free(pool);
}

static void one_thread_does_every_task_once(void **state)
{
    (void)state;
    run_jobs(1, 200);
}

static void two_threads_do_every_task_once(void **state)
{
    (void)state;
    run_jobs(2, 3000);
}

static void seven_threads_do_every_task_once(void **state)
{
    (void)state;
    run_jobs(7, 3000);
}

/* Long enough apart that the workers have gone to sleep in between. */
static void sleeping_workers_wake_up(void **state)
{
    (void)state;
    cm_pool *pool;
    assert_int_equal(cm_pool_create(&pool, 4, NULL), CAMEO_OK);
    job *j = calloc(1, sizeof *j);
    j->factor = 1;
    for (int round = 1; round <= 20; round++) {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        cm_pool_run(pool, count_task, j, 16);
        for (int i = 0; i < 16; i++)
            assert_int_equal(j->done[i], round);
    }
    free(j);
    cm_pool_free(pool);
}

static void slow_task(void *context, int task, int worker)
{
    (void)worker;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    ((int *)context)[task] = 1;
}

/* The caller runs out of tasks first and has to sleep until the workers are done. */
static void the_caller_waits_for_the_last_task(void **state)
{
    (void)state;
    cm_pool *pool;
    assert_int_equal(cm_pool_create(&pool, 3, NULL), CAMEO_OK);
    for (int round = 0; round < 10; round++) {
        int done[4] = {0};
        cm_pool_run(pool, slow_task, done, 4);
        assert_int_equal(done[0] + done[1] + done[2] + done[3], 4);
    }
    cm_pool_free(pool);
}

static void thread_counts_out_of_range_are_refused(void **state)
{
    (void)state;
    cm_pool *pool = (cm_pool *)state;
    cameo_error error;
    assert_int_equal(cm_pool_create(&pool, 0, &error), CAMEO_ERROR_ARGUMENT);
    assert_null(pool);
    assert_int_equal(cm_pool_create(&pool, 100000, &error), CAMEO_ERROR_ARGUMENT);
    assert_string_equal(error.message, "thread count 100000 is not in 1..1024");
    cm_pool_free(NULL);
}

static void *use_a_pool(void *unused)
{
    run_jobs(2, 200);
    return unused;
}

/* Pools are independent: each thread of a program may have its own. */
static void pools_side_by_side(void **state)
{
    (void)state;
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_a_pool, NULL), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

static void note_mask(void *context, int task, int worker)
{
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    ((int *)context)[task] = worker == 0 ? -1 : sigismember(&mask, SIGINT);
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void workers_leave_signals_to_the_program(void **state)
{
    (void)state;
    sigset_t before, after;
    cm_pool *pool;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(cm_pool_create(&pool, 2, NULL), CAMEO_OK);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(sigismember(&before, SIGINT), sigismember(&after, SIGINT));
    int blocked[50] = {0};
    cm_pool_run(pool, note_mask, blocked, 50);
    for (int i = 0; i < 50; i++)
        assert_true(blocked[i] == -1 || blocked[i] == 1);
    cm_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_does_every_task_once),
        cmocka_unit_test(two_threads_do_every_task_once),
        cmocka_unit_test(seven_threads_do_every_task_once),
        cmocka_unit_test(sleeping_workers_wake_up),
        cmocka_unit_test(the_caller_waits_for_the_last_task),
        cmocka_unit_test(thread_counts_out_of_range_are_refused),
        cmocka_unit_test(pools_side_by_side),
        cmocka_unit_test(workers_leave_signals_to_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
