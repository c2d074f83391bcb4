#include "image/jpeg_strips.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 8, PREFIX = 0xff, RESTART = 0xd0, RESTARTS = 8, END = 0xd9, MARKER_BYTES = 2, WORTH_ITS_OVERLAP = 4 };

/* What the headers say. An MCU is the smallest group of blocks with all components; width and height of one are in pixels. */
typedef struct layout {
    size_t height_at; /* offset of the picture's height */
    size_t data;      /* offset behind the headers */
    int width, height, mcu_width, mcu_height;
    int interval;     /* MCUs between two restart markers */
} layout;

/* MCU rows that begin and end at restart markers, and which markers. */
typedef struct cut {
    int from, to;      /* restart intervals */
    size_t begin, end; /* offsets of their data; 0: not found yet */
} cut;

static int read_u16(const uint8_t *at)
{
    return at[0] << 8 | at[1];
}

/* A frame header; content: [size], what follows its length. */
static bool read_frame(layout *l, const uint8_t *content, size_t size)
{
    enum { PRECISION = 8, COMPONENTS = 3, HEAD = 6, COMPONENT = 3 };
    if (size != HEAD + COMPONENTS * COMPONENT || content[0] != PRECISION || content[5] != COMPONENTS || l->height)
        return false;
    l->height = read_u16(content + 1);
    l->width = read_u16(content + 3);
    int across = 0, down = 0;
    for (int i = 0; i < COMPONENTS; i++) {
        int sampling = content[HEAD + i * COMPONENT + 1];
        across = sampling >> 4 > across ? sampling >> 4 : across;
        down = (sampling & 15) > down ? sampling & 15 : down;
    }
    l->mcu_width = across * BLOCK;
    l->mcu_height = down * BLOCK;
    return l->width > 0 && l->height > 0 && across > 0 && down > 0;
}

enum { FRAME_BASELINE = 0xc0, FRAME_EXTENDED = 0xc1, HUFFMAN = 0xc4, SCAN = 0xda, QUANTIZATION = 0xdb, INTERVAL = 0xdd, COMMENT = 0xfe };

/* A segment before the scan; content: [size], `at` bytes from the file's beginning. False: one that no simple file has. */
static bool read_segment(layout *l, int marker, const uint8_t *content, size_t size, size_t at)
{
    enum { APPLICATION = 0xe0 };
    switch (marker) {
    case FRAME_BASELINE:
    case FRAME_EXTENDED:
        l->height_at = at + 1;
        return read_frame(l, content, size);
    case INTERVAL:
        l->interval = size == 2 ? read_u16(content) : 0;
        return true;
    case HUFFMAN:
    case QUANTIZATION:
    case COMMENT:
        return true;
    default:
        return (marker & 0xf0) == APPLICATION;
    }
}

/* Headers up to the first scan, which must hold all components. */
static bool read_headers(layout *l, const uint8_t *bytes, size_t size)
{
    enum { HEAD = 4, ALL_COMPONENTS = 3, MOST_BYTES = 1 << 20 }; /* every strip gets a copy */
    *l = (layout){0};
    size_t at = MARKER_BYTES;
    while (at <= MOST_BYTES && at < size && size - at > HEAD) {
        int marker = bytes[at + 1], length = read_u16(bytes + at + 2);
        const uint8_t *content = bytes + at + HEAD;
        if (bytes[at] != PREFIX || length < 3 || (size_t)length > size - at - MARKER_BYTES)
            return false;
        l->data = at + MARKER_BYTES + (size_t)length;
        if (marker == SCAN)
            return l->height > 0 && l->interval > 0 && content[0] == ALL_COMPONENTS;
        if (!read_segment(l, marker, content, (size_t)length - 2, at + HEAD))
            return false;
        at = l->data;
    }
    return false;
}

/* The next marker in the data at or after `at`: its offset, or `size`. A prefix byte that is data is followed by zero. */
static size_t next_marker(const uint8_t *bytes, size_t at, size_t size)
{
    while (at + 1 < size) {
        const uint8_t *found = memchr(bytes + at, PREFIX, size - at - 1);
        if (!found)
            return size;
        at = (size_t)(found - bytes);
        if (bytes[at + 1] != 0)
            return at;
        at += MARKER_BYTES;
    }
    return size;
}

