/* SPDX-License-Identifier: GPL-3.0-or-later
 * Decoding and word times against an independent program's: $AIVE_TEST_MEDIA/asr (README there),
 * the sound in $AIVE_TEST_MEDIA/media/speech. Skipped (exit 77) without it. */
#include "analysis/log_mel.h"
#include "check.h"
#include "core/files.h"
#include "core/wire.h"
#include "npy.h"
#include "speech/decode.h"
#include "speech/transcriber.h"
#include "speech/words.h"

#include <unistd.h>

#define FRAMES 3000
#define CONTEXT 224 /* whisper.cpp's */
#define GAP_MIN 0.03 /* between the best two tokens: below it f16 decides either way */

static struct arena arena;
static char root[3000];

static const char *path_of(const char *name)
{
    return arena_printf(&arena, "%s/%s", root, name);
}

static void *read_json(const char *name, const struct wire_type *type)
{
    struct err e = {0};
    size_t len;
    char *text = file_load(path_of(name), 1 << 24, &arena, &len, &e);
    void *m = text ? wire_read_trusted(type, text, len, &arena, &e) : NULL;
    if (!CHECK(m != NULL))
        fprintf(stderr, "   %s: %s\n", name, e.msg);
    return m;
}

static struct transcriber *open_model(const char *name)
{
    struct err e = {0};
    struct model_files files;
    struct transcriber *t =
        model_files_open(path_of(name), &files, &e) ? transcriber_open(&files, 2, &e) : NULL;
    if (!CHECK(t != NULL))
        fprintf(stderr, "   %s\n", e.msg);
    model_files_finish(&files);
    return t;
}

/* RIFF/WAVE of 16-bit mono PCM. */
static size_t read_wav(const char *name, float *out, size_t max)
{
    size_t len, n = 0;
    const char *wav = file_load(path_of(name), 1 << 24, &arena, &len, NULL);
    const char *data = wav ? memmem(wav, len, "data", 4) : NULL;
    if (!CHECK(data != NULL))
        return 0;
    for (const char *at = data + 8; at + 2 <= wav + len && n < max; at += 2) {
        int16_t one;
        memcpy(&one, at, sizeof one);
        out[n++] = (float)one / 32768;
    }
    return n;
}

/* --- Decoding --------------------------------------------------------------------------------- */

struct window {
    int64_t seek, n; /* of 10 ms; tokens */
};

struct run {
    const char *audio;
    int8_t no_timestamps;
    struct wire_list tokens, probs, gaps, windows;
};

struct runs {
    struct wire_list list;
};

/* clang-format off */
static const struct wire_field window_fields[] = {
    {.name = "seek", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct window, seek)},
    {.name = "n", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct window, n)},
    {0},
};
static const struct wire_type window_type = {.name = "Window", .fields = window_fields, .size = sizeof(struct window)};
static const struct wire_field run_fields[] = {
    {.name = "audio", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct run, audio)},
    {.name = "no_timestamps", .kind = WIRE_BOOL, .flags = WIRE_REQUIRED, .offset = offsetof(struct run, no_timestamps)},
    {.name = "tokens", .kind = WIRE_LIST, .item = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct run, tokens)},
    {.name = "probs", .kind = WIRE_LIST, .item = WIRE_NUMBER, .flags = WIRE_REQUIRED, .offset = offsetof(struct run, probs)},
    {.name = "gaps", .kind = WIRE_LIST, .item = WIRE_NUMBER, .flags = WIRE_REQUIRED, .offset = offsetof(struct run, gaps)},
    {.name = "windows", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &window_type, .flags = WIRE_REQUIRED, .offset = offsetof(struct run, windows)},
    {0},
};
static const struct wire_type run_type = {.name = "Run", .fields = run_fields, .size = sizeof(struct run)};
static const struct wire_field runs_fields[] = {
    {.name = "runs", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &run_type, .flags = WIRE_REQUIRED, .offset = offsetof(struct runs, list)},
    {0},
};
/* clang-format on */
static const struct wire_type runs_type = {.name = "Runs", .fields = runs_fields, .size = sizeof(struct runs)};

static float sound[44 * 16000], frames[4500 * 80], mel[80 * FRAMES];
static size_t frame_count;

