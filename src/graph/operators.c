/* The operators of ONNX's default domain that are supported. Names and semantics: github.com/onnx/onnx, docs/Operators.md. */
#include "graph/builder.h"

#include <stdlib.h>
#include <string.h>

/* Sorted by name (a test checks it). X(name, fewest inputs, most inputs, what builds it) */
#define OPERATOR_LIST(X)                                        \
    X(Abs, 1, 1, cm_build_unary)                                \
    X(Add, 2, 2, cm_build_binary)                               \
    X(AveragePool, 1, 1, cm_build_average_pool)                 \
    X(BatchNormalization, 5, 5, cm_build_batch_normalization)   \
    X(Cast, 1, 1, cm_build_cast)                                \
    X(Ceil, 1, 1, cm_build_unary)                               \
    X(Clip, 1, 3, cm_build_clip)                                \
    X(Concat, 1, -1, cm_build_concat)                           \
    X(Constant, 0, 0, cm_build_constant_node)                   \
    X(ConstantOfShape, 1, 1, cm_build_constant_of_shape)        \
    X(Conv, 2, 3, cm_build_conv)                                \
    X(Div, 2, 2, cm_build_binary)                               \
    X(Dropout, 1, 3, cm_build_identity)                         \
    X(Equal, 2, 2, cm_build_binary)                             \
    X(Erf, 1, 1, cm_build_unary)                                \
    X(Exp, 1, 1, cm_build_unary)                                \
    X(Expand, 2, 2, cm_build_expand)                            \
    X(Flatten, 1, 1, cm_build_flatten)                          \
    X(Floor, 1, 1, cm_build_unary)                              \
    X(Gather, 2, 2, cm_build_gather)                            \
    X(Gemm, 2, 3, cm_build_gemm)                                \
    X(GlobalAveragePool, 1, 1, cm_build_global_average_pool)    \
    X(GlobalMaxPool, 1, 1, cm_build_global_max_pool)            \
    X(HardSigmoid, 1, 1, cm_build_unary)                        \
    X(HardSwish, 1, 1, cm_build_unary)                          \
    X(Identity, 1, 1, cm_build_identity)                        \
    X(LayerNormalization, 2, 3, cm_build_layer_normalization)   \
    X(LeakyRelu, 1, 1, cm_build_unary)                          \
    X(Log, 1, 1, cm_build_unary)                                \
    X(MatMul, 2, 2, cm_build_matmul)                            \
    X(Max, 2, 2, cm_build_binary)                               \
    X(MaxPool, 1, 1, cm_build_max_pool)                         \
    X(Min, 2, 2, cm_build_binary)                               \
    X(Mul, 2, 2, cm_build_binary)                               \
    X(Neg, 1, 1, cm_build_unary)                                \
    X(PRelu, 2, 2, cm_build_prelu)                              \
    X(Pad, 1, 4, cm_build_pad)                                  \
    X(Pow, 2, 2, cm_build_binary)                               \
    X(Range, 3, 3, cm_build_range)                              \
    X(ReduceL1, 1, 2, cm_build_reduce)                          \
    X(ReduceL2, 1, 2, cm_build_reduce)                          \
    X(ReduceMax, 1, 2, cm_build_reduce)                         \
    X(ReduceMean, 1, 2, cm_build_reduce)                        \
    X(ReduceMin, 1, 2, cm_build_reduce)                         \
    X(ReduceSum, 1, 2, cm_build_reduce)                         \
    X(ReduceSumSquare, 1, 2, cm_build_reduce)                   \
    X(Relu, 1, 1, cm_build_unary)                               \
    X(Reshape, 2, 2, cm_build_reshape)                          \
    X(Resize, 1, 4, cm_build_resize)                            \
    X(Shape, 1, 1, cm_build_shape)                              \
    X(Sigmoid, 1, 1, cm_build_unary)                            \
    X(Slice, 1, 5, cm_build_slice)                              \
    X(Softmax, 1, 1, cm_build_softmax)                          \
    X(Split, 1, 2, cm_build_split)                              \
    X(Sqrt, 1, 1, cm_build_unary)                               \
    X(Squeeze, 1, 2, cm_build_squeeze)                          \
    X(Sub, 2, 2, cm_build_binary)                               \
    X(Tanh, 1, 1, cm_build_unary)                               \
    X(Tile, 2, 2, cm_build_tile)                                \
    X(Transpose, 1, 1, cm_build_transpose)                      \
    X(Unsqueeze, 1, 2, cm_build_unsqueeze)                      \
    X(Upsample, 1, 2, cm_build_resize)                          \
    X(Where, 3, 3, cm_build_where)

static const cm_operator rows[] = {
#define OPERATOR_ROW(name, fewest, most, build) {#name, fewest, most, build},
    OPERATOR_LIST(OPERATOR_ROW)
#undef OPERATOR_ROW
};

static const char *const names[] = {
#define OPERATOR_NAME(name, fewest, most, build) #name,
    OPERATOR_LIST(OPERATOR_NAME)
#undef OPERATOR_NAME
};

static int compare_name(const void *key, const void *row)
{
    return strcmp(key, ((const cm_operator *)row)->name);
}

const cm_operator *cm_operator_find(const char *name)
{
    return bsearch(name, rows, sizeof rows / sizeof rows[0], sizeof rows[0], compare_name);
}

const char *const *cm_operator_names(size_t *count)
{
    *count = sizeof names / sizeof names[0];
    return names;
}
