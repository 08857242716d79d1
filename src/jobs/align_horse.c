/* SPDX-License-Identifier: GPL-3.0-or-later
 * align_horse.c - the work-horses that hear with pocketsphinx: a known text, or a draft of one. */
#include "jobs/align.h"

#include "jobs/align_parts.h"
#include "jobs/listen_speech.h"
#include "media/media.h"
#include "speech/align.h"
#include "speech/caption_file.h"

#include <stdlib.h>
#include <string.h>

#define RESULT_MAX_BYTES (256u << 20) /* of memory */

/* The model's files can be read only before the cage closes, and no thread may be left then: the
 * BLAS that comes with the library would start some. */
static bool open_sphinx(struct horse *h, bool draft, struct err *e)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    media_init();
    struct sphinx *s = sphinx_open(draft, e);
    horse_set_user(h, s);
    return s != NULL;
}

static bool align_prepare(struct horse *h, struct err *e)
{
    return open_sphinx(h, false, e);
}

static bool sphinx_prepare(struct horse *h, struct err *e)
{
    return open_sphinx(h, true, e);
}

static void on_progress(void *user, double done)
{
    horse_progress(user, LISTEN_SPEECH_PERCENT + (100 - LISTEN_SPEECH_PERCENT) * done,
                   "alignment");
}

static bool read_script(const struct align_spec *spec, struct arena *a, struct script *out,
                        struct err *e)
{
    struct cues cues;
    if (spec->script)
        return script_from_text(spec->script, strlen(spec->script), a, out, e);
    return caption_file_read(NULL, spec->captions, strlen(spec->captions), a, &cues, e) &&
           script_from_cues(&cues, a, out, e);
}

static const struct transcript *hear(struct horse *h, const struct align_spec *spec,
                                     const struct heard_source *source, struct arena *a,
                                     struct err *e)
{
    struct script script;
    const struct align_options o = {.spans = source->spans.spans,
                                    .span_count = source->spans.count,
                                    .on_progress = on_progress, .user = h};
    if (!spec->script && !spec->captions)
        return sphinx_transcribe(horse_user(h), &source->sound, &o, a, e);
    return read_script(spec, a, &script, e)
               ? align(horse_user(h), &source->sound, &script, &o, a, e)
               : NULL;
}

static bool run(struct horse *h, struct buf *result, struct err *e)
{
    unsigned long len;
    const char *text = horse_spec(h, &len);
    struct heard_source source = {0};
    struct arena arena;
    arena_init(&arena, RESULT_MAX_BYTES);
    const struct align_spec *spec = wire_read_trusted(&wire_align_spec, text, len, &arena, e);
    const struct transcript *said = NULL;
    if (spec && listen_speech_open(h, horse_fd(h, "source"), &source, e))
        said = hear(h, spec, &source, &arena, e);
    if (said)
        wire_write(&wire_full_transcript, said, result);
    listen_speech_close(&source);
    arena_finish(&arena);
    sphinx_close(horse_user(h));
    return said != NULL;
}

const struct horse_kind horse_align = {
    .name = "align",
    .help = "Finds when the words of a known text are spoken.",
    .limits = {.memory_bytes = UINT64_C(2) << 30, .cpu_seconds = 7200, .wall_seconds = 14400,
               .silence_seconds = 1800},
    .prepare = align_prepare,
    .run = run,
};

const struct horse_kind horse_sphinx = {
    .name = "sphinx",
    .help = "Listens to speech with pocketsphinx: a draft.",
    .limits = {.memory_bytes = UINT64_C(2) << 30, .cpu_seconds = 14400, .wall_seconds = 14400,
               .silence_seconds = 1800},
    .prepare = sphinx_prepare,
    .run = run,
};
