/* SPDX-License-Identifier: GPL-3.0-or-later
 * The parts of transcribing that need no network: what may be said next, where windows end, what is
 * cut out of the sound, loops, and the times and borders of words. */
#include "check.h"
#include "nn/tokenizer.h"
#include "nn/weights.h"
#include "speech/decode_rules.h"
#include "speech/gate.h"
#include "speech/languages.h"
#include "speech/repeats.h"
#include "speech/segments.h"
#include "speech/word_edges.h"
#include "speech/word_split.h"

#include "analysis/speech_activity.h"

#include <stdlib.h>

/* A small vocabulary in Whisper's order: 20 words, then the specials of two languages. */
enum { WORDS = 20, EOT = 20, SOT = 21, EN = 22, TRANSLATE = 24, TRANSCRIBE = 25, LM = 26, PREV = 27,
       NO_SPEECH = 28, NO_TIMES = 29, T0 = 30, VOCAB = T0 + TIMES };

static bool symbols[VOCAB] = {[7] = true};

static const struct whisper_tokens tokens = {
    .vocab = VOCAB, .eot = EOT, .sot = SOT, .first_language = EN, .translate = TRANSLATE,
    .transcribe = TRANSCRIBE, .start_of_lm = LM, .start_of_prev = PREV, .no_speech = NO_SPEECH,
    .no_times = NO_TIMES, .first_time = T0, .language_count = 2, .multilingual = true, .blank = 3,
    .symbol = symbols,
};

static struct arena arena;

/* --- Rules ------------------------------------------------------------------------------------ */

static float logits[VOCAB];

static void apply(const struct decode_rules *r, const int32_t *said, int n)
{
    for (int i = 0; i < VOCAB; i++)
        logits[i] = i < T0 ? 5 : -9; /* words are likelier than all times together */
    logits[4] = 20;
    CHECK(decode_rules_apply(r, said, n, logits));
}

static bool may(int32_t token)
{
    return logits[token] > -INFINITY;
}

static void test_rules(void)
{
    struct decode_rules r = decode_rules_openai(&tokens, true);
    apply(&r, NULL, 0);
    CHECK(!may(1) && !may(EOT) && !may(3));
    CHECK(may(T0) && may(T0 + 50) && !may(T0 + 51));

    const int32_t open[] = {T0 + 10, 1};
    apply(&r, open, 2);
    CHECK(may(1) && may(EOT) && may(3) && may(T0 + 11) && !may(T0 + 10) && !may(T0 + 9));
    CHECK(!may(7) && !may(SOT) && !may(EN) && !may(TRANSCRIBE) && !may(NO_SPEECH) && !may(NO_TIMES));
    CHECK_NEAR(expf(logits[4]), 1, 1e-3);

    const int32_t just_opened[] = {T0 + 10};
    apply(&r, just_opened, 1);
    CHECK(may(1) && !may(T0 + 11));

    const int32_t closed[] = {T0 + 10, 1, T0 + 20};
    apply(&r, closed, 3);
    CHECK(!may(1) && may(EOT) && may(T0 + 20) && !may(T0 + 19));

    const int32_t pair[] = {T0 + 10, 1, T0 + 20, T0 + 20};
    apply(&r, pair, 4);
    CHECK(may(1) && !may(T0 + 21));

    r = decode_rules_openai(&tokens, false);
    apply(&r, open + 1, 1);
    CHECK(may(1) && !may(T0 + 11));

    r = decode_rules_whisper_cpp(&tokens, true);
    apply(&r, NULL, 0);
    CHECK(may(1) && !may(3) && !may(EOT) && may(T0) && !may(T0 + 51) && may(7));
    apply(&r, open, 2);
    CHECK(may(T0 + 10) && !may(T0 + 9));
}

/* Times that are likelier together than any word come before it. */
static void test_times_together(void)
{
    const int32_t open[] = {T0 + 10, 1};
    struct decode_rules r = decode_rules_openai(&tokens, true);
    for (int i = 0; i < VOCAB; i++)
        logits[i] = 0;
    logits[4] = 3; /* e^3 = 20 < 1490 times of e^0 */
    CHECK(decode_rules_apply(&r, open, 2, logits));
    CHECK(!may(4) && !may(EOT) && may(T0 + 11));
    double sum = 0;
    for (int i = 0; i < VOCAB; i++)
        sum += exp(logits[i]);
    CHECK_NEAR(sum, 1, 1e-3);
}

