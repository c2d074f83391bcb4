/* The fastest way for each shape of a 3x3 convolution, as `./run tune` measured and printed it; for algorithm.c alone.
 *
 *   {stride, input channels, output channels, {fast, for each of MEASURED_SIZES}, {compact, likewise}}
 *
 * D direct, F2 and F4 Winograd with tiles of 2x2 and 4x4 output pixels; H: weights kept as half floats, Winograd's transformed; S: filters kept as half
 * floats, transformed in each run. */
#ifndef CM_RUN_ALGORITHM_ROWS_H
#define CM_RUN_ALGORITHM_ROWS_H

#include "run/algorithm.h"

#define MEASURED_SIZES 7, 10, 14, 20, 28, 40, 56, 80, 112, 160, 320

#define D {0, false, false}
#define DH {0, true, false}
#define F2 {2, false, false}
#define F2S {2, true, false}
#define F2H {2, true, true}
#define F4 {4, false, false}
#define F4S {4, true, false}
#define F4H {4, true, true}

static const cm_algorithm_row avx512_rows[] = {
    {1, 16, 3, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 64, 3, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 8, 8, {D, D, D, D, D, F4, F4, F4, F4, F4, F4}, {D, D, D, D, D, F4, F4, F4, F4, F4, F4}},
    {1, 8, 16, {D, D, D, D, D, F4, F4, F4, F4, F4, F4}, {D, D, D, D, D, F4, F4, F4, F4, F4, F4}},
    {1, 16, 8, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 8, 32, {D, D, D, D, D, D, D, F4, F4, F4, F4}, {D, D, D, D, D, D, D, F4, F4, F4, F4}},
    {1, 32, 8, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 8, 64, {D, D, D, D, D, D, D, F4, F4, F4, D}, {D, D, D, D, D, D, D, F4, F4, F4, D}},
    {1, 64, 8, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 16, 16, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 16, 32, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 32, 16, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 16, 64, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 64, 16, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 24, 24, {D, D, D, D, F4, F4, F4, F4, F4, F4, F4}, {D, D, D, D, F4, F4, F4, F4, F4, F4, F4}},
    {1, 24, 64, {D, D, D, D, F4, F4, F4, F4, F4, F4, F4}, {D, D, D, D, F4, F4, F4, F4, F4, F4, F4}},
    {1, 64, 24, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 32, 32, {D, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 32, 64, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 64, 32, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 32, 128, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 128, 32, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 48, 48, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 64, 64, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 64, 128, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F4H, F4H, F4H, F4H, F4, F4, F4, F4, F4, F4, F4}},
    {1, 128, 64, {D, F2, F2, F4, F4, F4, F4, F4, F4, F4, F4}, {F4H, F4H, F4H, F4H, F4, F4S, F4, F4S, F4S, F4S, F4S}},
    {1, 64, 256, {F4H, F4H, F4H, F4H, F4, F4, F4, F4, F4, F4, F4}, {F2H, F2H, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 256, 64, {F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2H, F2H, F4S, F4, F4, F4, F4S, F4S, F4S, F4S, F4S}},
    {1, 96, 96, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}},
    {1, 128, 128, {F4H, F4H, F4H, F4H, F4, F4S, F4H, F4H, F4H, F4H, F4H}, {F2H, F2H, F4, F4, F4, F4S, F4, F4, F4, F4, F4}},
    {1, 128, 256, {F2H, F4H, F4H, F4H, F4, F4, F4, F4, F4, F4, F4}, {F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 256, 128, {F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 128, 512, {F2H, F4H, F4H, F4H, F4S, F4S, F4S, F4S, F4S, F4S, F4S}, {F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 512, 128, {F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 256, 256, {F2H, F4H, F4H, F4S, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 256, 512, {F2H, F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 512, 256, {F2H, F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 512, 512, {F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S}},
    {2, 16, 16, {D, D, D, D, D, D, D, D, D, D, D}, {D, D, D, D, D, D, D, D, D, D, D}},
    {2, 32, 32, {D, D, D, D, D, D, D, D, D, D, D}, {D, D, D, D, D, D, D, D, D, D, D}},
    {2, 64, 64, {D, D, D, F4, F4, F4, F4, F4, F4, F4, F4}, {D, D, D, F4, F4, F4, F4, F4, F4, F4, F4}},
    {2, 128, 128, {D, F4H, F4H, F4H, F4H, F2, F2, F2, F2, F2, F2}, {F2H, F2H, F4S, F4S, F2, F2, F2S, F2S, F2S, F2S, F2S}},
    {2, 256, 256, {F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {2, 512, 512, {F2H, F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S}},
    {2, 8, 16, {D, D, D, D, D, D, D, D, D, D, D}, {D, D, D, D, D, D, D, D, D, D, D}},
    {2, 16, 8, {D, D, D, D, D, D, D, D, D, D, D}, {D, D, D, D, D, D, D, D, D, D, D}},
    {2, 16, 32, {D, D, D, D, D, D, D, D, D, D, D}, {D, D, D, D, D, D, D, D, D, D, D}},
    {2, 32, 16, {D, D, D, D, D, D, D, D, D, D, F4}, {D, D, D, D, D, D, D, D, D, D, F4}},
    {2, 32, 64, {D, D, D, D, F4, F4, F4, F4, F4, F4, F4}, {D, D, D, D, F4, F4, F4, F4, F4, F4, F4}},
    {2, 64, 32, {D, D, D, D, D, D, F4, D, D, D, D}, {D, D, D, D, D, D, F4, D, D, D, D}},
    {2, 64, 128, {D, D, D, F2, F2, F4, F4, F4, F4, F4, F4}, {D, F4H, F4H, F4S, F4S, F4, F4, F4, F4, F4, F4}},
    {2, 128, 64, {D, D, D, D, D, F2, F4, F4, F4, F4, F4}, {D, F4H, F4H, F4H, F4H, F4S, F4, F4, F4, F4, F4}},
    {2, 128, 256, {F2H, F4H, F4H, F4, F4H, F4, F4, F4, F4, F4, F4}, {F2S, F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {2, 256, 128, {F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {2, 256, 512, {F2H, F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {2, 512, 256, {F2H, F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S}},
};

static const cm_algorithm_row avx2_rows[] = {
    {1, 16, 3, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 64, 3, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 8, 8, {D, D, D, D, D, D, D, F4, D, D, D}, {D, D, D, D, D, D, D, F4, D, D, D}},
    {1, 8, 16, {D, D, D, D, D, D, D, F4, D, F4, F4}, {D, D, D, D, D, D, D, F4, D, F4, F4}},
    {1, 16, 8, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 8, 32, {D, D, D, D, D, D, D, D, D, F4, F4}, {D, D, D, D, D, D, D, D, D, F4, F4}},
    {1, 32, 8, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 8, 64, {D, D, D, D, D, D, D, D, D, F4, D}, {D, D, D, D, D, D, D, D, D, F4, D}},
    {1, 64, 8, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 16, 16, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 16, 32, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {D, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 32, 16, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 16, 64, {F2, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 64, 16, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 24, 24, {D, D, D, F4, F4, F4, F4, F4, F4, F4, F4}, {D, D, D, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 24, 64, {D, D, D, F4, F4, F4, F4, F4, F4, F4, F4}, {D, D, D, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 64, 24, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 32, 32, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 32, 64, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 64, 32, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 32, 128, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 128, 32, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 48, 48, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 64, 64, {F2, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F2, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 64, 128, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F4H, F4H, F4H, F4H, F4H, F4, F4S, F4, F4, F4, F4}},
    {1, 128, 64, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F4H, F4H, F4H, F4H, F4H, F4, F4S, F4, F4, F4, F4}},
    {1, 64, 256, {F4H, F4H, F4H, F4H, F4, F4, F4, F4, F4, F4, F4}, {F2H, F2H, F4, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 256, 64, {F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2H, F2H, F4S, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 96, 96, {F2, F2, F4, F4, F4, F4, F4, F4, F4, F4, F4}, {F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}},
    {1, 128, 128, {F4H, F4H, F4H, F4H, F4H, F4, F4H, F4H, F4H, F4H, F4H}, {F2H, F2H, F4S, F4, F4, F4, F4, F4, F4, F4, F4}},
    {1, 128, 256, {F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 256, 128, {F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 128, 512, {F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 512, 128, {F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 256, 256, {F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 256, 512, {F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 512, 256, {F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {1, 512, 512, {F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S}},
    {2, 8, 16, {D, D, D, D, D, D, D, D, D, D, D}, {D, D, D, D, D, D, D, D, D, D, D}},
    {2, 16, 8, {D, D, D, D, D, D, D, D, D, D, D}, {D, D, D, D, D, D, D, D, D, D, D}},
    {2, 16, 16, {D, D, D, D, D, D, D, D, D, D, D}, {D, D, D, D, D, D, D, D, D, D, D}},
    {2, 16, 32, {D, D, D, D, D, D, D, D, D, D, D}, {D, D, D, D, D, D, D, D, D, D, D}},
    {2, 32, 16, {D, D, D, D, D, D, D, D, D, D, D}, {D, D, D, D, D, D, D, D, D, D, D}},
    {2, 32, 32, {D, D, D, D, D, D, D, D, D, D, D}, {D, D, D, D, D, D, D, D, D, D, D}},
    {2, 32, 64, {D, D, D, F4, F4, F4, F4, F4, F4, F4, F4}, {D, D, D, F4, F4, F4, F4, F4, F4, F4, F4}},
    {2, 64, 32, {D, D, D, D, F4, D, D, D, D, F4, F4}, {D, D, D, D, F4, D, D, D, D, F4, F4}},
    {2, 64, 64, {D, D, F2, F4, F4, F4, F4, F4, F4, F4, F4}, {D, D, F2, F4, F4, F4, F4, F4, F4, F4, F4}},
    {2, 64, 128, {D, F2, F2, F2, F2, F4, F4, F4, F4, F4, F4}, {D, F4H, F4H, F4H, F4H, F4, F4, F4, F4, F4, F4}},
    {2, 128, 64, {D, D, F2, F2, F2, F4, F4, F4, F4, F4, F4}, {D, F4H, F4H, F4H, F4H, F4, F4, F4, F4, F4, F4}},
    {2, 128, 128, {F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2H, F2H, F2H, F2S, F4S, F2, F2, F2, F2, F2, F2}},
    {2, 128, 256, {F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F4S, F4S, F4S, F4S, F4S, F4S, F4S, F4S}},
    {2, 256, 128, {F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S}},
    {2, 256, 256, {F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S}},
    {2, 256, 512, {F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S}},
    {2, 512, 256, {F2H, F2H, F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S}},
    {2, 512, 512, {F2H, F2H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H, F4H}, {F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S, F2S}},
};

#undef D
#undef DH
#undef F2
#undef F2H
#undef F4
#undef F4H

#endif
