#include "face/head_shape_68.h"

#include <math.h>

const double cm_head_shape_68[CM_HEAD_POINTS][3] = {
    /* 0..16: the jaw, from ear to ear; face width 144, chin 113 below the eyes */
    {-72, 0, -70}, {-72, 20, -68}, {-70, 38, -64}, {-66, 55, -56}, {-60, 72, -46}, {-50, 88, -30}, {-36, 101, -13}, {-19, 110, 2}, {0, 113, 8},
    {19, 110, 2}, {36, 101, -13}, {50, 88, -30}, {60, 72, -46}, {66, 55, -56}, {70, 38, -64}, {72, 20, -68}, {72, 0, -70},
    /* 17..26: the brows */
    {-54, -16, -6}, {-47, -24, 3}, {-37, -26, 9}, {-26, -25, 13}, {-15, -22, 15}, {15, -22, 15}, {26, -25, 13}, {37, -26, 9}, {47, -24, 3}, {54, -16, -6},
    /* 27..35: the nose, down its bridge and along its base; 30 wide */
    {0, -4, 12}, {0, 9, 19}, {0, 22, 27}, {0, 36, 35}, {-15, 44, 16}, {-8, 47, 20}, {0, 49, 21}, {8, 47, 20}, {15, 44, 16},
    /* 36..47: the eyes; 33 between the inner corners, 90 between the outer */
    {-45, 0, -8}, {-36, -5, 2}, {-25, -5, 4}, {-16.5, 1, 0}, {-25, 4, 2}, {-36, 4.5, 0}, {16.5, 1, 0}, {25, -5, 4}, {36, -5, 2}, {45, 0, -8}, {36, 4.5, 0},
    {25, 4, 2},
    /* 48..59: the lips, outside; 52 wide, 72 below the eyes */
    {-26, 72, 8}, {-16, 66, 18}, {-6, 62.5, 23.5}, {0, 64, 24}, {6, 62.5, 23.5}, {16, 66, 18}, {26, 72, 8}, {18, 78.5, 15}, {8, 82, 20.5}, {0, 83, 22},
    {-8, 82, 20.5}, {-18, 78.5, 15},
    /* 60..67: the lips, inside */
    {-22, 72, 10}, {-8, 70.5, 20}, {0, 71, 22}, {8, 70.5, 20}, {22, 72, 10}, {8, 73, 19}, {0, 73.5, 21}, {-8, 73, 19}};

void cm_head_shape_five(double five[CM_HEAD_FIVE][3])
{
    enum { LEFT_EYE = 36, RIGHT_EYE = 42, EYE_POINTS = 6, NOSE_TIP = 30, LEFT_MOUTH = 48, RIGHT_MOUTH = 54 };
    for (int axis = 0; axis < 3; axis++) {
        five[0][axis] = five[1][axis] = 0;
        for (int i = 0; i < EYE_POINTS; i++) {
            five[0][axis] += cm_head_shape_68[LEFT_EYE + i][axis] / EYE_POINTS;
            five[1][axis] += cm_head_shape_68[RIGHT_EYE + i][axis] / EYE_POINTS;
        }
        five[2][axis] = cm_head_shape_68[NOSE_TIP][axis];
        five[3][axis] = cm_head_shape_68[LEFT_MOUTH][axis];
        five[4][axis] = cm_head_shape_68[RIGHT_MOUTH][axis];
    }
}

void cm_head_shape_tilted(double shape[CM_HEAD_POINTS][3])
{
    const double tilt = 6.7 * 0.017453292519943295; /* in radians */
    for (int i = 0; i < CM_HEAD_POINTS; i++) {
        double y = cm_head_shape_68[i][1], z = cm_head_shape_68[i][2];
        shape[i][0] = cm_head_shape_68[i][0];
        shape[i][1] = cos(tilt) * y - sin(tilt) * z;
        shape[i][2] = sin(tilt) * y + cos(tilt) * z;
    }
}