static bool keep_frame(void *user, const float *mels, struct err *e)
{
    (void)user;
    if (frame_count == sizeof frames / sizeof *frames / 80)
        return err_set(e, ERR_TOO_LARGE, "more frames than there is room for");
    memcpy(frames + 80 * frame_count++, mels, 80 * sizeof *mels);
    return true;
}

/* "jfk.wav", or that four times in a row; the loudest of the whole counts. Returns the samples. */
static size_t hear(const struct run *r, float *loudest)
{
    size_t n = read_wav("media/speech/jfk_ask_not.wav", sound, 11 * 16000), times = strstr(r->audio, "4x") ? 4 : 1;
    for (size_t i = 1; i < times; i++)
        memcpy(sound + i * n, sound, n * sizeof *sound);
    struct log_mel *m = log_mel_create(80, keep_frame, NULL, NULL);
    frame_count = 0;
    CHECK(m && log_mel_push(m, sound, times * n, NULL) && log_mel_end(m, NULL));
    *loudest = log_mel_loudest(m);
    log_mel_destroy(m);
    return times * n;
}

static int make_prompt(const struct run *r, const struct whisper_tokens *k, int first, int32_t *out, int *sot)
{
    const int64_t *said = r->tokens.items;
    int n = 0, from = first > CONTEXT ? first - CONTEXT : 0;
    if (first > 0)
        out[n++] = k->start_of_prev;
    for (int i = from; i < first; i++)
        out[n++] = (int32_t)said[i];
    *sot = n;
    out[n++] = k->sot;
    out[n++] = k->first_language; /* English */
    out[n++] = k->transcribe;
    if (r->no_timestamps)
        out[n++] = k->no_times;
    return n;
}

/* Tokens and probabilities are the same up to the first decision that is as good as a draw; false:
 * there was one. */
static bool compare(const struct run *r, int first, int n, const struct decoded *got)
{
    const int64_t *tokens = r->tokens.items;
    const double *probs = r->probs.items, *gaps = r->gaps.items;
    for (int i = 0; i < n; i++) {
        if (gaps[first + i] < GAP_MIN)
            return false;
        if (!CHECK(i < got->count && got->tokens[i] == tokens[first + i]))
            return false;
        CHECK_NEAR(exp(got->log_p[i]), probs[first + i], 5e-3);
    }
    return CHECK(got->count == n);
}

static void test_run(struct transcriber *t, const struct run *r)
{
    const struct whisper_tokens *k = &t->tokens;
    const struct window *w = r->windows.items;
    struct decode_rules rules = decode_rules_whisper_cpp(k, !r->no_timestamps);
    struct whisper_run *run = whisper_run_create(t->model, t->team, 1, NULL);
    struct decoder *d = decoder_create(run, &t->config, &rules, 1, NULL);
    struct decoded got;
    float loudest;
    double length_s = (double)hear(r, &loudest) / 16000;
    bool same = CHECK(d != NULL);
    int first = 0;
    CHECK_CASE(r->audio);
    for (size_t i = 0; same && i < r->windows.count; i++) {
        int32_t prompt[448];
        size_t seek = (size_t)w[i].seek;
        struct decode_ask ask = {.prompt = prompt, .beams = 1, .max_tokens = 220};
        double rest_s = length_s - (double)seek / 100;
        ask.end_s = rest_s > 30 ? 30.1 : rest_s;
        ask.prompt_len = make_prompt(r, k, rest_s < 5 ? 0 : first, prompt, &ask.sot_index);
        log_mel_window(frames + 80 * seek, frame_count - seek, 80, loudest, mel, FRAMES);
        same = CHECK(whisper_encode(run, mel, FRAMES, 1500, NULL, NULL)) &&
               CHECK(decode_window(d, &ask, &got, NULL)) && compare(r, first, (int)w[i].n, &got);
        first += (int)w[i].n;
    }
    decoder_destroy(d);
    whisper_run_destroy(run);
}

