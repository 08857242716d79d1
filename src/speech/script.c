/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/script.h"

#include "core/utf8.h"
#include "speech/spoken.h"

#include <ctype.h>
#include <string.h>

#define ENGLISH_ONLY "only English can be aligned to its sound"

/* --- Words ------------------------------------------------------------------------------------ */

struct scan {
    struct arena *arena;
    struct script *out;
    size_t room;
    int segment;
    bool bracket;             /* within [...] */
    size_t latin, other;      /* letters */
    bool full, no_memory;
};

static void count_letters(struct scan *s, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t cp = 0;
        size_t n = utf8_decode(text + i, len - i, &cp);
        bool mark = (cp >= 0x2000 && cp < 0x2C00) || (cp >= 0x3000 && cp < 0x3040) ||
                    (cp >= 0xFE00 && cp < 0xFE10) || cp >= 0x1F000;
        s->latin += (cp < 0x80 && isalpha((int)cp)) || (cp >= 0xC0 && cp < 0x250);
        s->other += cp >= 0x250 && !mark;
        i += n ? n : 1;
    }
}

static void keep(struct scan *s, const char *text)
{
    if (s->out->count == s->room) {
        size_t room = s->room ? 2 * s->room : 256;
        struct script_word *more = arena_array(s->arena, room, sizeof *more);
        if (more && s->room)
            memcpy(more, s->out->words, s->room * sizeof *more);
        s->no_memory |= !more;
        s->out->words = more ? more : s->out->words;
        s->room = more ? room : s->room;
    }
    s->full |= s->out->count == SCRIPT_MAX_WORDS;
    if (!s->full && !s->no_memory)
        s->out->words[s->out->count++] = (struct script_word){text, s->segment};
}

/* A dash and the like, which nobody says, goes with the word before it. */
static void attach(struct scan *s, const char *text)
{
    struct script_word *last = s->out->count ? &s->out->words[s->out->count - 1] : NULL;
    if (!last || last->segment != s->segment || strcmp(text, "♪") == 0)
        return;
    const char *both = arena_printf(s->arena, "%s %s", last->text, text);
    s->no_memory |= !both;
    last->text = both ? both : last->text;
}

static void take_word(struct scan *s, const char *at, size_t len)
{
    if (*at == '[')
        s->bracket = true;
    if (s->bracket) {
        s->bracket = memchr(at, ']', len) == NULL;
        return;
    }
    const char *text = arena_strndup(s->arena, at, len);
    struct spoken_ways ways;
    if (!text) {
        s->no_memory = true;
        return;
    }
    count_letters(s, at, len);
    spoken_ways_of(text, &ways);
    if (ways.count)
        keep(s, text);
    else
        attach(s, text);
}

static bool ends_sentence(const char *at, size_t len)
{
    static const char *const not[] = {"Mr.", "Mrs.", "Ms.", "Dr.", "St.", "Prof.", "vs.", "Jr.",
                                      "Sr.", "e.g.", "i.e.", "Gen.", "Sen.", "Gov.", "Lt.", "Capt."};
    for (size_t i = 0; i < sizeof not / sizeof *not; i++)
        if (len == strlen(not[i]) && memcmp(at, not[i], len) == 0)
            return false;
    if (len == 2 && isupper((unsigned char)at[0])) /* an initial */
        return false;
    while (len && (strchr("\"')", at[len - 1]) || (unsigned char)at[len - 1] >= 0x80))
        len--;
    return len && strchr(".!?", at[len - 1]);
}

static void scan_text(struct scan *s, const char *text, size_t len, bool sentences)
{
    bool ended = false;
    int lines = 0;
    for (size_t i = 0; i < len;) {
        if (isspace((unsigned char)text[i]) || text[i] == '\0') {
            lines += text[i++] == '\n';
            continue;
        }
        size_t n = 1;
        while (i + n < len && text[i + n] && !isspace((unsigned char)text[i + n]))
            n++;
        if (sentences && (ended || lines > 1) && s->out->count &&
            s->out->words[s->out->count - 1].segment == s->segment)
            s->segment++;
        lines = 0;
        take_word(s, text + i, n);
        ended = ends_sentence(text + i, n);
        i += n;
    }
}

static bool check(const struct scan *s, struct err *e)
{
    if (s->no_memory)
        return err_set(e, ERR_NO_MEMORY, "no memory for the script");
    if (s->full)
        return err_set(e, ERR_TOO_LARGE, "the script has more than %d words", SCRIPT_MAX_WORDS);
    if (s->other > s->latin / 9)
        return err_set(e, ERR_INVALID, "the script is not in Latin letters: " ENGLISH_ONLY);
    if (s->out->count == 0)
        return err_set(e, ERR_INVALID, "the script has no words");
    return true;
}

bool script_from_text(const char *text, size_t len, struct arena *a, struct script *out,
                      struct err *e)
{
    struct scan s = {.arena = a, .out = out};
    *out = (struct script){0};
    if (!utf8_valid(text, len))
        return err_set(e, ERR_INVALID, "the script is not UTF-8 text");
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        len -= 3;
    }
    scan_text(&s, text, len, true);
    return check(&s, e);
}

bool script_from_cues(const struct cues *cues, struct arena *a, struct script *out, struct err *e)
{
    struct scan s = {.arena = a, .out = out};
    *out = (struct script){0};
    for (size_t i = 0; i < cues->count; i++) {
        s.segment = (int)i;
        s.bracket = false;
        scan_text(&s, cues->items[i].text, strlen(cues->items[i].text), false);
    }
    return check(&s, e);
}

/* --- English ---------------------------------------------------------------------------------- */

static bool is_common(const char *word)
{
    static const char *const common[] = {
        "the", "of", "and", "to", "it", "that", "for", "you", "with", "they", "be", "have", "this",
        "from", "by", "not", "but", "what", "were", "when", "your", "can", "there", "which", "she",
        "how", "their", "his", "my", "are", "or", "had", "our", "is", "was", "would", "about"};
    size_t n = strcspn(word, ".,;:!?\"");
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        if (strlen(common[i]) == n && strncasecmp(common[i], word, n) == 0)
            return true;
    return false;
}

/* Of English text a third or more are such common words and the dictionary lacks a few names; of
 * other languages it knows about half, as surnames and loans. */
bool script_is_english(const struct script *s, size_t known)
{
    size_t common = 0;
    for (size_t i = 0; i < s->count; i++)
        common += is_common(s->words[i].text);
    double n = (double)s->count;
    if (s->count < 8)
        return (double)known >= 0.3 * n || s->count < 3;
    return (double)common >= 0.12 * n || (double)known >= 0.93 * n;
}
