/* Winograd's filters transformed once and for all, as half floats in the order in which gemm reads them. */
#include "run/weights_layer.h"

#include "base/half.h"

#include <string.h>

enum { TAPS = 9 };

static int panels_of(const cm_weight_layout *layout, int outputs)
{
    return (outputs + layout->nr - 1) / layout->nr;
}

static size_t panel_bytes(const cm_weight_layout *layout, int inputs)
{
    return (size_t)cm_gemm_padded(inputs) * (size_t)layout->nr * sizeof(uint16_t);
}

size_t cm_winograd_bytes(const cm_weight_layout *layout, int inputs, int outputs)
{
    return panel_bytes(layout, inputs) * (size_t)(layout->edge * layout->edge) * (size_t)panels_of(layout, outputs);
}

size_t cm_winograd_panel(const cm_weight_layout *layout, int inputs, int outputs, int panel, int weight)
{
    int group_panels = CM_WINOGRAD_GROUP / layout->nr, first = panel / group_panels * group_panels, left = panels_of(layout, outputs) - first;
    int here = left < group_panels ? left : group_panels;
    size_t before = (size_t)first * (size_t)(layout->edge * layout->edge) + (size_t)weight * (size_t)here + (size_t)(panel - first);
    return before * panel_bytes(layout, inputs);
}

/* What packing one panel works in: filters [TAPS, k], where what is past the inputs stays zero; u [nr, weights, k]; turned [k, nr]. */
typedef struct panel_scratch {
    float *filters, *u, *turned;
} panel_scratch;

static size_t scratch_floats(const cm_weight_layout *layout, int inputs)
{
    size_t weights = (size_t)(layout->edge * layout->edge), nr = (size_t)layout->nr;
    return (size_t)cm_gemm_padded(inputs) * (TAPS + nr * weights + nr);
}

static panel_scratch scratch_of(const cm_weight_layout *layout, int inputs, float *scratch)
{
    size_t k = (size_t)cm_gemm_padded(inputs), u = (size_t)(layout->edge * layout->edge) * (size_t)layout->nr * k;
    return (panel_scratch){.filters = scratch, .u = scratch + TAPS * k, .turned = scratch + TAPS * k + u};
}

/* Positions that are turned at once: their rows, a panel's width of them, stay in the first-level cache. */
enum { TURN = 16 };

/* The panel of every weight; of its outputs `columns` are there. */
static void write_panels(const cm_layer *l, const cm_weight_layout *layout, const panel_scratch *s, int columns, int panel, void *weights)
{
    size_t k = (size_t)cm_gemm_padded(l->inputs), nr = (size_t)layout->nr, output = (size_t)(layout->edge * layout->edge) * k;
    for (int weight = 0; weight < layout->edge * layout->edge; weight++) {
        for (size_t first = 0; first < k; first += TURN)
            for (size_t j = 0; j < nr; j++) {
                const float *from = s->u + j * output + (size_t)weight * k;
                for (size_t i = first; i < first + TURN; i++)
                    s->turned[i * nr + j] = (int)j < columns ? from[i] : 0.0f;
            }
        unsigned char *at = (unsigned char *)weights + cm_winograd_panel(layout, l->inputs, l->outputs, panel, weight);
        cm_halves_from_floats(s->turned, k * nr, (uint16_t *)(void *)at, l->tier);
    }
}

/* One output's transformed filters, scaled for half floats, into u: [weights, k]. All instruction sets take the reference's: a file of packed weights
 * serves them all. */
static bool transform_output(const cm_layer *l, const cm_weight_layout *layout, int output, cm_packed *packed, float *filters, float *u)
{
    if (!cm_layer_row(l, output, &packed->bias[output]))
        return false;
    int k = cm_gemm_padded(l->inputs);
    for (int tap = 0; tap < TAPS; tap++)
        memcpy(filters + (ptrdiff_t)tap * k, l->turned + (ptrdiff_t)tap * l->inputs, (size_t)l->inputs * sizeof(float));
    cm_winograd_filter_tile call = {.filters = filters, .u = u, .tap_stride = k, .weight_stride = k, .k = 1, .row = k, .columns = k, .nr = k,
                                    .scheme = cm_winograd_scheme_of(layout->edge - 2, l->op->u.conv.stride[0])};
    cm_kernel_choose(CM_KERNEL_winograd_filter, "f32", CM_CPU_REF)->run.winograd_filter(&call);
    packed->scale[output] = cm_half_scale(u, (size_t)(layout->edge * layout->edge) * (size_t)k);
    return true;
}

static int pack_panel(const cm_panel_job *job, const cm_layer *l, int panel, float *scratch)
{
    const cm_weight_layout *layout = job->layout;
    panel_scratch s = scratch_of(layout, l->inputs, scratch);
    ptrdiff_t output = (ptrdiff_t)(layout->edge * layout->edge) * cm_gemm_padded(l->inputs);
    int first = panel * layout->nr, columns = l->outputs - first < layout->nr ? l->outputs - first : layout->nr;
    for (int j = 0; j < columns; j++)
        if (!transform_output(l, layout, first + j, job->packed, s.filters, s.u + j * output))
            return first + j;
    write_panels(l, layout, &s, columns, panel, job->packed->weights);
    return -1;
}

cameo_status cm_pack_winograd(const cm_layer *l, const cm_weight_layout *layout, cm_packed *packed, cm_pool *pool, cameo_error *error)
{
    cm_panel_job job = {.layer = l,
                        .layout = layout,
                        .packed = packed,
                        .pack = pack_panel,
                        .panels = panels_of(layout, l->outputs),
                        .scratch_floats = scratch_floats(layout, l->inputs)};
    return cm_pack_panels(&job, pool, error);
}
