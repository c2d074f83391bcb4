#include "run/packed_file.h"

#include "base/checksum.h"

#include <stdlib.h>
#include <string.h>

/* Written as it lies in memory: the mark of the byte order keeps other machines away, and there are no holes. */
typedef struct packed_header {
    char magic[8];
    uint32_t order, packing;
    uint32_t library[4]; /* its version */
    uint64_t model;
    uint64_t size; /* of the file */
    uint32_t count, reserved;
    uint64_t checksum; /* of all before it, and the entries */
} packed_header;

_Static_assert(sizeof(packed_header) == 64, "no holes in the header");
_Static_assert(sizeof(cm_packed_entry) == 64, "no holes in an entry");

enum { BYTE_ORDER_MARK = 0x01020304 };

static packed_header header_of(const cm_packed_identity *identity, uint64_t size, uint32_t count)
{
    return (packed_header){.magic = {'C', 'A', 'M', 'E', 'O', 'P', 'K', '\n'},
                           .order = BYTE_ORDER_MARK,
                           .packing = identity->packing,
                           .library = {CAMEO_VERSION_MAJOR, CAMEO_VERSION_MINOR, CAMEO_VERSION_PATCH},
                           .model = identity->model,
                           .size = size,
                           .count = count};
}

/* False: [size] bytes are not enough for the header and as many entries as it says. */
static bool head_checksum(const void *bytes, size_t size, const packed_header *header, uint64_t *checksum)
{
    if (header->count > CM_PACKED_MOST_ENTRIES || header->count > (size - sizeof *header) / sizeof(cm_packed_entry))
        return false;
    const uint64_t both[2] = {cm_checksum(header, offsetof(packed_header, checksum)),
                              cm_checksum((const unsigned char *)bytes + sizeof *header, header->count * sizeof(cm_packed_entry))};
    *checksum = cm_checksum(both, sizeof both);
    return true;
}

bool cm_packed_file_seal(void *head, size_t size)
{
    packed_header header;
    if (size < sizeof header)
        return false;
    memcpy(&header, head, sizeof header);
    bool sealed = head_checksum(head, size, &header, &header.checksum);
    memcpy(head, &header, sizeof header);
    return sealed;
}

/* What stands in a file is compared with numbers that are known before it is used as one. */
static bool is_inside(const cm_packed_entry *entry, size_t size)
{
    return entry->offset % CM_PACKED_PAGE == 0 && entry->offset <= size && entry->bytes <= size - entry->offset;
}

bool cm_packed_file_read(cm_packed_file *file, const void *bytes, size_t size, const cm_packed_identity *identity)
{
    packed_header header;
    *file = (cm_packed_file){0};
    if (size < sizeof header)
        return false;
    memcpy(&header, bytes, sizeof header);
    packed_header wanted = header_of(identity, size, header.count);
    if (memcmp(&header, &wanted, offsetof(packed_header, checksum)) != 0)
        return false;
    uint64_t checksum;
    if (!head_checksum(bytes, size, &header, &checksum) || checksum != header.checksum)
        return false;
    const cm_packed_entry *entries = (const void *)((const unsigned char *)bytes + sizeof header);
    for (uint32_t i = 0; i < header.count; i++)
        if (!is_inside(&entries[i], size))
            return false;
    *file = (cm_packed_file){.bytes = bytes, .size = size, .entries = entries, .count = header.count};
    return true;
}

const cm_packed_entry *cm_packed_file_find(const cm_packed_file *file, const cm_weight_key *key, size_t bytes)
{
    for (uint32_t i = 0; i < file->count; i++) {
        const cm_packed_entry *entry = &file->entries[i];
        if (entry->content == key->content && entry->source == key->source && entry->spatial == key->spatial &&
            entry->form == (int32_t)key->layout.form && entry->nr == key->layout.nr && entry->edge == key->layout.edge &&
            entry->half == (int32_t)key->layout.half && entry->bytes == bytes)
            return entry;
    }
    return NULL;
}

const void *cm_packed_file_block(const cm_packed_file *file, const cm_packed_entry *entry)
{
    const unsigned char *block = file->bytes + entry->offset;
    return cm_checksum(block, (size_t)entry->bytes) == entry->checksum ? block : NULL;
}

size_t cm_packed_file_gap(size_t bytes)
{
    return (CM_PACKED_PAGE - bytes % CM_PACKED_PAGE) % CM_PACKED_PAGE;
}

void *cm_packed_file_head(cm_packed_entry *entries, size_t count, const cm_packed_identity *identity, size_t *size)
{
    if (count > CM_PACKED_MOST_ENTRIES)
        return NULL;
    size_t used = sizeof(packed_header) + count * sizeof *entries;
    *size = used + cm_packed_file_gap(used);
    size_t end = *size;
    for (size_t i = 0; i < count; i++) {
        entries[i].offset = end;
        end += (size_t)entries[i].bytes + cm_packed_file_gap((size_t)entries[i].bytes);
    }
    const packed_header header = header_of(identity, end, (uint32_t)count);
    unsigned char *head = cm_calloc(1, *size);
    if (!head)
        return NULL;
    memcpy(head, &header, sizeof header);
    if (count)
        memcpy(head + sizeof header, entries, count * sizeof *entries);
    (void)cm_packed_file_seal(head, *size);
    return head;
}

cm_packed_entry cm_packed_file_entry(const cm_packed *packed)
{
    const cm_weight_key *key = &packed->key;
    return (cm_packed_entry){.source = key->source,
                             .spatial = key->spatial,
                             .form = (int32_t)key->layout.form,
                             .nr = key->layout.nr,
                             .edge = key->layout.edge,
                             .half = (int32_t)key->layout.half,
                             .content = key->content,
                             .bytes = packed->bytes,
                             .checksum = cm_checksum(packed->block, packed->bytes)};
}
