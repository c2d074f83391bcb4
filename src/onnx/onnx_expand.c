#include "onnx/onnx_expand.h"

#include "base/limits.h"
#include "onnx/onnx_functions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Field numbers of NodeProto, AttributeProto, GraphProto, FunctionProto, TensorProto and ValueInfoProto. */
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_OP_TYPE = 4, NODE_ATTRIBUTE = 5, NODE_DOMAIN = 7, NODE_OVERLOAD = 8 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_GRAPH = 6, ATTRIBUTE_REFERENCE = 21 };
enum { GRAPH_NODE = 1, GRAPH_INITIALIZER = 5, GRAPH_OUTPUT = 12, VALUE_NAME = 1, TENSOR_NAME = 8 };
enum { FUNCTION_INPUT = 4, FUNCTION_OUTPUT = 5, FUNCTION_NODE = 7, FUNCTION_DEFAULT = 11 };

/* Functions in functions, branches in branches: exporters go three deep. */
enum { MOST_DEPTH = 32, NAME_BYTES = 160 };

typedef struct expander {
    cm_onnx_reader *reader;
    cm_onnx_expansion *out;
    int opened; /* scopes: numbers their names, and is limited like nodes, since a scope may hold none */
} expander;

/* ---- Reading fields ---- */

static bool is(cm_text text, const char *word)
{
    return text.size == strlen(word) && memcmp(text.at, word, text.size) == 0;
}

/* Calls back for each occurrence of a field that holds bytes. */
typedef cameo_status visitor(void *context, cm_text bytes);

static cameo_status each(cm_onnx_reader *reader, cm_text message, uint32_t number, const char *what, visitor *visit, void *context)
{
    cm_wire wire = cm_wire_open(message, reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number) {
        if (field.number != number)
            continue;
        status = cm_wire_expect(&field, CM_WIRE_BYTES, what, reader->error);
        if (status == CAMEO_OK)
            status = visit(context, field.bytes);
        if (status != CAMEO_OK)
            return status;
    }
    return status;
}

static cameo_status take_last(void *context, cm_text bytes)
{
    *(cm_text *)context = bytes;
    return CAMEO_OK;
}

/* The last occurrence; what is in *text stays where there is none. */
static cameo_status last(cm_onnx_reader *reader, cm_text message, uint32_t number, cm_text *text)
{
    return each(reader, message, number, "a name or a graph", take_last, text);
}

typedef struct header {
    cm_text name, op_type, domain, overload, first_output;
} header;

static cameo_status read_header(cm_onnx_reader *reader, cm_text node, header *h)
{
    static const unsigned char nothing[1];
    const cm_text none = {nothing, 0};
    *h = (header){none, none, none, none, none};
    cm_wire wire = cm_wire_open(node, reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number) {
        if (field.type != CM_WIRE_BYTES)
            continue; /* the node's reader complains */
        switch (field.number) {
        case NODE_OUTPUT:
            h->first_output = h->first_output.size ? h->first_output : field.bytes;
            break;
        case NODE_NAME:
            h->name = field.bytes;
            break;
        case NODE_OP_TYPE:
            h->op_type = field.bytes;
            break;
        case NODE_DOMAIN:
            h->domain = field.bytes;
            break;
        case NODE_OVERLOAD:
            h->overload = field.bytes;
            break;
        default:
            break;
        }
    }
    return status;
}

/* ---- Names ---- */

