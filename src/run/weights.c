#include "run/weights.h"

#include "base/half.h"
#include "base/limits.h"
#include "run/weight_cache.h"
#include "run/weights_layer.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

cameo_status cm_weight_store_init(cm_weight_store *store, uint64_t max_bytes, cameo_error *error)
{
    *store = (cm_weight_store){.max_bytes = max_bytes};
    bool made = pthread_mutex_init(&store->packing, NULL) == 0;
    if (made && pthread_mutex_init(&store->mutex, NULL) == 0)
        return CAMEO_OK;
    if (made)
        pthread_mutex_destroy(&store->packing);
    return cm_fail(error, CAMEO_ERROR_MEMORY, "the system refuses a mutex");
}

static void free_packed(cm_packed *packed)
{
    if (!packed)
        return;
    if (!packed->cached)
        cm_aligned_free(packed->block);
    free(packed);
}

void cm_weight_store_free(cm_weight_store *store)
{
    while (store->first) {
        cm_packed *next = store->first->next;
        free_packed(store->first);
        store->first = next;
    }
    cm_weight_cache_free(store->cache);
    pthread_mutex_destroy(&store->mutex);
    pthread_mutex_destroy(&store->packing);
}

/* Half floats reach to 65504; the largest weight of a channel comes to lie below 2^14. */
enum { HALF_EXPONENT = 14 };

uint32_t cm_largest_bits(const float *values, size_t count)
{
    /* Magnitudes are in the order of their bits, and integers have no order of sums to keep: compilers take many at once. */
    int32_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bits &= INT32_MAX;
        largest = bits > largest ? bits : largest;
    }
    return (uint32_t)largest;
}

float cm_half_scale(float *values, size_t count)
{
    uint32_t bits = cm_largest_bits(values, count);
    float largest;
    memcpy(&largest, &bits, sizeof largest);
    if (!(largest > 0x1p-100f && largest < 0x1p100f)) /* the factor and what undoes it must stay finite */
        return 1.0f;
    int exponent;
    (void)frexpf(largest, &exponent);
    float factor = ldexpf(1.0f, HALF_EXPONENT - exponent);
    for (size_t i = 0; i < count; i++)
        values[i] *= factor;
    return 1.0f / factor;
}

/* The layer's sizes; its weights are not touched. */
static void describe(cm_layer *l, cm_graph *graph, const cm_op *op)
{
    *l = (cm_layer){.graph = graph, .op = op};
    if (op->kind == CM_OP_CONV) {
        const cm_conv *conv = &op->u.conv;
        l->from = &conv->weights;
        l->outputs = (int)conv->weights.value->dims[0];
        l->groups = conv->groups;
        l->taps = conv->kernel[0] * conv->kernel[1];
        l->inputs = (int)conv->weights.value->dims[1];
    } else {
        l->from = &op->u.dense.weights;
        l->outputs = op->u.dense.n;
        l->groups = l->taps = 1;
        l->inputs = op->u.dense.k;
        l->spatial = op->u.dense.spatial;
    }
}

/* Where its weights are, and memory to turn them in. */
static cameo_status open_layer(cm_layer *l, cameo_error *error)
{
    const cm_onnx_tensor *tensor = l->from->value->tensor;
    if (tensor && tensor->type == CM_ONNX_FLOAT)
        l->bytes = tensor->data;
    else
        l->floats = cm_value_floats(l->graph, l->from->value);
    size_t row;
    if (cm_size_mul((size_t)l->taps, (size_t)l->inputs, &row)) {
        l->row = cm_calloc(row, sizeof(float));
        l->turned = cm_calloc(row, sizeof(float));
    }
    if ((!l->bytes && !l->floats) || !l->row || !l->turned)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory for the weights of '%s'", l->graph->path, l->op->name);
    return CAMEO_OK;
}

static float read_float(const cm_layer *l, size_t index)
{
    if (!l->bytes)
        return l->floats[index];
    float value;
    memcpy(&value, l->bytes + index * sizeof value, sizeof value);
    return value;
}

/* The file's weights of one output into l->row: [inputs, taps]. */
static void read_row(const cm_layer *l, int output)
{
    size_t count = (size_t)l->taps * (size_t)l->inputs;
    if (l->from->transposed) {
        for (size_t i = 0; i < count; i++)
            l->row[i] = read_float(l, i * (size_t)l->outputs + (size_t)output);
    } else if (l->bytes) {
        memcpy(l->row, l->bytes + (size_t)output * count * sizeof(float), count * sizeof(float));
    } else {
        memcpy(l->row, l->floats + (size_t)output * count, count * sizeof(float));
    }
}

