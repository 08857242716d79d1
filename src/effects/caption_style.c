/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_style.c - the styles of captions.
 *
 * Every style is readable on white, on black and on what is busy: letters have an outline and a
 * shadow, or stand in a box.
 */
#include "effects/caption_style.h"

#include <string.h>

static const char *const motions[] = {"none", "pop", "sweep", "pill", "type", NULL};

#define AT(field) .offset = offsetof(struct caption_style, field)

const struct param caption_style_params[] = {
    {.name = "size", .kind = PARAM_NUMBER, .min = 16, .max = 400, .unit = "px",
     .help = "Size of the letters, in pixels of a frame 1080 wide.", AT(size)},
    {.name = "weight", .kind = PARAM_NUMBER, .min = 400, .max = 900, .unit = "",
     .help = "Thickness of the letters: 400 regular, 700 bold, 900 heavy.", AT(weight)},
    {.name = "uppercase", .kind = PARAM_BOOL, .max = 1, .unit = "",
     .help = "Capital letters only.", AT(uppercase)},
    {.name = "color", .kind = PARAM_COLOUR, .max = 0xffffff, .unit = "",
     .help = "Colour of the letters.", AT(color)},
    {.name = "active_color", .kind = PARAM_COLOUR, .max = 0xffffff, .unit = "",
     .help = "Colour of the word that is spoken.", AT(active_color)},
    {.name = "outline", .kind = PARAM_NUMBER, .min = 0, .max = 0.3, .unit = "em",
     .help = "Width of the line around the letters.", AT(outline)},
    {.name = "outline_color", .kind = PARAM_COLOUR, .max = 0xffffff, .unit = "",
     .help = "Colour of that line.", AT(outline_color)},
    {.name = "shadow", .kind = PARAM_NUMBER, .min = 0, .max = 1, .unit = "0..1",
     .help = "How dark the soft shadow is.", AT(shadow)},
    {.name = "box", .kind = PARAM_NUMBER, .min = 0, .max = 1, .unit = "0..1",
     .help = "How solid the box behind the lines is; 0: none.", AT(box)},
    {.name = "box_color", .kind = PARAM_COLOUR, .max = 0xffffff, .unit = "",
     .help = "Colour of the box behind the lines.", AT(box_color)},
    {.name = "pill", .kind = PARAM_NUMBER, .min = 0, .max = 1, .unit = "0..1",
     .help = "How solid the box behind the spoken word is (animation pill).", AT(pill)},
    {.name = "pill_color", .kind = PARAM_COLOUR, .max = 0xffffff, .unit = "",
     .help = "Colour of the box behind the spoken word.", AT(pill_color)},
    {.name = "radius", .kind = PARAM_NUMBER, .min = 0, .max = 1, .unit = "em",
     .help = "How round the corners of the boxes are.", AT(radius)},
    {.name = "animation", .kind = PARAM_CHOICE, .unit = "", .choices = motions,
     .help = "What the spoken word does.", AT(animation)},
    {.name = "active_scale", .kind = PARAM_NUMBER, .min = 1, .max = 1.5, .unit = "x",
     .help = "How large the spoken word grows (animation pop); less where its neighbours are near.",
     AT(active_scale)},
    {.name = "space", .kind = PARAM_NUMBER, .min = 0, .max = 1, .unit = "em",
     .help = "Room between words on top of the usual.", AT(space)},
    {.name = "lines", .kind = PARAM_NUMBER, .min = 1, .max = 2, .unit = "lines",
     .help = "Lines at once; what needs more is shown one after the other.", AT(lines)},
    {.name = "y", .kind = PARAM_NUMBER, .min = 0, .max = 1, .unit = "0..1",
     .help = "Centre of the lines from the top of the frame; 0: the usual place.", AT(y)},
    {0},
};

struct named_style {
    const char *name, *help;
    struct caption_style style;
};

