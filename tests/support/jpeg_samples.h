/* JPEG files of every kind, encoded with libjpeg. */
#ifndef JPEG_SAMPLES_H
#define JPEG_SAMPLES_H

#include "pictures.h"

#include <jpeglib.h>

typedef struct form {
    J_COLOR_SPACE stored; /* JCS_CMYK and JCS_YCCK: inverted, as Adobe stores them */
    int progressive, luma_sampling, restart_rows, arithmetic;
    int luma_rows;    /* sampling downwards where it is another than across */
    int restart_mcus; /* a restart marker after so many, instead of rows */
    int black; /* CMYK: how much black ink, 0..255 */
    const jpeg_scan_info *scans; /* a script of its own for progressive scans */
    int scan_count;
} form;

/* What libjpeg's own defaults would do on an error is to exit: fine for a sample that must work. */
static test_bytes encode(const test_picture *picture, const form *f)
{
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr manager;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    codec.err = jpeg_std_error(&manager);
    jpeg_create_compress(&codec);
    jpeg_mem_dest(&codec, &bytes, &size);
    int four = f->stored == JCS_CMYK || f->stored == JCS_YCCK;
    codec.image_width = (JDIMENSION)picture->width;
    codec.image_height = (JDIMENSION)picture->height;
    codec.input_components = f->stored == JCS_GRAYSCALE ? 1 : four ? 4 : 3;
    codec.in_color_space = f->stored == JCS_GRAYSCALE ? JCS_GRAYSCALE : four ? JCS_CMYK : JCS_RGB;
    jpeg_set_defaults(&codec);
    jpeg_set_colorspace(&codec, f->stored);
    jpeg_set_quality(&codec, 97, TRUE);
    codec.comp_info[0].h_samp_factor = codec.comp_info[0].v_samp_factor = f->luma_sampling ? f->luma_sampling : 1;
    if (f->luma_rows)
        codec.comp_info[0].v_samp_factor = f->luma_rows;
    codec.restart_in_rows = f->restart_rows;
    codec.restart_interval = (unsigned)f->restart_mcus;
    codec.arith_code = f->arithmetic ? TRUE : FALSE;
    if (f->progressive)
        jpeg_simple_progression(&codec);
    if (f->scans) {
        codec.scan_info = f->scans;
        codec.num_scans = f->scan_count;
    }
    jpeg_start_compress(&codec, TRUE);
    uint8_t *row = malloc((size_t)picture->width * 4);
    assert_non_null(row);
    for (int y = 0; y < picture->height; y++) {
        for (int x = 0; x < picture->width; x++) {
            const uint8_t *pixel = picture->pixels + (y * picture->width + x) * 3;
            if (codec.input_components == 1)
                row[x] = pixel[1];
            else
                memcpy(row + x * codec.input_components, pixel, 3);
            if (four)
                row[4 * x + 3] = (uint8_t)(255 - f->black); /* inverted */
        }
        JSAMPROW rows[1] = {row};
        jpeg_write_scanlines(&codec, rows, 1);
    }
    free(row);
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    test_bytes made = {0};
    put_bytes(&made, bytes, size);
    free(bytes);
    return made;
}

#endif