/* What an input that is shifted adds to the sum of one output. scales, shifts: [inputs] or, for DENSE, one an entry of k in the file's order. */
static double shift_of(const cm_layer *l, const float *shifts, int taps, int inputs)
{
    double shifted = 0.0;
    const float *row = l->row;
    for (int i = 0; i < inputs; i++)
        for (int t = 0; t < taps; t++, row++)
            shifted += (double)*row * (double)shifts[l->spatial ? i * taps + t : i];
    return shifted;
}

bool cm_layer_row(const cm_layer *l, int output, float *bias)
{
    read_row(l, output);
    ptrdiff_t channel0 = output / (l->outputs / l->groups) * l->inputs; /* of this output's group */
    float out_scale = l->from->out_scale ? l->from->out_scale[output] : 1.0f;
    const float *scales = l->from->in_scale ? l->from->in_scale + channel0 : NULL, *row = l->row;
    int taps = l->spatial ? l->spatial : l->taps, inputs = l->spatial ? l->inputs / l->spatial : l->inputs;
    float *turned = l->turned;
    for (int t = 0; t < taps; t++, turned += inputs) {
        if (!scales) {
            for (int i = 0; i < inputs; i++)
                turned[i] = row[(ptrdiff_t)i * taps + t] * out_scale;
        } else {
            int step = l->spatial ? taps : 1, first = l->spatial ? t : 0;
            for (int i = 0; i < inputs; i++)
                turned[i] = row[(ptrdiff_t)i * taps + t] * (scales[(ptrdiff_t)i * step + first] * out_scale);
        }
    }
    double shifted = l->from->in_shift ? shift_of(l, l->from->in_shift + channel0, taps, inputs) : 0.0;
    double b = l->from->bias ? (double)l->from->bias[output] : 0.0;
    *bias = (float)(b + (double)out_scale * shifted);
    return cm_largest_bits(l->turned, (size_t)taps * (size_t)inputs) < 0x7f800000 && isfinite(*bias);
}

cameo_status cm_layer_not_finite(const cm_layer *l, int output, cameo_error *error)
{
    return cm_fail(error, CAMEO_ERROR_FORMAT, "%s: the weights of '%s' (%s) for output channel %d hold NaN or infinity", l->graph->path,
                   l->op->name, l->op->label, output);
}

static void panel_task(void *argument, int panel, int worker)
{
    cm_panel_job *job = argument;
    cm_layer mine = *job->layer;
    size_t row = (size_t)mine.taps * (size_t)mine.inputs;
    mine.row = job->scratch + (size_t)worker * (2 * row + job->scratch_floats);
    mine.turned = mine.row + row;
    int bad = job->pack(job, &mine, panel, mine.turned + row), least = atomic_load(&job->bad);
    while (bad >= 0 && bad < least && !atomic_compare_exchange_weak(&job->bad, &least, bad))
        ;
}

cameo_status cm_pack_panels(cm_panel_job *job, cm_pool *pool, cameo_error *error)
{
    const cm_layer *l = job->layer;
    size_t workers = pool ? (size_t)cm_pool_threads(pool) : 1;
    job->scratch = cm_calloc(workers, (2 * (size_t)l->taps * (size_t)l->inputs + job->scratch_floats) * sizeof(float));
    if (!job->scratch)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory for the weights of '%s'", l->graph->path, l->op->name);
    atomic_init(&job->bad, INT_MAX);
    if (pool)
        cm_pool_run(pool, panel_task, job, job->panels);
    for (int panel = 0; !pool && panel < job->panels; panel++)
        panel_task(job, panel, 0);
    free(job->scratch);
    int bad = atomic_load(&job->bad);
    return bad == INT_MAX ? CAMEO_OK : cm_layer_not_finite(l, bad, error);
}

/* scratch: rows [nr, taps * inputs], and the panel as floats before it becomes halves */
static int pack_panel(const cm_panel_job *job, const cm_layer *l, int panel, float *scratch)
{
    cm_packed *packed = job->packed;
    const int nr = job->layout->nr, group_outputs = l->outputs / l->groups, group_panels = (group_outputs + nr - 1) / nr;
    const int group = panel / group_panels, column = panel % group_panels * nr;
    int columns = group_outputs - column < nr ? group_outputs - column : nr, first = group * group_outputs + column;
    size_t row = (size_t)l->taps * (size_t)l->inputs, floats = row * (size_t)nr, bytes = job->layout->half ? sizeof(uint16_t) : sizeof(float);
    unsigned char *at = (unsigned char *)packed->weights + (size_t)group * packed->group_bytes + (size_t)(panel % group_panels) * floats * bytes;
    for (int j = 0; j < columns; j++) {
        if (!cm_layer_row(l, first + j, &packed->bias[first + j]))
            return first + j;
        if (job->layout->half)
            packed->scale[first + j] = cm_half_scale(l->turned, row);
        memcpy(scratch + (size_t)j * row, l->turned, row * sizeof(float));
    }
    float *out = job->layout->half ? scratch + floats : (float *)(void *)at;
    cm_igemm_pack(scratch, (ptrdiff_t)row, columns, l->taps, l->inputs, nr, out);
    if (job->layout->half)
        cm_halves_from_floats(out, floats, (uint16_t *)(void *)at, l->tier);
    return -1;
}

