/* cameo model: the commands about model files. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "outfile.h"
#include "report.h"

typedef struct command {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} command;

#define ROW(name, summary) {#name, summary, cm_model_##name},
static const command commands[] = {CM_MODEL_COMMANDS(ROW){NULL, NULL, NULL}};
#undef ROW

#define NAME(name, summary) #name,
static const char *const names[] = {CM_MODEL_COMMANDS(NAME) NULL};
#undef NAME

static int print_help(void)
{
    cm_outfile out;
    (void)cm_outfile_open(&out, NULL);
    fputs("usage: cameo model COMMAND [options] ...\n\ncommands:\n", out.stream);
    for (const command *c = commands; c->name; c++)
        fprintf(out.stream, "  %-8s %s\n", c->name, c->summary);
    fputs("\nexamples:\n  cameo model list --commercial-only\n  cameo model pull buffalo_l --accept-license\n  cameo model make r50 -o r50.onnx\n", out.stream);
    return cm_outfile_commit(&out);
}

int cm_command_model(int argc, char **argv)
{
    if (argc < 2)
        return cm_report_usage("model", "no command given");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_help();
    for (const command *c = commands; c->name; c++)
        if (strcmp(c->name, argv[1]) == 0)
            return c->run(argc - 1, argv + 1);
    const char *nearest = cm_report_nearest(argv[1], names);
    if (nearest)
        return cm_report_usage("model", "unknown command '%s', perhaps '%s' is meant", argv[1], nearest);
    return cm_report_usage("model", "unknown command '%s'", argv[1]);
}
