/* SPDX-License-Identifier: GPL-3.0-or-later
 * key.c - names of finished pieces.
 */
#include "render/key.h"

#include "core/buf.h"

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

static void describe_frame(const struct plan *p, const struct plan_segment *s, int64_t frame,
                           struct buf *out)
{
    struct effect_view v;
    struct effect_moment m = {.u = plan_effect_position(p, s, frame), .length = 1};
    effect_total_view(s->effects, s->effect_count, &m, &v);
    if (v.scale <= 1)
        v = (struct effect_view){0, 0, 1, false}; /* the point it would grow towards does not matter */
    buf_printf(out, "%s %d %lld %.17g %.17g %.17g\n", source_hash(p, s->source), (int)s->fit,
               (long long)(p->sources[s->source].has_video ? plan_source_ticks(p, s, frame) : 0),
               v.x, v.y, v.scale);
}

bool key_of_chunk(const struct plan *p, const struct captions *c,
                  const struct render_preset *preset, const struct plan_chunk *chunk,
                  char key[KEY_SIZE], struct err *e)
{
    struct buf text;
    buf_init(&text, MAX_TEXT);
    buf_printf(&text, "aive picture %d %s\n%dx%d %d/%d %s %s %.3f %d %d\n", RENDER_VERSION,
               encode_versions(), p->format.width, p->format.height, p->fps_num, p->fps_den,
               preset->x264, preset->x264_params ? preset->x264_params : "", preset->crf, preset->lookahead, preset->max_bitrate);
    const struct plan_segment *s = &p->segments[chunk->first_segment];
    for (int64_t f = chunk->first_frame; f < chunk->end_frame; f++) {
        while (s->end_frame <= f)
            s++;
        describe_frame(p, s, f, &text);
    }
    captions_describe(c, chunk->first_frame, chunk->end_frame, &text);
    return hash_text(&text, key, e);
}

bool key_of_sound(const struct plan *p, const struct render_preset *preset, char key[KEY_SIZE],
                  struct err *e)
{
    struct buf text;
    buf_init(&text, MAX_TEXT);
    buf_printf(&text, "aive sound %d %s\n%d %lld\n", RENDER_VERSION, encode_versions(),
               preset->sound_bitrate, (long long)p->sample_count);
    for (size_t i = 0; i < p->segment_count; i++) {
        const struct plan_segment *s = &p->segments[i];
        buf_printf(&text, "segment %s %lld %lld %lld/%lld %lld %lld\n",
                   p->sources[s->source].has_audio ? source_hash(p, s->source) : "-",
                   (long long)s->src_start, (long long)s->src_end, (long long)s->rate.num,
                   (long long)s->rate.den, (long long)s->out_start, (long long)s->out_end);
    }
    for (size_t i = 0; i < p->sfx_count; i++) {
        const struct plan_sfx *s = &p->sfx[i];
        buf_printf(&text, "sfx %s %lld %lld %lld %.17g\n",
                   s->source >= 0 ? source_hash(p, s->source) : s->name, (long long)s->first_sample,
                   (long long)s->skip_samples, (long long)s->max_samples, s->gain_db);
    }
    return hash_text(&text, key, e);
}
