/* SPDX-License-Identifier: GPL-3.0-or-later
 * Alignment in its work-horse, caged: this program is its own child. */
#include "check.h"
#include "espeak.h"
#include "jobs/align.h"
#include "jobs/kinds.h"
#include "speech/sphinx.h"

#include <sys/mman.h>
#include <unistd.h>

static const char text[] = "My grandmother used to bake bread on Sundays. The kitchen was warm, and "
                           "nobody was in a hurry.";

/* A WAV file of it, in memory. */
static int make_wav(const struct spoken *s)
{
    uint32_t bytes = (uint32_t)s->samples * 2;
    struct __attribute__((packed)) {
        char riff[4];
        uint32_t size;
        char wave[8];
        uint32_t fmt_size;
        uint16_t format, channels;
        uint32_t rate, byte_rate;
        uint16_t block, bits;
        char data[4];
        uint32_t data_size;
    } h = {{'R', 'I', 'F', 'F'}, 36 + bytes, {'W', 'A', 'V', 'E', 'f', 'm', 't', ' '}, 16, 1, 1,
           SPOKEN_RATE, SPOKEN_RATE * 2, 2, 16, {'d', 'a', 't', 'a'}, bytes};
    int fd = memfd_create("speech", MFD_CLOEXEC);
    int16_t *pcm = malloc(bytes);
    for (int i = 0; i < s->samples; i++)
        pcm[i] = (int16_t)lrintf(s->pcm[i] * 32767);
    CHECK(write(fd, &h, sizeof h) == (ssize_t)sizeof h && write(fd, pcm, bytes) == (ssize_t)bytes);
    free(pcm);
    return fd;
}

static size_t count_words(const struct transcript *t)
{
    const struct transcript_segment *s = t->segments.items;
    size_t n = 0;
    for (size_t i = 0; i < t->segments.count; i++)
        n += s[i].words.count;
    return n;
}

static void on_progress(void *user, double percent, const char *stage)
{
    double *most = user;
    (void)stage;
    *most = percent > *most ? percent : *most;
}

static void test_jobs(int fd, const struct spoken *s)
{
    struct arena a;
    struct err e = {0};
    struct transcript *t = NULL;
    double most = 0;
    arena_init(&a, 16 << 20);
    CHECK_CASE("a script");
    struct align_order order = {.fd = fd, .script = text, .on_progress = on_progress, .user = &most};
    CHECK(align_run(&order, &a, &t, &e));
    CHECK_STR(e.msg, "");
    if (CHECK(t != NULL)) {
        CHECK_STR(t->engine, "alignment");
        CHECK(t->segments.count == 2 && count_words(t) >= 15);
        const struct transcript_segment *first = t->segments.items;
        CHECK_NEAR(first->start, s->words[0].start_s, 0.15);
        CHECK_STR(first->text, "My grandmother used to bake bread on Sundays.");
    }
    CHECK(most > 50);

    CHECK_CASE("captions");
    order.script = NULL;
    order.captions = "WEBVTT\n\n00:50.000 --> 00:51.000\n<b>My grandmother used to bake bread on "
                     "Sundays.</b>\n\n00:51.000 --> 00:52.000\nThe kitchen was warm, and nobody was "
                     "in a hurry.\n";
    CHECK(align_run(&order, &a, &t, &e));
    CHECK(t && t->segments.count == 2 && count_words(t) >= 15);

    CHECK_CASE("another script");
    order.captions = NULL;
    order.script = "Four score and seven years ago our fathers brought forth, upon this continent, a "
                   "new nation, conceived in liberty.";
    CHECK(!align_run(&order, &a, &t, &e) && e.code == ERR_INVALID);
    CHECK(strstr(e.msg, "the script does not fit the sound"));
    order.captions = text;
    CHECK(!align_run(&order, &a, &t, &e) && e.code == ERR_INVALID);

    CHECK_CASE("draft");
    struct align_order draft = {.fd = fd};
    CHECK(sphinx_run(&draft, &a, &t, &e));
    CHECK(t && t->quality && strcmp(t->quality, "draft") == 0 && count_words(t) > 5);
    arena_finish(&a);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "work-horse") == 0)
        return horse_main(horse_kinds);
    struct espeak k;
    struct err e = {0};
    struct sphinx *sphinx = sphinx_open(false, &e);
    sphinx_close(sphinx);
    if (!sphinx || !espeak_open(&k)) {
        printf("SKIPPED: pocketsphinx or libespeak-ng1 is not installed %s\n", e.msg);
        return 77;
    }
    struct spoken s = espeak_say(&k, text, "en-us+f3", 150);
    int fd = make_wav(&s);
    test_jobs(fd, &s);
    close(fd);
    spoken_finish(&s);
    return check_done();
}
