/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/hear.h"

#include "jobs/align.h"
#include "speech/caption_file.h"
#include "speech/caption_lines.h"
#include "speech/script.h"
#include "store/store.h"
#include "timeline/timeline.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ENGINE_CAPTIONS "captions" /* they came with the source, parted as somebody wanted it */

bool hear_check(const char *script, const char *captions, const char **key, struct arena *a,
                struct err *e)
{
    struct cues cues;
    struct script words;
    *key = "captions";
    if (captions && !caption_file_read(NULL, captions, strlen(captions), a, &cues, e))
        return false;
    *key = "script";
    return !script || script_from_text(script, strlen(script), a, &words, e);
}

/* --- Captions that came with the source ------------------------------------------------------- */

static bool words_of_cue(const struct cue *c, struct arena *a, struct wire_list *out)
{
    struct transcript_word *words = arena_array(a, c->word_count + 1, sizeof *words);
    for (size_t i = 0; words && i < c->word_count; i++)
        words[i] = (struct transcript_word){c->words[i].start_s, c->words[i].end_s,
                                            c->words[i].text, NAN};
    *out = (struct wire_list){words, c->word_count};
    return words != NULL;
}

/* As they are, with the times that they have. */
static struct transcript *transcript_of_cues(const struct cues *cues, struct arena *a)
{
    struct transcript *t = arena_alloc(a, sizeof *t);
    struct transcript_segment *s = arena_array(a, cues->count + 1, sizeof *s);
    struct buf text;
    bool ok = t && s;
    buf_init(&text, (size_t)64 << 20);
    for (size_t i = 0; ok && i < cues->count; i++) {
        const struct cue *c = &cues->items[i];
        s[i] = (struct transcript_segment){.id = (int64_t)i, .start = c->start_s, .end = c->end_s,
                                           .text = c->text, .avg_logprob = NAN,
                                           .no_speech_prob = NAN, .compression_ratio = NAN,
                                           .temperature = NAN};
        ok = words_of_cue(c, a, &s[i].words) && (i == 0 || buf_addc(&text, ' ')) &&
             buf_adds(&text, c->text);
    }
    if (ok)
        *t = (struct transcript){.engine = ENGINE_CAPTIONS, .language_probability = NAN,
                                 .duration = NAN,
                                 .text = arena_strndup(a, text.data ? text.data : "", text.len),
                                 .segments = {s, cues->count}};
    ok = ok && t->text;
    buf_finish(&text);
    return ok ? t : NULL;
}

/* --- The words' own times ----------------------------------------------------------------------- */

static void say(const struct hear_order *o, const char *what, const struct err *why)
{
    char line[700];
    snprintf(line, sizeof line, "%s: %s", what, why->msg);
    if (o->listen.log)
        o->listen.log(o->listen.user, line);
}

static bool align_words(const struct hear_order *o, struct arena *a, struct transcript **out,
                        struct err *e)
{
    const struct align_order order = {
        .fd = o->listen.fd, .script = o->captions ? NULL : o->script, .captions = o->captions,
        .wall_seconds = (int)o->listen.config->job_seconds, .cancel = o->listen.cancel,
        .on_progress = o->listen.progress, .user = o->listen.user,
    };
    if (!o->listen.asset->has_audio)
        return err_set(e, ERR_UNSUPPORTED, "the file has no sound");
    return align_run(&order, a, out, e);
}

/* Reasons why words cannot be found in a sound that is not broken. */
static bool is_forgiven(const struct err *why)
{
    return why->code == ERR_INVALID || why->code == ERR_UNAVAILABLE ||
           why->code == ERR_UNSUPPORTED;
}

static const char *next_word(const char **at, size_t *len)
{
    static const char blanks[] = " \t\r\n";
    const char *word = *at + strspn(*at, blanks);
    *len = strcspn(word, blanks);
    *at = word + *len;
    return *len ? word : NULL;
}

enum match { MATCH_NONE, MATCH_PART, MATCH_WHOLE };

/* Are the heard words those of the cue, all of them or some in their order? */
static enum match match_words(const char *cue, const struct transcript_segment *heard)
{
    const struct transcript_word *w = heard->words.items;
    size_t found = 0, all = 0, len;
    const char *word;
    while ((word = next_word(&cue, &len))) {
        all++;
        if (found < heard->words.count && strlen(w[found].word) == len &&
            memcmp(w[found].word, word, len) == 0)
            found++;
    }
    return found < heard->words.count ? MATCH_NONE : found == all ? MATCH_WHOLE : MATCH_PART;
}

/* A cue of which each word was heard is where it was heard; the others stay where they were. */
static void take_times(struct transcript *to, const struct transcript *heard)
{
    struct transcript_segment *cues = to->segments.items;
    const struct transcript_segment *s = heard->segments.items;
    size_t next = 0;
    for (size_t i = 0; i < to->segments.count && next < heard->segments.count; i++) {
        enum match match = match_words(cues[i].text, &s[next]);
        if (match == MATCH_WHOLE) {
            cues[i].words = s[next].words;
            cues[i].start = s[next].start;
            cues[i].end = s[next].end;
        }
        next += match != MATCH_NONE;
    }
}

