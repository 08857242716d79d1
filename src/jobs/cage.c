/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The order matters: an own root folder needs the rights a new user namespace gives, Landlock and
 * seccomp need no_new_privs, and seccomp comes last because it forbids all that went before.
 */
#include "jobs/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

enum { NOBODY = 65534, DEFAULT_MAX_FDS = 64, CPU_GRACE_SECONDS = 2 };

/* --- rlimits -------------------------------------------------------------------------------- */

static bool limit(int what, uint64_t soft, uint64_t hard)
{
    struct rlimit old;
    if (getrlimit((__rlimit_resource_t)what, &old) != 0)
        return false;
    if (hard > old.rlim_max) /* never more than what was granted to us */
        hard = old.rlim_max;
    if (soft > hard)
        soft = hard;
    return setrlimit((__rlimit_resource_t)what, &(struct rlimit){soft, hard}) == 0;
}

static bool enter_limits(const struct cage_limits *l)
{
    uint64_t fds = (uint64_t)(l->max_fds > 0 ? l->max_fds : DEFAULT_MAX_FDS);
    uint64_t cpu = (uint64_t)l->cpu_seconds;

    signal(SIGXFSZ, SIG_IGN); /* so that too large a file is an error and not a death */
    return limit(RLIMIT_CORE, 0, 0) && limit(RLIMIT_MEMLOCK, 0, 0) &&
           limit(RLIMIT_NOFILE, fds, fds) && limit(RLIMIT_FSIZE, l->file_bytes, l->file_bytes) &&
           (cpu == 0 || limit(RLIMIT_CPU, cpu, cpu + CPU_GRACE_SECONDS)) &&
           (l->memory_bytes == 0 || SANITIZED ||
            limit(RLIMIT_AS, l->memory_bytes, l->memory_bytes));
}

/* --- Who we are and what we see --------------------------------------------------------------- */

static bool drop_root(void)
{
    if (geteuid() != 0)
        return true;
    return setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
           setresuid(NOBODY, NOBODY, NOBODY) == 0;
}

/* A new user namespace comes with all capabilities inside it: they serve to enter an empty root
 * folder, that of our own descriptors' descriptions, which leads nowhere. */
static bool enter_namespaces(void)
{
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* dropping root took our own /proc/self away */
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) != 0)
        return false;
    return chroot("/proc/self/fdinfo") == 0 && chdir("/") == 0;
}

/* Those of the namespace, and those of a root who could not become nobody. */
static bool drop_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    return syscall(SYS_capset, &head, none) == 0;
}

/* --- Landlock ----------------------------------------------------------------------------------
 * Headers of Debian 12 know ABI 2 only, so the struct and the masks of later ones are spelled out
 * here (linux/landlock.h of Linux 6.12). A ruleset without rules allows nothing that it handles. */

struct landlock_handled {
    uint64_t fs, net, scoped;
};

static const struct {
    int abi;
    uint64_t fs;
    uint64_t net;    /* bind, connect TCP */
    uint64_t scoped; /* abstract UNIX sockets, signals */
    size_t size;     /* of the struct as that ABI knows it */
} landlock_abis[] = {
    {6, 0xffff, 3, 3, 24}, {5, 0xffff, 3, 0, 16}, {4, 0x7fff, 3, 0, 16},
    {3, 0x7fff, 0, 0, 8},  {2, 0x3fff, 0, 0, 8},  {1, 0x1fff, 0, 0, 8},
};

/* The ABI that is in force now, 0 without Landlock. */
static int enter_landlock(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u /* ask for the version */);
    for (size_t i = 0; i < sizeof landlock_abis / sizeof *landlock_abis; i++) {
        if (abi < landlock_abis[i].abi)
            continue;
        struct landlock_handled h = {landlock_abis[i].fs, landlock_abis[i].net,
                                     landlock_abis[i].scoped};
        int fd = (int)syscall(SYS_landlock_create_ruleset, &h, landlock_abis[i].size, 0u);
        if (fd < 0)
            return 0;
        long rc = syscall(SYS_landlock_restrict_self, fd, 0u);
        close(fd);
        return rc == 0 ? (int)abi : 0;
    }
    return 0;
}

