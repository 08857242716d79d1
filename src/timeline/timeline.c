/* SPDX-License-Identifier: GPL-3.0-or-later
 * The tables that describe a timeline, reading and writing it. */
#include "timeline/timeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_CHARS 200
#define TEXT_MAX_CHARS 2000
#define PATH_MAX_CHARS 1024
#define WORD_MAX_CHARS 200
#define WORDS_MAX 1000

const struct wire_limits timeline_limits = {
    .max_bytes = 24 << 20, .max_depth = 32, .max_values = 2000000};

static const char *const fits[] = {"crop", "blur", "pad", NULL};
static const char *const safe_zones[] = {"universal", "shorts", "tiktok", "reels", "none", NULL};

#define MUSIC_FADE_MAX 60
#define ID_MAX 9007199254740991.0

/* A file, named by either of two fields. */
#define FILE_FIELDS(struct_, help_) \
    {.name = "asset_id", .kind = WIRE_INT, .flags = WIRE_NULLABLE | WIRE_OMIT, .min = 1, \
     .max = ID_MAX, .offset = offsetof(struct_, asset_id), .help = help_ " by its id."}, \
    {.name = "path", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_OMIT, \
     .max = PATH_MAX_CHARS, .offset = offsetof(struct_, path), \
     .help = help_ " by its stored path or media URL."}
#define SHARE_FIELD(struct_, member, def_, help_) \
    {.name = #member, .kind = WIRE_NUMBER, .flags = WIRE_FINITE, .min = 0, .max = 1, .def = def_, \
     .offset = offsetof(struct_, member), .help = help_}
#define FADE_FIELD(struct_, member, def_, help_) \
    {.name = #member, .kind = WIRE_NUMBER, .flags = WIRE_FINITE, .min = 0, \
     .max = MUSIC_FADE_MAX, .def = def_, .offset = offsetof(struct_, member), .help = help_}

/* Every time in a timeline is a non-negative number of seconds; timeline_check compares it with the
 * asset. */
#define TIME_FIELD(struct_, member, help_) \
    {.name = #member, .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED | WIRE_FINITE, \
     .offset = offsetof(struct_, member), .min = 0, .max = TIMELINE_MAX_SECONDS, .help = (help_)}

static const struct wire_field caption_word_fields[] = {
    {.name = "text", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .max = WORD_MAX_CHARS,
     .offset = offsetof(struct caption_word, text), .help = "The word."},
    TIME_FIELD(struct caption_word, start, "When it begins, in seconds of the source."),
    TIME_FIELD(struct caption_word, end, "When it ends."),
    {0},
};
const struct wire_type wire_caption_word = {
    .name = "CaptionWord",
    .help = "One word of a caption with its own time.",
    .fields = caption_word_fields,
    .size = sizeof(struct caption_word),
    .extra_offset = offsetof(struct caption_word, extra),
};

static const struct wire_field caption_fields[] = {
    {.name = "text", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .max = TEXT_MAX_CHARS,
     .offset = offsetof(struct caption, text), .help = "What is said.",
     .example = "\"Hello world\""},
    TIME_FIELD(struct caption, start, "When it appears, in seconds of the source."),
    TIME_FIELD(struct caption, end, "When it disappears."),
    {.name = "words", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_caption_word,
     .flags = WIRE_NULLABLE | WIRE_OMIT, .max = WORDS_MAX,
     .offset = offsetof(struct caption, words), .help = "Times of the single words, where known."},
    {.name = "style", .kind = WIRE_JSON, .flags = WIRE_NULLABLE | WIRE_OMIT,
     .offset = offsetof(struct caption, style),
     .help = "How it looks: a style's name, or an object with a name and parameters; null: as the "
             "film says."},
    {0},
};
const struct wire_type wire_caption = {
    .name = "CaptionSegment",
    .help = "A captioned stretch of the source.",
    .fields = caption_fields,
    .size = sizeof(struct caption),
    .extra_offset = offsetof(struct caption, extra),
};

