"""Prints the table of tests/image/test_resample.c: what OpenCV 4.6 makes of a synthetic picture.

Needs opencv-python-headless 4.6.0.66 and numpy 1.x; run by hand when the cases change:

    python3 tests/oracle/resample.py > tests/image/resample_expected.h
"""

import cv2
import numpy

RESIZES = [  # source width, height, destination width, height
    (9, 7, 5, 4), (5, 4, 13, 9), (16, 12, 8, 6), (7, 5, 7, 5), (1, 1, 6, 3), (30, 1, 7, 5), (3, 40, 3, 11), (37, 23, 111, 70),
    (250, 250, 640, 640), (1920, 1080, 640, 360), (1280, 886, 640, 443), (641, 479, 128, 95), (2000, 1428, 112, 112),
]
WARPS = [  # source width, height, matrix, destination size
    (40, 30, (1, 0, 0, 0, 1, 0), 24), (40, 30, (0.5, 0, 3.25, 0, 0.5, -2.5), 24), (40, 30, (0.9, -0.4, 5, 0.4, 0.9, -8), 24),
    (250, 250, (0.4427, 0.0193, 0.71, -0.0193, 0.4427, 3.06), 112), (300, 200, (-0.7, 0.2, 130.5, 0.3, 1.4, -60.25), 112),
    (1920, 1080, (0.21, -0.033, -150.7, 0.033, 0.21, -20.1), 112), (64, 64, (3.7, 1.1, -40, -1.1, 3.7, 10), 128),
    (20, 20, (1, 0, 500, 0, 1, 0), 16), (20, 20, (0, 0, 5, 0, 0, 5), 16),
]


def picture(width, height):
    """The same as synthetic_picture() of tests/support/pictures.h."""
    y, x, c = numpy.mgrid[0:height, 0:width, 0:3]
    return ((x * 7 + y * 13 + c * 29 + (x * y) % 17 * 5) & 255).astype(numpy.uint8)


def fnv(pixels):
    value = 0xCBF29CE484222325
    for byte in pixels.tobytes():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def array(pixels):
    rows = (", ".join(str(byte) for byte in row.tobytes()) for row in pixels)
    return "".join("\n    %s," % row for row in rows) + "\n"


print("/* Written by tests/oracle/resample.py with OpenCV %s. */" % cv2.__version__)
print("static const resize_case resize_cases[] = {")
for sw, sh, w, h in RESIZES:
    print("    {%d, %d, %d, %d, UINT64_C(0x%016x)}," % (sw, sh, w, h, fnv(cv2.resize(picture(sw, sh), (w, h)))))
print("};\nstatic const warp_case warp_cases[] = {")
for sw, sh, m, size in WARPS:
    matrix = numpy.array(m, numpy.float64).reshape(2, 3)
    warped = cv2.warpAffine(picture(sw, sh), matrix, (size, size), borderValue=0.0)
    print("    {%d, %d, {%s}, %d, UINT64_C(0x%016x)}," % (sw, sh, ", ".join(repr(float(v)) for v in m), size, fnv(warped)))
print("};")
print("/* 5x4 -> 4x3, for a look at single values. */")
print("static const uint8_t small_resize[4 * 3 * 3] = {%s};" % array(cv2.resize(picture(5, 4), (4, 3))))
print("/* 5x4 -> 4x3, matrix (0.8, 0.1, 0.5, -0.1, 0.8, 0.25). */")
small = numpy.array([[0.8, 0.1, 0.5], [-0.1, 0.8, 0.25]])
print("static const uint8_t small_warp[4 * 3 * 3] = {%s};" % array(cv2.warpAffine(picture(5, 4), small, (4, 3), borderValue=0.0)))
