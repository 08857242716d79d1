/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan.h - from a timeline to exactly what must be shown and heard when: a pure function.
 *
 * The plan is the only thing the picture and the sound are made from, so they cannot disagree.
 * Everything in it is whole numbers: ticks (core/timebase.h), frames of the film, samples at
 * 48 kHz. A segment's length in the film is a whole number of ticks and its place the exact sum of
 * those before it; frames and samples are that sum rounded, so nothing drifts.
 *
 *     film ticks   out_start ............................ out_end
 *     frames       first_frame = round(out_start * fps) .. end_frame    (the next one's first)
 *     samples      first_sample = round(out_start * 48000) .. end_sample
 *     source time  src_start + (film time - out_start) * rate.num / rate.den
 *
 * Ownership: the plan lives in the arena given to plan_build; texts and sources stay the caller's
 * and must live as long as the plan. Threads: pure; a built plan is read-only and may be shared.
 */
#ifndef AIVE_RENDER_PLAN_H
#define AIVE_RENDER_PLAN_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "effects/effect.h"
#include "effects/transition.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_SAMPLE_RATE 48000
#define PLAN_MAX_HOURS 24        /* of film */
#define PLAN_MAX_CAPTIONS 200000 /* appearances: a caption shown by two segments counts twice */
#define PLAN_SFX_GAIN_DB (-8.0)

struct timeline; /* timeline/timeline.h */
struct wire_raw; /* core/wire.h */

enum plan_fit { FIT_CROP, FIT_BLUR, FIT_PAD };

struct plan_format {
    const char *name; /* "vertical" */
    int width, height;
};
extern const struct plan_format plan_formats[]; /* ended by a NULL name; first: default */
const struct plan_format *plan_format_find(const char *name); /* NULL: unknown */

/* What is known of a source before it is opened for rendering. Source 0 is the timeline's own. */
struct plan_source {
    const char *path; /* what the timeline names it by: a path or "asset:7"; NULL: by nothing */
    int64_t asset_id; /* 0: not known */
    int64_t duration_ticks; /* > 0 */
    int64_t frame_ticks;    /* a segment may end so far behind the duration; 0: 0.1 s */
    bool has_video, has_audio;
    int width, height; /* of the picture, upright; 0: not known */
    const char *hash;  /* of its content, hex: goes into chunk keys */
    const char *picture_hash; /* where its pictures are read from another file; NULL: as hash */
};

struct plan_options {
    const struct plan_format *format;
    int fps_num, fps_den;
    const char *watermark;             /* text; NULL or "": none */
    double range_start_s, range_end_s; /* part of the film, film time; both 0: all of it */
};

/* What is seen of a source at a moment; between two of them everything moves evenly. */
struct plan_crop {
    int64_t time; /* ticks of the source */
    double x, y, scale;
};

/* A stretch of one source. Segments fill the film one after the other; b-roll lies over them. */
struct plan_segment {
    size_t index; /* in the timeline, for messages */
    const char *name;
    int source;
    int64_t src_start, src_end; /* ticks of the source */
    struct effect_rate rate;    /* source time per film time, lowest terms; the mean of a ramp */
    bool ramped;                /* the speed changes: plan_ramp_ticks() */
    int64_t out_start, out_end; /* ticks of the film */
    /* The segment as it was before a range cut it: what effects run over. */
    int64_t effect_start, effect_end; /* ticks of the film; effect_start may be negative */
    int64_t first_frame, end_frame;   /* of the film; equal when shorter than a frame */
    int64_t first_sample, end_sample;
    /* The source times that lie at effect_start and effect_end: all of the segment. For one that
     * runs backwards the sound and picture of whole_end come first. */
    int64_t whole_start, whole_end;
    const struct effect_use *effects;
    size_t effect_count;
    const int *effect_files; /* source of each effect's file, -1: none */
    enum plan_fit fit;
    const struct plan_crop *crop; /* by time; NULL: the middle */
    size_t crop_count;
    double gain; /* of its sound, 1: as it is */
    /* How the one before gives way to this one: [from, to) in ticks of the film, around out_start.
     * kind NULL: by a cut. */
    struct transition_use transition;
    int64_t transition_from, transition_to;
    int64_t fade_samples; /* of the sound at its start, centred on the cut; 0: the usual fade */
    const double *beats;  /* inside it, s of film since effect_start, ascending */
    size_t beat_count;
    const double *words; /* starts of words, the same way */
    size_t word_count;
};

/* A word of a caption, film time. Not clipped: it may lie outside of where the caption is seen. */
struct plan_word {
    const char *text;
    int64_t start, end; /* ticks */
};

/* One appearance of a caption in the film: a caption that several segments show has several. */
struct plan_caption {
    const char *text;           /* as written by people; not yet cleaned */
    int64_t out_start, out_end; /* ticks: seen from .. to */
    /* Where the whole caption would lie if no cut clipped it: long texts are split into pages over
     * this, so that a clipped caption shows the words that are spoken. */
    int64_t whole_start, whole_end;
    const struct plan_word *words; /* by start; NULL: not known */
    size_t word_count;
    const struct wire_raw *style; /* NULL: the film's */
};

/* A title over the film. */
struct plan_text {
    const char *text;
    const struct wire_raw *style; /* NULL: the film's */
    int64_t out_start, out_end;   /* ticks */
    int64_t fade_in, fade_out;    /* ticks */
    double x, y;                  /* 0..1: of its centre */
    double size;                  /* share of the frame's height */
    double opacity;
};

/* An image over the film. */
struct plan_image {
    int source;
    int64_t out_start, out_end; /* ticks */
    int64_t fade_in, fade_out;  /* ticks */
    double x, y;                /* 0..1: of its centre */
    double width;               /* share of the frame's width; NAN: pixel by pixel */
    double opacity;
};

struct plan_music {
    int source;
    double gain_db, duck_db; /* duck_db 0: never ducked */
    int64_t start_samples;   /* into the music */
    int64_t skip_samples;    /* of what the film hears of it: a range begins later */
    int64_t fade_in_samples, fade_out_samples;
    int64_t whole_samples; /* of the whole film, for its fades; >= skip + the plan's samples */
    bool loop;
};

struct plan_sfx {
    size_t segment;       /* index into plan.segments */
    const char *name;     /* of a built-in sound ("whoosh"), or what the person calls the source */
    int source;           /* index into sources; -1: a built-in */
    int64_t first_sample; /* of the film, >= 0 */
    int64_t skip_samples; /* of the sound, left out at its start (a range cut it) */
    int64_t max_samples;  /* INT64_MAX: to the sound's own end */
    double gain_db;       /* against the film's own sound */
};

/* A closed GOP of the film. */
struct plan_chunk {
    int64_t first_frame, end_frame;
    size_t first_segment, end_segment; /* those with frames in it */
};

struct plan {
    struct plan_format format;
    int fps_num, fps_den;
    int64_t duration_ticks;
    int64_t frame_count;
    int64_t sample_count;
    const struct plan_source *sources;
    size_t source_count;
    const struct plan_segment *segments; /* in play order */
    size_t segment_count;
    const struct plan_segment *broll; /* by out_start; those that begin later lie on top */
    size_t broll_count;
    const struct plan_caption *captions; /* by out_start */
    size_t caption_count;
    const struct plan_sfx *sfx; /* by first_sample */
    size_t sfx_count;
    const struct plan_text *texts; /* bottom to top */
    size_t text_count;
    const struct plan_image *images; /* bottom to top */
    size_t image_count;
    const struct plan_music *music;  /* NULL: none */
    double loudness;                 /* LUFS; 0: left as it is */
    const struct plan_chunk *chunks; /* in order, together all frames */
    size_t chunk_count;
    const struct wire_raw *caption_style; /* NULL: the default one */
    const char *safe_zone;                /* "universal", ...; never NULL */
    const char *watermark;                /* NULL: none */
};

/* Builds the plan. ERR_INVALID, naming the segment, when the timeline cannot be a film (range
 * outside the source, unknown effect, no segments, shorter than a frame, longer than a day),
 * ERR_NO_MEMORY when the arena is full. */
bool plan_build(const struct timeline *t, const struct plan_source *sources, size_t source_count,
                const struct plan_options *opt, struct arena *a, struct plan *out, struct err *e);

/* Film time of a frame, in ticks, exact for rates that divide the tick clock. */
int64_t plan_frame_ticks(const struct plan *p, int64_t frame);

/* The segment that shows a frame of the film (0 <= frame < frame_count). */
const struct plan_segment *plan_segment_at(const struct plan *p, int64_t frame);

/* The source instant that belongs to an instant of the film (ticks), which may lie beside the
 * segment: then it is what the source has before or behind, as in a transition. Backwards segments
 * and ramps included. Not cut to the source. */
int64_t plan_source_at(const struct plan_segment *s, int64_t film_ticks);

/* The same backwards in the table: the film instant at which a source instant is passed. */
int64_t plan_film_at(const struct plan_segment *s, int64_t source_ticks);

#endif