static int compare_locals(const void *left, const void *right)
{
    const cm_text a = ((const cm_onnx_renamed *)left)->local, b = ((const cm_onnx_renamed *)right)->local;
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.at, b.at, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

cm_text cm_onnx_scope_name(const cm_onnx_scope *scope, cm_text name)
{
    /* No value can have a name with a NUL inside. */
    static const unsigned char nobody[1];
    for (; scope && name.size; scope = scope->around) {
        const cm_onnx_renamed wanted = {.local = name};
        const cm_onnx_renamed *found =
            scope->name_count ? bsearch(&wanted, scope->names, (size_t)scope->name_count, sizeof wanted, compare_locals) : NULL;
        if (found)
            return found->name;
        if (scope->is_function)
            return (cm_text){nobody, sizeof nobody}; /* nobody outside can be meant */
    }
    return name;
}

const cm_onnx_scope *cm_onnx_scope_guard(const cm_onnx_scope *scope)
{
    while (scope && scope->is_function)
        scope = scope->caller;
    return scope;
}

/* A scope under construction: names are gathered in an array that grows. */
typedef struct names {
    expander *e;
    cm_onnx_scope *scope;
    int capacity, position;
    const cm_text *actual; /* of a call: its inputs or outputs */
    int actual_count;
} names;

static cameo_status add_name(names *n, cm_text local, cm_text name)
{
    cm_onnx_scope *scope = n->scope;
    if (scope->name_count == n->capacity) {
        n->capacity = n->capacity ? 2 * n->capacity : 32;
        cm_onnx_renamed *grown = cm_onnx_alloc(n->e->reader, (size_t)n->capacity, sizeof *grown);
        if (!grown)
            return cm_onnx_alloc_status(n->e->reader);
        if (scope->name_count)
            memcpy(grown, scope->names, (size_t)scope->name_count * sizeof *grown);
        scope->names = grown;
    }
    scope->names[scope->name_count++] = (cm_onnx_renamed){local, name};
    return CAMEO_OK;
}

/* A formal input or output is what the call says; what it leaves out is nothing. */
static cameo_status bind_formal(void *context, cm_text local)
{
    names *n = context;
    cm_text actual = n->position < n->actual_count ? n->actual[n->position] : (cm_text){local.at, 0};
    n->position++;
    return local.size ? add_name(n, local, actual) : CAMEO_OK;
}

static void sort_names(cm_onnx_scope *scope)
{
    if (scope->name_count)
        qsort(scope->names, (size_t)scope->name_count, sizeof *scope->names, compare_locals);
}

static bool is_known(const cm_onnx_scope *scope, int count, cm_text local)
{
    const cm_onnx_renamed wanted = {.local = local};
    return count && bsearch(&wanted, scope->names, (size_t)count, sizeof wanted, compare_locals);
}

/* Names that the scope's nodes and initializers define, with its prefix. */
typedef struct definer {
    names *n;
    int formals; /* the first of the names, sorted */
} definer;

static cameo_status define(void *context, cm_text local)
{
    definer *d = context;
    if (local.size == 0 || is_known(d->n->scope, d->formals, local))
        return CAMEO_OK;
    cm_onnx_reader *reader = d->n->e->reader;
    size_t prefix = strlen(d->n->scope->prefix);
    char *text = cm_onnx_alloc(reader, prefix + local.size + 1, 1);
    if (!text)
        return cm_onnx_alloc_status(reader);
    memcpy(text, d->n->scope->prefix, prefix);
    memcpy(text + prefix, local.at, local.size);
    return add_name(d->n, local, (cm_text){(const unsigned char *)text, prefix + local.size});
}

static cameo_status define_outputs(void *context, cm_text node)
{
    definer *d = context;
    return each(d->n->e->reader, node, NODE_OUTPUT, "NodeProto.output", define, d);
}

static cameo_status define_initializer(void *context, cm_text tensor)
{
    definer *d = context;
    return each(d->n->e->reader, tensor, TENSOR_NAME, "TensorProto.name", define, d);
}

/* ---- Scopes ---- */

static cameo_status open_scope(expander *e, const header *h, const cm_onnx_scope *within, cm_onnx_scope **result)
{
    cm_onnx_reader *reader = e->reader;
    if (e->opened == reader->limits.max_nodes)
        return cm_fail(reader->error, CAMEO_ERROR_LIMIT, "more than %d functions are called" CM_RAISE_NODES, e->opened);
    int depth = within ? within->depth + 1 : 1;
    if (depth > MOST_DEPTH)
        return cm_fail(reader->error, CAMEO_ERROR_LIMIT, "functions and branches lie more than %d deep in each other: \"%.*s\" calls itself, perhaps",
                       MOST_DEPTH, CM_TEXT_SHOWN(h->op_type));
    cm_onnx_scope *scope = cm_onnx_alloc(reader, 1, sizeof *scope);
    char *prefix = cm_onnx_alloc(reader, NAME_BYTES, 1);
    if (!scope || !prefix)
        return cm_onnx_alloc_status(reader);
    cm_text shown = h->name.size ? h->name : h->first_output;
    snprintf(prefix, NAME_BYTES, "%.*s#%d/", CM_TEXT_SHOWN(shown), ++e->opened);
    if (memchr(shown.at, 0, shown.size))
        return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "the name of a node has a NUL character inside");
    *scope = (cm_onnx_scope){.depth = depth, .prefix = prefix};
    *result = scope;
    return CAMEO_OK;
}

