#include "pickle_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pickle_machine.h"

/* A pair is two pictures and a boolean: values are not many, so that a file cannot ask for many times its own size of memory. */
enum { LEAST_BYTES = 8, FEW_VALUES = 1 << 16 };

int cm_pickle_fail(cm_pickle_machine *m, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(m->message, m->message_size, format, arguments);
    va_end(arguments);
    return -1;
}

/* Room for one more element of `size` bytes; NULL without memory (the old array stays). */
static void *grown(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    size_t wanted = *capacity ? *capacity * 2 : 64;
    void *larger = realloc(array, wanted * size);
    if (larger)
        *capacity = wanted;
    return larger;
}

int cm_pickle_push_index(cm_pickle_machine *m, cm_pickle_index index)
{
    cm_pickle_index *stack = grown(m->stack, m->depth, &m->stack_capacity, sizeof *stack);
    if (!stack)
        return cm_pickle_fail(m, "wants more memory than there is");
    m->stack = stack;
    m->stack[m->depth++] = index;
    return 0;
}

int cm_pickle_push(cm_pickle_machine *m, cm_pickle_value value)
{
    cm_pickle_value *values = grown(m->values, m->value_count, &m->value_capacity, sizeof *values);
    if (values && m->value_count >= m->size / LEAST_BYTES + FEW_VALUES) {
        m->values = values;
        return cm_pickle_fail(m, "holds more values than a set of %zu bytes can have", m->size);
    }
    if (!values || m->value_count >= UINT32_MAX)
        return cm_pickle_fail(m, "wants more memory than there is");
    m->values = values;
    if (cm_pickle_push_index(m, (cm_pickle_index)m->value_count) != 0)
        return -1;
    m->values[m->value_count++] = value;
    return 0;
}

cm_pickle_value *cm_pickle_peek(cm_pickle_machine *m, size_t below)
{
    if (below < m->depth)
        return &m->values[m->stack[m->depth - 1 - below]];
    (void)cm_pickle_fail(m, "takes more from its stack than there is, at byte %zu", m->at);
    return NULL;
}

int cm_pickle_append(cm_pickle_machine *m, cm_pickle_value *list, const cm_pickle_index *items, size_t count)
{
    if (count == 0)
        return 0;
    if (list->count + count > list->capacity) {
        size_t wanted = list->capacity * 2 > list->count + count ? list->capacity * 2 : list->count + count;
        cm_pickle_index *larger = realloc(list->items, wanted * sizeof *larger);
        if (!larger)
            return cm_pickle_fail(m, "wants more memory than there is");
        list->items = larger;
        list->capacity = wanted;
    }
    memcpy(list->items + list->count, items, count * sizeof *items);
    list->count += count;
    return 0;
}

unsigned char *cm_pickle_room(cm_pickle_machine *m, size_t size)
{
    if (size > m->size - m->converted_bytes) {
        (void)cm_pickle_fail(m, "turns more text into bytes than it holds");
        return NULL;
    }
    unsigned char **converted = grown(m->converted, m->converted_count, &m->converted_capacity, sizeof *converted);
    unsigned char *room = converted ? malloc(size + 1) : NULL;
    if (converted)
        m->converted = converted;
    if (!room) {
        (void)cm_pickle_fail(m, "wants more memory than there is");
        return NULL;
    }
    m->converted[m->converted_count++] = room;
    m->converted_bytes += size;
    return room;
}

/* The pictures: each bytes, or an array of bytes. */
static int take_pictures(cm_pickle_machine *m, const cm_pickle_value *list, cm_pickle *pickle)
{
    pickle->pictures = malloc((list->count + 1) * sizeof *pickle->pictures);
    if (!pickle->pictures)
        return cm_pickle_fail(m, "wants more memory than there is");
    for (size_t i = 0; i < list->count; i++) {
        const cm_pickle_value *picture = &m->values[list->items[i]];
        if (picture->kind != CM_PICKLE_BYTES && !(picture->kind == CM_PICKLE_ARRAY && picture->number == 1))
            return cm_pickle_fail(m, "has an entry %zu in its list of pictures that is no bytes", i);
        pickle->pictures[pickle->picture_count++] = (cm_pickle_bytes){picture->bytes, picture->size};
    }
    return 0;
}