/* What is not a number is never said; a model that computes nothing else is noticed. */
static void test_no_numbers(void)
{
    const int32_t open[] = {T0 + 10, 1};
    static const float damages[] = {NAN, INFINITY, -INFINITY};
    struct decode_rules r = decode_rules_openai(&tokens, true);
    for (int i = 0; i < VOCAB; i++)
        logits[i] = i < T0 ? 5 : -9;
    logits[0] = logits[T0 + 20] = NAN;
    CHECK(decode_rules_apply(&r, open, 2, logits));
    CHECK(!may(0) && logits[0] == -INFINITY && may(1) && !may(T0 + 20) && may(T0 + 21));
    for (size_t d = 0; d < sizeof damages / sizeof *damages; d++) {
        for (int i = 0; i < VOCAB; i++)
            logits[i] = damages[d];
        CHECK(!decode_rules_apply(&r, open, 2, logits));
    }
}

static void test_log_sum_exp(void)
{
    const float x[] = {1000, 1000, -INFINITY}, none[] = {-INFINITY};
    CHECK_NEAR(log_sum_exp(x, 3), 1000 + log(2), 1e-6);
    CHECK(log_sum_exp(none, 1) == -INFINITY);
}

/* --- Special tokens --------------------------------------------------------------------------- */

static void test_special_tokens(void)
{
    enum { PIECES = 2000, MODEL_VOCAB = 1908, BLANK = 1950 };
    static const struct {
        const char *name, *json, *says; /* NULL: fine */
    } cases[] = {
        {"fine", "{\"eos_token_id\":300,\"alignment_heads\":[[1,1]]}", NULL},
        {"end behind the vocabulary", "{\"eos_token_id\":1908}", "lacks"},
        {"no such number", "{\"eos_token_id\":99999999999}", "lacks"},
        {"negative", "{\"eos_token_id\":300,\"no_timestamps_token_id\":-5}", "lacks"},
        {"end behind the start", "{\"eos_token_id\":300,\"decoder_start_token_id\":290}", "order"},
        {"context behind the times", "{\"eos_token_id\":300,\"prev_sot_token_id\":1000}", "order"},
        {"times too early", "{\"eos_token_id\":300,\"no_timestamps_token_id\":310}", "order"},
        {"times too late", "{\"eos_token_id\":300,\"no_timestamps_token_id\":500}", "order"},
        {"head of no layer", "{\"eos_token_id\":300,\"alignment_heads\":[[2,0]]}", "alignment_heads"},
        {"no head", "{\"eos_token_id\":300,\"alignment_heads\":[[0,2]]}", "alignment_heads"},
        {"negative head", "{\"eos_token_id\":300,\"alignment_heads\":[[-1,0]]}", "alignment_heads"},
        {"half a head", "{\"eos_token_id\":300,\"alignment_heads\":[[1]]}", "alignment_heads"},
        {"no heads", "{\"eos_token_id\":300,\"alignment_heads\":[]}", "alignment_heads"},
        {"symbols from elsewhere", "{\"eos_token_id\":300,\"suppress_tokens\":[-1,5,300,99999999]}", NULL},
        {"no JSON", "[", "generation_config.json"},
    };
    static char names[PIECES][8];
    static struct byte_string list[PIECES];
    const struct whisper_config c = {.vocab = MODEL_VOCAB, .text_layers = 2, .text_heads = 2};
    for (int i = 0; i < PIECES; i++) {
        int n = i == BLANK ? snprintf(names[i], 8, " ") : snprintf(names[i], 8, "p%d", i);
        list[i] = (struct byte_string){names[i], (uint32_t)n};
    }
    list[7].len = 0; /* no bytes at all */
    struct tokenizer *t = tokenizer_from_list(list, PIECES, NULL);
    for (size_t i = 0; CHECK(t != NULL) && i < sizeof cases / sizeof *cases; i++) {
        struct err e = {0};
        struct whisper_tokens k;
        CHECK_CASE(cases[i].name);
        bool ok = whisper_tokens_read(t, &c, NULL, cases[i].json, strlen(cases[i].json), &arena, &k, &e);
        CHECK(ok == !cases[i].says);
        CHECK(ok || (cases[i].says && strstr(e.msg, cases[i].says)));
        CHECK(!ok || (k.blank == -1 && k.first_time == 407)); /* " " is none of the model's tokens */
    }
    tokenizer_destroy(t);
}

/* --- Segments --------------------------------------------------------------------------------- */

