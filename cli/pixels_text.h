/* A preprocessing contract in words and as options. */
#ifndef CM_CLI_PIXELS_TEXT_H
#define CM_CLI_PIXELS_TEXT_H

#include <stddef.h>

#include "cameo.h"

/* "RGB" or "BGR". Static storage. */
const char *cm_pixels_color(cameo_color color);

/* "RGB, (x - 127.5) / 127.5"; text: [size] */
void cm_pixels_text(const cameo_contract *contract, char *text, size_t size);

/* "--color rgb --mean 127.5 --std 127.5"; text: [size] */
void cm_pixels_options(const cameo_contract *contract, char *text, size_t size);

#endif
