#include "base/buffer.h"
#include "base/memory.h"
#include "image/codec.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include <jerror.h>

enum { QUALITY = 95, PIECE_BYTES = 16 * 1024 };

typedef struct writer {
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr manager;
    jmp_buf failed;
    const char *name;
    cameo_error *error;
    cameo_status status;
    /* Not jpeg_mem_dest: after an error nobody can tell which of its buffers is still allocated. */
    struct jpeg_destination_mgr destination;
    cm_buffer buffer;
    JOCTET piece[PIECE_BYTES];
    uint8_t *row;
} writer;

static cameo_status fail_memory(const char *name, cameo_error *error)
{
    return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: no memory for a JPEG encoder", name);
}

static void on_error(j_common_ptr codec)
{
    writer *w = codec->client_data;
    char text[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, text);
    w->status = codec->err->msg_code == JERR_OUT_OF_MEMORY
                    ? fail_memory(w->name, w->error)
                    : cm_fail(w->error, CAMEO_ERROR_INTERNAL, "%s: cannot encode a JPEG: %s", w->name, text);
    longjmp(w->failed, 1);
}

static void on_message(j_common_ptr codec, int level)
{
    (void)codec;
    (void)level;
}

static void on_output(j_common_ptr codec)
{
    (void)codec;
}

static void start_piece(j_compress_ptr codec)
{
    writer *w = codec->client_data;
    w->destination.next_output_byte = w->piece;
    w->destination.free_in_buffer = sizeof w->piece;
}

static void keep(writer *w, size_t size)
{
    if (cm_buffer_append(&w->buffer, w->piece, size))
        return;
    w->status = fail_memory(w->name, w->error);
    longjmp(w->failed, 1);
}

static boolean on_full_piece(j_compress_ptr codec)
{
    writer *w = codec->client_data;
    keep(w, sizeof w->piece);
    start_piece(codec);
    return TRUE;
}

static void on_end(j_compress_ptr codec)
{
    writer *w = codec->client_data;
    keep(w, sizeof w->piece - w->destination.free_in_buffer);
}

static void encode(writer *w, const cameo_image_view *view)
{
    jpeg_create_compress(&w->codec);
    w->destination = (struct jpeg_destination_mgr){
        .init_destination = start_piece, .empty_output_buffer = on_full_piece, .term_destination = on_end};
    w->codec.dest = &w->destination;
    w->codec.image_width = (JDIMENSION)view->width;
    w->codec.image_height = (JDIMENSION)view->height;
    w->codec.input_components = 3;
    w->codec.in_color_space = JCS_RGB;
    jpeg_set_defaults(&w->codec);
    jpeg_set_quality(&w->codec, QUALITY, TRUE);
    /* Full chroma: thin coloured lines stay sharp, and a crop that is read again stays what it was. */
    w->codec.comp_info[0].h_samp_factor = w->codec.comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(&w->codec, TRUE);
    while (w->codec.next_scanline < w->codec.image_height) {
        /* libjpeg takes rows without const, and only reads them. */
        JSAMPROW row = (JSAMPROW)(uintptr_t)cm_image_rgb_row(view, (int)w->codec.next_scanline, w->row);
        jpeg_write_scanlines(&w->codec, &row, 1);
    }
    jpeg_finish_compress(&w->codec);
}

cameo_status cm_jpeg_encode(cm_encoding *encoding, const cameo_image_view *view, const char *name, cameo_error *error)
{
    *encoding = (cm_encoding){0};
    if (view->width > JPEG_MAX_DIMENSION || view->height > JPEG_MAX_DIMENSION)
        return cm_fail(error, CAMEO_ERROR_UNSUPPORTED, "%s: a picture of %dx%d pixels does not fit into a JPEG (at most %ld a side)", name,
                       view->width, view->height, (long)JPEG_MAX_DIMENSION);
    writer *w = cm_calloc(1, sizeof *w);
    if (w)
        w->row = cm_calloc((size_t)view->width, 3);
    if (!w || !w->row) {
        free(w);
        return fail_memory(name, error);
    }
    w->name = name;
    w->error = error;
    cm_buffer_init(&w->buffer, SIZE_MAX / 2);
    w->codec.err = jpeg_std_error(&w->manager);
    w->manager.error_exit = on_error;
    w->manager.emit_message = on_message;
    w->manager.output_message = on_output;
    w->codec.client_data = w;
    if (setjmp(w->failed) == 0)
        encode(w, view);
    cameo_status status = w->status;
    jpeg_destroy_compress(&w->codec);
    if (status)
        cm_buffer_free(&w->buffer);
    else
        *encoding = (cm_encoding){.bytes = w->buffer.bytes, .size = w->buffer.size};
    free(w->row);
    free(w);
    return status;
}
