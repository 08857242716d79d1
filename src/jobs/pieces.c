/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/pieces.h"

#include "core/files.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIST_MAX_BYTES ((int64_t)16 << 20) /* 200,000 chunks: four days of film */
#define MAX_FRAMES 100000                  /* of one chunk */

/* clang-format off */
#define F(member, k, words) {.name = #member, .kind = k, .flags = WIRE_REQUIRED, .offset = offsetof(struct film_pieces, member), .help = words}
static const struct wire_field pieces_fields[] = {
    F(fps_num, WIRE_INT, "Frames a second."),
    F(fps_den, WIRE_INT, "The fraction's lower part."),
    F(sound, WIRE_STRING, "Key of the sound."),
    {.name = "chunks", .kind = WIRE_LIST, .item = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct film_pieces, chunks), .help = "Keys."},
    {.name = "frames", .kind = WIRE_LIST, .item = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct film_pieces, frames), .help = "Frames of each."},
    {0},
};
#undef F
const struct wire_type wire_film_pieces = {.name = "FilmPieces", .fields = pieces_fields, .size = sizeof(struct film_pieces)};
/* clang-format on */

void pieces_key(const char *job_id, int attempt, char key[CHUNK_KEY_SIZE])
{
    char text[128];
    unsigned char hash[32];
    int n = snprintf(text, sizeof text, "aive pieces %.60s %d", job_id, attempt);
    crypto_generichash(hash, sizeof hash, (const unsigned char *)text, (unsigned long long)n, NULL,
                       0);
    sodium_bin2hex(key, CHUNK_KEY_SIZE, hash, sizeof hash);
}

static bool is_sound(const struct film_pieces *p)
{
    const char *const *keys = p->chunks.items;
    const int64_t *frames = p->frames.items;
    if (p->fps_num < 1 || p->fps_num > 1000000 || p->fps_den < 1 || p->fps_den > 1000000 ||
        p->chunks.count == 0 || p->chunks.count != p->frames.count || !chunk_key_ok(p->sound))
        return false;
    for (size_t i = 0; i < p->chunks.count; i++)
        if (!keys[i] || !chunk_key_ok(keys[i]) || frames[i] < 1 || frames[i] > MAX_FRAMES)
            return false;
    return true;
}

struct film_pieces *pieces_read(int fd, int64_t size, struct arena *a, struct err *e)
{
    struct film_pieces *p = NULL;
    char *text = size > 0 && size <= LIST_MAX_BYTES ? arena_alloc(a, (size_t)size) : NULL;
    if (text && pread(fd, text, (size_t)size, 0) == size)
        p = wire_read_trusted(&wire_film_pieces, text, (size_t)size, a, e);
    if (p && is_sound(p))
        return p;
    err_set(e, ERR_INVALID, "this is no list of a film's pieces");
    return NULL;
}

static bool pin_all(struct chunk_store *s, const struct film_pieces *p, const char *list_key,
                    struct arena *a, struct err *e)
{
    char (*keys)[CHUNK_KEY_SIZE] = arena_array(a, p->chunks.count + 2, sizeof *keys);
    size_t n = 0;
    if (!keys)
        return err_set(e, ERR_NO_MEMORY, "no memory for the film's pieces");
    for (; n < p->chunks.count; n++)
        memcpy(keys[n], ((const char *const *)p->chunks.items)[n], CHUNK_KEY_SIZE);
    memcpy(keys[n++], p->sound, CHUNK_KEY_SIZE);
    if (list_key)
        memcpy(keys[n++], list_key, CHUNK_KEY_SIZE);
    return chunk_store_pin(s, (const char (*)[CHUNK_KEY_SIZE])keys, n, e);
}

bool pieces_keep(struct chunk_store *s, const struct film_pieces *p, const char *key,
                 struct arena *a, struct err *e)
{
    if (!pin_all(s, p, key, a, e))
        return false;
    if (!key)
        return true;
    struct buf text;
    buf_init(&text, (size_t)LIST_MAX_BYTES);
    wire_write(&wire_film_pieces, p, &text);
    int fd = chunk_store_create(s, key, e);
    bool ok = fd >= 0 && !text.failed && file_write_all(fd, text.data, text.len, e);
    if (fd >= 0)
        close(fd);
    buf_finish(&text);
    return ok && chunk_store_commit(s, key, e);
}

struct film_pieces *pieces_load(int cache_fd, const char *key, struct arena *a, struct err *e)
{
    int64_t size;
    int fd = chunk_file_open(cache_fd, key, &size, e);
    if (fd < 0)
        return NULL;
    struct film_pieces *p = pieces_read(fd, size, a, e);
    close(fd);
    return p;
}
