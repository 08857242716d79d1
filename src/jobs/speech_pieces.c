/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/speech_pieces.h"

#include "core/files.h"
#include "jobs/listen_speech.h"
#include "media/media.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN_S 0.4 /* around speech: words begin before they are noticed */
#define JOIN_S 30    /* a silence as long as this is not sent */
#define SEARCH_S 60  /* before the end of the longest piece: where a pause is looked for */
#define HOP 320      /* samples, 20 ms */
#define PAUSE_HOPS 10
#define PIECES_MAX_BYTES (64u << 20)
#define SOUND_MAX_BYTES (UINT64_C(16) << 30) /* six days */

/* --- What is said between the two processes ----------------------------------------------------
 */

/* clang-format off */
#define AT(member) .offset = offsetof(struct speech_piece, member)
static const struct wire_field piece_fields[] = {
    {.name = "start", .kind = WIRE_INT, .flags = WIRE_REQUIRED, AT(start)},
    {.name = "samples", .kind = WIRE_INT, .flags = WIRE_REQUIRED, AT(samples)},
    {0},
};
#undef AT
static const struct wire_type piece_type = {
    .name = "SpeechPiece", .fields = piece_fields, .size = sizeof(struct speech_piece)};

#define AT(member) .offset = offsetof(struct speech_pieces, member)
static const struct wire_field pieces_fields[] = {
    {.name = "duration", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, AT(duration)},
    {.name = "pieces", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &piece_type, .flags = WIRE_REQUIRED, AT(pieces)},
    {0},
};
#undef AT
/* clang-format on */
static const struct wire_type pieces_type = {
    .name = "SpeechPieces", .fields = pieces_fields, .size = sizeof(struct speech_pieces)};

/* --- In the work-horse -------------------------------------------------------------------------
 */

struct cutter {
    struct horse *horse;
    struct audio_reader *sound;
    int out_fd;
    int64_t total;     /* samples of the sound */
    struct buf pieces; /* struct speech_piece */
    struct speech_piece now;
    /* The levels of the last hops, and the quietest moment for a cut. */
    double levels[PAUSE_HOPS];
    int64_t hops;
    double quiet;
    int64_t quiet_at; /* samples from the piece's start; 0: none yet */
};

static void begin_piece(struct cutter *c, int64_t start)
{
    c->now = (struct speech_piece){.start = start};
    c->quiet = INFINITY;
    c->quiet_at = 0;
    c->hops = 0;
}

static bool end_piece(struct cutter *c, struct err *e)
{
    return c->now.samples == 0 || buf_add(&c->pieces, &c->now, sizeof c->now) ||
           err_set(e, ERR_TOO_LARGE, "the sound has too many pieces");
}

/* The piece is as long as one may be: it ends in the middle of its last pause, and what comes after
 * that belongs to the next one. */
static bool cut(struct cutter *c, struct err *e)
{
    struct speech_piece rest = c->now;
    if (c->quiet_at > 0)
        c->now.samples = c->quiet_at;
    rest.start += c->now.samples;
    rest.samples -= c->now.samples;
    if (!end_piece(c, e))
        return false;
    begin_piece(c, rest.start);
    c->now.samples = rest.samples;
    return true;
}

static void note_level(struct cutter *c, const float *pcm, int n)
{
    double sum = 0, level = 0;
    for (int i = 0; i < n; i++)
        sum += (double)pcm[i] * pcm[i];
    c->levels[c->hops++ % PAUSE_HOPS] = sum;
    if (c->hops < PAUSE_HOPS ||
        c->now.samples < (int64_t)(PIECE_MAX_SECONDS - SEARCH_S) * PIECE_RATE)
        return;
    for (int i = 0; i < PAUSE_HOPS; i++)
        level += c->levels[i];
    if (level <= c->quiet) {
        c->quiet = level;
        c->quiet_at = c->now.samples - PAUSE_HOPS * HOP / 2;
    }
}

static bool write_hop(struct cutter *c, const float *pcm, int n, struct err *e)
{
    int16_t out[HOP];
    for (int i = 0; i < n; i++) {
        float v = pcm[i] < -1 ? -1 : pcm[i] > 1 ? 1 : pcm[i]; /* NaN stays: lrintf is not asked */
        out[i] = (int16_t)(v == v ? lrintf(v * 32767) : 0);
    }
    if (!file_write_all(c->out_fd, out, (size_t)n * sizeof *out, e))
        return false;
    c->now.samples += n;
    note_level(c, pcm, n);
    return c->now.samples < (int64_t)PIECE_MAX_SECONDS * PIECE_RATE || cut(c, e);
}

