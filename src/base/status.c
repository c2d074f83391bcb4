#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *cameo_status_text(cameo_status status)
{
    switch (status) {
#define STATUS_CASE(name, value, text) \
    case name:                         \
        return text;
        CAMEO_STATUS_LIST(STATUS_CASE)
#undef STATUS_CASE
    }
    return "unknown status";
}

static void replace_control_characters(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++)
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
}

cameo_status cm_fail(cameo_error *error, cameo_status status, const char *format, ...)
{
    if (!error)
        return status;
    error->status = status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    replace_control_characters(error->message);
    return status;
}

cameo_status cm_fail_prefix(cameo_error *error, cameo_status status, const char *format, ...)
{
    if (!error)
        return status;
    char old[sizeof error->message];
    memcpy(old, error->message, sizeof old);
    old[sizeof old - 1] = '\0';
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    if (length < 0)
        length = 0;
    size_t used = (size_t)length < sizeof error->message ? (size_t)length : sizeof error->message - 1;
    snprintf(error->message + used, sizeof error->message - used, ": %s", old);
    replace_control_characters(error->message);
    return error->status;
}

cameo_status cm_fail_suffix(cameo_error *error, cameo_status status, const char *text)
{
    if (error) {
        size_t used = strnlen(error->message, sizeof error->message - 1);
        snprintf(error->message + used, sizeof error->message - used, "%s", text);
    }
    return status;
}
