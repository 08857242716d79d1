/* SPDX-License-Identifier: GPL-3.0-or-later
 * key.c - names of finished pieces.
 */
#include "render/key.h"

#include "core/buf.h"
#include "render/frame.h"

#include <sodium.h>

#define MAX_TEXT (64u << 20)

static bool hash_text(struct buf *text, char key[KEY_SIZE], struct err *e)
{
    unsigned char hash[32];
    bool ok =
        !text->failed && crypto_generichash(hash, sizeof hash, (const unsigned char *)text->data,
                                            text->len, NULL, 0) == 0;
    if (ok)
        sodium_bin2hex(key, KEY_SIZE, hash, sizeof hash);
    buf_finish(text);
    return ok ? true : err_set(e, ERR_NO_MEMORY, "no memory to name a piece of the film");
}

static const char *source_hash(const struct plan *p, int source)
{
    const char *hash = p->sources[source].hash;
    return hash ? hash : "";
}

bool key_of_chunk(const struct plan *p, const struct captions *c,
                  const struct render_preset *preset, const struct plan_chunk *chunk,
                  char key[KEY_SIZE], struct err *e)
{
    struct buf text;
    buf_init(&text, MAX_TEXT);
    buf_printf(&text, "aive picture %d %s\n%dx%d %d/%d %s %s %.3f %d %d\n", RENDER_VERSION,
               encode_versions(), p->format.width, p->format.height, p->fps_num, p->fps_den,
               preset->x264, preset->x264_params ? preset->x264_params : "", preset->crf,
               preset->lookahead, preset->max_bitrate);
    struct frame frame;
    for (int64_t f = chunk->first_frame; f < chunk->end_frame; f++) {
        frame_at(p, f, &frame);
        frame_describe(p, &frame, NULL, &text);
        buf_addc(&text, '\n');
    }
    captions_describe(c, chunk->first_frame, chunk->end_frame, &text);
    return hash_text(&text, key, e);
}

static void describe_sound(const struct plan *p, const struct plan_segment *s, struct buf *out)
{
    bool heard = p->sources[s->source].has_audio && s->gain > 0;
    buf_printf(out, "segment %s %.17g %lld %lld %lld/%lld%s %lld %lld %lld %lld %lld\n",
               heard ? source_hash(p, s->source) : "-", s->gain, (long long)s->src_start,
               (long long)s->src_end, (long long)s->rate.num, (long long)s->rate.den,
               s->rate.backwards ? " backwards" : "", (long long)s->out_start,
               (long long)s->out_end, (long long)s->effect_start, (long long)s->effect_end,
               (long long)s->fade_samples);
    for (size_t i = 0; s->ramped && i < s->effect_count; i++) {
        if (s->effects[i].effect->ramp)
            effect_canonical(&s->effects[i], out);
        buf_addc(out, '\n');
    }
}

/* Captions say when somebody speaks. */
static void describe_music(const struct plan *p, struct buf *out)
{
    const struct plan_music *m = p->music;
    if (!m)
        return;
    buf_printf(out, "music %s %.17g %.17g %lld %lld %lld %lld %lld %d\n",
               source_hash(p, m->source), m->gain_db, m->duck_db, (long long)m->start_samples,
               (long long)m->skip_samples, (long long)m->fade_in_samples,
               (long long)m->fade_out_samples, (long long)m->whole_samples, m->loop);
    for (size_t i = 0; m->duck_db < 0 && i < p->caption_count; i++)
        buf_printf(out, "%lld %lld\n", (long long)p->captions[i].out_start,
                   (long long)p->captions[i].out_end);
}

bool key_of_sound(const struct plan *p, const struct render_preset *preset, char key[KEY_SIZE],
                  struct err *e)
{
    struct buf text;
    buf_init(&text, MAX_TEXT);
    buf_printf(&text, "aive sound %d %s\n%d %lld %.17g\n", RENDER_VERSION, encode_versions(),
               preset->sound_bitrate, (long long)p->sample_count, p->loudness);
    for (size_t i = 0; i < p->segment_count; i++)
        describe_sound(p, &p->segments[i], &text);
    for (size_t i = 0; i < p->sfx_count; i++) {
        const struct plan_sfx *s = &p->sfx[i];
        buf_printf(&text, "sfx %s %lld %lld %lld %.17g\n",
                   s->source >= 0 ? source_hash(p, s->source) : s->name, (long long)s->first_sample,
                   (long long)s->skip_samples, (long long)s->max_samples, s->gain_db);
    }
    describe_music(p, &text);
    return hash_text(&text, key, e);
}
