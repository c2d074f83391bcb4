/* Packs that are still zipped: each is unpacked once, into a folder of its own below $CAMEO_HOME/unpacked, so that its models are files like any other. */
#ifndef CM_CLI_PACK_FOLDER_H
#define CM_CLI_PACK_FOLDER_H

/* The folder with what is in the zip, whatever folders it lay in (see cm_unpack for what is refused). A zip is known by device, inode, size and times of
 * change: one that was changed is unpacked anew. The folders used longest ago go where all together hold more than 4 GiB. Returns an exit code
 * (reported). *folder: to be freed. */
int cm_pack_folder(const char *zip, char **folder);

/* The folder of a file that was unpacked so; NULL for any other. To be freed. */
char *cm_pack_folder_of(const char *path);

#endif
