/* A similarity matrix as a picture: thumbnails of the faces along two edges, a coloured cell with its value for each pair. */
#ifndef CM_CLI_HEATMAP_H
#define CM_CLI_HEATMAP_H

#include <stddef.h>
#include <stdint.h>

enum { CM_HEATMAP_THUMBNAIL = 112 };

/* similarity: [count, count], -1..1; thumbnails: [count, 112, 112, 3] RGB. Writes the picture (its name's ending chooses the form). Returns an exit code
 * (reported). */
int cm_heatmap_save(const float *similarity, const uint8_t *thumbnails, size_t count, const char *path);

#endif
