/* The operators of ONNX's default domain that are supported. Names and semantics: github.com/onnx/onnx, docs/Operators.md. */
#include "graph/builder.h"

#include <stdlib.h>
#include <string.h>

/* Sorted by name (a test checks it). X(name, fewest inputs, most inputs, what builds it) */
#define OPERATOR_LIST(X)                                            \
    X(Abs, 1, 1, cm_build_unary)                                    \
    X(Add, 2, 2, cm_build_binary)                                   \
    X(And, 2, 2, cm_build_binary)                                   \
    X(AveragePool, 1, 1, cm_build_average_pool)                     \
    X(BatchNormalization, 5, 5, cm_build_batch_normalization)       \
    X(Cast, 1, 1, cm_build_cast)                                    \
    X(CastLike, 2, 2, cm_build_cast_like)                           \
    X(Ceil, 1, 1, cm_build_unary)                                   \
    X(Celu, 1, 1, cm_build_elu)                                     \
    X(Clip, 1, 3, cm_build_clip)                                    \
    X(Concat, 1, -1, cm_build_concat)                               \
    X(Constant, 0, 0, cm_build_constant_node)                       \
    X(ConstantOfShape, 1, 1, cm_build_constant_of_shape)            \
    X(Conv, 2, 3, cm_build_conv)                                    \
    X(ConvTranspose, 2, 3, cm_build_conv_transpose)                 \
    X(Cos, 1, 1, cm_build_unary)                                    \
    X(CumSum, 2, 2, cm_build_cumsum)                                \
    X(DepthToSpace, 1, 1, cm_build_depth_to_space)                  \
    X(DequantizeLinear, 2, 3, cm_build_dequantize)                  \
    X(Div, 2, 2, cm_build_binary)                                   \
    X(Dropout, 1, 3, cm_build_dropout)                              \
    X(Elu, 1, 1, cm_build_elu)                                      \
    X(Equal, 2, 2, cm_build_binary)                                 \
    X(Erf, 1, 1, cm_build_unary)                                    \
    X(Exp, 1, 1, cm_build_unary)                                    \
    X(Expand, 2, 2, cm_build_expand)                                \
    X(Flatten, 1, 1, cm_build_flatten)                              \
    X(Floor, 1, 1, cm_build_unary)                                  \
    X(Gather, 2, 2, cm_build_gather)                                \
    X(GatherND, 2, 2, cm_build_gather_nd)                           \
    X(Gelu, 1, 1, cm_build_gelu)                                    \
    X(Gemm, 2, 3, cm_build_gemm)                                    \
    X(GlobalAveragePool, 1, 1, cm_build_global_average_pool)        \
    X(GlobalMaxPool, 1, 1, cm_build_global_max_pool)                \
    X(Greater, 2, 2, cm_build_binary)                               \
    X(GreaterOrEqual, 2, 2, cm_build_binary)                        \
    X(GroupNormalization, 3, 3, cm_build_group_normalization)       \
    X(HardSigmoid, 1, 1, cm_build_unary)                            \
    X(HardSwish, 1, 1, cm_build_unary)                              \
    X(Identity, 1, 1, cm_build_identity)                            \
    X(If, 1, -1, cm_build_if)                                       \
    X(InstanceNormalization, 3, 3, cm_build_instance_normalization) \
    X(LayerNormalization, 2, 3, cm_build_layer_normalization)       \
    X(LeakyRelu, 1, 1, cm_build_unary)                              \
    X(Less, 2, 2, cm_build_binary)                                  \
    X(LessOrEqual, 2, 2, cm_build_binary)                           \
    X(Log, 1, 1, cm_build_unary)                                    \
    X(LogSoftmax, 1, 1, cm_build_softmax)                           \
    X(LpNormalization, 1, 1, cm_build_lp_normalization)             \
    X(MatMul, 2, 2, cm_build_matmul)                                \
    X(Max, 1, -1, cm_build_variadic)                                \
    X(MaxPool, 1, 1, cm_build_max_pool)                             \
    X(Mean, 1, -1, cm_build_variadic)                               \
    X(Min, 1, -1, cm_build_variadic)                                \
    X(Mish, 1, 1, cm_build_composed_unary)                          \
    X(Mod, 2, 2, cm_build_binary)                                   \
    X(Mul, 2, 2, cm_build_binary)                                   \
    X(Neg, 1, 1, cm_build_unary)                                    \
    X(Not, 1, 1, cm_build_composed_unary)                           \
    X(Or, 2, 2, cm_build_binary)                                    \
    X(PRelu, 2, 2, cm_build_prelu)                                  \
    X(Pad, 1, 4, cm_build_pad)                                      \
    X(Pow, 2, 2, cm_build_binary)                                   \
    X(QuantizeLinear, 2, 3, cm_build_quantize)                      \
    X(Range, 3, 3, cm_build_range)                                  \
    X(Reciprocal, 1, 1, cm_build_composed_unary)                    \
    X(ReduceL1, 1, 2, cm_build_reduce)                              \
    X(ReduceL2, 1, 2, cm_build_reduce)                              \
    X(ReduceLogSum, 1, 2, cm_build_reduce)                          \
    X(ReduceLogSumExp, 1, 2, cm_build_reduce)                       \
    X(ReduceMax, 1, 2, cm_build_reduce)                             \
    X(ReduceMean, 1, 2, cm_build_reduce)                            \
    X(ReduceMin, 1, 2, cm_build_reduce)                             \
    X(ReduceProd, 1, 2, cm_build_reduce)                            \
    X(ReduceSum, 1, 2, cm_build_reduce)                             \
    X(ReduceSumSquare, 1, 2, cm_build_reduce)                       \
    X(Relu, 1, 1, cm_build_unary)                                   \
    X(Reshape, 2, 2, cm_build_reshape)                              \
    X(Resize, 1, 4, cm_build_resize)                                \
    X(Round, 1, 1, cm_build_unary)                                  \
    X(ScatterND, 3, 3, cm_build_scatter_nd)                         \
    X(Selu, 1, 1, cm_build_elu)                                     \
    X(SequenceAt, 2, 2, cm_build_sequence_at)                       \
    X(Shape, 1, 1, cm_build_shape)                                  \
    X(Sigmoid, 1, 1, cm_build_unary)                                \
    X(Sign, 1, 1, cm_build_unary)                                   \
    X(Sin, 1, 1, cm_build_unary)                                    \
    X(Size, 1, 1, cm_build_size)                                    \
    X(Slice, 1, 5, cm_build_slice)                                  \
    X(Softmax, 1, 1, cm_build_softmax)                              \
    X(Softplus, 1, 1, cm_build_unary)                               \
    X(Softsign, 1, 1, cm_build_composed_unary)                      \
    X(SpaceToDepth, 1, 1, cm_build_space_to_depth)                  \
    X(Split, 1, 2, cm_build_split)                                  \
    X(SplitToSequence, 1, 2, cm_build_split_to_sequence)            \
    X(Sqrt, 1, 1, cm_build_unary)                                   \
    X(Squeeze, 1, 2, cm_build_squeeze)                              \
    X(Sub, 2, 2, cm_build_binary)                                   \
    X(Sum, 1, -1, cm_build_variadic)                                \
    X(Tanh, 1, 1, cm_build_unary)                                   \
    X(Tile, 2, 2, cm_build_tile)                                    \
    X(Transpose, 1, 1, cm_build_transpose)                          \
    X(Unsqueeze, 1, 2, cm_build_unsqueeze)                          \
    X(Upsample, 1, 2, cm_build_resize)                              \
    X(Where, 3, 3, cm_build_where)                                  \
    X(Xor, 2, 2, cm_build_binary)

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
