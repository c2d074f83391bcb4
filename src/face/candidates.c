#include "face/candidates.h"

#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

int cm_candidates_create(cm_candidates *candidates, int capacity)
{
    *candidates = (cm_candidates){.capacity = capacity};
    /* Twice the faces: suppression gathers the kept ones in the second half. */
    candidates->faces = cm_calloc((size_t)capacity * 2, sizeof *candidates->faces);
    candidates->order = cm_calloc((size_t)capacity, sizeof *candidates->order);
    if (candidates->faces && candidates->order)
        return 1;
    cm_candidates_free(candidates);
    return 0;
}

void cm_candidates_free(cm_candidates *candidates)
{
    free(candidates->faces);
    free(candidates->order);
    *candidates = (cm_candidates){0};
}

static bool is_finite(const cameo_face *face)
{
    bool finite = isfinite(face->score);
    for (int i = 0; i < 4; i++)
        finite = finite && isfinite(face->box[i]);
    for (int i = 0; i < face->landmark_count; i++)
        finite = finite && isfinite(face->landmarks[i][0]) && isfinite(face->landmarks[i][1]);
    return finite;
}

void cm_candidates_add(cm_candidates *candidates, const cameo_face *face)
{
    if (candidates->count < candidates->capacity && is_finite(face))
        candidates->faces[candidates->count++] = *face;
}

static double box_area(const float *box)
{
    return ((double)box[2] - (double)box[0] + 1.0) * ((double)box[3] - (double)box[1] + 1.0);
}

static double overlap(const float *a, const float *b)
{
    double width = fmin((double)a[2], (double)b[2]) - fmax((double)a[0], (double)b[0]) + 1.0;
    double height = fmin((double)a[3], (double)b[3]) - fmax((double)a[1], (double)b[1]) + 1.0;
    double common = fmax(width, 0.0) * fmax(height, 0.0);
    return common / (box_area(a) + box_area(b) - common);
}

/* Whether candidate a comes after candidate b: a lower score, or found later. */
static bool is_worse(const cameo_face *faces, int a, int b)
{
    return faces[a].score < faces[b].score || (faces[a].score == faces[b].score && a > b);
}

/* Puts entry `root` of the heap order[0..count) in its place: the worst candidate stands on top. */
static void sift_down(const cameo_face *faces, int *order, int root, int count)
{
    for (int child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && is_worse(faces, order[child + 1], order[child]))
            child++;
        if (!is_worse(faces, order[child], order[root]))
            return;
        int swap = order[root];
        order[root] = order[child];
        order[child] = swap;
        root = child;
    }
}

/* Heapsort, because qsort may allocate: best first, ties by index. */
static void sort_by_score(const cameo_face *faces, int *order, int count)
{
    for (int i = 0; i < count; i++)
        order[i] = i;
    for (int i = count / 2 - 1; i >= 0; i--)
        sift_down(faces, order, i, count);
    for (int end = count - 1; end > 0; end--) {
        int worst = order[0];
        order[0] = order[end];
        order[end] = worst;
        sift_down(faces, order, 0, end);
    }
}

int cm_candidates_suppress(cm_candidates *candidates, float threshold)
{
    cameo_face *kept = candidates->faces + candidates->capacity;
    int kept_count = 0;
    sort_by_score(candidates->faces, candidates->order, candidates->count);
    for (int i = 0; i < candidates->count; i++) {
        const cameo_face *face = &candidates->faces[candidates->order[i]];
        bool keep = true;
        for (int j = 0; j < kept_count && keep; j++)
            keep = !(overlap(kept[j].box, face->box) > (double)threshold);
        if (keep)
            kept[kept_count++] = *face;
    }
    for (int i = 0; i < kept_count; i++)
        candidates->faces[i] = kept[i];
    candidates->count = kept_count;
    return kept_count;
}
