#include "inputs.h"

#include <dirent.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "lookup.h"
#include "report.h"

enum { DEEPEST = 64 };

/* A file by what it is, not by one of its names. */
typedef struct identity {
    dev_t device;
    ino_t number;
} identity;

static int by_identity(const void *left, const void *right)
{
    const identity *a = left, *b = right;
    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    return a->number == b->number ? 0 : a->number < b->number ? -1 : 1;
}

/* Returns 0 without memory. A file that is not there needs no protection. */
static int remember(cm_inputs *inputs, const char *path)
{
    struct stat status;
    if (!inputs->form.protect || stat(path, &status) != 0)
        return 1;
    identity *file = malloc(sizeof *file);
    if (!file)
        return 0;
    *file = (identity){status.st_dev, status.st_ino};
    pthread_mutex_lock(&inputs->files_lock);
    identity *const *entry = tsearch(file, &inputs->files, by_identity);
    int known = entry && *entry != file, there = entry != NULL;
    pthread_mutex_unlock(&inputs->files_lock);
    if (known || !there)
        free(file);
    return there;
}

int cm_inputs_spare(cm_inputs *inputs, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return CM_EXIT_OK;
    const identity file = {status.st_dev, status.st_ino};
    pthread_mutex_lock(&inputs->files_lock);
    int found = tfind(&file, &inputs->files, by_identity) != NULL;
    pthread_mutex_unlock(&inputs->files_lock);
    if (!found)
        return CM_EXIT_OK;
    return cm_report(CM_EXIT_USAGE, "%s: is one of the pictures to read, it is not overwritten; let the results go elsewhere", path);
}

static void forget(cm_inputs *inputs)
{
    while (inputs->files) {
        identity *file = *(identity **)inputs->files; /* a node begins with its key */
        tdelete(file, &inputs->files, by_identity);
        free(file);
    }
}

static int append(cm_inputs *inputs, char *path, size_t relative)
{
    if (path && !remember(inputs, path)) {
        free(path);
        return cm_report(CM_EXIT_OTHER, "out of memory");
    }
    if (inputs->count == inputs->capacity) {
        size_t capacity = inputs->capacity ? inputs->capacity * 2 : 64;
        cm_input *list = realloc(inputs->list, capacity * sizeof *list);
        if (!list) {
            free(path);
            return cm_report(CM_EXIT_OTHER, "out of memory");
        }
        inputs->list = list;
        inputs->capacity = capacity;
    }
    inputs->list[inputs->count++] = (cm_input){.path = path, .relative = relative};
    return CM_EXIT_OK;
}

static size_t name_start(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash + 1 - path) : 0;
}

static int looks_like_picture(const char *name)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".ppm", ".pgm", ".pnm"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcasecmp(name + length - ending, endings[i]) == 0)
            return 1;
    }
    return 0;
}

static int walk(cm_inputs *inputs, const char *folder, size_t relative, int depth);

/* Takes ownership of `path`. */
static int take_entry(cm_inputs *inputs, char *path, size_t relative, int depth)
{
    struct stat status;
    if (!path)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    int there = lstat(path, &status) == 0;
    if (there && S_ISDIR(status.st_mode)) {
        int code = walk(inputs, path, relative, depth + 1);
        free(path);
        return code;
    }
    if (there && looks_like_picture(path) && stat(path, &status) == 0 && S_ISREG(status.st_mode))
        return append(inputs, path, relative);
    free(path);
    return CM_EXIT_OK;
}

static int walk(cm_inputs *inputs, const char *folder, size_t relative, int depth)
{
    struct dirent **entries;
    if (depth > DEEPEST)
        return cm_report(CM_EXIT_INPUT, "%s: more than %d folders deep", folder, DEEPEST);
    int count = cm_lookup_list(folder, &entries);
    if (count < 0)
        return cm_report(CM_EXIT_INPUT, "%s: the folder cannot be read: %s", folder, strerror(errno));
    int code = CM_EXIT_OK;
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    for (int i = 0; i < count; i++) {
        if (code == CM_EXIT_OK)
            code = take_entry(inputs, cm_lookup_format("%s%s%s", folder, slash, entries[i]->d_name), relative, depth);
        free(entries[i]);
    }
    free(entries);
    return code;
}

