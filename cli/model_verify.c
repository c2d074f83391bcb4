/* cameo model verify: what a file is, by its hash. */
#include <string.h>

#include "commands.h"
#include "digest.h"
#include "flags.h"
#include "json_text.h"
#include "lookup.h"
#include "outfile.h"
#include "report.h"
#include "work_limits.h"

typedef struct verdict {
    const char *path;
    char digest[CM_DIGEST_TEXT], expected[CM_DIGEST_TEXT]; /* expected: empty if nobody says what it should be */
    uint64_t bytes;
    const cameo_known_model *known; /* by hash */
    int right;
} verdict;

/* What the file's name promises. */
static void expect_by_name(verdict *v)
{
    const char *slash = strrchr(v->path, '/');
    const cameo_known_model *named = cm_lookup_known(slash ? slash + 1 : v->path);
    if (named && named->sha256)
        snprintf(v->expected, sizeof v->expected, "%s", named->sha256);
}

static int print_verdict(const verdict *v, int json)
{
    cm_outfile out;
    (void)cm_outfile_open(&out, NULL);
    if (json) {
        json_t *object = json_object();
        cm_json_add(object, "file", cm_json_text(v->path));
        cm_json_add(object, "bytes", json_integer((json_int_t)v->bytes));
        cm_json_add(object, "sha256", json_string(v->digest));
        cm_json_add(object, "expected", v->expected[0] ? json_string(v->expected) : json_null());
        cm_json_add(object, "known_as", cm_json_text(v->known ? v->known->name : NULL));
        cm_json_add(object, "license", cm_json_text(v->known ? v->known->license : NULL));
        cm_json_add(object, "verified", json_boolean(v->right));
        cm_json_print(object, out.stream, 0);
    } else {
        fprintf(out.stream, "%s  %s\n", v->digest, v->path);
        if (v->known)
            fprintf(out.stream, "known as %s%s%s; licence: %s\n", v->known->name, v->known->pack ? " of " : "", v->known->pack ? v->known->pack : "",
                    v->known->license);
    }
    return cm_outfile_commit(&out);
}

static int explain(const verdict *v)
{
    cameo_network *network;
    cameo_error error;
    if (v->right)
        return CM_EXIT_OK;
    if (!v->expected[0])
        return cm_report(CM_EXIT_NO, "%s: not a known model", v->path);
    cm_report(CM_EXIT_NO, "%s: not the published file, whose SHA-256 is %s", v->path, v->expected);
    if (cm_work_limits_open(&network, v->path, &error) != CAMEO_OK)
        cm_report_error(v->path, &error); /* says what it is instead: a page, a pointer, cut off ... */
    cameo_network_free(network);
    return CM_EXIT_NO;
}

int cm_model_verify(int argc, char **argv)
{
    verdict v = {0};
    const char *given = NULL;
    int json = 0;
    cm_flags flags = {
        .command = "model verify", .synopsis = "[options] FILE", .minimum = 1, .maximum = 1,
        .help = "Computes the SHA-256 of a file and says which known model it is. Exit code 0: a known model (or the hash that --sha256 wants); 1: not\n"
                "known, or it bears the name of a known model and is another file.",
        .examples = "  cameo model verify w600k_r50.onnx\n  cameo model verify model.onnx --sha256 4c06341c..."};
    cm_flags_add(&flags, (cm_flag){.name = "sha256", .value = "HASH", .kind = CM_FLAG_TEXT, .target = &given, .help = "the hash it should have"});
    cm_flags_add(&flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &json, .help = "one JSON object"});
    int first, code = cm_work_limits_check();
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    if (given && !cm_digest_parse(given, v.expected))
        return cm_report_usage("model verify", "--sha256 wants 64 hex digits, not '%s'", given);
    v.path = argv[first];
    code = cm_digest_file(v.path, v.digest, &v.bytes);
    if (code != CM_EXIT_OK)
        return code;
    v.known = cameo_known_model_by_sha256(v.digest);
    if (!given)
        expect_by_name(&v);
    /* A known model under another known one's name is a mistake somebody will want to hear of. */
    v.right = v.expected[0] ? strcmp(v.expected, v.digest) == 0 : v.known != NULL;
    code = print_verdict(&v, json);
    return code == CM_EXIT_OK ? explain(&v) : code;
}
