#include "face/rank.h"

/* Higher is better. */
static double face_value(const cameo_face *face, cameo_face_rank rank, int width, int height)
{
    double x0 = (double)face->box[0], y0 = (double)face->box[1], x1 = (double)face->box[2], y1 = (double)face->box[3];
    double area = (x1 - x0) * (y1 - y0);
    double dx = (x0 + x1) / 2 - width / 2, dy = (y0 + y1) / 2 - height / 2;
    double distance = dx * dx + dy * dy;
    switch (rank) {
    case CAMEO_RANK_LARGEST:
        return area;
    case CAMEO_RANK_CENTRAL:
        return area - 2.0 * distance;
    case CAMEO_RANK_CENTER_ONLY:
        return -distance;
    case CAMEO_RANK_SCORE:
        break;
    }
    return (double)face->score;
}

void cm_rank_faces(cameo_face *faces, int count, cameo_face_rank rank, int width, int height)
{
    if (rank == CAMEO_RANK_SCORE)
        return; /* suppression left them so */
    for (int i = 1; i < count; i++) {
        cameo_face face = faces[i];
        double value = face_value(&face, rank, width, height);
        int place = i;
        for (; place > 0 && face_value(&faces[place - 1], rank, width, height) < value; place--)
            faces[place] = faces[place - 1];
        faces[place] = face;
    }
}
