/* JPEG through libjpeg-turbo's libjpeg interface, with its default (accurate) transform and smooth chroma upsampling, as OpenCV uses it.
 *
 * The library reports an error by calling a function that must not return: it jumps back here. Warnings are told apart: what leaves
 * pixels undefined (data missing or damaged) is an error here, the rest (bytes too many, odd version numbers) is not. */
#include "base/memory.h"
#include "base/threads.h"
#include "image/codec.h"
#include "image/exif.h"
#include "image/jpeg_strips.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

enum {
    EXIF_MARKER = JPEG_APP0 + 1,
    MARKER_BYTES = 0xffff,
    /* A progressive file of a few kilobytes can hold thousands of scans over a large picture; encoders write about ten. */
    MAX_SCANS = 500,
};

typedef struct reader {
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr manager;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    const cm_encoded *source;
    cameo_error *error;
    cameo_status status;
    bool ended_early; /* the file ended before its end marker */
    bool strict;      /* a strip: any warning is an error, after which the whole file is read from its beginning */
    uint8_t *row;     /* CMYK only; a strip's rows that are not wanted */
    cameo_image *image;
} reader;

static reader *reader_of(j_common_ptr codec)
{
    return codec->client_data;
}

static _Noreturn void give_up(reader *r, cameo_status status)
{
    r->status = status;
    longjmp(r->failed, 1);
}

static cameo_status status_of_code(int code)
{
    switch (code) {
    case JERR_OUT_OF_MEMORY:
        return CAMEO_ERROR_MEMORY;
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_ARITH_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_COMPONENT_COUNT:
        return CAMEO_ERROR_UNSUPPORTED;
    default:
        return CAMEO_ERROR_FORMAT;
    }
}

static void on_error(j_common_ptr codec)
{
    reader *r = reader_of(codec);
    char text[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, text);
    cameo_status status = status_of_code(codec->err->msg_code);
    if (r->ended_early)
        cm_fail(r->error, status, "%s: is cut short: the JPEG data end after %llu bytes (%s)", r->source->name,
                (unsigned long long)r->source->size, text);
    else
        cm_fail(r->error, status, "%s: cannot decode this JPEG: %s", r->source->name, text);
    give_up(r, status);
}

static _Noreturn void fail_cut_short(reader *r)
{
    cm_fail(r->error, CAMEO_ERROR_FORMAT, "%s: is cut short: the file ends after %llu bytes, in row %u of %u", r->source->name,
            (unsigned long long)r->source->size, r->codec.output_scanline, r->codec.image_height);
    give_up(r, CAMEO_ERROR_FORMAT);
}

static void on_warning(j_common_ptr codec)
{
    reader *r = reader_of(codec);
    if (r->strict)
        give_up(r, CAMEO_ERROR_FORMAT);
    switch (codec->err->msg_code) {
    case JWRN_JPEG_EOF:
        /* Alone it may mean that only the end marker is missing. */
        r->ended_early = true;
        return;
    case JWRN_HIT_MARKER:
        if (r->ended_early)
            fail_cut_short(r);
        break;
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_NOT_SEQUENTIAL:
        break;
    default:
        return;
    }
    char text[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, text);
    cm_fail(r->error, CAMEO_ERROR_FORMAT, "%s: is damaged in row %u of %u: %s", r->source->name, r->codec.output_scanline,
            r->codec.image_height, text);
    give_up(r, CAMEO_ERROR_FORMAT);
}

static void on_message(j_common_ptr codec, int level)
{
    if (level < 0)
        on_warning(codec);
}

static void on_output(j_common_ptr codec)
{
    (void)codec;
}

static void on_progress(j_common_ptr codec)
{
    reader *r = reader_of(codec);
    if (r->codec.input_scan_number <= MAX_SCANS)
        return;
    cm_fail(r->error, CAMEO_ERROR_LIMIT, "%s: has more than %d scans, that is more than any encoder writes", r->source->name, MAX_SCANS);
    give_up(r, CAMEO_ERROR_LIMIT);
}

static int find_orientation(const struct jpeg_decompress_struct *codec)
{
    static const uint8_t signature[6] = "Exif\0";
    for (jpeg_saved_marker_ptr marker = codec->marker_list; marker; marker = marker->next)
        if (marker->marker == EXIF_MARKER && marker->data_length > sizeof signature &&
            memcmp(marker->data, signature, sizeof signature) == 0)
            return cm_exif_orientation(marker->data, marker->data_length);
    return 1;
}

/* OpenCV's conversion: CMYK as Adobe stores it, inverted, ink by ink against black. cmyk: [width, 4] -> rgb: [width, 3]. */
static void cmyk_to_rgb(const uint8_t *cmyk, int width, uint8_t *rgb)
{
    for (int x = 0; x < width; x++, cmyk += 4, rgb += 3) {
        int black = cmyk[3];
        for (int i = 0; i < 3; i++)
            rgb[i] = (uint8_t)(black - ((255 - cmyk[i]) * black >> 8));
    }
}

static void read_rows(reader *r)
{
    size_t row_bytes = (size_t)r->image->width * 3;
    while (r->codec.output_scanline < r->codec.output_height) {
        uint8_t *to = r->image->pixels + r->codec.output_scanline * row_bytes;
        JSAMPROW row = r->row ? r->row : to;
        jpeg_read_scanlines(&r->codec, &row, 1);
        if (r->row)
            cmyk_to_rgb(r->row, r->image->width, to);
    }
}

