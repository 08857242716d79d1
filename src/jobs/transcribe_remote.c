/* SPDX-License-Identifier: GPL-3.0-or-later
 * transcribe_remote.c - listening by another server: OpenAI's protocol, piece by piece.
 *
 * A work-horse decodes what is spoken into a nameless file (speech_pieces.h); each piece is asked
 * for by itself, so that a lost connection costs minutes and no more, and the progress moves. Sent
 * are samples as WAV: every server takes that, and nothing of the source's own bytes leaves the
 * machine. The key stands in one header and in no message. */
#include "core/clock.h"
#include "core/files.h"
#include "core/utf8.h"
#include "jobs/remote_answer.h"
#include "jobs/speech_pieces.h"
#include "jobs/transcribe.h"
#include "jobs/transcribe_parts.h"
#include "net/http_client.h"
#include "speech/languages.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRIES 4
#define FIRST_WAIT_MS 500 /* then twice as long each time ... */
#define WAIT_MAX_S 60     /* ... and as long as the server says, up to this */
#define STALL_SECONDS                                                                              \
    900                   /* a server on a slow machine says nothing while it listens to a piece   \
                           */
#define MESSAGE_MAX 200   /* bytes of a server's own words */
#define PIECES_PERCENT 10 /* of the progress: decoding */
#define RESULT_MAX_BYTES ((size_t)512 << 20) /* of memory */
#define WAV_HEAD 44

struct remote {
    const struct transcribe_order *order;
    struct arena *arena;
    const char *url;
    const char *headers[2];
    int64_t end_ms; /* of the time that a job may take */
    int sound_fd;
    struct speech_pieces *pieces;
    struct remote_said said;
    int64_t done, all; /* samples */
};

/* --- Settings --------------------------------------------------------------------------------- */

static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len >= n && memcmp(text + len - n, end, n) == 0;
}

/* The setting is a server, its /v1, or the address of transcriptions itself. */
static const char *make_url(const char *setting, bool translate, struct arena *a)
{
    static const char own[] = "/audio/transcriptions";
    const char *what = translate ? "translations" : "transcriptions";
    size_t n = strlen(setting);
    while (n && setting[n - 1] == '/')
        n--;
    if (ends_with(setting, n, own))
        return arena_printf(a, "%.*s/audio/%s", (int)(n - strlen(own)), setting, what);
    return arena_printf(a, "%.*s%s/audio/%s", (int)n, setting,
                        ends_with(setting, n, "/v1") ? "" : "/v1", what);
}

static bool plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static bool read_settings(struct remote *r, struct err *e)
{
    const struct config *c = r->order->config;
    if (!http_url_ok(c->speech_url, e))
        return err_wrap(e, "AIVE_SPEECH_URL");
    if (!plain(c->speech_key))
        return err_set(e, ERR_INVALID, "AIVE_SPEECH_KEY holds control characters");
    r->url = make_url(c->speech_url, r->order->translate, r->arena);
    if (*c->speech_key)
        r->headers[0] = arena_printf(r->arena, "Authorization: Bearer %s", c->speech_key);
    return !r->arena->failed || err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
}

/* --- The sound -------------------------------------------------------------------------------- */

