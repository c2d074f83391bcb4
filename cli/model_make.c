/* cameo model make: models that know no faces. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "flags.h"
#include "interrupt.h"
#include "make/make.h"
#include "outfile.h"
#include "progress.h"
#include "report.h"

static int list(void)
{
    size_t count;
    const char *const *names = cm_make_architectures(&count);
    cm_outfile out;
    (void)cm_outfile_open(&out, NULL);
    for (size_t i = 0; i < count; i++) {
        const cm_make_architecture *a = cm_make_architecture_find(names[i]);
        fprintf(out.stream, "%-15s %-13s %s\n", a->name, a->task, a->description);
    }
    return cm_outfile_commit(&out);
}

static int unknown(const char *name)
{
    const char *names[64];
    size_t count;
    const char *const *all = cm_make_architectures(&count);
    if (count > 63)
        count = 63;
    memcpy(names, all, count * sizeof *names);
    names[count] = NULL;
    const char *nearest = cm_report_nearest(name, names);
    if (nearest)
        return cm_report_usage("model make", "unknown architecture '%s', perhaps '%s' is meant", name, nearest);
    return cm_report_usage("model make", "unknown architecture '%s' (--list shows them)", name);
}

static int make(const char *architecture, uint64_t seed, const char *path)
{
    char message[512];
    if (!cm_make_architecture_find(architecture))
        return unknown(architecture);
    cm_interrupt_defer(1); /* the maker writes beside the file's place: it must get to its end to clean up */
    cm_progress_start_clock("make");
    int failed = cm_make_model(architecture, seed, path, message, sizeof message);
    cm_progress_stop();
    cm_interrupt_defer(0);
    if (failed)
        return cm_report(CM_EXIT_OTHER, "%s%s%s", strstr(message, path) ? "" : path, strstr(message, path) ? "" : ": ", message);
    return CM_EXIT_OK;
}

static int parse_seed(const char *text, void *target)
{
    char *end;
    unsigned long long seed = strtoull(text, &end, 10);
    if (end == text || *end || *text == '-')
        return -1;
    *(uint64_t *)target = seed;
    return 0;
}

int cm_model_make(int argc, char **argv)
{
    const char *path = NULL;
    uint64_t seed = 1;
    int listing = 0, first;
    cm_flags flags = {
        .command = "model make", .synopsis = "[options] ARCH -o FILE", .minimum = 0, .maximum = 1,
        .help = "Writes an ONNX file with the exact architecture of a well-known network and invented weights, calibrated so that its numbers stay sane. It\n"
                "knows no faces: for benchmarks and tests. The same seed gives the same bytes on every machine.",
        .examples = "  cameo model make --list\n  cameo model make r50 -o r50.onnx && cameo bench r50.onnx"};
    cm_flags_add(&flags, (cm_flag){.name = "output", .letter = 'o', .value = "FILE", .kind = CM_FLAG_TEXT, .target = &path, .help = "the file to write"});
    cm_flags_add(&flags, (cm_flag){.name = "seed", .value = "N", .kind = CM_FLAG_PARSE, .target = &seed, .parse = parse_seed,
        .wants = "a whole number from 0", .help = "seed of the weights (1)"});
    cm_flags_add(&flags, (cm_flag){.name = "list", .kind = CM_FLAG_SWITCH, .target = &listing, .help = "list the architectures"});
    int code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    if (listing)
        return list();
    if (first >= argc)
        return cm_report_usage("model make", "no architecture given (--list shows them)");
    if (!path)
        return cm_report_usage("model make", "the file to write is missing: -o FILE");
    return make(argv[first], seed, path);
}
