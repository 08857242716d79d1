/* SPDX-License-Identifier: GPL-3.0-or-later
 * The networks, and the log-mel they hear, against numbers that an independent program computed in
 * float64: $AIVE_TEST_MEDIA/asr (README there). Skipped (exit 77) without it. Run for each kind of
 * processor that this one can stand for, with one thread and with three. */
#include "analysis/log_mel.h"
#include "check.h"
#include "core/arena.h"
#include "core/json.h"
#include "nn/gpt2.h"
#include "nn/kernels.h"
#include "nn/model_dir.h"
#include "nn/team.h"
#include "nn/weights.h"
#include "nn/whisper.h"
#include "npy.h"

#include <unistd.h>

#define VOCAB 2632
#define FRAMES 3000

static char root[3000];

static const char *path_of(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static double furthest(const float *a, const float *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - (double)b[i]);
        if (!(d <= most))
            most = d;
    }
    return most;
}

static int32_t best_of(const float *logits, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        best = logits[i] > logits[best] ? i : best;
    return best;
}

/* --- Log-mel --- */

static float sound[480000];

static size_t read_wav(const char *name)
{
    FILE *f = fopen(path_of(name), "rb");
    int16_t one;
    size_t n = 0;
    memset(sound, 0, sizeof sound);
    if (f) {
        fseek(f, 44, SEEK_SET);
        while (n < 480000 && fread(&one, 2, 1, f) == 1)
            sound[n++] = (float)one / 32768;
        fclose(f);
    }
    return n;
}

static void test_filters(void)
{
    static float got[80 * LOG_MEL_BINS];
    size_t n;
    CHECK_CASE("mel filters");
    float *want = npy_read(path_of("mel_filters_80x201.npy"), &n);
    log_mel_filters(80, got);
    CHECK(n == 80 * LOG_MEL_BINS);
    CHECK_NEAR(furthest(got, want, n), 0, 1e-7);
    free(want);
}

static float mel[80 * FRAMES];

static void test_mel(void)
{
    struct err e = {0};
    size_t n, samples = read_wav("synth6s.wav");
    CHECK_CASE("log-mel");
    float *want = npy_read(path_of("logmel_synth6s_80x600.npy"), &n);
    CHECK(samples == 96000 && n == 80 * 600);
    CHECK(log_mel_clip(80, sound, samples, mel, FRAMES, &e));
    double most = 0;
    for (size_t i = 0; i < 80; i++)
        most = fmax(most, furthest(mel + i * FRAMES, want + i * 600, 600));
    CHECK_NEAR(most, 0, 1e-4);
    free(want);
}

/* --- Whisper --- */

struct speech {
    struct model_files files;
    struct weights *weights;
    struct whisper *model;
};

static bool speech_open(const char *name, struct speech *s)
{
    struct err e = {0};
    struct arena arena;
    struct whisper_config c;
    size_t len;
    *s = (struct speech){0};
    arena_init(&arena, 1 << 20);
    bool ok = model_files_open(path_of(name), &s->files, &e) &&
              (s->weights = model_files_weights(&s->files, &e)) != NULL;
    if (ok && weights_ggml(s->weights)) {
        ok = whisper_config_from_ggml(weights_ggml(s->weights), &c, &e);
    } else if (ok) {
        char *text = model_files_text(&s->files, "config.json", &arena, &len, &e);
        ok = text && whisper_config_from_json(text, len, &c, &e);
    }
    ok = ok && (s->model = whisper_open(s->weights, &c, &e)) != NULL;
    arena_finish(&arena);
    if (!CHECK(ok))
        fprintf(stderr, "   %s\n", e.msg);
    return ok;
}

static void speech_close(struct speech *s)
{
    whisper_destroy(s->model);
    weights_destroy(s->weights);
    model_files_finish(&s->files);
}

static const struct whisper_case {
    const char *model, *oracle;
    int positions;
    double row_tolerance, logit_tolerance;
} whisper_cases[] = {
    {"nano-whisper", "whisper_synth_f32", 1500, 2e-4, 1e-3},
    {"nano-whisper", "whisper_synth_f32_actx512", 512, 2e-4, 1e-3},
    {"nano-whisper-f16.bin", "whisper_synth_f16", 1500, 2e-2, 6e-2},
    {"nano-whisper-q8_0.bin", "whisper_synth_q8_0", 1500, 2e-2, 6e-2},
    {"nano-whisper-q5_1.bin", "whisper_synth_q5_1", 1500, 2e-2, 6e-2},
};

static void check_features(const struct whisper_run *run, const struct whisper_case *c)
{
    static const int rows[] = {0, 1, 2, 100, 500, 1498, 1499};
    char name[128];
    size_t n;
    int positions;
    double most = 0;
    const float *features = whisper_features(run, &positions);
    snprintf(name, sizeof name, "%s_enc_rows.npy", c->oracle);
    float *want = npy_read(path_of(name), &n);
    CHECK(positions == c->positions);
    CHECK(n == 7 * 64 || c->positions < 1500);
    for (size_t i = 0; i < n / 64; i++) {
        static const int short_rows[] = {0, 1, 2, 100, 500, 510, 511};
        const int row = (c->positions == 512 ? short_rows : rows)[i];
        most = fmax(most, furthest(features + row * 64, want + i * 64, 64));
    }
    CHECK_NEAR(most, 0, c->row_tolerance);
    free(want);
}

