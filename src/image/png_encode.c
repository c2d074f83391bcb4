#include "base/buffer.h"
#include "base/memory.h"
#include "image/codec.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>

#include <png.h>

enum { EIGHT_BITS = 8, COMPRESSION = 4 }; /* level 4 is twice as fast as 6 and a few percent larger */

typedef struct writer {
    png_structp codec;
    png_infop info;
    jmp_buf failed;
    const char *name;
    cameo_error *error;
    cameo_status status;
    bool no_memory; /* libpng was refused some */
    cm_buffer buffer;
    uint8_t *row;
} writer;

static png_voidp on_allocate(png_structp codec, png_alloc_size_t size)
{
    writer *w = png_get_mem_ptr(codec);
    void *memory = malloc(size);
    if (!memory)
        w->no_memory = true;
    return memory;
}

static void on_release(png_structp codec, png_voidp memory)
{
    (void)codec;
    free(memory);
}

static void on_error(png_structp codec, png_const_charp text)
{
    writer *w = png_get_error_ptr(codec);
    w->status = cm_fail(w->error, w->no_memory ? CAMEO_ERROR_MEMORY : CAMEO_ERROR_INTERNAL, "%s: %s: %s", w->name,
                        w->no_memory ? "no memory for a PNG encoder" : "cannot encode a PNG", text);
    longjmp(w->failed, 1);
}

static void on_warning(png_structp codec, png_const_charp text)
{
    (void)codec;
    (void)text;
}

static void on_write(png_structp codec, png_bytep bytes, size_t size)
{
    writer *w = png_get_io_ptr(codec);
    if (cm_buffer_append(&w->buffer, bytes, size))
        return;
    w->status = cm_fail(w->error, CAMEO_ERROR_MEMORY, "%s: no memory for the encoded PNG", w->name);
    longjmp(w->failed, 1);
}

static void on_flush(png_structp codec)
{
    (void)codec;
}

static void encode(writer *w, const cameo_image_view *view)
{
    png_set_write_fn(w->codec, w, on_write, on_flush);
    png_set_user_limits(w->codec, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(w->codec, w->info, (png_uint_32)view->width, (png_uint_32)view->height, EIGHT_BITS, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(w->codec, COMPRESSION);
    png_write_info(w->codec, w->info);
    for (int y = 0; y < view->height; y++)
        png_write_row(w->codec, cm_image_rgb_row(view, y, w->row));
    png_write_end(w->codec, w->info);
}

cameo_status cm_png_encode(cm_encoding *encoding, const cameo_image_view *view, const char *name, cameo_error *error)
{
    *encoding = (cm_encoding){0};
    writer *w = cm_calloc(1, sizeof *w);
    if (w)
        w->row = cm_calloc((size_t)view->width, 3);
    if (!w || !w->row) {
        free(w);
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: no memory for a PNG encoder", name);
    }
    w->name = name;
    w->error = error;
    cm_buffer_init(&w->buffer, SIZE_MAX / 2);
    if (setjmp(w->failed) == 0) {
        w->codec = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, w, on_error, on_warning, w, on_allocate, on_release);
        w->info = w->codec ? png_create_info_struct(w->codec) : NULL;
        if (w->info)
            encode(w, view);
        else
            w->status = cm_fail(error, CAMEO_ERROR_MEMORY, "%s: no memory for a PNG encoder", name);
    }
    cameo_status status = w->status;
    if (w->codec)
        png_destroy_write_struct(&w->codec, &w->info);
    if (status)
        cm_buffer_free(&w->buffer);
    else
        *encoding = (cm_encoding){.bytes = w->buffer.bytes, .size = w->buffer.size};
    free(w->row);
    free(w);
    return status;
}