static cameo_status pack_panels(const cm_layer *l, const cm_weight_layout *layout, cm_packed *packed, cm_pool *pool, cameo_error *error)
{
    int group_outputs = l->outputs / l->groups;
    size_t panel_floats = (size_t)l->taps * (size_t)l->inputs * (size_t)layout->nr;
    cm_panel_job job = {.layer = l,
                        .layout = layout,
                        .packed = packed,
                        .pack = pack_panel,
                        .panels = (group_outputs + layout->nr - 1) / layout->nr * l->groups,
                        .scratch_floats = layout->half ? 2 * panel_floats : panel_floats};
    return cm_pack_panels(&job, pool, error);
}

static cameo_status pack_depthwise(const cm_layer *l, cm_packed *packed, cameo_error *error)
{
    float *weights = packed->weights;
    for (int output = 0; output < l->outputs; output++) {
        if (!cm_layer_row(l, output, &packed->bias[output]))
            return cm_layer_not_finite(l, output, error);
        /* One input, or two: first the output's own channel, then its neighbour. */
        for (int i = 0; i < l->taps * l->inputs; i++)
            weights[(size_t)i * (size_t)l->outputs + (size_t)output] = l->turned[l->inputs == 2 ? i ^ (output & 1) : i];
    }
    return CAMEO_OK;
}

/* Bytes of the weights themselves. */
static size_t weight_bytes(const cm_layer *l, const cm_weight_layout *layout, cm_packed *packed)
{
    if (layout->form == CM_WEIGHTS_DEPTHWISE || layout->form == CM_WEIGHTS_PAIRED)
        return (size_t)l->taps * (size_t)l->inputs * (size_t)l->outputs * sizeof(float);
    if (layout->form == CM_WEIGHTS_WINOGRAD)
        return cm_winograd_bytes(layout, l->inputs, l->outputs);
    if (layout->form == CM_WEIGHTS_BYTES || layout->form == CM_WEIGHTS_BYTES_WINOGRAD)
        return cm_bytes_panels(l, layout->nr);
    if (layout->form == CM_WEIGHTS_BYTES_DEPTHWISE)
        return cm_bytes_depthwise(l, layout->nr);
    packed->group_bytes = cm_igemm_packed_floats(l->outputs / l->groups, l->taps, l->inputs, layout->nr) *
                          (layout->half ? sizeof(uint16_t) : sizeof(float));
    return packed->group_bytes * (size_t)l->groups;
}

/* Floats, or words of bytes, of a convolution's row of padding. */
static size_t pad_channels(const cm_layer *l, const cm_weight_layout *layout)
{
    size_t channels = l->op->kind == CM_OP_CONV ? (size_t)l->inputs * (size_t)l->groups : 0;
    return cm_weights_of_bytes(layout->form) ? (size_t)cm_value_words((int64_t)channels) : channels;
}

/* Numbers of 4 bytes, one an output: the bias, or the offset, which kernels read in whole vectors. */
static size_t output_numbers(const cm_layer *l, const cm_weight_layout *layout)
{
    return cm_weights_of_bytes(layout->form) ? CM_REQUANTIZE_PADDED((size_t)l->outputs) : (size_t)l->outputs;
}

/* Lays the parts out in the block; without one (NULL) only counts the bytes. */
static void place(const cm_layer *l, const cm_weight_layout *layout, cm_packed *packed, const void *block)
{
    const size_t outputs = output_numbers(l, layout) * sizeof(float), channels = pad_channels(l, layout) * sizeof(float);
    const size_t parts[4] = {weight_bytes(l, layout, packed), outputs, channels, layout->half ? outputs : 0};
    void *places[4] = {NULL};
    packed->bytes = 0;
    for (int i = 0; i < 4; i++) {
        if (block && parts[i])
            places[i] = (unsigned char *)(uintptr_t)block + packed->bytes;
        packed->bytes += (parts[i] + CM_ALIGNMENT - 1) & ~(size_t)(CM_ALIGNMENT - 1);
    }
    packed->block = (void *)(uintptr_t)block;
    packed->weights = places[0];
    packed->bias = cm_weights_of_bytes(layout->form) ? NULL : places[1];
    packed->offset = cm_weights_of_bytes(layout->form) ? places[1] : NULL;
    packed->pad_row = places[2];
    packed->scale = places[3];
}

