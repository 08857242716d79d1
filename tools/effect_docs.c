/* SPDX-License-Identifier: GPL-3.0-or-later
 * effect_docs.c - the text of docs/effects.md.
 */
#include "effect_docs.h"

#include <string.h>

/* clang-format off */
const struct doc_still doc_stills[] = {
    {"zoom", false, "{\"name\":\"zoom\",\"amount\":1.8,\"x\":0.75,\"y\":0.3}", 3, {0, 1.2, 1.8, 3}, 4,
     "0, 1.2, 1.8 and 3 s of 3, amount 1.8 to x 0.75, y 0.3", NULL},
    {"punch_in", false, "{\"name\":\"punch_in\",\"amount\":1.35}", 3, {0, 0.033, 0.066, 0.133}, 4,
     "The first frames, amount 1.35",
     "With `on` beats or words the first event pushes in, and after `every` more it falls back, in turn."},
    {"beat_pulse", false, "{\"name\":\"beat_pulse\",\"amount\":1.25}", 3, {0.45, 0.5, 0.6, 0.75}, 4,
     "Before a beat at 0.5 s, on it, 0.1 s and 0.25 s after it; amount 1.25",
     "Needs beats, so a source with sound that was analysed, or a film with music; without them it does nothing."},
    {"shake", false, "{\"name\":\"shake\",\"amount\":60,\"on\":\"always\"}", 3, {0.1, 0.17, 0.24, 0.31}, 4,
     "Four moments, amount 60", "The picture is enlarged just as far as the shake goes, so no border shows."},
    {"mirror", false, "\"mirror\"", 3, {1}, 1, NULL, NULL},
    {"slowmo", false, "\"slowmo\"", 3, {0, 1, 2, 3}, 4, "At 0, 1, 2 and 3 s of film, factor 0.5", NULL},
    {"speed", false, "{\"name\":\"speed\",\"from\":0.25,\"to\":2}", 3, {0, 1, 2, 3}, 4,
     "At 0, 1, 2 and 3 s of film, from 0.25 to 2",
     "A ramp takes as long as its mean speed says. With easing E, whose area A is 1/2 for `cubic` and "
     "`linear`, 1/4 for `in`, 3/4 for `out`, the speed at share u of the film's time is "
     "`from + (to - from) E(u)` and its mean exactly `from + (to - from) A`."},
    {"freeze", false, "{\"name\":\"freeze\",\"at\":1,\"hold\":1.5}", 3, {0, 1, 2, 3}, 4,
     "At 0, 1, 2 and 3 s, held from 1 s for 1.5 s", NULL},
    {"reverse", false, "\"reverse\"", 3, {0, 1, 2, 3}, 4, "At 0, 1, 2 and 3 s", NULL},
    {"flash", false, "\"flash\"", 3, {0, 0.06, 0.09, 0.13}, 4, "The first frames", NULL},
    {"fade_in", false, "\"fade_in\"", 3, {0.05, 0.15, 0.3, 0.5}, 4, "At 0.05, 0.15, 0.3 and 0.5 s", NULL},
    {"fade_out", false, "{\"name\":\"fade_out\",\"color\":\"#ffffff\"}", 3, {2.5, 2.7, 2.85, 2.95}, 4,
     "The last half second, into white", NULL},
    {"blur", false, "{\"name\":\"blur\",\"ramp\":\"out\",\"radius\":0.04}", 2, {0, 0.7, 1, 1.6}, 4,
     "Coming into focus, radius 0.04", NULL},
    {"vignette", false, "{\"name\":\"vignette\",\"amount\":0.8}", 3, {1}, 1, "amount 0.8", NULL},
    {"grayscale", false, "\"grayscale\"", 3, {1}, 1, NULL, NULL},
    {"color", false, "{\"name\":\"color\",\"contrast\":1.15,\"saturation\":1.35,\"temperature\":-0.45}", 3, {1}, 1,
     "contrast 1.15, saturation 1.35, temperature -0.45", NULL},
    {"lut", false, "{\"name\":\"lut\",\"file\":\"teal-and-orange.cube\"}", 3, {1}, 1,
     "A table that takes shadows to teal and lights to orange",
     "Takes 1D tables of up to 65,536 points and 3D tables of up to 65 points each way, with DOMAIN_MIN and "
     "DOMAIN_MAX; a file with both kinds is refused. A file that cannot be read is refused with the number of "
     "its line."},
    {"rgb_split", false, "{\"name\":\"rgb_split\",\"amount\":0.025}", 3, {1}, 1, "amount 0.025",
     "Worked out on luma and chroma, exactly: the share of red in luma moves with red, that of blue with blue."},
    {"glitch", false, "{\"name\":\"glitch\",\"amount\":0.9}", 3, {0.2, 0.4, 0.6, 0.7}, 4,
     "Four moments, amount 0.9", NULL},
    {"film_grain", false, "{\"name\":\"film_grain\",\"amount\":0.6,\"size\":4}", 3, {1}, 1, "amount 0.6, size 4", NULL},
    {"letterbox", false, "\"letterbox\"", 3, {1}, 1, NULL, NULL},

    {"crossfade", true, "\"crossfade\"", 0, {0.15, 0.4, 0.6, 0.85}, 4, NULL, NULL},
    {"whip", true, "\"whip\"", 0, {0.25, 0.43, 0.57, 0.75}, 4, NULL, NULL},
    {"slide", true, "\"slide\"", 0, {0.25, 0.43, 0.57, 0.75}, 4, NULL, NULL},
    {"zoom_blur", true, "\"zoom_blur\"", 0, {0.2, 0.4, 0.6, 0.8}, 4, NULL, NULL},
    {"flash", true, "\"flash\"", 0, {0.25, 0.44, 0.6, 0.8}, 4, NULL, NULL},
    {"dip_to_black", true, "\"dip_to_black\"", 0, {0.15, 0.4, 0.6, 0.85}, 4, NULL, NULL},
    {0},
};
/* clang-format on */

