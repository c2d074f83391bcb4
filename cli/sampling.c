#include "sampling.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report.h"

int cm_sampling_open(cm_inputs *inputs, const char *folder)
{
    const cm_inputs_form form = {0};
    struct stat status;
    char *const arguments[] = {(char *)folder};
    if (stat(folder, &status) != 0)
        return cm_report(CM_EXIT_INPUT, "%s: %s", folder, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return cm_report(CM_EXIT_INPUT, "%s: is no folder; wanted is one that holds a folder of pictures for each person", folder);
    return cm_inputs_open(inputs, &form, arguments, 1);
}

/* Pictures that follow one another in the list. */
typedef struct group {
    size_t first, count, taken;
} group;

/* The length of the name of the folder that it lies in, directly below the folder that was searched; 0: in none. */
static size_t folder_length(const cm_input *input)
{
    const char *name = input->path + input->relative, *slash = strchr(name, '/');
    return slash ? (size_t)(slash - name) : 0;
}

static int same_folder(const cm_input *a, const cm_input *b)
{
    size_t length = folder_length(a);
    return length == folder_length(b) && memcmp(a->path + a->relative, b->path + b->relative, length) == 0;
}

/* The list is in the order of the folders. Returns the number of people. */
static size_t find_people(const cm_inputs *inputs, group *people, size_t *without_person)
{
    size_t count = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        if (folder_length(&inputs->list[i]) == 0)
            ++*without_person;
        else if (count > 0 && same_folder(&inputs->list[people[count - 1].first], &inputs->list[i]))
            people[count - 1].count++;
        else
            people[count++] = (group){.first = i, .count = 1};
    }
    return count;
}

/* `wanted` of those with two pictures or more take two. */
static void spread(group *people, size_t count, size_t with_pairs, size_t wanted)
{
    size_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        if (people[i].count < 2)
            continue;
        if ((seen + 1) * wanted / with_pairs > seen * wanted / with_pairs)
            people[i].taken = 2;
        seen++;
    }
}

/* One more picture of each person who has more than `least` pictures, while there is room. Returns what room is left. */
static size_t take_round(group *people, size_t count, size_t least, size_t room)
{
    for (size_t i = 0; i < count && room > 0; i++)
        if (people[i].count >= least && people[i].taken < people[i].count) {
            people[i].taken++;
            room--;
        }
    return room;
}

static void share_out(group *people, size_t count, size_t limit)
{
    size_t with_pairs = 0, room = limit, before = limit + 1;
    for (size_t i = 0; i < count; i++)
        with_pairs += people[i].count >= 2;
    if (with_pairs > limit / 2) {
        spread(people, count, with_pairs, limit / 2);
        return;
    }
    while (room > 0 && room < before) {
        before = room;
        room = take_round(people, count, 2, room);
    }
    (void)take_round(people, count, 1, room);
}

int cm_sampling_choose(cm_inputs *inputs, size_t limit, size_t *without_person)
{
    group *people = calloc(inputs->count + 1, sizeof *people);
    unsigned char *keep = calloc(inputs->count + 1, 1);
    int code = people && keep ? CM_EXIT_OK : cm_report(CM_EXIT_OTHER, "out of memory");
    if (code == CM_EXIT_OK) {
        size_t count = find_people(inputs, people, without_person);
        share_out(people, count, limit);
        for (size_t i = 0; i < count; i++)
            memset(keep + people[i].first, 1, people[i].taken);
        cm_inputs_keep(inputs, keep);
    }
    free(people);
    free(keep);
    return code;
}