/* A nameless file: in the folder for work in progress where there is one. */
static int open_scratch(const struct config *c, struct err *e)
{
    const char *elsewhere = getenv("TMPDIR");
    const char *const folders[] = {c->tmp_dir, elsewhere ? elsewhere : "/tmp"};
    int fd = -1;
    for (size_t i = 0; fd < 0 && i < 2; i++) {
        int dir = open(folders[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dir < 0)
            continue;
        fd = file_temp(dir, e);
        close(dir);
    }
    if (fd < 0)
        err_set(e, ERR_UNAVAILABLE, "there is no folder for work in progress (AIVE_TMP_DIR)");
    return fd;
}

static void on_pieces(void *user, double percent, const char *stage)
{
    const struct remote *r = user;
    if (r->order->progress)
        r->order->progress(r->order->user, PIECES_PERCENT * percent / 100, stage);
}

static int seconds_left(const struct remote *r)
{
    int64_t ms = r->end_ms - clock_mono_ms();
    return ms > 1000 ? (int)(ms / 1000) : 1;
}

static bool decode(struct remote *r, struct err *e)
{
    const struct pieces_ask ask = {.fd = r->order->fd,
                                   .out_fd = r->sound_fd,
                                   .seconds = seconds_left(r),
                                   .cancel = r->order->cancel,
                                   .progress = on_pieces,
                                   .user = r};
    r->pieces = speech_pieces_run(&ask, r->arena, e);
    const struct speech_piece *list = r->pieces ? r->pieces->pieces.items : NULL;
    for (size_t i = 0; r->pieces && i < r->pieces->pieces.count; i++)
        r->all += list[i].samples;
    return r->pieces != NULL;
}

static void put_le(unsigned char *to, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(v >> (8 * i));
}

/* The head of a WAV file: plain samples of 16 bits, one channel. */
static void wav_head(unsigned char head[WAV_HEAD], uint32_t bytes)
{
    static const unsigned char plain_samples[WAV_HEAD] = {
        'R', 'I', 'F', 'F', [8] = 'W', 'A', 'V', 'E', 'f', 'm', 't', ' ', [16] = 16, [20] = 1,
        [22] = 1, [32] = 2, [34] = 16, [36] = 'd', 'a', 't', 'a',
    };
    memcpy(head, plain_samples, WAV_HEAD);
    put_le(head + 4, WAV_HEAD - 8 + bytes);
    put_le(head + 24, PIECE_RATE);
    put_le(head + 28, PIECE_RATE * 2);
    put_le(head + 40, bytes);
}

/* The next piece as a WAV file in memory; free() it. */
static unsigned char *read_piece(const struct remote *r, int64_t samples, size_t *len,
                                 struct err *e)
{
    size_t want = (size_t)samples * 2, have = 0;
    unsigned char *wav = malloc(WAV_HEAD + want);
    if (!wav) {
        err_set(e, ERR_NO_MEMORY, "no memory for a piece of the sound");
        return NULL;
    }
    wav_head(wav, (uint32_t)want);
    while (have < want) {
        ssize_t n = pread(r->sound_fd, wav + WAV_HEAD + have, want - have,
                          (off_t)((size_t)r->done * 2 + have));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            err_set(e, ERR_IO, "the decoded sound cannot be read back");
            free(wav);
            return NULL;
        }
        have += (size_t)n;
    }
    *len = WAV_HEAD + want;
    return wav;
}

/* --- Asking ----------------------------------------------------------------------------------- */

/* What the server says of an error, without what it may echo of the key. */
static const char *server_words(const struct remote *r, const struct buf *body)
{
    struct said {
        const char *message;
    } * inner;
    struct outer {
        struct said *error;
    } * outer;
    static const struct wire_field inner_rows[] = {
        {.name = "message", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = 0}, {0}};
    static const struct wire_type inner_type = {
        .name = "x", .fields = inner_rows, .size = sizeof *inner};
    static const struct wire_field outer_rows[] = {{.name = "error",
                                                    .kind = WIRE_OBJECT,
                                                    .type = &inner_type,
                                                    .flags = WIRE_NULLABLE,
                                                    .offset = 0},
                                                   {0}};
    static const struct wire_type outer_type = {
        .name = "x", .fields = outer_rows, .size = sizeof *outer};
    struct wire_errors errs = {0};
    outer = wire_read(&outer_type, body->data ? body->data : "", body->len, NULL, NULL, r->arena,
                      &errs);
    wire_errors_finish(&errs);
    const char *said = outer && outer->error ? outer->error->message : NULL;
    const char *key = r->order->config->speech_key;
    if (!said || !plain(said) || (*key && strstr(said, key)))
        return "";
    char *words = arena_strndup(r->arena, said, strnlen(said, MESSAGE_MAX));
    if (words)
        utf8_trim_cut(words);
    return words ? words : "";
}

