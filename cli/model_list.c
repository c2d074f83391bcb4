/* cameo model list: what is known, and what of it is here. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "flags.h"
#include "json_text.h"
#include "lookup.h"
#include "outfile.h"

static char *place_of(const cameo_known_model *model)
{
    if (model->builtin)
        return strdup(model->builtin);
    if (!model->pack)
        return strcmp(model->role, "pack") == 0 ? cm_lookup_pack(model->name) : cm_lookup_file(model->name);
    char *folder = cm_lookup_pack(model->pack);
    char *file = folder ? cm_lookup_format("%s/%s", folder, model->name) : NULL;
    FILE *there = file ? fopen(file, "rb") : NULL;
    free(folder);
    if (there) {
        fclose(there);
        return file;
    }
    free(file);
    return cm_lookup_file(model->name);
}

static json_t *model_json(const cameo_known_model *model, const char *place)
{
    json_t *object = json_object();
    cm_json_add(object, "name", cm_json_text(model->name));
    cm_json_add(object, "pack", cm_json_text(model->pack));
    cm_json_add(object, "role", cm_json_text(model->role));
    cm_json_add(object, "sha256", cm_json_text(model->sha256));
    cm_json_add(object, "sha256_prefix", cm_json_text(model->sha256_prefix));
    cm_json_add(object, "bytes", model->bytes ? json_integer((json_int_t)model->bytes) : json_null());
    cm_json_add(object, "url", cm_json_text(model->url));
    cm_json_add(object, "license", cm_json_text(model->license));
    cm_json_add(object, "commercial_use", json_boolean(model->commercial_use));
    cm_json_add(object, "description", cm_json_text(model->description));
    cm_json_add(object, "threshold", model->threshold > 0 ? cm_json_number(model->threshold) : json_null());
    cm_json_add(object, "path", cm_json_text(place));
    cm_json_add(object, "built_in", json_boolean(model->builtin != NULL));
    return object;
}

static void print_model(FILE *stream, const cameo_known_model *model, const char *place)
{
    char size[24] = "-";
    if (model->bytes)
        snprintf(size, sizeof size, "%.1f MB", (double)model->bytes * 1e-6);
    fprintf(stream, "%s%-*s %-12s %-10s %-40s %s%s\n", model->pack ? "  " : "", model->pack ? 36 : 38, model->name, model->role, size, model->license,
            place ? place : "-", model->builtin ? " (built in)" : "");
}

int cm_model_list(int argc, char **argv)
{
    int json = 0, commercial = 0;
    cm_flags flags = {
        .command = "model list", .synopsis = "[options]", .minimum = 0, .maximum = 0,
        .help = "Lists the known models, packs with the files in them, with licence and, where it is here, the place. Models are known by their hash.",
        .examples = "  cameo model list\n  cameo model list --commercial-only --json"};
    cm_flags_add(&flags, (cm_flag){.name = "commercial-only", .kind = CM_FLAG_SWITCH, .target = &commercial,
        .help = "only those whose licence allows commercial use; an unknown one does not"});
    cm_flags_add(&flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &json, .help = "one JSON array"});
    int first, code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    size_t count;
    const cameo_known_model *models = cameo_known_models(&count);
    json_t *array = json_array();
    cm_outfile out;
    (void)cm_outfile_open(&out, NULL);
    if (!json)
        fprintf(out.stream, "%-38s %-12s %-10s %-40s %s\n", "name", "role", "size", "licence", "here");
    for (size_t i = 0; i < count; i++) {
        if (commercial && !models[i].commercial_use)
            continue;
        char *place = place_of(&models[i]);
        if (json)
            json_array_append_new(array, model_json(&models[i], place));
        else
            print_model(out.stream, &models[i], place);
        free(place);
    }
    if (json)
        cm_json_print(array, out.stream, 1);
    else
        json_decref(array);
    return cm_outfile_commit(&out);
}
