#include "embed_output.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "json_text.h"
#include "lookup.h"
#include "npy.h"
#include "report.h"

int cm_embed_output_open(cm_embed_output *output, cm_embed_format format, const char *path)
{
    *output = (cm_embed_output){.format = format, .threshold = NAN};
    int code = cm_outfile_open(&output->out, path);
    if (code != CM_EXIT_OK || format != CM_EMBED_NPY)
        return code;
    output->rows_path = cm_lookup_format("%s.jsonl", path);
    code = output->rows_path ? cm_outfile_open(&output->rows, output->rows_path) : cm_report(CM_EXIT_OTHER, "out of memory");
    if (code != CM_EXIT_OK) {
        cm_outfile_abort(&output->out);
        free(output->rows_path);
        return code;
    }
    const int64_t none[2] = {0, 0};
    cm_npy_write_header(output->out.stream, none, 2);
    return CM_EXIT_OK;
}

static void write_json(FILE *stream, const cm_result *result, size_t face, const float *embedding, float norm, double threshold)
{
    json_t *line = json_object();
    cm_json_add(line, "file", cm_json_text(result->path));
    cm_json_add(line, "face", json_integer((json_int_t)face));
    cm_json_add(line, "model", cm_json_text(result->model)); /* only embeddings of the same one can be compared */
    cm_json_add_face(line, &result->faces[face]);
    cm_json_add(line, "norm", cm_json_number((double)norm));
    if (!isnan(threshold))
        cm_json_add(line, "threshold", json_real(threshold));
    if (embedding)
        cm_json_add(line, "embedding", cm_json_floats(embedding, (size_t)result->dimension));
    cm_json_print(line, stream, 0);
}

static void write_csv_header(FILE *stream, int dimension)
{
    fputs("file,face,x0,y0,x1,y1,score,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_left_x,mouth_left_y,mouth_right_x,"
          "mouth_right_y,norm", stream);
    for (int i = 0; i < dimension; i++)
        fprintf(stream, ",e%d", i);
    putc('\n', stream);
}

static void write_csv(FILE *stream, const cm_result *result, size_t index, const float *embedding, float norm)
{
    const cameo_face *face = &result->faces[index];
    cm_csv_text(stream, result->path);
    fprintf(stream, ",%zu", index);
    cm_csv_floats(stream, face->box, 4);
    if (face->landmark_count == 5) {
        cm_csv_floats(stream, &face->score, 1);
        for (int i = 0; i < 5; i++)
            cm_csv_floats(stream, face->landmarks[i], 2);
    } else {
        fputs(",,,,,,,,,,,", stream); /* an aligned crop has neither score nor landmarks */
    }
    cm_csv_floats(stream, &norm, 1);
    cm_csv_floats(stream, embedding, (size_t)result->dimension);
    putc('\n', stream);
}

int cm_embed_output_row(cm_embed_output *output, const cm_result *result, size_t face, const float *embedding, float norm)
{
    output->dimension = result->dimension;
    switch (output->format) {
    case CM_EMBED_JSONL:
        write_json(output->out.stream, result, face, embedding, norm, output->threshold);
        break;
    case CM_EMBED_NPY:
        cm_npy_write_values(output->out.stream, embedding, (size_t)result->dimension);
        write_json(output->rows.stream, result, face, NULL, norm, output->threshold);
        break;
    case CM_EMBED_CSV:
        if (output->count == 0)
            write_csv_header(output->out.stream, result->dimension);
        write_csv(output->out.stream, result, face, embedding, norm);
        break;
    }
    output->count++;
    int code = cm_outfile_check(&output->out, 0);
    return code == CM_EXIT_OK && output->rows.stream ? cm_outfile_check(&output->rows, 0) : code;
}

int cm_embed_output_flush(cm_embed_output *output)
{
    return output->out.stream == stdout ? cm_outfile_check(&output->out, 1) : CM_EXIT_OK;
}

int cm_embed_output_finish(cm_embed_output *output, int code, size_t pictures)
{
    if (code == CM_EXIT_INPUT && pictures == 0) {
        cm_outfile_abort(&output->out);
        if (output->rows.stream)
            cm_outfile_abort(&output->rows);
    }
    if (output->format == CM_EMBED_NPY && output->out.stream) {
        const int64_t dims[2] = {output->count, output->dimension};
        if (fseek(output->out.stream, 0, SEEK_SET) == 0)
            cm_npy_write_header(output->out.stream, dims, 2);
        else
            code = cm_report(CM_EXIT_OTHER, "%s: a NumPy array cannot be written to a pipe: %s", output->out.path, strerror(errno));
    }
    if (output->out.stream)
        code = cm_outfile_finish(&output->out, code);
    if (output->rows.stream)
        code = cm_outfile_finish(&output->rows, code);
    free(output->rows_path);
    return code;
}
