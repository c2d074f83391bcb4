/* The end of a zip file, looked at before a library reads the rest. */
#ifndef CM_CLI_ZIP_END_H
#define CM_CLI_ZIP_END_H

#include <stdint.h>

/* How many entries the file says it has: the largest number in anything that may be its end record, of ZIP64 too (APPNOTE.TXT 4.3.14 to 4.3.16).
 * A library makes room for so many before anyone can ask it. file: open for reading, its offset is left alone. 0 where there is no such record. */
uint64_t cm_zip_end_entries(int file, uint64_t size);

#endif
