/* From a download to a model in its place: verified before it can be seen. */
#ifndef CM_CLI_INSTALL_H
#define CM_CLI_INSTALL_H

#include "cameo.h"
#include "digest.h"

/* What shall be fetched. */
typedef struct cm_package {
    const char *name;               /* of the pack's folder, or of the file */
    const cameo_known_model *known; /* or NULL */
    const char *url;
    char sha256[CM_DIGEST_TEXT];    /* empty: not known */
    const char *sha256_prefix;      /* where only the beginning is known, else NULL */
} cm_package;

/* 1 if a file with this hash and size is what was wanted, as far as that is known. */
int cm_package_matches(const cm_package *package, const char *sha256, uint64_t bytes);

/* Puts a verified download into `models`: a zip is unpacked into a folder of the package's name, an ONNX file gets its name. *place receives where it
 * lies (to be freed). The download itself is left alone for a zip and moved otherwise. Returns an exit code (reported). */
int cm_install(const cm_package *package, const char *download, const char *models, char **place);

#endif