static cameo_status append(expander *e, cm_onnx_entries *entries, const cm_onnx_entry *entry)
{
    if (entries->count == e->reader->limits.max_nodes)
        return cm_fail(e->reader->error, CAMEO_ERROR_LIMIT, "the graph has more than %d nodes" CM_RAISE_NODES, entries->count);
    if (entries->count == entries->capacity) {
        int capacity = entries->capacity ? 2 * entries->capacity : 256;
        cm_onnx_entry *grown = realloc(entries->list, (size_t)capacity * sizeof *grown);
        if (!grown)
            return cm_fail(e->reader->error, CAMEO_ERROR_MEMORY, "out of memory");
        entries->list = grown;
        entries->capacity = capacity;
    }
    entries->list[entries->count++] = *entry;
    return CAMEO_OK;
}

/* The nodes, or a branch's initializers, of one scope. */
typedef struct walk {
    expander *e;
    const cm_onnx_scope *scope;
} walk;

static visitor expand_node;

static cameo_status append_initializer(void *context, cm_text tensor)
{
    const walk *w = context;
    return append(w->e, &w->e->out->initializers, &(cm_onnx_entry){.message = tensor, .scope = w->scope});
}

/* Names of a node's inputs or outputs, as they are called in the graph. */
typedef struct actuals {
    cm_onnx_reader *reader;
    const cm_onnx_scope *scope;
    cm_text *list;
    int count, capacity;
} actuals;

static cameo_status add_actual(void *context, cm_text name)
{
    actuals *a = context;
    if (a->count == a->capacity) {
        a->capacity = a->capacity ? 2 * a->capacity : 8;
        cm_text *grown = cm_onnx_alloc(a->reader, (size_t)a->capacity, sizeof *grown);
        if (!grown)
            return cm_onnx_alloc_status(a->reader);
        if (a->count)
            memcpy(grown, a->list, (size_t)a->count * sizeof *grown);
        a->list = grown;
    }
    a->list[a->count++] = cm_onnx_scope_name(a->scope, name);
    return CAMEO_OK;
}

static cameo_status bind_formals(names *n, cm_text call, uint32_t actual_field, cm_text function, uint32_t formal_field)
{
    cm_onnx_reader *reader = n->e->reader;
    actuals a = {.reader = reader, .scope = n->scope->caller};
    cameo_status status = each(reader, call, actual_field, "NodeProto.input or output", add_actual, &a);
    n->position = 0;
    n->actual = a.list;
    n->actual_count = a.count;
    if (status == CAMEO_OK)
        status = each(reader, function, formal_field, "FunctionProto.input or output", bind_formal, n);
    if (status == CAMEO_OK && n->actual_count > n->position)
        return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "it is called with %d inputs or outputs, but has %d", n->actual_count, n->position);
    return status;
}

static cameo_status check_formals(const cm_onnx_scope *scope, cameo_error *error)
{
    for (int i = 0; i + 1 < scope->name_count; i++)
        if (compare_locals(&scope->names[i], &scope->names[i + 1]) == 0)
            return cm_fail(error, CAMEO_ERROR_UNSUPPORTED, "its parameter \"%.*s\" is there twice, or returned as it is", CM_TEXT_SHOWN(scope->names[i].local));
    return CAMEO_OK;
}

