/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "espeak.h"
#include "noise.h"
#include "speech/align.h"
#include "speech/align_chain.h"
#include "speech/caption_file.h"
#include "speech/phones.h"
#include "speech/spoken.h"

#include <ctype.h>

/* --- Words as they are said ------------------------------------------------------------------- */

static void test_spoken(void)
{
    static const struct {
        const char *written, *ways; /* separated by '/' */
    } cases[] = {
        {"42", "forty two/four two"},
        {"1999", "one thousand nine hundred ninety nine/nineteen ninety nine/one nine nine nine"},
        {"1905,", "one thousand nine hundred five/nineteen oh five/one nine zero five/one nine oh five"},
        {"1,234", "one thousand two hundred thirty four"},
        {"3rd", "third"},
        {"$20", "twenty dollars/twenty/two zero dollars/two oh dollars"},
        {"\xC2\xA3""5!", "five pounds/five"},
        {"50%", "fifty percent/five zero percent/five oh percent"},
        {"10:05", "ten oh five/one zero oh five/one oh oh five"},
        {"Dr.", "doctor/drive"},
        {"NASA", "nasa/N A S A"},
        {"U.S.A.", "U S A"},
        {"don\xE2\x80\x99t", "don't"},
        {"self-made", "self made"},
        {"caf\xC3\xA9", "cafe"},
        {"AT&T", "at and t/A T and t"},
        {"\xE2\x80\x94", ""},
        {"\xE4\xB8\xAD\xE6\x96\x87", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct spoken_ways w;
        char all[4 * SPOKEN_MAX + 8] = "";
        CHECK_CASE(cases[i].written);
        spoken_ways_of(cases[i].written, &w);
        for (int k = 0, used = 0; k < w.count; k++)
            used += snprintf(all + used, sizeof all - (size_t)used, "%s%s", k ? "/" : "", w.text[k]);
        CHECK_STR(all, cases[i].ways);
    }
    struct spoken_ways w; /* what is too long for the table is no way to say it */
    char digits[200];
    memset(digits, '7', sizeof digits);
    digits[sizeof digits - 1] = '\0';
    spoken_ways_of(digits, &w);
    CHECK(w.count == 0);
}

static void test_phones(void)
{
    static const struct {
        const char *word, *phones;
    } cases[] = {
        {"ship", "SH IH P"},   {"make", "M EY K"},       {"nation", "N EY SH AH N"},
        {"knight", "N AY T"},   {"walked", "W AO K T"}, {"dishes", "D IH SH IH Z"},
        {"happy", "HH AE P IY"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[64] = "";
        CHECK_CASE(cases[i].word);
        CHECK(phones_guess(cases[i].word, out, sizeof out));
        CHECK_STR(out, cases[i].phones);
    }
    char small[4] = "";
    CHECK(!phones_guess("nation", small, sizeof small));
    CHECK_STR(phones_letter('w'), "D AH B AH L Y UW");
    CHECK(!phones_letter('1'));
}

/* --- The script ------------------------------------------------------------------------------- */

static void test_script(void)
{
    struct arena a;
    struct script s;
    struct err e = {0};
    CHECK_CASE("script");
    arena_init(&a, 1 << 20);
    static const char text[] = "\xEF\xBB\xBFMr. Hill \xE2\x80\x94 said \"no.\" [a door closes]\nThen he\nleft\n\nAt last!";
    CHECK(script_from_text(text, sizeof text - 1, &a, &s, &e));
    CHECK(s.count == 9);
    if (s.count == 9) {
        CHECK_STR(s.words[1].text, "Hill \xE2\x80\x94");
        CHECK_STR(s.words[3].text, "\"no.\"");
        CHECK_STR(s.words[4].text, "Then");
        CHECK(s.words[3].segment == 0 && s.words[4].segment == 1 && s.words[6].segment == 1);
        CHECK(s.words[7].segment == 2);
    }
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"", "the script has no words"},
        {"[music] \xE2\x99\xAA", "the script has no words"},
        {"\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82 \xD0\xBC\xD0\xB8\xD1\x80",
         "the script is not in Latin letters: only English can be aligned to its sound"},
        {"caf\xE9", "the script is not UTF-8 text"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!script_from_text(bad[i].text, strlen(bad[i].text), &a, &s, &e));
        CHECK(e.code == ERR_INVALID);
        CHECK_STR(e.msg, bad[i].message);
    }
    static const char srt[] = "1\n00:00:01,000 --> 00:00:02,000\nOne two\n\n2\n00:00:03,000 --> "
                              "00:00:04,000\n[sighs] <i>three</i>\n";
    struct cues cues;
    CHECK(caption_file_read(NULL, srt, sizeof srt - 1, &a, &cues, &e));
    CHECK(script_from_cues(&cues, &a, &s, &e));
    CHECK(s.count == 3 && s.words[1].segment == 0 && s.words[2].segment == 1);
    arena_finish(&a);
}

