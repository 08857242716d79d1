/* SPDX-License-Identifier: GPL-3.0-or-later
 * layout.h - the template engine: facts about a source in, a timeline out.
 *
 *     struct timeline *tl = timeline_generate(template, &facts, seed, arena, e);
 *
 * What it promises, whatever the facts (tests/unit/test_templates.c):
 * - The result passes timeline_check. Every segment carries a `reason`, in words.
 * - The same template, facts and seed give the same timeline; another seed is another cut.
 * - No segment is shorter than 0.4 s, unless the source is. None is longer than the template's
 *   longest, unless there is no place in it where a cut may be.
 * - The film, slow motion counted, is not longer than the template's film_seconds. Of a longer
 *   source the most interesting passages are taken, in their order; with a hook the best moment
 *   comes first. They fill the film to 85 % where captions leave places enough to cut.
 * - No cut falls inside a caption (or a word, as the template says), unless somebody speaks without
 *   a gap for longer than the film may last. A caption longer than 10 s without word times is a
 *   paragraph and is not kept whole. Without captions: no cut falls inside a stretch of speech when
 *   the segments around it would be within the template's longest without that cut; where the beats
 *   are sure it is a song that is sung, and may be cut on them and on shot borders.
 * - A transition is where something of the source was left out, and nobody speaks during it.
 * - What slows the sound down is not used where somebody speaks, if the template's rule says so; no
 *   effect is used in two segments running; a zoom never runs across a shot border.
 *
 * Chance: SplitMix64 (Steele, Lea, Flood 2014), seeded with `seed`; nothing else is random.
 * Facts are not trusted: times that are not finite or outside the source are left out.
 * Cost: n log n in the number of facts; two hours of them take some tens of milliseconds
 * (bench/layout.c). Threads: a pure function.
 */
#ifndef AIVE_TIMELINE_LAYOUT_H
#define AIVE_TIMELINE_LAYOUT_H

#include "core/arena.h"
#include "core/err.h"
#include "timeline/template.h"
#include "timeline/timeline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct layout_span {
    double start, end; /* s */
};

struct layout_peak {
    double time, strength; /* s; 0..1 */
};

struct layout_drop {
    double time, rise; /* s; dB louder than before */
};

struct layout_shot { /* a border between two shots */
    double time;
    double transition; /* s that a fade or dissolve takes, centred on time; 0: a cut */
};

struct layout_look {
    double time, good; /* s; 0 black, white or blurred .. 1 */
};

struct layout_highlight {
    double start, end, score; /* s; 0..1 */
    const char *why;          /* in words; NULL: nobody said */
};

/* Everything is optional but the duration: NULL and 0 say "not known" or "there are none". Times
 * are seconds of the source; arrays need not be sorted, but highlights are best first. */
struct layout_facts {
    double duration;
    bool has_video;
    const double *beats;
    size_t beat_count;
    double tempo; /* NAN or 0: none */
    double beat_confidence; /* 0..1; NAN or 0: not known */
    const double *downbeats;
    size_t downbeat_count;
    const struct layout_peak *peaks; /* moments of energy */
    size_t peak_count;
    const struct layout_drop *drops; /* where the music sets in */
    size_t drop_count;
    const double *sections; /* where a part of the music begins */
    size_t section_count;
    const float *levels; /* dBFS over time */
    size_t level_count;
    double level_step; /* s between levels */
    const struct layout_span *pauses;
    size_t pause_count;
    const struct layout_span *speech; /* where somebody speaks; captions know better */
    size_t speech_count;
    const struct layout_shot *shots;
    size_t shot_count;
    const struct layout_look *looks; /* of the picture, ascending */
    size_t look_count;
    const struct layout_highlight *highlights;
    size_t highlight_count;
    const struct caption *captions;
    size_t caption_count;
};

/* NULL: no memory, or the template's effects cannot be read. A source of no length has no segments.
 * The timeline's asset is null; its captions, beats and tempo are the facts'. */
struct timeline *timeline_generate(const struct template *tpl, const struct layout_facts *facts,
                                   uint64_t seed, struct arena *a, struct err *e);

/* The default seed: the same content, the same film. 32 bits, which every JSON reader keeps. */
uint64_t timeline_seed(const char *content_hash);

#endif