static void prepare(reader *r)
{
    r->codec.err = jpeg_std_error(&r->manager);
    r->manager.error_exit = on_error;
    r->manager.emit_message = on_message;
    r->manager.output_message = on_output;
    r->codec.client_data = r;
}

/* One thread's share of a picture in strips. */
typedef struct strips {
    cm_jpeg_strip list[CM_JPEG_STRIPS_MOST];
    cameo_status status[CM_JPEG_STRIPS_MOST];
    const cameo_image *image;
} strips;

static void read_strip(reader *r, const cm_jpeg_strip *strip, const cameo_image *image)
{
    jpeg_create_decompress(&r->codec);
    jpeg_mem_src(&r->codec, strip->bytes, (unsigned long)strip->size);
    jpeg_read_header(&r->codec, TRUE);
    r->codec.out_color_space = JCS_RGB;
    size_t row_bytes = (size_t)image->width * 3;
    r->row = malloc(row_bytes);
    if (!r->row || r->codec.image_width != (JDIMENSION)image->width || r->codec.image_height != (JDIMENSION)strip->height)
        give_up(r, CAMEO_ERROR_FORMAT);
    jpeg_start_decompress(&r->codec);
    for (int y = -strip->skip; y < strip->rows; y++) {
        JSAMPROW row = y < 0 ? r->row : image->pixels + (size_t)(strip->first + y) * row_bytes;
        jpeg_read_scanlines(&r->codec, &row, 1);
    }
}

static void strip_task(void *context, int task, int worker)
{
    (void)worker;
    strips *s = context;
    reader *r = cm_calloc(1, sizeof *r);
    s->status[task] = CAMEO_ERROR_MEMORY;
    if (!r)
        return;
    r->strict = true;
    r->source = &(cm_encoded){.name = ""};
    prepare(r);
    if (setjmp(r->failed) == 0)
        read_strip(r, &s->list[task], s->image);
    s->status[task] = r->status;
    jpeg_destroy_decompress(&r->codec);
    free(r->row);
    free(r);
}

/* Decodes with several threads where the file can be cut into strips. False: it cannot, or one of them is not in order; what is wrong, reading the
 * whole file tells. */
static bool read_in_strips(const cm_encoded *source, const cameo_image *image)
{
    enum { STRIPS_A_THREAD = 2 }; /* a picture is not everywhere as busy */
    cm_pool *pool;
    strips *s = source->threads > 1 ? cm_calloc(1, sizeof *s) : NULL;
    if (!s)
        return false;
    s->image = image;
    int most = source->threads < CM_JPEG_STRIPS_MOST ? source->threads * STRIPS_A_THREAD : CM_JPEG_STRIPS_MOST;
    int count = cm_jpeg_strips_cut(s->list, most, source->bytes, source->size), threads = source->threads < count ? source->threads : count;
    bool good = count > 0 && cm_pool_create(&pool, threads, NULL) == CAMEO_OK;
    if (good) {
        cm_pool_run(pool, strip_task, s, count);
        cm_pool_free(pool);
    }
    for (int i = 0; i < count; i++)
        good = good && s->status[i] == CAMEO_OK;
    cm_jpeg_strips_free(s->list, count);
    free(s);
    return good;
}

static void decode(reader *r, int *orientation)
{
    jpeg_create_decompress(&r->codec);
    r->progress.progress_monitor = on_progress;
    r->codec.progress = &r->progress;
    jpeg_mem_src(&r->codec, r->source->bytes, (unsigned long)r->source->size);
    jpeg_save_markers(&r->codec, EXIF_MARKER, MARKER_BYTES);
    jpeg_read_header(&r->codec, TRUE);
    *orientation = find_orientation(&r->codec);
    r->codec.out_color_space = r->codec.num_components == 4 ? JCS_CMYK : JCS_RGB;
    cameo_status status = cm_image_create(&r->image, r->codec.image_width, r->codec.image_height, r->source->name,
                                          r->source->max_pixels, r->error);
    if (status)
        give_up(r, status);
    if (read_in_strips(r->source, r->image))
        return;
    if (r->codec.out_color_space == JCS_CMYK) {
        r->row = malloc((size_t)r->image->width * 4);
        if (!r->row)
            give_up(r, cm_fail(r->error, CAMEO_ERROR_MEMORY, "%s: no memory for a row of pixels", r->source->name));
    }
    jpeg_start_decompress(&r->codec);
    /* In a file of several scans all have been read by now, and one that ended early lacks some. */
    if (r->ended_early && jpeg_has_multiple_scans(&r->codec))
        fail_cut_short(r);
    read_rows(r);
}

cameo_status cm_jpeg_decode(cameo_image **image, int *orientation, const cm_encoded *source, cameo_error *error)
{
    *image = NULL;
    /* On the heap: what is on the stack and changes after setjmp is lost by longjmp. */
    reader *r = cm_calloc(1, sizeof *r);
    if (!r)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: no memory for a JPEG decoder", source->name);
    r->source = source;
    r->error = error;
    prepare(r);
    if (setjmp(r->failed) == 0)
        decode(r, orientation);
    cameo_status status = r->status;
    if (status)
        cameo_image_free(r->image);
    else
        *image = r->image;
    jpeg_destroy_decompress(&r->codec);
    free(r->row);
    free(r);
    return status;
}
