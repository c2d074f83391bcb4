/* The file in which packed weights are kept between processes.
 *
 *   | header | entry | entry | ... |  layer  |  layer  | ...      each layer begins at a multiple of CM_PACKED_PAGE
 *
 * Header and entries are covered by one checksum, each layer's bytes by one of its own: the first is checked when the file is read, the others when
 * a layer is first taken, so that what is not used is not even fetched. Nothing in the file is used before its checksum and its place are proven. */
#ifndef CM_RUN_PACKED_FILE_H
#define CM_RUN_PACKED_FILE_H

#include "run/weights.h"

enum { CM_PACKED_PAGE = 4096, CM_PACKED_MOST_ENTRIES = 1 << 20 };

/* What a file belongs to. A file of another identity is as good as none. */
typedef struct cm_packed_identity {
    uint64_t model;   /* see cm_onnx_identity */
    uint32_t packing; /* CM_PACKING_VERSION */
} cm_packed_identity;

/* One layer: its bytes are cm_packed's block. */
typedef struct cm_packed_entry {
    int32_t source, spatial, form, nr, edge, half; /* its cm_weight_key */
    uint64_t content;
    uint64_t offset, bytes; /* of its block in the file */
    uint64_t checksum;      /* of the block */
    uint64_t reserved;      /* 0 */
} cm_packed_entry;

/* A file that was read: all of it is proven but for the layers' bytes. */
typedef struct cm_packed_file {
    const unsigned char *bytes;
    size_t size;
    const cm_packed_entry *entries; /* [count] */
    uint32_t count;
} cm_packed_file;

/* Reads [size] bytes, which must stay and be aligned as cm_packed_entry is. False, and *file empty: damaged, or of another model, packing, library
 * or byte order. */
bool cm_packed_file_read(cm_packed_file *file, const void *bytes, size_t size, const cm_packed_identity *identity);
/* The entry of this key with this many bytes, or NULL. */
const cm_packed_entry *cm_packed_file_find(const cm_packed_file *file, const cm_weight_key *key, size_t bytes);
/* The layer's block, or NULL if it is damaged. CM_ALIGNMENT-aligned if the file is. Reads all of it. */
const void *cm_packed_file_block(const cm_packed_file *file, const cm_packed_entry *entry);

/* The beginning of a file that holds these entries in this order, with `offset` set in each; *size is a multiple of CM_PACKED_PAGE. To be freed.
 * NULL: out of memory, or too many. */
void *cm_packed_file_head(cm_packed_entry *entries, size_t count, const cm_packed_identity *identity, size_t *size);
/* Sets the checksum of a head of [size] bytes whose header and entries stand; false: there are fewer bytes than entries. */
bool cm_packed_file_seal(void *head, size_t size);
/* Bytes from one layer's end to where the next may begin. */
size_t cm_packed_file_gap(size_t bytes);
/* The entry of a layer whose block is in memory. */
cm_packed_entry cm_packed_file_entry(const cm_packed *packed);

#endif