static bool take_part(struct cutter *c, int64_t from, int64_t end, struct err *e)
{
    float pcm[HOP];
    int n = 0;
    begin_piece(c, from);
    if (!audio_reader_seek(c->sound, from, e))
        return false;
    while (from < end) {
        int want = end - from < HOP ? (int)(end - from) : HOP;
        n = audio_reader_read(c->sound, pcm, want, e);
        if (n <= 0)
            break;
        if (!write_hop(c, pcm, n, e))
            return false;
        from += n;
        horse_progress(c->horse,
                       LISTEN_SPEECH_PERCENT +
                           (100 - LISTEN_SPEECH_PERCENT) * (double)from / (double)c->total,
                       "listening");
    }
    return n >= 0 && end_piece(c, e);
}

/* Spans with the pauses between them, as long as these are short. */
static bool take_speech(struct cutter *c, const struct speech_spans *s, struct err *e)
{
    for (size_t i = 0; i < s->count; i++) {
        double from_s = fmax(0, s->spans[i].start_s - MARGIN_S);
        while (i + 1 < s->count && s->spans[i + 1].start_s - s->spans[i].end_s < JOIN_S)
            i++;
        int64_t end = llround((s->spans[i].end_s + MARGIN_S) * PIECE_RATE);
        if (!take_part(c, llround(from_s * PIECE_RATE), end < c->total ? end : c->total, e))
            return false;
    }
    return true;
}

static bool pieces_child(struct horse *h, struct buf *result, struct err *e)
{
    struct heard_source source = {0};
    struct cutter c = {.horse = h, .out_fd = horse_fd(h, "sound")};
    buf_init(&c.pieces, PIECES_MAX_BYTES);
    bool ok = listen_speech_open(h, horse_fd(h, "source"), &source, e);
    c.sound = source.reader;
    c.total = source.sound.samples;
    ok = ok && take_speech(&c, &source.spans, e);
    const struct speech_pieces out = {(double)c.total / PIECE_RATE,
                                      {c.pieces.data, c.pieces.len / sizeof(struct speech_piece)}};
    if (ok)
        wire_write(&pieces_type, &out, result);
    listen_speech_close(&source);
    buf_finish(&c.pieces);
    return ok;
}

static bool pieces_prepare(struct horse *h, struct err *e)
{
    (void)h;
    (void)e;
    media_init();
    return true;
}

const struct horse_kind horse_speech_pieces = {
    .name = "speech_pieces",
    .help = "Decodes what is spoken in a sound, for a server that listens.",
    .limits = {.memory_bytes = UINT64_C(2) << 30,
               .wall_seconds = 14400,
               .silence_seconds = 1800,
               .file_bytes = SOUND_MAX_BYTES},
    .prepare = pieces_prepare,
    .run = pieces_child,
};

/* --- The caller's side -------------------------------------------------------------------------
 */

static void on_progress(void *user, double percent, const char *stage)
{
    const struct pieces_ask *ask = user;
    if (ask->progress)
        ask->progress(ask->user, percent, stage);
}

/* The work-horse has read what a stranger wrote: what it says is checked. */
static bool sound(const struct speech_pieces *p, int out_fd)
{
    const struct speech_piece *list = p->pieces.items;
    int64_t have = file_size(out_fd) / 2, end = 0;
    const int64_t max = (int64_t)PIECE_MAX_SECONDS * PIECE_RATE;
    bool ok = p->duration >= 0 && p->duration < 1e7;
    for (size_t i = 0; ok && i < p->pieces.count; i++) {
        ok = list[i].start >= end && list[i].start < INT64_MAX / 4 && list[i].samples > 0 &&
             list[i].samples <= max && list[i].samples <= have;
        end = list[i].start + list[i].samples;
        have -= list[i].samples;
    }
    return ok;
}

struct speech_pieces *speech_pieces_run(const struct pieces_ask *ask, struct arena *a,
                                        struct err *e)
{
    struct horse_fd fds[] = {{"source", ask->fd}, {"sound", ask->out_fd}};
    struct horse_limits limits = horse_speech_pieces.limits;
    limits.wall_seconds = ask->seconds;
    struct pieces_ask own = *ask;
    const struct horse_job job = {.kind = "speech_pieces",
                                  .spec = "{}",
                                  .fds = fds,
                                  .fd_count = 2,
                                  .limits = &limits,
                                  .cancel = ask->cancel,
                                  .on_progress = on_progress,
                                  .user = &own};
    char *answer = horse_run(&job, e);
    if (!answer)
        return NULL;
    struct speech_pieces *p = wire_read_trusted(&pieces_type, answer, strlen(answer), a, e);
    free(answer);
    if (p && !sound(p, ask->out_fd)) {
        err_set(e, ERR_INTERNAL, "the sound's pieces are not what they are said to be");
        return NULL;
    }
    return p;
}