static const struct wire_field sfx_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .max = NAME_MAX_CHARS,
     .offset = offsetof(struct timeline_sfx, name),
     .help = "A built-in sound, or a label for path.", .example = "\"whoosh\""},
    {.name = "path", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .max = PATH_MAX_CHARS,
     .offset = offsetof(struct timeline_sfx, path),
     .help = "An asset of yours to play instead: its stored path or media URL."},
    {.name = "duration", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE | WIRE_FINITE, .min = 0,
     .max = TIMELINE_MAX_SECONDS, .exclusive_min = true,
     .offset = offsetof(struct timeline_sfx, duration),
     .help = "Seconds to play of it; null: all of it."},
    {.name = "asset_id", .kind = WIRE_INT, .flags = WIRE_NULLABLE | WIRE_OMIT, .min = 1,
     .max = ID_MAX, .offset = offsetof(struct timeline_sfx, asset_id),
     .help = "The same by the asset's id."},
    {0},
};
const struct wire_type wire_timeline_sfx = {
    .name = "SFX",
    .help = "A sound effect that starts with its segment.",
    .fields = sfx_fields,
    .size = sizeof(struct timeline_sfx),
    .extra_offset = offsetof(struct timeline_sfx, extra),
};

static const struct wire_field crop_fields[] = {
    TIME_FIELD(struct timeline_crop, time, "When, in seconds of the source."),
    SHARE_FIELD(struct timeline_crop, x, "0.5", "Centre of what is seen, from the left."),
    SHARE_FIELD(struct timeline_crop, y, "0.5", "Centre of what is seen, from the top."),
    {.name = "scale", .kind = WIRE_NUMBER, .flags = WIRE_FINITE, .min = 1, .max = 16, .def = "1",
     .offset = offsetof(struct timeline_crop, scale), .help = "How many times it is enlarged."},
    {0},
};
const struct wire_type wire_timeline_crop = {
    .name = "CropKeyframe",
    .help = "What is seen of a source at a moment; it moves evenly to the next one.",
    .fields = crop_fields,
    .size = sizeof(struct timeline_crop),
    .extra_offset = offsetof(struct timeline_crop, extra),
};

static const struct wire_field music_fields[] = {
    FILE_FIELDS(struct timeline_music, "The music, an asset of yours,"),
    {.name = "gain_db", .kind = WIRE_NUMBER, .flags = WIRE_FINITE, .min = -60, .max = 12,
     .def = "-12", .offset = offsetof(struct timeline_music, gain_db),
     .help = "Decibels louder (below 0: softer) than it is."},
    {.name = "start", .kind = WIRE_NUMBER, .flags = WIRE_FINITE, .min = 0,
     .max = TIMELINE_MAX_SECONDS, .def = "0", .offset = offsetof(struct timeline_music, start),
     .help = "Where in the music the film begins, in seconds."},
    FADE_FIELD(struct timeline_music, fade_in, "0.5", "Seconds to fade in."),
    FADE_FIELD(struct timeline_music, fade_out, "1.5", "Seconds to fade out."),
    {.name = "loop", .kind = WIRE_BOOL, .def = "true", .offset = offsetof(struct timeline_music, loop),
     .help = "Begin again, at a bar line, when it is shorter than the film."},
    {.name = "duck_db", .kind = WIRE_NUMBER, .flags = WIRE_FINITE, .min = -60, .max = 0,
     .def = "-12", .offset = offsetof(struct timeline_music, duck_db),
     .help = "Decibels softer while somebody speaks; 0: never."},
    {0},
};
const struct wire_type wire_timeline_music = {
    .name = "Music",
    .help = "Music under the whole film.",
    .fields = music_fields,
    .size = sizeof(struct timeline_music),
    .extra_offset = offsetof(struct timeline_music, extra),
};

