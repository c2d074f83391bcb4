/* cameo: face recognition in C. The whole public interface.
 *
 * The way of the data:
 *
 *   picture bytes -> cameo_image -> detect -> 5 landmarks -> aligned crop -> network -> embedding -> similarity
 *
 * Conventions that hold for every function here:
 *  - Functions that can fail return a cameo_status (0 is success, negative is an error) and take a
 *    `cameo_error *` as their last parameter. It may be NULL; otherwise, on failure, it receives the status
 *    and one sentence that names the file, the node, the value and what would have been right.
 *  - A NULL where something is needed is refused (ARGUMENT); functions without a status then give what is empty: 0, NULL, empty names.
 *  - The caller owns every output array and passes its capacity. Handles are freed by their `_free` function,
 *    which accepts NULL. An output handle is set to NULL on failure.
 *  - Loaded things (cameo_engine, cameo_network, cameo_image) are immutable and may be shared by any number of
 *    threads. Scratch memory (cameo_session, cameo_runner) belongs to one thread at a time.
 *  - The library never prints, never exits, keeps no global state that changes.
 *  - Pixel coordinates: x to the right, y down, (0,0) is the centre of the top left pixel, as in OpenCV.
 */
#ifndef CAMEO_H
#define CAMEO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define CAMEO_API
#else
#define CAMEO_API __attribute__((visibility("default")))
#endif

#define CAMEO_VERSION_MAJOR 0
#define CAMEO_VERSION_MINOR 1
#define CAMEO_VERSION_PATCH 0

/* "MAJOR.MINOR.PATCH" of the library that is linked. Static storage. Thread-safe. */
CAMEO_API const char *cameo_version(void);

/* ---- Status and errors ------------------------------------------------------------------------------- */

/* The one list of status values: X(name, value, "what it means"). */
#define CAMEO_STATUS_LIST(X)                                                                       \
    X(CAMEO_OK, 0, "success")                                                                      \
    X(CAMEO_ERROR_ARGUMENT, -1, "invalid argument")                                                \
    X(CAMEO_ERROR_MEMORY, -2, "out of memory")                                                     \
    X(CAMEO_ERROR_IO, -3, "input/output error")                                                    \
    X(CAMEO_ERROR_NOT_FOUND, -4, "not found")                                                      \
    X(CAMEO_ERROR_FORMAT, -5, "malformed data")                                                    \
    X(CAMEO_ERROR_UNSUPPORTED, -6, "not supported")                                                \
    X(CAMEO_ERROR_LIMIT, -7, "a limit was exceeded")                                               \
    X(CAMEO_ERROR_MISMATCH, -8, "the model is of another kind or shape than needed")               \
    X(CAMEO_ERROR_CAPACITY, -9, "the caller's array is too small")                                 \
    X(CAMEO_ERROR_NO_FACE, -10, "no face found")                                                   \
    X(CAMEO_ERROR_INTERNAL, -11, "internal error")

typedef enum cameo_status {
#define CAMEO_STATUS_ENUM(name, value, text) name = value,
    CAMEO_STATUS_LIST(CAMEO_STATUS_ENUM)
#undef CAMEO_STATUS_ENUM
} cameo_status;

typedef struct cameo_error {
    cameo_status status;
    char message[1024]; /* one sentence, no newline, NUL-terminated */
} cameo_error;

/* The meaning of a status from CAMEO_STATUS_LIST ("unknown status" for other values). Static storage. Thread-safe. */
CAMEO_API const char *cameo_status_text(cameo_status status);

/* ---- The processor ----------------------------------------------------------------------------------- */

/* The instruction set tier that is used on this machine: "ref"; "avx2", "avxvnni", "avx512", "avx512vnni" on x86-64; "neon", "neondot" on
 * aarch64 (later ones follow). The environment variable CAMEO_CPU lowers it (never raises it). Static storage. Thread-safe. */
CAMEO_API const char *cameo_cpu_tier(void);

/* How many threads this process may use: the smaller of its CPU affinity mask and its cgroup CPU quota
 * (rounded up), at least 1. Thread-safe. */
CAMEO_API int cameo_cpu_count(void);

/* ---- Pictures ---------------------------------------------------------------------------------------- */

typedef enum cameo_pixel_format {
    CAMEO_PIXEL_RGB8 = 0, /* 3 bytes a pixel */
    CAMEO_PIXEL_BGR8 = 1, /* 3 bytes a pixel, OpenCV's order */
    CAMEO_PIXEL_GRAY8 = 2 /* 1 byte a pixel */
} cameo_pixel_format;

/* Borrowed pixels. `stride` is the distance of two rows in bytes (>= width * bytes a pixel). */
typedef struct cameo_image_view {
    const uint8_t *pixels; /* [height, stride] */
    int width, height;     /* pixels, both >= 1 */
    ptrdiff_t stride;
    cameo_pixel_format format;
} cameo_image_view;