static void test_whisper(const struct whisper_case *c, struct team *team)
{
    static const int32_t prompt[] = {1024, 1025, 1125, 1129};
    static float logits[VOCAB];
    struct speech s = {0};
    struct err e = {0};
    char name[128];
    size_t n;
    CHECK_CASE(c->oracle);
    snprintf(name, sizeof name, "%s_logits_21x2632.npy", c->oracle);
    float *want = npy_read(path_of(name), &n);
    struct whisper_run *run = NULL;
    if (CHECK(n == 21 * VOCAB) && speech_open(c->model, &s)) {
        run = whisper_run_create(s.model, team, 1, &e);
        CHECK(whisper_encode(run, mel, FRAMES, c->positions, NULL, &e));
        check_features(run, c);
        CHECK(whisper_prompt(run, prompt, 4, logits, NULL, 0, &e));
        double most = furthest(logits, want, VOCAB);
        for (size_t i = 1; i < 21; i++) {
            int32_t token = best_of(want + (i - 1) * VOCAB, VOCAB);
            CHECK(c->logit_tolerance > 1e-3 || best_of(logits, VOCAB) == token);
            CHECK(whisper_step(run, &token, 1, logits, &e));
            most = fmax(most, furthest(logits, want + i * VOCAB, VOCAB));
        }
        CHECK_NEAR(most, 0, c->logit_tolerance);
        if (getenv("VERBOSE"))
            printf("%s: logits within %.2g\n", c->oracle, most);
        whisper_run_destroy(run);
    }
    speech_close(&s);
    free(want);
}

/* The steps of word times that belong to src/speech, in the plainest form. */
static double median7(const double *row, int n, int at)
{
    double v[7];
    for (int i = 0; i < 7; i++) {
        int j = abs(at - 3 + i);
        v[i] = row[j < n ? j : 2 * (n - 1) - j];
        for (int k = i; k > 0 && v[k] < v[k - 1]; k--) {
            double swap = v[k];
            v[k] = v[k - 1];
            v[k - 1] = swap;
        }
    }
    return v[3];
}

/* OpenAI crops the attention to the sound's 300 positions; a share of the whole, hence the sums. */
static void test_attention(struct team *team)
{
    static const int32_t tokens[] = {1024, 1025, 1125, 1129, 82,  801, 263, 662, 155,
                                     784,  297,  863,  37,   925, 453, 289, 1023};
    static const struct whisper_head heads[] = {{1, 0}, {1, 1}};
    enum { N = sizeof tokens / sizeof *tokens, POSITIONS = 1500, KEPT = 300, ROWS = 13 };
    static float weights[2][N][POSITIONS], mean[ROWS][KEPT];
    static double w[N][KEPT];
    struct speech s = {0};
    struct err e = {0};
    size_t n;
    CHECK_CASE("attention");
    float *want = npy_read(path_of("dtw_matrix.npy"), &n);
    memset(mean, 0, sizeof mean);
    if (CHECK(n == ROWS * KEPT) && speech_open("nano-whisper", &s)) {
        struct whisper_run *run = whisper_run_create(s.model, team, 1, &e);
        CHECK(whisper_encode(run, mel, FRAMES, POSITIONS, NULL, &e));
        CHECK(whisper_attention(run, tokens, N, heads, 2, &weights[0][0][0], &e));
        for (int h = 0; h < 2; h++) {
            for (int i = 0; i < N; i++) {
                double sum = 0;
                for (int t = 0; t < KEPT; t++)
                    sum += (double)weights[h][i][t];
                for (int t = 0; t < KEPT; t++)
                    w[i][t] = (double)weights[h][i][t] / sum;
            }
            for (int t = 0; t < KEPT; t++) {
                double average = 0, square = 0;
                for (int i = 0; i < N; i++)
                    average += w[i][t] / N;
                for (int i = 0; i < N; i++)
                    square += (w[i][t] - average) * (w[i][t] - average) / N;
                for (int i = 0; i < N; i++)
                    w[i][t] = (w[i][t] - average) / sqrt(square);
            }
            for (int i = 0; i < ROWS; i++) {
                for (int t = 0; t < KEPT; t++)
                    mean[i][t] += (float)(median7(w[i + 3], KEPT, t) / 2);
            }
        }
        CHECK_NEAR(furthest(&mean[0][0], want, n), 0, 1e-3);
        whisper_run_destroy(run);
    }
    speech_close(&s);
    free(want);
}

/* --- GPT-2 --- */

static void read_ids(struct json_reader *r, int32_t *out, int *n)
{
    double v;
    bool is_int;
    int64_t i;
    *n = 0;
    for (json_enter_array(r); json_next_item(r);) {
        if (json_read_number(r, &v, &is_int, &i) && *n < 256)
            out[(*n)++] = (int32_t)i;
    }
}