static const struct doc_still *still_of(const char *name, bool is_transition, struct err *e)
{
    for (const struct doc_still *d = doc_stills; d->name; d++)
        if (d->is_transition == is_transition && strcmp(d->name, name) == 0)
            return d;
    err_set(e, ERR_INTERNAL, "%s has no row in doc_stills", name);
    return NULL;
}

static void write_range(const struct param *p, struct buf *out)
{
    switch (p->kind) {
    case PARAM_NUMBER:
        buf_printf(out, "%g to %g | %g", p->min, p->max, p->def);
        break;
    case PARAM_CHOICE:
        for (int i = 0; p->choices[i]; i++)
            buf_printf(out, "%s`%s`", i ? ", " : "", p->choices[i]);
        buf_printf(out, " | `%s`", p->choices[(int)p->def]);
        break;
    case PARAM_BOOL:
        buf_printf(out, "`true`, `false` | `%s`", p->def != 0 ? "true" : "false");
        break;
    case PARAM_COLOUR:
        buf_printf(out, "`#rrggbb` | `#%06x`", (unsigned)p->def);
        break;
    case PARAM_FILE:
        buf_adds(out, "a file | none");
        break;
    }
}

static void write_params(const struct param *params, struct buf *out)
{
    if (!params->name) {
        buf_adds(out, "No parameters.\n\n");
        return;
    }
    buf_adds(out, "| parameter | values | default | unit | |\n|---|---|---|---|---|\n");
    for (const struct param *p = params; p->name; p++) {
        buf_printf(out, "| `%s` | ", p->name);
        write_range(p, out);
        buf_printf(out, " | %s | %s |\n", p->unit, p->help);
    }
    buf_adds(out, "\n");
}

static bool write_thing(const char *name, const char *title, const char *help,
                        const struct param *params, bool is_transition, struct buf *out,
                        struct err *e)
{
    const struct doc_still *d = still_of(name, is_transition, e);
    if (!d)
        return false;
    buf_printf(out, "### %s\n\n`\"%s\"` - %s\n\n", title, name, help);
    buf_printf(out, "![%s](effects/%s%s.jpg)\n\n", title, is_transition ? "transition_" : "", name);
    if (d->caption)
        buf_printf(out, "%s\n\n", d->caption);
    write_params(params, out);
    if (d->note)
        buf_printf(out, "%s\n\n", d->note);
    return true;
}

static const char head[] =
    "<!-- SPDX-License-Identifier: GPL-3.0-or-later -->\n"
    "<!-- Written by `make effect-stills` out of the tables in src/effects; edit those. -->\n"
    "# Effects and transitions\n\n"
    "A segment's `effects` is a list of names or objects, a segment's `transition` one of them:\n\n"
    "```json\n"
    "{\"name\": \"hook\", \"start\": 2, \"end\": 5,\n"
    " \"effects\": [\"punch_in\", {\"name\": \"color\", \"saturation\": 1.2}],\n"
    " \"transition\": {\"name\": \"whip\", \"direction\": \"up\"}}\n"
    "```\n\n"
    "A name alone stands for all defaults. What is left out of an object has its default; an "
    "unknown\n"
    "name, an unknown parameter or a value outside of its range is refused with the list of what "
    "there\n"
    "is. Effects apply in the order of the list. All of them have the same bytes for the same "
    "timeline,\n"
    "on any machine. How to add one: [adding-an-effect.md](adding-an-effect.md).\n\n";

static const char middle[] =
    "## Transitions\n\n"
    "A transition leads from the segment before into its own. It lies centred on the cut, half of "
    "it\n"
    "on each side, and changes no length. `\"cut\"`, the default, is none.\n\n";

bool doc_page(struct buf *out, struct err *e)
{
    bool ok = true;
    buf_adds(out, head);
    buf_adds(out, "## Effects\n\n");
    for (const struct effect *const *p = effects; ok && *p; p++)
        ok = write_thing((*p)->name, (*p)->title, (*p)->help, (*p)->params, false, out, e);
    buf_adds(out, middle);
    for (const struct transition *const *p = transitions; ok && *p; p++)
        ok = write_thing((*p)->name, (*p)->title, (*p)->help, (*p)->params, true, out, e);
    return ok;
}