/* What decoding may use. Checked against the file's header before any pixel is decoded. */
typedef struct cameo_image_limits {
    uint64_t max_bytes;  /* largest encoded file, default 256 MiB */
    uint64_t max_pixels; /* width * height, default 100 million */
    int threads;         /* at most so many decode a large JPEG that has restart markers; default 1. The pixels are the same for every number */
} cameo_image_limits;

/* A decoded picture: RGB8, upright (EXIF orientation applied). Immutable. */
typedef struct cameo_image cameo_image;

CAMEO_API void cameo_image_limits_default(cameo_image_limits *limits);

/* Decodes JPEG, PNG, WebP, BMP or PPM/PGM bytes (told apart by content, never by name). Grey becomes three equal channels, 16-bit is
 * cut to its high byte, alpha is dropped (not blended) and CMYK/YCCK JPEG is converted, all as OpenCV's IMREAD_COLOR does; every
 * EXIF orientation is applied. Animated WebP is refused. `limits` may be NULL (defaults); `name` is used in messages only and may be NULL.
 * Errors: FORMAT (truncated, unknown), UNSUPPORTED, LIMIT, MEMORY. Thread-safe. Free with cameo_image_free. */
CAMEO_API cameo_status cameo_image_decode(cameo_image **image, const void *bytes, size_t size, const char *name,
                                          const cameo_image_limits *limits, cameo_error *error);

/* The same from a file. Errors besides: NOT_FOUND, IO (a folder, no permission). */
CAMEO_API cameo_status cameo_image_load(cameo_image **image, const char *path, const cameo_image_limits *limits,
                                        cameo_error *error);

/* A copy of borrowed pixels as RGB8 (BGR swapped, grey repeated). Errors: ARGUMENT, LIMIT, MEMORY. */
CAMEO_API cameo_status cameo_image_copy(cameo_image **image, const cameo_image_view *view, cameo_error *error);

/* A picture of another size, RGB8: bilinear, as OpenCV's INTER_LINEAR on 8-bit pictures. Errors: ARGUMENT, LIMIT, MEMORY. Thread-safe. */
CAMEO_API cameo_status cameo_image_resize(cameo_image **resized, const cameo_image_view *view, int width, int height,
                                          cameo_error *error);

/* An affine warp, RGB8: bilinear with a black border, as OpenCV's warpAffine on 8-bit pictures. matrix: the map from the view's coordinates
 * to the new picture's, x' = m0 x + m1 y + m2, y' = m3 x + m4 y + m5. Errors: ARGUMENT (no inverse, not finite), LIMIT, MEMORY. Thread-safe. */
CAMEO_API cameo_status cameo_image_warp(cameo_image **warped, const cameo_image_view *view, const double matrix[6], int width,
                                        int height, cameo_error *error);

/* The pixels of a picture; valid until it is freed. */
CAMEO_API cameo_image_view cameo_image_pixels(const cameo_image *image);

CAMEO_API void cameo_image_free(cameo_image *image);

/* Writes a picture; the name's ending chooses the form: .jpg/.jpeg (quality 95), .png, .ppm, .webp (quality 95), .bmp is refused. The file is
 * complete or absent: it is written beside its place and renamed. Errors: UNSUPPORTED (other ending), IO. Thread-safe. */
CAMEO_API cameo_status cameo_image_save(const cameo_image_view *view, const char *path, cameo_error *error);

/* ---- Faces ------------------------------------------------------------------------------------------- */

typedef struct cameo_face {
    float box[4]; /* x0, y0, x1, y1 in pixels of the picture; not clipped to it */
    float score;  /* 0..1 */
    int landmark_count; /* 5, or 0 where the detector gives none */
    float landmarks[5][2]; /* left eye, right eye, nose, left and right mouth corner (left: the picture's left) */
} cameo_face;

/* How faces are ranked where fewer are wanted than were found. */
typedef enum cameo_face_rank {
    CAMEO_RANK_SCORE = 0,   /* highest score first */
    CAMEO_RANK_LARGEST = 1, /* largest box area first */
    CAMEO_RANK_CENTRAL = 2, /* area - 2 * squared distance to the picture's centre (InsightFace's default) */
    CAMEO_RANK_CENTER_ONLY = 3 /* box centre nearest to the picture's centre */
} cameo_face_rank;

/* Draws boxes, landmarks and one optional label a face (`labels` may be NULL, entries too) into a copy of the picture.
 * Printable ASCII labels; other bytes are drawn as '?'. Errors: ARGUMENT, MEMORY. Thread-safe. */
CAMEO_API cameo_status cameo_image_annotate(cameo_image **annotated, const cameo_image_view *view,
                                            const cameo_face *faces, size_t count, const char *const *labels,
                                            cameo_error *error);

/* ---- Attributes of a face ---------------------------------------------------------------------------- */

/* How a head is turned, in degrees, as InsightFace's landmark model says it; each is NAN where it is not known. All 0: it looks into the camera. */
typedef struct cameo_pose {
    float pitch; /* positive: it looks up */
    float yaw;   /* positive: it looks to the picture's right */
    float roll;  /* positive: it leans clockwise */
} cameo_pose;

