/* SPDX-License-Identifier: GPL-3.0-or-later
 * transcribe_horse.c - the work-horse that listens to speech: sound and model are both handed in. */
#include "jobs/transcribe_parts.h"

#include "jobs/listen_speech.h"
#include "jobs/transcribe.h"
#include "media/media.h"
#include "speech/transcribe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
    struct model_file list[MODEL_FILES_MAX] = {0};
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

/* --- The work --------------------------------------------------------------------------------- */

struct teller {
    struct horse *horse;
    size_t told; /* bytes of text */
};

static void on_progress(void *user, double done)
{
    const struct teller *t = user;
    horse_progress(t->horse, LISTEN_SPEECH_PERCENT + (100 - LISTEN_SPEECH_PERCENT) * done, "transcription");
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

static struct transcript *listen(struct horse *h, const struct transcribe_spec *spec,
                                 const struct heard_source *source, struct arena *a,
                                 struct err *e)
{
    struct teller teller = {.horse = h};
    const struct transcribe_options o = {
        .model = spec->model, .language = spec->language, .prompt = spec->prompt,
        .translate = spec->translate == 1, .spans = source->spans.spans,
        .span_count = source->spans.count, .on_progress = on_progress,
        .on_segment = on_segment, .user = &teller,
    };
    struct transcript *said = NULL;
    struct transcriber *t = open_model(h, spec, e);
    if (t)
        said = transcribe(t, &source->sound, &o, a, e);
    transcriber_destroy(t);
    return said;
}

static bool transcribe_child(struct horse *h, struct buf *result, struct err *e)
{
    unsigned long len;
    const char *text = horse_spec(h, &len);
    struct heard_source source = {0};
    struct arena arena;
    arena_init(&arena, RESULT_MAX_BYTES);
    const struct transcribe_spec *spec =
        wire_read_trusted(&wire_transcribe_spec, text, len, &arena, e);
    bool ok = spec && listen_speech_open(h, horse_fd(h, "source"), &source, e);
    const struct transcript *said = ok ? listen(h, spec, &source, &arena, e) : NULL;
    if (said)
        wire_write(&wire_full_transcript, said, result);
    listen_speech_close(&source);
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
