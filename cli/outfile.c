#define _XOPEN_SOURCE 700 /* realpath */
#include "outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "interrupt.h"
#include "lookup.h"
#include "report.h"

static const char *name_of(const cm_outfile *out)
{
    return out->path ? out->path : "standard output";
}

static void free_names(cm_outfile *out)
{
    free(out->temporary);
    free(out->target);
    out->temporary = out->target = NULL;
}

static int fail(cm_outfile *out, const char *what)
{
    int reason = errno;
    int quiet = reason == EPIPE && !out->path; /* the reader has gone, and wants to hear nothing */
    if (!quiet)
        cm_report(CM_EXIT_OTHER, "%s: %s: %s", name_of(out), what, strerror(reason));
    cm_outfile_abort(out);
    return CM_EXIT_OTHER;
}

/* Where the finished file is to stand. */
static const char *place_of(const cm_outfile *out)
{
    return out->target ? out->target : out->path;
}

static int open_temporary(cm_outfile *out)
{
    out->temporary = cm_lookup_format("%s.XXXXXX", place_of(out));
    if (!out->temporary)
        return fail(out, "cannot be written");
    int file = cm_interrupt_create(out->temporary, &out->slot);
    if (file < 0) {
        free(out->temporary);
        out->temporary = NULL;
        return fail(out, "cannot be written");
    }
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(file, 0666 & ~mask) != 0 || !(out->stream = fdopen(file, "wb"))) {
        int code = fail(out, "cannot be written");
        close(file);
        return code;
    }
    return CM_EXIT_OK;
}

int cm_outfile_open(cm_outfile *out, const char *path)
{
    *out = (cm_outfile){.slot = -1};
    if (!path || strcmp(path, "-") == 0) {
        out->stream = stdout;
        return CM_EXIT_OK;
    }
    out->path = path;
    struct stat status, linked;
    int there = lstat(path, &status) == 0;
    if (there && S_ISLNK(status.st_mode) && stat(path, &linked) == 0 && S_ISREG(linked.st_mode)) {
        out->target = realpath(path, NULL);
        status = linked;
    }
    if (!there || S_ISREG(status.st_mode))
        return open_temporary(out);
    /* A rename would replace a device or a pipe by a file; they are written in place. */
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return fail(out, "cannot be written");
    }
    out->stream = fopen(path, "wb");
    return out->stream ? CM_EXIT_OK : fail(out, "cannot be written");
}

int cm_outfile_check(cm_outfile *out, int flush)
{
    if (ferror(out->stream) || (flush && fflush(out->stream) != 0))
        return fail(out, "cannot be written");
    return CM_EXIT_OK;
}

int cm_outfile_commit(cm_outfile *out)
{
    if (ferror(out->stream) || fflush(out->stream) != 0)
        return fail(out, "cannot be written");
    if (out->stream == stdout)
        return CM_EXIT_OK;
    if (out->temporary && fsync(fileno(out->stream)) != 0)
        return fail(out, "cannot be written");
    FILE *stream = out->stream;
    out->stream = NULL;
    if (fclose(stream) != 0)
        return fail(out, "cannot be written");
    if (out->temporary && rename(out->temporary, place_of(out)) != 0)
        return fail(out, "cannot be put in its place");
    cm_interrupt_release(out->slot);
    free_names(out);
    return CM_EXIT_OK;
}

void cm_outfile_abort(cm_outfile *out)
{
    if (out->stream && out->stream != stdout)
        fclose(out->stream);
    out->stream = NULL;
    if (out->temporary)
        unlink(out->temporary);
    cm_interrupt_release(out->slot);
    out->slot = -1;
    free_names(out);
}

int cm_outfile_finish(cm_outfile *out, int code)
{
    if (code == CM_EXIT_USAGE || code == CM_EXIT_OTHER) {
        cm_outfile_abort(out);
        return code;
    }
    return cm_report_worse(code, cm_outfile_commit(out));
}

int cm_outfile_check_picture(const char *path)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".ppm", ".webp"}; /* those of cameo_image_save */
    size_t length = strlen(path), count = sizeof endings / sizeof *endings, i = 0;
    while (i < count && (length <= strlen(endings[i]) || strcasecmp(path + length - strlen(endings[i]), endings[i]) != 0))
        i++;
    if (i == count)
        return cm_report(CM_EXIT_USAGE, "%s: a picture's name ends in .jpg, .jpeg, .png, .ppm or .webp (a folder's in '/')", path);
    char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;
    struct stat status;
    int code = CM_EXIT_OK;
    if (!folder)
        return cm_report(CM_EXIT_OTHER, "%s: out of memory", path);
    if (slash && slash > folder) {
        *slash = '\0';
        if (stat(folder, &status) != 0)
            code = cm_report(CM_EXIT_OTHER, "%s: cannot be written: %s", path, strerror(errno));
    }
    free(folder);
    return code;
}

int cm_outfile_save_picture(const cameo_image_view *view, const char *path)
{
    cameo_error error;
    cm_interrupt_defer(1);
    cameo_status status = cameo_image_save(view, path, &error);
    int code = CM_EXIT_OK;
    if (status != CAMEO_OK) {
        code = cm_report_error(path, &error);
        if (status == CAMEO_ERROR_IO || status == CAMEO_ERROR_NOT_FOUND)
            code = CM_EXIT_OTHER;
        if (status == CAMEO_ERROR_UNSUPPORTED)
            code = CM_EXIT_USAGE; /* the ending of the name */
    }
    cm_interrupt_defer(0);
    return code;
}

int cm_outfile_make_folder(const char *path)
{
    char *copy = strdup(path);
    if (!copy)
        return cm_report(CM_EXIT_OTHER, "%s: out of memory", path);
    int failed = 0;
    for (char *p = copy + 1; !failed && *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        failed = mkdir(copy, 0777) != 0 && errno != EEXIST;
        *p = '/';
    }
    if (!failed && mkdir(copy, 0777) != 0) {
        struct stat status;
        failed = errno != EEXIST || stat(copy, &status) != 0 || !S_ISDIR(status.st_mode);
        if (failed && errno == 0)
            errno = ENOTDIR;
    }
    int reason = errno;
    free(copy);
    if (failed)
        return cm_report(CM_EXIT_OTHER, "%s: the folder cannot be made: %s", path, strerror(reason));
    return CM_EXIT_OK;
}