static const struct wire_field overlay_fields[] = {
    {.name = "text", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_OMIT, .max = TEXT_MAX_CHARS,
     .offset = offsetof(struct timeline_overlay, text), .help = "The title; null: an image."},
    FILE_FIELDS(struct timeline_overlay, "The image, an asset of yours,"),
    TIME_FIELD(struct timeline_overlay, start, "When it appears, in seconds of the film."),
    TIME_FIELD(struct timeline_overlay, end, "When it disappears, in seconds of the film."),
    SHARE_FIELD(struct timeline_overlay, x, "0.5", "Its centre, from the left: 0 to 1."),
    SHARE_FIELD(struct timeline_overlay, y, "0.5", "Its centre, from the top: 0 to 1."),
    {.name = "width", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE | WIRE_FINITE | WIRE_OMIT,
     .min = 0.01, .max = 2, .offset = offsetof(struct timeline_overlay, width),
     .help = "Width of an image as a share of the frame's; null: one pixel of it is one of the "
             "film."},
    {.name = "size", .kind = WIRE_NUMBER, .flags = WIRE_FINITE, .min = 0.005, .max = 0.5,
     .def = "0.05", .offset = offsetof(struct timeline_overlay, size),
     .help = "Height of letters as a share of the frame's."},
    {.name = "style", .kind = WIRE_JSON, .flags = WIRE_NULLABLE | WIRE_OMIT,
     .offset = offsetof(struct timeline_overlay, style),
     .help = "How text looks: a caption style's name, or an object with a name and parameters."},
    SHARE_FIELD(struct timeline_overlay, opacity, "1", "How solid it is: 0 to 1."),
    FADE_FIELD(struct timeline_overlay, fade_in, "0", "Seconds to fade in."),
    FADE_FIELD(struct timeline_overlay, fade_out, "0", "Seconds to fade out."),
    {0},
};
const struct wire_type wire_timeline_overlay = {
    .name = "Overlay",
    .help = "A title or an image over the film.",
    .fields = overlay_fields,
    .size = sizeof(struct timeline_overlay),
    .extra_offset = offsetof(struct timeline_overlay, extra),
};

static const struct wire_field broll_fields[] = {
    FILE_FIELDS(struct timeline_broll, "The picture, an asset of yours,"),
    TIME_FIELD(struct timeline_broll, start, "When it appears, in seconds of the film."),
    TIME_FIELD(struct timeline_broll, end, "When the main picture is back, in seconds of the film."),
    {.name = "source_start", .kind = WIRE_NUMBER, .flags = WIRE_FINITE, .min = 0,
     .max = TIMELINE_MAX_SECONDS, .def = "0", .offset = offsetof(struct timeline_broll, source_start),
     .help = "Where in the asset it begins, in seconds."},
    {.name = "fit", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_OMIT, .choices = fits,
     .offset = offsetof(struct timeline_broll, fit),
     .help = "How the picture fills the frame; null: as the film says."},
    {.name = "effects", .kind = WIRE_LIST, .item = WIRE_JSON, .max = TIMELINE_MAX_EFFECTS,
     .def = "[]", .offset = offsetof(struct timeline_broll, effects),
     .help = "Names of effects, or objects with a name and parameters."},
    {0},
};
const struct wire_type wire_timeline_broll = {
    .name = "BRoll",
    .help = "Another picture in place of the main one, over the main sound.",
    .fields = broll_fields,
    .size = sizeof(struct timeline_broll),
    .extra_offset = offsetof(struct timeline_broll, extra),
};

