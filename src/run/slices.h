/* Large batches in slices: with many pictures at once what layers hand to each other leaves the caches, with a few it does not, and the weights
 * still serve several. A network that handles each picture by itself is planned for a slice and run for one after the other. */
#ifndef CM_RUN_SLICES_H
#define CM_RUN_SLICES_H

#include "graph/graph.h"

/* At most so many pictures a slice; measured on r50, where 4 to 16 take the same time a picture. */
enum { CM_SLICE_PICTURES = 8 };

/* Pictures a slice has if there are so many in all. Slices have one size; the last may begin within the one before. */
int64_t cm_slice_of(int64_t pictures);

/* Whether a graph that is planned for a slice gives for each of its pictures what a graph for any number of pictures gives for it: axis 0 of every
 * value counts pictures, and no op looks from one to another. */
bool cm_slices_fit(const cm_graph *graph, int64_t slice);

#endif
