/* SPDX-License-Identifier: GPL-3.0-or-later
 * The stub: answers by rules, offline, the same answer for the same message, and says so. It knows
 * a little about editing; each row of `topics` is one thing that it can talk about. */
#include "chat/chat.h"

#include "core/words.h"
#include "effects/effect.h"

#include <ctype.h>
#include <string.h>

#define SUBJECT_MAX 60 /* characters of what a film is about */

struct topic {
    const char *words; /* separated by blanks, lower case; any of them counts */
    void (*say)(const char *message, struct buf *out);
};

/* --- Reading the message ---------------------------------------------------------------------- */

static bool word_char(char c)
{
    return isalnum((unsigned char)c) || c == '\'' || (c & 0x80);
}

static int count_words(const char *list, const char *message)
{
    int count = 0;
    for (const char *p = message; *p;) {
        size_t n = 0;
        while (word_char(p[n]))
            n++;
        if (n && words_contain(list, p, n))
            count++;
        p += n ? n : 1;
    }
    return count;
}

/* What the film is about: the words behind "about", up to the end of the sentence. */
static void subject(const char *message, char out[SUBJECT_MAX * 4 + 1], const char *otherwise)
{
    const char *p = strcasestr(message, " about ");
    size_t n = 0, chars = 0;
    p = p ? p + strlen(" about ") : "";
    p += strspn(p, " ");
    while (p[n] && !strchr(".!?,;\n\r\t", p[n]) && (chars < SUBJECT_MAX || (p[n] & 0xc0) == 0x80)) {
        chars += (p[n] & 0xc0) != 0x80;
        n++;
    }
    while (n && p[n - 1] == ' ')
        n--;
    if (n == 0) {
        p = otherwise;
        n = strlen(p);
    }
    memcpy(out, p, n);
    out[n] = '\0';
}

/* --- Topics ----------------------------------------------------------------------------------- */

static void say_hook(const char *message, struct buf *out)
{
    char about[SUBJECT_MAX * 4 + 1];
    subject(message, about, "this");
    buf_printf(out,
               "Three hooks to try, each under three seconds:\n"
               "1. \"Nobody tells you this about %s.\"\n"
               "2. \"I got %s wrong for years. Here is the fix.\"\n"
               "3. Begin with the result, then: \"Here is how, in thirty seconds.\"\n"
               "Show the most surprising picture first, and let the first words fall on a cut.",
               about, about);
}

static void say_captions(const char *message, struct buf *out)
{
    (void)message;
    buf_adds(out, "Captions that are read: three or four words a line, at most two lines, on "
                  "screen for at least 5/6 of a second, not more than 17 characters a second. Keep "
                  "them out of the lowest fifth of a vertical film, where the players put their "
                  "buttons. The tool caption_srt turns your captions into an SRT file.");
}

static void say_effects(const char *message, struct buf *out)
{
    (void)message;
    buf_adds(out, "Effects you can put on a segment:\n");
    for (const struct effect *const *p = effects; *p; p++)
        buf_printf(out, "- %s: %s\n", (*p)->name, (*p)->help);
    buf_adds(out, "Use one where something happens (a strong word, a loud beat), then leave the "
                  "next segment plain. The tool suggest_effects finds places in your transcript "
                  "and beats.");
}

static void say_beats(const char *message, struct buf *out)
{
    (void)message;
    buf_adds(out, "Cut on the beat, but not on every one: at 120 BPM a cut every second to fourth "
                  "beat feels quick, every eighth feels calm. Let the cut fall on the first beat "
                  "of a bar where something new begins. The template realistic_chaos does this for "
                  "you.");
}

static void say_pace(const char *message, struct buf *out)
{
    (void)message;
    buf_adds(out, "For a short vertical film: 15 to 60 seconds, segments of one to three seconds, "
                  "pauses over a second taken out. The template clean_talk takes out more and "
                  "punches in on the words that matter.");
}

static void say_render(const char *message, struct buf *out)
{
    (void)message;
    buf_adds(out, "To get the film: complete the consent of the asset, then start a render of the "
                  "project. It is 1080x1920 at 30 frames a second, H.264 and AAC. The status of "
                  "the job tells how far it is and, at the end, the film's address.");
}

static void say_joke(const char *message, struct buf *out)
{
    (void)message;
    buf_adds(out, "Why did the editor break up with the jump cut? It kept leaving out the best "
                  "parts.");
}

static void say_hello(const char *message, struct buf *out)
{
    (void)message;
    buf_adds(out, "Hello! Ask me for a hook, for caption tips, for effects, or how to cut to the "
                  "beat.");
}

static void say_thanks(const char *message, struct buf *out)
{
    (void)message;
    buf_adds(out, "You are welcome. Have fun with your film!");
}

static void say_help(const char *message, struct buf *out)
{
    (void)message;
    buf_adds(out, "I can help with: hooks (\"suggest a hook for my video about cooking\"), "
                  "captions, effects, cutting to the beat, pace and length, and rendering.");
}

/* Earlier rows win when as many words match. */
static const struct topic topics[] = {
    {"hook hooks opening intro opener", say_hook},
    {"caption captions subtitle subtitles srt text", say_captions},
    {"effect effects zoom slowmo slow motion transition transitions", say_effects},
    {"beat beats music rhythm tempo bpm song", say_beats},
    {"pace length long short cut cuts pause pauses template templates boring", say_pace},
    {"render export download consent format upload publish", say_render},
    {"joke funny laugh", say_joke},
    {"thanks thank thx", say_thanks},
    {"hello hi hey hallo moin greetings", say_hello},
};

static bool stub_reply(const struct chat_request *req, struct buf *out, struct err *e)
{
    const struct topic *best = NULL;
    int most = 0;
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        int n = count_words(topics[i].words, req->message);
        if (n > most) {
            best = &topics[i];
            most = n;
        }
    }
    if (best)
        best->say(req->message, out);
    else
        say_help(req->message, out);
    buf_adds(out, "\n(I am the offline stub: I answer by rules, without a language model.)");
    return out->failed ? err_set(e, ERR_NO_MEMORY, "out of memory for the answer") : true;
}

const struct chat_backend chat_stub = {
    .name = "stub",
    .help = "Answers by rules, offline; needs nothing.",
    .reply = stub_reply,
};
