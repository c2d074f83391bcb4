#include <math.h>
#include <stdlib.h>

#include "calibration.h"

enum { MOST_STEPS = 60, MOST_HALVINGS = 40 };

/* log(1 + exp(x)), without overflow. */
static double softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static uint64_t scores_at(const cm_distribution *d, size_t i)
{
    return d->up_to[i] - (i ? d->up_to[i - 1] : 0);
}

/* Loss and its derivatives of one kind of pairs, whose target is the probability `target`, weighing 1/2 together. */
typedef struct sums {
    double loss, by_slope, by_offset, slope_slope, slope_offset, offset_offset;
} sums;

static void add_kind(sums *s, const cm_distribution *d, double target, double slope, double offset)
{
    for (size_t i = 0; i < d->count; i++) {
        double cosine = (double)d->values[i], x = slope * cosine + offset, weight = 0.5 * (double)scores_at(d, i) / (double)d->total;
        double p = 1 / (1 + exp(-x)), curve = weight * p * (1 - p), pull = weight * (p - target);
        s->loss += weight * (target * softplus(-x) + (1 - target) * softplus(x));
        s->by_slope += pull * cosine;
        s->by_offset += pull;
        s->slope_slope += curve * cosine * cosine;
        s->slope_offset += curve * cosine;
        s->offset_offset += curve;
    }
}

static sums look(const cm_distribution *genuine, const cm_distribution *impostor, double slope, double offset)
{
    sums s = {0};
    add_kind(&s, genuine, ((double)genuine->total + 1) / ((double)genuine->total + 2), slope, offset);
    add_kind(&s, impostor, 1 / ((double)impostor->total + 2), slope, offset);
    return s;
}

/* Newton's method; a step that makes it worse is halved. */
static void minimise(cm_logistic *l, const cm_distribution *genuine, const cm_distribution *impostor)
{
    sums here = look(genuine, impostor, l->slope, l->offset);
    for (int step = 0; step < MOST_STEPS; step++) {
        double ridge = 1e-12 * (here.slope_slope + here.offset_offset) + 1e-300;
        double a = here.slope_slope + ridge, c = here.offset_offset + ridge, b = here.slope_offset, determinant = a * c - b * b;
        double along_slope = (c * here.by_slope - b * here.by_offset) / determinant, along_offset = (a * here.by_offset - b * here.by_slope) / determinant;
        double part = 1;
        if (!isfinite(along_slope) || !isfinite(along_offset))
            return;
        for (int halving = 0; halving < MOST_HALVINGS; halving++, part /= 2) {
            sums there = look(genuine, impostor, l->slope - part * along_slope, l->offset - part * along_offset);
            if (there.loss < here.loss) {
                l->slope -= part * along_slope;
                l->offset -= part * along_offset;
                here = there;
                break;
            }
            if (halving + 1 == MOST_HALVINGS)
                return;
        }
        if (fabs(part * along_slope) < 1e-9 * (1 + fabs(l->slope)) && fabs(part * along_offset) < 1e-9 * (1 + fabs(l->offset)))
            return;
    }
}

/* A run of scores that isotonic regression gives one value. */
typedef struct block {
    double genuine, impostor; /* weight */
} block;

/* block a has no smaller part of one person's pairs than b, which lies above it */
static int out_of_order(const block *a, const block *b)
{
    return a->genuine * b->impostor >= b->genuine * a->impostor;
}

/* Pool adjacent violators. blocks: room for all different scores. Returns how many blocks are left. */
static size_t pool(const cm_distribution *genuine, const cm_distribution *impostor, block *blocks)
{
    size_t count = 0, g = 0, i = 0;
    while (g < genuine->count || i < impostor->count) {
        float value = i == impostor->count || (g < genuine->count && genuine->values[g] <= impostor->values[i]) ? genuine->values[g] : impostor->values[i];
        block next = {0, 0};
        if (g < genuine->count && genuine->values[g] == value)
            next.genuine = (double)scores_at(genuine, g++) / (double)genuine->total;
        if (i < impostor->count && impostor->values[i] == value)
            next.impostor = (double)scores_at(impostor, i++) / (double)impostor->total;
        while (count > 0 && out_of_order(&blocks[count - 1], &next)) {
            count--;
            next.genuine += blocks[count].genuine;
            next.impostor += blocks[count].impostor;
        }
        blocks[count++] = next;
    }
    return count;
}

/* A block's log likelihood ratio is that of its weights; one that holds a single kind costs nothing. */
static double least_cost(const block *blocks, size_t count)
{
    double nats = 0;
    for (size_t i = 0; i < count; i++) {
        const block *b = &blocks[i];
        if (b->genuine > 0 && b->impostor > 0)
            nats += b->genuine * log1p(b->impostor / b->genuine) + b->impostor * log1p(b->genuine / b->impostor);
    }
    return nats / 2 / log(2);
}

static double cost(const cm_logistic *l, const cm_distribution *genuine, const cm_distribution *impostor)
{
    double nats = 0;
    for (size_t i = 0; i < genuine->count; i++)
        nats += softplus(-(l->slope * (double)genuine->values[i] + l->offset)) * (double)scores_at(genuine, i) / (double)genuine->total;
    for (size_t i = 0; i < impostor->count; i++)
        nats += softplus(l->slope * (double)impostor->values[i] + l->offset) * (double)scores_at(impostor, i) / (double)impostor->total;
    return nats / 2 / log(2);
}

int cm_logistic_fit(cm_logistic *logistic, const cm_distribution *genuine, const cm_distribution *impostor)
{
    block *blocks = malloc((genuine->count + impostor->count + 1) * sizeof *blocks);
    *logistic = (cm_logistic){.slope = 0};
    if (!blocks)
        return -1;
    minimise(logistic, genuine, impostor);
    logistic->cllr = cost(logistic, genuine, impostor);
    logistic->cllr_min = least_cost(blocks, pool(genuine, impostor, blocks));
    free(blocks);
    return 0;
}

double cm_logistic_probability(const cm_logistic *logistic, double cosine, double prior)
{
    return 1 / (1 + exp(-(logistic->slope * cosine + logistic->offset + log(prior / (1 - prior)))));
}