static void test_segments(void)
{
    static const struct {
        const char *name;
        int32_t said[8];
        int n;
        double length_s;
        int count;
        double first_end_s, last_start_s, next_s;
    } cases[] = {
        {"two closed", {T0, 1, T0 + 50, T0 + 60, 2, T0 + 100}, 6, 30, 2, 1, 1.2, 30},
        {"cut in a sentence", {T0, 1, T0 + 50, T0 + 60, 2, 3}, 6, 30, 1, 1, 0, 1},
        {"ends in a pair", {T0, 1, T0 + 50, T0 + 50}, 4, 30, 1, 1, 0, 1},
        {"one closed", {T0 + 5, 1, T0 + 50}, 3, 30, 1, 1, 0.1, 30},
        {"one open", {T0 + 5, 1, 2}, 3, 20, 1, 20, 0.1, 20},
        {"no times", {1, 2, 3}, 3, 12, 1, 12, 0, 12},
        {"nothing", {0}, 0, 30, 0, 0, 0, 30},
        {"beyond the sound", {T0, 1, T0 + 1000}, 3, 12, 1, 12, 0, 12},
        {"no step forward", {T0, T0, 1}, 3, 12, 1, 0, 0, 12},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decoded said = {.count = cases[i].n};
        struct segment_cuts cuts;
        CHECK_CASE(cases[i].name);
        memcpy(said.tokens, cases[i].said, sizeof cases[i].said);
        segments_cut(&tokens, &said, cases[i].length_s, &cuts);
        CHECK(cuts.count == cases[i].count);
        CHECK_NEAR(cuts.next_s, cases[i].next_s, 1e-9);
        if (cuts.count == 0)
            continue;
        CHECK_NEAR(cuts.cuts[0].end_s, cases[i].first_end_s, 1e-9);
        CHECK_NEAR(cuts.cuts[cuts.count - 1].start_s, cases[i].last_start_s, 1e-9);
    }
}

/* --- Gate ------------------------------------------------------------------------------------- */

static void test_gate(void)
{
    const struct speech_span spans[] = {{0.2, 2}, {3.5, 5}, {10, 12}, {59, 60}};
    struct gate g;
    CHECK(gate_make(spans, 4, 60, &arena, &g, NULL));
    if (!CHECK(g.count == 3))
        return;
    CHECK_NEAR(g.pieces[0].start_s, 0, 1e-9);
    CHECK_NEAR(g.pieces[0].end_s, 5.4, 1e-9); /* a short pause is kept whole */
    CHECK_NEAR(g.pieces[1].start_s, 9.6, 1e-9);
    CHECK_NEAR(g.pieces[2].end_s, 60, 1e-9);
    CHECK_NEAR(g.length_s, 5.4 + 2.8 + 1.4, 1e-9);

    CHECK_NEAR(gate_start(&g, 1), 1, 1e-9);
    CHECK_NEAR(gate_end(&g, 5.4), 5.4, 1e-9);   /* at a seam an end looks back, */
    CHECK_NEAR(gate_start(&g, 5.4), 9.6, 1e-9); /* a start ahead */
    CHECK_NEAR(gate_end(&g, 6.4), 10.6, 1e-9);
    CHECK_NEAR(gate_end(&g, 100), 60, 1e-9);
    CHECK_NEAR(gate_start(&g, -1), 0, 1e-9);

    CHECK(gate_make(NULL, 0, 7, &arena, &g, NULL));
    CHECK(g.count == 1 && g.length_s == 7);
    CHECK(gate_make(spans, 0, 7, &arena, &g, NULL));
    CHECK(g.count == 0 && g.length_s == 0);
}

/* --- Repeats ---------------------------------------------------------------------------------- */

