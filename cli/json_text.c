#include "json_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "report.h"

/* How many bytes at `p` form one UTF-8 character; 0: none. */
static size_t utf8_length(const unsigned char *p)
{
    /* RFC 3629, section 4: first byte from .. to, how long, and where the second byte must lie. */
    static const struct {
        unsigned char from, to, length, second_from, second_to;
    } forms[] = {{0x00, 0x7f, 1, 0x00, 0xff}, {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
                 {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
                 {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f}};
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        if (p[0] < forms[f].from || p[0] > forms[f].to)
            continue;
        if (forms[f].length > 1 && (p[1] < forms[f].second_from || p[1] > forms[f].second_to))
            return 0;
        for (size_t i = 2; i < forms[f].length; i++)
            if ((p[i] & 0xc0) != 0x80)
                return 0;
        return forms[f].length;
    }
    return 0;
}

static void *allocate_or_quit(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory)
        cm_interrupt_quit(cm_report(CM_EXIT_OTHER, "out of memory"));
    return memory;
}

void cm_json_install(void)
{
    json_set_alloc_funcs(allocate_or_quit, free);
}

json_t *cm_json_text(const char *text)
{
    if (!text)
        return json_null();
    char *clean = allocate_or_quit(strlen(text) * 3 + 1), *to = clean;
    while (*text) {
        size_t length = utf8_length((const unsigned char *)text);
        const char *from = length ? text : "\xef\xbf\xbd";
        size_t written = length ? length : 3;
        memcpy(to, from, written);
        to += written;
        text += length ? length : 1;
    }
    *to = '\0';
    json_t *value = json_string(clean);
    free(clean);
    return value;
}

int cm_json_is_plain(const char *text)
{
    for (size_t length; *text; text += length) {
        length = utf8_length((const unsigned char *)text);
        if (length == 0 || (unsigned char)*text < 0x20 || *text == 0x7f)
            return 0;
    }
    return 1;
}

json_t *cm_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *cm_json_floats(const float *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, cm_json_number((double)values[i]));
    return array;
}

json_t *cm_json_sizes(const int64_t *values, int count)
{
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(array, values[i] < 0 ? json_null() : json_integer((json_int_t)values[i]));
    return array;
}

void cm_json_add(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

void cm_json_add_face(json_t *object, const cameo_face *face)
{
    cm_json_add(object, "box", cm_json_floats(face->box, 4));
    if (face->landmark_count == 0) {
        cm_json_add(object, "score", face->score > 0 ? cm_json_number((double)face->score) : json_null());
        cm_json_add(object, "landmarks", json_null());
        return;
    }
    cm_json_add(object, "score", cm_json_number((double)face->score));
    json_t *landmarks = json_array();
    for (int i = 0; i < face->landmark_count; i++)
        json_array_append_new(landmarks, cm_json_floats(face->landmarks[i], 2));
    cm_json_add(object, "landmarks", landmarks);
}

void cm_json_print(json_t *value, FILE *stream, int indented)
{
    size_t layout = indented ? JSON_INDENT(2) : JSON_COMPACT;
    (void)json_dumpf(value, stream, layout | JSON_REAL_PRECISION(9)); /* a stream that fails is found by its owner */
    putc('\n', stream);
    json_decref(value);
}
