/* Names of files that are written for pictures: in one folder, each picture's its own, however alike the pictures are called. */
#ifndef CM_CLI_STEMS_H
#define CM_CLI_STEMS_H

typedef struct cm_stems {
    const char *folder; /* where the files go */
    void *used;         /* tree of the stems given out */
} cm_stems;

/* FOLDER/relative without the ending, with "-2", "-3" ... behind it where another picture has that name already; the folders it lies in are
 * made. relative: as in cm_input. *stem lives until cm_stems_free. Returns an exit code (reported). */
int cm_stems_next(cm_stems *stems, const char *relative, const char **stem);

void cm_stems_free(cm_stems *stems);

#endif
