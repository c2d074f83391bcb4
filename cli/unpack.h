/* Zip files from anywhere, through libzip. */
#ifndef CM_CLI_UNPACK_H
#define CM_CLI_UNPACK_H

/* Unpacks the regular files of a zip into an existing, empty, private folder; folders within the zip are flattened. Everything is looked at before a byte
 * is written, and the whole file is refused where a name is absolute, climbs out ("..", "\"), is longer than a file's may be or holds control
 * characters, an entry is a link or encrypted, there are more than 256 entries, more than 4 GiB in all, or where an entry, or all together,
 * grow more than a hundredfold; and, with nothing said about what was written before, where two files end up with one name or an entry is
 * damaged. Returns an exit code (reported). */
int cm_unpack(const char *zip, const char *folder);

/* 1 if a regular file begins as zip files do. */
int cm_unpack_is_zip(const char *path);

#endif