/* How good a picture of a face is for recognition. Scores are 0..1, 1 the best; docs/attributes.md has the formulae and where they come from. */
typedef struct cameo_quality {
    float overall;      /* the least of the four scores below, of those that are known */
    float size;         /* min(1, side / 112): below 1 the aligned face has more pixels than the picture had */
    float sharpness;    /* of the aligned face, from `laplacian` */
    float illumination; /* uniformity^0.3 * exposure */
    float pose;         /* cos(yaw)^2 * cos(pitch)^2, 0 beyond 90 degrees; NAN without landmarks. Roll is taken out by alignment and costs nothing */
    /* What they were computed from: */
    float side;         /* of the square that alignment cuts out, in pixels of the picture; eyes are 0.315 of it apart */
    float laplacian;    /* variance of the Laplacian of the luminance 0..255 */
    float brightness, contrast; /* mean and standard deviation of the luminance, 0..1 */
    float uniformity;   /* common part of the luminance histograms of the left and the right half, 0..1 */
    float exposure;     /* share of pixels whose luminance is neither below 26 nor above 246 */
    cameo_pose angles;  /* of the 68 landmarks where they are known, else of the five */
    float norm;         /* Euclidean length of the embedding, whose scale is the recognizer's own; NAN: not known. In no score */
} cameo_quality;

enum { CAMEO_LANDMARKS_106 = 106, CAMEO_LANDMARKS_68 = 68, CAMEO_SPOOF_CLASSES = 3 };

/* What networks say about a face, each where the engine has such a network. Coordinates are pixels of the picture. */
typedef struct cameo_attributes {
    int landmark_106_count; /* 106, or 0 */
    float landmarks_106[CAMEO_LANDMARKS_106][2]; /* in the order of InsightFace's 2d106det */
    int landmark_68_count; /* 68, or 0 */
    float landmarks_68[CAMEO_LANDMARKS_68][3]; /* x, y and depth towards the viewer, in pixels too; in the order of 300-W (Sagonas et al. 2013) */
    cameo_pose pose;   /* of the 68 landmarks */
    int gender;        /* 0 female, 1 male, -1 not known: which of the two scores of the network is larger */
    float gender_scores[2]; /* female, male, as the network gives them; NAN if not known */
    int age;           /* years, -1: not known */
    float real;        /* 0..1: how sure the anti-spoofing networks are, on average, that a person stands there and no picture of one; NAN: not known */
    float spoof_scores[CAMEO_SPOOF_CLASSES]; /* the averages of all classes; `real` is class 1 */
    cameo_quality quality;
} cameo_attributes;

/* The quality of one face; needs no network. `face` needs a box; without landmarks the square around its box stands for the aligned face, and pose
 * is not known. Errors: ARGUMENT (a box or landmarks that are no face). Thread-safe. */
CAMEO_API cameo_status cameo_face_quality(const cameo_image_view *picture, const cameo_face *face, cameo_quality *quality, cameo_error *error);

/* As cameo_image_annotate, with what is known of each face besides (`attributes`: [count]): the 68 landmarks joined to the lines that they stand for, else
 * the 106 as dots, in place of the five; and the pose as three axes of the head (right, down, towards the viewer) that start between the eyes. */
CAMEO_API cameo_status cameo_image_annotate_attributes(cameo_image **annotated, const cameo_image_view *view, const cameo_face *faces,
                                                       const cameo_attributes *attributes, size_t count, const char *const *labels,
                                                       cameo_error *error);

/* ---- The preprocessing contract ---------------------------------------------------------------------- */

typedef enum cameo_task {
    CAMEO_TASK_UNKNOWN = 0,
    CAMEO_TASK_RECOGNITION = 1,
    CAMEO_TASK_DETECTION = 2,
    CAMEO_TASK_LANDMARKS = 3,
    CAMEO_TASK_GENDER_AGE = 4,
    CAMEO_TASK_ANTI_SPOOFING = 5
} cameo_task;

typedef enum cameo_color { CAMEO_COLOR_AUTO = 0, CAMEO_COLOR_RGB = 1, CAMEO_COLOR_BGR = 2 } cameo_color;

/* What a network wants to be fed: pixel p of channel c becomes (p - mean[c]) / std[c], channels in `color` order. */
typedef struct cameo_contract {
    cameo_task task;
    char family[32];      /* "arcface", "scrfd", "retinaface", "yunet", "ultraface", "minifasnet", "unknown", ... */
    int width, height;    /* network input in pixels; 0 where the model leaves it open */
    cameo_color color;
    float mean[3], std[3]; /* in units of 0..255, order as `color` */
    char output_name[128]; /* the output that is the embedding (recognition) */
    int output_index;
    int dimension;        /* embedding length; 0 for other tasks */
} cameo_contract;

