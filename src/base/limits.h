/* How limits are raised: each of these ends the sentence which says that one was passed, with the library's field and the program's option. */
#ifndef CM_BASE_LIMITS_H
#define CM_BASE_LIMITS_H

#define CM_RAISE(structure, field, name) "; " field " of " structure " raises it (in the program cameo: --limit " name "=N, or CAMEO_LIMITS)"
#define CM_RAISE_NETWORK(field, name) CM_RAISE("cameo_network_limits", field, name)

#define CM_RAISE_FILE CM_RAISE_NETWORK("max_file_bytes", "file")
#define CM_RAISE_MEMORY CM_RAISE_NETWORK("max_memory_bytes", "memory")
#define CM_RAISE_MACS CM_RAISE_NETWORK("max_macs", "macs")
#define CM_RAISE_NODES CM_RAISE_NETWORK("max_nodes", "nodes")
#define CM_RAISE_PICTURE CM_RAISE("cameo_image_limits", "max_bytes", "picture")
#define CM_RAISE_PIXELS CM_RAISE("cameo_image_limits", "max_pixels", "pixels")

#endif
