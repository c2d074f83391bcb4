/* What hold_avx2.c hides, from whom, and that it leaves other faults alone. */
#include "hold_avx2.c"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { SKIPPED = 77 };

static void expect(bool right, const char *what)
{
    if (!right) {
        fprintf(stderr, "wrong: %s\n", what);
        exit(1);
    }
}

static void expect_avx2(const char *whose)
{
    unsigned first[4], second[4], before[4];
    __cpuid_count(FEATURES, 0, first[0], first[1], first[2], first[3]);
    __cpuid_count(FEATURES, 1, second[0], second[1], second[2], second[3]);
    __cpuid(1, before[0], before[1], before[2], before[3]);
    expect(!(first[1] & hide_ebx) && !(first[2] & hide_ecx) && !(first[3] & hide_edx), whose);
    expect(!(second[0] & hide_eax_1) && !(second[3] & hide_edx_1), whose);
    /* What is not hidden is still there: AVX2, and FMA, which leaf 1 tells. */
    expect((first[1] & BIT(5)) && (before[2] & BIT(12)), whose);
}

static void *thread_main(void *nothing)
{
    expect_avx2("a thread's features");
    return nothing;
}

/* How a child that runs `body` ends. */
static int end_of(void (*body)(void))
{
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        body();
        _exit(0);
    }
    int status = -1;
    expect(child > 0 && waitpid(child, &status, 0) == child, "fork");
    return status;
}

static void look(void)
{
    expect_avx2("a child's features");
}

static void fault(void)
{
    static const volatile char *volatile nowhere;
    (void)*nowhere;
}

int main(void)
{
    unsigned registers[4];
    __cpuid_count(FEATURES, 0, registers[0], registers[1], registers[2], registers[3]);
    if (!(registers[1] & BIT(5)))
        return SKIPPED;
    int refused = cameo_hold_avx2();
    if (refused == ENODEV || refused == EINVAL)
        return SKIPPED;
    expect(refused == 0, "the system's answer");
    expect_avx2("the process's features");
    pthread_t thread;
    expect(pthread_create(&thread, NULL, thread_main, NULL) == 0 && pthread_join(thread, NULL) == 0, "a thread");
    expect(end_of(look) == 0, "a child");
    int status = end_of(fault);
    expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "a fault that is none of CPUID's");
    return 0;
}