static cameo_status call_function(expander *e, cm_text node, const header *h, const cm_onnx_function *function, const cm_onnx_scope *caller)
{
    cm_onnx_scope *scope;
    cameo_status status = open_scope(e, h, caller, &scope);
    if (status != CAMEO_OK)
        return status;
    scope->is_function = true;
    scope->caller = caller;
    scope->call = node;
    scope->function = function->message;
    names n = {.e = e, .scope = scope};
    status = bind_formals(&n, node, NODE_INPUT, function->message, FUNCTION_INPUT);
    if (status == CAMEO_OK)
        status = bind_formals(&n, node, NODE_OUTPUT, function->message, FUNCTION_OUTPUT);
    sort_names(scope);
    if (status == CAMEO_OK)
        status = check_formals(scope, e->reader->error);
    definer d = {.n = &n, .formals = scope->name_count};
    if (status == CAMEO_OK)
        status = each(e->reader, function->message, FUNCTION_NODE, "FunctionProto.node", define_outputs, &d);
    sort_names(scope);
    walk w = {.e = e, .scope = scope};
    return status == CAMEO_OK ? each(e->reader, function->message, FUNCTION_NODE, "FunctionProto.node", expand_node, &w) : status;
}

/* ---- If ---- */

typedef struct branch_search {
    cm_onnx_reader *reader;
    const char *name;
    cm_text graph; /* at NULL: not found */
} branch_search;

static cameo_status find_branch(void *context, cm_text attribute)
{
    static const unsigned char nothing[1];
    branch_search *search = context;
    cm_text name = {nothing, 0};
    cameo_status status = last(search->reader, attribute, ATTRIBUTE_NAME, &name);
    return status == CAMEO_OK && is(name, search->name) ? last(search->reader, attribute, ATTRIBUTE_GRAPH, &search->graph) : status;
}

static cameo_status add_branch_output(void *context, cm_text value_info)
{
    static const unsigned char nothing[1];
    actuals *a = context;
    cm_text name = {nothing, 0};
    cameo_status status = last(a->reader, value_info, VALUE_NAME, &name);
    return status == CAMEO_OK ? add_actual(a, name) : status;
}

/* What is in one branch becomes entries; its outputs are added to `outputs`. */
static cameo_status open_branch(expander *e, cm_text node, const header *h, const cm_onnx_scope *around, cm_text guard, bool value, actuals *outputs)
{
    branch_search search = {.reader = e->reader, .name = value ? "then_branch" : "else_branch"};
    cm_onnx_scope *scope;
    cameo_status status = each(e->reader, node, NODE_ATTRIBUTE, "NodeProto.attribute", find_branch, &search);
    if (status == CAMEO_OK && !search.graph.at)
        return cm_fail(e->reader->error, CAMEO_ERROR_FORMAT, "it has no %s", search.name);
    if (status == CAMEO_OK)
        status = open_scope(e, h, around, &scope);
    if (status != CAMEO_OK)
        return status;
    scope->around = around;
    scope->guard = guard;
    scope->guard_value = value;
    names n = {.e = e, .scope = scope};
    definer d = {.n = &n};
    status = each(e->reader, search.graph, GRAPH_NODE, "GraphProto.node", define_outputs, &d);
    if (status == CAMEO_OK)
        status = each(e->reader, search.graph, GRAPH_INITIALIZER, "GraphProto.initializer", define_initializer, &d);
    sort_names(scope);
    walk w = {.e = e, .scope = scope};
    if (status == CAMEO_OK)
        status = each(e->reader, search.graph, GRAPH_INITIALIZER, "GraphProto.initializer", append_initializer, &w);
    if (status == CAMEO_OK)
        status = each(e->reader, search.graph, GRAPH_NODE, "GraphProto.node", expand_node, &w);
    outputs->scope = scope;
    return status == CAMEO_OK ? each(e->reader, search.graph, GRAPH_OUTPUT, "GraphProto.output", add_branch_output, outputs) : status;
}

