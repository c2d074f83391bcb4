/* PNG through libpng, with the conversions of OpenCV's IMREAD_COLOR: palette and grey expanded, 16 bits cut to the high byte, alpha dropped, gamma
 * and profiles ignored. libpng reports an error by calling a function that must not return: it jumps back here. */
#include "base/memory.h"
#include "image/codec.h"
#include "image/exif.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

typedef struct reader {
    png_structp codec;
    png_infop info;
    jmp_buf failed;
    const cm_encoded *source;
    size_t position;
    cameo_error *error;
    cameo_status status;
    bool no_memory; /* libpng was refused some: it may go on without what it wanted it for */
    cameo_image *image;
} reader;

static _Noreturn void give_up(reader *r, cameo_status status)
{
    r->status = status;
    longjmp(r->failed, 1);
}

static png_voidp on_allocate(png_structp codec, png_alloc_size_t size)
{
    reader *r = png_get_mem_ptr(codec);
    void *memory = malloc(size);
    if (!memory)
        r->no_memory = true;
    return memory;
}

static void on_release(png_structp codec, png_voidp memory)
{
    (void)codec;
    free(memory);
}

static cameo_status fail_memory(const cm_encoded *source, cameo_error *error)
{
    return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: no memory for a PNG decoder", source->name);
}

static void on_error(png_structp codec, png_const_charp text)
{
    reader *r = png_get_error_ptr(codec);
    if (r->no_memory)
        give_up(r, fail_memory(r->source, r->error));
    give_up(r, cm_fail(r->error, CAMEO_ERROR_FORMAT, "%s: cannot decode this PNG: %s", r->source->name, text));
}

static void on_warning(png_structp codec, png_const_charp text)
{
    (void)codec;
    (void)text;
}

static void on_read(png_structp codec, png_bytep to, size_t size)
{
    reader *r = png_get_io_ptr(codec);
    if (size > r->source->size - r->position)
        give_up(r, cm_fail(r->error, CAMEO_ERROR_FORMAT, "%s: is cut short: the file ends after %llu bytes, in the middle of the PNG data",
                           r->source->name, (unsigned long long)r->source->size));
    memcpy(to, r->source->bytes + r->position, size);
    r->position += size;
}

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The size stands at a fixed place. It is looked at before libpng is, whose own limits are others and whose messages know no numbers. */
static void take_pixels(reader *r)
{
    enum { WIDTH_AT = 16, HEADER_END = 24 };
    const cm_encoded *source = r->source;
    if (source->size < HEADER_END || memcmp(source->bytes + 12, "IHDR", 4) != 0)
        give_up(r, cm_fail(r->error, CAMEO_ERROR_FORMAT, "%s: is cut short or damaged: a PNG begins with an IHDR chunk (it has %llu bytes)",
                           source->name, (unsigned long long)source->size));
    cameo_status status = cm_image_create(&r->image, read_u32(source->bytes + WIDTH_AT), read_u32(source->bytes + WIDTH_AT + 4),
                                          source->name, source->max_pixels, r->error);
    if (status)
        give_up(r, status);
}

/* Texts and colour profiles are compressed, can be large, and are of no use here. */
static void ignore_chunks(png_structp codec)
{
    static const png_byte names[] = "iCCP\0iTXt\0zTXt\0tEXt\0sPLT\0hIST\0pCAL\0sCAL";
    png_set_keep_unknown_chunks(codec, PNG_HANDLE_CHUNK_NEVER, names, sizeof names / 5);
}

/* Returns how many times the rows come: once, or seven times where the picture is interlaced. */
static int convert_to_rgb8(reader *r)
{
    int kind = png_get_color_type(r->codec, r->info);
    png_set_expand(r->codec);
    png_set_strip_16(r->codec);
    png_set_strip_alpha(r->codec);
    if (!(kind & PNG_COLOR_MASK_COLOR))
        png_set_gray_to_rgb(r->codec);
    int passes = png_set_interlace_handling(r->codec);
    png_read_update_info(r->codec, r->info);
    if (png_get_rowbytes(r->codec, r->info) != (size_t)r->image->width * 3)
        png_error(r->codec, "rows do not have three bytes a pixel after conversion");
    return passes;
}

static void read_rows(reader *r, int passes)
{
    size_t row_bytes = (size_t)r->image->width * 3;
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < r->image->height; y++)
            png_read_row(r->codec, r->image->pixels + (size_t)y * row_bytes, NULL);
}

static int find_orientation(reader *r)
{
    png_bytep exif = NULL;
    png_uint_32 size = 0;
    if (!png_get_eXIf_1(r->codec, r->info, &size, &exif) || !exif)
        return 1;
    return cm_exif_orientation(exif, size);
}

static void decode(reader *r, int *orientation)
{
    take_pixels(r);
    png_set_read_fn(r->codec, r, on_read);
    /* The picture's own limits have been checked. */
    png_set_user_limits(r->codec, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    ignore_chunks(r->codec);
    png_read_info(r->codec, r->info);
    read_rows(r, convert_to_rgb8(r));
    png_read_end(r->codec, r->info);
    *orientation = find_orientation(r);
}

cameo_status cm_png_decode(cameo_image **image, int *orientation, const cm_encoded *source, cameo_error *error)
{
    *image = NULL;
    /* On the heap: what is on the stack and changes after setjmp is lost by longjmp. */
    reader *r = cm_calloc(1, sizeof *r);
    if (!r)
        return fail_memory(source, error);
    r->source = source;
    r->error = error;
    if (setjmp(r->failed) == 0) {
        r->codec = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, r, on_error, on_warning, r, on_allocate, on_release);
        r->info = r->codec ? png_create_info_struct(r->codec) : NULL;
        if (r->info)
            decode(r, orientation);
        if (!r->info || r->no_memory)
            r->status = fail_memory(source, error);
    }
    cameo_status status = r->status;
    if (status)
        cameo_image_free(r->image);
    else
        *image = r->image;
    if (r->codec)
        png_destroy_read_struct(&r->codec, &r->info, NULL);
    free(r);
    return status;
}
