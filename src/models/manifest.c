/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/manifest.h"
#include "core/files.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#define MANIFEST_MAX (1 << 20)
#define PIECE ((size_t)1 << 18)

/* clang-format off */
static const struct wire_field file_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct manifest_file, name)},
    {.name = "size", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct manifest_file, size)},
    {.name = "sha256", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct manifest_file, sha256)},
    {0},
};
static const struct wire_type file_type = {.name = "ModelFile", .fields = file_fields, .size = sizeof(struct manifest_file)};
static const struct wire_field fields[] = {
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct manifest, name)},
    {.name = "repository", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct manifest, repository)},
    {.name = "revision", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct manifest, revision)},
    {.name = "files", .kind = WIRE_LIST, .flags = WIRE_REQUIRED, .item = WIRE_OBJECT, .type = &file_type,
     .offset = offsetof(struct manifest, files)},
    {0},
};
/* clang-format on */

const struct wire_type wire_manifest = {
    .name = "ModelManifest", .fields = fields, .size = sizeof(struct manifest)};

struct manifest *manifest_read(int folder, struct arena *a, struct err *e)
{
    size_t len;
    int fd = file_open_beneath(folder, MANIFEST_FILE, e);
    if (fd < 0)
        return NULL;
    char *text = file_read_text(fd, MANIFEST_MAX, a, &len, e);
    close(fd);
    struct manifest *m = text ? wire_read_trusted(&wire_manifest, text, len, a, e) : NULL;
    if (!m)
        err_wrap(e, MANIFEST_FILE);
    return m;
}

bool sha256_of(int fd, char hex[65], const struct cancel *cancel, struct err *e)
{
    crypto_hash_sha256_state state;
    unsigned char digest[crypto_hash_sha256_BYTES];
    unsigned char *piece = malloc(PIECE);
    ssize_t n = piece ? 1 : -1;
    if (!piece)
        return err_set(e, ERR_NO_MEMORY, "no memory for a checksum");
    crypto_hash_sha256_init(&state);
    for (off_t at = 0; n > 0 && !cancel_fired(cancel); at += n) {
        n = pread(fd, piece, PIECE, at);
        if (n > 0)
            crypto_hash_sha256_update(&state, piece, (unsigned long long)n);
    }
    int failed = errno;
    free(piece);
    if (n < 0)
        return err_errno(e, failed, "read a file for its checksum");
    if (n > 0)
        return err_set(e, ERR_CANCELED, "canceled");
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hex, 65, digest, sizeof digest);
    return true;
}