/* Values that replace what was read from the model. cameo_options_default leaves all of them unset. */
typedef struct cameo_contract_override {
    cameo_color color;       /* CAMEO_COLOR_AUTO: not set */
    float mean[3], std[3];   /* NAN: not set (each for itself) */
    int input_width, input_height; /* 0: not set */
    const char *output_name; /* NULL: not set */
} cameo_contract_override;

/* ---- Networks: any ONNX file, raw tensors ------------------------------------------------------------ */

#define CAMEO_MAX_RANK 8

typedef struct cameo_network cameo_network; /* a checked model, immutable, shared */
typedef struct cameo_runner cameo_runner;   /* a network planned for one input shape, with its memory; one thread at a time */

typedef struct cameo_network_limits {
    uint64_t max_file_bytes;   /* model and external data, default 4 GiB */
    uint64_t max_memory_bytes; /* arena of one runner, and all packed weights, each; default 8 GiB */
    uint64_t max_macs;         /* multiply-adds of one run (where nothing is multiplied: numbers read and written), default 2e12; 64 times fewer for
                                  computing constants */
    int max_nodes;             /* default 100,000 */
} cameo_network_limits;

/* In what arithmetic convolutions and fully connected layers are computed: sums are single precision always. */
typedef enum cameo_precision {
    CAMEO_PRECISION_FP32 = 0, /* products of single precision; weights may be kept as scaled half floats where that is faster */
    CAMEO_PRECISION_BF16 = 1  /* products of bfloat16 where the processor computes them faster than single precision, else as FP32 */
} cameo_precision;

/* What is wanted of memory. */
typedef enum cameo_memory {
    CAMEO_MEMORY_FAST = 0,   /* whatever makes runs fastest: transformed weights may take four times what the file takes */
    CAMEO_MEMORY_COMPACT = 1 /* small packed weights, and the model file's pages given back once they are packed; runs take longer */
} cameo_memory;

typedef struct cameo_network_options {
    const char *cpu; /* highest tier to use, NULL: cameo_cpu_tier() */
    cameo_precision precision; /* default CAMEO_PRECISION_FP32 */
    cameo_memory memory;       /* default CAMEO_MEMORY_FAST */
    cameo_network_limits limits;
    /* Where packed weights are kept, so that the next process need not pack them and shares their memory: a folder, which is made if it is missing
     * and holds at most 4 GiB; NULL: "packed" in $CAMEO_HOME (default ~/.cache/cameo); "": nowhere. CAMEO_CACHE=off in the environment has the last
     * word. Models opened from bytes, changed in the last two seconds, or quick to pack (below 4 MiB) are not kept. What cannot be read there is
     * packed, what cannot be written is not kept; neither is an error. The files must not be written to by others while they are in use. */
    const char *cache_folder;
} cameo_network_options;

typedef struct cameo_tensor_info {
    const char *name;
    const char *type;                  /* "float32", "int64", ... */
    int rank;
    int64_t dims[CAMEO_MAX_RANK];      /* -1 where the model leaves it open */
} cameo_tensor_info;

typedef struct cameo_model_info {
    const char *path, *producer, *graph_name;
    int64_t ir_version, opset; /* opset of the default domain */
    uint64_t file_bytes;       /* external data included */
    uint64_t parameters;       /* elements of all initializers of floats and of 8-bit integers, which quantised weights are */
    int node_count;            /* of the graph, with those of local functions and branches */
} cameo_model_info;

/* One step of a planned network. */
typedef struct cameo_layer_info {
    const char *name;   /* the node's name, or its first output's */
    const char *op;     /* ONNX operator, with what was fused: "Conv+PRelu" */
    const char *kernel; /* name of the kernel that runs it */
    /* Of a convolution or fully connected layer: "direct", "winograd 4x4, half" (weights kept as half floats), ...; else "". "banded" after that, or
     * alone: computed together with its neighbours, band by band, so that what is between them stays in the cache. */
    const char *algorithm;
    int rank;
    int64_t dims[CAMEO_MAX_RANK]; /* logical shape of its first output */
    uint64_t macs, parameters;
    uint64_t products;         /* multiply-adds that the algorithm takes for those macs, transforms not counted: Winograd's are fewer */
    uint64_t weight_bytes;     /* packed weights, which a run reads */
    uint64_t activation_bytes; /* that a run reads and writes in memory */
    double seconds;     /* time spent since profiling was switched on, all runs together */
} cameo_layer_info;

typedef struct cameo_plan_info {
    int layer_count;
    uint64_t macs;            /* of one run */
    uint64_t arena_bytes;     /* scratch memory of the runner */
    uint64_t activation_bytes; /* of that: activations as placed; without reuse they would need `activation_bytes_unshared` */
    uint64_t activation_bytes_unshared;
    uint64_t weight_bytes;    /* packed weights, shared by all runners of the network */
    uint64_t cached_weight_bytes; /* of that: found packed already (see cache_folder), shared with other processes */
} cameo_plan_info;

CAMEO_API void cameo_network_options_default(cameo_network_options *options);

/* Names that stand, wherever a model's path is wanted, for the small detector and the 128-number recognizer that travel inside the library (see
 * cameo_builtin_model). No file is looked for under a name that begins with "builtin:"; "./builtin:x" is a file. */
