/* A pool of threads that work on one job at a time. */
#ifndef CM_BASE_THREADS_H
#define CM_BASE_THREADS_H

#include "base/status.h"

typedef struct cm_pool cm_pool;

/* Does task number `task` of a job; `worker` (0..threads-1) says whose scratch memory to use. */
typedef void cm_task(void *context, int task, int worker);

/* A pool of exactly `threads` threads, the caller being one of them: threads - 1 are started. Errors: ARGUMENT, MEMORY. */
cameo_status cm_pool_create(cm_pool **pool, int threads, cameo_error *error);
void cm_pool_free(cm_pool *pool);
int cm_pool_threads(const cm_pool *pool);

/* Runs tasks 0..count-1, each once, on any worker in any order, and returns when all are done. Which worker takes which task varies, though each begins
 * with its own contiguous share of the tasks; what a task computes must not depend on it. One job at a time: the pool belongs to the caller. */
void cm_pool_run(cm_pool *pool, cm_task *task, void *context, int count);

#endif
