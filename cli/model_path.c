/* cameo model path: where a model lies. */
#include <stdlib.h>

#include "commands.h"
#include "flags.h"
#include "lookup.h"
#include "outfile.h"
#include "report.h"

int cm_model_path(int argc, char **argv)
{
    cm_flags flags = {
        .command = "model path", .synopsis = "NAME", .minimum = 1, .maximum = 1,
        .help = "Prints where a model file or the folder of a pack lies. Exit code 1: it is not here.",
        .examples = "  cameo model path w600k_r50\n  ls \"$(cameo model path buffalo_l)\""};
    int first, code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    const char *name = argv[first];
    if (cm_lookup_builtin(name, NULL))
        return cm_report(CM_EXIT_NO, "%s: is no file, but a part of this program; 'cameo model export' writes it as one", name);
    char *place = cm_lookup_pack(name);
    if (!place)
        place = cm_lookup_file(name);
    if (!place) {
        const cameo_known_model *known = cm_lookup_known(name);
        if (known)
            return cm_report(CM_EXIT_NO, "%s: not here; 'cameo model pull %s' fetches it", name, known->pack ? known->pack : known->name);
        return cm_report(CM_EXIT_NO, "%s: not here, and no known model ('cameo model list' shows them)", name);
    }
    cm_outfile out;
    (void)cm_outfile_open(&out, NULL);
    fprintf(out.stream, "%s\n", place);
    free(place);
    return cm_outfile_commit(&out);
}
