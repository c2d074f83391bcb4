/* Operators while the graph is built: what is known is computed, what does not fit is refused with a sentence that says why. Numbers of what is run
 * are tested by tests/conformance and tests/families. */
#include "cmocka_all.h"

#include "onnx_nets.h"

#include "graph/builder.h"

#include <math.h>

/* A graph built from a sketch, with all that it needs. */
typedef struct built {
    pb bytes;
    cm_onnx_model *model;
    cm_graph *graph;
    cameo_error error;
    cameo_status status;
} built;

static built build(pb graph, int64_t opset)
{
    static const cm_onnx_limits limits = {.max_file_bytes = 1 << 24, .max_nodes = 100};
    static const int64_t dims[1][CAMEO_MAX_RANK] = {{2, 3, 4, 4}};
    built b = {.bytes = onnx_model(graph, opset)};
    b.status = cm_onnx_read(&b.model, b.bytes.bytes, b.bytes.size, "model", &limits, &b.error);
    if (b.status == CAMEO_OK)
        b.status = cm_graph_build(&b.graph, b.model, "model", dims, &(cm_graph_limits){.max_bytes = 1 << 24, .max_macs = 1 << 30}, &b.error);
    return b;
}

static void end(built *b)
{
    cm_graph_free(b->graph);
    cm_onnx_free(b->model);
    pb_free(&b->bytes);
}

static void floats(pb *graph, const char *name, int rank, const int64_t *dims, const float *values)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= (size_t)dims[i];
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw(name, 1, rank, dims, values, count * sizeof *values));
}

static void integers(pb *graph, const char *name, int rank, const int64_t *dims, const int64_t *values)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= (size_t)dims[i];
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw(name, 7, rank, dims, values, count * sizeof *values));
}

static pb input_x(void)
{
    pb graph = {0};
    pb_message(&graph, ONNX_INPUT, onnx_value_info("x", 1, 4, (int64_t[4]){2, 3, 4, 4}));
    return graph;
}

static void output(pb *graph, const char *name)
{
    pb_message(graph, ONNX_OUTPUT, onnx_value_info(name, 1, 0, NULL));
}

static void operators_are_sorted(void **state)
{
    (void)state;
    size_t count;
    const char *const *names = cm_operator_names(&count);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(cm_operator_find(names[i]));
        if (i > 0 && strcmp(names[i - 1], names[i]) >= 0)
            fail_msg("%s stands behind %s", names[i], names[i - 1]);
    }
    assert_null(cm_operator_find("Loop"));
}

/* ---- What is known at load ---- */

/* The graph computes nothing: its output is a copy of a constant, which holds these numbers. */
static void check_known(pb graph, int64_t opset, int count, const float *wanted)
{
    output(&graph, "y");
    built b = build(graph, opset);
    if (b.status != CAMEO_OK)
        fail_msg("%s", b.error.message);
    assert_int_equal(b.graph->op_count, 1);
    cm_value *known = b.graph->ops[0]->inputs[0];
    assert_true(known->is_constant);
    assert_int_equal(known->elements, count);
    const float *got = cm_value_floats(b.graph, known);
    for (int i = 0; i < count; i++)
        if (!(fabsf(got[i] - wanted[i]) <= 1e-5f * fabsf(wanted[i]) || got[i] == wanted[i]))
            fail_msg("element %d is %.9g, not %.9g", i, (double)got[i], (double)wanted[i]);
    end(&b);
}

static const float numbers[6] = {-2, -1, 0, 1, 2, 3};

/* One node without attributes on the numbers as [2,3]. */
static void check_unary(const char *op, const float wanted[6])
{
    pb graph = input_x();
    floats(&graph, "a", 2, (int64_t[2]){2, 3}, numbers);
    net_node(&graph, op, "a", "y");
    check_known(graph, 20, 6, wanted);
}

static void elementwise_constants_are_folded(void **state)
{
    (void)state;
    check_unary("Elu", (float[6]){-0.864664717f, -0.632120559f, 0, 1, 2, 3});
    check_unary("Softsign", (float[6]){-2.0f / 3, -0.5f, 0, 0.5f, 2.0f / 3, 0.75f});
    check_unary("Sign", (float[6]){-1, -1, 0, 1, 1, 1});
    check_unary("Gelu", (float[6]){-0.0455002639f, -0.158655254f, 0, 0.841344746f, 1.95449974f, 2.99595031f});
    check_unary("Mish", (float[6]){-0.252501483f, -0.303401437f, 0, 0.865098388f, 1.94395896f, 2.98653500f});
    check_unary("Reciprocal", (float[6]){-0.5f, -1, INFINITY, 1, 0.5f, 1.0f / 3});
}