/* A part's end up to where the next begins. */
static void clear_gap(void *part, size_t bytes)
{
    if (part)
        memset((unsigned char *)part + bytes, 0, (CM_ALIGNMENT - bytes % CM_ALIGNMENT) % CM_ALIGNMENT);
}

static cameo_status allocate(const cm_layer *l, const cm_weight_layout *layout, cm_packed *packed, cameo_error *error)
{
    void *block = cm_aligned_alloc(packed->bytes);
    if (!block)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory for the weights of '%s'", l->graph->path, l->op->name);
    place(l, layout, packed, block);
    size_t outputs = output_numbers(l, layout) * sizeof(float), channels = pad_channels(l, layout);
    if (cm_weights_of_bytes(layout->form)) {
        memset(block, 0, packed->bytes);
        return CAMEO_OK;
    }
    clear_gap(packed->weights, weight_bytes(l, layout, packed));
    clear_gap(packed->bias, outputs);
    clear_gap(packed->pad_row, channels * sizeof(float));
    clear_gap(packed->scale, outputs);
    for (size_t i = 0; i < channels; i++)
        packed->pad_row[i] = l->op->u.conv.pad_value ? l->op->u.conv.pad_value[i] : 0.0f;
    return CAMEO_OK;
}

static cameo_status fill(const cm_layer *l, const cm_weight_layout *layout, cm_packed *packed, cm_pool *pool, cameo_error *error)
{
    switch (layout->form) {
    case CM_WEIGHTS_DEPTHWISE:
    case CM_WEIGHTS_PAIRED: return pack_depthwise(l, packed, error);
    case CM_WEIGHTS_PANELS: return pack_panels(l, layout, packed, pool, error);
    case CM_WEIGHTS_BYTES_DEPTHWISE: cm_pack_bytes_depthwise(l, layout, packed); return CAMEO_OK;
    case CM_WEIGHTS_BYTES:
    case CM_WEIGHTS_BYTES_WINOGRAD: return cm_pack_bytes(l, layout, packed, pool, error);
    case CM_WEIGHTS_WINOGRAD: return cm_pack_winograd(l, layout, packed, pool, error);
    }
    return cm_fail(error, CAMEO_ERROR_INTERNAL, "%s: weights of '%s' in no known form", l->graph->path, l->op->name);
}

/* Packs a layer whose block's size is known. */
static cameo_status make(cm_layer *l, cm_packed *packed, cm_pool *pool, cameo_error *error)
{
    const cm_weight_layout *layout = &packed->key.layout;
    bool bytes = cm_weights_of_bytes(layout->form);
    const cm_onnx_tensor *tensor = bytes ? l->from->value->quantised->tensor : l->from->value->tensor;
    cameo_status status = bytes ? CAMEO_OK : open_layer(l, error);
    if (status == CAMEO_OK)
        status = allocate(l, layout, packed, error);
    if (status == CAMEO_OK)
        status = fill(l, layout, packed, pool, error);
    free(l->row);
    free(l->turned);
    if (tensor) /* the file's own form is not needed any more */
        cm_onnx_rest(l->graph->model, tensor);
    return status;
}

static cm_packed **bucket_of(cm_weight_store *store, const cm_weight_key *key)
{
    return &store->buckets[(key->content ^ key->content >> 32 ^ (uint32_t)key->source) % CM_WEIGHT_BUCKETS];
}

