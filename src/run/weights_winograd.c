/* Winograd's transformed weights, in the order in which gemm reads them. */
#include "run/weights_layer.h"

#include "base/half.h"

cm_winograd_panels cm_winograd_panels_of(const cm_weight_layout *layout, int inputs, int outputs)
{
    cm_winograd_panels panels = {.positions = (layout->m + 2) * (layout->m + 2),
                                 .k = (inputs + CM_GEMM_K - 1) / CM_GEMM_K * CM_GEMM_K,
                                 .nr = layout->nr,
                                 .panels = (outputs + layout->nr - 1) / layout->nr};
    panels.panel_bytes = (size_t)panels.k * (size_t)layout->nr * (layout->half ? sizeof(uint16_t) : sizeof(float));
    panels.bytes = panels.panel_bytes * (size_t)panels.positions * (size_t)panels.panels;
    return panels;
}

size_t cm_winograd_panel(const cm_winograd_panels *panels, int panel, int position)
{
    int group_panels = CM_WINOGRAD_GROUP / panels->nr, first = panel / group_panels * group_panels;
    int here = panels->panels - first < group_panels ? panels->panels - first : group_panels;
    size_t before = (size_t)first * (size_t)panels->positions + (size_t)position * (size_t)here + (size_t)(panel - first);
    return before * panels->panel_bytes;
}

/* Positions that are turned at once: their rows, a panel's width of them, stay in the first-level cache. */
enum { TURN = 16 };

/* u: [nr, positions, k], of which `columns` outputs are there -> the panel of every position. floats: scratch, [k, nr]. */
static void write_panels(const cm_winograd_panels *panels, const cm_weight_layout *layout, const float *u, int columns, int panel, float *floats,
                         void *weights)
{
    size_t k = (size_t)panels->k, output = (size_t)panels->positions * k, nr = (size_t)panels->nr;
    for (int p = 0; p < panels->positions; p++) {
        unsigned char *at = (unsigned char *)weights + cm_winograd_panel(panels, panel, p);
        float *out = layout->half ? floats : (float *)(void *)at;
        for (size_t first = 0; first < k; first += TURN) {
            size_t end = first + TURN < k ? first + TURN : k;
            for (size_t j = 0; j < nr; j++) {
                const float *from = u + j * output + (size_t)p * k;
                for (size_t i = first; i < end; i++)
                    out[i * nr + j] = (int)j < columns ? from[i] : 0.0f;
            }
        }
        if (layout->half)
            cm_halves_from_floats(floats, k * nr, (uint16_t *)(void *)at);
    }
}

/* One output's transformed weights, scaled for half floats, into u: [positions, k]. */
static bool transform_output(const cm_layer *l, const cm_weight_layout *layout, const cm_winograd_panels *panels, int output, cm_packed *packed,
                             float *u)
{
    if (!cm_layer_row(l, output, &packed->bias[output]))
        return false;
    cm_winograd_weights(layout->m, l->turned, l->inputs, u, panels->k);
    if (layout->half)
        packed->scale[output] = cm_half_scale(u, (size_t)panels->positions * (size_t)panels->k);
    return true;
}

/* scratch: [nr, positions, k], where what is past the inputs stays zero, and [k, nr] */
static int pack_panel(const cm_panel_job *job, const cm_layer *l, int panel, float *scratch)
{
    cm_winograd_panels panels = cm_winograd_panels_of(job->layout, l->inputs, l->outputs);
    size_t output = (size_t)panels.positions * (size_t)panels.k;
    int first = panel * panels.nr, columns = l->outputs - first < panels.nr ? l->outputs - first : panels.nr;
    for (int j = 0; j < columns; j++)
        if (!transform_output(l, job->layout, &panels, first + j, job->packed, scratch + (size_t)j * output))
            return first + j;
    write_panels(&panels, job->layout, scratch, columns, panel, scratch + output * (size_t)panels.nr, job->packed->weights);
    return -1;
}

cameo_status cm_pack_winograd(const cm_layer *l, const cm_weight_layout *layout, cm_packed *packed, cm_pool *pool, cameo_error *error)
{
    cm_winograd_panels panels = cm_winograd_panels_of(layout, l->inputs, l->outputs);
    cm_panel_job job = {.layer = l,
                        .layout = layout,
                        .packed = packed,
                        .pack = pack_panel,
                        .panels = panels.panels,
                        .scratch_floats = (size_t)(panels.positions + 1) * (size_t)panels.k * (size_t)panels.nr};
    return cm_pack_panels(&job, pool, error);
}
