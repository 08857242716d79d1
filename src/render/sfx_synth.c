/* SPDX-License-Identifier: GPL-3.0-or-later
 * sfx_synth.c - makes the sound effects; runs while aive is being built.
 *
 *     sfx_synth TABLE.c DIR     writes the table that sfx.h declares, and one WAV a sound into DIR
 *
 * To add a sound: write a function that fills a buffer and add a row to `recipes`. Levels do not
 * matter in the function: every sound is brought to -3 dBFS and its ends are faded to silence.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define RATE 48000
#define PEAK 0.7079 /* -3 dBFS */

/* --- Building blocks ----------------------------------------------------------------------------
 */

/* White noise -1..1, the same in every build (xorshift, G. Marsaglia 2003). */
static double noise(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return (double)*seed / 2147483648.0 - 1;
}

/* State-variable filter in Zavalishin's form, stable while its frequency sweeps. */
struct filter {
    double low_state, band_state;
    double low, band; /* outputs of the last step */
};

static void filter_step(struct filter *f, double in, double hz, double q)
{
    double g = tan(M_PI * hz / RATE), k = 1 / q;
    double a = 1 / (1 + g * (g + k));
    double v = a * (f->band_state + g * (in - f->low_state));
    double w = f->low_state + g * v;
    f->band_state = 2 * v - f->band_state;
    f->low_state = 2 * w - f->low_state;
    f->band = v * k;
    f->low = w;
}

/* An oscillator whose frequency may change from sample to sample. */
static double sine(double *phase, double hz)
{
    double out = sin(2 * M_PI * *phase);
    *phase += hz / RATE;
    *phase -= floor(*phase);
    return out;
}

/* Saw without its highest harmonics, so that it does not alias. */
static double soft_saw(double *phase, double hz)
{
    double out = 0;
    for (int h = 1; h <= 12 && h * hz < 12000; h++)
        out += sin(2 * M_PI * h * *phase) / h;
    *phase += hz / RATE;
    *phase -= floor(*phase);
    return out;
}

static double decay(double t, double time)
{
    return exp(-t / time);
}

/* From a to b, exponentially, as u goes 0..1. */
static double glide(double a, double b, double u)
{
    u = u < 0 ? 0 : u > 1 ? 1 : u;
    return a * pow(b / a, u);
}

static double smooth(double u)
{
    u = u < 0 ? 0 : u > 1 ? 1 : u;
    return u * u * (3 - 2 * u);
}

/* --- The sounds: out[0..n), t in seconds ---------------------------------------------------------
 */

/* Air that passes by: noise through two bands that rise to the cut and fall after it. */
static void whoosh(float *out, int n)
{
    uint32_t seed = 11;
    struct filter wide = {0}, bright = {0}, body = {0};
    const double peak = 0.14, end = (double)n / RATE;
    for (int i = 0; i < n; i++) {
        double t = (double)i / RATE, x = noise(&seed);
        double near = t < peak ? smooth(t / peak) : smooth((end - t) / (end - peak));
        double hz =
            t < peak ? glide(350, 2600, t / peak) : glide(2600, 420, (t - peak) / (end - peak));
        filter_step(&wide, x, hz, 1.1);
        filter_step(&bright, x, fmin(hz * 2.3, 9000), 1.6);
        filter_step(&body, x, 180, 0.8);
        out[i] = (float)(near * near * (wide.band + 0.45 * bright.band + 0.5 * body.low));
    }
}

/* A bubble: a short tone that jumps up. */
static void pop(float *out, int n)
{
    uint32_t seed = 23;
    double phase = 0, over = 0;
    struct filter tick = {0};
    for (int i = 0; i < n; i++) {
        double t = (double)i / RATE, hz = glide(260, 980, t / 0.055);
        filter_step(&tick, noise(&seed), 3200, 1.0);
        out[i] = (float)(smooth(t / 0.002) * decay(t, 0.030) *
                             (sine(&phase, hz) + 0.22 * sine(&over, 2 * hz)) +
                         0.25 * decay(t, 0.0025) * tick.band);
    }
}

