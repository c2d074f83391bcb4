#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "progress.h"

static void replace_control_characters(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

static void print_line(const char *prefix, const char *sentence, const char *suffix)
{
    char line[2304];
    if (snprintf(line, sizeof line, "%s%s%s", prefix, sentence, suffix) < 0)
        return;
    replace_control_characters(line);
    cm_progress_wipe();
    fprintf(stderr, "%s\n", line); /* one call, so that lines of several threads do not mix */
}

int cm_report(int exit_code, const char *format, ...)
{
    char sentence[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    print_line("cameo: ", sentence, "");
    return exit_code;
}

int cm_report_usage(const char *command, const char *format, ...)
{
    char sentence[1024], prefix[64], suffix[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    const char *space = *command ? " " : "";
    snprintf(prefix, sizeof prefix, "cameo%s%s: ", space, command);
    snprintf(suffix, sizeof suffix, "; 'cameo%s%s --help' shows how", space, command);
    print_line(prefix, sentence, suffix);
    return CM_EXIT_USAGE;
}

int cm_report_flush(void)
{
    if (fflush(stdout) != 0 && errno != EPIPE)
        return cm_report(CM_EXIT_OTHER, "standard output: cannot be written: %s", strerror(errno));
    return CM_EXIT_OK;
}

int cm_report_exit_code(cameo_status status)
{
    switch (status) {
    case CAMEO_OK:
        return CM_EXIT_OK;
    case CAMEO_ERROR_ARGUMENT:
        return CM_EXIT_USAGE;
    case CAMEO_ERROR_MEMORY:
    case CAMEO_ERROR_INTERNAL:
    case CAMEO_ERROR_CAPACITY:
        return CM_EXIT_OTHER;
    default:
        return CM_EXIT_INPUT;
    }
}

int cm_report_error(const char *path, const cameo_error *error)
{
    int code = cm_report_exit_code(error->status);
    const char *sentence = error->message[0] ? error->message : cameo_status_text(error->status);
    char name[sizeof error->message]; /* as the sentence would have it */
    snprintf(name, sizeof name, "%s", path ? path : "");
    replace_control_characters(name);
    if (!path || strstr(sentence, name))
        return cm_report(code, "%s", sentence);
    return cm_report(code, "%s: %s", path, sentence);
}

int cm_report_worse(int a, int b)
{
    return a > b ? a : b;
}

/* Levenshtein distance of two short words; long ones count as far apart. */
static size_t distance(const char *a, const char *b)
{
    size_t row[33], n = strlen(a), m = strlen(b);
    if (n > 32 || m > 32)
        return 33;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[m];
}

const char *cm_report_nearest(const char *typed, const char *const *names)
{
    const char *nearest = NULL;
    size_t best = strlen(typed) > 3 ? 3 : 2; /* smaller than this */
    for (; *names; names++) {
        size_t d = distance(typed, *names);
        if (d < best) {
            best = d;
            nearest = *names;
        }
    }
    return nearest;
}
