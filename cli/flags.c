#include "flags.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { FIRST_LONG = 256, HELP = 255 };

void cm_flags_add(cm_flags *flags, cm_flag row)
{
    if (flags->count < CM_FLAGS_MAX)
        flags->rows[flags->count++] = row;
}

int cm_flags_int(const char *text, double low, double high, int *value)
{
    char *end;
    errno = 0;
    long parsed = strtol(text, &end, 10);
    if (end == text || *end || errno || (double)parsed < low || (double)parsed > high)
        return -1;
    *value = (int)parsed;
    return 0;
}

int cm_flags_number(const char *text, double low, double high, double *value)
{
    char *end;
    double parsed = strtod(text, &end);
    if (end == text || *end || !isfinite(parsed) || parsed < low || parsed > high)
        return -1;
    *value = parsed;
    return 0;
}

int cm_flags_parse_size(const char *text, void *target)
{
    enum { LARGEST = 16384 };
    int *size = target, used = 0, width, height;
    if (sscanf(text, "%5d%n", &width, &used) != 1)
        return -1;
    height = width;
    if (text[used] == 'x') {
        text += used + 1;
        if (sscanf(text, "%5d%n", &height, &used) != 1)
            return -1;
    }
    if (text[used] || width < 1 || height < 1 || width > LARGEST || height > LARGEST)
        return -1;
    size[0] = width;
    size[1] = height;
    return 0;
}

static int bad_value(const cm_flags *flags, const cm_flag *row, const char *text)
{
    if (row->kind == CM_FLAG_INT || row->kind == CM_FLAG_NUMBER)
        return cm_report_usage(flags->command, "--%s wants a%s number from %.10g to %.10g, not '%s'", row->name,
                               row->kind == CM_FLAG_INT ? " whole" : "", row->low, row->high, text);
    return cm_report_usage(flags->command, "--%s wants %s, not '%s'", row->name, row->wants ? row->wants : row->value, text);
}

static int apply(const cm_flags *flags, const cm_flag *row, const char *text)
{
    int wrong = 0;
    switch (row->kind) {
    case CM_FLAG_SWITCH:
        *(int *)row->target = 1;
        break;
    case CM_FLAG_INT:
        wrong = cm_flags_int(text, row->low, row->high, row->target);
        break;
    case CM_FLAG_NUMBER:
        wrong = cm_flags_number(text, row->low, row->high, row->target);
        break;
    case CM_FLAG_TEXT:
        *(const char **)row->target = text;
        break;
    case CM_FLAG_PARSE:
        wrong = row->parse(text, row->target);
        break;
    }
    return wrong ? bad_value(flags, row, text) : -1;
}

static int unknown_option(const cm_flags *flags, const char *typed)
{
    const char *names[CM_FLAGS_MAX + 2];
    char word[64];
    if (strncmp(typed, "--", 2) != 0)
        return cm_report_usage(flags->command, "unknown option '%s'", typed);
    snprintf(word, sizeof word, "%.*s", (int)strcspn(typed + 2, "="), typed + 2);
    size_t count = 0;
    for (; count < flags->count; count++)
        names[count] = flags->rows[count].name;
    names[count] = "help";
    names[count + 1] = NULL;
    const char *nearest = cm_report_nearest(word, names);
    if (nearest)
        return cm_report_usage(flags->command, "unknown option '--%s', perhaps '--%s' is meant", word, nearest);
    return cm_report_usage(flags->command, "unknown option '--%s'", word);
}

static int bad_option(const cm_flags *flags, int answer, const char *typed)
{
    if (answer == ':')
        return cm_report_usage(flags->command, "option '%s' wants a value", typed);
    for (size_t i = 0; i < flags->count && optopt >= FIRST_LONG; i++)
        if (optopt == FIRST_LONG + (int)i)
            return cm_report_usage(flags->command, "option '--%s' takes no value", flags->rows[i].name);
    return unknown_option(flags, typed);
}

static int check_count(const cm_flags *flags, int given)
{
    if (given < flags->minimum)
        return cm_report_usage(flags->command, "%s: wanted are %s", given ? "an argument is missing" : "no argument given", flags->synopsis);
    if (flags->maximum >= 0 && given > flags->maximum)
        return cm_report_usage(flags->command, "too many arguments: wanted are %s", *flags->synopsis ? flags->synopsis : "none");
    return -1;
}

/* The tables that getopt_long wants. longs: [count + 2], zeroed; shorts: ":h" and room for two characters a row. */
static void make_tables(const cm_flags *flags, struct option *longs, char *shorts)
{
    size_t used = strlen(shorts);
    for (size_t i = 0; i < flags->count; i++) {
        const cm_flag *row = &flags->rows[i];
        longs[i] = (struct option){row->name, row->value ? required_argument : no_argument, NULL, FIRST_LONG + (int)i};
        if (row->letter) {
            shorts[used++] = row->letter;
            if (row->value)
                shorts[used++] = ':';
        }
    }
    longs[flags->count] = (struct option){"help", no_argument, NULL, HELP};
}

int cm_flags_parse(cm_flags *flags, int argc, char **argv, int *first)
{
    struct option longs[CM_FLAGS_MAX + 2] = {{0}};
    char shorts[2 * CM_FLAGS_MAX + 4] = ":h";
    make_tables(flags, longs, shorts);
    opterr = 0;
    optind = 1;
    for (;;) {
        int before = optind;
        int answer = getopt_long(argc, argv, shorts, longs, NULL);
        if (answer == -1)
            break;
        if (answer == 'h' || answer == HELP)
            return cm_flags_print_help(flags);
        if (answer == '?' || answer == ':')
            return bad_option(flags, answer, argv[optind > before ? optind - 1 : before]);
        size_t row = 0;
        while (row < flags->count && answer != FIRST_LONG + (int)row && answer != flags->rows[row].letter)
            row++;
        int code = apply(flags, &flags->rows[row], optarg);
        if (code >= 0)
            return code;
    }
    *first = optind;
    return check_count(flags, argc - optind);
}

int cm_flags_print_help(const cm_flags *flags)
{
    printf("usage: cameo %s %s\n\n%s\n\noptions:\n", flags->command, flags->synopsis, flags->help);
    for (size_t i = 0; i < flags->count; i++) {
        const cm_flag *row = &flags->rows[i];
        char left[64], letter[8] = "";
        if (row->letter)
            snprintf(letter, sizeof letter, "-%c, ", row->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, row->name, row->value ? " " : "", row->value ? row->value : "");
        printf("  %-26s %s\n", left, row->help);
    }
    printf("  %-26s %s\n", "-h, --help", "this text");
    if (flags->examples)
        printf("\nexamples:\n%s\n", flags->examples);
    return cm_report_flush();
}