static void rows_of_constants_are_folded(void **state)
{
    (void)state;
    pb graph = input_x();
    floats(&graph, "a", 2, (int64_t[2]){2, 3}, numbers);
    net_node(&graph, "ReduceProd", "a", "y");
    check_known(graph, 11, 1, (float[1]){0});
    graph = input_x();
    floats(&graph, "a", 2, (int64_t[2]){2, 3}, (float[6]){3, 4, 0, 0, 0, 0});
    net_node(&graph, "LpNormalization", "a", "y");
    check_known(graph, 11, 6, (float[6]){0.6f, 0.8f, 0, 0, 0, 0});
    graph = input_x();
    floats(&graph, "a", 2, (int64_t[2]){2, 3}, numbers);
    floats(&graph, "b", 1, (int64_t[1]){3}, numbers);
    net_node(&graph, "MatMul", "a,b", "y");
    check_known(graph, 11, 2, (float[2]){5, -4});
}

/* Weights that the graph computes from others are weights: a convolution takes them. */
static void computed_weights_are_weights(void **state)
{
    (void)state;
    pb graph = input_x();
    uint32_t seed = 1;
    net_floats(&graph, "w", 4, (int64_t[4]){2, 3, 3, 3}, &seed, 1.0f, 0.0f, NULL);
    net_floats(&graph, "g", 4, (int64_t[4]){2, 1, 1, 1}, &seed, 1.0f, 2.0f, NULL);
    net_node(&graph, "Mul", "w,g", "scaled");
    net_node(&graph, "Tanh", "scaled", "bent");
    net_node(&graph, "Conv", "x,bent", "y");
    output(&graph, "y");
    built b = build(graph, 11);
    assert_int_equal(b.status, CAMEO_OK);
    assert_int_equal(b.graph->op_count, 1);
    assert_int_equal(b.graph->ops[0]->kind, CM_OP_CONV);
    end(&b);
}

static void sums_run_either_way(void **state)
{
    (void)state;
    static const float forward[6] = {-2, -3, -3, 1, 3, 6}, backward[6] = {-1, 0, 0, 5, 3, 0};
    for (int reverse = 0; reverse < 2; reverse++) {
        pb graph = input_x();
        floats(&graph, "a", 2, (int64_t[2]){2, 3}, numbers);
        integers(&graph, "axis", 0, NULL, (int64_t[1]){1});
        pb node = onnx_node("CumSum", "c", "a,axis", "y");
        onnx_attribute_i(&node, "reverse", reverse);
        onnx_attribute_i(&node, "exclusive", reverse);
        pb_message(&graph, ONNX_NODE, node);
        check_known(graph, 11, 6, reverse ? backward : forward);
    }
}

/* Of two updates of one entry the last counts; sums take both. */
static void updates_are_scattered(void **state)
{
    (void)state;
    static const char *const reductions[] = {"none", "add", "max"};
    static const float wanted[3][6] = {{30, -1, 0, 20, 2, 3}, {38, -1, 0, 21, 2, 3}, {30, -1, 0, 20, 2, 3}};
    for (int i = 0; i < 3; i++) {
        pb graph = input_x();
        floats(&graph, "a", 2, (int64_t[2]){2, 3}, numbers);
        integers(&graph, "where", 2, (int64_t[2]){3, 2}, (int64_t[6]){0, 0, 1, 0, 0, -3});
        floats(&graph, "new", 1, (int64_t[1]){3}, (float[3]){10, 20, 30});
        pb node = onnx_node("ScatterND", "s", "a,where,new", "y");
        onnx_attribute_s(&node, "reduction", reductions[i]);
        pb_message(&graph, ONNX_NODE, node);
        check_known(graph, 18, 6, wanted[i]);
    }
}

static void entries_are_gathered(void **state)
{
    (void)state;
    pb graph = input_x();
    floats(&graph, "a", 2, (int64_t[2]){2, 3}, numbers);
    integers(&graph, "where", 2, (int64_t[2]){2, 1}, (int64_t[2]){-1, 0});
    net_node(&graph, "GatherND", "a,where", "y");
    check_known(graph, 12, 6, (float[6]){1, 2, 3, -2, -1, 0});
}

