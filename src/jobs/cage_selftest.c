/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One child a way out, since most attempts end in SIGSYS. An attempt returns true when it got out.
 */
#include "jobs/cage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What an attempt finds inside, opened before the cage closed. */
struct inside {
    int socket;  /* unconnected TCP socket */
    int file[2]; /* pipe: one end to read from, one to write to */
    pid_t parent;
};

#define ATTEMPT(name) static bool name(const struct inside *in __attribute__((unused)))

ATTEMPT(open_file)
{
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
}

ATTEMPT(create_file)
{
    return open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) >= 0;
}

ATTEMPT(open_own_memory)
{
    return open("/proc/self/mem", O_RDWR | O_CLOEXEC) >= 0;
}

ATTEMPT(look_at_path)
{
    struct stat st;
    return stat("/etc/passwd", &st) == 0;
}

ATTEMPT(make_socket)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}

ATTEMPT(make_local_socket)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}

ATTEMPT(connect_socket)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect(in->socket, (struct sockaddr *)&to, sizeof to) == 0 || errno == ECONNREFUSED;
}

ATTEMPT(start_program)
{
    char *argv[] = {(char[]){"true"}, NULL}, *envp[] = {NULL};
    execve("/bin/true", argv, envp); /* gone right: exit status 0, which is none of ours */
    return errno == ENOENT;          /* it was let look, and would have run what is there */
}

ATTEMPT(make_process)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid > 0;
}

ATTEMPT(trace)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

ATTEMPT(signal_other)
{
    return kill(in->parent, 0) == 0;
}

ATTEMPT(signal_thread_of_other)
{
    return syscall(SYS_tgkill, in->parent, in->parent, 0) == 0;
}

ATTEMPT(read_memory_of_other)
{
    char byte, *here = &byte;
    return syscall(SYS_process_vm_readv, in->parent, &here, 1ul, &here, 1ul, 0ul) >= 0;
}

ATTEMPT(bring_code)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) != MAP_FAILED;
}

ATTEMPT(make_code_of_data)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0;
}

ATTEMPT(make_hidden_file)
{
    return memfd_create("x", 0) >= 0;
}

ATTEMPT(become_root)
{
    return setuid(0) == 0;
}

ATTEMPT(loosen_limits)
{
    struct rlimit l = {0};
    return setrlimit(RLIMIT_NOFILE, &l) == 0;
}

ATTEMPT(become_traceable)
{
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

ATTEMPT(change_namespace)
{
    return syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */) == 0;
}

ATTEMPT(use_io_uring)
{
    char params[120] = {0};
    return syscall(SYS_io_uring_setup, 1u, params) >= 0;
}

static const struct {
    const char *what;
    bool (*got_out)(const struct inside *in);
} attempts[] = {
    {"open a file", open_file},
    {"create a file", create_file},
    {"open its own memory", open_own_memory},
    {"look at a path", look_at_path},
    {"make a network socket", make_socket},
    {"make a local socket", make_local_socket},
    {"connect a socket", connect_socket},
    {"start a program", start_program},
    {"make a process", make_process},
    {"trace a process", trace},
    {"signal another process", signal_other},
    {"signal a thread of another process", signal_thread_of_other},
    {"read the memory of another process", read_memory_of_other},
    {"map memory that can be run", bring_code},
    {"make data runnable", make_code_of_data},
    {"make a hidden file", make_hidden_file},
    {"become root", become_root},
    {"loosen its limits", loosen_limits},
    {"become traceable", become_traceable},
    {"change its namespace", change_namespace},
    {"use io_uring", use_io_uring},
};

/* --- Honest work --------------------------------------------------------------------------------
 */

static void *fill(void *p)
{
    char *memory = malloc(1 << 20);
    if (memory)
        memset(memory, *(char *)p, 1 << 20);
    *(char *)p = memory ? memory[(1 << 20) - 1] : 0;
    free(memory);
    return NULL;
}

static bool works(const struct inside *in)
{
    char marks[4] = {1, 2, 3, 4};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        if (pthread_create(&threads[i], NULL, fill, &marks[i]) != 0)
            return false;
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);

    char back[4] = {0};
    struct stat st;
    return memcmp(marks, (char[]){1, 2, 3, 4}, sizeof marks) == 0 &&
           write(in->file[1], marks, sizeof marks) == (ssize_t)sizeof marks &&
           read(in->file[0], back, sizeof back) == (ssize_t)sizeof back &&
           memcmp(marks, back, sizeof marks) == 0 && fstat(in->file[0], &st) == 0 &&
           close(dup(in->file[0])) == 0;
}

/* --- The children -------------------------------------------------------------------------------
 */

enum { EXIT_REFUSED = 40, EXIT_GOT_OUT, EXIT_WORKS, EXIT_FAILED, EXIT_NO_CAGE };

struct answer {
    struct cage_report report;
    struct err err;
};

static _Noreturn void child(bool (*got_out)(const struct inside *), int answer_fd)
{
    const struct cage_limits limits = {
        .memory_bytes = 512u << 20, .cpu_seconds = 5, .socket_fd = -1, .seccomp_optional = true};
    struct inside in = {.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                        .parent = getppid()};
    struct answer answer = {.err.code = ERR_NONE};
    if (pipe(in.file) != 0)
        _exit(EXIT_FAILED);
    bool closed = cage_enter(&limits, &answer.report, &answer.err);
    if (write(answer_fd, &answer, sizeof answer) < 0 || !closed)
        _exit(EXIT_NO_CAGE);
    if (got_out)
        _exit(got_out(&in) ? EXIT_GOT_OUT : EXIT_REFUSED);
    _exit(works(&in) ? EXIT_WORKS : EXIT_FAILED);
}

/* The child's wait status; -1 with e set when it could not even try. */
static int try(bool (*got_out)(const struct inside *), struct answer *answer, struct err *e)
{
    int answer_pipe[2], status = -1;
    if (pipe2(answer_pipe, O_CLOEXEC) != 0)
        return err_errno(e, errno, "pipe"), -1;
    pid_t pid = fork();
    if (pid == 0)
        child(got_out, answer_pipe[1]);
    close(answer_pipe[1]);
    ssize_t n = pid > 0 ? read(answer_pipe[0], answer, sizeof *answer) : 0;
    close(answer_pipe[0]);
    if (pid < 0)
        return err_errno(e, errno, "fork"), -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (n != (ssize_t)sizeof *answer)
        return err_set(e, ERR_INTERNAL, "the cage did not report"), -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_CAGE) {
        *e = answer->err;
        return -1;
    }
    return status;
}

bool cage_selftest(struct cage_report *report, struct err *e)
{
    struct err own = {.code = ERR_NONE}, *why = e ? e : &own;
    struct answer answer = {.err.code = ERR_NONE};

    int status = try(NULL, &answer, why);
    if (status < 0)
        return err_wrap(why, "close the cage");
    if (report)
        *report = answer.report;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_WORKS)
        return err_set(why, ERR_INTERNAL, "inside the cage memory, threads or pipes do not work");

    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        status = try(attempts[i].got_out, &answer, why);
        if (status < 0)
            return err_wrap(why, "try to %s", attempts[i].what);
        bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
        if (!killed && !(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_REFUSED))
            return err_set(why, ERR_UNAVAILABLE, "a caged process was able to %s",
                           attempts[i].what);
    }
    return true;
}
