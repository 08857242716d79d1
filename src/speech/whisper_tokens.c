/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/whisper_tokens.h"
#include "core/wire.h"
#include "nn/tokenizer.h"
#include "nn/weights.h"
#include "speech/alignment_heads.h"
#include "speech/languages.h"

#include <stdio.h>
#include <string.h>

/* --- generation_config.json ------------------------------------------------------------------- */

struct generation {
    int64_t eot, sot, no_times, start_of_prev;
    int8_t multilingual;
    struct wire_list suppress; /* int64_t */
    struct wire_raw heads;     /* [[layer, head], ...] */
};

#define AT(member) .offset = offsetof(struct generation, member)
/* clang-format off */
static const struct wire_field generation_fields[] = {
    {.name = "eos_token_id", .kind = WIRE_INT, .flags = WIRE_NULLABLE, AT(eot)},
    {.name = "decoder_start_token_id", .kind = WIRE_INT, .flags = WIRE_NULLABLE, AT(sot)},
    {.name = "no_timestamps_token_id", .kind = WIRE_INT, .flags = WIRE_NULLABLE, AT(no_times)},
    {.name = "prev_sot_token_id", .kind = WIRE_INT, .flags = WIRE_NULLABLE, AT(start_of_prev)},
    {.name = "is_multilingual", .kind = WIRE_BOOL, .flags = WIRE_NULLABLE, AT(multilingual)},
    {.name = "suppress_tokens", .kind = WIRE_LIST, .item = WIRE_INT, .flags = WIRE_NULLABLE, AT(suppress)},
    {.name = "alignment_heads", .kind = WIRE_JSON, .flags = WIRE_NULLABLE, AT(heads)},
    {0},
};
/* clang-format on */
static const struct wire_type generation_type = {
    .name = "GenerationConfig", .fields = generation_fields, .size = sizeof(struct generation)};

static const struct generation *read_generation(const char *text, size_t len, struct arena *a,
                                                struct err *e)
{
    static const char nothing[] = "{}";
    struct wire_errors errs = {0};
    const struct generation *g =
        wire_read(&generation_type, text ? text : nothing, text ? len : strlen(nothing),
                  &wire_default_limits, NULL, a, &errs);
    if (!g) {
        wire_errors_to_err(&errs, e);
        err_wrap(e, "generation_config.json");
    }
    wire_errors_finish(&errs);
    return g;
}

/* --- Special tokens --------------------------------------------------------------------------- */

/* The first of: what the configuration says, the token of that name, what follows from the order. */
static int32_t choose(const struct whisper_tokens *o, int64_t said, const struct tokenizer *t,
                      const char *name, int64_t by_order)
{
    int32_t named = name ? tokenizer_id(t, name) : -1;
    int64_t id = said != INT64_MIN ? said : named >= 0 ? named : by_order;
    return id >= 0 && id < o->vocab ? (int32_t)id : -1;
}

/* Where the text ends in OpenAI's order. English-only files count <|endoftext|> among the text. */
static int32_t end_of_text(int32_t vocab, const struct ggml_head *ggml)
{
    if (vocab == 51864)
        return 50256;
    return ggml ? (int32_t)ggml->token_count : vocab > 51865 ? 50257 : vocab - TIMES - 107;
}

static bool find_specials(struct whisper_tokens *o, const struct generation *g,
                          const struct tokenizer *t, const struct ggml_head *ggml, struct err *e)
{
    o->eot = choose(o, g->eot, t, "<|endoftext|>", end_of_text(o->vocab, ggml));
    o->sot = choose(o, g->sot, t, "<|startoftranscript|>", o->eot + 1);
    o->first_language = choose(o, INT64_MIN, t, "<|en|>", o->sot + 1);
    int32_t translate = o->first_language + LANGUAGES_MAX - (o->vocab <= 51865);
    o->translate = choose(o, INT64_MIN, t, "<|translate|>", translate);
    o->transcribe = choose(o, INT64_MIN, t, "<|transcribe|>", o->translate + 1);
    o->start_of_lm = choose(o, INT64_MIN, t, "<|startoflm|>", o->transcribe + 1);
    o->start_of_prev = choose(o, g->start_of_prev, t, "<|startofprev|>", o->transcribe + 2);
    int32_t no_speech = choose(o, INT64_MIN, t, "<|nocaptions|>", o->transcribe + 3);
    o->no_speech = choose(o, INT64_MIN, t, "<|nospeech|>", no_speech);
    o->no_times = choose(o, g->no_times, t, "<|notimestamps|>", o->transcribe + 4);
    o->first_time = o->no_times + 1;
    o->language_count = o->translate - o->first_language;
    o->multilingual = g->multilingual >= 0 ? g->multilingual : o->vocab != 51864;

    const int32_t ids[] = {o->eot, o->sot, o->first_language, o->translate, o->transcribe,
                           o->start_of_lm, o->start_of_prev, o->no_speech, o->no_times};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (ids[i] < 0)
            return err_set(e, ERR_INVALID, "the model lacks the special tokens of Whisper");
    bool ordered = o->eot < o->sot;
    for (size_t i = 2; i < sizeof ids / sizeof *ids; i++)
        ordered = ordered && ids[i] > o->sot && ids[i] <= o->no_times;
    if (!ordered || o->language_count < 1 || o->language_count > LANGUAGES_MAX ||
        o->first_time + TIMES > o->vocab)
        return err_set(e, ERR_INVALID, "the model's special tokens are not in Whisper's order");
    return true;
}