static const struct wire_field segment_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .max = NAME_MAX_CHARS,
     .offset = offsetof(struct timeline_segment, name), .help = "A label.",
     .example = "\"intro\""},
    TIME_FIELD(struct timeline_segment, start, "First instant of the source that is shown."),
    TIME_FIELD(struct timeline_segment, end, "The instant of the source where the segment stops."),
    {.name = "effects", .kind = WIRE_LIST, .item = WIRE_JSON, .max = TIMELINE_MAX_EFFECTS,
     .def = "[]", .offset = offsetof(struct timeline_segment, effects),
     .help = "Names of effects, or objects with a name and parameters.",
     .example = "[\"zoom\",\"slowmo\"]"},
    {.name = "beats", .kind = WIRE_LIST, .item = WIRE_NUMBER, .max = TIMELINE_MAX_CAPTIONS,
     .def = "[]", .offset = offsetof(struct timeline_segment, beats),
     .help = "Beats inside the segment, in seconds of the source."},
    {.name = "captions", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_caption,
     .max = TIMELINE_MAX_CAPTIONS, .def = "[]",
     .offset = offsetof(struct timeline_segment, captions),
     .help = "Captions of this segment; when empty, those of the film that fall inside it."},
    {.name = "sfx", .kind = WIRE_OBJECT, .type = &wire_timeline_sfx, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct timeline_segment, sfx), .help = "A sound that starts with it."},
    {.name = "fit", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_OMIT, .choices = fits,
     .offset = offsetof(struct timeline_segment, fit),
     .help = "How the picture fills the frame; null: as the film says."},
    {.name = "asset_id", .kind = WIRE_INT, .flags = WIRE_NULLABLE | WIRE_OMIT, .min = 1,
     .max = ID_MAX, .offset = offsetof(struct timeline_segment, asset_id),
     .help = "The asset it is cut from; null: the timeline's own."},
    {.name = "volume", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE | WIRE_FINITE | WIRE_OMIT,
     .min = 0, .max = 4, .offset = offsetof(struct timeline_segment, volume),
     .help = "How many times as loud; null: 1."},
    {.name = "transition", .kind = WIRE_JSON, .flags = WIRE_NULLABLE | WIRE_OMIT,
     .offset = offsetof(struct timeline_segment, transition),
     .help = "How the segment before gives way to this one: a transition's name, or an object with "
             "a name and parameters; null: a cut.", .example = "\"crossfade\""},
    {.name = "crop", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_timeline_crop,
     .flags = WIRE_NULLABLE | WIRE_OMIT, .max = TIMELINE_MAX_CROP,
     .offset = offsetof(struct timeline_segment, crop),
     .help = "What is seen of the picture, as keyframes; null: as the film says."},
    {.name = "reason", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_OMIT,
     .max = TEXT_MAX_CHARS, .offset = offsetof(struct timeline_segment, reason),
     .help = "Why the segment is here, in words."},
    {0},
};
const struct wire_type wire_timeline_segment = {
    .name = "TimelineSegment",
    .help = "A stretch of the source, with what is done to it.",
    .fields = segment_fields,
    .size = sizeof(struct timeline_segment),
    .extra_offset = offsetof(struct timeline_segment, extra),
};

static const struct wire_field asset_fields[] = {
    {.name = "path", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .max = PATH_MAX_CHARS,
     .offset = offsetof(struct timeline_asset, path), .help = "Stored path of the source."},
    {.name = "url", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .max = PATH_MAX_CHARS,
     .offset = offsetof(struct timeline_asset, url), .help = "Where a browser finds it."},
    {0},
};
const struct wire_type wire_timeline_asset = {
    .name = "TimelineAsset",
    .help = "The source that a timeline is cut from.",
    .fields = asset_fields,
    .size = sizeof(struct timeline_asset),
    .extra_offset = offsetof(struct timeline_asset, extra),
};

