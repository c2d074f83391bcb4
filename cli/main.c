/* cameo: face recognition on the command line. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cameo.h"
#include "commands.h"
#include "interrupt.h"
#include "json_text.h"
#include "report.h"

typedef struct command {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} command;

#define ROW(name, summary) {#name, summary, cm_command_##name},
static const command commands[] = {CM_COMMANDS(ROW){NULL, NULL, NULL}};
#undef ROW

#define NAME(name, summary) #name,
static const char *const names[] = {CM_COMMANDS(NAME) "help", NULL};
#undef NAME

static const command *find(const char *name)
{
    for (const command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static int print_version(void)
{
    printf("cameo %s\n", cameo_version());
    return cm_report_flush();
}

static int print_help(void)
{
    puts("usage: cameo COMMAND [options] ...\n\nFace recognition: finds, aligns, embeds and compares faces.\n\ncommands:");
    for (const command *c = commands; c->name; c++)
        printf("  %-10s %s\n", c->name, c->summary);
    puts("  help       this text, or that of a command: cameo help embed\n"
         "\noptions:\n  --version  print the version\n"
         "\nexamples:\n  cameo model pull buffalo_l --accept-license\n  cameo compare a.jpg b.jpg\n  cameo embed photos/ -o faces.jsonl\n"
         "\nenvironment:\n  CAMEO_HOME       where models and packed weights are kept (~/.cache/cameo)\n"
         "  CAMEO_CACHE=off  keep no packed weights: pack them at each start\n"
         "\nexit codes: 0 success, 1 negative answer (no face, not the same person), 2 usage, 3 bad input, 4 other");
    return cm_report_flush();
}

static int unknown(const char *name)
{
    const char *nearest = cm_report_nearest(name, names);
    if (nearest)
        return cm_report_usage("", "unknown command '%s', perhaps '%s' is meant", name, nearest);
    return cm_report_usage("", "unknown command '%s'", name);
}

static int help(int argc, char **argv)
{
    char wanted[] = "--help";
    if (argc < 2)
        return print_help();
    const command *c = find(argv[1]);
    if (!c)
        return strcmp(argv[1], "help") == 0 ? print_help() : unknown(argv[1]);
    if (argc > 2) { /* cameo help model pull */
        char *arguments[] = {argv[1], argv[2], wanted, NULL};
        return c->run(3, arguments);
    }
    char *arguments[] = {argv[1], wanted, NULL};
    return c->run(2, arguments);
}

/* A file opened under the number of a stream that was closed by the parent would receive what is meant for that stream. What stands there
 * instead fails when it is used: one end of /dev/null that is not the wanted one. */
static int hold_standard_streams(void)
{
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++)
        if (fcntl(number, F_GETFD) < 0 && open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY) != number)
            return CM_EXIT_OTHER;
    return CM_EXIT_OK;
}

int main(int argc, char **argv)
{
    if (hold_standard_streams() != CM_EXIT_OK)
        return CM_EXIT_OTHER;
    cm_interrupt_install();
    cm_json_install();
    if (argc < 2)
        return cm_report_usage("", "no command given");
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        return print_version();
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_help();
    if (strcmp(argv[1], "help") == 0)
        return help(argc - 1, argv + 1);
    const command *c = find(argv[1]);
    return c ? c->run(argc - 1, argv + 1) : unknown(argv[1]);
}
