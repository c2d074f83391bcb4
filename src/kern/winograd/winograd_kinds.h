/* A tile has four kinds: each of its sides is a whole one or half of it, and transforms want to know which at compile time. */
#ifndef CM_KERN_WINOGRAD_KINDS_H
#define CM_KERN_WINOGRAD_KINDS_H

/* transform(tile, down, across) for the tile's kind. whole: the constant side of a whole tile; half of it comes after it. */
#define WINOGRAD_KINDS(transform, tile, whole)                         \
    do {                                                               \
        const winograd_side half = (winograd_side)((whole) + 1);       \
        if ((tile)->half_down && (tile)->half_across)                  \
            transform(tile, half, half);                               \
        else if ((tile)->half_down)                                    \
            transform(tile, half, whole);                              \
        else if ((tile)->half_across)                                  \
            transform(tile, whole, half);                              \
        else                                                           \
            transform(tile, whole, whole);                             \
    } while (0)

#endif
