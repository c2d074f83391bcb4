#include "pair_walk.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "pair_dots.h"
#include "progress.h"

enum { MOST_THREADS = 64, BLOCK = 64 /* rows that a thread takes at a time: they stay in its cache while all panels pass */ };

typedef struct walk {
    const float *rows;   /* [padded, dimension] */
    const float *panels; /* [padded / 16][dimension, 16] */
    size_t count;
    int dimension;
    cm_dots_fn *dots;
    cm_pair_visitor *visit;
    void *context;
    atomic_size_t next;
} walk;

typedef struct walker {
    walk *shared;
    int number;
    pthread_t thread;
} walker;

/* Eight rows against the panels up to their own. */
static void walk_rows(const walk *w, int number, size_t row, size_t panel)
{
    float dots[CM_DOTS_ROWS * CM_DOTS_COLUMNS];
    size_t first = panel * CM_DOTS_COLUMNS, dimension = (size_t)w->dimension;
    w->dots(w->rows + row * dimension, w->panels + first * dimension, w->dimension, dots);
    for (size_t r = row; r < row + CM_DOTS_ROWS && r < w->count; r++) {
        size_t count = r > first ? r - first : 0;
        if (count > CM_DOTS_COLUMNS)
            count = CM_DOTS_COLUMNS;
        if (count > 0)
            w->visit(number, r, first, dots + (r - row) * CM_DOTS_COLUMNS, count, w->context);
    }
}

static void *run(void *argument)
{
    walker *self = argument;
    walk *w = self->shared;
    /* Long rows first, so that the threads end together. */
    size_t blocks = (w->count + BLOCK - 1) / BLOCK, done;
    while ((done = atomic_fetch_add(&w->next, 1)) < blocks) {
        size_t start = (blocks - 1 - done) * BLOCK, end = start + BLOCK;
        if (end > w->count)
            end = w->count;
        for (size_t panel = 0; panel * CM_DOTS_COLUMNS < end; panel++)
            for (size_t row = start; row < end; row += CM_DOTS_ROWS)
                walk_rows(w, self->number, row, panel);
        cm_progress_update(done + 1);
    }
    return NULL;
}

/* Sixteen vectors side by side; those that there are not are zero. */
static void pack(float *panels, const float *vectors, size_t count, size_t dimension)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < dimension; k++)
            panels[(i / CM_DOTS_COLUMNS * dimension + k) * CM_DOTS_COLUMNS + i % CM_DOTS_COLUMNS] = vectors[i * dimension + k];
}

int cm_pair_walk(const float *vectors, size_t count, int dimension, int threads, cm_pair_visitor *visit, void *context)
{
    size_t padded = (count / CM_DOTS_COLUMNS + 1) * CM_DOTS_COLUMNS, numbers = padded * (size_t)dimension;
    float *rows = calloc(numbers, sizeof *rows), *panels = calloc(numbers, sizeof *panels);
    walker walkers[MOST_THREADS];
    int started = 1, wanted = threads < MOST_THREADS ? threads : MOST_THREADS;
    if (rows && panels) {
        memcpy(rows, vectors, count * (size_t)dimension * sizeof *rows);
        pack(panels, vectors, count, (size_t)dimension);
        walk shared = {.rows = rows, .panels = panels, .count = count, .dimension = dimension, .dots = cm_dots_choose(), .visit = visit, .context = context};
        cm_progress_start("compare", (count + BLOCK - 1) / BLOCK, CM_PROGRESS_PERCENT, 0);
        walkers[0] = (walker){.shared = &shared};
        while (started < wanted) {
            walkers[started] = (walker){.shared = &shared, .number = started};
            if (cm_interrupt_thread(&walkers[started].thread, run, &walkers[started]) != 0)
                break;
            started++;
        }
        (void)run(&walkers[0]);
        for (int i = 1; i < started; i++)
            (void)pthread_join(walkers[i].thread, NULL);
        cm_progress_stop();
    }
    int done = rows && panels;
    free(rows);
    free(panels);
    return done ? 0 : -1;
}
