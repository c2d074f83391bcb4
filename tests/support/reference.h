/* The folder of real models, pictures and reference results that $CAMEO_TEST_DATA names; tests without it are skipped. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

enum { REFERENCE_PATH = 1024 };

typedef struct reference_path {
    char text[REFERENCE_PATH];
} reference_path;

/* $CAMEO_TEST_DATA/name; skips the running test, with a line that says why, where that cannot be read. */
static inline reference_path reference_need(const char *name)
{
    reference_path path;
    const char *folder = getenv("CAMEO_TEST_DATA");
    snprintf(path.text, sizeof path.text, "%s/%s", folder ? folder : "", name);
    FILE *file = folder && *folder ? fopen(path.text, "rb") : NULL;
    if (!file) {
        printf("SKIP %s: it is not in $CAMEO_TEST_DATA (%s)\n", name, folder ? folder : "not set");
        skip();
        return path; /* not reached */
    }
    fclose(file);
    return path;
}

#endif
