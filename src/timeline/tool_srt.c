/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_srt: captions as a SubRip text. */
#include "timeline/tools.h"

#include "core/json.h"
#include "speech/caption_file.h"
#include "timeline/timeline.h"

#include <stddef.h>

static const struct wire_field args_fields[] = {
    {.name = "segments", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_caption,
     .flags = WIRE_REQUIRED, .max = TIMELINE_MAX_CAPTIONS,
     .offset = offsetof(struct caption_srt_args, segments), .help = "The captions."},
    {0},
};
const struct wire_type wire_caption_srt_args = {.name = "CaptionSrtArgs", .fields = args_fields,
    .help = "Arguments of caption_srt.", .size = sizeof(struct caption_srt_args)};

static const struct wire_field result_fields[] = {
    {.name = "srt", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct caption_srt_result, srt), .help = "The SubRip file's text."},
    {0},
};
const struct wire_type wire_caption_srt_result = {.name = "CaptionSrtResult",
    .fields = result_fields, .help = "Result of caption_srt.",
    .size = sizeof(struct caption_srt_result)};

static bool check_order(const struct caption *caps, size_t count, const struct wire_loc *loc,
                        struct wire_errors *errs)
{
    bool ok = true;
    struct wire_loc list = {.up = loc, .key = "segments"};
    for (size_t i = 0; i < count; i++) {
        if (caps[i].end > caps[i].start)
            continue;
        struct wire_loc item = {.up = &list, .index = i}, at = {.up = &item, .key = "end"};
        struct buf input;
        buf_init(&input, 64);
        json_write_number(&input, caps[i].end);
        ok = wire_error(errs, &at, "value_error", input.data, input.len, "{\"error\":{}}",
                        "Value error, a caption should end after its start");
        buf_finish(&input);
    }
    return ok;
}

bool tool_caption_srt(const struct caption_srt_args *args, struct caption_srt_result *out,
                      const struct wire_loc *loc, struct arena *a, struct wire_errors *errs)
{
    const struct caption *caps = args->segments.items;
    size_t count = args->segments.count;
    if (!check_order(caps, count, loc, errs))
        return false;

    struct buf text;
    buf_init(&text, a->max);
    struct cue *cues = arena_array(a, count + 1, sizeof *cues);
    for (size_t i = 0; cues && i < count; i++)
        cues[i] = (struct cue){
            .start_s = caps[i].start, .end_s = caps[i].end, .text = caps[i].text};
    out->srt = NULL;
    if (cues && caption_format_find("srt")->write(cues, count, &text))
        out->srt = arena_strndup(a, text.len ? text.data : "", text.len);
    buf_finish(&text);
    return out->srt || wire_error(errs, loc, "too_large", NULL, 0, NULL, "Too many captions");
}
