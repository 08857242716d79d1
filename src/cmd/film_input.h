/* SPDX-License-Identifier: GPL-3.0-or-later
 * film_input.h - a timeline file on the command line and the media files it names.
 *
 * `aive render TIMELINE.json` takes the source that the timeline names, `aive render FILE
 * TIMELINE.json` another one in its place. Relative names in a timeline are meant from where its
 * file lies; "asset:7" and its like mean nothing without a server and are refused.
 */
#ifndef AIVE_CMD_FILM_INPUT_H
#define AIVE_CMD_FILM_INPUT_H

#include "cmd/cmd.h"
#include "jobs/film.h"

/* Options that all commands on films have; put FILM_OPTIONS(struct, member) into the table. */
struct film_options {
    const char *preset, *format, *title;
    bool no_watermark;
};
extern const char *const film_option_presets[], *const film_option_formats[];

#define FILM_OPTIONS(type, member)                                                                 \
    {.name = "preset", .kind = OPT_TEXT, .offset = offsetof(type, member.preset),                  \
     .choices = film_option_presets, .value = "NAME",                                              \
     .help = "draft, standard or high; --render-preset without it."},                              \
    {.name = "format", .kind = OPT_TEXT, .offset = offsetof(type, member.format),                  \
     .def = "vertical", .choices = film_option_formats, .value = "NAME",                           \
     .help = "vertical 1080x1920, square 1080x1080 or landscape 1920x1080."},                      \
    {.name = "title", .kind = OPT_TEXT, .offset = offsetof(type, member.title), .value = "TEXT",   \
     .help = "Title in the film's metadata."},                                                     \
    {.name = "no-watermark", .kind = OPT_BOOL, .offset = offsetof(type, member.no_watermark),      \
     .def = "false", .help = "Leave the watermark out."}

struct film_input {
    struct film_order order;
    struct film_source_file files[FILM_MAX_SOURCES];
    int count;
    struct film_job job; /* ready to be used */
};

/* Reads the command's words. Close it whatever this returned. */
bool film_input_load(struct cmd_context *c, const struct film_options *o, struct film_input *in,
                     struct err *e);
void film_input_close(struct film_input *in);

/* Findings (struct film_finding) in words on stderr, a line each. */
void film_findings_tell(const char *kind, const struct wire_list *findings);

#endif
