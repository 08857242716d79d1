/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

bool dir_ensure(const char *path, struct err *e)
{
    char part[4096];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof part)
        return err_set(e, ERR_INVALID, "folder name \"%.100s\" is empty or too long", path);
    memcpy(part, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (part[i] != '/' && part[i] != '\0')
            continue;
        char end = part[i];
        part[i] = '\0';
        if (mkdir(part, 0700) < 0 && errno != EEXIST)
            return err_errno(e, errno, "make folder %s", part);
        part[i] = end;
    }
    struct stat st;
    if (stat(path, &st) < 0)
        return err_errno(e, errno, "folder %s", path);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_INVALID, "%s is a file, a folder is needed there", path);
    return true;
}

int dir_open(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        err_errno(e, errno, "open folder %s", path);
    return fd;
}

/* That our own folders take no files is the server's trouble; ERR_FORBIDDEN or ERR_NOT_FOUND would
 * blame whoever asked. */
static bool fail_storing(struct err *e, int errnum, const char *what)
{
    if (errnum == EACCES || errnum == EPERM || errnum == EROFS || errnum == ENOENT)
        return err_set(e, ERR_UNAVAILABLE,
                       "the server cannot write into its data folder (%s: %s); whoever runs it has "
                       "to mend that", what, strerror(errnum));
    return err_errno(e, errnum, "%s", what);
}

int file_temp(int dir_fd, struct err *e)
{
    int fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
        char name[32] = ".tmp-";
        random_hex(name + 5, 12);
        fd = openat(dir_fd, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    }
    if (fd < 0)
        fail_storing(e, errno, "make a temporary file");
    return fd;
}

/* The name of a descriptor's file in its folder where it has one (file systems without O_TMPFILE). */
static bool temp_name(int fd, char *name, size_t size)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0)
        return false;
    path[n] = '\0';
    const char *base = strrchr(path, '/');
    if (!base || strncmp(base, "/.tmp-", 6) != 0)
        return false;
    snprintf(name, size, "%s", base + 1);
    return true;
}

bool file_publish(int fd, int dir_fd, const char *name, struct err *e)
{
    if (!file_name_ok(name))
        return err_set(e, ERR_INTERNAL, "publish: bad name \"%.80s\"", name);
    if (fsync(fd) < 0)
        return err_errno(e, errno, "write %s to disk", name);

    char temp[64], self[64];
    int rc;
    if (temp_name(fd, temp, sizeof temp)) {
        rc = renameat2(dir_fd, temp, dir_fd, name, RENAME_NOREPLACE);
    } else {
        snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
        rc = linkat(AT_FDCWD, self, dir_fd, name, AT_SYMLINK_FOLLOW);
    }
    if (rc < 0)
        return fail_storing(e, errno, "publish a file");
    if (fsync(dir_fd) < 0)
        return err_errno(e, errno, "write the folder of %s to disk", name);
    return true;
}

bool file_name_ok(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > 200 || name[0] == '.')
        return false;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == n;
}

static int open_resolved(int dir_fd, const char *name)
{
    struct open_how how = {
        .flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    for (int tries = 0; tries < 8; tries++) {
        long fd = syscall(SYS_openat2, dir_fd, name, &how, sizeof how);
        if (fd >= 0)
            return (int)fd;
        if (errno == ENOSYS || errno == EPERM) /* old kernel, or a container that filters it */
            return openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (errno != EAGAIN)
            break;
    }
    return -1;
}

int file_open_beneath(int dir_fd, const char *name, struct err *e)
{
    struct stat st;
    int fd = file_name_ok(name) ? open_resolved(dir_fd, name) : -1;
    if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        fd = -1;
    }
    if (fd < 0)
        err_set(e, ERR_NOT_FOUND, "no such file");
    return fd;
}

bool file_write_all(int fd, const void *data, size_t n, struct err *e)
{
    const char *p = data;
    while (n > 0) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return err_errno(e, errno, "write");
        p += k;
        n -= (size_t)k;
    }
    return true;
}

char *file_read_text(int fd, size_t max, struct arena *a, size_t *len, struct err *e)
{
    int64_t size = file_size(fd);
    if (size < 0)
        return err_errno(e, errno, "size"), NULL;
    if ((uint64_t)size > max)
        return err_set(e, ERR_TOO_LARGE, "%lld bytes, at most %zu are read", (long long)size, max),
               NULL;
    char *text = arena_alloc(a, (size_t)size + 1);
    if (!text)
        return err_set(e, ERR_NO_MEMORY, "no memory for %lld bytes", (long long)size), NULL;
    size_t got = 0;
    while (got < (size_t)size) {
        ssize_t k = pread(fd, text + got, (size_t)size - got, (off_t)got);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return err_errno(e, errno, "read"), NULL;
        if (k == 0)
            break;
        got += (size_t)k;
    }
    text[got] = '\0';
    if (len)
        *len = got;
    return text;
}

char *file_load(const char *path, size_t max, struct arena *a, size_t *len, struct err *e)
{
    struct stat st;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would wait for a writer */
    if (fd < 0)
        return err_errno(e, errno, "open"), NULL;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        err_set(e, ERR_INVALID, "it is not a file");
    else
        text = file_read_text(fd, max, a, len, e);
    close(fd);
    return text;
}

int64_t file_size(int fd)
{
    struct stat st;
    return fstat(fd, &st) < 0 ? -1 : (int64_t)st.st_size;
}

bool file_hash(int fd, char hex[65], struct err *e)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, 32);
    unsigned char block[65536], digest[32];
    for (off_t at = 0;;) {
        ssize_t k = pread(fd, block, sizeof block, at);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return err_errno(e, errno, "read");
        if (k == 0)
            break;
        crypto_generichash_update(&state, block, (unsigned long long)k);
        at += k;
    }
    crypto_generichash_final(&state, digest, sizeof digest);
    sodium_bin2hex(hex, 65, digest, sizeof digest);
    return true;
}

void random_hex(char *out, size_t n)
{
    unsigned char bytes[64];
    while (n > 0) {
        size_t k = n < sizeof bytes ? n : sizeof bytes;
        randombytes_buf(bytes, k);
        sodium_bin2hex(out, 2 * k + 1, bytes, k);
        out += 2 * k;
        n -= k;
    }
}
