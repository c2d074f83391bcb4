#include "npy.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char magic[6] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};

typedef struct element_type {
    char name[4];
    size_t size;
    float (*read)(const unsigned char *p);
} element_type;

static cameo_status fail(cameo_error *error, cameo_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

static cameo_status fail(cameo_error *error, cameo_status status, const char *format, ...)
{
    va_list arguments;
    if (error) {
        error->status = status;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return status;
}

#define READER(name, type)                                                                                                                 \
    static float read_##name(const unsigned char *p)                                                                                       \
    {                                                                                                                                      \
        type value;                                                                                                                        \
        memcpy(&value, p, sizeof value);                                                                                                   \
        return (float)value;                                                                                                               \
    }
READER(f4, float)
READER(f8, double)
READER(u1, uint8_t)
READER(i1, int8_t)
READER(i4, int32_t)
READER(i8, int64_t)
#undef READER

static const element_type types[] = {{"<f4", 4, read_f4}, {"<f8", 8, read_f8}, {"|u1", 1, read_u1},
                                     {"|i1", 1, read_i1}, {"<i4", 4, read_i4}, {"<i8", 8, read_i8}};

typedef struct header {
    const char *p, *end;
    const element_type *type;
    int fortran, has_order, has_shape;
} header;

static void skip_spaces(header *h)
{
    while (h->p < h->end && (*h->p == ' ' || *h->p == '\n' || *h->p == '\t'))
        h->p++;
}

static int accept(header *h, char wanted)
{
    skip_spaces(h);
    if (h->p >= h->end || *h->p != wanted)
        return 0;
    h->p++;
    return 1;
}

/* 'text' or "text" into out[size]. */
static int read_text(header *h, char *out, size_t size)
{
    skip_spaces(h);
    if (h->p >= h->end || (*h->p != '\'' && *h->p != '"'))
        return 0;
    char quote = *h->p++;
    size_t used = 0;
    while (h->p < h->end && *h->p != quote && used + 1 < size)
        out[used++] = *h->p++;
    out[used] = '\0';
    return h->p < h->end && *h->p++ == quote;
}

static int read_shape(header *h, cm_npy *array)
{
    if (!accept(h, '('))
        return 0;
    array->rank = 0;
    while (!accept(h, ')')) {
        if (array->rank == CAMEO_MAX_RANK)
            return 0;
        int64_t dim = 0;
        int digits = 0;
        skip_spaces(h);
        for (; h->p < h->end && *h->p >= '0' && *h->p <= '9'; h->p++, digits++) {
            if (dim > (INT64_C(1) << 40))
                return 0;
            dim = dim * 10 + (*h->p - '0');
        }
        if (digits == 0)
            return 0;
        array->dims[array->rank++] = dim;
        if (!accept(h, ',') && !(h->p < h->end && *h->p == ')'))
            return 0;
    }
    h->has_shape = 1;
    return 1;
}

static int read_order(header *h)
{
    static const char yes[] = "True", no[] = "False";
    skip_spaces(h);
    size_t left = (size_t)(h->end - h->p);
    h->fortran = left >= 4 && memcmp(h->p, yes, 4) == 0;
    if (!h->fortran && (left < 5 || memcmp(h->p, no, 5) != 0))
        return 0;
    h->p += h->fortran ? 4 : 5;
    h->has_order = 1;
    return 1;
}

static cameo_status read_type(header *h, cameo_error *error)
{
    char name[16];
    if (!read_text(h, name, sizeof name))
        return fail(error, CAMEO_ERROR_UNSUPPORTED, "the array's element type is not a plain number");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(name, types[i].name) == 0)
            h->type = &types[i];
    if (!h->type)
        return fail(error, CAMEO_ERROR_UNSUPPORTED, "the array's element type is '%.8s', wanted is '<f4' (also <f8 |u1 |i1 <i4 <i8)", name);
    return CAMEO_OK;
}

/* {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } */
/* One "key: value" of the header and what parts it from the next. *right: it had the right form. */
static cameo_status parse_entry(header *h, cm_npy *array, int *right, cameo_error *error)
{
    char key[16] = "";
    *right = read_text(h, key, sizeof key) && accept(h, ':');
    if (!*right)
        return CAMEO_OK;
    if (strcmp(key, "descr") == 0) {
        cameo_status status = read_type(h, error);
        if (status != CAMEO_OK)
            return status;
    } else if (strcmp(key, "fortran_order") == 0) {
        *right = read_order(h);
    } else {
        *right = strcmp(key, "shape") == 0 && read_shape(h, array);
    }
    *right = *right && (accept(h, ',') || (h->p < h->end && *h->p == '}'));
    return CAMEO_OK;
}

static cameo_status parse_header(header *h, cm_npy *array, cameo_error *error)
{
    int right = accept(h, '{');
    while (right && !accept(h, '}')) {
        cameo_status status = parse_entry(h, array, &right, error);
        if (status != CAMEO_OK)
            return status;
    }
    if (!right || !h->type || !h->has_order || !h->has_shape)
        return fail(error, CAMEO_ERROR_FORMAT, "the header of the NumPy file is malformed (wanted: descr, fortran_order and shape of at most %d dimensions)",
                    CAMEO_MAX_RANK);
    if (h->fortran && array->rank > 1)
        return fail(error, CAMEO_ERROR_UNSUPPORTED, "the array is in Fortran order; save numpy.ascontiguousarray(array)");
    return CAMEO_OK;
}

/* Compares the shape with the bytes that are there. */
static cameo_status check_size(cm_npy *array, const element_type *type, size_t bytes, cameo_error *error)
{
    size_t there = bytes / type->size;
    array->count = 1;
    for (int i = 0; i < array->rank; i++) {
        uint64_t dim = (uint64_t)array->dims[i];
        if (dim != 0 && array->count > there / dim)
            return fail(error, CAMEO_ERROR_FORMAT, "the NumPy file is truncated: its shape wants more than the %zu bytes of data that are there", bytes);
        array->count *= (size_t)dim;
    }
    if (array->count * type->size != bytes)
        return fail(error, CAMEO_ERROR_FORMAT, "the NumPy file holds %zu bytes of data, its shape wants %zu", bytes, array->count * type->size);
    return CAMEO_OK;
}

/* Finds the header's text. Returns where the data begins, 0 if there is none. */
static size_t locate_header(const unsigned char *p, size_t size, header *h)
{
    if (size < 12 || memcmp(p, magic, sizeof magic) != 0 || p[6] < 1 || p[6] > 3)
        return 0;
    size_t start = p[6] == 1 ? 10 : 12;
    size_t length = (size_t)p[8] | (size_t)p[9] << 8;
    if (p[6] > 1)
        length |= (size_t)p[10] << 16 | (size_t)p[11] << 24;
    if (length > size - start)
        return 0;
    h->p = (const char *)p + start;
    h->end = h->p + length;
    return start + length;
}

cameo_status cm_npy_parse(cm_npy *array, const void *bytes, size_t size, cameo_error *error)
{
    const unsigned char *p = bytes;
    header h = {0};
    *array = (cm_npy){0};
    size_t start = locate_header(p, size, &h);
    if (start == 0)
        return fail(error, CAMEO_ERROR_FORMAT, "not a NumPy file (numpy.save writes them), or truncated in its header");
    cameo_status status = parse_header(&h, array, error);
    if (status == CAMEO_OK)
        status = check_size(array, h.type, size - start, error);
    if (status != CAMEO_OK)
        return status;
    array->values = malloc(array->count ? array->count * sizeof *array->values : 1);
    if (!array->values)
        return fail(error, CAMEO_ERROR_MEMORY, "no memory for an array of %zu elements", array->count);
    for (size_t i = 0; i < array->count; i++)
        array->values[i] = h.type->read(p + start + i * h.type->size);
    return CAMEO_OK;
}

static cameo_status read_all(FILE *stream, size_t size, void **bytes, cameo_error *error)
{
    *bytes = malloc(size ? size : 1);
    if (!*bytes)
        return fail(error, CAMEO_ERROR_MEMORY, "no memory for a file of %zu bytes", size);
    if (fread(*bytes, 1, size, stream) != size)
        return fail(error, CAMEO_ERROR_IO, "cannot be read: %s", ferror(stream) ? strerror(errno) : "it became shorter");
    return CAMEO_OK;
}

cameo_status cm_npy_load(cm_npy *array, const char *path, cameo_error *error)
{
    struct stat file;
    void *bytes = NULL;
    *array = (cm_npy){0};
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return fail(error, errno == ENOENT ? CAMEO_ERROR_NOT_FOUND : CAMEO_ERROR_IO, "cannot be read: %s", strerror(errno));
    cameo_status status;
    if (fstat(fileno(stream), &file) != 0 || !S_ISREG(file.st_mode))
        status = fail(error, CAMEO_ERROR_IO, "is not a regular file");
    else if (file.st_size > (off_t)UINT32_MAX)
        status = fail(error, CAMEO_ERROR_LIMIT, "is larger than 4 GiB");
    else
        status = read_all(stream, (size_t)file.st_size, &bytes, error);
    fclose(stream);
    if (status == CAMEO_OK)
        status = cm_npy_parse(array, bytes, (size_t)file.st_size, error);
    free(bytes);
    return status;
}

void cm_npy_free(cm_npy *array)
{
    free(array->values);
    *array = (cm_npy){0};
}

void cm_npy_write_header(FILE *stream, const int64_t *dims, int rank)
{
    char text[CM_NPY_HEADER], shape[CAMEO_MAX_RANK * 22 + 4] = "";
    size_t used = 0;
    for (int i = 0; i < rank; i++)
        used += (size_t)snprintf(shape + used, sizeof shape - used, i + 1 < rank || rank == 1 ? "%lld, " : "%lld", (long long)dims[i]);
    memset(text, ' ', sizeof text);
    memcpy(text, magic, sizeof magic);
    text[6] = 1;
    text[7] = 0;
    text[8] = (char)(unsigned char)(CM_NPY_HEADER - 10);
    text[9] = 0;
    int length = snprintf(text + 10, sizeof text - 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", shape);
    text[10 + length] = ' ';
    text[CM_NPY_HEADER - 1] = '\n';
    fwrite(text, 1, sizeof text, stream);
}

void cm_npy_write_values(FILE *stream, const float *values, size_t count)
{
    fwrite(values, sizeof *values, count, stream);
}