struct text_case {
    int32_t ids[256], greedy[256];
    int id_count, greedy_count;
    char logits[128];
};

static void check_text(struct gpt2 *m, struct team *team, const struct text_case *c)
{
    static float logits[256 * 1024];
    struct err e = {0};
    size_t n;
    float *want = npy_read(path_of(c->logits), &n);
    CHECK_CASE(c->logits);
    struct gpt2_run *run = gpt2_run_create(m, team, &e);
    CHECK(n == (size_t)c->id_count * 1024);
    CHECK(gpt2_feed(run, c->ids, c->id_count, logits, c->id_count, NULL, &e));
    CHECK_NEAR(furthest(logits, want, n), 0, 1e-3);
    memcpy(logits, logits + (size_t)(c->id_count - 1) * 1024, 1024 * sizeof *logits);
    for (int i = 0; i < c->greedy_count; i++) {
        CHECK(best_of(logits, 1024) == c->greedy[i]);
        CHECK(gpt2_feed(run, &c->greedy[i], 1, logits, 1, NULL, &e));
    }
    gpt2_run_destroy(run);
    free(want);
}

static struct text_case text_cases[8];
static int text_case_count;

static void read_text_cases(void)
{
    struct arena arena;
    struct json_reader r;
    const char *key, *s;
    size_t len;
    static char text[65536];
    FILE *f = fopen(path_of("expected_gpt2.json"), "rb");
    arena_init(&arena, 1 << 20);
    json_reader_init(&r, text, f ? fread(text, 1, sizeof text, f) : 0, 32);
    for (json_enter_object(&r); json_next_key(&r, &arena, &key);) {
        if (strcmp(key, "cases") != 0) {
            json_skip(&r);
            continue;
        }
        for (json_enter_array(&r); json_next_item(&r) && text_case_count < 8;) {
            struct text_case *c = &text_cases[text_case_count++];
            for (json_enter_object(&r); json_next_key(&r, &arena, &key);) {
                if (strcmp(key, "ids") == 0)
                    read_ids(&r, c->ids, &c->id_count);
                else if (strcmp(key, "greedy30") == 0)
                    read_ids(&r, c->greedy, &c->greedy_count);
                else if (strcmp(key, "logits") == 0 && json_read_string(&r, &arena, &s, &len))
                    snprintf(c->logits, sizeof c->logits, "%s", s);
                else
                    json_skip(&r);
            }
        }
    }
    CHECK_CASE("expected_gpt2.json");
    CHECK(text_case_count >= 3 && text_cases[0].greedy_count == 30);
    arena_finish(&arena);
    if (f)
        fclose(f);
}

static void test_gpt2(const char *name, bool half, struct team *team)
{
    struct err e = {0};
    struct arena arena;
    struct gpt2_config c;
    struct model_files files;
    struct weights *w = NULL;
    struct gpt2 *m = NULL;
    size_t len;
    CHECK_CASE(name);
    arena_init(&arena, 1 << 20);
    if (CHECK(model_files_open(path_of(name), &files, &e))) {
        char *text = model_files_text(&files, "config.json", &arena, &len, &e);
        w = model_files_weights(&files, &e);
        bool ok = text && w && gpt2_config_from_json(text, len, &c, &e) &&
                  (m = gpt2_open(w, &c, &e)) != NULL;
        if (!CHECK(ok))
            fprintf(stderr, "   %s\n", e.msg);
        for (int i = 0; ok && i < (half ? 1 : text_case_count); i++) {
            struct text_case one = text_cases[i];
            if (half) {
                one.greedy_count = 0;
                snprintf(one.logits, sizeof one.logits, "gpt2_f16_logits_prompt0.npy");
            }
            check_text(m, team, &one);
        }
    }
    gpt2_destroy(m);
    weights_destroy(w);
    model_files_finish(&files);
    arena_finish(&arena);
}

int main(void)
{
    const char *media = getenv("AIVE_TEST_MEDIA");
    snprintf(root, sizeof root, "%s/asr", media ? media : DEFAULT_MEDIA);
    if (access(root, R_OK) != 0) {
        printf("SKIP: no oracles in %s\n", root);
        return 77;
    }
    static const char *const processors[] = {"plain", "avx2", "avx512"};
    test_filters();
    test_mel();
    read_text_cases();
    for (int p = 0; p < 3; p++) {
        if (!kernels_named(processors[p]))
            continue;
        setenv("AIVE_CPU", processors[p], 1);
        struct team *team = team_create(p == 1 ? 1 : 3, NULL);
        for (size_t i = 0; i < sizeof whisper_cases / sizeof *whisper_cases; i++)
            test_whisper(&whisper_cases[i], team);
        test_attention(team);
        test_gpt2("nano-gpt2", false, team);
        test_gpt2("nano-gpt2-f16-prefixed", true, team);
        team_destroy(team);
    }
    return check_done();
}
