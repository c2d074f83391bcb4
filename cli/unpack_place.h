/* A zip unpacked into a folder that is there whole or not at all. */
#ifndef CM_CLI_UNPACK_PLACE_H
#define CM_CLI_UNPACK_PLACE_H

/* Looks at what was unpacked into `folder`. Returns an exit code (reported). */
typedef int cm_unpack_check(const char *folder, const void *context);

/* Unpacks (see cm_unpack) under a hidden name beside `place`, checks, and renames to `place`, which must not be there yet. Where it fails, or a signal is
 * pending (see cm_interrupt_pending), nothing is left; what killed processes have left beside it an hour ago or more goes, too. Returns an exit code (reported). */
int cm_unpack_place(const char *zip, const char *place, cm_unpack_check *check, const void *context);

/* Removes a folder of files. */
void cm_unpack_remove(const char *folder);

#endif
