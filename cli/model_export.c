/* cameo model export: the built-in models as files. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "flags.h"
#include "lookup.h"
#include "outfile.h"
#include "report.h"

static int write_model(const cameo_known_model *model, const char *folder, FILE *stream)
{
    size_t size;
    const void *bytes = cameo_builtin_model(model->builtin, &size);
    char *path = cm_lookup_format("%s/%s", folder, model->name);
    cm_outfile out;
    int code = path ? cm_outfile_open(&out, path) : cm_report(CM_EXIT_OTHER, "out of memory");
    if (code == CM_EXIT_OK) {
        fwrite(bytes, 1, size, out.stream);
        code = cm_outfile_commit(&out);
    }
    if (code == CM_EXIT_OK)
        fprintf(stream, "%s\n", path);
    free(path);
    return code;
}

/* The models that `name` means, all for NULL. */
static int export(const char *name, const char *folder, FILE *stream)
{
    size_t count;
    const cameo_known_model *models = cameo_known_models(&count);
    int written = 0, code = cm_outfile_make_folder(folder);
    for (size_t i = 0; i < count && code == CM_EXIT_OK; i++)
        if (models[i].builtin && (!name || strcmp(name, models[i].builtin) == 0)) {
            code = write_model(&models[i], folder, stream);
            written++;
        }
    if (code == CM_EXIT_OK && !written && name)
        return cm_report(CM_EXIT_INPUT, "%s: no such model is built in ('cameo model list' shows them)", name);
    if (code == CM_EXIT_OK && !written)
        return cm_report(CM_EXIT_INPUT, "this program was built without models");
    return code;
}

int cm_model_export(int argc, char **argv)
{
    const char *folder = ".";
    cm_flags flags = {
        .command = "model export", .synopsis = "[options] [NAME]", .minimum = 0, .maximum = 1,
        .help = "Writes the detector and the recognizer that are built in, or the one of them that is named, as ONNX files, for other programs that\n"
                "read such, and prints where they lie. cameo itself opens them by their names; the detector's file wants --det-size 160,320.",
        .examples = "  cameo model export\n  cameo model export builtin:recognizer -o models/"};
    cm_flags_add(&flags, (cm_flag){.name = "output", .letter = 'o', .value = "DIR", .kind = CM_FLAG_TEXT, .target = &folder,
        .help = "where to write; made if it is not there (the current folder)"});
    int first, code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    cm_outfile out;
    (void)cm_outfile_open(&out, NULL);
    code = export(first < argc && strcmp(argv[first], "builtin") != 0 ? argv[first] : NULL, folder, out.stream);
    return cm_outfile_finish(&out, code);
}