#define CAMEO_BUILTIN_DETECTOR "builtin:detector"
#define CAMEO_BUILTIN_RECOGNIZER "builtin:recognizer"

/* Reads and checks an ONNX file (opset 7 to 23). Nothing in it is believed before it is checked. `options` may be NULL.
 * The file (and its external data) stays mapped until the network is freed, since weights are too large to be copied: replace it by renaming another
 * into its place, as installers do. Shortening it in place meanwhile can end the process (SIGBUS); cameo_network_open_bytes is free of that.
 * Errors: ARGUMENT (an option is unknown), NOT_FOUND, IO, FORMAT (with what the file is instead: HTML page, Git LFS pointer, zip, truncated),
 * UNSUPPORTED (operator and node named), LIMIT, MEMORY. Thread-safe. Free with cameo_network_free, after its runners. */
CAMEO_API cameo_status cameo_network_open(cameo_network **network, const char *path,
                                          const cameo_network_options *options, cameo_error *error);
/* The same from bytes, which may be freed afterwards. External data is refused. `name` is for messages. */
CAMEO_API cameo_status cameo_network_open_bytes(cameo_network **network, const void *bytes, size_t size, const char *name,
                                                const cameo_network_options *options, cameo_error *error);
CAMEO_API void cameo_network_free(cameo_network *network);

/* The arithmetic that the network is computed in: FP32 also where BF16 was asked for and is not faster here. Thread-safe. */
CAMEO_API cameo_precision cameo_network_precision(const cameo_network *network);

/* Descriptions; pointers in them live as long as the network. An index out of range gives an empty name. */
CAMEO_API cameo_model_info cameo_network_info(const cameo_network *network);
CAMEO_API int cameo_network_input_count(const cameo_network *network);
CAMEO_API int cameo_network_output_count(const cameo_network *network);
CAMEO_API cameo_tensor_info cameo_network_input(const cameo_network *network, int index);
CAMEO_API cameo_tensor_info cameo_network_output(const cameo_network *network, int index);

/* What the network seems to be made for and how it wants its pixels; `override` may be NULL.
 * Follows InsightFace's model_zoo rules (number of outputs, input size, Sub/Mul among the first nodes).
 * Errors: MISMATCH (no image input), NOT_FOUND (output_name is not an output). */
CAMEO_API cameo_status cameo_network_contract(const cameo_network *network, const cameo_contract_override *override,
                                              cameo_contract *contract, cameo_error *error);

/* Names of the operators that are supported, sorted; *count entries. Static storage. */
CAMEO_API const char *const *cameo_supported_operators(size_t *count);

/* Plans a network for concrete input shapes and takes all the memory a run needs. dims: [input_count][CAMEO_MAX_RANK]; NULL: the
 * model's own shape with every open dimension 1 (an error for open picture sizes). threads: exactly this many are used (>= 1),
 * 0: cameo_cpu_count(). The result is the same, bit for bit, for every thread count and batch size.
 * Errors: MISMATCH (shape does not fit), UNSUPPORTED, LIMIT, MEMORY. Thread-safe. Free with cameo_runner_free. */
CAMEO_API cameo_status cameo_runner_create(cameo_runner **runner, const cameo_network *network,
                                           const int64_t (*dims)[CAMEO_MAX_RANK], int threads, cameo_error *error);
CAMEO_API void cameo_runner_free(cameo_runner *runner);

/* Where input `index` is to be written before a run: float32, row-major, in the model's own order. */
CAMEO_API float *cameo_runner_input(cameo_runner *runner, int index, cameo_tensor_info *info);
/* Where output `index` stands after a run; valid until the next run. float32, row-major, in the model's own order. */
CAMEO_API const float *cameo_runner_output(const cameo_runner *runner, int index, cameo_tensor_info *info);
/* Runs the network. Allocates nothing. Inputs stay as they are. */
CAMEO_API cameo_status cameo_runner_run(cameo_runner *runner, cameo_error *error);

/* Switches per-layer timing on (and to zero) or off. */
CAMEO_API void cameo_runner_profile(cameo_runner *runner, int on);
CAMEO_API cameo_plan_info cameo_runner_plan(const cameo_runner *runner);
CAMEO_API cameo_layer_info cameo_runner_layer(const cameo_runner *runner, int index);

/* ---- Quantisation: a float model made into one of eight bits -------------------------------------------------------------------------- */

/* From the values that a tensor takes to the range that its 256 steps are spent on. */
typedef enum cameo_range_method {
    CAMEO_RANGE_MINMAX = 0,          /* all that was seen */
    CAMEO_RANGE_PERCENTILE = 1,      /* all but one in 10,000, half of them at each end */
    CAMEO_RANGE_PERCENTILE_WIDE = 2, /* all but one in 100,000 */
    CAMEO_RANGE_ENTROPY = 3,         /* least Kullback-Leibler divergence, as TensorRT calibrates */
    CAMEO_RANGE_MSE = 4              /* least mean squared error */
} cameo_range_method;

