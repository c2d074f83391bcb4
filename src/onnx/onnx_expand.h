/* Calls of model-local functions (FunctionProto, as PyTorch's dynamo exporter writes them) and the branches of If, laid open: the nodes in them become
 * nodes of the graph. Nothing is copied: an entry is the NodeProto where it lies in the file, with the scope that its names belong to.
 *
 *   graph            function f(a) -> b         entries, scope
 *   y = f(x)         t = Relu(a)                t = Relu(a)   f#1: a is x, t is f#1/t
 *                    b = Neg(t)                 b = Neg(t)    f#1: b is y
 *
 * Names within a function are its own; a branch sees the names around it too. Branches cannot be chosen here, since their conditions are known only with
 * the shapes: both become entries, guarded by the condition, and the If chooses among their outputs. */
#ifndef CM_ONNX_ONNX_EXPAND_H
#define CM_ONNX_ONNX_EXPAND_H

#include "onnx/onnx_reader.h"

/* A name within a scope, and what it is in the graph. */
typedef struct cm_onnx_renamed {
    cm_text local, name;
} cm_onnx_renamed;

typedef struct cm_onnx_scope {
    const struct cm_onnx_scope *around;   /* a branch: looks there for what it does not define; NULL: the graph */
    const struct cm_onnx_scope *caller;   /* a function: the scope of the call */
    bool is_function;
    cm_text call, function;               /* a function: the NodeProto of the call, the FunctionProto */
    cm_text guard;                        /* a branch: name of the condition in the graph */
    bool guard_value;                     /* a branch: taken if the condition is this */
    const char *prefix;                   /* "f#1/": before all names of the scope */
    cm_onnx_renamed *names;               /* [name_count], sorted by local */
    int name_count, depth;
} cm_onnx_scope;

typedef struct cm_onnx_entry {
    cm_text message;             /* NodeProto or, of a branch's initializers, TensorProto */
    const cm_onnx_scope *scope;  /* NULL: the graph itself */
    const cm_text *more;         /* of an If: names in the graph of its branches' outputs, which it reads besides its condition */
    int more_count;
} cm_onnx_entry;

typedef struct cm_onnx_entries {
    cm_onnx_entry *list; /* [count], malloc'ed */
    int count, capacity;
} cm_onnx_entries;

typedef struct cm_onnx_expansion {
    cm_onnx_entries nodes;        /* in the order of the file */
    cm_onnx_entries initializers; /* those of branches */
} cm_onnx_expansion;

/* Lays a GraphProto open. Errors: FORMAT (a function that calls itself and the like), UNSUPPORTED, LIMIT (max_nodes, depth), MEMORY. What is in
 * *expansion is to be freed after a failure too. */
cameo_status cm_onnx_expand(cm_onnx_reader *reader, cm_text graph, cm_onnx_expansion *expansion);
void cm_onnx_expansion_free(cm_onnx_expansion *expansion);

/* What a name within a scope is called in the graph; "" stays "". What a function does not define becomes a name that no value has. */
cm_text cm_onnx_scope_name(const cm_onnx_scope *scope, cm_text name);
/* The condition that nodes of a scope are guarded by: of its innermost branch, also around a function that is called there. NULL: none. */
const cm_onnx_scope *cm_onnx_scope_guard(const cm_onnx_scope *scope);
/* The AttributeProto that an attribute of a node within a scope refers to (ref_attr_name): the call's, or the function's default, or itself. Its name
 * stays that of `attribute`. *value.at is NULL where the call leaves it out. Errors: FORMAT. */
cameo_status cm_onnx_scope_attribute(cm_onnx_reader *reader, const cm_onnx_scope *scope, cm_text attribute, cm_text *value);

#endif