static cameo_status open_branches(expander *e, cm_text node, const header *h, const cm_onnx_scope *scope)
{
    actuals conditions = {.reader = e->reader, .scope = scope}, outputs = {.reader = e->reader};
    cameo_status status = each(e->reader, node, NODE_INPUT, "NodeProto.input", add_actual, &conditions);
    if (status == CAMEO_OK && (conditions.count != 1 || conditions.list[0].size == 0))
        return cm_fail(e->reader->error, CAMEO_ERROR_FORMAT, "it has %d inputs, and needs one condition", conditions.count);
    for (int value = 1; value >= 0 && status == CAMEO_OK; value--)
        status = open_branch(e, node, h, scope, conditions.list[0], value != 0, &outputs);
    if (status != CAMEO_OK)
        return status;
    return append(e, &e->out->nodes, &(cm_onnx_entry){.message = node, .scope = scope, .more = outputs.list, .more_count = outputs.count});
}

static cameo_status expand_node(void *context, cm_text node)
{
    const walk *w = context;
    header h;
    cameo_status status = read_header(w->e->reader, node, &h);
    if (status != CAMEO_OK)
        return status;
    const cm_onnx_function *function = cm_onnx_function_find(w->e->reader, h.op_type, h.domain, h.overload);
    if (function)
        status = call_function(w->e, node, &h, function, w->scope);
    else if (is(h.op_type, "If") && cm_onnx_is_default_domain(h.domain))
        status = open_branches(w->e, node, &h, w->scope);
    else
        return append(w->e, &w->e->out->nodes, &(cm_onnx_entry){.message = node, .scope = w->scope});
    cm_text shown = h.name.size ? h.name : h.first_output;
    /* The innermost name is enough: a sentence with 32 of them helps nobody. */
    if (status != CAMEO_OK && !w->scope)
        return cm_fail_prefix(w->e->reader->error, status, "node \"%.*s\" (%.*s)", CM_TEXT_SHOWN(shown), CM_TEXT_SHOWN(h.op_type));
    return status;
}

cameo_status cm_onnx_expand(cm_onnx_reader *reader, cm_text graph, cm_onnx_expansion *expansion)
{
    *expansion = (cm_onnx_expansion){0};
    expander e = {.reader = reader, .out = expansion};
    walk w = {.e = &e};
    return each(reader, graph, GRAPH_NODE, "GraphProto.node", expand_node, &w);
}

void cm_onnx_expansion_free(cm_onnx_expansion *expansion)
{
    free(expansion->nodes.list);
    free(expansion->initializers.list);
}

/* ---- Attributes of calls ---- */

typedef struct attribute_search {
    cm_onnx_reader *reader;
    cm_text name, found; /* found.at NULL: not there */
} attribute_search;

static cameo_status match_attribute(void *context, cm_text attribute)
{
    static const unsigned char nothing[1];
    attribute_search *search = context;
    cm_text name = {nothing, 0};
    cameo_status status = last(search->reader, attribute, ATTRIBUTE_NAME, &name);
    if (status == CAMEO_OK && name.size == search->name.size && memcmp(name.at, search->name.at, name.size) == 0)
        search->found = attribute;
    return status;
}

cameo_status cm_onnx_scope_attribute(cm_onnx_reader *reader, const cm_onnx_scope *scope, cm_text attribute, cm_text *value)
{
    *value = attribute;
    while (scope) {
        attribute_search search = {.reader = reader};
        cameo_status status = last(reader, *value, ATTRIBUTE_REFERENCE, &search.name);
        while (scope && !scope->is_function)
            scope = scope->around;
        if (status != CAMEO_OK || search.name.size == 0 || !scope)
            return status;
        status = each(reader, scope->call, NODE_ATTRIBUTE, "NodeProto.attribute", match_attribute, &search);
        bool from_call = search.found.at != NULL;
        if (status == CAMEO_OK && !from_call)
            status = each(reader, scope->function, FUNCTION_DEFAULT, "FunctionProto.attribute_proto", match_attribute, &search);
        *value = search.found;
        if (status != CAMEO_OK || !from_call)
            return status;
        scope = scope->caller;
    }
    return CAMEO_OK;
}