/* Why an answer is no transcript. */
static bool refuse(const struct remote *r, int status, const struct buf *body, struct err *e)
{
    if (status == 401 || status == 403)
        return err_set(e, ERR_UNAVAILABLE,
                       "the speech server refuses the key (%d): check AIVE_SPEECH_KEY", status);
    const char *words = server_words(r, body);
    if (status == 404)
        return err_set(e, ERR_UNAVAILABLE,
                       "the speech server has no such address or model (404): "
                       "check AIVE_SPEECH_URL and AIVE_SPEECH_MODEL%s%s",
                       *words ? ": " : "", words);
    return err_set(e, ERR_UNAVAILABLE, "the speech server answers %d%s%s", status,
                   *words ? ": " : "", words);
}

static bool may_pass(int status)
{
    return status == 408 || status == 429 || status >= 500;
}

static bool ask_once(struct remote *r, const struct http_part *form, struct http_answer *answer,
                     struct buf *body, struct err *e)
{
    const struct http_ask ask = {.url = r->url,
                                 .reach = HTTP_OPERATOR,
                                 .headers = r->headers,
                                 .form = form,
                                 .seconds = seconds_left(r),
                                 .stall_seconds = STALL_SECONDS,
                                 .cancel = r->order->cancel};
    buf_clear(body);
    return http_ask_text(&ask, answer, body, e);
}

/* False: canceled meanwhile. */
static bool wait_ms(const struct remote *r, int ms, struct err *e)
{
    const struct cancel *c = r->order->cancel;
    struct pollfd fd = {c ? c->fd : -1, POLLIN, 0};
    poll(&fd, 1, ms); /* of a descriptor below 0 nothing comes: it waits */
    return !cancel_fired(c) || err_set(e, ERR_CANCELED, "canceled");
}

/* An answer that is too long, or leads into a network it may not: the server's fault like any
 * other. */
static bool give_up(struct err *e)
{
    if (e->code == ERR_TOO_LARGE || e->code == ERR_FORBIDDEN)
        e->code = ERR_UNAVAILABLE;
    return err_wrap(e, "the speech server");
}

/* Again and again while trying helps. */
static bool ask(struct remote *r, const struct http_part *form, struct buf *body, struct err *e)
{
    struct http_answer answer = {0};
    for (int i = 0, pause_ms = FIRST_WAIT_MS;; i++, pause_ms *= 2) {
        bool came = ask_once(r, form, &answer, body, e);
        if (came && answer.status == 200)
            return true;
        if (!came && e->code != ERR_UNAVAILABLE)
            return give_up(e);
        int wait =
            came && answer.retry_after * 1000 > pause_ms ? answer.retry_after * 1000 : pause_ms;
        bool again = !came || may_pass(answer.status);
        if (!again || i + 1 == TRIES || wait > WAIT_MAX_S * 1000 || wait / 1000 >= seconds_left(r))
            return came ? refuse(r, answer.status, body, e) : give_up(e);
        if (!wait_ms(r, wait, e))
            return false;
    }
}

/* --- Pieces ----------------------------------------------------------------------------------- */

static void add_text(struct http_part *form, size_t *n, const char *name, const char *text)
{
    if (text)
        form[(*n)++] = (struct http_part){.name = name, .data = text, .len = strlen(text)};
}