enum { CAMEO_RANGE_METHODS = 5 };

typedef struct cameo_quantize_options {
    cameo_network_options network; /* how the model is read and run meanwhile */
    int threads;      /* 0: cameo_cpu_count() */
    int weight_bits;  /* 8 (default), or 7, for programs whose kernels saturate with eight (AVX2 without VNNI in some) */
    int every_output; /* 1: what convolutions and fully connected layers give is rounded to eight bits too, even in front of an activation: some
                       * programs, ONNX Runtime among them, compute with integers only then. Default 0 */
    int small_constants; /* 1: where they are much of the file, scales and biases of convolutions are half floats that a Cast makes floats of, and slopes of
                          * PReLUs are bytes. A small network becomes a tenth smaller. Default 0: as other quantisers write them, which every program knows */
} cameo_quantize_options;

/* A model on its way to eight bits: one thread at a time. */
typedef struct cameo_quantizer cameo_quantizer;

/* A node that can compute with integers: a convolution, a matrix product, or the addition of two pictures. */
typedef struct cameo_quantize_layer {
    const char *name, *op; /* of the node */
    uint64_t weights;      /* elements */
    uint64_t macs;         /* of one run; 0 before the first cameo_quantizer_measure */
    int keep;              /* 1: stays in float */
    cameo_range_method method;
    float low, high;       /* range of its first input; both 0 before something was observed */
    double noise;          /* power of what quantising this layer alone adds to its output, relative to the output's; NAN before it was measured */
} cameo_quantize_layer;

CAMEO_API void cameo_quantize_options_default(cameo_quantize_options *options);

/* Reads a float32 model with one input. dims: [1][CAMEO_MAX_RANK], the shape of its input; NULL: its own, open dimensions 1. The file stays mapped.
 * Errors: as cameo_network_open; UNSUPPORTED (quantised already, made of functions of its own), MISMATCH (nothing to quantise, several inputs).
 * Thread-safe. Free with cameo_quantizer_free. */
CAMEO_API cameo_status cameo_quantizer_open(cameo_quantizer **quantizer, const char *path, const int64_t (*dims)[CAMEO_MAX_RANK],
                                            const cameo_quantize_options *options, cameo_error *error);
/* The same from bytes, which may be freed afterwards. External data is refused. `name` is for messages. */
CAMEO_API cameo_status cameo_quantizer_open_bytes(cameo_quantizer **quantizer, const void *bytes, size_t size, const char *name,
                                                  const int64_t (*dims)[CAMEO_MAX_RANK], const cameo_quantize_options *options, cameo_error *error);
CAMEO_API void cameo_quantizer_free(cameo_quantizer *quantizer);

/* Runs the float model on one input, which must be of the kind it will meet in use, and counts what values its tensors take. input: as for
 * cameo_runner_input. Errors: FORMAT (a tensor holds something that is not a number), UNSUPPORTED, LIMIT, MEMORY. */
CAMEO_API cameo_status cameo_quantizer_observe(cameo_quantizer *quantizer, const float *input, size_t elements, cameo_error *error);

/* Layers, in the order of the file. */
CAMEO_API int cameo_quantizer_layer_count(const cameo_quantizer *quantizer);
CAMEO_API cameo_quantize_layer cameo_quantizer_layer(const cameo_quantizer *quantizer, int index);
/* Whether a layer stays in float; at first none does. */
CAMEO_API void cameo_quantizer_keep(cameo_quantizer *quantizer, int index, int keep);
/* How the ranges of a layer's inputs are chosen (-1: of all layers); at first MINMAX. What was measured is forgotten. */
CAMEO_API void cameo_quantizer_set_method(cameo_quantizer *quantizer, int index, cameo_range_method method);

/* Runs the float model and beside each layer the same layer quantised alone, and adds up what that does to its output: `noise`, and by how much each
 * channel's mean moves. Errors: MISMATCH (nothing was observed), and those of cameo_quantizer_observe. */
CAMEO_API cameo_status cameo_quantizer_measure(cameo_quantizer *quantizer, const float *input, size_t elements, cameo_error *error);
/* 1: biases take the moved means back (Nagel et al. 2019, arXiv:1906.04721, section 4.2, with measured means). Default 0. */
CAMEO_API void cameo_quantizer_correct(cameo_quantizer *quantizer, int on);

/* The quantised model, as ONNX with QuantizeLinear and DequantizeLinear: uint8 activations, int8 weights with a scale for each channel, int32 biases.
 * Opset 13 or the model's own if that is higher; names, inputs, outputs and metadata stay. *bytes lives until the next call or the end of the quantizer.
 * Errors: MISMATCH (nothing was observed), UNSUPPORTED (an operator that opset 13 has in another form), LIMIT (2 GiB), MEMORY. */
CAMEO_API cameo_status cameo_quantizer_write(cameo_quantizer *quantizer, const void **bytes, size_t *size, cameo_error *error);

