/* cameo model pull: a download that is verified before it is there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "fetch.h"
#include "flags.h"
#include "install.h"
#include "interrupt.h"
#include "lookup.h"
#include "outfile.h"
#include "progress.h"
#include "report.h"
#include "work_limits.h"

static const uint64_t most_bytes = UINT64_C(4) << 30;

typedef struct pull_job {
    const char *name, *url, *sha256;
    int accepted, commercial;
    cm_package package;
    char *downloads, *models; /* folders */
    char *file, *part;        /* in `downloads`: complete, and on its way */
    char *place;
} pull_job;

/* A pack stands for the files in it, unless the file itself is to be fetched from somewhere. */
static const cameo_known_model *wanted_model(const pull_job *job)
{
    const cameo_known_model *known = cm_lookup_known(job->name);
    if (known && known->pack && !job->url)
        return cm_lookup_known(known->pack);
    return known;
}

static int is_built_in(const pull_job *job)
{
    const cameo_known_model *known = job->package.known;
    return cm_lookup_builtin(job->name, NULL) || (known && known->builtin && !job->url);
}

static int check_name(const pull_job *job)
{
    if (is_built_in(job))
        return cm_report_usage("model pull", "%s is a part of this program and need not be fetched; 'cameo model export' writes it as a file", job->name);
    if (*job->name == '\0' || *job->name == '.' || strchr(job->name, '/') || strlen(job->name) > 100)
        return cm_report_usage("model pull", "'%s' cannot be the name of a model", job->name);
    const char *like = cm_lookup_like(job->name);
    if (!job->package.known && !job->url && like)
        return cm_report_usage("model pull", "'%s' is no known model, perhaps '%s' is meant", job->name, like);
    if (!job->package.known && !job->url)
        return cm_report_usage("model pull", "'%s' is no known model ('cameo model list' shows them); others want --url and --sha256", job->name);
    if (!job->package.known && !job->sha256)
        return cm_report_usage("model pull", "'%s' is no known model: --sha256 is wanted, so that what arrives can be verified", job->name);
    return CM_EXIT_OK;
}

static int describe(pull_job *job)
{
    cm_package *package = &job->package;
    package->known = wanted_model(job);
    int code = check_name(job);
    if (code != CM_EXIT_OK)
        return code;
    const cameo_known_model *known = package->known;
    package->name = known ? known->name : job->name;
    package->url = job->url ? job->url : known->url;
    package->sha256_prefix = known ? known->sha256_prefix : NULL;
    if (known && known->sha256)
        memcpy(package->sha256, known->sha256, sizeof package->sha256);
    char given[CM_DIGEST_TEXT];
    if (job->sha256 && !cm_digest_parse(job->sha256, given))
        return cm_report_usage("model pull", "--sha256 wants 64 hex digits, not '%s'", job->sha256);
    if (job->sha256 && package->sha256[0] && strcmp(given, package->sha256) != 0)
        return cm_report_usage("model pull", "the published SHA-256 of %s is %s", package->name, package->sha256);
    if (job->sha256)
        memcpy(package->sha256, given, sizeof given);
    if (!package->url)
        return cm_report_usage("model pull", "it is not known where %s is published: --url says it", package->name);
    return CM_EXIT_OK;
}

static int check_licence(const pull_job *job)
{
    const cameo_known_model *known = job->package.known;
    if (!known)
        return CM_EXIT_OK;
    fprintf(stderr, "%s: %s\nlicence: %s%s\n", known->name, known->description, known->license,
            known->commercial_use ? "" : " (commercial use needs a licence from its owner)");
    if (known->commercial_use || job->accepted)
        return CM_EXIT_OK;
    return cm_report(CM_EXIT_USAGE, "%s: repeat the command with --accept-license if you accept this licence", known->name);
}

/* What nobody allows to be used commercially is not: an unknown licence allows nothing. */
static int check_commercial_use(const pull_job *job)
{
    const cameo_known_model *known = job->package.known;
    if (!job->commercial || (known && known->commercial_use))
        return CM_EXIT_OK;
    return cm_report(CM_EXIT_USAGE, "%s: not fetched under --commercial-only: %s%s", job->package.name, known ? "its licence is " : "its licence is not known",
                     known ? known->license : "");
}

/* Names of the files; the folders are made. */
static int prepare(pull_job *job)
{
    char *home = cm_lookup_home();
    if (!home)
        return cm_report(CM_EXIT_OTHER, "neither CAMEO_HOME nor HOME says where models shall lie");
    const cameo_known_model *known = job->package.known;
    const char *ending = known && strcmp(known->role, "pack") == 0 ? ".zip" : "";
    job->downloads = cm_lookup_format("%s/downloads", home);
    job->models = cm_lookup_format("%s/models", home);
    job->file = cm_lookup_format("%s/downloads/%s%s", home, job->package.name, ending);
    job->part = cm_lookup_format("%s/downloads/%s%s.part", home, job->package.name, ending);
    free(home);
    if (!job->downloads || !job->models || !job->file || !job->part)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    int code = cm_outfile_make_folder(job->downloads);
    return code == CM_EXIT_OK ? cm_outfile_make_folder(job->models) : code;
}

/* What a file that should have been a model seems to be instead: the reader's sentence, shortened to its reason. */
static void say_what_it_is(const char *path)
{
    cameo_network *network;
    cameo_error error;
    if (cm_work_limits_open(&network, path, &error) != CAMEO_OK)
        cm_report_error(path, &error);
    cameo_network_free(network);
}