static bool hear_captions(const struct hear_order *o, struct arena *a, struct heard *out,
                          struct err *e)
{
    struct cues cues;
    struct transcript *heard;
    struct err why = {0};
    if (!caption_file_read(NULL, o->captions, strlen(o->captions), a, &cues, e))
        return err_wrap(e, "captions");
    struct transcript *t = transcript_of_cues(&cues, a);
    if (!t)
        return err_set(e, ERR_NO_MEMORY, "no memory for the captions");
    if (align_words(o, a, &heard, &why))
        take_times(t, heard);
    else if (!is_forgiven(&why))
        return err_set(e, why.code, "%s", why.msg);
    else
        say(o, "The captions keep their own times", &why);
    return heard_transcript(t, a, out, e);
}

static bool hear_script(const struct hear_order *o, struct arena *a, struct heard *out,
                        struct err *e)
{
    struct transcript *t;
    struct err why = {0};
    if (align_words(o, a, &t, &why))
        return heard_transcript(t, a, out, e);
    if (!is_forgiven(&why))
        return err_set(e, why.code, "%s", why.msg);
    say(o, "The script was not found in the sound", &why);
    return heard_nothing(NULL, arena_strdup(a, why.msg), a, out, e);
}

bool hear(const struct hear_order *o, struct arena *a, struct heard *out, struct err *e)
{
    if (o->captions)
        return hear_captions(o, a, out, e);
    if (o->script)
        return hear_script(o, a, out, e);
    return transcribe_run(&o->listen, a, out, e);
}

/* --- Captions --------------------------------------------------------------------------------- */

static bool words_of_caption(const struct cue *c, struct arena *a, struct caption *out)
{
    struct caption_word *words = c->word_count ? arena_array(a, c->word_count, sizeof *words) : NULL;
    for (size_t i = 0; words && i < c->word_count; i++)
        words[i] = (struct caption_word){.text = c->words[i].text, .start = c->words[i].start_s,
                                         .end = c->words[i].end_s};
    out->words = (struct wire_list){words, words ? c->word_count : 0};
    return words || !c->word_count;
}

static struct cue_word *cue_words(const struct transcript_segment *s, struct arena *a)
{
    const struct transcript_word *w = s->words.items;
    struct cue_word *words = arena_array(a, s->words.count, sizeof *words);
    for (size_t i = 0; words && i < s->words.count; i++)
        words[i] = (struct cue_word){w[i].word, w[i].start, w[i].end};
    return words;
}

static bool whole_with_words(const struct transcript_segment *s, struct arena *a, struct cue *out)
{
    out->words = cue_words(s, a);
    out->word_count = s->words.count;
    return out->words != NULL;
}

/* Words that are known one by one are parted anew, so that each caption can be read in its time. */
static bool cues_of_words(const struct transcript *t, const struct transcript_segment *s,
                          struct arena *a, struct cues *out)
{
    const struct cue_word *words = cue_words(s, a);
    return words && caption_lines(words, s->words.count, caption_profile_find("subtitle"),
                                  t->language, a, out, NULL);
}

static bool add_segment(const struct transcript *t, const struct transcript_segment *s,
                        struct arena *a, struct buf *list)
{
    struct cue whole = {.start_s = s->start, .end_s = s->end, .text = s->text};
    struct cues cues = {&whole, 1};
    bool parted = strcmp(t->engine, ENGINE_CAPTIONS) == 0;
    if (s->words.count && !(parted ? whole_with_words(s, a, &whole) : cues_of_words(t, s, a, &cues)))
        return false;
    for (size_t i = 0; i < cues.count; i++) {
        const struct cue *c = &cues.items[i];
        struct caption caption = {.text = c->text, .start = c->start_s, .end = c->end_s};
        if (!(c->end_s > c->start_s))
            continue;
        if (!words_of_caption(c, a, &caption) || !buf_add(list, &caption, sizeof caption))
            return false;
    }
    return true;
}

bool captions_from_transcript(const struct transcript *t, struct arena *a, struct wire_list *out)
{
    const struct transcript_segment *s = t->segments.items;
    struct buf list;
    bool ok = true;
    *out = (struct wire_list){0};
    if (!t->engine || t->quality)
        return true;
    buf_init(&list, TIMELINE_MAX_CAPTIONS * sizeof(struct caption));
    for (size_t i = 0; ok && i < t->segments.count; i++)
        ok = add_segment(t, &s[i], a, &list);
    struct caption *items = ok ? arena_alloc(a, list.len + 1) : NULL;
    if (items && list.len)
        memcpy(items, list.data, list.len);
    if (items)
        *out = (struct wire_list){items, list.len / sizeof *items};
    buf_finish(&list);
    return items != NULL;
}