/* ---- Engine: detector + recognizer ------------------------------------------------------------------- */

typedef struct cameo_engine cameo_engine;   /* both networks and their contracts, immutable, shared */
typedef struct cameo_session cameo_session; /* the memory and threads of one user of an engine */

#define CAMEO_MAX_DETECTION_SIZES 8
#define CAMEO_MAX_ANTISPOOF 4

/* An anti-spoofing network of the MiniFASNet family [github.com/minivision-ai/Silent-Face-Anti-Spoofing]. */
typedef struct cameo_antispoof {
    const char *path; /* ONNX file */
    double scale;     /* how much wider than the face's box its crop is; 0: told from the number that the file's name begins with, else 2.7 */
} cameo_antispoof;

typedef struct cameo_options {
    const char *recognizer; /* ONNX file or CAMEO_BUILTIN_RECOGNIZER, or NULL: no embedding */
    const char *detector;   /* ONNX file or CAMEO_BUILTIN_DETECTOR, or NULL: no detection */
    const char *landmarks_106, *landmarks_68, *gender_age; /* ONNX files as 2d106det, 1k3d68 and genderage of InsightFace's packs, or NULL */
    cameo_antispoof antispoof[CAMEO_MAX_ANTISPOOF];
    int antispoof_count; /* default 0 */
    const float (*mean_shape)[3]; /* [68]: what the 68 landmarks are compared with for the pose: x right, y down, z towards the viewer, in any unit; read
                                   * when the engine is opened. NULL (default): a head of cameo's own (docs/attributes.md) */
    cameo_contract_override recognizer_contract, detector_contract;
    int detection_size_count; /* default 2 */
    /* width, height; default 128x128 and 640x640 (InsightFace 1.0), results merged before one NMS. For CAMEO_BUILTIN_DETECTOR these two stand for 160x160
     * and 320x320: in larger inputs it misses what fills the picture. */
    int detection_sizes[CAMEO_MAX_DETECTION_SIZES][2];
    float detection_threshold; /* default 0.5 */
    float nms_threshold;       /* IoU, default 0.4 */
    int max_faces;             /* 0: all */
    cameo_face_rank rank;      /* default CAMEO_RANK_SCORE; decides which stay under max_faces, and the order */
    int mirror;                /* 1: add the mirrored crop's embedding to each (default 0) */
    int threads;               /* of each session; 0: cameo_cpu_count() */
    cameo_network_options network;
    /* Networks that are open already, instead of the files (never both: ARGUMENT). Borrowed, so they must outlive the engine; several engines, of
     * different contracts say, share their weights. `network` is not looked at for them. */
    const cameo_network *recognizer_network, *detector_network;
} cameo_options;

CAMEO_API void cameo_options_default(cameo_options *options);

/* Opens the networks, one at least, and checks that each is what it is used as. Errors: as cameo_network_open, and MISMATCH (a detector given
 * as recognizer ...), ARGUMENT (a mean shape that is flat or not finite). Thread-safe. Free with cameo_engine_free, after its sessions. */
CAMEO_API cameo_status cameo_engine_open(cameo_engine **engine, const cameo_options *options, cameo_error *error);
CAMEO_API void cameo_engine_free(cameo_engine *engine);
CAMEO_API const cameo_network *cameo_engine_recognizer(const cameo_engine *engine); /* NULL if none */
CAMEO_API const cameo_network *cameo_engine_detector(const cameo_engine *engine);   /* NULL if none */
CAMEO_API cameo_contract cameo_engine_recognizer_contract(const cameo_engine *engine);
CAMEO_API cameo_contract cameo_engine_detector_contract(const cameo_engine *engine);
/* Length of an embedding; 0 without a recognizer. */
CAMEO_API int cameo_engine_dimension(const cameo_engine *engine);

/* Memory and threads for one user. Thread-safe. Free with cameo_session_free. Errors: MEMORY, LIMIT, UNSUPPORTED. */
CAMEO_API cameo_status cameo_session_create(cameo_session **session, const cameo_engine *engine, cameo_error *error);
CAMEO_API void cameo_session_free(cameo_session *session);

/* Where the time of a session went, in seconds. */
typedef struct cameo_stage_seconds {
    double detector_input;   /* from a picture to what the detector is fed, at all detection sizes: resize, letterbox, bytes to floats */
    double detector;         /* the detector's network */
    double candidates;       /* from its outputs to faces: decoding, non-maximum suppression, ranking */
    double recognizer_input; /* from faces to what the recognizer is fed: alignment (or resize), bytes to floats */
    double recognizer;       /* the recognizer's network */
    double attributes;       /* all of cameo_analyze but the recognizer */
} cameo_stage_seconds;

/* The sums over all calls since the session was made. */
CAMEO_API cameo_stage_seconds cameo_session_times(const cameo_session *session);

/* Finds faces. faces: [capacity]; *count receives how many were written (best first, by `rank`). No face is success with *count 0.
 * Errors: MISMATCH (engine without detector), CAPACITY (*count says how many there are, the first `capacity` are written), MEMORY. */