static int take_folder(cm_inputs *inputs, const char *folder)
{
    size_t before = inputs->count, length = strlen(folder);
    int code = walk(inputs, folder, length + (folder[length - 1] != '/'), 0);
    if (code == CM_EXIT_OK && inputs->count == before)
        return cm_report(CM_EXIT_INPUT, "%s: no picture in this folder (.jpg .jpeg .png .webp .bmp .ppm .pgm)", folder);
    return code;
}

static int take_argument(cm_inputs *inputs, const char *argument)
{
    struct stat status;
    int expand = !inputs->form.literal;
    if (expand && strcmp(argument, "-") == 0) {
        if (inputs->has_stream)
            return cm_report(CM_EXIT_USAGE, "'-' (a list on standard input) can be given once only");
        inputs->has_stream = 1;
        return append(inputs, NULL, 0);
    }
    if (expand && stat(argument, &status) == 0 && S_ISDIR(status.st_mode))
        return take_folder(inputs, argument);
    char *path = strdup(argument);
    return path ? append(inputs, path, name_start(path)) : cm_report(CM_EXIT_OTHER, "out of memory");
}

void cm_inputs_add_flag(cm_inputs_form *form, cm_flags *flags)
{
    cm_flags_add(flags, (cm_flag){.name = "null", .letter = '0', .kind = CM_FLAG_SWITCH, .target = &form->null,
        .help = "the names of the list on standard input end with a NUL (find -print0)"});
}

int cm_inputs_open(cm_inputs *inputs, const cm_inputs_form *form, char *const *arguments, int count)
{
    int code = CM_EXIT_OK;
    *inputs = (cm_inputs){.form = *form, .files_lock = PTHREAD_MUTEX_INITIALIZER};
    for (int i = 0; i < count && code == CM_EXIT_OK; i++)
        code = take_argument(inputs, arguments[i]);
    if (code != CM_EXIT_OK)
        cm_inputs_close(inputs);
    return code;
}

void cm_inputs_keep(cm_inputs *inputs, const unsigned char *keep)
{
    size_t kept = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        if (keep[i])
            inputs->list[kept++] = inputs->list[i];
        else
            free(inputs->list[i].path);
    }
    inputs->count = kept;
}

size_t cm_inputs_total(const cm_inputs *inputs)
{
    return inputs->has_stream ? 0 : inputs->count;
}

int cm_inputs_next_is_stream(const cm_inputs *inputs)
{
    return inputs->next < inputs->count && !inputs->list[inputs->next].path;
}

/* The list is over: 0, or -1 without memory. */
static int end_of_list(cm_inputs *inputs)
{
    int reason = errno;
    if (ferror(stdin) || !feof(stdin)) {
        if (reason == ENOMEM)
            return -1;
        inputs->code = cm_report(CM_EXIT_INPUT, "standard input: the list of pictures cannot be read: %s", strerror(reason));
    } else if (inputs->listed == 0) {
        inputs->code = cm_report(CM_EXIT_INPUT, "standard input: the list of pictures is empty");
    }
    return 0;
}

/* A line of standard input: 1, 0 at its end, -1 without memory. */
static int next_line(cm_inputs *inputs, cm_input *input)
{
    int separator = inputs->form.null ? '\0' : '\n';
    for (;;) {
        ssize_t length = getdelim(&inputs->line, &inputs->line_capacity, separator, stdin);
        if (length < 0)
            return end_of_list(inputs);
        if (length > 0 && inputs->line[length - 1] == separator)
            inputs->line[--length] = '\0';
        if (length == 0)
            continue;
        inputs->listed++;
        input->path = remember(inputs, inputs->line) ? strdup(inputs->line) : NULL;
        input->relative = input->path ? name_start(input->path) : 0;
        input->number = inputs->handed_out++;
        return input->path ? 1 : -1;
    }
}

int cm_inputs_next(cm_inputs *inputs, cm_input *input)
{
    if (cm_inputs_next_is_stream(inputs)) {
        int answer = next_line(inputs, input);
        if (answer != 0)
            return answer;
        inputs->next++;
    }
    if (inputs->next >= inputs->count)
        return 0;
    *input = inputs->list[inputs->next];
    input->number = inputs->handed_out++;
    inputs->list[inputs->next++].path = NULL;
    return 1;
}

void cm_inputs_close(cm_inputs *inputs)
{
    for (size_t i = inputs->next; i < inputs->count; i++)
        free(inputs->list[i].path);
    free(inputs->list);
    free(inputs->line);
    forget(inputs);
    pthread_mutex_destroy(&inputs->files_lock);
    *inputs = (cm_inputs){0};
}