static void sequences_are_taken_apart(void **state)
{
    (void)state;
    static const float wanted[3][2] = {{-2, 1}, {-1, 2}, {0, 3}};
    for (int64_t i = 0; i < 3; i++) {
        pb graph = input_x();
        floats(&graph, "a", 2, (int64_t[2]){2, 3}, numbers);
        integers(&graph, "size", 0, NULL, (int64_t[1]){1});
        integers(&graph, "at", 0, NULL, (int64_t[1]){i - 3});
        pb node = onnx_node("SplitToSequence", "split", "a,size", "parts");
        onnx_attribute_i(&node, "axis", 1);
        pb_message(&graph, ONNX_NODE, node);
        net_node(&graph, "SequenceAt", "parts,at", "y");
        check_known(graph, 18, 2, wanted[i]);
    }
}

/* Truth values of constants are integers, so that Where may choose between infinities. */
static void choices_are_exact(void **state)
{
    (void)state;
    pb graph = input_x();
    floats(&graph, "a", 2, (int64_t[2]){2, 3}, numbers);
    floats(&graph, "none", 0, NULL, (float[1]){0});
    floats(&graph, "low", 0, NULL, (float[1]){-INFINITY});
    net_node(&graph, "Less", "a,none", "negative");
    net_node(&graph, "Not", "negative", "others");
    net_node(&graph, "Where", "others,a,low", "y");
    check_known(graph, 16, 6, (float[6]){-INFINITY, -INFINITY, 0, 1, 2, 3});
}

/* Shape -> arithmetic -> Reshape: nothing of it is run. */
static void shape_subgraphs_leave_nothing(void **state)
{
    (void)state;
    pb graph = input_x();
    integers(&graph, "first", 1, (int64_t[1]){1}, (int64_t[1]){0});
    integers(&graph, "rest", 1, (int64_t[1]){1}, (int64_t[1]){-1});
    net_node(&graph, "Shape", "x", "shape");
    net_node(&graph, "Gather", "shape,first", "batch");
    net_node(&graph, "Mul", "batch,batch", "square");
    net_node(&graph, "Mod", "square,batch", "none");
    net_node(&graph, "Sum", "none,batch", "again");
    pb concat = onnx_node("Concat", "c", "again,rest", "target");
    onnx_attribute_i(&concat, "axis", 0);
    pb_message(&graph, ONNX_NODE, concat);
    net_node(&graph, "Reshape", "x,target", "y");
    output(&graph, "y");
    built b = build(graph, 13);
    if (b.status != CAMEO_OK)
        fail_msg("%s", b.error.message);
    assert_int_equal(b.graph->op_count, 1);
    assert_int_equal(b.graph->ops[0]->kind, CM_OP_VIEW);
    assert_int_equal(b.graph->outputs[0]->dims[1], 48);
    end(&b);
}

/* ---- Forms that become something else ---- */

/* The kinds of the ops that one node on x becomes. */
static void check_kinds(pb node, int count, const cm_op_kind *kinds)
{
    pb graph = input_x();
    uint32_t seed = 1;
    net_floats(&graph, "w", 4, (int64_t[4]){3, 2, 2, 2}, &seed, 1.0f, 0.0f, NULL);
    integers(&graph, "picture", 1, (int64_t[1]){2}, (int64_t[2]){2, 3});
    pb_message(&graph, ONNX_NODE, node);
    output(&graph, "y");
    built b = build(graph, 18);
    if (b.status != CAMEO_OK)
        fail_msg("%s", b.error.message);
    assert_int_equal(b.graph->op_count, count);
    for (int i = 0; i < count; i++)
        assert_int_equal(b.graph->ops[i]->kind, kinds[i]);
    end(&b);
}

static void nodes_become_the_few_kinds(void **state)
{
    (void)state;
    /* A transposed convolution spreads its input and convolves it; its weights are turned at load. */
    check_kinds(onnx_node("ConvTranspose", "n", "x,w", "y"), 2, (cm_op_kind[2]){CM_OP_MOVE, CM_OP_CONV});
    /* A mean over the picture is pooled where the picture lies. */
    check_kinds(onnx_node("ReduceMean", "n", "x,picture", "y"), 1, (cm_op_kind[1]){CM_OP_POOL});
    pb blocks = onnx_node("SpaceToDepth", "n", "x", "y");
    onnx_attribute_i(&blocks, "blocksize", 2);
    check_kinds(blocks, 3, (cm_op_kind[3]){CM_OP_VIEW, CM_OP_MOVE, CM_OP_VIEW});
    check_kinds(onnx_node("GlobalMaxPool", "n", "x", "y"), 1, (cm_op_kind[1]){CM_OP_POOL});
}

