/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/word_split.h"
#include "core/buf.h"
#include "core/utf8.h"
#include "nn/tokenizer.h"
#include "speech/languages.h"

#include <string.h>

static const char ascii_marks[] = "!\"'()*,-./:;<>?[\\]^_`{|}~";
static const char *const before_word[] = {"\"", "'", "“", "¿", "(", "[", "{", "-"};
static const char *const after_word[] = {"\"", "'", ".", "。", ",", "，", "!", "！", "?", "？",
                                         ":",  "：", "”", ")", "]", "}", "、"};

static bool without_spaces(int language)
{
    static const char *const codes[] = {"zh", "ja", "th", "lo", "my", "yue"};
    for (size_t i = 0; language >= 0 && i < sizeof codes / sizeof *codes; i++)
        if (strcmp(languages[language].code, codes[i]) == 0)
            return true;
    return false;
}

static const char *trim(const char *text, size_t *len)
{
    *len = strlen(text);
    while (*len > 0 && *text == ' ')
        text++, --*len;
    while (*len > 0 && text[*len - 1] == ' ')
        --*len;
    return text;
}

static bool is_one_of(const char *text, const char *const *marks, size_t count)
{
    size_t len;
    text = trim(text, &len);
    for (size_t i = 0; i < count; i++)
        if (strlen(marks[i]) == len && memcmp(marks[i], text, len) == 0)
            return true;
    return false;
}

/* Punctuation and nothing else, or blank: nobody says it. A percent sign is said. */
static bool is_mark(const char *text)
{
    size_t len;
    text = trim(text, &len);
    return strspn(text, ascii_marks) >= len ||
           is_one_of(text, after_word, sizeof after_word / sizeof *after_word) ||
           is_one_of(text, before_word, sizeof before_word / sizeof *before_word);
}

/* --- Characters ------------------------------------------------------------------------------- */

/* The bytes of tokens [first, first + n). */
static bool add_bytes(const struct words_ask *ask, int token, struct buf *bytes)
{
    size_t len;
    const char *piece = tokenizer_piece(ask->tokenizer, ask->text[token], &len);
    return buf_add(bytes, piece, len);
}

/* Tokens that together are whole characters; what never becomes any ends with the text. */
static bool next_characters(const struct words_ask *ask, int first, struct buf *bytes, int *count)
{
    buf_clear(bytes);
    for (*count = 1; first + *count <= ask->count; ++*count) {
        if (!add_bytes(ask, first + *count - 1, bytes))
            return false;
        if (utf8_valid(bytes->data, bytes->len))
            return true;
    }
    --*count;
    return true;
}

/* --- Words ------------------------------------------------------------------------------------ */

/* `next` stands right behind the word's tokens. */
static bool append(struct word *w, const struct word *next, struct arena *a)
{
    if (next->spoken_count > 0) {
        if (w->spoken_count == 0)
            w->spoken = next->spoken;
        w->spoken_count = next->spoken + next->spoken_count - w->spoken;
    }
    w->token_count += next->token_count;
    w->text = arena_printf(a, "%s%s", w->text, next->text);
    return w->text != NULL;
}

static bool make_words(const struct words_ask *ask, struct buf *bytes, struct arena *a,
                       struct words *out)
{
    bool spaces = !without_spaces(ask->language);
    for (int first = 0, count; first < ask->count; first += count) {
        if (!next_characters(ask, first, bytes, &count))
            return false;
        struct word w = {.text = arena_strndup(a, bytes->data ? bytes->data : "", bytes->len),
                         .first = first, .token_count = count, .spoken = first};
        if (!w.text)
            return false;
        w.spoken_count = is_mark(w.text) ? 0 : count;
        if (out->count == 0 || !spaces || w.text[0] == ' ')
            out->items[out->count++] = w;
        else if (!append(&out->items[out->count - 1], &w, a))
            return false;
    }
    return true;
}

#define IS_BEFORE(t) is_one_of(t, before_word, sizeof before_word / sizeof *before_word)
#define IS_AFTER(t) is_one_of(t, after_word, sizeof after_word / sizeof *after_word)

/* Marks that stand alone: an opening one goes to the word after it, others to the word before. */
static bool merge_marks(struct words *w, struct arena *a)
{
    size_t n = 0;
    bool open = false; /* the last word is an opening mark alone */
    for (size_t i = 0; i < w->count; i++) {
        const struct word *next = &w->items[i];
        bool closes = IS_AFTER(next->text) && next->text[0] != ' ';
        if (n > 0 && (open || closes)) {
            if (!append(&w->items[n - 1], next, a))
                return false;
            open = open && IS_BEFORE(next->text);
            continue;
        }
        open = IS_BEFORE(next->text);
        w->items[n++] = *next;
    }
    w->count = n;
    return true;
}

/* Where there is nothing but punctuation, that is the word. */
static void speak_marks(struct words *w)
{
    for (size_t i = 0; i < w->count; i++) {
        struct word *word = &w->items[i];
        if (word->spoken_count > 0)
            continue;
        word->spoken = word->first;
        word->spoken_count = word->token_count;
    }
}

bool words_split(const struct words_ask *ask, struct arena *a, struct words *out, struct err *e)
{
    struct buf bytes;
    *out = (struct words){arena_array(a, (size_t)ask->count + 1, sizeof *out->items), 0};
    buf_init(&bytes, 1 << 20);
    bool ok = out->items && make_words(ask, &bytes, a, out) && merge_marks(out, a);
    buf_finish(&bytes);
    speak_marks(out);
    return ok || err_set(e, ERR_NO_MEMORY, "no memory for words");
}
