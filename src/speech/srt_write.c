/* SPDX-License-Identifier: GPL-3.0-or-later
 * Writing SubRip. The format has no escapes: a blank line ends a cue and a line with "-->" begins
 * one, so text is changed where it would do either. */
#include "core/utf8.h"
#include "speech/srt.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static void write_time(struct buf *out, int64_t ms)
{
    buf_printf(out, "%02lld:%02d:%02d,%03d", (long long)(ms / 3600000), (int)(ms / 60000 % 60),
               (int)(ms / 1000 % 60), (int)(ms % 1000));
}

/* What readers of the format, and the line splitting of common languages, take for a line end. */
static bool is_line_end(uint32_t cp)
{
    return (cp >= 0x0a && cp <= 0x0d) || (cp >= 0x1c && cp <= 0x1e) || cp == 0x85 ||
           cp == 0x2028 || cp == 0x2029;
}

static bool is_blank(uint32_t cp)
{
    return cp == ' ' || cp == '\t' || cp == 0xa0 || cp == 0x3000 || cp == 0xfeff ||
           (cp >= 0x2000 && cp <= 0x200b);
}

/* Of what was written, not of what came: what is dropped in between would join "--" and ">". */
static void replace_arrow(struct buf *out, size_t line_at)
{
    if (out->len - line_at >= 3 && memcmp(out->data + out->len - 3, "-->", 3) == 0) {
        out->len -= 3;
        buf_adds(out, "\xe2\x86\x92");
    }
}

/* Writes the text's lines that show anything, each ended by '\n'. */
static void write_text(struct buf *out, const char *s)
{
    size_t n = strlen(s), line_at = out->len;
    bool shows = false;

    for (size_t i = 0, step; i < n; i += step) {
        uint32_t cp = 0xfffd;
        step = utf8_decode(s + i, n - i, &cp);
        if (!step) {
            step = 1;
            continue;
        }
        if (is_line_end(cp)) {
            if (shows)
                buf_addc(out, '\n');
            else
                out->len = line_at;
            line_at = out->len;
            shows = false;
        } else if (cp >= 0x20 || cp == '\t') {
            buf_add(out, s + i, step);
            shows = shows || !is_blank(cp);
            replace_arrow(out, line_at);
        }
    }
    if (shows)
        buf_addc(out, '\n');
    else
        out->len = line_at;
}

bool srt_write(const struct cue *cues, size_t count, struct buf *out)
{
    unsigned number = 1;
    for (size_t i = 0; i < count && !out->failed; i++) {
        int64_t start = llround(cues[i].start_s * 1000), end = llround(cues[i].end_s * 1000);
        size_t before = out->len;
        buf_printf(out, "%u\n", number);
        write_time(out, start);
        buf_adds(out, " --> ");
        write_time(out, end > start ? end : start + 1);
        buf_addc(out, '\n');
        size_t text_at = out->len;
        write_text(out, cues[i].text);
        if (out->len == text_at) { /* nothing to show */
            out->len = before;
            continue;
        }
        buf_addc(out, '\n');
        number++;
    }
    return !out->failed;
}
