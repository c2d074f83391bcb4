/* Zip files from anywhere, through libzip. */
#ifndef CM_CLI_UNPACK_H
#define CM_CLI_UNPACK_H

/* Unpacks the regular files of a zip into an existing, empty, private folder; folders within the zip are flattened. The whole file is refused, with
 * nothing said about what was written before, where a name is absolute or climbs out ("..", "\"), an entry is a link or
 * encrypted, two files end up with one name, there are more than 256 entries, more than 4 GiB in all, or an entry grows more than a hundredfold.
 * Returns an exit code (reported). */
int cm_unpack(const char *zip, const char *folder);

#endif