/* From the cache or packed now, into the store. NULL: the weights do not suit the layout. */
static cameo_status add(cm_weight_store *store, cm_graph *graph, const cm_op *op, const cm_weight_key *key, cm_packed **result,
                        cameo_error *error)
{
    cm_layer l;
    cm_packed *packed = cm_calloc(1, sizeof *packed);
    if (!packed)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", graph->path);
    packed->key = *key;
    describe(&l, graph, op);
    l.tier = store->tier;
    place(&l, &key->layout, packed, NULL);
    cameo_status status = CAMEO_OK;
    if (packed->bytes > store->max_bytes - store->bytes)
        status = cm_fail(error, CAMEO_ERROR_LIMIT, "%s: packed weights take %llu bytes with layer '%s', the limit is %llu" CM_RAISE_MEMORY, graph->path,
                         (unsigned long long)store->bytes + packed->bytes, op->name, (unsigned long long)store->max_bytes);
    const void *block = status == CAMEO_OK ? cm_weight_cache_take(store->cache, key, packed->bytes) : NULL;
    packed->cached = block != NULL;
    bool fits = block || key->layout.form != CM_WEIGHTS_BYTES_WINOGRAD || cm_bytes_fit_winograd(&l);
    if (block)
        place(&l, &key->layout, packed, block);
    else if (status == CAMEO_OK && fits)
        status = make(&l, packed, store->pool, error);
    if (status != CAMEO_OK || !fits) {
        free_packed(packed);
        return status;
    }
    packed->next = store->first;
    store->first = packed;
    cm_packed **bucket = bucket_of(store, key);
    packed->bucket_next = *bucket;
    *bucket = packed;
    store->bytes += packed->bytes;
    *(packed->cached ? &store->cached_bytes : &store->new_bytes) += packed->bytes;
    *result = packed;
    return CAMEO_OK;
}

static bool same_key(const cm_weight_key *a, const cm_weight_key *b)
{
    return a->source == b->source && a->spatial == b->spatial && a->content == b->content && a->layout.form == b->layout.form &&
           a->layout.nr == b->layout.nr && a->layout.edge == b->layout.edge && a->layout.half == b->layout.half;
}

/* FNV-1a, four bytes at a time. */
static uint64_t mix(uint64_t hash, uint32_t value)
{
    return (hash ^ value) * 0x100000001b3u;
}

static uint64_t mix_floats(uint64_t hash, const float *floats, int64_t count)
{
    hash = mix(hash, floats != NULL);
    for (int64_t i = 0; floats && i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &floats[i], sizeof bits);
        hash = mix(hash, bits);
    }
    return hash;
}

/* What may differ between two graphs of one network, although it is the same layer. */
static uint64_t hash_content(const cm_op *op)
{
    bool conv = op->kind == CM_OP_CONV;
    const cm_weights *weights = conv ? &op->u.conv.weights : &op->u.dense.weights;
    const cm_value *value = weights->value;
    int64_t inputs = conv ? op->inputs[0]->dims[1] : op->u.dense.k, outputs = conv ? op->output->dims[1] : op->u.dense.n;
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < value->rank; i++)
        hash = mix(hash, (uint32_t)value->dims[i]);
    hash = mix_floats(hash, weights->in_scale, inputs);
    hash = mix_floats(hash, weights->in_shift, inputs);
    hash = mix_floats(hash, weights->out_scale, outputs);
    hash = mix_floats(hash, weights->bias, outputs);
    hash = mix_floats(hash, conv ? op->u.conv.pad_value : NULL, inputs);
    if (op->integer) {
        hash = mix(hash, (uint32_t)op->integer->zero);
        for (int64_t i = 0; op->integer->bias && i < outputs; i++)
            hash = mix(hash, (uint32_t)op->integer->bias[i]);
        return hash;
    }
    if (value->quantised)
        return mix_floats(hash, value->quantised->scales, value->quantised->scale_count);
    return value->tensor ? hash : mix_floats(hash, value->floats, value->elements);
}

cameo_status cm_weights_pack(cm_weight_store *store, cm_graph *graph, const cm_op *op, const cm_weight_layout *layout, const cm_packed **result,
                             cameo_error *error)
{
    cm_weight_key key = {.source = op->source,
                         .layout = *layout,
                         .spatial = op->kind == CM_OP_DENSE ? op->u.dense.spatial : 0,
                         .content = hash_content(op)};
    cameo_status status = CAMEO_OK;
    cm_packed *packed = NULL;
    pthread_mutex_lock(&store->mutex);
    for (cm_packed *p = *bucket_of(store, &key); p && !packed; p = p->bucket_next)
        if (same_key(&p->key, &key))
            packed = p;
    if (!packed)
        status = add(store, graph, op, &key, &packed, error);
    pthread_mutex_unlock(&store->mutex);
    *result = packed;
    return status;
}

void cm_weight_store_begin(cm_weight_store *store, cm_pool *pool)
{
    pthread_mutex_lock(&store->packing);
    store->pool = pool;
}

void cm_weight_store_end(cm_weight_store *store)
{
    pthread_mutex_lock(&store->mutex);
    if (store->cache && store->new_bytes >= CM_CACHE_LEAST_BYTES) {
        store->new_bytes = 0; /* also if it fails: it would fail again */
        cm_weight_cache_save(store->cache, store->first);
    }
    pthread_mutex_unlock(&store->mutex);
    store->pool = NULL;
    pthread_mutex_unlock(&store->packing);
}