static bool ask_for_piece(struct remote *r, const void *wav, size_t wav_len, struct buf *body,
                          struct err *e)
{
    struct http_part form[10] = {0};
    size_t n = 0;
    const struct transcribe_order *o = r->order;
    int language = o->language ? language_find(o->language) : -1;
    const char *code = language >= 0 ? languages[language].code : r->said.language;
    form[n++] = (struct http_part){
        .name = "file", .file_name = "piece.wav", .type = "audio/wav", .data = wav, .len = wav_len};
    add_text(form, &n, "model", o->config->speech_model);
    add_text(form, &n, "response_format", "verbose_json");
    add_text(form, &n, "temperature", "0");
    add_text(form, &n, "prompt", o->prompt);
    if (!o->translate) { /* the other endpoint does not know these */
        add_text(form, &n, "language", code);
        add_text(form, &n, "timestamp_granularities[]", "word");
        add_text(form, &n, "timestamp_granularities[]", "segment");
    }
    return ask(r, form, body, e);
}

static void tell_text(const struct remote *r, size_t from)
{
    const struct transcribe_order *o = r->order;
    if (o->text && r->said.text.len > from)
        o->text(o->user, r->said.text.data + from, r->said.text.len - from);
}

static bool listen_piece(struct remote *r, const struct speech_piece *p, struct err *e)
{
    size_t len = 0, text_len = r->said.text.len;
    struct buf body;
    buf_init(&body, REMOTE_ANSWER_MAX);
    unsigned char *wav = read_piece(r, p->samples, &len, e);
    bool ok = wav && ask_for_piece(r, wav, len, &body, e);
    free(wav);
    ok = ok &&
         remote_answer_read(body.data ? body.data : "", body.len, (double)p->start / PIECE_RATE,
                            (double)p->samples / PIECE_RATE, r->arena, &r->said, e);
    buf_finish(&body);
    r->done += p->samples;
    if (ok)
        tell_text(r, text_len);
    return ok;
}

static bool listen_pieces(struct remote *r, struct err *e)
{
    const struct speech_piece *list = r->pieces->pieces.items;
    for (size_t i = 0; i < r->pieces->pieces.count; i++) {
        if (r->order->progress)
            r->order->progress(r->order->user,
                               PIECES_PERCENT +
                                   (100 - PIECES_PERCENT) * (double)r->done / (double)r->all,
                               "transcription");
        if (!listen_piece(r, &list[i], e))
            return false;
    }
    return true;
}

/* --- The transcript --------------------------------------------------------------------------- */

static char *write_transcript(struct remote *r, struct err *e)
{
    const struct remote_said *s = &r->said;
    const struct transcribe_order *o = r->order;
    const struct transcript t = {
        .engine = "remote",
        .model = o->config->speech_model,
        .task = o->translate ? "translate" : "transcribe",
        .language = s->language,
        .language_probability = NAN,
        .duration = r->pieces->duration,
        .text = s->text.len ? s->text.data : "",
        .segments = {s->segments.data, s->segments.len / sizeof(struct transcript_segment)},
        .dropped = {s->dropped.data, s->dropped.len / sizeof(struct transcript_dropped)},
    };
    struct buf out;
    buf_init(&out, RESULT_MAX_BYTES);
    wire_write(&wire_full_transcript, &t, &out);
    char *text = out.failed ? NULL : buf_steal(&out, &(size_t){0});
    buf_finish(&out);
    if (!text)
        err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
    return text;
}

char *transcribe_remote(const struct transcribe_order *o, struct err *e)
{
    struct arena arena;
    char *text = NULL;
    arena_init(&arena, RESULT_MAX_BYTES);
    struct remote r = {.order = o,
                       .arena = &arena,
                       .sound_fd = -1,
                       .end_ms = clock_mono_ms() + o->config->job_seconds * 1000};
    remote_said_init(&r.said);
    if (o->language && language_find(o->language) < 0)
        err_set(e, ERR_INVALID, "\"%.40s\" is not a language that speech is known in", o->language);
    else if (read_settings(&r, e) && (r.sound_fd = open_scratch(o->config, e)) >= 0 &&
             decode(&r, e) && listen_pieces(&r, e))
        text = write_transcript(&r, e);
    if (r.sound_fd >= 0)
        close(r.sound_fd);
    remote_said_finish(&r.said);
    arena_finish(&arena);
    return text;
}