static void test_repeats(void)
{
    static const struct {
        const char *name;
        int32_t tokens[24];
        int n, start, length, times;
        bool loop;
    } cases[] = {
        {"none", {1, 2, 3, 4}, 4, 0, 4, 1, false},
        {"no, no, no, no", {9, 1, 1, 1, 1, 5}, 6, 1, 1, 4, false},
        {"one token", {9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 13, 1, 1, 12, true},
        {"a sentence", {8, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 7}, 14, 1, 3, 4, true},
        {"twice", {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}, 12, 0, 6, 2, false},
        {"nothing", {0}, 0, 0, 0, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct repeat r = find_repeat(cases[i].tokens, cases[i].n);
        CHECK_CASE(cases[i].name);
        CHECK(r.start == cases[i].start && r.length == cases[i].length && r.times == cases[i].times);
        CHECK(repeat_is_loop(&r) == cases[i].loop);
    }
    const char *sane = "And so, my fellow Americans, ask not what your country can do for you.";
    char loop[400] = "";
    for (int i = 0; i < 20; i++)
        strcat(loop, "Thank you. ");
    CHECK(compression_ratio(sane, strlen(sane)) < COMPRESSION_MAX);
    CHECK(compression_ratio(loop, strlen(loop)) > COMPRESSION_MAX);
    CHECK(compression_ratio("", 0) == 0);
}

/* --- Words ------------------------------------------------------------------------------------ */

static void test_warp(void)
{
    static const float matrix[4 * 6] = {
        9,  9,  -1, -1, -1, -1, /**/ -1, -1, 9,  -1, -1, -1,
        -1, -1, -1, 9,  9,  -1, /**/ -1, -1, -1, -1, -1, 9,
    };
    int at[4];
    CHECK(warp(matrix, 4, 6, at, NULL));
    CHECK(at[0] == 0 && at[1] == 2 && at[2] == 3 && at[3] == 5);
    CHECK(warp(matrix, 1, 6, at, NULL) && at[0] == 0);
    CHECK(warp(matrix, 4, 1, at, NULL) && at[3] == 0);
}

/* Against the definition, written out plainly. */
static void test_attention_mean(void)
{
    enum { HEADS = 2, ROWS = 3, COLUMNS = 9 };
    float w[HEADS][ROWS][COLUMNS], copy[HEADS][ROWS][COLUMNS], want[ROWS][COLUMNS] = {{0}};
    srand(3);
    for (int i = 0; i < HEADS * ROWS * COLUMNS; i++)
        (&w[0][0][0])[i] = (float)rand() / (float)RAND_MAX;
    memcpy(copy, w, sizeof w);
    for (int h = 0; h < HEADS; h++) {
        for (int c = 0; c < COLUMNS; c++) {
            double mean = 0, var = 0;
            for (int r = 0; r < ROWS; r++)
                mean += copy[h][r][c] / ROWS;
            for (int r = 0; r < ROWS; r++)
                var += (copy[h][r][c] - mean) * (copy[h][r][c] - mean) / ROWS;
            for (int r = 0; r < ROWS; r++)
                copy[h][r][c] = (float)((copy[h][r][c] - mean) / sqrt(var));
        }
        for (int r = 0; r < ROWS; r++)
            for (int c = 0; c < COLUMNS; c++) {
                float seven[7];
                for (int k = -3; k <= 3; k++) {
                    int at = abs(c + k);
                    seven[k + 3] = copy[h][r][at < COLUMNS ? at : 2 * (COLUMNS - 1) - at];
                }
                for (int m = 0; m < 7; m++) { /* the one with three below */
                    int below = 0;
                    for (int k = 0; k < 7; k++)
                        below += seven[k] < seven[m] || (seven[k] == seven[m] && k < m);
                    if (below == 3)
                        want[r][c] += seven[m] / HEADS;
                }
            }
    }
    CHECK(attention_mean(&w[0][0][0], HEADS, ROWS, COLUMNS, NULL));
    for (int i = 0; i < ROWS * COLUMNS; i++)
        CHECK_NEAR((&w[0][0][0])[i], (&want[0][0])[i], 1e-5);
}

/* Pieces as a ggml file lists them; their ids are their places. */
static const char *const pieces[] = {
    " Hello", ",", " wor", "ld", "!", " \"", "Yes", "\"", " 10", "%", "caf", "\xc3", "\xa9", " ",
    "\xe6\x97", "\xa5", "\xe6\x9c\xac", "。", " it", "'s",
};

static void split(const int32_t *text, int n, int language, struct words *out,
                  const struct tokenizer *t)
{
    const struct words_ask ask = {.tokenizer = t, .text = text, .count = n, .language = language};
    CHECK(words_split(&ask, &arena, out, NULL));
}

static void test_split(void)
{
    struct byte_string list[sizeof pieces / sizeof *pieces];
    struct words w;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        list[i] = (struct byte_string){pieces[i], (uint32_t)strlen(pieces[i])};
    struct tokenizer *t = tokenizer_from_list(list, sizeof pieces / sizeof *pieces, NULL);
    if (!CHECK(t != NULL))
        return;

    const int32_t hello[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 18, 19};
    split(hello, 12, 0, &w, t);
    static const char *const said[] = {" Hello,", " world!", " \"Yes\"", " 10%", " it's"};
    if (CHECK(w.count == 5))
        for (int i = 0; i < 5; i++)
            CHECK_STR(w.items[i].text, said[i]);
    CHECK(w.items[1].first == 2 && w.items[1].token_count == 3);
    CHECK(w.items[1].spoken == 2 && w.items[1].spoken_count == 2); /* "!" takes no time */
    CHECK(w.items[2].spoken == 6 && w.items[2].spoken_count == 1);
    CHECK(w.items[3].spoken_count == 2); /* "percent" does */

    const int32_t cafe[] = {10, 11, 12};
    split(cafe, 3, 0, &w, t);
    CHECK(w.count == 1 && w.items[0].token_count == 3);
    CHECK_STR(w.items[0].text, "caf\xc3\xa9");

    const int32_t nihon[] = {14, 15, 16, 17};
    split(nihon, 4, language_find("ja"), &w, t);
    CHECK(w.count == 2);
    CHECK_STR(w.items[0].text, "\xe6\x97\xa5");
    CHECK_STR(w.items[1].text, "\xe6\x9c\xac。");

    const int32_t broken[] = {0, 11};
    split(broken, 2, 0, &w, t);
    int32_t sum = 0;
    for (size_t i = 0; i < w.count; i++)
        sum += w.items[i].token_count;
    CHECK(sum == 2);
    tokenizer_destroy(t);
}

static void test_edges(void)
{
    enum { SAMPLES = 3 * 16000 };
    static float pcm[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) { /* loud from 0.5 to 1.0 s and from 2.0 to 2.5 s */
        double s = i / 16000.0;
        bool loud = (s >= 0.5 && s < 1) || (s >= 2 && s < 2.5);
        pcm[i] = (float)(loud ? 0.3 : 0.001) * (i % 2 ? 1.0f : -1.0f);
    }
    struct word list[] = {{.text = " one", .start_s = 0.4, .end_s = 1.15},
                          {.text = " two.", .start_s = 1.9, .end_s = 2.6}};
    struct words w = {list, 2};
    words_snap(&w, pcm, SAMPLES);
    CHECK_NEAR(list[0].start_s, 0.5, 0.011);
    CHECK_NEAR(list[0].end_s, 1.0, 0.011);
    CHECK_NEAR(list[1].start_s, 2.0, 0.011);
    CHECK_NEAR(list[1].end_s, 2.5, 0.011);

    struct word far[] = {{.text = " far", .start_s = 1.3, .end_s = 1.7}};
    w = (struct words){far, 1};
    words_snap(&w, pcm, SAMPLES);
    CHECK(far[0].start_s == 1.3 && far[0].end_s == 1.7);

    struct word stretched[] = {{.text = " a", .start_s = 0, .end_s = 0.3},
                               {.text = " b.", .start_s = 0.3, .end_s = 0.6},
                               {.text = " c", .start_s = 0.6, .end_s = 9}};
    w = (struct words){stretched, 3};
    words_limit(&w);
    CHECK(stretched[2].end_s - stretched[2].start_s <= 0.6 + 1e-9);

    struct word late[] = {{.text = " a", .start_s = 0, .end_s = 9}, /* behind a long silence */
                          {.text = " b", .start_s = 9, .end_s = 9.3},
                          {.text = " c", .start_s = 9.3, .end_s = 14}, /* before one */
                          {.text = " d.", .start_s = 14, .end_s = 14.3}};
    w = (struct words){late, 4};
    words_limit(&w);
    CHECK(late[0].end_s == 9 && late[0].start_s >= 9 - 1.4 - 1e-9);
    CHECK(late[2].start_s == 9.3);
    CHECK_NEAR(late[2].end_s, 9.3 + WORD_MAX_S, 1e-9);
}

static void test_languages(void)
{
    CHECK(language_find("en") == 0 && language_find("DE") == 2 && language_find("en-US") == 0);
    CHECK(language_find("japanese") == 7 && language_find("yue") == 99);
    CHECK(language_find("klingon") == -1 && language_find("") == -1);
    for (int i = 0; i < LANGUAGES_MAX; i++) {
        CHECK_CASE(languages[i].name);
        CHECK(language_find(languages[i].code) == i && language_find(languages[i].name) == i);
    }
}

int main(void)
{
    arena_init(&arena, 1 << 24);
    test_rules();
    test_times_together();
    test_no_numbers();
    test_log_sum_exp();
    test_special_tokens();
    test_segments();
    test_gate();
    test_repeats();
    test_warp();
    test_attention_mean();
    test_split();
    test_edges();
    test_languages();
    arena_finish(&arena);
    return check_done();
}
