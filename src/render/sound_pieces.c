/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/sound_pieces.h"

#include "core/files.h"

#include <math.h>
#include <sodium.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* A kept piece is a peak and as much of a struct sound_piece as is used. */
#define PEAK_BYTES (sizeof(float))
#define HEAD_BYTES (offsetof(struct sound_piece, data))

static void name_piece(const struct sound_pieces *s, const float *samples, int n,
                       char key[KEY_SIZE])
{
    static const char kind[] = "aive sound piece";
    const char *versions = encode_versions();
    const int64_t what[] = {RENDER_VERSION, s->bit_rate, n};
    unsigned char hash[32];
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, sizeof hash);
    crypto_generichash_update(&h, (const unsigned char *)kind, sizeof kind);
    crypto_generichash_update(&h, (const unsigned char *)versions, strlen(versions) + 1);
    crypto_generichash_update(&h, (const unsigned char *)what, sizeof what);
    crypto_generichash_update(&h, (const unsigned char *)samples, 2 * sizeof *samples * (size_t)n);
    crypto_generichash_final(&h, hash, sizeof hash);
    sodium_bin2hex(key, KEY_SIZE, hash, sizeof hash);
}

static bool read_piece(int fd, float *peak, struct sound_piece *out)
{
    return pread(fd, peak, PEAK_BYTES, 0) == (ssize_t)PEAK_BYTES && *peak >= 0 &&
           pread(fd, out, HEAD_BYTES, PEAK_BYTES) == (ssize_t)HEAD_BYTES &&
           out->bytes <= SOUND_PIECE_BYTES &&
           pread(fd, out->data, out->bytes, PEAK_BYTES + HEAD_BYTES) == (ssize_t)out->bytes;
}

static bool find(void *user, const float *samples, int n, struct sound_piece *out, bool *found,
                 struct err *e)
{
    struct sound_pieces *s = user;
    struct err why = {0};
    float peak;
    name_piece(s, samples, n, s->key);
    int fd = s->store->open(s->store->user, s->key, &why);
    *found = fd >= 0;
    if (fd < 0 && why.code != ERR_NOT_FOUND) {
        *e = why;
        return false;
    }
    if (fd < 0)
        return true;
    bool ok = read_piece(fd, &peak, out);
    close(fd);
    if (!ok)
        return err_set(e, ERR_INTERNAL, "a kept piece of the sound is cut off");
    s->found++;
    s->peak = fmaxf(s->peak, peak);
    return true;
}

/* Somebody who is making the same piece right now keeps it for both. */
static bool keep(void *user, const struct sound_piece *piece, struct err *e)
{
    struct sound_pieces *s = user;
    struct err why = {0};
    s->made++;
    int fd = s->store->create(s->store->user, s->key, &why);
    if (fd < 0 && why.code == ERR_CONFLICT)
        return true;
    if (fd < 0) {
        *e = why;
        return false;
    }
    bool ok = file_write_all(fd, &s->recent_peak, PEAK_BYTES, e) &&
              file_write_all(fd, piece, HEAD_BYTES + piece->bytes, e) &&
              s->store->commit(s->store->user, s->key, e);
    close(fd);
    return ok;
}

/* What a break's first frames are next to, the meter cannot know; whoever listened to what lies
 * around it has heard them. */
static void hear(void *user, const float *const planes[2], int n, bool goes_on)
{
    struct sound_pieces *s = user;
    float peaks[PEAK_BLOCK];
    if (!goes_on) {
        peak_init(&s->meter);
        s->recent_peak = 0;
        s->unsure = PEAK_TAPS;
    }
    for (int i = 0; i < n; i += PEAK_BLOCK) {
        int k = n - i < PEAK_BLOCK ? n - i : PEAK_BLOCK;
        peak_run(&s->meter, planes[0] + i, planes[1] + i, k, s->recent_peak, peaks);
        for (int j = s->unsure < k ? s->unsure : k; j < k; j++)
            s->recent_peak = fmaxf(s->recent_peak, peaks[j]);
        s->unsure -= s->unsure < k ? s->unsure : k;
    }
    s->peak = fmaxf(s->peak, s->recent_peak);
}

void sound_pieces_init(struct sound_pieces *s, const struct render_store *store, int bit_rate)
{
    *s = (struct sound_pieces){
        .shelf = {.find = find, .keep = keep, .hear = hear, .user = s},
        .store = store,
        .bit_rate = bit_rate,
    };
}