/* --- The chain -------------------------------------------------------------------------------- */

static void test_chain(void)
{
    /* Words 0..5 in order, a stray one in between, a wrong one far away, a short run out of order. */
    struct align_hit hits[] = {
        {3, 1.5, 1.9, -30, 2},  {0, 0.0, 0.4, -30, 2},   {1, 0.5, 0.9, -30, 2},
        {90, 0.9, 1.0, -30, 1}, {2, 1.0, 1.4, -30, 2},   {40, 20.0, 20.2, -30, 1},
        {4, 2.0, 2.4, -30, 2},  {5, 2.5, 2.9, -30, 2},   {1, 30.0, 30.2, -30, 1},
        {2, 30.2, 30.4, -30, 1},
    };
    CHECK_CASE("chain");
    long n = align_chain(hits, sizeof hits / sizeof *hits, 100, 4);
    CHECK(n == 6);
    for (long i = 0; i < n; i++)
        CHECK(hits[i].word == i);
    CHECK_NEAR(align_weight(hits, n), 12, 1e-9);
    struct align_hit stray[] = {{7, 0, 1, -30, 2}, {3, 1, 2, -30, 2}, {90, 2, 3, -30, 1}};
    CHECK(align_chain(stray, 3, 100, 4) == 0);
    CHECK(align_chain(NULL, 0, 100, 4) == 0);
}

/* --- Sound ------------------------------------------------------------------------------------ */

struct pcm {
    float *samples;
    int count;
};

static bool read_pcm(void *user, int64_t from, float *out, int n, struct err *e)
{
    const struct pcm *p = user;
    (void)e;
    memcpy(out, p->samples + from, (size_t)n * sizeof *out);
    return true;
}

/* Chords and a drum. */
static double music(int i)
{
    static const double roots[] = {220, 174.6, 261.6, 196};
    double t = (double)i / SPOKEN_RATE, sum = 0, beat = fmod(t, 0.5);
    double root = roots[(int)(t / 2) % 4];
    for (int k = 0; k < 3; k++) {
        double hz = root * (double[]){1, 1.25, 1.5}[k];
        for (int h = 1; h < 6; h++)
            sum += sin(2 * acos(-1.0) * hz * h * t) / h / 3;
    }
    return 0.5 * sum + exp(-beat * 30) * hash_noise(i);
}

static double power(const float *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)x[i] * x[i];
    return sum / n;
}

/* Adds music (or else noise), so many dB below the speech. */
static void add_below(struct spoken *s, bool with_music, double db)
{
    float *other = malloc((size_t)s->samples * sizeof *other);
    for (int i = 0; i < s->samples; i++)
        other[i] = (float)(with_music ? music(i) : hash_noise(i));
    double gain = sqrt(power(s->pcm, s->samples) / power(other, s->samples)) * pow(10, -db / 20);
    for (int i = 0; i < s->samples; i++)
        s->pcm[i] += (float)gain * other[i];
    free(other);
}

/* --- Alignment -------------------------------------------------------------------------------- */

