#include "face/detector_input.h"

#include "base/memory.h"
#include "image/resample.h"

enum { BAND = 16 }; /* rows a task makes: their pixels stay in the nearest cache */

int cm_detector_input_create(cm_detector_input *input, int widest, cm_pool *pool)
{
    size_t threads = (size_t)cm_pool_threads(pool), bytes;
    *input = (cm_detector_input){.pool = pool, .row_bytes = cm_image_resize_row_bytes(widest)};
    input->bytes_a_thread = 2 * input->row_bytes; /* a row of pixels takes less than two rows of sums */
    if (cm_size_mul(threads, input->bytes_a_thread, &bytes))
        input->rows = cm_aligned_alloc(bytes);
    input->columns = cm_aligned_alloc(cm_image_resize_column_bytes(widest));
    if (input->rows && input->columns)
        return 1;
    cm_detector_input_free(input);
    return 0;
}

void cm_detector_input_free(cm_detector_input *input)
{
    cm_aligned_free(input->columns);
    cm_aligned_free(input->rows);
    *input = (cm_detector_input){0};
}

typedef struct job {
    const cm_detector_input *input;
    const cm_feed *feed;
    const cm_detector_view *view;
    cm_image_resize resize;
    float *planes;
} job;

/* Makes row y black from column `first` on. */
static void blacken(const job *j, int y, int first)
{
    const cm_detector_view *view = j->view;
    for (int channel = 0; channel < 3; channel++) {
        float *row = j->planes + ((ptrdiff_t)channel * view->height + y) * view->width;
        for (int x = first; x < view->width; x++)
            row[x] = j->feed->black[channel];
    }
}

static void fill_band(void *context, int task, int worker)
{
    const job *j = context;
    const cm_detector_view *view = j->view;
    uint8_t *memory = j->input->rows + (size_t)worker * j->input->bytes_a_thread, *rgb = memory + j->input->row_bytes;
    cm_image_rows rows = cm_image_resize_rows_in(&j->resize, memory);
    for (int y = task * BAND; y < (task + 1) * BAND && y < view->height; y++) {
        int filled = y < view->box.height ? view->box.width : 0;
        if (filled) {
            cm_image_resize_row(&j->resize, y, &rows, rgb);
            cm_feed_pixels(j->feed, rgb, filled, j->planes + (ptrdiff_t)y * view->width, (ptrdiff_t)view->width * view->height);
        }
        if (!view->framed)
            blacken(j, y, filled);
    }
}

void cm_detector_input_fill(cm_detector_input *input, const cm_feed *feed, const cm_detector_view *view, cm_cpu_tier tier, float *planes)
{
    job j = {.input = input, .feed = feed, .view = view, .planes = planes};
    j.resize = cm_image_resize_begin(view->picture, view->box.width, view->box.height, tier, input->columns);
    int height = view->framed ? view->box.height : view->height;
    cm_pool_run(input->pool, fill_band, &j, (height + BAND - 1) / BAND);
}
