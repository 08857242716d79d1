/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/media_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_NAME 255

bool media_name_ok(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t n = strlen(name);
    return n > 0 && n <= MAX_NAME && name[0] != '.' && strspn(name, allowed) == n;
}

/* O_NONBLOCK: opening a planted FIFO must not wait for a writer. */
static int open_beneath(int dir_fd, const char *name)
{
    struct open_how how = {
        .flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
    };
    long fd;
    do
        fd = syscall(SYS_openat2, dir_fd, name, &how, sizeof how);
    while (fd < 0 && (errno == EINTR || errno == EAGAIN));
    /* Kernels before 5.6 and some sandboxes lack openat2; the name is a single component, so
     * O_NOFOLLOW says the same there. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = openat(dir_fd, name, (int)how.flags);
    return (int)fd;
}

int media_open(int dir_fd, const char *name, struct err *e)
{
    struct stat st;
    int fd = media_name_ok(name) ? open_beneath(dir_fd, name) : -1;
    if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        fd = -1;
    }
    if (fd < 0)
        err_set(e, ERR_NOT_FOUND, "Not Found");
    return fd;
}

const char *media_type(const char *name)
{
    static const struct {
        const char *ext, *type;
    } types[] = {
        /* clang-format off */
        {"mp4", "video/mp4"},      {"m4v", "video/mp4"},
        {"mov", "video/quicktime"}, {"mkv", "video/x-matroska"},
        {"webm", "video/webm"},    {"avi", "video/x-msvideo"},
        {"ts", "video/mp2t"},      {"flv", "video/x-flv"},
        {"ogv", "video/ogg"},      {"mka", "audio/x-matroska"},
        {"weba", "audio/webm"},    {"mp3", "audio/mpeg"},
        {"m4a", "audio/mp4"},      {"aac", "audio/aac"},
        {"wav", "audio/wav"},      {"flac", "audio/flac"},
        {"ogg", "audio/ogg"},      {"opus", "audio/ogg"},
        {"jpg", "image/jpeg"},     {"jpeg", "image/jpeg"},
        {"png", "image/png"},      {"webp", "image/webp"},
        {"gif", "image/gif"},      {"pdf", "application/pdf"},
        {"srt", "application/x-subrip"}, {"vtt", "text/vtt; charset=utf-8"},
        {"cube", "text/plain; charset=utf-8"},
        {"txt", "text/plain; charset=utf-8"}, {"json", "application/json"},
        {"css", "text/css; charset=utf-8"}, {"js", "text/javascript; charset=utf-8"},
        {"map", "application/json"},
        /* clang-format on */
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(dot + 1, types[i].ext) == 0)
            return types[i].type;
    return "application/octet-stream";
}
