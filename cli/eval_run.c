#include <stdlib.h>
#include <string.h>

#include "eval.h"
#include "lookup.h"
#include "report.h"

/* `wish`, else a folder of CAMEO_HOME unless CAMEO_CACHE=off. *folder: to be freed; NULL: nowhere. */
static int find_cache_folder(const char *wish, char **folder)
{
    const char *off = getenv("CAMEO_CACHE");
    *folder = NULL;
    if (!wish && off && strcmp(off, "off") == 0)
        return CM_EXIT_OK;
    char *home = wish ? NULL : cm_lookup_home();
    if (wish || home)
        *folder = wish ? strdup(wish) : cm_lookup_format("%s/embeddings", home);
    int failed = (wish || home) && !*folder;
    free(home);
    return failed ? cm_report(CM_EXIT_OTHER, "out of memory") : CM_EXIT_OK;
}

int cm_eval_start(cm_eval *eval, const cm_settings *settings, const char *cache, int no_cache)
{
    eval->settings = settings;
    eval->work = (cm_eval_work){.settings = settings};
    return no_cache ? CM_EXIT_OK : find_cache_folder(cache, &eval->work.cache_folder);
}

int cm_eval_run(cm_eval *eval)
{
    cm_eval_set *set = &eval->set;
    eval->threads = cm_settings_threads(eval->settings);
    int code = cm_identity_find(&eval->identity, eval->settings, !set->aligned && !set->landmarks), embedded = CM_EXIT_OK;
    if (code == CM_EXIT_OK)
        embedded = cm_eval_embed(set, &eval->work, &eval->identity);
    if (code == CM_EXIT_OK && embedded <= CM_EXIT_INPUT)
        code = cm_scores_make(&eval->scores, set, eval->threads);
    if (code == CM_EXIT_OK && embedded <= CM_EXIT_INPUT && set->form != CM_EVAL_FOLDERS && set->form != CM_EVAL_TEMPLATES)
        code = cm_folds_of_set(set, &eval->folds);
    return cm_report_worse(code, embedded);
}

void cm_eval_free(cm_eval *eval)
{
    cm_identity_free(&eval->identity);
    cm_eval_set_free(&eval->set);
    cm_scores_free(&eval->scores);
    free(eval->work.cache_folder);
}

const char *cm_eval_form_name(cm_eval_form form)
{
    static const char *const names[] = {[CM_EVAL_LIST] = "a list of pairs", [CM_EVAL_BIN] = "a verification pickle",
                                        [CM_EVAL_FOLDERS] = "a folder for each person, all pairs", [CM_EVAL_TEMPLATES] = "pairs of templates"};
    return names[form];
}

size_t cm_eval_left_out(const cm_eval *eval, cm_left_out rows[CM_EVAL_LEFT_OUT])
{
    const cm_eval_set *set = &eval->set;
    size_t count = 0;
    rows[count++] = (cm_left_out){set->over_limit, "over_limit", "beyond the limit of --pictures"};
    rows[count++] = (cm_left_out){set->without_person, "without_person", "in no person's folder"};
    rows[count++] = (cm_left_out){cm_eval_set_count(set, CM_PICTURE_UNREADABLE), "unreadable", "not readable, or not there"};
    rows[count++] = (cm_left_out){cm_eval_set_count(set, CM_PICTURE_WITHOUT_FACE), "without_face", "without a face that was found"};
    rows[count++] = (cm_left_out){cm_eval_set_count(set, CM_PICTURE_REPEATED), "repeated", "the same file again, for the same person"};
    rows[count++] = (cm_left_out){cm_eval_set_count(set, CM_PICTURE_TWO_NAMES), "two_names", "the same file under two people's names"};
    return count;
}
