/* The sides of Winograd's tiles, see winograd_steps.h. */
#include "kern/kern.h"

const cm_winograd_side *cm_winograd_side_of(cm_winograd_scheme scheme, bool half)
{
    static const cm_winograd_side sides[CM_WINOGRAD_SCHEMES][2] = {
        [CM_WINOGRAD_2] = { { .outputs = 2, .inputs = 4, .positions = 4, .weight = { 0, 1, 2, 3 } },
                            { .outputs = 1, .inputs = 3, .positions = 3, .weight = { 0, 1, 3 } } },
        [CM_WINOGRAD_4] = { { .outputs = 4, .inputs = 6, .positions = 6, .weight = { 0, 1, 2, 3, 4, 5 } },
                            { .outputs = 2, .inputs = 4, .positions = 4, .weight = { 0, 1, 2, 5 } } },
        [CM_WINOGRAD_2_STRIDE2] = { { .outputs = 2, .inputs = 5, .positions = 5, .weight = { 0, 1, 2, 3, 3 } },
                                    { .outputs = 1, .inputs = 3, .positions = 3, .weight = { 0, 2, 3 } } },
        [CM_WINOGRAD_4_STRIDE2] = { { .outputs = 4, .inputs = 9, .positions = 9, .weight = { 0, 1, 2, 3, 4, 5, 5, 5, 5 } },
                                    { .outputs = 2, .inputs = 5, .positions = 5, .weight = { 0, 1, 4, 5, 5 } } },
    };
    return &sides[scheme][half];
}

cm_winograd_scheme cm_winograd_scheme_of(int m, int stride)
{
    if (stride == 2)
        return m == 2 ? CM_WINOGRAD_2_STRIDE2 : CM_WINOGRAD_4_STRIDE2;
    return m == 2 ? CM_WINOGRAD_2 : CM_WINOGRAD_4;
}

int cm_winograd_edge(cm_winograd_scheme scheme)
{
    return cm_winograd_side_of(scheme, false)->outputs + 2;
}