/* --- seccomp ------------------------------------------------------------------------------------
 * What is in no list kills the process with SIGSYS. Names a machine's kernel lacks (open on arm64)
 * are passed over. */

/* clang-format off */
static const char *const allowed[] = {
    /* descriptors we hold */
    "read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev", "lseek",
    "fstat", "close", "dup", "fsync", "fdatasync", "ftruncate", "fallocate", "fadvise64", "poll",
    "ppoll",
    /* memory */
    "munmap", "mremap", "madvise", "brk",
    /* threads */
    "futex", "set_robust_list", "get_robust_list", "rseq", "sched_getaffinity", "sched_yield",
    "sched_getparam", "sched_getscheduler", "getpriority", "getcpu", "membarrier",
    "restart_syscall", "exit", "exit_group",
    /* signals to ourselves */
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack",
    /* who, when, how much */
    "getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "clock_gettime",
    "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "getrandom",
    "getrusage", "getrlimit", "times", "sysinfo", "uname",
};

/* Asked for by libraries out of habit; they live with a no. */
static const struct {
    const char *name;
    int errnum;
} refused[] = {
    {"open", EACCES},       {"openat", EACCES},           {"openat2", ENOSYS},
    {"access", EACCES},     {"faccessat", EACCES},        {"faccessat2", EACCES},
    {"readlink", EACCES},   {"readlinkat", EACCES},       {"stat", EACCES},
    {"lstat", EACCES},      {"statx", ENOSYS},            {"getcwd", EACCES},
    {"ioctl", EACCES},      {"sched_setaffinity", EPERM}, {"sched_setscheduler", EPERM},
    {"setpriority", EPERM}, {"get_mempolicy", EPERM},     {"set_mempolicy", ENOSYS},
    {"mbind", ENOSYS},      {"fork", EPERM},              {"vfork", EPERM},
    {"clone3", ENOSYS}, /* its flags lie in memory, unseen by a filter; glibc then calls clone */
};

/* Allowed for some arguments only. */
static const struct {
    const char *name;
    uint32_t action;
    struct scmp_arg_cmp arg; /* number, comparison, two values */
} checked[] = {
    /* no memory that can be run: an intruder cannot bring code along */
    {"mmap",       SCMP_ACT_ALLOW,         {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {"mmap",       SCMP_ACT_ERRNO(EACCES), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC}},
    {"mprotect",   SCMP_ACT_ALLOW,         {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {"mprotect",   SCMP_ACT_ERRNO(EACCES), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC}},
    /* threads, not processes */
    {"clone",      SCMP_ACT_ALLOW,         {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD}},
    {"clone",      SCMP_ACT_ERRNO(EPERM),  {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0}},
    /* glibc's fstat() is newfstatat(fd, "", .., AT_EMPTY_PATH) */
    {"newfstatat", SCMP_ACT_ALLOW,         {3, SCMP_CMP_EQ, AT_EMPTY_PATH, 0}},
    {"newfstatat", SCMP_ACT_ERRNO(EACCES), {3, SCMP_CMP_NE, AT_EMPTY_PATH, 0}},
    {"prctl",      SCMP_ACT_ALLOW,         {0, SCMP_CMP_EQ, PR_SET_NAME, 0}},
    {"prctl",      SCMP_ACT_ERRNO(EPERM),  {0, SCMP_CMP_NE, PR_SET_NAME, 0}},
    {"fcntl",      SCMP_ACT_ALLOW,         {1, SCMP_CMP_EQ, F_GETFL, 0}},
    {"fcntl",      SCMP_ACT_ERRNO(EPERM),  {1, SCMP_CMP_NE, F_GETFL, 0}},
    /* limits may be read, not set */
    {"prlimit64",  SCMP_ACT_ALLOW,         {2, SCMP_CMP_EQ, 0, 0}},
    {"prlimit64",  SCMP_ACT_ERRNO(EPERM),  {2, SCMP_CMP_NE, 0, 0}},
};
/* clang-format on */

/* 0, or -errno as libseccomp returns it. */
static int add(scmp_filter_ctx f, uint32_t action, const char *name, const struct scmp_arg_cmp *arg)
{
    int nr = seccomp_syscall_resolve_name(name);
    return nr < 0 ? 0 : seccomp_rule_add_array(f, action, nr, arg ? 1 : 0, arg);
}

static int add_lists(scmp_filter_ctx f)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof allowed / sizeof *allowed; i++)
        rc = add(f, SCMP_ACT_ALLOW, allowed[i], NULL);
    for (size_t i = 0; rc == 0 && i < sizeof refused / sizeof *refused; i++)
        rc = add(f, SCMP_ACT_ERRNO((uint16_t)refused[i].errnum), refused[i].name, NULL);
    for (size_t i = 0; rc == 0 && i < sizeof checked / sizeof *checked; i++)
        rc = add(f, checked[i].action, checked[i].name, &checked[i].arg);
    return rc;
}

