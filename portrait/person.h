/* One person as a mesh in the scene: head, ears, hair, neck and clothes, glasses; posed and placed. */
#ifndef CM_PORTRAIT_PERSON_H
#define CM_PORTRAIT_PERSON_H

#include "mesh.h"
#include "traits.h"

typedef struct cm_person {
    cm_traits traits;
    cm_moment moment;
    cm_turn head_turn, body_turn;
    cm_mesh mesh;
} cm_person;

/* False when memory is out. Free with cm_person_free in any case. */
bool cm_person_build(cm_person *person, const cm_portrait_options *options);
void cm_person_free(cm_person *person);

/* Hair on the head at (angle in radians from the front, y): how far inside its region, in centimetres; negative outside. */
float cm_hair_region(const cm_traits *traits, float angle, float y);

/* Surfaces of hair and glasses, in files of their own. False when memory is out. */
bool cm_person_add_hair(cm_person *person);
bool cm_person_add_glasses(cm_person *person);

#endif
