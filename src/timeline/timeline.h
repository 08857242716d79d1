/* SPDX-License-Identifier: GPL-3.0-or-later
 * timeline.h - the one document that people, templates and the chat edit.
 *
 * A timeline is the play list of one film: segments of a source asset in play order, with effects,
 * captions and sound effects. It is stored, sent and compared as canonical JSON text; in C it is
 * the structs below, described to wire.c by tables. Unknown keys at every level are kept and
 * written back, so that a front end can store its own data.
 *
 *     struct timeline *tl = timeline_parse(text, len, &root, arena, &errs);
 *     if (!tl || !timeline_check(tl, &facts, &refs, &root, arena, &errs)) -> errs is the 422 body
 *     struct timeline *next = timeline_merge(stored, tl, arena);
 *     timeline_write(next, &out);                                      canonical text
 *
 * Units: times are seconds on the clock of the source asset, as JSON has them. After timeline_check
 * they are finite and inside [0, duration + one frame], so ticks_from_seconds() is safe on them.
 * Ownership: everything lives in the arena that was passed. Threads: pure functions.
 */
#ifndef AIVE_TIMELINE_TIMELINE_H
#define AIVE_TIMELINE_TIMELINE_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/wire.h"

#include <stdbool.h>
#include <stdint.h>

#define TIMELINE_MAX_SEGMENTS 10000
#define TIMELINE_MAX_CAPTIONS 100000 /* film-wide and those in segments, together */
#define TIMELINE_MAX_EFFECTS 16      /* on one segment */
#define TIMELINE_MAX_OVERLAYS 200
#define TIMELINE_MAX_BROLL 1000
#define TIMELINE_MAX_CROP 100000     /* keyframes */
#define TIMELINE_MAX_SECONDS 1e6     /* of any time, whatever the asset; 11.5 days */
#define TIMELINE_LOUDNESS (-14.0)    /* LUFS, where a film does not say */

/* One word of a caption with its own time: karaoke-style display, and never cutting inside it. */
struct caption_word {
    const char *text;
    double start, end; /* s, source time */
    struct wire_raw extra;
};

struct caption {
    const char *text;
    double start, end;      /* s, source time */
    struct wire_list words; /* struct caption_word; items NULL: not known */
    struct wire_raw style;  /* a caption style; text NULL: as the film says */
    struct wire_raw extra;
};

/* Wherever a file is named, it is by an asset's id (INT64_MIN: none) or by its stored path or media
 * URL (NULL: none). timeline_source_name() makes one name of the two. */

struct timeline_sfx {
    const char *name; /* "whoosh", ... or any label when a file is named */
    const char *path; /* an owned asset; none: the built-in sound called `name` */
    int64_t asset_id;
    double duration;  /* s; NAN: as long as the sound is */
    struct wire_raw extra;
};

/* What is seen of a source at a moment: `scale` times enlarged, centred on x, y. Between two of them
 * everything moves evenly; two at one time are a jump. */
struct timeline_crop {
    double time;  /* s, source time */
    double x, y;  /* 0..1, from the left and the top of the whole picture */
    double scale; /* >= 1 */
    struct wire_raw extra;
};

/* Under the whole film. */
struct timeline_music {
    int64_t asset_id;
    const char *path;
    double gain_db;           /* against its own level */
    double start;             /* s into the music */
    double fade_in, fade_out; /* s */
    int8_t loop;              /* 1: from the start again, at a bar line, when it is shorter */
    double duck_db;           /* how much lower while somebody speaks; 0: never */
    struct wire_raw extra;
};

/* A title or an image over the film. Times are the film's, not a source's. */
struct timeline_overlay {
    const char *text; /* NULL: an image */
    int64_t asset_id;
    const char *path;
    double start, end;        /* s of the film */
    double x, y;              /* 0..1: where its centre is */
    double width;             /* images: share of the frame's width; NAN: as many pixels as it has */
    double size;              /* text: height of its letters as a share of the frame's height */
    struct wire_raw style;    /* text: a caption style */
    double opacity;           /* 0..1 */
    double fade_in, fade_out; /* s */
    struct wire_raw extra;
};

