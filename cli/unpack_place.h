/* A zip unpacked into a folder that is there whole or not at all. */
#ifndef CM_CLI_UNPACK_PLACE_H
#define CM_CLI_UNPACK_PLACE_H

/* Looks at what was unpacked into `folder`. Returns an exit code (reported). */
typedef int cm_unpack_check(const char *folder, const void *context);

/* Unpacks (see cm_unpack) under a hidden name beside `place`, checks, and renames to `place`, which must not be there yet. Where it fails, or a signal is
 * pending (see cm_interrupt_pending), nothing is left. Returns an exit code (reported). */
int cm_unpack_place(const char *zip, const char *place, cm_unpack_check *check, const void *context);

/* Removes what processes that were killed left in a folder where nothing but unpacked packs lies: hidden folders that were last written to more than an
 * hour ago. */
void cm_unpack_remove_abandoned(const char *root);

/* Removes a folder of files. */
void cm_unpack_remove(const char *folder);

#endif