static const struct wire_field timeline_fields[] = {
    {.name = "asset", .kind = WIRE_OBJECT, .type = &wire_timeline_asset, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct timeline, asset), .help = "The source; set by the server."},
    {.name = "beats", .kind = WIRE_LIST, .item = WIRE_NUMBER, .flags = WIRE_NULLABLE,
     .max = TIMELINE_MAX_CAPTIONS, .def = "[]", .offset = offsetof(struct timeline, beats),
     .help = "Beats of the source, in seconds."},
    {.name = "tempo", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE | WIRE_FINITE, .min = 0,
     .max = 1000, .offset = offsetof(struct timeline, tempo), .help = "Beats a minute."},
    {.name = "captions", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_caption,
     .flags = WIRE_NULLABLE, .max = TIMELINE_MAX_CAPTIONS, .def = "[]",
     .offset = offsetof(struct timeline, captions), .help = "Captions of the whole source."},
    {.name = "segments", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_timeline_segment,
     .flags = WIRE_REQUIRED, .max = TIMELINE_MAX_SEGMENTS,
     .offset = offsetof(struct timeline, segments), .help = "What is played, in play order."},
    {.name = "template_name", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .max = NAME_MAX_CHARS,
     .offset = offsetof(struct timeline, template_name),
     .help = "The template that laid it out."},
    {.name = "fit", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_OMIT, .choices = fits,
     .offset = offsetof(struct timeline, fit),
     .help = "How pictures fill the frame: crop (default), blur (blurred fill), pad."},
    {.name = "seed", .kind = WIRE_INT, .flags = WIRE_NULLABLE | WIRE_OMIT, .min = 0,
     .max = 9007199254740991.0, .offset = offsetof(struct timeline, seed),
     .help = "What the template's choices were drawn with."},
    {.name = "target_length", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_OMIT,
     .max = NAME_MAX_CHARS, .offset = offsetof(struct timeline, target_length),
     .help = "The length that it was laid out for: \"full\", or seconds; null: the template's."},
    {.name = "caption_style", .kind = WIRE_JSON, .flags = WIRE_NULLABLE | WIRE_OMIT,
     .offset = offsetof(struct timeline, caption_style),
     .help = "How captions look: a style's name, or an object with a name and parameters.",
     .example = "\"bold_pop\""},
    {.name = "safe_zone", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_OMIT,
     .choices = safe_zones, .offset = offsetof(struct timeline, safe_zone),
     .help = "Where captions stay clear of a platform's own buttons; null: universal."},
    {.name = "music", .kind = WIRE_OBJECT, .type = &wire_timeline_music,
     .flags = WIRE_NULLABLE | WIRE_OMIT, .offset = offsetof(struct timeline, music),
     .help = "Music under the whole film."},
    {.name = "loudness", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE | WIRE_FINITE | WIRE_OMIT,
     .min = -40, .max = 0, .offset = offsetof(struct timeline, loudness),
     .help = "Loudness of the film in LUFS; 0: left as it is; null: -14."},
    {.name = "overlays", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_timeline_overlay,
     .flags = WIRE_NULLABLE | WIRE_OMIT, .max = TIMELINE_MAX_OVERLAYS,
     .offset = offsetof(struct timeline, overlays), .help = "Titles and images, bottom to top."},
    {.name = "broll", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_timeline_broll,
     .flags = WIRE_NULLABLE | WIRE_OMIT, .max = TIMELINE_MAX_BROLL,
     .offset = offsetof(struct timeline, broll),
     .help = "Pictures shown in place of the main one."},
    {.name = "crop", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_timeline_crop,
     .flags = WIRE_NULLABLE | WIRE_OMIT, .max = TIMELINE_MAX_CROP,
     .offset = offsetof(struct timeline, crop),
     .help = "What is seen of the timeline's own asset, as keyframes."},
    {0},
};
const struct wire_type wire_timeline = {
    .name = "TimelineData",
    .help = "The document that a film is made from.",
    .fields = timeline_fields,
    .size = sizeof(struct timeline),
    .present_offset = offsetof(struct timeline, present),
    .extra_offset = offsetof(struct timeline, extra),
};

static const struct wire_field update_fields[] = {
    {.name = "timeline", .kind = WIRE_OBJECT, .type = &wire_timeline, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct timeline_update, timeline),
     .help = "Segments replace the old ones; other fields keep their value when left out."},
    {0},
};
const struct wire_type wire_timeline_update = {
    .name = "TimelineUpdate",
    .help = "A change of a project's timeline.",
    .fields = update_fields,
    .size = sizeof(struct timeline_update),
};

struct timeline *timeline_parse(const char *text, size_t len, const struct wire_loc *root,
                                struct arena *a, struct wire_errors *errs)
{
    return wire_read(&wire_timeline, text, len, &timeline_limits, root, a, errs);
}

struct timeline *timeline_parse_trusted(const char *text, size_t len, struct arena *a,
                                        struct err *e)
{
    return wire_read_trusted(&wire_timeline, text, len, a, e);
}

bool timeline_write(const struct timeline *tl, struct buf *out, struct err *e)
{
    wire_write(&wire_timeline, tl, out);
    if (out->failed)
        return buf_err(out, ERR_TOO_LARGE, "the timeline is too large to be stored", e);
    return true;
}

struct timeline *timeline_empty(struct arena *a)
{
    struct timeline *tl = arena_alloc(a, sizeof *tl);
    if (!tl || !wire_defaults(&wire_timeline, tl, a))
        return NULL;
    tl->segments.items = arena_alloc(a, 1); /* "no segments", not "null" */
    return tl->segments.items ? tl : NULL;
}

const struct wire_list *timeline_captions_of(const struct timeline *tl,
                                             const struct timeline_segment *seg)
{
    return seg->captions.count ? &seg->captions : &tl->captions;
}

const char *timeline_fit_of(const struct timeline *tl, const struct timeline_segment *seg)
{
    if (seg->fit)
        return seg->fit;
    return tl->fit ? tl->fit : "crop";
}
