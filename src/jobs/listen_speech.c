/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/listen_speech.h"

#include "analysis/decode.h"
#include "core/timebase.h"
#include "media/media.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 4096

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
        horse_progress(h, LISTEN_SPEECH_PERCENT * fmin(share, 1), "listening");
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

bool listen_speech_open(struct horse *h, int fd, struct heard_source *source, struct err *e)
{
    struct media_info info;
    double duration_s = 0;
    *source = (struct heard_source){0};
    if (!media_probe(fd, &info, NULL, e))
        return false;
    if (!info.has_audio)
        return err_set(e, ERR_UNSUPPORTED, "the file has no sound");
    if (!find_speech(h, fd, ticks_to_seconds(info.audio_end_ticks), &source->spans, &duration_s, e))
        return false;
    if (!source->spans.spans) /* NULL would mean: anywhere */
        source->spans.spans = calloc(1, sizeof *source->spans.spans);
    source->reader = source->spans.spans ? audio_reader_create(fd, SPEECH_RATE, 1, NULL, e) : NULL;
    source->sound =
        (struct speech_sound){llround(duration_s * SPEECH_RATE), read_sound, source->reader};
    if (!source->spans.spans)
        return err_set(e, ERR_NO_MEMORY, "no memory for a sound");
    return source->reader != NULL;
}

void listen_speech_close(struct heard_source *source)
{
    audio_reader_destroy(source->reader);
    speech_spans_finish(&source->spans);
    *source = (struct heard_source){0};
}