static struct transcript *align_text(const float *pcm, int samples, const char *text,
                                     const struct align_options *o, struct arena *a, struct err *e)
{
    struct pcm user = {(float *)(uintptr_t)pcm, samples};
    const struct speech_sound sound = {samples, read_pcm, &user};
    struct script script;
    struct sphinx *s = sphinx_open(false, e);
    struct transcript *said = NULL;
    if (s && script_from_text(text, strlen(text), a, &script, e))
        said = align(s, &sound, &script, o, a, e);
    sphinx_close(s);
    return said;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct marks {
    size_t heard, right; /* words; those near one that is spoken so */
    double median_s, most_s;  /* of the distances of their edges; nine of ten are below `most_s` */
};

/* Each word of the transcript against the nearest one of the same text that was spoken. */
static struct marks mark(const struct transcript *t, const struct spoken *s)
{
    struct marks m = {0};
    double errors[4096];
    size_t n = 0;
    const struct transcript_segment *segments = t->segments.items;
    for (size_t i = 0; i < t->segments.count; i++) {
        const struct transcript_word *words = segments[i].words.items;
        for (size_t k = 0; k < segments[i].words.count; k++) {
            const struct spoken_word *best = NULL;
            for (int j = 0; j < s->count; j++)
                if (strcmp(s->words[j].text, words[k].word) == 0 &&
                    (!best || fabs(s->words[j].start_s - words[k].start) <
                                  fabs(best->start_s - words[k].start)))
                    best = &s->words[j];
            m.heard++;
            m.right += !best; /* the synthesiser takes some two words for one: "on the" */
            if (!best || n + 2 > sizeof errors / sizeof *errors)
                continue;
            errors[n++] = fabs(best->start_s - words[k].start);
            errors[n++] = fabs(best->end_s - words[k].end);
            m.right += fabs(best->start_s - words[k].start) < 0.3;
        }
    }
    if (n) {
        qsort(errors, n, sizeof *errors, by_size);
        m.median_s = errors[n / 2];
        m.most_s = errors[n * 9 / 10];
    }
    return m;
}

static const char market[] =
    "We are going to walk through the old market this morning, and then we will take the train back "
    "to the city before it gets dark.";
static const char bread[] =
    "My grandmother used to bake bread on Sundays. The kitchen was warm, the windows were white with "
    "steam, and nobody was in a hurry.";
static const char numbers[] =
    "In 1969 two men walked on the moon, and about 650 million people watched it on TV. Dr. Smith "
    "didn't believe it at first.";

static void test_word_times(const struct espeak *k)
{
    static const struct {
        const char *name, *text, *voice;
        int words_a_minute;
        double music_db, noise_db; /* below the speech; 0: none */
        size_t least;              /* words heard */
    } cases[] = {
        {"clean", market, "en-us", 150, 0, 0, 26},
        {"another voice", bread, "en-us+f3", 160, 0, 0, 24},
        {"fast", bread, "en-us", 200, 0, 0, 23},
        {"numbers and short forms", numbers, "en-us+f3", 150, 0, 0, 22},
        {"music below", bread, "en-us+f3", 150, 10, 0, 21},
        {"noise below", bread, "en-us+f3", 150, 0, 15, 21},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a;
        struct err e = {0};
        const struct align_options o = {0};
        CHECK_CASE(cases[i].name);
        arena_init(&a, 16 << 20);
        struct spoken s = espeak_say(k, cases[i].text, cases[i].voice, cases[i].words_a_minute);
        if (cases[i].music_db > 0)
            add_below(&s, true, cases[i].music_db);
        if (cases[i].noise_db > 0)
            add_below(&s, false, cases[i].noise_db);
        struct transcript *t = align_text(s.pcm, s.samples, cases[i].text, &o, &a, &e);
        CHECK_STR(e.msg, "");
        struct marks m = t ? mark(t, &s) : (struct marks){0};
        CHECK(m.heard >= cases[i].least);
        CHECK(m.right + 2 >= m.heard);
        CHECK(m.median_s <= 0.05);
        CHECK(m.most_s <= 0.2);
        if (t)
            CHECK_STR(t->engine, "alignment");
        printf("%s: %zu words, edges within %.0f ms (median), %.0f ms (90 %%)\n", cases[i].name,
               m.heard, 1000 * m.median_s, 1000 * m.most_s);
        spoken_finish(&s);
        arena_finish(&a);
    }
}

/* Is there an entry of that reason which has `text` in its text and touches start..end? */
static bool is_dropped(const struct transcript *t, const char *reason, const char *text,
                       double start_s, double end_s)
{
    const struct transcript_dropped *d = t->dropped.items;
    for (size_t i = 0; i < t->dropped.count; i++)
        if (strcmp(d[i].reason, reason) == 0 && strstr(d[i].text, text) && d[i].start <= end_s &&
            d[i].end >= start_s)
            return true;
    return false;
}

static bool is_said(const struct transcript *t, const char *word)
{
    const char *at = strstr(t->text, word);
    return at != NULL;
}

static void test_missing_and_extra(const struct espeak *k)
{
    struct arena a;
    struct err e = {0};
    const struct align_options o = {0};
    arena_init(&a, 16 << 20);
    struct spoken s = espeak_say(k, bread, "en-us+f3", 150);

    CHECK_CASE("words that nobody says");
    struct transcript *t = align_text(
        s.pcm, s.samples,
        "My grandmother used to bake bread on Sundays. Seventeen purple elephants applauded. The "
        "kitchen was warm, the windows were white with steam, and nobody was in a hurry.",
        &o, &a, &e);
    CHECK(t && is_dropped(t, ALIGN_NOT_HEARD, "purple elephants", 2, 4));
    CHECK(t && !is_said(t, "elephants") && is_said(t, "hurry."));
    struct marks m = t ? mark(t, &s) : (struct marks){0};
    CHECK(m.heard >= 22 && m.median_s <= 0.05);

    CHECK_CASE("speech that is not in the script");
    double from_s = 0, to_s = 0;
    for (int i = 0; i < s.count; i++) {
        from_s = strcmp(s.words[i].text, "kitchen") == 0 ? s.words[i].start_s : from_s;
        to_s = strcmp(s.words[i].text, "steam,") == 0 ? s.words[i].end_s : to_s;
    }
    t = align_text(s.pcm, s.samples,
                   "My grandmother used to bake bread on Sundays, and nobody was in a hurry.", &o, &a,
                   &e);
    CHECK(t && is_dropped(t, ALIGN_NOT_IN_SCRIPT, "", from_s, to_s));
    m = t ? mark(t, &s) : (struct marks){0};
    CHECK(m.heard >= 12 && m.median_s <= 0.05);

    CHECK_CASE("another text");
    t = align_text(s.pcm, s.samples, market, &o, &a, &e);
    CHECK(!t && e.code == ERR_INVALID && strstr(e.msg, "the script does not fit the sound"));
    CHECK_CASE("another language");
    e = (struct err){0};
    t = align_text(s.pcm, s.samples,
                   "Wir gehen heute Morgen durch den alten Markt und fahren danach mit dem Zug in die "
                   "Stadt, bevor es dunkel wird.", &o, &a, &e);
    CHECK(!t && e.code == ERR_INVALID && strstr(e.msg, "only English"));
    spoken_finish(&s);
    arena_finish(&a);
}

static void count_progress(void *user, double done)
{
    int *calls = user;
    *calls += done > 0 && done <= 1;
}

/* More than one window, with silence and other speech between, beginning in the script's middle. */
static void test_windows(const struct espeak *k)
{
    struct arena a;
    struct err e = {0};
    struct spoken one = espeak_say(k, bread, "en-us+f3", 150);
    struct spoken two = espeak_say(k, market, "en-us+f3", 150);
    struct pcm all = {calloc(70 * SPOKEN_RATE, sizeof(float)), 70 * SPOKEN_RATE};
    int at[] = {5 * SPOKEN_RATE, 26 * SPOKEN_RATE, 50 * SPOKEN_RATE};
    memcpy(all.samples + at[0], one.pcm, (size_t)one.samples * sizeof(float));
    memcpy(all.samples + at[1], two.pcm, (size_t)two.samples * sizeof(float));
    memcpy(all.samples + at[2], one.pcm, (size_t)one.samples * sizeof(float));
    char text[2000];
    snprintf(text, sizeof text, "%s %s %s %s", numbers, bread, market, bread);
    int calls = 0;
    const struct align_options o = {.on_progress = count_progress, .user = &calls};
    CHECK_CASE("windows");
    arena_init(&a, 16 << 20);
    struct transcript *t = align_text(all.samples, all.count, text, &o, &a, &e);
    CHECK_STR(e.msg, "");
    CHECK(calls >= 2);
    if (CHECK(t != NULL)) {
        size_t near = 0, words = 0;
        const struct transcript_segment *s = t->segments.items;
        for (size_t i = 0; i < t->segments.count; i++)
            for (size_t w = 0; w < s[i].words.count; w++) {
                const struct transcript_word *word = (struct transcript_word *)s[i].words.items + w;
                double start_s = word->start;
                bool fits = false;
                for (int c = 0; c < 3; c++) {
                    const struct spoken *source = c == 1 ? &two : &one;
                    for (int j = 0; j < source->count; j++)
                        fits |= strcmp(source->words[j].text, word->word) == 0 &&
                                fabs(source->words[j].start_s + (double)at[c] / SPOKEN_RATE -
                                     start_s) < 0.15;
                }
                near += fits;
                words++;
            }
        CHECK(words >= 68);
        CHECK(near + 4 >= words);
        CHECK(is_dropped(t, ALIGN_NOT_HEARD, "Smith", 0, 6));
    }
    struct cancel c;
    CHECK(cancel_init(&c, &e));
    cancel_fire(&c);
    const struct align_options canceled = {.cancel = &c};
    CHECK(!align_text(all.samples, all.count, text, &canceled, &a, &e) && e.code == ERR_CANCELED);
    cancel_finish(&c);
    free(all.samples);
    spoken_finish(&one);
    spoken_finish(&two);
    arena_finish(&a);
}

static void test_draft(const struct espeak *k)
{
    struct arena a;
    struct err e = {0};
    CHECK_CASE("draft");
    arena_init(&a, 16 << 20);
    struct spoken s = espeak_say(k, bread, "en-us+f3", 150);
    struct pcm user = {s.pcm, s.samples};
    const struct speech_sound sound = {s.samples, read_pcm, &user};
    const struct align_options o = {0};
    struct sphinx *sphinx = sphinx_open(true, &e);
    struct transcript *t = sphinx ? sphinx_transcribe(sphinx, &sound, &o, &a, &e) : NULL;
    CHECK_STR(e.msg, "");
    if (CHECK(t != NULL)) {
        CHECK_STR(t->engine, "pocketsphinx");
        CHECK_STR(t->quality, "draft");
        CHECK(t->segments.count > 0 && is_said(t, "kitchen"));
    }
    sphinx_close(sphinx);
    spoken_finish(&s);
    arena_finish(&a);
}

/* --- Real voices ------------------------------------------------------------------------------ */

static char *read_file(const char *name, size_t *len)
{
    const char *media = getenv("AIVE_TEST_MEDIA");
    char path[512];
    snprintf(path, sizeof path, "%s/media/speech/%s", media ? media : DEFAULT_MEDIA, name);
    FILE *f = fopen(path, "rb");
    char *bytes = f ? calloc(1, 4 << 20) : NULL;
    *len = bytes ? fread(bytes, 1, (4 << 20) - 1, f) : 0;
    if (f)
        fclose(f);
    return bytes;
}

static void test_real(void)
{
    static const char *const clips[] = {"jfk_ask_not", "arctic_a0024", "austen_0870", "austen_0880",
                                        "cards_001", "cards_005", "digits_10001_90210_01803"};
    for (size_t i = 0; i < sizeof clips / sizeof *clips; i++) {
        char name[128];
        size_t len, text_len;
        snprintf(name, sizeof name, "%s.wav", clips[i]);
        char *wav = read_file(name, &len);
        snprintf(name, sizeof name, "%s.txt", clips[i]);
        char *text = read_file(name, &text_len);
        CHECK_CASE(clips[i]);
        if (!wav || !text || len < 1000) {
            printf("SKIPPED %s: set AIVE_TEST_MEDIA\n", clips[i]);
            free(wav);
            free(text);
            continue;
        }
        int n = (int)((len - 44) / 2);
        float *pcm = malloc((size_t)n * sizeof *pcm);
        for (int k = 0; k < n; k++) {
            int16_t v;
            memcpy(&v, wav + 44 + 2 * k, 2);
            pcm[k] = v / 32768.0F;
        }
        struct arena a;
        struct err e = {0};
        const struct align_options o = {0};
        arena_init(&a, 16 << 20);
        struct transcript *t = align_text(pcm, n, text, &o, &a, &e);
        CHECK_STR(e.msg, "");
        CHECK(t && t->dropped.count == 0);
        for (char *p = text; *p; p++) /* the text as it was, but for the blanks */
            *p = isspace((unsigned char)*p) ? ' ' : *p;
        text[strcspn(text, "\n")] = '\0';
        while (*text && text[strlen(text) - 1] == ' ')
            text[strlen(text) - 1] = '\0';
        if (t)
            CHECK_STR(t->text, text + strspn(text, " "));
        arena_finish(&a);
        free(pcm);
        free(text);
        free(wav);
    }
}

int main(void)
{
    struct espeak k;
    struct err e = {0};
    test_spoken();
    test_phones();
    test_script();
    test_chain();
    struct sphinx *s = sphinx_open(false, &e);
    sphinx_close(s);
    if (!s) {
        printf("SKIPPED the sound: %s\n", e.msg);
        return check_done();
    }
    test_real();
    if (!espeak_open(&k)) {
        printf("SKIPPED word times: libespeak-ng1 is not installed\n");
        return check_done();
    }
    test_word_times(&k);
    test_missing_and_extra(&k);
    test_windows(&k);
    test_draft(&k);
    return check_done();
}
