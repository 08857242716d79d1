/* SPDX-License-Identifier: GPL-3.0-or-later
 * cage.h - locks the calling process up with what it already holds: memory, threads, descriptors.
 *
 * From inside, opening files, sockets, starting programs or processes, signalling or tracing others
 * is impossible, whatever code runs. Layers, each of use without the others:
 *     limits         RLIMIT_AS, CPU, FSIZE, NOFILE, CORE, MEMLOCK
 *     unprivileged   root becomes nobody (65534), somebody else stays who he is; no capabilities
 *     namespaces     own user, network and IPC namespace, and an empty root folder
 *     landlock       no path may be opened, no TCP port used (Linux 5.13; more with later ABIs)
 *     seccomp        list of allowed system calls; the harmless rest fails, the telling rest kills
 * Only seccomp is indispensable. Where user namespaces are refused, the one thing that stays
 * visible is whether a path exists and how big it is.
 *
 * Threads: call it while the process has one thread (Landlock binds only the caller's descendants);
 * threads started later are inside. There is no way out again.
 */
#ifndef AIVE_JOBS_CAGE_H
#define AIVE_JOBS_CAGE_H

#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

struct cage_limits {
    uint64_t memory_bytes; /* address space, thread stacks (8 MiB each) included; 0: no limit.
                            * Not set in builds with a sanitizer, which reserve terabytes. */
    int cpu_seconds;       /* of all threads together, then SIGXCPU; 0: no limit */
    uint64_t file_bytes;   /* largest file that can be written, EFBIG beyond; 0: none at all */
    int max_fds;           /* descriptors are numbered below this; 0: 64 */
    int socket_fd;         /* the only socket that sendmsg and recvmsg work on; -1: none */
    bool seccomp_optional; /* go on where the kernel has no seccomp (default: fail) */
};

/* Which layers hold. */
struct cage_report {
    bool limits, unprivileged, namespaces, no_new_privs, seccomp;
    int landlock_abi; /* 0: the kernel has none */
};

/* Closes the cage. report may be NULL. On failure the process is half locked up: it must exit. */
bool cage_enter(const struct cage_limits *limits, struct cage_report *report, struct err *e);

/* Tries every way out in a child process of its own, and whether honest work goes on inside. True:
 * all ways are shut; report says which layers hold. Forks: call it before starting threads. */
bool cage_selftest(struct cage_report *report, struct err *e);

#endif
