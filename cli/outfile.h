/* Where results go: standard output, or a file that is complete or absent. */
#ifndef CM_CLI_OUTFILE_H
#define CM_CLI_OUTFILE_H

#include <stdio.h>

#include "cameo.h"

typedef struct cm_outfile {
    FILE *stream;
    const char *path; /* NULL: standard output */
    char *target;     /* the file itself, where `path` is a link to it */
    char *temporary;  /* NULL: written in place */
    int slot;
} cm_outfile;

/* path NULL or "-": standard output. A regular (or new) file is written under another name in the same folder and renamed by
 * cm_outfile_commit, also behind a link; devices and pipes are written in place. `path` must outlive it. Returns an exit code (reported). */
int cm_outfile_open(cm_outfile *out, const char *path);

/* 0 while everything written so far has arrived; otherwise an exit code (reported). flush: hand over what is buffered. */
int cm_outfile_check(cm_outfile *out, int flush);

/* Finishes: flushed, on disk, renamed. On failure nothing is left. Returns an exit code (reported). */
int cm_outfile_commit(cm_outfile *out);

/* Gives up: nothing is left. Does nothing after a commit. */
void cm_outfile_abort(cm_outfile *out);

/* Commits if code is 0 or CM_EXIT_INPUT or CM_EXIT_NO (results are there, some are missing), else aborts. Returns the worse code. */
int cm_outfile_finish(cm_outfile *out, int code);

/* Says before long work what will keep a picture from being written: an ending of its name that no picture has, a folder that is not
 * there. Returns an exit code (reported). */
int cm_outfile_check_picture(const char *path);

/* Writes a picture (see cameo_image_save) undisturbed by signals. Returns an exit code (reported). */
int cm_outfile_save_picture(const cameo_image_view *view, const char *path);

/* Makes a folder and those above it. Returns an exit code (reported). */
int cm_outfile_make_folder(const char *path);

#endif
