/* Which of many pictures of people are worth looking at. */
#ifndef CM_CLI_SAMPLING_H
#define CM_CLI_SAMPLING_H

#include "inputs.h"

/* Lists the pictures of a folder that holds a folder for each person; the caller closes the list. Returns an exit code (reported; then nothing is open). */
int cm_sampling_open(cm_inputs *inputs, const char *folder);

/* Of pictures found in one folder, keeps at most `limit` of those that lie in a person's folder below it: two of each person that has two (where these are
 * too many, of people evenly spread over the list), then a third of each, and so on, people with one picture last: what says most about a model are many
 * people with a pair each. *without_person: how many lie in nobody's folder. Returns an exit code (reported). */
int cm_sampling_choose(cm_inputs *inputs, size_t limit, size_t *without_person);

#endif
