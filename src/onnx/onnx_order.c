#include "onnx/onnx_order.h"

/* state of a node: NEW, the number of inputs looked at so far while it is on the stack (>= 0), or DONE. */
enum { DONE = -1, NEW = -2 };

int cm_onnx_order_nodes(const cm_onnx_node *nodes, int node_count, const int *producers, int *order, int *state, int *stack)
{
    int placed = 0;
    for (int i = 0; i < node_count; i++)
        state[i] = NEW;
    for (int root = 0; root < node_count; root++) {
        if (state[root] == DONE)
            continue;
        int depth = 0;
        stack[depth++] = root;
        state[root] = 0;
        while (depth) {
            int node = stack[depth - 1];
            if (state[node] > nodes[node].input_count) {
                state[node] = DONE;
                order[placed++] = node;
                depth--;
                continue;
            }
            /* The condition that it stands under is waited for like an input. */
            int next = state[node]++, value = next < nodes[node].input_count ? nodes[node].inputs[next] : nodes[node].guard;
            int producer = value < 0 ? -1 : producers[value];
            if (producer < 0 || state[producer] == DONE)
                continue;
            if (state[producer] != NEW)
                return producer; /* it waits for this node, and this node for it */
            state[producer] = 0;
            stack[depth++] = producer;
        }
    }
    return -1;
}
