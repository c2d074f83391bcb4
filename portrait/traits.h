/* Who a person is (traits) and how the moment of the photograph finds them. Lengths in centimetres, colours in linear light.
 *
 * The head's frame: x to the picture's right, y up, z towards the viewer; the eyes lie at y = 0, the ears' axis at x = z = 0. */
#ifndef CM_PORTRAIT_TRAITS_H
#define CM_PORTRAIT_TRAITS_H

#include "portrait.h"
#include "vector.h"

typedef enum cm_beard { CM_BEARD_NONE, CM_BEARD_STUBBLE, CM_BEARD_MOUSTACHE, CM_BEARD_GOATEE, CM_BEARD_FULL } cm_beard;

typedef struct cm_head_traits {
    float width, height;           /* scales of the whole head, about 1 */
    float cranium, cheek, jaw;     /* scales of its width above the eyes, at the cheekbones, at the jaw's angles */
    float chin_width, chin_length, chin_forward;
    float cheek_fullness, cheekbone, brow_ridge, forehead_slope, squareness;
} cm_head_traits;

typedef struct cm_eye_traits {
    float apart;         /* half the distance of the pupils */
    float width, height; /* half the opening's */
    float tilt;          /* slope; positive: the outer corner is higher */
    float depth, crease, lashes, bag;
    cm_vec3 iris;
} cm_eye_traits;

typedef struct cm_brow_traits {
    float height, thickness, tilt, arch, length, density, inner;
} cm_brow_traits;

typedef struct cm_nose_traits {
    float length, width, bridge_width, bridge, tip, forward, upturn;
} cm_nose_traits;

typedef struct cm_mouth_traits {
    float drop; /* below the eyes */
    float width, upper, lower, bow, fullness;
    cm_vec3 color;
} cm_mouth_traits;

typedef struct cm_hair_traits {
    bool bald;
    float line;         /* height of the hairline's middle above the eyes */
    float line_round;   /* how far it falls towards the temples */
    float recession;    /* bays beside the middle */
    float parting;      /* radians from the front */
    float fringe;       /* slant of the hairline: combed to one side */
    float top, side;    /* thickness */
    float lift;         /* centimetres behind the hairline at which the top reaches its thickness */
    float length;       /* y where hanging hair ends; above -6: short hair, nothing hangs */
    float opening;      /* degrees from the front at which hanging hair begins */
    float sideburn;     /* y where the hair before the ears ends */
    float curl;         /* roughness of the outline */
    cm_vec3 color;
    uint32_t pattern;
} cm_hair_traits;

typedef struct cm_traits {
    float femininity, age; /* 0..1: what most other traits lean on */
    cm_vec3 skin;
    float blush, freckles, wrinkles, blotches;
    uint32_t skin_pattern;
    cm_head_traits head;
    cm_eye_traits eye;
    cm_brow_traits brow;
    cm_nose_traits nose;
    cm_mouth_traits mouth;
    cm_hair_traits hair;
    cm_vec3 brow_color;
    cm_beard beard;
    float beard_density;
    bool glasses;
    float glasses_width, glasses_height, glasses_square, glasses_rim;
    cm_vec3 glasses_color;
    float ear_size, ear_flare;
    float neck_width, shoulder_width, collar;
} cm_traits;

enum { CM_LIGHT_LOBES = 3 };

typedef struct cm_moment {
    float yaw, pitch, roll; /* radians of the head */
    float smile, open;      /* 0..1; centimetres between the lips */
    float lids;             /* scale of the eyes' opening */
    float gaze_x, gaze_y;   /* centimetres the irises move */
    float brow_raise;       /* centimetres */
    float distance;         /* camera to head */
    float face_share;       /* head height over the picture's height */
    float shift_x, shift_y; /* of the head's centre, in picture heights */
    cm_vec3 key_direction, key_color; /* towards the main light */
    float key_softness;     /* width of shadow edges, centimetres */
    cm_vec3 ambient_sky, ambient_ground;
    cm_vec3 lobe_direction[CM_LIGHT_LOBES], lobe_color[CM_LIGHT_LOBES]; /* broad secondary lights */
    float exposure, contrast, warmth;
    float blur, grain;      /* of the camera: pixels at 512, standard deviation in grey levels */
    cm_vec3 cloth, cloth_second;
    int cloth_style;        /* 0 crew neck, 1 shirt collar, 2 jacket, 3 v-neck */
    int backdrop;           /* 0 gradient, 1 soft shapes, 2 room, 3 foliage */
    cm_vec3 backdrop_low, backdrop_high;
    uint32_t pattern;
} cm_moment;

void cm_traits_from_seed(cm_traits *traits, uint64_t identity);
/* The identity has no part in it: the same variation seed photographs every person alike. */
void cm_moment_from_options(cm_moment *moment, const cm_portrait_options *options);
/* Puts `moment` under the light of another one: people in one picture. */
void cm_moment_share_light(cm_moment *moment, const cm_moment *other);

#endif