/* Another picture in place of the main one, whose sound goes on. Times are the film's. */
struct timeline_broll {
    int64_t asset_id;
    const char *path;
    double start, end;       /* s of the film */
    double source_start;     /* s of the source */
    const char *fit;         /* NULL: as the film says */
    struct wire_list effects; /* struct wire_raw */
    struct wire_raw extra;
};

struct timeline_segment {
    const char *name;
    double start, end;         /* s, source time; end is exclusive */
    struct wire_list effects;  /* struct wire_raw: "zoom" or {"name":"zoom",...}, in order */
    struct wire_list beats;    /* double: source times of the beats inside, for front ends */
    struct wire_list captions; /* struct caption; empty: the film's captions, see below */
    struct timeline_sfx *sfx;  /* starts with the segment; NULL: none */
    const char *fit;           /* "crop", "blur", "pad"; NULL: as the film says */
    int64_t asset_id;          /* the source; INT64_MIN: the timeline's own asset */
    double volume;             /* 0..4 times as loud; NAN: 1 */
    struct wire_raw transition; /* from the segment before into this one; text NULL: a cut */
    struct wire_list crop;     /* struct timeline_crop; items NULL: as the film says */
    const char *reason;        /* why it is here, in words; NULL: nobody said */
    struct wire_raw extra;
};

struct timeline_asset {
    const char *path; /* stored path; never opened as such, see timeline_refs */
    const char *url;
    struct wire_raw extra;
};

struct timeline {
    struct timeline_asset *asset;
    struct wire_list beats;    /* double, s */
    double tempo;              /* beats a minute; NAN: none */
    struct wire_list captions; /* struct caption */
    struct wire_list segments; /* struct timeline_segment, play order */
    const char *template_name;
    const char *fit; /* for segments that do not say; NULL: "crop" */
    int64_t seed;    /* that the template was laid out with; INT64_MIN: none */
    const char *target_length; /* that it was laid out for: "full", seconds; NULL: the template's */
    struct wire_raw caption_style; /* text NULL: the default one */
    const char *safe_zone;         /* "universal", ...; NULL: that */
    struct timeline_music *music;  /* NULL: none */
    double loudness;               /* LUFS; 0: leave it alone; NAN: TIMELINE_LOUDNESS */
    struct wire_list overlays;     /* struct timeline_overlay, bottom to top */
    struct wire_list broll;        /* struct timeline_broll */
    struct wire_list crop;         /* struct timeline_crop, of the timeline's own asset */
    uint64_t present;
    struct wire_raw extra;
};

extern const struct wire_type wire_caption_word, wire_caption, wire_timeline_sfx,
    wire_timeline_crop, wire_timeline_music, wire_timeline_overlay, wire_timeline_broll,
    wire_timeline_segment, wire_timeline_asset, wire_timeline;

/* The body of POST /api/timeline/{id}. */
struct timeline_update {
    struct timeline *timeline;
};
extern const struct wire_type wire_timeline_update;

/* 24 MiB, 32 deep, 2,000,000 values: enough for the most segments and captions allowed. */
extern const struct wire_limits timeline_limits;

/* Reads a timeline, checking types, ranges and lengths. NULL: errs says why. root NULL: ["body"]
 */
struct timeline *timeline_parse(const char *text, size_t len, const struct wire_loc *root,
                                struct arena *a, struct wire_errors *errs);

/* The same for our own stored text and for files on the command line: first error in words. */
struct timeline *timeline_parse_trusted(const char *text, size_t len, struct arena *a,
                                        struct err *e);

/* Canonical text: fields in the guide's order, then unknown keys as they came. */
bool timeline_write(const struct timeline *tl, struct buf *out, struct err *e);

/* --- Checking against the asset ------------------------------------------------------------- */

