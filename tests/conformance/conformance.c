/* The official ONNX backend tests (onnx/backend/test/data) of every operator that cameo claims.
 *
 *   conformance FOLDER...     each FOLDER holds test_NAME/model.onnx and its data, test_data_set_N/{input,output}_M.pb
 *
 * Every test ends in one of four ways: passed, failed, not claimed (an operator of it is not in cameo_supported_operators), or not run, for one
 * of the few reasons at the top of node_case.c (types that cameo does not compute in). A float input is fed at run time, and the test is run
 * again with all inputs as initializers; inputs of other types, and what is a weight or a parameter in every network, are fed as initializers
 * only. The last line counts. */
#include "node_case.h"

#include <dirent.h>

typedef struct line {
    char name[256];
    node_result result;
} line;

typedef struct tally {
    line *lines;
    int count, capacity;
} tally;

static void add_line(tally *all, const char *name, const node_result *result)
{
    if (all->count == all->capacity) {
        all->capacity = 2 * all->capacity + 256;
        all->lines = realloc(all->lines, (size_t)all->capacity * sizeof *all->lines);
        if (!all->lines)
            abort();
    }
    line *added = &all->lines[all->count++];
    snprintf(added->name, sizeof added->name, "%s", name);
    added->result = *result;
}

static int is_test(const struct dirent *entry)
{
    return strncmp(entry->d_name, "test_", 5) == 0;
}

static void run_folder(tally *all, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_test, alphasort);
    for (int i = 0; i < count; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        node_result result = node_case_run(path);
        add_line(all, entries[i]->d_name, &result);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

/* By what the lines of a heading are told apart: the operator, or the reason. */
static const char *line_key(const line *l)
{
    return l->result.verdict == NODE_PASSED || l->result.verdict == NODE_FAILED ? l->result.operators : l->result.why;
}

static int compare_lines(const void *a, const void *b)
{
    const line *x = a, *y = b;
    if (x->result.verdict != y->result.verdict)
        return x->result.verdict < y->result.verdict ? -1 : 1;
    int order = strcmp(line_key(x), line_key(y));
    return order ? order : strcmp(x->name, y->name);
}

/* One line for each operator (or reason): its tests' names without "test_". */
static void print_names(const tally *all, node_verdict verdict, const char *heading)
{
    const char *key = NULL;
    for (int i = 0; i < all->count; i++) {
        const line *l = &all->lines[i];
        if (l->result.verdict != verdict)
            continue;
        if (!key)
            printf("\n%s\n", heading);
        if (!key || strcmp(key, line_key(l)) != 0)
            printf("%s  %s:", key ? "\n" : "", line_key(l));
        key = line_key(l);
        printf(" %s", l->name + strlen("test_"));
        if (verdict == NODE_FAILED)
            printf(" (%s)\n   ", l->result.why);
        else if (verdict == NODE_PASSED && l->result.fed[0])
            printf(" (fed as initializer: %s)", l->result.fed);
    }
    if (key)
        putchar('\n');
}

static int count_of(const tally *all, node_verdict verdict)
{
    int count = 0;
    for (int i = 0; i < all->count; i++)
        count += all->lines[i].result.verdict == verdict;
    return count;
}

int main(int argc, char **argv)
{
    tally all = {0};
    for (int i = 1; i < argc; i++)
        run_folder(&all, argv[i]);
    if (all.count == 0) {
        printf("SKIP conformance: no tests found in %d folders\n", argc - 1);
        return 77;
    }
    qsort(all.lines, (size_t)all.count, sizeof *all.lines, compare_lines);
    print_names(&all, NODE_NOT_CLAIMED, "Not claimed, by operator");
    print_names(&all, NODE_NOT_RUN, "Not run, by reason");
    print_names(&all, NODE_PASSED, "Passed, by operator");
    print_names(&all, NODE_FAILED, "Failed, by operator");
    int passed = count_of(&all, NODE_PASSED), failed = count_of(&all, NODE_FAILED);
    printf("\n%d passed, %d failed, %d not run (reasons above), %d not claimed\n", passed, failed, count_of(&all, NODE_NOT_RUN),
           count_of(&all, NODE_NOT_CLAIMED));
    free(all.lines);
    return failed > 0 || passed == 0;
}