static int is_nonzero(const unsigned char *bytes, size_t size)
{
    int any = 0;
    for (size_t i = 0; i < size; i++)
        any |= bytes[i];
    return any != 0;
}

/* Whether pairs are of one person: a list of booleans, or one array of them. */
static int take_labels(cm_pickle_machine *m, const cm_pickle_value *labels, cm_pickle *pickle)
{
    int array = labels->kind == CM_PICKLE_ARRAY;
    size_t width = array ? (size_t)labels->number : 1, count = array ? labels->size / width : labels->count;
    pickle->same = malloc(count + 1);
    if (!pickle->same)
        return cm_pickle_fail(m, "wants more memory than there is");
    for (size_t i = 0; i < count; i++) {
        const cm_pickle_value *one = array ? NULL : &m->values[labels->items[i]];
        if (array)
            pickle->same[i] = is_nonzero(labels->bytes + i * width, width) != 0;
        else if (one->kind == CM_PICKLE_NUMBER)
            pickle->same[i] = one->number != 0;
        else if (one->kind == CM_PICKLE_ARRAY && one->size == (size_t)one->number)
            pickle->same[i] = is_nonzero(one->bytes, one->size) != 0;
        else
            return cm_pickle_fail(m, "has an entry %zu in its list of labels that is no boolean", i);
        pickle->same_count++;
    }
    return 0;
}

static int take_result(cm_pickle_machine *m, cm_pickle *pickle)
{
    const cm_pickle_value *top = m->depth == 1 ? cm_pickle_peek(m, 0) : NULL;
    if (!top || top->kind != CM_PICKLE_LIST || top->count != 2)
        return cm_pickle_fail(m, "holds no pair of pictures and labels");
    const cm_pickle_value *pictures = &m->values[top->items[0]], *labels = &m->values[top->items[1]];
    if (pictures->kind != CM_PICKLE_LIST || (labels->kind != CM_PICKLE_LIST && labels->kind != CM_PICKLE_ARRAY))
        return cm_pickle_fail(m, "holds no list of pictures and list of labels");
    if (take_pictures(m, pictures, pickle) != 0 || take_labels(m, labels, pickle) != 0)
        return -1;
    if (pickle->picture_count != pickle->same_count * 2)
        return cm_pickle_fail(m, "holds %zu pictures for %zu pairs; wanted are two a pair", pickle->picture_count, pickle->same_count);
    return pickle->same_count ? 0 : cm_pickle_fail(m, "holds no pair");
}

int cm_pickle_read(cm_pickle *pickle, const unsigned char *bytes, size_t size, char *message, size_t message_size)
{
    cm_pickle_machine m = {.bytes = bytes, .size = size, .message = message, .message_size = message_size};
    int code = 0;
    *pickle = (cm_pickle){.picture_count = 0};
    while (code == 0 && !m.stopped)
        code = cm_pickle_step(&m);
    if (code == 0)
        code = take_result(&m, pickle);
    pickle->converted = m.converted;
    pickle->converted_count = m.converted_count;
    for (size_t i = 0; i < m.value_count; i++)
        free(m.values[i].items);
    free(m.values);
    free(m.stack);
    free(m.memo);
    if (code != 0)
        cm_pickle_free(pickle);
    return code;
}

void cm_pickle_free(cm_pickle *pickle)
{
    for (size_t i = 0; i < pickle->converted_count; i++)
        free(pickle->converted[i]);
    free(pickle->converted);
    free(pickle->pictures);
    free(pickle->same);
    *pickle = (cm_pickle){.picture_count = 0};
}
