#include "digest.h"

#include <string.h>

int cm_digest_parse(const char *text, char *out)
{
    if (strlen(text) != CM_DIGEST_TEXT - 1 || strspn(text, "0123456789abcdefABCDEF") != CM_DIGEST_TEXT - 1)
        return 0;
    for (int i = 0; i < CM_DIGEST_TEXT; i++)
        out[i] = (char)(text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 'a' : text[i]);
    return 1;
}
