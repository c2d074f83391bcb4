#include "report_html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "contact_sheet.h"
#include "eval_plots.h"
#include "json_text.h"
#include "outfile.h"
#include "pixels_text.h"
#include "plot_svg.h"
#include "report.h"

enum { WORST = 12, SHOWN_TWICE = 2 };

static const char style[] =
    "body{font:15px/1.5 system-ui,-apple-system,sans-serif;color:#1f2328;background:#fff;max-width:1080px;margin:2rem auto;padding:0 1.2rem}"
    "h1{font-size:1.7rem;margin:0 0 .3rem}h2{font-size:1.2rem;margin:2.2rem 0 .6rem;border-bottom:1px solid #d0d7de;padding-bottom:.3rem}"
    "p{margin:.5rem 0;max-width:52rem}.faint{color:#57606a}table{border-collapse:collapse;margin:.6rem 0}th,td{padding:.35rem .9rem .35rem 0;text-align:left;"
    "border-bottom:1px solid #d8dee4;vertical-align:top}th{font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".cards{display:flex;flex-wrap:wrap;gap:.8rem;margin:1rem 0}.card{border:1px solid #d0d7de;border-radius:8px;padding:.6rem 1rem;min-width:9rem}"
    ".card b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));"
    "gap:1rem}.plot{width:100%;height:auto;border:1px solid #d0d7de;border-radius:8px;background:#fff}.pairs{display:flex;flex-wrap:wrap;gap:1rem}"
    "figure{margin:0;width:224px}.pair{width:224px;height:112px;border-radius:6px}figcaption{font-size:12px;color:#57606a;overflow-wrap:anywhere;"
    "line-height:1.35;margin-top:.2rem}figcaption b{color:#1f2328}code{font-size:.9em;overflow-wrap:anywhere}";

/* Text from outside: bytes that are no UTF-8 and control characters are replaced, what means something in HTML is escaped. */
static void put_text(FILE *stream, const char *text)
{
    json_t *clean = cm_json_text(text);
    for (const char *p = json_string_value(clean); *p; p++)
        switch (*p) {
        case '&':
            fputs("&amp;", stream);
            break;
        case '<':
            fputs("&lt;", stream);
            break;
        case '>':
            fputs("&gt;", stream);
            break;
        case '"':
            fputs("&quot;", stream);
            break;
        default:
            putc((unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p, stream);
        }
    json_decref(clean);
}

/* "2,615,474"; text: [32] */
static const char *grouped(unsigned long long number, char text[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", number), used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

static void put_row(FILE *stream, const char *name, const char *text)
{
    fprintf(stream, "<tr><th>%s</th><td>", name);
    put_text(stream, text);
    fputs("</td></tr>\n", stream);
}

static void put_card(FILE *stream, const char *name, double percent, const char *remark)
{
    fprintf(stream, "<div class=\"card\">%s<b>%.2f&nbsp;%%</b><span class=\"faint\">%s</span></div>\n", name, percent, remark);
}

static void put_interval_card(FILE *stream, const char *name, const cm_interval *interval)
{
    char remark[64] = "";
    if (!isnan(interval->low))
        snprintf(remark, sizeof remark, "%.2f to %.2f", 100 * interval->low, 100 * interval->high);
    put_card(stream, name, 100 * interval->value, remark);
}

static void put_cards(const cm_eval *eval, FILE *stream)
{
    char remark[64];
    fputs("<div class=\"cards\">\n", stream);
    if (eval->folds.folds) {
        snprintf(remark, sizeof remark, "&plusmn; %.2f over %d folds", 100 * eval->folds.accuracy_deviation, eval->folds.folds);
        put_card(stream, "accuracy", 100 * eval->folds.accuracy, remark);
    }
    put_interval_card(stream, "equal error rate", &eval->measures.eer);
    for (int i = 0; i < eval->measures.point_count; i++) {
        const cm_eval_point *point = &eval->measures.points[i];
        char name[48];
        if (!point->resolvable || i < 2)
            continue;
        snprintf(name, sizeof name, "TAR at FAR %g", point->far);
        put_interval_card(stream, name, &point->tar);
    }
    put_interval_card(stream, "area under the curve", &eval->measures.auc);
    fputs("</div>\n", stream);
}

static void put_cell(FILE *stream, const cm_interval *interval, double factor, int digits)
{
    fprintf(stream, "<td class=\"n\">%.*f", digits, factor * interval->value);
    if (!isnan(interval->low))
        fprintf(stream, " <span class=\"faint\">(%.*f&ndash;%.*f)</span>", digits, factor * interval->low, digits, factor * interval->high);
    fputs("</td>", stream);
}

static void put_points(const cm_eval *eval, FILE *stream)
{
    fputs("<h2>Which threshold?</h2>\n<p>A pair is taken for one person where its cosine reaches the threshold. Choose the row whose false accepts you can "
          "bear: the threshold is beside it, and what it costs in people who are not recognised. In brackets: the interval that holds the true value in "
          "95 of 100 cases.</p>\n"
          "<table><tr><th>false accepts</th><th class=\"n\">threshold</th><th class=\"n\">true accepts %</th><th class=\"n\">false rejects %</th>"
          "<th class=\"n\">pairs that passed</th></tr>\n", stream);
    for (int i = 0; i < eval->measures.point_count; i++) {
        const cm_eval_point *point = &eval->measures.points[i];
        char number[32], there[32];
        fprintf(stream, "<tr><td>1 in %s <span class=\"faint\">(%g)</span></td>", grouped((unsigned long long)(1 / point->far + 0.5), number), point->far);
        if (!point->resolvable) {
            fprintf(stream, "<td colspan=\"4\" class=\"faint\">not resolvable: that needs %s pairs of different people, there are %s</td></tr>\n",
                    grouped((unsigned long long)(CM_RATES_LEAST / point->far + 0.5), number), grouped(eval->scores.impostor.total, there));
            continue;
        }
        cm_interval misses = {1 - point->tar.value, 1 - point->tar.high, 1 - point->tar.low};
        put_cell(stream, &point->threshold, 1, 4);
        put_cell(stream, &point->tar, 100, 2);
        put_cell(stream, &misses, 100, 2);
        fprintf(stream, "<td class=\"n\">%s</td></tr>\n", grouped(point->accepted, number));
    }
    fputs("</table>\n", stream);
}

static void put_plots(const cm_eval *eval, FILE *stream)
{
    fputs("<h2>Curves</h2>\n<div class=\"plots\">\n", stream);
    cm_eval_plot_scores(eval, stream, 0);
    cm_eval_plot_roc(eval, stream, 0);
    cm_eval_plot_det(eval, stream, 0);
    fputs("</div>\n", stream);
}

/* The folder and the file's name; the rest is the same for all. */
static const char *short_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = path;
    for (const char *p = path; slash && p < slash; p++)
        if (*p == '/')
            name = p + 1;
    return name;
}

static void put_entry(const cm_eval_set *set, uint32_t entry, FILE *stream)
{
    const cm_eval_picture *picture = cm_sheet_picture(set, entry);
    if (set->form == CM_EVAL_TEMPLATES)
        fprintf(stream, "template %lu: ", (unsigned long)entry);
    put_text(stream, picture ? short_name(picture->path) : "no picture");
}

static void put_pairs(const cm_eval *eval, const cm_scored *pairs, size_t count, const char *sheet, const char *class, FILE *stream)
{
    fprintf(stream, "<style>.%s{background-image:url(data:image/jpeg;base64,%s)}</style>\n<div class=\"pairs\">\n", class, sheet);
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, "<figure><div class=\"pair %s\" style=\"background-position:0 -%zupx\"></div><figcaption><b>%.4f</b><br>", class, i * CM_SHEET_FACE,
                (double)pairs[i].score);
        put_entry(&eval->set, pairs[i].a, stream);
        fputs("<br>", stream);
        put_entry(&eval->set, pairs[i].b, stream);
        fputs("</figcaption></figure>\n", stream);
    }
    fputs("</div>\n", stream);
}

/* The first WORST pairs in which no entry is shown more than twice: one wrong label would fill the page otherwise. Returns how many there are. */
static size_t choose_worst(const cm_kept_scores *kept, cm_scored worst[WORST])
{
    size_t count = 0;
    for (size_t i = 0; i < kept->count && count < WORST; i++) {
        const cm_scored *pair = &kept->pairs[i];
        int seen_a = 0, seen_b = 0;
        for (size_t k = 0; k < count; k++) {
            seen_a += worst[k].a == pair->a || worst[k].b == pair->a;
            seen_b += worst[k].a == pair->b || worst[k].b == pair->b;
        }
        if (seen_a < SHOWN_TWICE && seen_b < SHOWN_TWICE)
            worst[count++] = *pair;
    }
    return count;
}

static int put_worst(const cm_eval *eval, const char *path, FILE *stream)
{
    cm_scored impostor[WORST], genuine[WORST];
    size_t accepts = choose_worst(&eval->scores.highest_impostor, impostor), rejects = choose_worst(&eval->scores.lowest_genuine, genuine);
    char *accept_sheet, *reject_sheet = NULL;
    int code = cm_sheet_encode(eval, impostor, accepts, path, &accept_sheet);
    if (code == CM_EXIT_OK)
        code = cm_sheet_encode(eval, genuine, rejects, path, &reject_sheet);
    if (code == CM_EXIT_OK) {
        fputs("<h2>Different people, nearest to each other</h2>\n"
              "<p>The pairs of different people with the highest cosines, as the network saw them, each picture at "
              "most twice. Look at them: where the same person stands under two names, the label is wrong, not the model.</p>\n", stream);
        put_pairs(eval, impostor, accepts, accept_sheet, "near", stream);
        fputs("<h2>One person, furthest from themselves</h2>\n<p>The pairs of one person with the lowest cosines: poor pictures, a wrong face of several, or a "
              "wrong label.</p>\n", stream);
        put_pairs(eval, genuine, rejects, reject_sheet, "far", stream);
    }
    free(accept_sheet);
    free(reject_sheet);
    return code;
}

static void put_left_out(const cm_eval *eval, FILE *stream)
{
    cm_left_out rows[CM_EVAL_LEFT_OUT];
    char pictures[32], same[32], different[32];
    size_t count = cm_eval_left_out(eval, rows), any = 0, self = cm_eval_set_self_pairs(&eval->set), odd = cm_eval_set_odd_names(&eval->set);
    fputs("<h2>What was measured</h2>\n<table>\n", stream);
    put_row(stream, "set", eval->source);
    put_row(stream, "form", cm_eval_form_name(eval->set.form));
    fprintf(stream, "<tr><th>pictures</th><td>%s with a face</td></tr>\n<tr><th>pairs</th><td>%s of one person, cosines %.4f &plusmn; %.4f<br>"
            "%s of different people, cosines %.4f &plusmn; %.4f</td></tr>\n", grouped(cm_eval_set_count(&eval->set, CM_PICTURE_EMBEDDED), pictures),
            grouped(eval->scores.genuine.total, same), eval->scores.genuine.mean, eval->scores.genuine.deviation,
            grouped(eval->scores.impostor.total, different), eval->scores.impostor.mean, eval->scores.impostor.deviation);
    fputs("<tr><th>left out</th><td>", stream);
    for (size_t i = 0; i < count; i++)
        if (rows[i].count > 0)
            fprintf(stream, "%s%zu %s", any++ ? "<br>" : "", rows[i].count, rows[i].why);
    if (eval->scores.lost_pairs > 0)
        fprintf(stream, "%s%zu pairs, for want of these", any++ ? "<br>" : "", eval->scores.lost_pairs);
    fputs(any ? "</td></tr>\n" : "nothing</td></tr>\n", stream);
    if (self > 0)
        fprintf(stream, "<tr><th>equal files</th><td>%zu pairs compare a file with itself; they count, since the list names them</td></tr>\n", self);
    if (odd > 0)
        fprintf(stream, "<tr><th>names</th><td>%zu hold control characters or no UTF-8; they are shown with those replaced</td></tr>\n", odd);
}

static void put_model(const cm_eval *eval, FILE *stream)
{
    const cm_identity *identity = &eval->identity;
    const cameo_contract *contract = &identity->contract;
    char text[256], pixels[160];
    cm_pixels_text(contract, pixels, sizeof pixels);
    put_row(stream, "model", identity->model);
    put_row(stream, "SHA-256", identity->model_digest);
    snprintf(text, sizeof text, "%s, %dx%d, %s, %d numbers, %s%s", contract->family, contract->width, contract->height, pixels, contract->dimension,
             cm_settings_precision_name(identity->precision), identity->mirror ? ", the mirrored face's embedding added" : "");
    put_row(stream, "fed with", text);
    put_row(stream, "detector", identity->detector ? identity->detector : "none: the faces were cut out already");
    snprintf(text, sizeof text, "bootstrap, %d drawings of %s", eval->measures.replicates,
             eval->set.form == CM_EVAL_FOLDERS ? "the people" : "the pairs");
    put_row(stream, "intervals", text);
    fprintf(stream, "<tr><th>by</th><td>cameo %s</td></tr>\n</table>\n", cameo_version());
}

static void put_head(const cm_eval *eval, FILE *stream)
{
    fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>", stream);
    put_text(stream, short_name(eval->identity.model));
    fprintf(stream, "</title><style>%s%s</style></head><body>\n<h1>How well it tells people apart</h1>\n<p class=\"faint\">", style, cm_plot_style);
    put_text(stream, short_name(eval->identity.model));
    fputs(" on ", stream);
    put_text(stream, eval->source);
    fputs("</p>\n", stream);
}

int cm_report_html(const cm_eval *eval, const char *path)
{
    cm_outfile out;
    int code = cm_outfile_open(&out, path);
    if (code != CM_EXIT_OK)
        return code;
    put_head(eval, out.stream);
    put_cards(eval, out.stream);
    put_points(eval, out.stream);
    put_plots(eval, out.stream);
    code = put_worst(eval, path, out.stream);
    put_left_out(eval, out.stream);
    put_model(eval, out.stream);
    fputs("</body></html>\n", out.stream);
    return cm_outfile_finish(&out, code);
}
