/* SPDX-License-Identifier: GPL-3.0-or-later
 * Weight files, vocabularies and texts that others made, against what they say is in them:
 * $AIVE_TEST_MEDIA/asr (README there). Skipped (exit 77) without it. */
#include "check.h"
#include "core/files.h"
#include "core/json.h"
#include "nn/model_dir.h"
#include "nn/pretokenize.h"
#include "nn/tokenizer.h"
#include "nn/weights.h"

#include <stdlib.h>
#include <unistd.h>

static char root[3000];

static const char *path_of(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

struct model {
    struct model_files files;
    struct weights *weights;
    struct tokenizer *tokens;
};

static bool model_open(const char *name, struct model *m)
{
    struct err e = {0};
    *m = (struct model){0};
    CHECK_CASE(name);
    bool ok = CHECK(model_files_open(path_of(name), &m->files, &e)) &&
              CHECK((m->weights = model_files_weights(&m->files, &e)) != NULL) &&
              CHECK((m->tokens = model_files_tokenizer(&m->files, m->weights, &e)) != NULL);
    if (!ok)
        fprintf(stderr, "   %s\n", e.msg);
    return ok;
}

static void model_close(struct model *m)
{
    tokenizer_destroy(m->tokens);
    weights_destroy(m->weights);
    model_files_finish(&m->files);
}

/* --- Texts --- */

struct numbers {
    int32_t v[4096];
    size_t n;
};

static void read_numbers(struct json_reader *r, struct numbers *out)
{
    out->n = 0;
    if (json_peek(r) != JSON_ARRAY) {
        json_skip(r);
        return;
    }
    for (json_enter_array(r); json_next_item(r);) {
        double v;
        bool is_int;
        int64_t i;
        if (json_read_number(r, &v, &is_int, &i) && out->n < 4096)
            out->v[out->n++] = (int32_t)i;
    }
}

/* The tokens of the text are those wanted (NULL: any), and give the text again. */
static void check_ids(const struct tokenizer *t, const char *text, size_t len,
                      const struct numbers *want)
{
    struct ids ids = {0};
    size_t at = 0, n;
    CHECK(tokenizer_encode(t, text, len, &ids, NULL));
    if (want) {
        bool same = ids.len == want->n;
        for (size_t i = 0; same && i < ids.len; i++)
            same = ids.id[i] == want->v[i];
        CHECK(same);
    }
    for (size_t i = 0; i < ids.len; i++, at += n) {
        const char *piece = tokenizer_piece(t, ids.id[i], &n);
        CHECK(at + n <= len && memcmp(piece, text + at, n) == 0);
    }
    CHECK(at == len);
    ids_finish(&ids);
}

static void check_pieces(struct json_reader *r, struct arena *a, const char *text, size_t len)
{
    const char *piece;
    size_t n, at = 0;
    for (json_enter_array(r); json_next_item(r);)
        if (json_read_string(r, a, &piece, &n)) {
            CHECK(pretoken_next(text + at, len - at) == n && memcmp(text + at, piece, n) == 0);
            at += n;
        }
    CHECK(at == len);
}

static void check_cases(const struct tokenizer *const small[3], const struct tokenizer *real)
{
    struct arena a;
    struct json_reader r;
    struct numbers ids;
    size_t len, n = 0;
    int cases = 0;
    const char *key, *text = "";
    arena_init(&a, 8 << 20);
    char *all = file_load(path_of("bpe_cases.json"), 1 << 20, &a, &len, NULL);
    if (!CHECK(all != NULL))
        return;
    json_reader_init(&r, all, len, 8);
    for (json_enter_array(&r); json_next_item(&r); cases++)
        for (json_enter_object(&r); json_next_key(&r, &a, &key);) {
            if (strcmp(key, "text") == 0) {
                json_read_string(&r, &a, &text, &n);
                CHECK_CASE(text);
            } else if (strcmp(key, "pretokens") == 0) {
                check_pieces(&r, &a, text, n);
            } else if (strcmp(key, "ids_small") == 0) {
                read_numbers(&r, &ids);
                for (int i = 0; i < 3; i++)
                    check_ids(small[i], text, n, &ids);
                check_ids(real, text, n, NULL);
            } else {
                json_skip(&r);
            }
        }
    CHECK(!json_failed(&r) && cases == 47);
    arena_finish(&a);
}

static void test_texts(void)
{
    struct model gpt2, whisper, ggml, real;
    if (model_open("nano-gpt2", &gpt2) && model_open("nano-whisper", &whisper) &&
        model_open("nano-whisper-f16.bin", &ggml) &&
        model_open("nano-whisper-multilingual-f16.bin", &real)) {
        const struct tokenizer *const small[] = {gpt2.tokens, whisper.tokens, ggml.tokens};
        check_cases(small, real.tokens);
        CHECK_CASE("special tokens");
        CHECK(tokenizer_id(whisper.tokens, "<|startoftranscript|>") == 1024);
        CHECK(tokenizer_id(whisper.tokens, "<|notimestamps|>") == 1129);
        CHECK(tokenizer_id(whisper.tokens, "<|endoftext|>") == 1023);
        CHECK(tokenizer_id(gpt2.tokens, "<|endoftext|>") == 1023);
        CHECK(tokenizer_is_special(whisper.tokens, 1023) &&
              tokenizer_is_special(whisper.tokens, 1500) &&
              !tokenizer_is_special(whisper.tokens, 220));
        CHECK(tokenizer_count(whisper.tokens) == 2631 && tokenizer_count(gpt2.tokens) == 1024);
        CHECK(tokenizer_count(real.tokens) == 50257 && tokenizer_count(ggml.tokens) == 1023);
    }
    model_close(&gpt2);
    model_close(&whisper);
    model_close(&ggml);
    model_close(&real);
}

/* --- Weights --- */

static float *load_npy(const char *name, size_t n)
{
    float *out = calloc(n, sizeof *out);
    FILE *f = fopen(path_of(name), "rb");
    bool ok = f && out && fseek(f, -(long)(n * sizeof *out), SEEK_END) == 0 &&
              fread(out, sizeof *out, n, f) == n;
    CHECK(ok);
    if (f)
        fclose(f);
    return out;
}

static float *floats_of(const struct tensor *t)
{
    float *out = calloc(t->count, sizeof *out);
    dtype_to_f32(t->dtype, t->data, t->count, out);
    return out;
}

static double worst(const float *a, const float *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs((double)a[i] - (double)b[i]));
    return most;
}

