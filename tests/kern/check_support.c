/* Guarded memory, random numbers and comparisons of checkkern. */
#include "check.h"

#include "base/half.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* MAP_ANONYMOUS is not POSIX: the pages come from a temporary file instead. */
enum { SLOT_BYTES = 4 << 20, SHOWN_FAILURES = 20 };

static unsigned char *slot_end[SLOT_COUNT];
static long cases, failures;
static uint64_t random_state = 0x9e3779b97f4a7c15u;

static unsigned char *map_slot(void)
{
    FILE *file = tmpfile();
    long page = sysconf(_SC_PAGESIZE);
    void *memory = MAP_FAILED;
    if (file != NULL && ftruncate(fileno(file), SLOT_BYTES + page) == 0)
        memory = mmap(NULL, (size_t)(SLOT_BYTES + page), PROT_READ | PROT_WRITE, MAP_PRIVATE, fileno(file), 0);
    if (memory == MAP_FAILED || mprotect((unsigned char *)memory + SLOT_BYTES, (size_t)page, PROT_NONE) != 0) {
        perror("checkkern: guarded memory");
        exit(1);
    }
    fclose(file);
    return (unsigned char *)memory + SLOT_BYTES;
}

void *guard_bytes(enum guard_slot slot, size_t bytes)
{
    if (slot_end[slot] == NULL)
        slot_end[slot] = map_slot();
    if (bytes > SLOT_BYTES) {
        fprintf(stderr, "checkkern: %zu bytes are more than a slot has\n", bytes);
        exit(1);
    }
    return slot_end[slot] - bytes;
}

float *guard_floats(enum guard_slot slot, size_t count)
{
    return guard_bytes(slot, count * sizeof(float));
}

float *guard_random(enum guard_slot slot, size_t count)
{
    float *values = guard_floats(slot, count);
    fill_random(values, count);
    return values;
}

/* xorshift64* (Vigna 2016) */
static uint32_t random_bits(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 0x2545f4914f6cdd1du) >> 32);
}

int random_int(int low, int high)
{
    return low + (int)(random_bits() % (uint32_t)(high - low + 1));
}

float random_float(void)
{
    return (float)(int32_t)random_bits() * 0x1p-31f;
}

void fill_random(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = random_float();
}

void fill_special(float *values, size_t count)
{
    static const float special[] = { NAN, INFINITY, -INFINITY, 0.0f, -0.0f };
    for (size_t i = 0; i < 1 + count / 16; i++)
        values[random_bits() % count] = special[random_bits() % 5];
}

/* A NaN with a payload that no calculation makes. */
static const uint32_t canary_bits = 0x7fabcdefu;

void canary_fill(float *c, int64_t rows, int64_t columns, int64_t stride)
{
    int64_t count = (rows - 1) * stride + columns;
    for (int64_t i = 0; i < count; i++)
        memcpy(&c[i], &canary_bits, sizeof canary_bits);
}

void canary_check(const cm_kernel *kernel, const float *c, int64_t rows, int64_t columns, int64_t stride)
{
    for (int64_t row = 0; row + 1 < rows; row++) {
        for (int64_t column = columns; column < stride; column++) {
            if (memcmp(&c[row * stride + column], &canary_bits, sizeof canary_bits) != 0)
                check_failed(kernel, "wrote outside its tile: row %lld column %lld", (long long)row, (long long)column);
        }
    }
}

void check_failed(const cm_kernel *kernel, const char *format, ...)
{
    if (failures++ >= SHOWN_FAILURES)
        return;
    va_list arguments;
    va_start(arguments, format);
    printf("FAIL %s: ", kernel->name);
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
}

void check_close(const cm_kernel *kernel, double wanted, double bound, float got, const char *where, int64_t row, int64_t column)
{
    bool good;
    if (isnan(wanted))
        good = isnan(got);
    else if (isinf(wanted))
        good = (double)got == wanted;
    else
        good = fabs((double)got - wanted) <= bound;
    if (!good)
        check_failed(kernel, "%s [%lld][%lld] is %.9g, should be %.9g within %.3g", where, (long long)row, (long long)column, (double)got,
                     wanted, bound);
}

void check_same(const cm_kernel *kernel, float wanted, float got, const char *where, int64_t row, int64_t column)
{
    if (memcmp(&wanted, &got, sizeof got) != 0 && !(isnan(wanted) && isnan(got)))
        check_failed(kernel, "%s [%lld][%lld] is %a here and %a elsewhere", where, (long long)row, (long long)column, (double)got,
                     (double)wanted);
}

void check_counted(void)
{
    cases++;
}

int check_failures(void)
{
    return failures > 0;
}

long check_cases(void)
{
    return cases;
}

static bool has_half_panels(const cm_kernel *kernel)
{
    return strcmp(kernel->types, "f16") == 0;
}

size_t panel_bytes(const cm_kernel *kernel, size_t count)
{
    return count * (has_half_panels(kernel) ? sizeof(uint16_t) : sizeof(float));
}

void panel_fill(const cm_kernel *kernel, void *panel, size_t count)
{
    float *floats = panel;
    uint16_t *halves = panel;
    for (size_t i = 0; i < count; i++) {
        if (has_half_panels(kernel))
            halves[i] = cm_half_from_float(random_float());
        else
            floats[i] = random_float();
    }
}

double panel_at(const cm_kernel *kernel, const void *panel, ptrdiff_t index)
{
    return has_half_panels(kernel) ? (double)cm_half_to_float(((const uint16_t *)panel)[index]) : (double)((const float *)panel)[index];
}