/* ---- Refusals ---- */

/* A node on x [2,3,4,4], w [3,2,2,2], i [2] = {0, 1}, one = 1, half = 0.5, part = {0, 0, 1, 0}, far = {9}; its outputs begin with y. */
static void check_refused(pb node, cameo_status wanted, const char *words)
{
    pb graph = input_x();
    uint32_t seed = 1;
    net_floats(&graph, "w", 4, (int64_t[4]){3, 2, 2, 2}, &seed, 1.0f, 0.0f, NULL);
    integers(&graph, "i", 1, (int64_t[1]){2}, (int64_t[2]){0, 1});
    integers(&graph, "one", 0, NULL, (int64_t[1]){1});
    floats(&graph, "half", 0, NULL, (float[1]){0.5f});
    integers(&graph, "part", 1, (int64_t[1]){4}, (int64_t[4]){0, 0, 1, 0});
    integers(&graph, "far", 1, (int64_t[1]){1}, (int64_t[1]){9});
    pb_message(&graph, ONNX_NODE, node);
    output(&graph, "y");
    built b = build(graph, 18);
    if (b.status != wanted || !strstr(b.error.message, words) || !strstr(b.error.message, "'n'"))
        fail_msg("status %d, wanted %d with '%s': %s", b.status, wanted, words, b.error.message);
    end(&b);
}

static pb with_int(const char *op, const char *inputs, const char *name, int64_t value)
{
    pb node = onnx_node(op, "n", inputs, "y");
    onnx_attribute_i(&node, name, value);
    return node;
}

static pb with_text(const char *op, const char *inputs, const char *name, const char *value)
{
    pb node = onnx_node(op, "n", inputs, "y");
    onnx_attribute_s(&node, name, value);
    return node;
}

static void forms_that_do_not_fit(void **state)
{
    (void)state;
    check_refused(with_int("ConvTranspose", "x,w", "group", 2), CAMEO_ERROR_MISMATCH, "2 groups");
    check_refused(onnx_node("ConvTranspose", "n", "x,x", "y"), CAMEO_ERROR_UNSUPPORTED, "constant");
    check_refused(with_int("DepthToSpace", "x", "blocksize", 2), CAMEO_ERROR_MISMATCH, "3 channels");
    check_refused(with_int("SpaceToDepth", "x", "blocksize", 3), CAMEO_ERROR_MISMATCH, "4x4");
    check_refused(with_int("GroupNormalization", "x,half,half", "num_groups", 2), CAMEO_ERROR_MISMATCH, "3 channels");
    check_refused(onnx_node("InstanceNormalization", "n", "x,half,half", "y"), CAMEO_ERROR_MISMATCH, "3 constant floats");
    check_refused(with_int("LpNormalization", "x", "p", 3), CAMEO_ERROR_UNSUPPORTED, "p 1 or 2");
    check_refused(onnx_node("LayerNormalization", "n", "x,w", "y"), CAMEO_ERROR_MISMATCH, "does not fit");
    check_refused(onnx_node("MatMul", "n", "x,half", "y"), CAMEO_ERROR_MISMATCH, "single number");
    check_refused(onnx_node("Gemm", "n", "x,w", "y"), CAMEO_ERROR_MISMATCH, "must be matrices");
    check_refused(onnx_node("PRelu", "n", "x,w", "y"), CAMEO_ERROR_MISMATCH, "slopes");
    check_refused(onnx_node("GatherND", "n", "w,far", "y"), CAMEO_ERROR_MISMATCH, "outside of axis");
    check_refused(onnx_node("ScatterND", "n", "x,part,w", "y"), CAMEO_ERROR_MISMATCH, "updates");
    check_refused(onnx_node("SplitToSequence", "n", "x,part", "y"), CAMEO_ERROR_MISMATCH, "part 0");
    check_refused(onnx_node("Expand", "n", "x,part", "y"), CAMEO_ERROR_MISMATCH, "do not fit");
}