/* The tensor of the file against numbers that were unpacked by another program, and against the
 * same weights in 32 bits. */
static void check_unpacked(const char *file, const char *npy, enum dtype dtype, double step)
{
    static const char name[] = "encoder.blocks.0.mlp.0.weight";
    static const char hf_name[] = "model.encoder.layers.0.fc1.weight";
    struct model m, exact;
    if (model_open(file, &m) && model_open("nano-whisper", &exact)) {
        const struct tensor *t = weights_find(m.weights, name);
        const struct tensor *truth = weights_find(exact.weights, hf_name);
        CHECK_CASE(file);
        if (CHECK(t && truth && t->count == 256 * 64 && truth->count == t->count)) {
            CHECK(t->dtype == dtype && t->ndim == 2 && t->dims[0] == 256 && t->dims[1] == 64);
            float *got = floats_of(t), *want = floats_of(truth);
            CHECK_NEAR(worst(got, want, t->count), 0, step);
            if (npy) {
                float *unpacked = load_npy(npy, t->count);
                CHECK_NEAR(worst(got, unpacked, t->count), 0, 1e-6);
                free(unpacked);
            }
            free(got);
            free(want);
        }
    }
    model_close(&m);
    model_close(&exact);
}

static void check_head(void)
{
    struct model m;
    if (model_open("nano-whisper-multilingual-f16.bin", &m)) {
        const struct ggml_head *h = weights_ggml(m.weights);
        CHECK(h->n_vocab == 51865 && h->n_text_layer == 3 && h->n_audio_layer == 2);
        CHECK(h->n_mels == 80 && h->filter_mels == 80 && h->filter_bins == 201);
        CHECK(h->ftype == 1 && h->token_count == 50257);
        float *filters = load_npy("mel_filters_80x201.npy", (size_t)80 * 201);
        float *bank = calloc((size_t)80 * 201, sizeof *bank);
        dtype_to_f32(DTYPE_F32, h->filters, (size_t)80 * 201, bank);
        CHECK_NEAR(worst(bank, filters, (size_t)80 * 201), 0, 1e-7);
        free(bank);
        free(filters);
        CHECK_STR(m.files.kind, "whisper");
    }
    model_close(&m);
}

static void check_gpt2(void)
{
    struct model plain, half;
    if (model_open("nano-gpt2", &plain) && model_open("nano-gpt2-f16-prefixed", &half)) {
        const struct tensor *a = weights_find(plain.weights, "h.1.attn.c_attn.weight");
        const struct tensor *b = weights_find(half.weights, "transformer.h.1.attn.c_attn.weight");
        const struct tensor *mask = weights_find(half.weights, "transformer.h.0.attn.bias");
        const struct tensor *scalar =
            weights_find(half.weights, "transformer.h.0.attn.masked_bias");
        CHECK_STR(plain.files.kind, "gpt2");
        CHECK(mask && mask->dtype == DTYPE_U8 && mask->ndim == 4);
        CHECK(scalar && scalar->ndim == 0 && scalar->count == 1);
        if (CHECK(a && b && a->dims[0] == 64 && a->dims[1] == 192 && b->dtype == DTYPE_F16)) {
            float *x = floats_of(a), *y = floats_of(b);
            CHECK_NEAR(worst(x, y, a->count), 0, 1e-3);
            free(x);
            free(y);
        }
    }
    model_close(&plain);
    model_close(&half);
}

int main(void)
{
    const char *media = getenv("AIVE_TEST_MEDIA");
    snprintf(root, sizeof root, "%s/asr", media ? media : DEFAULT_MEDIA);
    if (access(path_of("bpe_cases.json"), R_OK) != 0) {
        printf("SKIPPED: no models at %s\n", root);
        return 77;
    }
    test_texts();
    check_unpacked("nano-whisper-f16.bin", NULL, DTYPE_F16, 2e-3);
    check_unpacked("nano-whisper-q8_0.bin", "deq_q8_0_encoder.blocks.0.mlp.0.weight_256x64.npy",
                   DTYPE_Q8_0, 2e-2);
    check_unpacked("nano-whisper-q5_1.bin", "deq_q5_1_encoder.blocks.0.mlp.0.weight_256x64.npy",
                   DTYPE_Q5_1, 1e-1);
    check_head();
    check_gpt2();
    return check_done();
}
