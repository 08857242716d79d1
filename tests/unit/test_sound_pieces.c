/* SPDX-License-Identifier: GPL-3.0-or-later
 * A film's sound is encoded in pieces: nothing is to be heard of their borders, a shelf gives back
 * what was encoded before, and the film's bytes do not tell whether it did. */
#include "noise.h"
#include "synth.h"

#include "check.h"
#include "media/media.h"

#include <math.h>

#define PACKET SOUND_PACKET_SAMPLES
#define PIECE (SOUND_PIECE_PACKETS * PACKET)
#define PIECES 4
#define TOTAL (PIECES * PIECE + 5 * PACKET + 77)
#define SHELVES 16

/* --- Sound ---------------------------------------------------------------------------------------
 */

/* Which packets from a border on begin with a stroke; -1 the one before it. The same strokes are in
 * the middle of pieces. */
static const int strokes[PIECES][4] = {{-3, -1, 0, 1}, {-2, -1, 2, 3}, {0, 1, 2, 4}, {-1, 0, 3, 5}};

/* A chord over noise, which an encoder takes in long windows, and strokes around the borders, which
 * it takes in short ones. */
static void compose(float *pcm)
{
    for (long i = 0; i < TOTAL; i++) {
        double t = (double)i / 48000;
        double chord = 0.1 * (sin(2 * M_PI * 220 * t) + sin(2 * M_PI * 277.2 * t));
        pcm[2 * i] = (float)(chord + 0.01 * hash_noise(i));
        pcm[2 * i + 1] = (float)(chord + 0.01 * hash_noise(i + 7777777));
    }
    for (int k = 0; k < 2 * PIECES; k++)
        for (int j = 0; j < 4; j++) {
            long at = (long)(k + 1) * PIECE / 2 + strokes[k / 2][j] * PACKET + 300 * j;
            for (long i = 0; i < 600 && at + i < TOTAL; i++)
                for (int c = 0; c < 2; c++)
                    pcm[2 * (at + i) + c] += (float)(0.5 * hash_noise(i) * exp(-(double)i / 100));
        }
}

/* --- A shelf -------------------------------------------------------------------------------------
 */

struct shelf {
    uint64_t names[SHELVES];
    struct sound_piece *pieces[SHELVES];
    int count, found, made;
    uint64_t wanted;
    long heard; /* samples */
    float highest;
};

static uint64_t name_of(const float *samples, int n)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a, by words */
    for (int i = 0; i < 2 * n; i++) {
        uint32_t bits;
        memcpy(&bits, samples + i, sizeof bits);
        h = (h ^ bits) * 1099511628211u;
    }
    return h;
}

static bool find(void *user, const float *samples, int n, struct sound_piece *out, bool *found,
                 struct err *e)
{
    struct shelf *s = user;
    (void)e;
    s->wanted = name_of(samples, n);
    for (int i = 0; i < s->count && !*found; i++)
        if (s->names[i] == s->wanted) {
            *out = *s->pieces[i];
            *found = true;
        }
    s->found += *found;
    return true;
}

static bool keep(void *user, const struct sound_piece *piece, struct err *e)
{
    struct shelf *s = user;
    if (s->count == SHELVES)
        return err_set(e, ERR_NO_SPACE, "the shelf is full");
    s->names[s->count] = s->wanted;
    s->pieces[s->count] = malloc(sizeof *piece);
    *s->pieces[s->count++] = *piece;
    s->made++;
    return true;
}

static void hear(void *user, const float *const planes[2], int n, bool goes_on)
{
    struct shelf *s = user;
    (void)goes_on;
    for (int i = 0; i < n; i++)
        s->highest = fmaxf(s->highest, fmaxf(fabsf(planes[0][i]), fabsf(planes[1][i])));
    s->heard += n;
}

static void clear(struct shelf *s)
{
    for (int i = 0; i < s->count; i++)
        free(s->pieces[i]);
    *s = (struct shelf){0};
}

/* --- Encoding and decoding -----------------------------------------------------------------------
 */

static int encode(const float *pcm, struct shelf *s, struct err *e)
{
    int fd = synth_fd();
    const struct sound_shelf calls = {find, keep, hear, s};
    struct sound_writer *w = sound_writer_create(192000, fd, e);
    bool ok = w && (!s || sound_writer_use_shelf(w, &calls, e));
    for (int at = 0; ok && at < TOTAL; at += 3333)
        ok = sound_writer_add(w, pcm + 2 * at, TOTAL - at < 3333 ? TOTAL - at : 3333, e);
    ok = ok && sound_writer_finish(w, e);
    sound_writer_destroy(w);
    if (ok)
        return fd;
    close(fd);
    return -1;
}

/* The sound as a player has it, out of a film with a picture of one second. */
static bool play(int sound_fd, float *out)
{
    static const int frames = 30;
    struct err e = {0};
    struct synth_film f = {.fps_num = 30, .fps_den = 1, .lengths = &frames, .chunks = 1};
    f.settings = synth_settings(30, 1);
    struct film_source src = {1, synth_open_chunk, &f, sound_fd};
    int fd = synth_fd(), done = 0, n = 1;
    bool ok = film_mux(&src, fd, NULL, 0, NULL, NULL, NULL, &e);
    struct audio_reader *r = ok ? audio_reader_create(fd, 48000, 2, NULL, &e) : NULL;
    while (r && done < TOTAL && (n = audio_reader_read(r, out + 2 * done, TOTAL - done, &e)) > 0)
        done += n;
    audio_reader_destroy(r);
    close(fd);
    return done == TOTAL;
}

