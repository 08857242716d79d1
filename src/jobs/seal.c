/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/seal.h"

#include "core/files.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

struct seal {
    char magic[8];
    uint64_t size; /* of the file without it, little-endian as all machines we run on */
    unsigned char hash[32];
};
static const char seal_magic[8] = "AIVESEAL";

static bool hash_part(int fd, int64_t size, unsigned char out[32], struct err *e)
{
    crypto_generichash_state state;
    unsigned char block[65536];
    crypto_generichash_init(&state, NULL, 0, 32);
    for (int64_t at = 0; at < size;) {
        size_t want = size - at < (int64_t)sizeof block ? (size_t)(size - at) : sizeof block;
        ssize_t n = pread(fd, block, want, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno(e, n < 0 ? errno : EIO, "read a file to be sealed");
        crypto_generichash_update(&state, block, (unsigned long long)n);
        at += n;
    }
    crypto_generichash_final(&state, out, 32);
    return true;
}

bool seal_add(int fd, struct err *e)
{
    struct seal s;
    int64_t size = file_size(fd);
    memcpy(s.magic, seal_magic, sizeof s.magic);
    s.size = (uint64_t)size;
    if (size < 0 || !hash_part(fd, size, s.hash, e))
        return size < 0 ? err_errno(e, errno, "look at a file to be sealed") : false;
    ssize_t n = pwrite(fd, &s, sizeof s, size);
    return n == (ssize_t)sizeof s || err_errno(e, n < 0 ? errno : ENOSPC, "seal a file");
}

static bool read_seal(int fd, struct seal *s, int64_t *size)
{
    *size = file_size(fd) - (int64_t)sizeof *s;
    return *size >= 0 && pread(fd, s, sizeof *s, *size) == (ssize_t)sizeof *s &&
           memcmp(s->magic, seal_magic, sizeof s->magic) == 0 && s->size == (uint64_t)*size;
}

bool seal_fits(int fd, int64_t *size)
{
    struct seal s;
    return read_seal(fd, &s, size);
}

bool seal_holds(int fd, int64_t *size)
{
    struct seal s;
    unsigned char hash[32];
    return read_seal(fd, &s, size) && hash_part(fd, *size, hash, NULL) &&
           memcmp(hash, s.hash, sizeof hash) == 0;
}
