/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/caption_file.h"

#include "core/utf8.h"
#include "speech/caption_parts.h"

#include <stdlib.h>
#include <strings.h>

static const char *const srt_aliases[] = {
    "text/srt",      "application/srt",        "application/x-srt",
    "text/x-subrip", "application/x-subtitle", NULL};
static const char *const vtt_aliases[] = {"text/webvtt", "application/vtt", NULL};
static const char *const ass_aliases[] = {
    "text/x-ass", "application/x-ass", "text/ass", "application/ass",
    "text/x-ssa", "application/x-ssa", NULL};

const struct caption_format caption_formats[] = {
    {.name = "srt",
     .title = "SubRip",
     .media_type = "application/x-subrip",
     .aliases = srt_aliases,
     .read = srt_read,
     .write = srt_write},
    {.name = "vtt",
     .title = "WebVTT",
     .media_type = "text/vtt",
     .aliases = vtt_aliases,
     .known = vtt_known,
     .read = vtt_read,
     .write = vtt_write},
    {.name = "ass",
     .title = "Advanced SubStation Alpha",
     .media_type = "text/x-ssa",
     .aliases = ass_aliases,
     .known = ass_known,
     .read = ass_read,
     .write = ass_write},
    {0},
};

const struct caption_format *caption_format_find(const char *name)
{
    for (const struct caption_format *f = caption_formats; f->name; f++)
        if (strcasecmp(f->name, name) == 0)
            return f;
    return NULL;
}

static bool same_type(const char *have, const char *want)
{
    size_t n = strlen(want);
    return strncasecmp(have, want, n) == 0 && strchr("; \t", have[n]);
}

const struct caption_format *caption_format_of_type(const char *media_type)
{
    for (const struct caption_format *f = caption_formats; f->name; f++) {
        if (same_type(media_type, f->media_type))
            return f;
        for (const char *const *alias = f->aliases; *alias; alias++)
            if (same_type(media_type, *alias))
                return f;
    }
    return NULL;
}

/* --- Encodings -------------------------------------------------------------------------------- */

/* The line that a byte stands in. */
static unsigned line_of(const char *text, size_t at)
{
    unsigned line = 1;
    for (size_t i = 0; i < at; i++)
        line += text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n');
    return line;
}

static const char *decode_utf16(const unsigned char *s, size_t len, bool big, size_t *text_len,
                                struct arena *a, struct err *e)
{
    size_t units = len / 2, n = 0;
    char *out = arena_alloc(a, 3 * units + 1); /* two units, 4 bytes, make one sign of 4 bytes */
    if (!out) {
        err_set(e, ERR_NO_MEMORY, "out of memory for %zu bytes of text", 3 * units);
        return NULL;
    }
    for (size_t i = 0; i < units; i++) {
        uint32_t cp = (uint32_t)(big ? s[2 * i] << 8 | s[2 * i + 1] : s[2 * i + 1] << 8 | s[2 * i]);
        if (cp >= 0xd800 && cp < 0xdc00 && i + 1 < units) {
            const unsigned char *l = s + 2 * i + 2;
            uint32_t low = (uint32_t)(big ? l[0] << 8 | l[1] : l[1] << 8 | l[0]);
            if (low >= 0xdc00 && low < 0xe000) {
                cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
                i++;
            }
        }
        size_t step = utf8_encode(cp, out + n);
        if (!step) {
            err_set(e, ERR_INVALID, "line %u: half of a character; the UTF-16 text is damaged",
                    line_of(out, n));
            return NULL;
        }
        n += step;
    }
    *text_len = n;
    return out;
}

static bool refuse_bytes(const char *text, size_t len, struct err *e)
{
    size_t at = 0;
    for (uint32_t cp; at < len && text[at];) {
        size_t step = utf8_decode(text + at, len - at, &cp);
        if (!step)
            break;
        at += step;
    }
    unsigned line = line_of(text, at), byte = (unsigned char)text[at];
    if (byte == 0)
        return err_set(e, ERR_INVALID,
                       "line %u: a zero byte; a caption file should be UTF-8 text (UTF-16 is read "
                       "when it begins with a byte order mark)",
                       line);
    return err_set(
        e, ERR_INVALID,
        "line %u: byte 0x%02X is not UTF-8; the file is perhaps in Latin-1 (Windows-1252) "
        "or another old encoding: save it as UTF-8",
        line, byte);
}

const char *caption_text_decode(const char *bytes, size_t len, size_t *text_len, struct arena *a,
                                struct err *e)
{
    const unsigned char *u = (const unsigned char *)bytes;
    const char *text = bytes;
    *text_len = len;
    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        *text_len -= 3;
    } else if (len >= 2 && ((u[0] == 0xff && u[1] == 0xfe) || (u[0] == 0xfe && u[1] == 0xff))) {
        text = decode_utf16(u + 2, len - 2, u[0] == 0xfe, text_len, a, e);
    }
    if (text && (!utf8_valid(text, *text_len) || memchr(text, 0, *text_len))) {
        refuse_bytes(text, *text_len, e);
        text = NULL;
    }
    return text;
}

/* --- Reading ---------------------------------------------------------------------------------- */

static int by_start(const void *x, const void *y)
{
    const struct cue *a = x, *b = y;
    if (a->start_s != b->start_s)
        return a->start_s < b->start_s ? -1 : 1;
    if (a->end_s != b->end_s)
        return a->end_s < b->end_s ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

static const struct caption_format *choose(const struct caption_format *hint, const char *text,
                                           size_t len)
{
    for (const struct caption_format *f = caption_formats; f->name; f++)
        if (f->known && f->known(text, len))
            return f;
    return hint ? hint : caption_formats;
}

bool caption_file_read(const struct caption_format *format, const char *bytes, size_t len,
                       struct arena *a, struct cues *out, struct err *e)
{
    bool ok = false;
    size_t text_len;
    *out = (struct cues){0};
    const char *text = caption_text_decode(bytes, len, &text_len, a, e);
    if (!text)
        return false;
    struct caption_reader r = {.at = text, .end = text + text_len, .arena = a};
    buf_init(&r.list, CAPTION_FILE_MAX_CUES * sizeof(struct cue));
    buf_init(&r.text, text_len + 16);
    buf_init(&r.marks, (text_len + 16) * sizeof(struct caption_mark));

    if (!choose(format, text, text_len)->read(&r, e))
        goto out;
    if (!r.list.len) {
        err_set(e, ERR_INVALID, "no captions in it; SubRip, WebVTT and ASS files are read");
        goto out;
    }
    out->count = r.list.len / sizeof *out->items;
    out->items = arena_array(a, out->count, sizeof *out->items);
    if (!out->items) {
        err_set(e, ERR_NO_MEMORY, "out of memory for %zu captions", out->count);
        goto out;
    }
    memcpy(out->items, r.list.data, r.list.len);
    qsort(out->items, out->count, sizeof *out->items, by_start);
    ok = true;

out:
    buf_finish(&r.marks);
    buf_finish(&r.text);
    buf_finish(&r.list);
    return ok;
}