static void test_decoding(void)
{
    struct err e = {0};
    size_t len;
    struct transcriber *t = open_model("asr/nano-whisper-multilingual-f16.bin");
    char *list = file_load(path_of("asr/expected_decode_rules.json"), 1 << 24, &arena, &len, &e);
    char *text = list ? arena_printf(&arena, "{\"runs\":%s}", list) : NULL;
    const struct runs *runs = text ? wire_read_trusted(&runs_type, text, strlen(text), &arena, &e) : NULL;
    if (CHECK(runs && runs->list.count > 0) && t)
        for (size_t i = 0; i < runs->list.count; i++)
            test_run(t, (const struct run *)runs->list.items + i);
    transcriber_destroy(t);
}

/* --- Word times ------------------------------------------------------------------------------- */

struct dtw {
    struct wire_list tokens, jumps;
    int64_t positions;
};

/* clang-format off */
static const struct wire_field dtw_fields[] = {
    {.name = "tokens", .kind = WIRE_LIST, .item = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct dtw, tokens)},
    {.name = "n_audio_positions", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct dtw, positions)},
    {.name = "jump_times_s", .kind = WIRE_LIST, .item = WIRE_NUMBER, .flags = WIRE_REQUIRED, .offset = offsetof(struct dtw, jumps)},
    {0},
};
/* clang-format on */
static const struct wire_type dtw_type = {.name = "Dtw", .fields = dtw_fields, .size = sizeof(struct dtw)};

/* Rows cut to what there is of the sound, of sum 1 again. */
static void crop(float *w, size_t rows, size_t all, size_t columns)
{
    for (size_t r = 0; r < rows; r++) {
        double sum = 0;
        for (size_t c = 0; c < columns; c++)
            sum += w[r * all + c];
        for (size_t c = 0; c < columns; c++)
            w[r * columns + c] = (float)(w[r * all + c] / sum);
    }
}

static void test_words(void)
{
    const struct dtw *want = read_json("asr/expected_dtw.json", &dtw_type);
    struct transcriber *t = open_model("asr/nano-whisper");
    size_t n, size, samples = read_wav("asr/synth6s.wav", sound, 6 * 16000);
    float *matrix = npy_read(path_of("asr/dtw_matrix.npy"), &size);
    static float w[2 * 64 * 1500];
    int32_t tokens[64];
    int at[64];
    CHECK_CASE("word times");
    if (!want || !t || !CHECK(want->tokens.count <= 64 && t->tokens.head_count == 2))
        return;
    n = want->tokens.count;
    for (size_t i = 0; i < n; i++)
        tokens[i] = (int32_t)((const int64_t *)want->tokens.items)[i];
    struct whisper_run *run = whisper_run_create(t->model, t->team, 1, NULL);
    CHECK(log_mel_clip(80, sound, samples, mel, FRAMES, NULL));
    CHECK(run && whisper_encode(run, mel, FRAMES, 1500, NULL, NULL));
    CHECK(whisper_attention(run, tokens, (int)n, t->tokens.heads, 2, w, NULL));
    size_t columns = (size_t)want->positions, rows = n - 4; /* sot, language, task, eot */
    crop(w, 2 * n, 1500, columns);
    CHECK(attention_mean(w, 2, (int)n, (int)columns, NULL));
    double most = 0;
    CHECK(size == rows * columns);
    for (size_t i = 0; i < size; i++)
        most = fmax(most, fabs((double)w[3 * columns + i] - (double)matrix[i]));
    CHECK_NEAR(most, 0, 1e-3);
    CHECK(warp(w + 3 * columns, (int)rows, (int)columns, at, NULL));
    CHECK(want->jumps.count == rows);
    for (size_t i = 0; i < rows; i++)
        CHECK_NEAR(at[i] * TIME_STEP_S, ((const double *)want->jumps.items)[i], 1e-9);
    whisper_run_destroy(run);
    transcriber_destroy(t);
    free(matrix);
}

int main(void)
{
    const char *media = getenv("AIVE_TEST_MEDIA");
    snprintf(root, sizeof root, "%s", media ? media : DEFAULT_MEDIA);
    arena_init(&arena, 1 << 26);
    if (access(path_of("asr/expected_decode_rules.json"), R_OK) != 0) {
        fprintf(stderr, "skipped: no asr/ in %s (AIVE_TEST_MEDIA)\n", root);
        return 77;
    }
    test_decoding();
    test_words();
    arena_finish(&arena);
    return check_done();
}