static void what_is_not_supported(void **state)
{
    (void)state;
    check_refused(with_text("Pad", "x,part", "mode", "symmetric"), CAMEO_ERROR_FORMAT, "none of constant");
    check_refused(with_text("Resize", "x", "mode", "area"), CAMEO_ERROR_UNSUPPORTED, "mode 'area'");
    check_refused(with_text("Gelu", "x", "approximate", "rough"), CAMEO_ERROR_UNSUPPORTED, "'none' or 'tanh'");
    check_refused(with_text("ScatterND", "x,part,half", "reduction", "mean"), CAMEO_ERROR_FORMAT, "'mean'");
    check_refused(with_int("Cast", "x", "to", 7), CAMEO_ERROR_UNSUPPORTED, "computed floats");
    check_refused(with_int("Cast", "x", "to", 8), CAMEO_ERROR_UNSUPPORTED, "type 8");
    check_refused(onnx_node("CumSum", "n", "x,one", "y"), CAMEO_ERROR_UNSUPPORTED, "constants");
    check_refused(onnx_node("Gather", "n", "i,x", "y"), CAMEO_ERROR_UNSUPPORTED, "known when the model is loaded");
    check_refused(onnx_node("QuantizeLinear", "n", "x,half,i", "y"), CAMEO_ERROR_UNSUPPORTED, "type 7");
    check_refused(onnx_node("Clip", "n", "x,one", "y"), CAMEO_ERROR_UNSUPPORTED, "of one type");
    check_refused(onnx_node("Add", "n", "x,one", "y"), CAMEO_ERROR_UNSUPPORTED, "both integers");
    check_refused(onnx_node("Erf", "n", "i", "y"), CAMEO_ERROR_UNSUPPORTED, "floats only");
    check_refused(onnx_node("Where", "n", "i,half,one", "y"), CAMEO_ERROR_UNSUPPORTED, "two floats or two integers");
    check_refused(onnx_node("SequenceAt", "n", "x,one", "y"), CAMEO_ERROR_UNSUPPORTED, "a sequence");
    pb pool = onnx_node("MaxPool", "n", "x", "y,indices");
    onnx_attribute_is(&pool, "kernel_shape", 2, (int64_t[2]){2, 2});
    check_refused(pool, CAMEO_ERROR_UNSUPPORTED, "indices");
}

/* Numbers that are none end in a sentence: a cut-out of NaN, sizes whose ratio no integer holds. */
static void resizes_to_nowhere(void **state)
{
    (void)state;
    const float nowhere[8] = {0, 0, NAN, 0, 1, 1, NAN, 1};
    const int64_t sizes[2][4] = {{2, 3, 4, 4}, {2, 3, INT64_MAX, INT64_MIN}};
    for (int i = 0; i < 2; i++) {
        pb graph = input_x();
        floats(&graph, "roi", 1, (int64_t[1]){8}, nowhere);
        integers(&graph, "sizes", 1, (int64_t[1]){4}, sizes[i]);
        pb node = onnx_node("Resize", "n", "x,roi,,sizes", "y");
        onnx_attribute_s(&node, "coordinate_transformation_mode", i ? "half_pixel" : "tf_crop_and_resize");
        onnx_attribute_s(&node, "keep_aspect_ratio_policy", i ? "not_larger" : "stretch");
        pb_message(&graph, ONNX_NODE, node);
        output(&graph, "y");
        built b = build(graph, 18);
        assert_int_equal(b.status, i ? CAMEO_ERROR_UNSUPPORTED : CAMEO_ERROR_MISMATCH);
        assert_non_null(strstr(b.error.message, i ? "only height and width" : "would lie at"));
        end(&b);
    }
}

/* Only SequenceAt may read a sequence, and it is no output. */
static void sequences_are_no_tensors(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        pb graph = input_x();
        net_node(&graph, "SplitToSequence", "x", "parts");
        if (i == 0)
            net_node(&graph, "Relu", "parts", "y");
        output(&graph, i ? "parts" : "y");
        built b = build(graph, 18);
        assert_int_equal(b.status, CAMEO_ERROR_UNSUPPORTED);
        assert_non_null(strstr(b.error.message, "parts"));
        end(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_are_sorted),          cmocka_unit_test(elementwise_constants_are_folded),
        cmocka_unit_test(rows_of_constants_are_folded),  cmocka_unit_test(computed_weights_are_weights),
        cmocka_unit_test(sums_run_either_way),           cmocka_unit_test(updates_are_scattered),
        cmocka_unit_test(entries_are_gathered),          cmocka_unit_test(sequences_are_taken_apart),
        cmocka_unit_test(choices_are_exact),             cmocka_unit_test(shape_subgraphs_leave_nothing),
        cmocka_unit_test(nodes_become_the_few_kinds),    cmocka_unit_test(forms_that_do_not_fit),
        cmocka_unit_test(what_is_not_supported),         cmocka_unit_test(sequences_are_no_tensors),
        cmocka_unit_test(resizes_to_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