CAMEO_API cameo_status cameo_detect(cameo_session *session, const cameo_image_view *picture, cameo_face *faces,
                                    size_t capacity, size_t *count, cameo_error *error);

/* Cuts a face out: similarity transform (Umeyama 1991, no reflection) from five landmarks to InsightFace's template for `size`
 * (a multiple of 16; where it is none of 112 or 128, the template of 112 is scaled), bilinear, black border, as face_align.norm_crop does and
 * cameo_embed, too. rgb: [size, size, 3]. Errors: ARGUMENT, CAPACITY. Thread-safe. */
CAMEO_API cameo_status cameo_align(const cameo_image_view *picture, const float landmarks[5][2], int size, uint8_t *rgb,
                                   size_t capacity, cameo_error *error);

/* Cuts a box out (x0, y0, x1, y1) without turning anything upright: what of it lies within the picture, stretched to size x size, bilinear. Recognizers
 * that were trained on aligned faces lose much on such crops. rgb: [size, size, 3]. Errors: ARGUMENT (the box lies outside of the picture, is
 * empty or not finite), CAPACITY, MEMORY. Thread-safe. */
CAMEO_API cameo_status cameo_crop_box(const cameo_image_view *picture, const float box[4], int size, uint8_t *rgb, size_t capacity,
                                      cameo_error *error);

/* Embeddings of `count` faces of a picture: aligned, fed, read. embeddings: [count, dimension] float32, as the network gives them (not
 * normalised); capacity in floats. Errors: MISMATCH (no recognizer), ARGUMENT (face without landmarks), CAPACITY. */
CAMEO_API cameo_status cameo_embed(cameo_session *session, const cameo_image_view *picture, const cameo_face *faces,
                                   size_t count, float *embeddings, size_t capacity, cameo_error *error);

/* The same from crops that are aligned already, all of the network's input size (others are resized, bilinear). */
CAMEO_API cameo_status cameo_embed_aligned(cameo_session *session, const cameo_image_view *crops, size_t count,
                                           float *embeddings, size_t capacity, cameo_error *error);

/* Attributes of `count` faces of a picture: whatever the networks of the engine say, and the quality. embeddings: [count, dimension], those of the faces
 * where the caller has them, for quality.norm; NULL: the engine's recognizer is run if it has one and the face has landmarks.
 * attributes: [count]. Errors: ARGUMENT (a face that is none), FORMAT (a network gave something that is not a number), MEMORY. */
CAMEO_API cameo_status cameo_analyze(cameo_session *session, const cameo_image_view *picture, const cameo_face *faces, size_t count,
                                     const float *embeddings, cameo_attributes *attributes, cameo_error *error);

/* ---- Embeddings -------------------------------------------------------------------------------------- */

/* Euclidean length of a [dimension] vector, accumulated in double. Thread-safe. */
CAMEO_API float cameo_embedding_norm(const float *embedding, int dimension);
/* Scales to length 1 in place (a zero vector stays zero); returns the old length. */
CAMEO_API float cameo_embedding_normalize(float *embedding, int dimension);
/* Cosine of two [dimension] vectors, normalised or not, -1..1; 0 if one of them is zero. */
CAMEO_API float cameo_similarity(const float *a, const float *b, int dimension);

/* ---- Known models ------------------------------------------------------------------------------------ */

/* A published model file or pack, known by its hash. Strings are static; NULL where unknown. */
typedef struct cameo_known_model {
    const char *name;     /* file name, "w600k_r50.onnx", or pack, "buffalo_l" */
    const char *pack;     /* the pack it is in; NULL for a pack itself or a single file */
    const char *role;     /* "detection", "recognition", "landmarks", "gender/age", "pack" */
    const char *sha256;   /* lower-case hex, or NULL */
    const char *sha256_prefix; /* where only the beginning is known */
    uint64_t bytes;       /* 0 if unknown */
    const char *url;      /* where it is published, or NULL */
    const char *license;  /* one phrase */
    int commercial_use;   /* 1 if the licence allows it; 0 also where that is not known */
    const char *description;
    double threshold;     /* of a recognizer: the cosine that about one pair of strangers in a thousand reaches, where it was measured; else 0 */
    const char *builtin;  /* the name under which it opens without a file, CAMEO_BUILTIN_...; NULL: it is not inside this library */
} cameo_known_model;

/* All known models; *count entries. Static storage. */
CAMEO_API const cameo_known_model *cameo_known_models(size_t *count);
/* The one with this SHA-256 (64 hex digits), or NULL. */
CAMEO_API const cameo_known_model *cameo_known_model_by_sha256(const char *sha256);
/* The ONNX file of a built-in model ("builtin:detector", "builtin:recognizer"), *size bytes; to be written to a file, say: it opens by its name as well.
 * NULL and 0: this library has none of that name, as one that was built with CAMEO_DEFAULT_MODELS=OFF has none at all. Static storage. Thread-safe. */
CAMEO_API const void *cameo_builtin_model(const char *name, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
