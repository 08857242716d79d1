/* SPDX-License-Identifier: GPL-3.0-or-later
 * bench speech - Whisper and GPT-2 models of true size with random weights against what this
 * machine can do at all, measured between their runs: sgemm (ours, and OpenBLAS's if there is one)
 * and reading memory. Ratios to that limit hold on a busy machine too.
 *   bench_speech [threads [model ...]]    default: all cores, tiny base small distilgpt2 mel
 * With one thread times are the processor's, else those of the clock on the wall.
 */
#include "analysis/log_mel.h"
#include "core/err.h"
#include "fake_model.h"
#include "nn/gpt2.h"
#include "nn/kernels.h"
#include "nn/team.h"
#include "nn/weights.h"
#include "nn/whisper.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MB 1e6

static clockid_t clock_used = CLOCK_MONOTONIC;

static double now(void)
{
    struct timespec t;
    clock_gettime(clock_used, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what)
{
    fprintf(stderr, "bench speech: %s\n", what);
    exit(1);
}

/* ---- what the machine can do ---- */

typedef void (*sgemm_fn)(int order, int ta, int tb, int m, int n, int k, float alpha,
                         const float *a, int lda, const float *b, int ldb, float beta, float *c,
                         int ldc);

enum { SIDE_M = 500, SIDE_N = 512, SIDE_K = 512, TASKS = 8, BUFFER = 512 << 20 };

struct limits {
    struct team *team;
    sgemm_fn sgemm; /* NULL: no OpenBLAS */
    float *a, *b, *c;
    uint8_t *buffer;
    size_t read; /* bytes of it */
    float sums[TASKS * 8];
    double flops, blas_flops, bytes; /* a second, the best seen */
};

/* OpenBLAS chooses by the processor's name and takes a new one for an old one. */
static sgemm_fn find_sgemm(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    if (kernels_named("avx512"))
        setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
    else if (kernels_named("avx2"))
        setenv("OPENBLAS_CORETYPE", "Haswell", 0);
    void *lib = dlopen("libopenblas.so.0", RTLD_NOW);
    sgemm_fn fn = NULL;
    void *symbol = lib ? dlsym(lib, "cblas_sgemm") : NULL;
    memcpy(&fn, &symbol, sizeof fn);
    return fn;
}

static void blas_part(void *user, int task, int thread)
{
    const struct limits *l = user;
    (void)thread;
    l->sgemm(101, 111, 112, SIDE_M, SIDE_N, SIDE_K, 1, l->a, SIDE_K, l->b, SIDE_K, 0,
             l->c + (size_t)task * SIDE_M * SIDE_N, SIDE_N);
}

static void product_part(void *user, int task, int thread)
{
    const struct limits *l = user;
    struct product p = {.a = l->a,
                        .a_row = 208,
                        .a_k = 1,
                        .a_block = 32,
                        .b = l->b,
                        .b_k = 32,
                        .m = 64,
                        .k = 192,
                        .c = l->c + (size_t)task * 64 * 32,
                        .c_row = 32};
    (void)thread;
    for (int i = 0; i < 300; i++)
        kernels_choose()->product(&p);
}

static void read_part(void *user, int task, int thread)
{
    typedef uint32_t lanes __attribute__((vector_size(16)));
    struct limits *l = user;
    const size_t n = l->read / TASKS / sizeof(lanes) / 4; /* four streams are faster than one */
    const lanes *p = (const lanes *)(const void *)(l->buffer + (size_t)task * (l->read / TASKS));
    lanes a = {0}, b = {0}, c = {0}, d = {0};
    (void)thread;
    for (size_t i = 0; i < n; i++) {
        a += p[i];
        b += p[i + n];
        c += p[i + 2 * n];
        d += p[i + 3 * n];
    }
    l->sums[task * 8] = (float)(a + b + c + d)[0];
}

static double timed(struct limits *l, team_fn fn)
{
    double begin = now();
    team_run(l->team, TASKS, fn, l);
    return now() - begin;
}

static void keep_best(double *best, double value)
{
    *best = value > *best ? value : *best;
}

static void measure_limits(struct limits *l)
{
    for (int i = 0; i < 4; i++) {
        if (l->sgemm)
            keep_best(&l->blas_flops, 2.0 * SIDE_M * SIDE_N * SIDE_K * TASKS / timed(l, blas_part));
        keep_best(&l->flops, 2.0 * 64 * 32 * 192 * 300 * TASKS / timed(l, product_part));
        keep_best(&l->bytes, (double)l->read / timed(l, read_part));
    }
}

/* As much as one token needs: a small model stays in a large cache. */
static void set_read(struct limits *l, double bytes)
{
    l->read = bytes < BUFFER ? (size_t)bytes / (TASKS * 64) * (TASKS * 64) : BUFFER;
    l->bytes = 0;
}

static void limits_init(struct limits *l, int threads)
{
    *l = (struct limits){.team = team_create(threads, NULL), .sgemm = find_sgemm()};
    l->a = aligned_alloc(64, SIDE_M * SIDE_K * sizeof *l->a);
    l->b = aligned_alloc(64, SIDE_N * SIDE_K * sizeof *l->b);
    l->c = aligned_alloc(64, sizeof *l->c * TASKS * SIDE_M * SIDE_N);
    l->buffer = aligned_alloc(64, BUFFER);
    if (!l->team || !l->a || !l->b || !l->c || !l->buffer)
        die("no memory");
    for (int i = 0; i < SIDE_M * SIDE_K; i++)
        l->a[i] = (float)(i % 7);
    for (int i = 0; i < SIDE_N * SIDE_K; i++)
        l->b[i] = (float)(i % 5);
    memset(l->buffer, 1, BUFFER);
    memset(l->c, 0, sizeof *l->c * TASKS * SIDE_M * SIDE_N);
    set_read(l, BUFFER);
    measure_limits(l);
}

static double best_flops(const struct limits *l)
{
    return l->blas_flops > 0 ? l->blas_flops : l->flops;
}

/* ---- models ---- */

static FILE *temporary(void)
{
    FILE *f = tmpfile();
    if (!f)
        die("no temporary file");
    return f;
}

static double file_size(FILE *f)
{
    fseek(f, 0, SEEK_END);
    return (double)ftell(f);
}

static double memory_now(void)
{
    long all = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%ld %ld", &all, &resident) != 2)
        die("/proc/self/statm");
    fclose(f);
    return (double)(resident * sysconf(_SC_PAGESIZE));
}

static struct whisper *open_speech(FILE *f, struct weights **w)
{
    struct err e = {0};
    struct whisper_config c;
    const struct weights_file file = {"model.bin", fileno(f)};
    *w = weights_open_ggml(&file, &e);
    if (!*w || !whisper_config_from_ggml(weights_ggml(*w), &c, &e))
        die(e.msg);
    struct whisper *m = whisper_open(*w, &c, &e);
    if (!m)
        die(e.msg);
    return m;
}

/* Of a process that does nothing else: encodes a window and decodes with five beams. */
static double speech_memory(const struct limits *l, FILE *f)
{
    int ends[2];
    double peak = 0;
    if (pipe(ends) != 0)
        die("no pipe");
    pid_t child = fork();
    if (child == 0) {
        free(l->a);
        free(l->b);
        free(l->c);
        free(l->buffer);
        struct weights *w;
        struct whisper *m = open_speech(f, &w);
        const struct whisper_config *c = whisper_config(m);
        struct team *team = team_create(team_size(l->team), NULL);
        struct whisper_run *run = whisper_run_create(m, team, 5, NULL);
        float *mel = calloc((size_t)c->mels * 3000, sizeof *mel);
        float *logits = calloc((size_t)c->vocab * 5, sizeof *logits);
        int32_t tokens[448] = {0};
        whisper_encode(run, mel, 3000, c->audio_ctx, NULL, NULL);
        whisper_prompt(run, tokens, 224, logits, NULL, 0, NULL);
        whisper_fork(run, (int[]){0, 0, 0, 0, 0}, 5);
        for (int i = 0; i < 20; i++)
            whisper_step(run, tokens, 5, logits, NULL);
        peak = memory_now();
        _exit(write(ends[1], &peak, sizeof peak) == sizeof peak ? 0 : 1);
    }
    if (child < 0 || read(ends[0], &peak, sizeof peak) != sizeof peak)
        die("the child failed");
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    return peak;
}

struct speech_times {
    double encode, prompt, step, beam; /* seconds */
};

static void least(double *best, double value)
{
    *best = *best == 0 || value < *best ? value : *best;
}

static void time_speech(struct limits *l, struct whisper *m, struct speech_times *t)
{
    const struct whisper_config *c = whisper_config(m);
    struct whisper_run *run = whisper_run_create(m, l->team, 5, NULL);
    float *mel = calloc((size_t)c->mels * 3000, sizeof *mel);
    float *logits = calloc((size_t)c->vocab * 5, sizeof *logits);
    int32_t tokens[224] = {0};
    if (!run || !mel || !logits)
        die("no memory");
    for (int i = 0; i < c->mels * 3000; i++)
        mel[i] = sinf((float)i) * 0.5f;
    for (int round = 0; round < 5; round++) {
        double at[4] = {now()};
        if (!whisper_encode(run, mel, 3000, c->audio_ctx, NULL, NULL))
            die("encode");
        least(&t->encode, now() - at[0]);
        at[1] = now();
        whisper_prompt(run, tokens, 224, logits, NULL, 0, NULL);
        least(&t->prompt, now() - at[1]);
        whisper_prompt(run, tokens, 4, logits, NULL, 0, NULL);
        for (int i = 0; i < 40; i++) {
            at[2] = now();
            whisper_step(run, tokens, 1, logits, NULL);
            least(&t->step, now() - at[2]);
        }
        whisper_prompt(run, tokens, 4, logits, NULL, 0, NULL);
        whisper_fork(run, (int[]){0, 0, 0, 0, 0}, 5);
        for (int i = 0; i < 20; i++) {
            at[3] = now();
            whisper_step(run, tokens, 5, logits, NULL);
            least(&t->beam, now() - at[3]);
        }
        measure_limits(l);
    }
    whisper_run_destroy(run);
    free(mel);
    free(logits);
}

static void bench_whisper(struct limits *l, const struct fake_speech *s, enum dtype dtype)
{
    FILE *f = temporary();
    struct weights *w;
    struct speech_times t = {0};
    if (!fake_whisper(f, s, dtype))
        die("could not write a model");
    const double size = file_size(f), d = s->width, layers = s->layers;
    const double memory = speech_memory(l, f);
    const double weight = (double)dtype_block_bytes(dtype) / (double)dtype_block(dtype);
    const double flops = 6 * s->mels * d * 3000 + 6 * d * d * 1500 +
                         layers * (36000 * d * d + 9e6 * d) + 6000 * d * d * layers;
    const double bytes = weight * (14 * d * d * layers + s->vocab * d) +
                         (dtype == DTYPE_F32 ? 2 : 1) * 6000 * d * layers;
    set_read(l, bytes);
    struct whisper *m = open_speech(f, &w);
    time_speech(l, m, &t);
    const double encode_limit = flops / best_flops(l), step_limit = bytes / l->bytes;
    printf("%-6s %-5s encoder %6.0f ms = %.2fx of sgemm (<= 1.6) | token %6.2f ms = %3.0f%% of "
           "bandwidth (>= 75) | beam of 5 %.2fx (<= 1.5) | prompt of 224 %5.0f ms | memory %.0f MB "
           "= file + %.0f\n",
           s->name, dtype_name(dtype), t.encode * 1e3, t.encode / encode_limit, t.step * 1e3,
           100 * step_limit / t.step, t.beam / t.step, t.prompt * 1e3, memory / MB,
           (memory - size) / MB);
    printf("    memory read again and again in that size: %.1f GB/s\n", l->bytes * 1e-9);
    whisper_destroy(m);
    weights_destroy(w);
    fclose(f);
}

static void bench_gpt2(struct limits *l)
{
    const struct gpt2_config c = {
        .vocab = 50257, .ctx = 1024, .width = 768, .heads = 12, .layers = 6, .epsilon = 1e-5f};
    FILE *f = temporary();
    struct err e = {0};
    if (!fake_gpt2(f, c.width, c.layers, c.vocab, c.ctx))
        die("could not write a model");
    const struct weights_file file = {"model.safetensors", fileno(f)};
    struct weights *w = weights_open_safetensors(&file, 1, NULL, 0, &e);
    struct gpt2 *m = w ? gpt2_open(w, &c, &e) : NULL;
    struct gpt2_run *run = m ? gpt2_run_create(m, l->team, &e) : NULL;
    float *logits = calloc((size_t)c.vocab, sizeof *logits);
    int32_t tokens[512] = {0};
    if (!run || !logits)
        die(e.msg);
    const double bytes = file_size(f) - 2.0 * c.ctx * c.width;
    double step = 0, prompt = 0;
    set_read(l, bytes);
    for (int round = 0; round < 5; round++) {
        gpt2_reset(run);
        for (int i = 0; i < 60; i++) {
            double begin = now();
            gpt2_feed(run, tokens, 1, logits, 1, NULL, NULL);
            if (i > 2)
                least(&step, now() - begin);
        }
        gpt2_reset(run);
        double begin = now();
        gpt2_feed(run, tokens, 512, logits, 1, NULL, NULL);
        least(&prompt, now() - begin);
        measure_limits(l);
    }
    printf("distilgpt2 F16  token %6.2f ms = %3.0f%% of bandwidth (>= 70) = %.0f a second | prompt "
           "of 512 %5.0f ms\n",
           step * 1e3, 100 * bytes / l->bytes / step, 1 / step, prompt * 1e3);
    printf("    memory read again and again in that size: %.1f GB/s\n", l->bytes * 1e-9);
    gpt2_run_destroy(run);
    gpt2_destroy(m);
    weights_destroy(w);
    free(logits);
    fclose(f);
}

static void bench_mel(void)
{
    enum { SAMPLES = 11 * LOG_MEL_RATE };
    float *sound = calloc(SAMPLES, sizeof *sound), *mel = calloc(80 * 3000, sizeof *mel);
    double best = 0;
    if (!sound || !mel)
        die("no memory");
    for (int i = 0; i < SAMPLES; i++)
        sound[i] = sinf((float)i * 0.1f) * 0.3f + (float)(i * 7919 % 1000) * 1e-4f;
    for (int i = 0; i < 10; i++) {
        double begin = now();
        if (!log_mel_clip(80, sound, SAMPLES, mel, 3000, NULL))
            die("log-mel");
        least(&best, now() - begin);
    }
    printf("log-mel of 11 s %.2f ms (<= 5)\n", best * 1e3);
    free(sound);
    free(mel);
}

static bool wanted(int argc, char **argv, const char *name)
{
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return argc <= 2;
}

int main(int argc, char **argv)
{
    static const struct fake_speech speech[] = {{"tiny", 384, 6, 4, 51865, 80},
                                                {"base", 512, 8, 6, 51865, 80},
                                                {"small", 768, 12, 12, 51865, 80}};
    struct limits l;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 && atoi(argv[1]) == 1)
        clock_used = CLOCK_PROCESS_CPUTIME_ID;
    limits_init(&l, argc > 1 ? atoi(argv[1]) : 0);
    for (size_t i = 0; i < sizeof speech / sizeof *speech; i++) {
        if (!wanted(argc, argv, speech[i].name))
            continue;
        bench_whisper(&l, &speech[i], DTYPE_F16);
        bench_whisper(&l, &speech[i], DTYPE_Q8_0);
        bench_whisper(&l, &speech[i], DTYPE_Q5_1);
    }
    if (wanted(argc, argv, "distilgpt2"))
        bench_gpt2(&l);
    if (wanted(argc, argv, "mel"))
        bench_mel();
    printf("limits, %d threads, kernels %s: our product %.0f GFLOP/s, OpenBLAS sgemm %.0f\n",
           team_size(l.team), kernels_choose()->name, l.flops * 1e-9, l.blas_flops * 1e-9);
    team_destroy(l.team);
    return 0;
}
