/* Hides AVX-512, AMX and what goes with them from the process that calls it, so that engines without a setting for it run as on a processor that ends at
 * AVX2: the kernel makes CPUID fault (arch_prctl(2), ARCH_SET_CPUID; the processor must be able to), and the handler of that fault answers with these
 * features left out. Holds for threads and forks that begin later, not for what was chosen before (the C library's memcpy). */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

int cameo_hold_avx2(void);

/* Intel's manual, volume 2, CPUID: leaf 7 (subleaves 0 and 1) and leaf 24h. */
enum { FEATURES = 7, AVX10 = 0x24 };
#define BIT(number) (1u << (number))
/* AVX512-: F, DQ, IFMA, PF, ER, CD, BW, VL */
static const unsigned hide_ebx = BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31);
/* AVX512-: VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ */
static const unsigned hide_ecx = BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14);
/* AVX512-: 4VNNIW, 4FMAPS, VP2INTERSECT; AMX-BF16; AVX512-FP16; AMX-TILE, AMX-INT8 */
static const unsigned hide_edx = BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25);
/* AVX-VNNI, AVX512-BF16, AMX-FP16, AVX-IFMA */
static const unsigned hide_eax_1 = BIT(4) | BIT(5) | BIT(21) | BIT(23);
/* AVX-VNNI-INT8, AVX-NE-CONVERT, AMX-COMPLEX, AVX-VNNI-INT16, AVX10 */
static const unsigned hide_edx_1 = BIT(4) | BIT(5) | BIT(8) | BIT(10) | BIT(19);

static void answer(unsigned leaf, unsigned subleaf, unsigned registers[4])
{
    __cpuid_count(leaf, subleaf, registers[0], registers[1], registers[2], registers[3]);
    if (leaf == FEATURES && subleaf == 0) {
        registers[1] &= ~hide_ebx;
        registers[2] &= ~hide_ecx;
        registers[3] &= ~hide_edx;
    } else if (leaf == FEATURES && subleaf == 1) {
        registers[0] &= ~hide_eax_1;
        registers[3] &= ~hide_edx_1;
    } else if (leaf == AVX10) {
        registers[0] = registers[1] = registers[2] = registers[3] = 0;
    }
}

static long let_cpuid(int allowed)
{
    return syscall(SYS_arch_prctl, ARCH_SET_CPUID, allowed);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)info;
    int before = errno;
    greg_t *saved = ((ucontext_t *)context)->uc_mcontext.gregs;
    /* CPUID faults like any forbidden instruction, with no address; whatever else faults does so again, with nobody to catch it. */
    const unsigned char *instruction = (const unsigned char *)saved[REG_RIP];
    if (info->si_code != SI_KERNEL || instruction[0] != 0x0f || instruction[1] != 0xa2) {
        signal(number, SIG_DFL);
        return;
    }
    unsigned registers[4];
    let_cpuid(1);
    answer((unsigned)saved[REG_RAX], (unsigned)saved[REG_RCX], registers);
    let_cpuid(0);
    saved[REG_RAX] = registers[0];
    saved[REG_RBX] = registers[1];
    saved[REG_RCX] = registers[2];
    saved[REG_RDX] = registers[3];
    saved[REG_RIP] += 2;
    errno = before;
}

/* 0, or the errno of what the system refused. */
int cameo_hold_avx2(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGSEGV, &action, NULL) != 0 || let_cpuid(0) != 0)
        return errno;
    return 0;
}