/* --- Tests ---------------------------------------------------------------------------------------
 */

/* Error of a packet's samples, dB against its sound. */
static double error_db(const float *pcm, const float *played, int packet)
{
    double error = 1e-9, power = 1e-9;
    for (long i = 2L * packet * PACKET; i < 2L * (packet + 1) * PACKET; i++) {
        double d = (double)played[i] - (double)pcm[i];
        error += d * d;
        power += (double)pcm[i] * (double)pcm[i];
    }
    return 10 * log10(error / power);
}

/* How many packets from the nearest border, which is one of a piece or the middle of one. */
static int distance(int packet, bool *middle)
{
    int half = SOUND_PIECE_PACKETS / 2, nearest = (packet + half / 2) / half;
    *middle = nearest % 2;
    return abs(packet - nearest * half);
}

/* Two encoders that have chosen windows for their border that do not match make an error as loud as
 * the sound. */
static void test_borders(const float *pcm, float *played)
{
    struct err e = {0};
    int fd = encode(pcm, NULL, &e);
    double usual = -INFINITY, strokes_db[2] = {-INFINITY, -INFINITY};
    bool middle;
    CHECK_CASE("borders");
    CHECK(fd >= 0 && play(fd, played));
    for (int k = 2; k < TOTAL / PACKET - 1; k++) {
        double db = error_db(pcm, played, k);
        if (distance(k, &middle) < 12)
            strokes_db[middle] = fmax(strokes_db[middle], db);
        else
            usual = fmax(usual, db);
    }
    CHECK(usual < -20);
    CHECK(strokes_db[0] < strokes_db[1] + 3);
    close(fd);
}

static void test_quiet_borders(float *pcm, float *played)
{
    struct err e = {0};
    CHECK_CASE("borders in a tone");
    for (long i = 0; i < TOTAL; i++)
        pcm[2 * i] = pcm[2 * i + 1] = (float)(0.2 * sin(2 * M_PI * 997 * (double)i / 48000));
    int fd = encode(pcm, NULL, &e);
    CHECK(fd >= 0 && play(fd, played));
    for (int k = 2; k < TOTAL / PACKET - 1; k++)
        CHECK(error_db(pcm, played, k) < -40);
    close(fd);
    compose(pcm);
}

static bool same_files(int a, int b)
{
    static unsigned char x[1 << 20], y[1 << 20];
    ssize_t n = pread(a, x, sizeof x, 0), m = pread(b, y, sizeof y, 0);
    return n > 1000 && n < (ssize_t)sizeof x && n == m && memcmp(x, y, (size_t)n) == 0;
}

static void test_shelf(float *pcm)
{
    struct err e = {0};
    struct shelf s = {0};
    int plain = encode(pcm, NULL, &e), first = encode(pcm, &s, &e);
    CHECK_CASE("all are made and kept");
    CHECK(s.made == PIECES + 1 && s.found == 0);
    CHECK(same_files(plain, first));
    CHECK(s.heard > TOTAL && s.highest > 0.3f);

    CHECK_CASE("all are found; only borders are listened to");
    s.made = 0;
    s.heard = 0;
    int again = encode(pcm, &s, &e);
    CHECK(s.made == 0 && s.found == PIECES + 1);
    CHECK(same_files(plain, again));
    CHECK(s.heard == (1 + 2 * PIECES) * PACKET);
    close(again);

    CHECK_CASE("a moment is changed");
    pcm[2 * (PIECE + PIECE / 2)] += 0.25f;
    s.found = 0;
    again = encode(pcm, &s, &e);
    CHECK(s.made == 1 && s.found == PIECES);
    CHECK(!same_files(plain, again));
    int anew = encode(pcm, NULL, &e);
    CHECK(same_files(again, anew));
    close(again);
    close(anew);

    CHECK_CASE("a moment next to a border is changed");
    pcm[2 * (2 * PIECE + 10)] += 0.25f;
    s.made = s.found = 0;
    again = encode(pcm, &s, &e);
    CHECK(s.made == 2 && s.found == PIECES - 1);
    close(again);
    close(first);
    close(plain);
    clear(&s);
    compose(pcm);
}

static void test_broken_pieces(const float *pcm)
{
    struct err e = {0};
    struct shelf s = {0};
    CHECK_CASE("a piece from the shelf lacks packets");
    int fd = encode(pcm, &s, &e);
    CHECK(fd >= 0);
    close(fd);
    s.pieces[1]->packets--;
    CHECK(encode(pcm, &s, &e) < 0 && e.code == ERR_INTERNAL);
    s.pieces[1]->packets++;
    s.pieces[1]->size[5] += 1u << 31;
    CHECK(encode(pcm, &s, &e) < 0 && e.code == ERR_INTERNAL);
    clear(&s);
}

int main(void)
{
    float *pcm = malloc(2 * sizeof *pcm * TOTAL), *played = calloc(TOTAL, 2 * sizeof *played);
    media_init();
    compose(pcm);
    test_borders(pcm, played);
    test_quiet_borders(pcm, played);
    test_shelf(pcm);
    test_broken_pieces(pcm);
    free(pcm);
    free(played);
    return check_done();
}
