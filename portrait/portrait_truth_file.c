#include "portrait_truth_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cm_truth_file {
    FILE *stream;
    int pictures, faces; /* faces of the picture at hand */
    char path[4096], unfinished[4104];
};

cm_truth_file *cm_truth_open(const char *folder)
{
    cm_truth_file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    int length = snprintf(file->path, sizeof file->path, "%s/truth.json", folder);
    if (length < 0 || (size_t)length >= sizeof file->path) {
        free(file);
        errno = ENAMETOOLONG;
        return NULL;
    }
    memcpy(file->unfinished, file->path, (size_t)length);
    memcpy(file->unfinished + length, ".part", sizeof ".part");
    file->stream = fopen(file->unfinished, "w");
    if (!file->stream) {
        free(file);
        return NULL;
    }
    fputs("{\"pictures\": [", file->stream);
    return file;
}

static void end_picture(cm_truth_file *file)
{
    if (file->pictures > 0)
        fputs("]}", file->stream);
}

void cm_truth_picture(cm_truth_file *file, const char *name, int width, int height)
{
    end_picture(file);
    fprintf(file->stream, "%s\n {\"file\": \"%s\", \"width\": %d, \"height\": %d, \"faces\": [", file->pictures > 0 ? "," : "", name, width,
            height);
    file->pictures++;
    file->faces = 0;
}

void cm_truth_face(cm_truth_file *file, int person, const cm_portrait_options *options, const cm_portrait_truth *truth)
{
    FILE *out = file->stream;
    fprintf(out, "%s\n  {\"person\": %d, \"identity\": %" PRIu64 ", \"variation\": %" PRIu64 ",\n   \"box\": [%.2f, %.2f, %.2f, %.2f], \"landmarks\": [",
            file->faces > 0 ? "," : "", person, options->identity, options->variation, (double)truth->box[0], (double)truth->box[1],
            (double)truth->box[2], (double)truth->box[3]);
    for (int i = 0; i < 5; i++)
        fprintf(out, "%s[%.2f, %.2f]", i > 0 ? ", " : "", (double)truth->landmarks[i][0], (double)truth->landmarks[i][1]);
    fprintf(out, "],\n   \"yaw\": %.2f, \"pitch\": %.2f, \"roll\": %.2f}", (double)truth->yaw, (double)truth->pitch, (double)truth->roll);
    file->faces++;
}

bool cm_truth_close(cm_truth_file *file, bool keep)
{
    end_picture(file);
    fputs("\n]}\n", file->stream);
    bool written = !ferror(file->stream);
    written = fclose(file->stream) == 0 && written;
    written = written && keep && rename(file->unfinished, file->path) == 0;
    if (!written) {
        int reason = errno;
        remove(file->unfinished);
        errno = reason;
    }
    free(file);
    return written || !keep;
}