static const struct named_style styles[] = {
    {.name = "clean",
     .help = "White letters with an outline and a soft shadow; nothing moves.",
     .style = {.size = 80,
               .weight = 700,
               .color = 0xffffff,
               .active_color = 0xffffff,
               .outline = 0.085,
               .outline_color = 0x141414,
               .shadow = 0.45,
               .radius = 0.2,
               .active_scale = 1,
               .lines = 2}},
    {.name = "bold_pop",
     .help = "Heavy capitals; the spoken word grows and turns yellow.",
     .style = {.size = 94,
               .weight = 900,
               .uppercase = 1,
               .color = 0xffffff,
               .active_color = 0xffe600,
               .outline = 0.11,
               .outline_color = 0x000000,
               .shadow = 0.6,
               .radius = 0.2,
               .animation = CAPTION_POP,
               .active_scale = 1.2,
               .space = 0.14,
               .lines = 2}},
    {.name = "karaoke",
     .help = "Colour runs through the words as they are spoken.",
     .style = {.size = 80,
               .weight = 800,
               .color = 0xffffff,
               .active_color = 0xffe600,
               .outline = 0.095,
               .outline_color = 0x101018,
               .shadow = 0.5,
               .radius = 0.2,
               .animation = CAPTION_SWEEP,
               .active_scale = 1,
               .lines = 2}},
    {.name = "word_highlight",
     .help = "A coloured box moves behind the spoken word.",
     .style = {.size = 80,
               .weight = 800,
               .color = 0xffffff,
               .active_color = 0xffffff,
               .outline = 0.07,
               .outline_color = 0x141414,
               .shadow = 0.5,
               .pill = 1,
               .pill_color = 0xe8352b,
               .radius = 0.18,
               .animation = CAPTION_PILL,
               .active_scale = 1,
               .space = 0.08,
               .lines = 2}},
    {.name = "box",
     .help = "White letters in a dark box.",
     .style = {.size = 64,
               .weight = 700,
               .color = 0xffffff,
               .active_color = 0xffffff,
               .outline_color = 0x000000,
               .box = 0.74,
               .box_color = 0x0b0b0f,
               .radius = 0.24,
               .active_scale = 1,
               .lines = 2}},
    {.name = "typewriter",
     .help = "Letters appear as the words are spoken.",
     .style = {.size = 68,
               .weight = 700,
               .color = 0xfff8e7,
               .active_color = 0xfff8e7,
               .outline = 0.08,
               .outline_color = 0x1a1712,
               .shadow = 0.6,
               .radius = 0.2,
               .animation = CAPTION_TYPE,
               .active_scale = 1,
               .lines = 2}},
    {.name = "minimal",
     .help = "Small, light letters with a soft shadow.",
     .style = {.size = 54,
               .weight = 400,
               .color = 0xffffff,
               .active_color = 0xffffff,
               .outline = 0.045,
               .outline_color = 0x202020,
               .shadow = 0.85,
               .radius = 0.2,
               .active_scale = 1,
               .lines = 2}},
};
#define STYLE_COUNT (sizeof styles / sizeof styles[0])

const char *caption_style_name(size_t i)
{
    return i < STYLE_COUNT ? styles[i].name : NULL;
}

const char *caption_style_help(size_t i)
{
    return i < STYLE_COUNT ? styles[i].help : NULL;
}

static const struct named_style *find_style(const char *name)
{
    for (size_t i = 0; i < STYLE_COUNT; i++)
        if (strcmp(styles[i].name, name) == 0)
            return &styles[i];
    return NULL;
}

const struct caption_style *caption_style_find(const char *name)
{
    const struct named_style *s = find_style(name);
    return s ? &s->style : NULL;
}

static bool find_thing(const char *name, struct param_thing *out)
{
    const struct named_style *s = find_style(name);
    if (!s)
        return false;
    *out = (struct param_thing){.name = s->name,
                                .params = caption_style_params,
                                .self_size = sizeof s->style,
                                .preset = &s->style,
                                .row = s};
    return true;
}

bool caption_style_parse(const char *json, size_t len, struct arena *a, struct caption_style *out,
                         struct err *e)
{
    static const struct param_kind_of kind = {
        .noun = "caption style", .find = find_thing, .name_at = caption_style_name};
    struct param_thing thing;
    const void *self;
    if (!json) {
        *out = styles[0].style;
        return true;
    }
    if (!param_read(&kind, json, len, a, &thing, &self, e))
        return false;
    *out = *(const struct caption_style *)self;
    return true;
}

void caption_style_canonical(const struct caption_style *s, struct buf *out)
{
    param_canonical("style", caption_style_params, s, out);
}