/* Compares with what was wanted. A wrong download is removed, a wrong file that somebody put here is theirs. */
static int verify(const pull_job *job, const char *path)
{
    char digest[CM_DIGEST_TEXT];
    uint64_t bytes;
    int code = cm_digest_file(path, digest, &bytes);
    if (code != CM_EXIT_OK || cm_package_matches(&job->package, digest, bytes))
        return code;
    const char *wanted = job->package.sha256[0] ? job->package.sha256 : job->package.sha256_prefix ? job->package.sha256_prefix : "another";
    if (!job->package.known || strcmp(job->package.known->role, "pack") != 0)
        say_what_it_is(path);
    if (path == job->file)
        return cm_report(CM_EXIT_INPUT, "%s: is not the published file: SHA-256 %s (%llu bytes) instead of %s; remove it, or put the right one there", path,
                         digest, (unsigned long long)bytes, wanted);
    unlink(path);
    return cm_report(CM_EXIT_INPUT, "%s: what arrived is not the published file: SHA-256 %s (%llu bytes) instead of %s; it was thrown away",
                     job->package.url, digest, (unsigned long long)bytes, wanted);
}

static int download(pull_job *job)
{
    char reason[512];
    const cm_package *package = &job->package;
    cm_progress_start(package->name, package->known ? package->known->bytes : 0, CM_PROGRESS_BYTES, 0);
    cm_fetch_outcome outcome = cm_fetch(package->url, job->part, most_bytes, reason, sizeof reason);
    cm_progress_stop();
    switch (outcome) {
    case CM_FETCH_DONE:
        break;
    case CM_FETCH_INTERRUPTED:
        return CM_EXIT_OTHER;
    case CM_FETCH_LOCAL:
        return cm_report(CM_EXIT_OTHER, "%s", reason);
    case CM_FETCH_FAILED:
        return cm_report(CM_EXIT_OTHER, "%s: cannot be fetched: %s; fetch it by hand, put it at %s and repeat the command", package->url, reason, job->file);
    }
    int code = verify(job, job->part);
    if (code == CM_EXIT_OK && rename(job->part, job->file) != 0)
        code = cm_report(CM_EXIT_OTHER, "%s: cannot be renamed: %s", job->part, strerror(errno));
    return code;
}

/* Signals are noted from here on: the download stays to be resumed, half-unpacked folders go. */
static int fetch_and_install(pull_job *job)
{
    struct stat status;
    int code = prepare(job);
    cm_interrupt_defer(1);
    if (code == CM_EXIT_OK)
        code = stat(job->file, &status) == 0 ? verify(job, job->file) : download(job);
    if (code == CM_EXIT_OK) {
        code = cm_install(&job->package, job->file, job->models, &job->place);
        if (code != CM_EXIT_OTHER)
            unlink(job->file); /* unpacked, or useless */
    }
    cm_interrupt_defer(0);
    return code;
}

static int report_place(const char *place)
{
    cm_outfile out;
    (void)cm_outfile_open(&out, NULL);
    fprintf(out.stream, "%s\n", place);
    return cm_outfile_commit(&out);
}

static int pull(pull_job *job)
{
    int code = describe(job);
    if (code == CM_EXIT_OK)
        code = check_commercial_use(job);
    if (code != CM_EXIT_OK)
        return code;
    char *here = cm_lookup_pack(job->package.name);
    if (!here)
        here = cm_lookup_file(job->package.name);
    if (here) {
        fprintf(stderr, "%s is here already\n", job->package.name);
        code = report_place(here);
    } else {
        code = check_licence(job);
        if (code == CM_EXIT_OK)
            code = fetch_and_install(job);
        if (code == CM_EXIT_OK)
            code = report_place(job->place);
    }
    free(here);
    free(job->downloads);
    free(job->models);
    free(job->file);
    free(job->part);
    free(job->place);
    return code;
}

int cm_model_pull(int argc, char **argv)
{
    pull_job job = {0};
    cm_flags flags = {
        .command = "model pull", .synopsis = "[options] NAME", .minimum = 1, .maximum = 1,
        .help = "Downloads a model or a pack of 'cameo model list' into $CAMEO_HOME/models (default ~/.cache/cameo/models), resumes where it was broken off,\n"
                "verifies its SHA-256, unpacks it, and prints where it lies. What InsightFace has downloaded already is found and not fetched again.\n"
                "Without a network: fetch the file elsewhere, put it into $CAMEO_HOME/downloads and repeat the command. Other models than the\n"
                "known ones are fetched with --url and --sha256.",
        .examples = "  cameo model pull buffalo_l --accept-license\n  cameo model pull w600k_r50 --accept-license --url https://mirror.example/model.onnx"};
    cm_flags_add(&flags, (cm_flag){.name = "accept-license", .kind = CM_FLAG_SWITCH, .target = &job.accepted, .help = "accept the licence that is shown"});
    cm_flags_add(&flags, (cm_flag){.name = "commercial-only", .kind = CM_FLAG_SWITCH, .target = &job.commercial,
        .help = "refuse what its licence does not allow to be used commercially, or whose licence is not known"});
    cm_flags_add(&flags, (cm_flag){.name = "url", .value = "URL", .kind = CM_FLAG_TEXT, .target = &job.url, .help = "fetch it from here (https, http, file)"});
    cm_flags_add(&flags, (cm_flag){.name = "sha256", .value = "HASH", .kind = CM_FLAG_TEXT, .target = &job.sha256, .help = "what its SHA-256 must be"});
    int first, code = cm_work_limits_check();
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    job.name = argv[first];
    return pull(&job);
}