/* Rules with values that are known only now. */
static int add_own(scmp_filter_ctx f, int socket_fd)
{
    const struct scmp_arg_cmp self = {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0};
    const struct scmp_arg_cmp other = {0, SCMP_CMP_NE, (scmp_datum_t)getpid(), 0};
    int rc = add(f, SCMP_ACT_ALLOW, "tgkill", &self); /* abort() */
    if (rc == 0)
        rc = add(f, SCMP_ACT_ERRNO(EPERM), "tgkill", &other);
    if (socket_fd < 0)
        return rc;
    const struct scmp_arg_cmp broker = {0, SCMP_CMP_EQ, (scmp_datum_t)socket_fd, 0};
    if (rc == 0)
        rc = add(f, SCMP_ACT_ALLOW, "sendmsg", &broker);
    return rc ? rc : add(f, SCMP_ACT_ALLOW, "recvmsg", &broker);
}

static int enter_seccomp(int socket_fd)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!f)
        return -ENOMEM;
    int rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
    if (rc == 0) /* calls by another ABI of the same processor */
        rc = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (rc == 0)
        rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* binary tree: few steps a call */
    if (rc == 0)
        rc = add_lists(f);
    if (rc == 0)
        rc = add_own(f, socket_fd);
    if (rc == 0)
        rc = seccomp_load(f);
    seccomp_release(f);
    return rc;
}

/* --- All together ------------------------------------------------------------------------------
 */

/* /proc/self/task has one sub-folder a thread. */
static bool single_threaded(void)
{
    struct stat st;
    return SANITIZED || stat("/proc/self/task", &st) != 0 || st.st_nlink <= 3;
}

bool cage_enter(const struct cage_limits *limits, struct cage_report *report, struct err *e)
{
    struct cage_report unused = {0}, *r = report ? report : &unused;
    int death_signal = 0;
    memset(r, 0, sizeof *r);

    if (!single_threaded())
        return err_set(e, ERR_INTERNAL, "a thread was started before the cage closed");
    r->limits = enter_limits(limits);
    if (!r->limits)
        return err_errno(e, errno, "cage: set limits");
    prctl(PR_GET_PDEATHSIG, &death_signal);
    r->unprivileged = drop_root();
    r->namespaces = enter_namespaces();
    r->unprivileged = drop_capabilities() && r->unprivileged;
    prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0); /* lost with the old user */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);             /* no tracing, no /proc/PID/mem, no core file */
    r->no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    r->landlock_abi = enter_landlock();
    int rc = enter_seccomp(limits->socket_fd);
    r->seccomp = rc == 0;
    if (rc != 0 && !limits->seccomp_optional)
        return err_set(e, ERR_UNAVAILABLE,
                       "this machine refuses seccomp filters (%s), and untrusted media are not "
                       "decoded without; allow seccomp(2) in the container or kernel",
                       strerror(-rc));
    return true;
}
