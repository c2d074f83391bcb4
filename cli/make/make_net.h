/* A network under construction: operations are written down as ONNX nodes, and with each value goes what is expected of it, the
 * mean and variance of every channel over typical inputs. Weights are drawn so that every layer's output has the variance that
 * is asked for, whatever its depth, and biases so that it is centred: what He et al. 2015 (arXiv:1502.01852) do for one kind of
 * layer, carried through whole graphs. Shared offsets would otherwise grow with the depth until all inputs look alike.
 *
 * Names follow PyTorch's exporter: a trace numbers its values after the parameters, folded operations keep their numbers. Hence
 * the output of r50 is "683" as in w600k_r50.onnx.
 *
 * A net that has run out of memory says so at the end (`failed`); until then values are NULL and every function takes that. */
#ifndef CM_MAKE_MAKE_NET_H
#define CM_MAKE_MAKE_NET_H

#include "make_bytes.h"
#include "make_random.h"

typedef struct cm_make_value {
    char name[24];
    int channels;
    double *mean, *variance; /* [channels] */
    struct cm_make_filters *unbiased; /* what made it, if no bias centres it; else NULL */
} cm_make_value;

/* Filters to be drawn when the file is written: [filters, inputs, side, across_side], or with `transposed` [inputs, filters] (sides of 1). */
typedef struct cm_make_filters {
    int filters, inputs /* of one group */, side, across_side, groups;
    int transposed;
    const double *gain;            /* [filters] standard deviation of the outputs */
    const double *mean, *variance; /* [groups * inputs] of the inputs */
    float *bias;                   /* [filters] wanted mean of the outputs; becomes the bias that gives it. NULL: none */
    float *running_mean;           /* [filters] to which the mean of the outputs is added, where there is no bias. NULL: none */
    double along, across;          /* correlation of neighbouring pixels, and of channels; 0: taken as independent */
    int centred; /* without bias and running_mean: each filter is orthogonal to the inputs' means, so that its outputs have none */
} cm_make_filters;

/* An initializer. One of values, integers and filters is set, or none: normal numbers of this deviation. */
typedef struct cm_make_weight {
    char name[64];
    int rank;
    int64_t dims[4];
    const float *values;
    const int64_t *integers;
    const cm_make_filters *filters;
    double deviation;
} cm_make_weight;

typedef struct cm_make_net {
    uint64_t seed;
    int failed;
    cm_make_random random; /* for everything but the filters */
    cm_make_bytes nodes, inputs, outputs;
    cm_make_weight *weights; /* in the order in which they are written */
    int weight_count, weight_capacity;
    struct cm_make_block *blocks;   /* all other memory */
    int entries;                    /* parameters that PyTorch would count */
    int traced, folded;             /* operations, folded parameters so far */
    int first_traced, first_folded; /* their first names */
} cm_make_net;

/* An empty net. Values are named from first_traced, folded parameters from first_folded: known only when the net has been built
 * once. */
void cm_make_net_start(cm_make_net *net, uint64_t seed, int first_traced, int first_folded);
void cm_make_net_free(cm_make_net *net);
/* Zeroed memory that lives as long as the net, or NULL (and net->failed). */
void *cm_make_alloc(cm_make_net *net, size_t count, size_t size);

/* ---- values, initializers, nodes: what layers are made of ---- */

/* A value of the operation that is traced now, with room for its statistics. */
cm_make_value *cm_make_value_new(cm_make_net *net, int channels);
/* The name of an initializer that PyTorch folds: the next number. text: [24] */
void cm_make_name_folded(cm_make_net *net, char *text);
/* Adds an initializer; the caller sets its content. NULL when memory is out. dims: [rank] */
cm_make_weight *cm_make_weight_new(cm_make_net *net, const char *name, int rank, const int64_t *dims);
/* Small initializers from arrays that live as long as the net. */
void cm_make_weight_floats(cm_make_net *net, const char *name, int64_t count, const float *values);
void cm_make_weight_integers(cm_make_net *net, const char *name, int rank, int64_t count, const int64_t *integers);

/* Begins the node of operation number net->traced; inputs: [count] names, output: one name. Attributes follow, then the end,
 * which counts the operation. */
void cm_make_node_begin(cm_make_net *net, cm_make_bytes *node, const char *op, const char *const *inputs, int count,
                        const char *output);
/* The same with a name of its own, by which readers tell something. */
void cm_make_node_begin_named(cm_make_bytes *node, const char *op, const char *name, const char *const *inputs, int count, const char *output);
void cm_make_node_int(cm_make_bytes *node, const char *name, int64_t value);
void cm_make_node_float(cm_make_bytes *node, const char *name, float value);
void cm_make_node_text(cm_make_bytes *node, const char *name, const char *value);
void cm_make_node_ints(cm_make_bytes *node, const char *name, int count, const int64_t *values);
void cm_make_node_end(cm_make_net *net, cm_make_bytes *node);
/* A number of the trace that leaves no node. */
void cm_make_skip(cm_make_net *net, int count);

/* Declares an input or output of the graph. dims: [rank]; 0 stands for `symbol`. */
void cm_make_declare_input(cm_make_net *net, const char *name, int rank, const int64_t *dims, const char *symbol);
void cm_make_declare_output(cm_make_net *net, const char *name, int rank, const int64_t *dims, const char *symbol);

#endif