struct timeline_facts {
    int64_t duration_ticks; /* of the asset */
    int64_t frame_ticks;    /* one frame, which an end may lie behind the duration; 0: no video */
};

enum timeline_ref {
    TIMELINE_REF_ASSET, /* asset.path or asset.url: must be this project's own asset */
    TIMELINE_REF_SOUND, /* sfx.path: an asset or built-in sound that the caller may use */
    TIMELINE_REF_SFX,   /* sfx.name without a file: a built-in sound */
    TIMELINE_REF_MEDIA  /* any other file, by its source name: an asset that the caller may use */
};

/* Tells whether a name in a timeline may be used. It must answer the same for "does not exist" and
 * "not yours". NULL in place of the struct refuses every asset and path, accepts every sfx name. */
struct timeline_refs {
    bool (*known)(void *user, enum timeline_ref what, const char *name);
    /* Facts of an asset that a segment is cut from, by its source name. May be NULL: then times of
     * such segments are not compared with it. False: not known. */
    bool (*facts)(void *user, const char *name, struct timeline_facts *out);
    void *user;
};

/* The contract's rules that types cannot say; every broken one is added to errs with its place:
 * 0 <= start < end <= duration (+ one frame), caption and word times the same, effects known with
 * parameters in range, the sums of segments and captions, names and paths by `refs`. */
bool timeline_check(const struct timeline *tl, const struct timeline_facts *facts,
                    const struct timeline_refs *refs, const struct wire_loc *root,
                    struct arena *a, struct wire_errors *errs);

/* --- Changing ------------------------------------------------------------------------------- */

/* What POST stores: `update` as it came (with its `present` bits) over `old` (NULL: nothing yet).
 * segments are the update's; every other key, unknown ones too, is the update's when it was present
 * (null included) and the old one's otherwise. Shares memory with both. NULL: no memory. */
struct timeline *timeline_merge(const struct timeline *old, const struct timeline *update,
                                struct arena *a);

/* An empty timeline: no segments, no beats, every optional field null. NULL: no memory. */
struct timeline *timeline_empty(struct arena *a);

/* Puts the asset's stored path and media URL in; keeps unknown keys of the old asset object. */
bool timeline_set_asset(struct timeline *tl, const char *path, const char *url, struct arena *a);

/* --- Reading -------------------------------------------------------------------------------- */

/* The captions that a segment shows, before cutting them to its range: its own list when it has
 * one, the film's otherwise. An empty list counts as none of its own, because front ends made for
 * the original send `"captions":[]` back for segments that never had any. */
const struct wire_list *timeline_captions_of(const struct timeline *tl,
                                             const struct timeline_segment *seg);

/* "crop", "blur" or "pad", never NULL. */
const char *timeline_fit_of(const struct timeline *tl, const struct timeline_segment *seg);

/* The name of a file in a timeline: "asset:7" for an id, else the path; NULL for neither (or without
 * memory). */
const char *timeline_source_name(int64_t asset_id, const char *path, struct arena *a);

/* The id in "asset:7"; 0: another name. */
int64_t timeline_source_id(const char *name);

/* What a file is used as. */
enum timeline_use {
    TIMELINE_USE_VIDEO = 1, /* a segment's or b-roll's picture, with its sound */
    TIMELINE_USE_SOUND = 2, /* sound effects */
    TIMELINE_USE_MUSIC = 4,
    TIMELINE_USE_IMAGE = 8, /* overlays */
    TIMELINE_USE_DATA = 16, /* what effects read: LUTs */
};

struct timeline_source {
    const char *name;
    unsigned uses;     /* enum timeline_use, together */
    const char *place; /* where it is named first, for messages: "segments[3].sfx" */
};

/* Every file that a timeline names besides its own asset, each once, in the order they are named. */
bool timeline_sources(const struct timeline *tl, struct arena *a, struct timeline_source **out,
                      size_t *count, struct err *e);

static inline const struct timeline_segment *timeline_segments(const struct timeline *tl)
{
    return (const struct timeline_segment *)tl->segments.items;
}

#endif