/* A small bell: the partials of a struck bar, each pair a little apart so that it shimmers. */
static void ding(float *out, int n)
{
    static const struct {
        double ratio, gain, decay_s;
    } partials[] = {{1, 1, 0.55},        {1.0012, 0.18, 0.75}, {2.756, 0.42, 0.24},
                    {2.7595, 0.2, 0.22}, {5.404, 0.2, 0.09},   {8.933, 0.08, 0.04}};
    enum { COUNT = sizeof partials / sizeof *partials };
    double phase[COUNT] = {0};
    uint32_t seed = 31;
    struct filter tick = {0};
    for (int i = 0; i < n; i++) {
        double t = (double)i / RATE, sum = 0;
        for (int k = 0; k < COUNT; k++)
            sum += partials[k].gain * decay(t, partials[k].decay_s) *
                   sine(&phase[k], 1318.51 * partials[k].ratio);
        filter_step(&tick, noise(&seed), 6500, 0.9);
        out[i] = (float)(smooth(t / 0.0008) * sum + 0.3 * decay(t, 0.003) * tick.band);
    }
}

/* A deep hit: a falling sine driven hard enough to be heard on a telephone, rumble behind it. */
static void boom(float *out, int n)
{
    uint32_t seed = 47;
    double phase = 0;
    struct filter rumble = {0}, slap = {0};
    for (int i = 0; i < n; i++) {
        double t = (double)i / RATE, x = noise(&seed);
        double tone = sine(&phase, 42 + 95 * decay(t, 0.075)) * decay(t, 0.42);
        filter_step(&rumble, x, glide(420, 70, t / 0.9), 0.7);
        filter_step(&slap, x, 1500, 0.7);
        out[i] = (float)(tanh(2.6 * smooth(t / 0.0015) * tone) +
                         1.3 * rumble.low * decay(t, 0.38) * smooth(t / 0.004) +
                         0.5 * slap.band * decay(t, 0.012));
    }
}

/* Tension that grows until the cut: noise and three detuned saws that climb, a flutter that
 * quickens. */
static void riser(float *out, int n)
{
    uint32_t seed = 59;
    struct filter air = {0}, tone = {0};
    double flutter = 0, phase[3] = {0};
    for (int i = 0; i < n; i++) {
        double u = (double)i / n, hz = glide(110, 440, u), saws = 0;
        for (int k = 0; k < 3; k++)
            saws += soft_saw(&phase[k], hz * (1 + 0.006 * (k - 1)));
        filter_step(&air, noise(&seed), glide(300, 7000, u), 1.8);
        filter_step(&tone, saws, glide(350, 5200, u), 1.0);
        double wobble = 1 - 0.45 * u * (0.5 + 0.5 * sine(&flutter, glide(4, 18, u)));
        out[i] = (float)(pow(u, 1.8) * wobble * (1.1 * air.band + 0.32 * tone.low));
    }
}

/* A switch: two ticks of a small resonant body. */
static void click(float *out, int n)
{
    uint32_t seed = 71;
    struct filter body = {0}, edge = {0};
    for (int i = 0; i < n; i++) {
        double t = (double)i / RATE, second = t - 0.016;
        double hit = decay(t, 0.0012) + (second >= 0 ? 0.5 * decay(second, 0.0016) : 0);
        double x = noise(&seed) * hit;
        filter_step(&body, x, 1900, 6);
        filter_step(&edge, x, 5200, 1.2);
        out[i] = (float)(body.band + edge.band);
    }
}