/* --- Symbols ---------------------------------------------------------------------------------- */

/* What speakers do not say: OpenAI's list, of which those that are one token are left out, with and
 * without a space before; of the musical signs the first byte stands for all. */
static const char *const unspoken[] = {
    "\"", "#",  "(",   ")",   "*",   "+",  "/",  ":",   ";",   "<",   "=",   ">",    "@",  "[",
    "\\", "]",  "^",   "_",   "`",   "{",  "|",  "}",   "~",   "「",  "」",  "『",   "』", "<<",
    ">>", "<<<", ">>>", "--", "---", "-(", "-[", "('",  "(\"", "((",  "))",  "(((",  ")))", "[[",
    "]]", "{{", "}}",  "♪♪",  "♪♪♪",
};
static const char *const music[] = {"♩", "♪", "♫", "♬", "♭", "♮", "♯"};
static const char *const leading[] = {" -", " '"}; /* inside of words both are fine */

enum which { ONE_TOKEN, FIRST_TOKEN };

static bool mark(const struct tokenizer *t, const char *text, enum which which, bool *symbol,
                 int32_t end, struct err *e)
{
    struct ids ids = {0};
    bool ok = tokenizer_encode(t, text, strlen(text), &ids, e);
    if (ok && ids.len > 0 && (which == FIRST_TOKEN || ids.len == 1) && ids.id[0] < end)
        symbol[ids.id[0]] = true;
    ids_finish(&ids);
    return ok;
}

static bool mark_both(const struct tokenizer *t, const char *text, enum which which, bool *symbol,
                      int32_t end, struct err *e)
{
    char spaced[16];
    snprintf(spaced, sizeof spaced, " %s", text);
    return mark(t, text, which, symbol, end, e) && mark(t, spaced, which, symbol, end, e);
}

static bool mark_symbols(const struct tokenizer *t, bool *symbol, int32_t end, struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof unspoken / sizeof *unspoken; i++)
        ok = mark_both(t, unspoken[i], ONE_TOKEN, symbol, end, e);
    for (size_t i = 0; ok && i < sizeof music / sizeof *music; i++)
        ok = mark_both(t, music[i], FIRST_TOKEN, symbol, end, e);
    for (size_t i = 0; ok && i < sizeof leading / sizeof *leading; i++)
        ok = mark(t, leading[i], FIRST_TOKEN, symbol, end, e);
    return ok;
}

static bool find_symbols(struct whisper_tokens *o, const struct generation *g,
                         const struct tokenizer *t, struct arena *a, struct err *e)
{
    bool *symbol = arena_array(a, (size_t)o->vocab, sizeof *symbol);
    if (!symbol)
        return err_set(e, ERR_NO_MEMORY, "no memory for the model's tokens");
    memset(symbol, 0, (size_t)o->vocab * sizeof *symbol);
    o->symbol = symbol;
    if (!g->suppress.items)
        return mark_symbols(t, symbol, o->eot, e);
    const int64_t *ids = g->suppress.items;
    for (size_t i = 0; i < g->suppress.count; i++)
        if (ids[i] >= 0 && ids[i] < o->eot)
            symbol[ids[i]] = true;
    return true;
}

static bool find_blank(struct whisper_tokens *o, const struct tokenizer *t, struct err *e)
{
    struct ids ids = {0};
    bool ok = tokenizer_encode(t, " ", 1, &ids, e);
    o->blank = ok && ids.len == 1 && ids.id[0] < o->eot ? ids.id[0] : -1;
    ids_finish(&ids);
    return ok;
}

bool whisper_tokens_read(const struct tokenizer *t, const struct whisper_config *c,
                         const struct ggml_head *ggml, const char *generation, size_t len,
                         struct arena *a, struct whisper_tokens *out, struct err *e)
{
    const struct generation *g = read_generation(generation, len, a, e);
    struct whisper_heads heads;
    *out = (struct whisper_tokens){.vocab = c->vocab};
    if (!g || !find_specials(out, g, t, ggml, e) || !find_symbols(out, g, t, a, e) ||
        !find_blank(out, t, e) ||
        !alignment_heads(c, out->multilingual, g->heads.text, g->heads.len, a, &heads, e))
        return false;
    out->heads = heads.items;
    out->head_count = heads.count;
    return true;
}
