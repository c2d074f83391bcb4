/* Where models lie: inside the library ("builtin:detector"), in $CAMEO_HOME/models (default ~/.cache/cameo/models), and in InsightFace's
 * ~/.insightface/models. */
#ifndef CM_CLI_LOOKUP_H
#define CM_CLI_LOOKUP_H

#include <dirent.h>

#include "cameo.h"

enum { CM_LOOKUP_ROOTS = 2 };

/* $CAMEO_HOME, or ~/.cache/cameo; NULL if neither can be told. To be freed. */
char *cm_lookup_home(void);

/* The folders that are searched, first ours; entries are NULL where unknown. Each to be freed. */
void cm_lookup_roots(char *roots[CM_LOOKUP_ROOTS]);

/* printf into a new string; NULL if out of memory. */
char *cm_lookup_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The entries of a folder without hidden ones, in the order of their bytes, to be freed as scandir's; -1 on failure (errno). */
int cm_lookup_list(const char *folder, struct dirent ***entries);

/* 1 if `text` ends so and is longer. */
int cm_lookup_ends_with(const char *text, const char *ending);

/* A file of this name in a folder or in one of the folders in it, or NULL. To be freed. */
char *cm_lookup_below(const char *folder, const char *name);

/* The known model of this name, with or without ".onnx" or ".zip", or NULL. */
const cameo_known_model *cm_lookup_known(const char *name);

/* The built-in model of this full name, or NULL. */
const cameo_known_model *cm_lookup_known_builtin(const char *name);

/* The name of the one known model that has `part` in its name, as "face_recognition_sface_2021dec.onnx" for "SFace"; NULL if none or several
 * have. */
const char *cm_lookup_like(const char *part);

/* A file of this name ("w600k_r50" or "w600k_r50.onnx") in the searched folders, at most two folders deep, or NULL. To be freed. */
char *cm_lookup_file(const char *name);

/* The folder of a pack in the searched folders, or NULL. To be freed. */
char *cm_lookup_pack(const char *name);

/* The built-in model that is meant by "builtin" (of this role, or, for NULL, the recognizer) or by its full name; NULL: something else was typed. What
 * begins with "builtin:" is never a file; whether there is such a model is for the library to say. */
const char *cm_lookup_builtin(const char *typed, const char *role);

/* The file for what was typed: a built-in model, a path, a file's name or a pack's name, or a pack that is still zipped (see pack_folder.h). role:
 * "recognition" or "detection", which file of a pack is meant, or NULL (recognition first). Returns an exit code (reported). *path to be freed. */
int cm_lookup_model(const char *typed, const char *role, char **path);

/* Both networks of an engine; typed names may be NULL: then what belongs to the other one, or the first found, or the built-in one, of which a terminal is
 * told. A `path` that is NULL is not wanted. Returns an exit code (reported). */
int cm_lookup_pair(const char *model, const char *detector, char **model_path, char **detector_path);

#endif