static const struct recipe {
    const char *name, *title, *help;
    double seconds, gain_db, lead_s;
    void (*fill)(float *out, int n);
} recipes[] = {
    {"whoosh", "Whoosh", "Air rushing past; for cuts and fast moves.", 0.60, 0, 0.12, whoosh},
    {"pop", "Pop", "A bubble; for words and pictures that appear.", 0.18, 0, 0, pop},
    {"ding", "Ding", "A small bell; for a point well made.", 1.80, -2, 0, ding},
    {"boom", "Boom", "A deep hit; for the moment that matters.", 1.60, 2, 0, boom},
    {"riser", "Riser", "Tension that grows and ends at the cut.", 1.50, -1, 1.50, riser},
    {"click", "Click", "A switch; for small steps and lists.", 0.06, 0, 0, click},
};
enum { RECIPE_COUNT = sizeof recipes / sizeof *recipes };

/* --- Finishing and writing ----------------------------------------------------------------------
 */

static void finish(float *v, int16_t *out, int n)
{
    const int fade = RATE / 200 < n / 4 ? RATE / 200 : n / 4;
    double top = 1e-9;
    for (int i = 0; i < fade; i++)
        v[n - 1 - i] *= (float)((double)i / fade);
    for (int i = 0; i < n; i++)
        top = fmax(top, fabs((double)v[i]));
    for (int i = 0; i < n; i++)
        out[i] = (int16_t)lrint((double)v[i] * PEAK / top * 32767);
}

static void put_le(FILE *f, uint32_t x, int bytes)
{
    for (int i = 0; i < bytes; i++)
        fputc((int)(x >> (8 * i) & 255), f);
}

static int write_wav(const char *dir, const char *name, const int16_t *v, int n)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.wav", dir, name);
    FILE *f = fopen(path, "wb");
    if (!f)
        return 0;
    fputs("RIFF", f);
    put_le(f, 36 + 2 * (uint32_t)n, 4);
    fputs("WAVEfmt ", f);
    put_le(f, 16, 4);
    put_le(f, 1, 2); /* PCM */
    put_le(f, 1, 2); /* mono */
    put_le(f, RATE, 4);
    put_le(f, RATE * 2, 4);
    put_le(f, 2, 2);
    put_le(f, 16, 2);
    fputs("data", f);
    put_le(f, 2 * (uint32_t)n, 4);
    for (int i = 0; i < n; i++)
        put_le(f, (uint16_t)v[i], 2);
    return fclose(f) == 0;
}

static void write_array(FILE *f, const char *name, const int16_t *v, int n)
{
    fprintf(f, "static const int16_t %s[%d] = {", name, n);
    for (int i = 0; i < n; i++)
        fprintf(f, "%s%d,", i % 16 ? "" : "\n", v[i]);
    fprintf(f, "};\n");
}

static int make(const struct recipe *r, FILE *table, const char *dir)
{
    int n = (int)lrint(r->seconds * RATE);
    float *v = calloc((size_t)n, sizeof *v);
    int16_t *out = calloc((size_t)n, sizeof *out);
    int ok = v && out;
    if (ok) {
        r->fill(v, n);
        finish(v, out, n);
        write_array(table, r->name, out, n);
        ok = write_wav(dir, r->name, out, n);
    }
    free(out);
    free(v);
    return ok;
}

int main(int argc, char **argv)
{
    FILE *f = argc == 3 ? fopen(argv[1], "w") : NULL;
    int ok = f != NULL;
    if (!ok) {
        fprintf(stderr, "usage: sfx_synth TABLE.c DIR\n");
        return 2;
    }
    fprintf(f, "/* made by sfx_synth.c */\n#include \"render/sfx.h\"\n");
    for (int i = 0; i < RECIPE_COUNT && ok; i++)
        ok = make(&recipes[i], f, argv[2]);
    fprintf(f, "const struct sfx sfx_table[] = {\n");
    for (int i = 0; i < RECIPE_COUNT; i++) {
        const struct recipe *r = &recipes[i];
        fprintf(f, "{\"%s\", \"%s\", \"%s\", %.17g, %ld, %ld, %s},\n", r->name, r->title, r->help,
                r->gain_db, lrint(r->lead_s * RATE), lrint(r->seconds * RATE), r->name);
    }
    fprintf(f, "{0},\n};\n");
    return fclose(f) == 0 && ok ? 0 : 1;
}