/* Finds where the data of all cuts are. False: a marker is missing, out of order or of another kind. total: restart intervals there must be. */
static bool find_data(cut *cuts, int count, const layout *l, int total, const uint8_t *bytes, size_t size)
{
    size_t at = l->data;
    for (int interval = 0; interval < total; interval++) {
        for (int i = 0; i < count; i++)
            if (cuts[i].from == interval)
                cuts[i].begin = at;
        at = next_marker(bytes, at, size);
        int wanted = interval + 1 < total ? RESTART + interval % RESTARTS : END;
        if (at >= size || bytes[at + 1] != wanted)
            return false;
        for (int i = 0; i < count; i++)
            if (cuts[i].to == interval + 1)
                cuts[i].end = at;
        at += MARKER_BYTES;
    }
    return true;
}

/* Headers with another height, the data with restart markers counted anew, and an end. */
static bool make_file(cm_jpeg_strip *strip, const cut *c, const layout *l, const uint8_t *bytes)
{
    size_t data = c->end - c->begin;
    strip->size = l->data + data + MARKER_BYTES;
    strip->bytes = malloc(strip->size);
    if (!strip->bytes)
        return false;
    memcpy(strip->bytes, bytes, l->data);
    strip->bytes[l->height_at] = (uint8_t)(strip->height >> 8);
    strip->bytes[l->height_at + 1] = (uint8_t)strip->height;
    memcpy(strip->bytes + l->data, bytes + c->begin, data);
    size_t end = l->data + data, at = next_marker(strip->bytes, l->data, end);
    for (int interval = 0; at < end; interval++) {
        strip->bytes[at + 1] = (uint8_t)(RESTART + interval % RESTARTS);
        at = next_marker(strip->bytes, at + MARKER_BYTES, end);
    }
    strip->bytes[end] = PREFIX;
    strip->bytes[end + 1] = END;
    return true;
}

static int divide_up(int a, int b)
{
    return (a + b - 1) / b;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int common_divisor(int a, int b)
{
    while (b > 0) {
        int rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Strips of whole units: a unit is the fewest rows of MCUs that are whole restart intervals. */
static int plan(cm_jpeg_strip *strips, cut *cuts, int most, const layout *l, int total)
{
    int row_mcus = divide_up(l->width, l->mcu_width), divisor = common_divisor(l->interval, row_mcus);
    int unit_height = l->interval / divisor * l->mcu_height, unit_intervals = row_mcus / divisor;
    int units = divide_up(l->height, unit_height);
    int overlap = l->mcu_height > BLOCK; /* colours with fewer rows are smoothed downwards too: a unit more at either end */
    int count = smaller(most, overlap ? units / WORTH_ITS_OVERLAP : units);
    for (int i = 0; i < count; i++) {
        int first = (int)((int64_t)units * i / count), last = (int)((int64_t)units * (i + 1) / count);
        int top = first > 0 ? first - overlap : first, bottom = smaller(last + overlap, units);
        cuts[i] = (cut){.from = top * unit_intervals, .to = smaller(bottom * unit_intervals, total)};
        strips[i] = (cm_jpeg_strip){.first = first * unit_height, .skip = (first - top) * unit_height};
        strips[i].rows = smaller(last * unit_height, l->height) - strips[i].first;
        strips[i].height = smaller(bottom * unit_height, l->height) - top * unit_height;
    }
    return count;
}

int cm_jpeg_strips_cut(cm_jpeg_strip *strips, int most, const uint8_t *bytes, size_t size)
{
    layout l;
    cut cuts[CM_JPEG_STRIPS_MOST];
    if (!read_headers(&l, bytes, size))
        return 0;
    int total = divide_up(divide_up(l.width, l.mcu_width) * divide_up(l.height, l.mcu_height), l.interval);
    int count = plan(strips, cuts, smaller(most, CM_JPEG_STRIPS_MOST), &l, total), made = 0;
    if (count < 2 || !find_data(cuts, count, &l, total, bytes, size))
        return 0;
    while (made < count && make_file(&strips[made], &cuts[made], &l, bytes))
        made++;
    if (made == count)
        return count;
    cm_jpeg_strips_free(strips, made);
    return 0;
}

void cm_jpeg_strips_free(cm_jpeg_strip *strips, int count)
{
    for (int i = 0; i < count; i++)
        free(strips[i].bytes);
}
