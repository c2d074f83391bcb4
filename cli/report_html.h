/* An evaluation as one page of HTML that needs nothing else: diagrams and pictures are in it. */
#ifndef CM_CLI_REPORT_HTML_H
#define CM_CLI_REPORT_HTML_H

#include "eval.h"

/* Writes the page. Returns an exit code (reported). */
int cm_report_html(const cm_eval *eval, const char *path);

#endif
