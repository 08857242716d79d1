/* SPDX-License-Identifier: GPL-3.0-or-later
 * transcribe_horse.c - the work-horse that listens to speech: sound and model are both handed in. */
#include "jobs/transcribe_parts.h"

#include "analysis/decode.h"
#include "analysis/speech_activity.h"
#include "core/timebase.h"
#include "jobs/transcribe.h"
#include "media/media.h"
#include "speech/transcribe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 4096
#define GATE_PERCENT 5 /* of the progress: finding where somebody speaks */
#define TOLD_MAX_BYTES (768u << 10) /* of text while it is heard: horse.h takes no more than 1 MiB */
#define RESULT_MAX_BYTES (256u << 20) /* of memory */

/* --- What it is to do ------------------------------------------------------------------------- */

#define AT(member) .offset = offsetof(struct transcribe_spec, member)
static const struct wire_field spec_fields[] = {
    {.name = "model", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, AT(model)},
    {.name = "language", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, AT(language)},
    {.name = "prompt", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, AT(prompt)},
    {.name = "translate", .kind = WIRE_BOOL, .def = "false", AT(translate)},
    {.name = "files", .kind = WIRE_LIST, .item = WIRE_STRING, .flags = WIRE_REQUIRED, AT(files)},
    {0},
};
const struct wire_type wire_transcribe_spec = {
    .name = "TranscribeSpec", .fields = spec_fields, .size = sizeof(struct transcribe_spec)};
#undef AT

/* --- The model -------------------------------------------------------------------------------- */

static struct transcriber *open_model(struct horse *h, const struct transcribe_spec *spec,
                                      struct err *e)
{
    struct model_file list[MODEL_FILES_MAX];
    struct model_files files;
    const char *const *names = spec->files.items;
    size_t n = 0;
    for (; n < spec->files.count && n < MODEL_FILES_MAX; n++) {
        char fd_name[MODEL_NAME_SIZE + sizeof TRANSCRIBE_MODEL_FD];
        snprintf(fd_name, sizeof fd_name, TRANSCRIBE_MODEL_FD "%s", names[n]);
        snprintf(list[n].name, sizeof list[n].name, "%s", names[n]);
        list[n].fd = horse_fd(h, fd_name);
        if (list[n].fd < 0) {
            err_set(e, ERR_INTERNAL, "the model's %s was not handed over", names[n]);
            return NULL;
        }
    }
    if (!model_files_from_fds(list, n, &files, e))
        return NULL;
    struct transcriber *t = transcriber_open(&files, 0, e);
    model_files_finish(&files);
    if (!t)
        err_wrap(e, "model %s", spec->model);
    return t;
}

/* --- The sound -------------------------------------------------------------------------------- */

/* Where somebody speaks, and how long the sound is. */
static bool find_speech(struct horse *h, int fd, double about_s, struct speech_spans *spans,
                        double *duration_s, struct err *e)
{
    float block[BLOCK];
    int64_t done = 0;
    int n = -1;
    struct audio_reader *r = audio_reader_create(fd, ANALYSIS_RATE, 1, NULL, e);
    struct speech_activity *s = r ? speech_activity_create(e) : NULL;
    bool ok = s != NULL;
    while (ok && (n = audio_reader_read(r, block, BLOCK, e)) > 0) {
        ok = speech_activity_push(s, block, (size_t)n, e);
        done += n;
        double share = (double)done / ANALYSIS_RATE / fmax(about_s, 1);
        horse_progress(h, GATE_PERCENT * fmin(share, 1), "listening");
    }
    *duration_s = (double)done / ANALYSIS_RATE;
    ok = ok && n == 0 && speech_activity_finish(s, &speech_gate, spans, e);
    speech_activity_destroy(s);
    audio_reader_destroy(r);
    return ok;
}

static bool read_sound(void *user, int64_t from, float *pcm, int n, struct err *e)
{
    struct audio_reader *r = user;
    if (!audio_reader_seek(r, from, e))
        return false;
    int have = 0, got = 1;
    while (have < n && (got = audio_reader_read(r, pcm + have, n - have, e)) > 0)
        have += got;
    memset(pcm + have, 0, (size_t)(n - have) * sizeof *pcm);
    return got >= 0;
}

/* --- The work --------------------------------------------------------------------------------- */

struct teller {
    struct horse *horse;
    size_t told; /* bytes of text */
};

static void on_progress(void *user, double done)
{
    const struct teller *t = user;
    horse_progress(t->horse, GATE_PERCENT + (100 - GATE_PERCENT) * done, "transcription");
}

/* The transcript's text is that of its segments with blanks between. */
static void on_segment(void *user, const struct transcript_segment *s)
{
    struct teller *t = user;
    size_t n = strlen(s->text);
    if (t->told + n + 1 > TOLD_MAX_BYTES)
        return;
    if (t->told)
        horse_text(t->horse, " ", 1);
    horse_text(t->horse, s->text, n);
    t->told += n + 1;
}

static struct transcript *listen(struct horse *h, int fd, const struct transcribe_spec *spec,
                                 const struct speech_spans *spans, double duration_s,
                                 struct arena *a, struct err *e)
{
    static const struct speech_span nowhere = {0};
    struct teller teller = {.horse = h};
    const struct transcribe_options o = {
        .model = spec->model, .language = spec->language, .prompt = spec->prompt,
        .translate = spec->translate == 1, .spans = spans->count ? spans->spans : &nowhere,
        .span_count = spans->count, .on_progress = on_progress,
        .on_segment = on_segment, .user = &teller,
    };
    struct transcript *said = NULL;
    struct transcriber *t = open_model(h, spec, e);
    struct audio_reader *r = t ? audio_reader_create(fd, SPEECH_RATE, 1, NULL, e) : NULL;
    const struct speech_sound sound = {llround(duration_s * SPEECH_RATE), read_sound, r};
    if (r)
        said = transcribe(t, &sound, &o, a, e);
    audio_reader_destroy(r);
    transcriber_destroy(t);
    return said;
}

static bool transcribe_child(struct horse *h, struct buf *result, struct err *e)
{
    unsigned long len;
    const char *text = horse_spec(h, &len);
    struct media_info info;
    struct speech_spans spans = {0};
    struct arena arena;
    double duration_s;
    int fd = horse_fd(h, "source");
    arena_init(&arena, RESULT_MAX_BYTES);
    const struct transcribe_spec *spec =
        wire_read_trusted(&wire_transcribe_spec, text, len, &arena, e);
    bool ok = spec && media_probe(fd, &info, NULL, e);
    if (ok && !info.has_audio)
        ok = err_set(e, ERR_UNSUPPORTED, "the file has no sound");
    ok = ok && find_speech(h, fd, ticks_to_seconds(info.audio_end_ticks), &spans, &duration_s, e);
    const struct transcript *said = ok ? listen(h, fd, spec, &spans, duration_s, &arena, e) : NULL;
    if (said)
        wire_write(&wire_full_transcript, said, result);
    speech_spans_finish(&spans);
    arena_finish(&arena);
    return said != NULL;
}

static bool transcribe_prepare(struct horse *h, struct err *e)
{
    (void)h;
    (void)e;
    media_init();
    return true;
}

const struct horse_kind horse_transcribe = {
    .name = "transcribe",
    .help = "Listens to speech with a Whisper model.",
    .limits = {.memory_bytes = UINT64_C(4) << 30, .cpu_seconds = 14400, .wall_seconds = 14400,
               .silence_seconds = 1800},
    .prepare = transcribe_prepare,
    .run = transcribe_child,
};
