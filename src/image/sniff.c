#include "image/sniff.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* A kind of file: `size` bytes at `offset`. */
typedef struct kind {
    size_t offset, size;
    const char *magic;
    const char *what;    /* for those that are not read */
    cm_decoder *decoder; /* NULL: not read */
    int picture;         /* a picture, only of a kind that is not read */
} kind;

#define MAGIC(offset, text) offset, sizeof(text) - 1, text

static const kind kinds[] = {
    {MAGIC(0, "\xff\xd8\xff"), NULL, cm_jpeg_decode, 1},
    {MAGIC(0, "\x89PNG\r\n\x1a\n"), NULL, cm_png_decode, 1},
    {MAGIC(8, "WEBPVP8"), NULL, cm_webp_decode, 1},
    {MAGIC(0, "BM"), NULL, cm_bmp_decode, 1},
    {MAGIC(0, "P7\n"), "a PAM picture", NULL, 1},
    {MAGIC(0, "PF\n"), "a PFM picture of floating-point values", NULL, 1},
    {MAGIC(0, "Pf\n"), "a PFM picture of floating-point values", NULL, 1},
    {MAGIC(0, "GIF87a"), "a GIF picture", NULL, 1},
    {MAGIC(0, "GIF89a"), "a GIF picture", NULL, 1},
    {MAGIC(0, "II*\0"), "a TIFF picture", NULL, 1},
    {MAGIC(0, "MM\0*"), "a TIFF picture", NULL, 1},
    {MAGIC(0, "II+\0"), "a BigTIFF picture", NULL, 1},
    {MAGIC(0, "MM\0+"), "a BigTIFF picture", NULL, 1},
    {MAGIC(4, "ftypavif"), "an AVIF picture", NULL, 1},
    {MAGIC(4, "ftypavis"), "an AVIF picture", NULL, 1},
    {MAGIC(4, "ftyphei"), "a HEIC picture", NULL, 1},
    {MAGIC(4, "ftyphev"), "a HEIC picture", NULL, 1},
    {MAGIC(4, "ftypmif1"), "a HEIF picture", NULL, 1},
    {MAGIC(4, "ftypmsf1"), "a HEIF picture", NULL, 1},
    {MAGIC(4, "ftyp"), "an MP4 or QuickTime film", NULL, 0},
    {MAGIC(0, "\x1a\x45\xdf\xa3"), "a Matroska or WebM film", NULL, 0},
    {MAGIC(8, "AVI "), "an AVI film", NULL, 0},
    {MAGIC(0, "\0\0\0\x0cJXL "), "a JPEG XL picture", NULL, 1},
    {MAGIC(0, "\xff\x0a"), "a JPEG XL picture", NULL, 1},
    {MAGIC(0, "\0\0\0\x0cjP  "), "a JPEG 2000 picture", NULL, 1},
    {MAGIC(0, "\xff\x4f\xff\x51"), "a JPEG 2000 picture", NULL, 1},
    {MAGIC(0, "8BPS"), "a Photoshop picture", NULL, 1},
    {MAGIC(0, "qoif"), "a QOI picture", NULL, 1},
    {MAGIC(0, "\0\0\1\0"), "an icon (ICO)", NULL, 1},
    {MAGIC(0, "#?RADIANCE"), "a Radiance HDR picture", NULL, 1},
    {MAGIC(0, "v/1\1"), "an OpenEXR picture", NULL, 1},
    {MAGIC(0, "%PDF-"), "a PDF document", NULL, 0},
    {MAGIC(0, "PK\3\4"), "a zip archive", NULL, 0},
    {MAGIC(0, "\x1f\x8b"), "a gzip archive", NULL, 0},
    {MAGIC(0, "version https://git-lfs"), "a Git LFS pointer (the picture itself has not been fetched: run 'git lfs pull')", NULL, 0},
};

static const char readable[] = "JPEG, PNG, WebP, BMP, PPM, PGM and PBM are read";

/* Text files that begin with space, a byte order mark or a comment: looked for within the first bytes, letters of any case. */
static int holds(const cm_encoded *source, const char *word)
{
    enum { LOOK = 1024 };
    size_t length = strlen(word), end = source->size < LOOK ? source->size : LOOK;
    for (size_t i = 0; i + length <= end; i++) {
        size_t same = 0;
        while (same < length && tolower(source->bytes[i + same]) == word[same])
            same++;
        if (same == length)
            return 1;
    }
    return 0;
}

static const char *text_kind(const cm_encoded *source)
{
    size_t i = 0;
    while (i < source->size && (isspace(source->bytes[i]) || source->bytes[i] >= 0x80))
        i++;
    if (i == source->size || source->bytes[i] != '<')
        return NULL;
    if (holds(source, "<svg"))
        return "an SVG drawing";
    if (holds(source, "<!doctype html") || holds(source, "<html"))
        return "an HTML page (an error page saved under a picture's name?)";
    return holds(source, "<?xml") ? "an XML file" : NULL;
}

static cameo_status fail_kind(const cm_encoded *source, const char *what, int picture, cameo_error *error)
{
    if (picture)
        return cm_fail(error, CAMEO_ERROR_UNSUPPORTED, "%s: is %s, which is not supported; %s, convert it to one of them", source->name,
                       what, readable);
    return cm_fail(error, CAMEO_ERROR_FORMAT, "%s: is %s, not a picture; %s", source->name, what, readable);
}

static int is_pnm(const cm_encoded *source)
{
    return source->size >= 3 && source->bytes[0] == 'P' && source->bytes[1] >= '1' && source->bytes[1] <= '6' &&
           (isspace(source->bytes[2]) || source->bytes[2] == '#');
}

cameo_status cm_image_sniff(cm_decoder **decoder, const cm_encoded *source, cameo_error *error)
{
    *decoder = NULL;
    if (source->size == 0)
        return cm_fail(error, CAMEO_ERROR_FORMAT, "%s: is empty (0 bytes); %s", source->name, readable);
    if (is_pnm(source)) {
        *decoder = cm_pnm_decode;
        return CAMEO_OK;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const kind *k = &kinds[i];
        if (source->size < k->offset + k->size || memcmp(source->bytes + k->offset, k->magic, k->size) != 0)
            continue;
        *decoder = k->decoder;
        return k->decoder ? CAMEO_OK : fail_kind(source, k->what, k->picture, error);
    }
    const char *text = text_kind(source);
    if (text)
        return fail_kind(source, text, strstr(text, "SVG") != NULL, error);
    char beginning[3 * 8 + 1] = "";
    for (size_t i = 0; i < 8 && i < source->size; i++)
        snprintf(beginning + 3 * i, 4, " %02x", source->bytes[i]);
    return cm_fail(error, CAMEO_ERROR_FORMAT, "%s: is no known kind of picture (it has %llu bytes and begins with%s); %s", source->name,
                   (unsigned long long)source->size, beginning, readable);
}
