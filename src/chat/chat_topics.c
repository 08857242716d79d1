/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat/chat_topics.h"

#include "core/words.h"
#include "effects/caption_style.h"
#include "effects/effect.h"
#include "effects/transition.h"

#include <ctype.h>
#include <string.h>

#define SUBJECT_MAX 60 /* characters of what a film is about */

/* --- Reading the message ---------------------------------------------------------------------- */

static bool word_char(char c)
{
    return isalnum((unsigned char)c) || c == '\'' || c == '_' || (c & 0x80);
}

/* The next word at or behind *p, its length; 0: none. *p becomes where it begins. */
static size_t next_word(const char **p)
{
    while (**p && !word_char(**p))
        ++*p;
    size_t n = 0;
    while (word_char((*p)[n]))
        n++;
    return n;
}

int chat_count_words(const char *list, const char *message)
{
    int count = 0;
    for (size_t n; (n = next_word(&message)); message += n)
        count += words_contain(list, message, n);
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

/* The first effect that the message calls by its name; NULL: none. */
static const struct effect *named_effect(const char *message)
{
    for (size_t n; (n = next_word(&message)); message += n)
        for (const struct effect *const *p = effects; *p; p++)
            if (strlen((*p)->name) == n && strncasecmp((*p)->name, message, n) == 0)
                return *p;
    return NULL;
}

static int count_effect_names(const char *message)
{
    return named_effect(message) != NULL;
}

/* --- What is made for the message ------------------------------------------------------------- */

static void say_hook(const char *message, struct buf *out)
{
    char about[SUBJECT_MAX * 4 + 1];
    subject(message, about, "this");
    buf_printf(out,
               "Three hooks to try, each under three seconds:\n"
               "1. \"Nobody tells you this about %s.\"\n"
               "2. \"I got %s wrong for years. Here is the fix.\"\n"
               "3. Begin with the result, then: \"Here is how, in thirty seconds.\"\n"
               "Show the most surprising picture first, and let the first words fall on a cut. The "
               "templates realistic_chaos and hype_reel put the best moment of your clip in front.",
               about, about);
}

static void say_effects(const char *message, struct buf *out)
{
    (void)message;
    buf_adds(out, "Effects you can put on a segment:\n");
    for (const struct effect *const *p = effects; *p; p++)
        buf_printf(out, "- %s: %s\n", (*p)->name, (*p)->help);
    buf_adds(out, "Use one where something happens (a strong word, a loud beat), then leave the "
                  "next segment plain. The tool suggest_effects (POST /api/tools) finds places in "
                  "your transcript and beats, and GET /api/effects has every parameter.");
}

static void say_effect(const char *message, struct buf *out)
{
    const struct effect *fx = named_effect(message);
    if (!fx)
        return;
    buf_printf(out, "%s: %s", fx->name, fx->help);
    for (const struct param *p = fx->params; p && p->name; p++)
        buf_printf(out, "\n- %s: %s", p->name, p->help);
    buf_printf(out, "\nOn a segment of the timeline it is \"effects\": [\"%s\"], or an object with "
                    "its parameters: {\"name\": \"%s\", ...}.", fx->name, fx->name);
}

static void say_transitions(const char *message, struct buf *out)
{
    (void)message;
    buf_adds(out, "Transitions into a segment:\n");
    for (const struct transition *const *p = transitions; *p; p++)
        buf_printf(out, "- %s: %s\n", (*p)->name, (*p)->help);
    buf_adds(out, "A plain cut is right nine times of ten. Keep a transition for a jump in time or "
                  "place, half a second at most, and let nobody speak across it.");
}

static void say_styles(const char *message, struct buf *out)
{
    (void)message;
    buf_adds(out, "Caption styles, as \"caption_style\" of the timeline:");
    for (size_t i = 0; caption_style_name(i); i++)
        buf_printf(out, "%s %s", i ? "," : "", caption_style_name(i));
    buf_adds(out, ". Each takes changes, such as {\"name\": \"bold_pop\", \"active_color\": "
                  "\"#ffe600\"}. Bold and word by word for fast talk, plain for anything with "
                  "pictures that matter. \"safe_zone\" (tiktok, reels, shorts) keeps them clear of "
                  "a platform's own buttons.");
}

/* --- The table -------------------------------------------------------------------------------- */

/* clang-format off */
const struct chat_topic chat_topics[] = {
    {.name = "hook", .words = "hook hooks opening intro opener", .say = say_hook,
     .ask = "What is the one thing a viewer should remember?"},
    {.name = "consent", .words = "consent permission legal release gdpr signed",
     .text = "A film is only rendered when whoever is in it has agreed. POST /api/consent/{asset_id}/checkbox with "
             "{\"accepted\": true} records that, /api/consent/{asset_id}/upload keeps a signed document, and "
             "GET /api/consent/{asset_id} says what is there. Where AIVE_CONSENT_REQUIRE_DOCUMENT is set, the checkbox "
             "alone is not enough.",
     .ask = "Do the people in your clip know where the film will be shown?"},
    {.name = "caption styles", .words = "style styles font fonts karaoke typeface", .say = say_styles,
     .ask = "Is your clip mostly somebody talking?"},
    {.name = "captions", .words = "caption captions subtitle subtitles srt vtt text transcript readable",
     .text = "Captions that are read: three or four words a line, at most two lines, on screen for at least 5/6 of a "
             "second, not more than 17 characters a second. Keep them out of the lowest fifth of a vertical film, where "
             "the players put their buttons. The tool caption_srt (POST /api/tools) turns your captions into an SRT "
             "file; they stand in the timeline, where each word can be changed.",
     .ask = "Will it be watched without sound?"},
    {.name = "transcribing", .words = "transcribe transcription whisper speech said language languages",
     .text = "The tool transcribe (POST /api/tools) writes down what is said, with times, once a speech model is there: "
             "`aive models list` shows them, `aive models pull small.en` fetches the usual one. Clean sound matters "
             "more than a large model.",
     .ask = "Which language is spoken in your clip?"},
    {.name = "templates", .words = "template templates realistic_chaos clean_talk beat_montage hype_reel documentary podcast_clip product_demo layout",
     .text = "Templates decide how a film is laid out:\n"
             "- realistic_chaos: the default, restless, the best moment first, on the beat\n"
             "- clean_talk: one person speaks; pauses out, punch-ins, captions word by word\n"
             "- beat_montage: cut by the bar, moments from the whole source\n"
             "- hype_reel: very short segments, ramps, shakes\n"
             "- documentary: long segments in order, slow moves, cross-fades\n"
             "- podcast_clip: the strongest minute of a conversation\n"
             "- product_demo: all of the picture, an even pace\n"
             "POST /api/timeline/{project_id}/analyze?template=clean_talk lays a project out anew; another seed is "
             "another cut.",
     .ask = "What kind of footage do you have?"},
    {.name = "music", .words = "music song soundtrack background duck ducking volume loud loudness",
     .text = "Music: upload it with POST /api/assets, then name it in the timeline, \"music\": {\"asset_id\": 7, "
             "\"gain_db\": -14, \"duck_db\": -12}. It is faded, and goes down by itself where somebody speaks. Under a "
             "voice 14 dB below is a good start, and the film as a whole is brought to -14 LUFS (\"loudness\").",
     .ask = "Should the music lead the cuts, or stay behind a voice?"},
    {.name = "beats", .words = "beat beats rhythm tempo bpm drop sync",
     .text = "Cut on the beat, but not on every one: at 120 BPM a cut every second to fourth beat feels quick, every "
             "eighth feels calm. Let the cut fall on the first beat of a bar where something new begins. The tool beats "
             "(POST /api/tools) finds tempo and beats; the templates realistic_chaos and beat_montage cut to them.",
     .ask = "How fast is your song?"},
    {.name = "sound effects", .words = "sfx whoosh boom riser sounds foley",
     .text = "Sound effects belong to a change that can be seen: a whoosh under a quick push, a boom on a drop. A "
             "segment takes one as \"sfx\": {\"name\": \"whoosh\"}. One every five to ten seconds is plenty, and quieter "
             "than you would think.",
     .ask = "Which moment of your clip deserves one?"},
    {.name = "transitions", .words = "transition transitions crossfade dissolve whip", .say = say_transitions,
     .ask = "What changes at that cut: time, place or mood?"},
    {.name = "thumbnail", .words = "thumbnail thumbnails cover still poster",
     .text = "A thumbnail that works: one face with a clear expression or one object, close, bright, with at most four "
             "words beside it. The tool thumbnail (POST /api/tools) makes a still of any time of a clip: {\"tool\": "
             "\"thumbnail\", \"args\": {\"asset_id\": 1, \"time\": 1.5}}.",
     .ask = "Which second of your clip would make you stop?"},
    {.name = "formats", .words = "format formats aspect vertical landscape portrait resolution crop 9:16 1080x1920 square mp4 mov codec",
     .text = "The film is vertical, 1080x1920 at 30 frames a second, H.264 and AAC. Footage of any shape goes in: "
             "\"fit\": \"crop\" follows the subject and fills the frame, \"blur\" shows all of the picture over a "
             "blurred one, \"pad\" over black; each segment may have its own. `GET /api/assets` says what a clip is.",
     .ask = "Is your footage landscape or already vertical?"},
    {.name = "export", .words = "render export download publish finished film preset draft quality",
     .text = "To get the film: complete the consent of the asset, then POST /api/render/{project_id}. It is 1080x1920 at "
             "30 frames a second, H.264 and AAC; the presets are draft, standard and high. GET "
             "/api/render/status/{job_id} tells how far it is and, at the end, the film's address; "
             "/api/render/{job_id}/playlist.m3u8 can be watched while it renders.",
     .ask = "Do you need a quick look or the final film?"},
    {.name = "silence", .words = "silence silences pause pauses filler umm um jump",
     .text = "Pauses over half a second can go when somebody talks to the camera; leave a quarter of a second on both "
             "sides of a cut, or it sounds breathless. Hide a jump cut with a punch_in of a tenth, or with another "
             "picture (\"broll\"). The template clean_talk does this.",
     .ask = "Is it one person talking, or a conversation?"},
    {.name = "length", .words = "long length duration short shorter minutes seconds",
     .text = "For a short vertical film: 15 to 60 seconds, and no longer than the idea. Under 20 seconds one thought "
             "fits, at 30 a thought and its proof, at 60 a little story. target_length=15, 30, 60 or full says it to "
             "POST /api/timeline/{project_id}/analyze.",
     .ask = "Where will you publish it?"},
    {.name = "pacing", .words = "pace pacing cut cuts cutting boring slow fast rhythmic segment segments",
     .text = "Pacing: segments of one to three seconds, a change of picture or size at least every four, and one longer "
             "shot where something must sink in. Cut on movement or at the end of a thought. The template hype_reel is "
             "the quickest, documentary the calmest.",
     .ask = "Where do you think viewers leave?"},
    {.name = "upload", .words = "upload ingest import file files clip start begin",
     .text = "POST /api/ingest takes a clip as a form field \"file\" and makes a project of it, laid out at once unless "
             "auto_analyze is false. Further clips, music and pictures go to POST /api/assets and are named in the "
             "timeline by asset_id.",
     .ask = "How long is the clip you begin with?"},
    {.name = "undo", .words = "undo redo revision revisions revert version history mistake",
     .text = "Every change of a timeline is a revision: POST /api/timeline/{project_id}/undo and /redo step through "
             "them, GET /api/timeline/{project_id}/revisions lists them. Nothing is lost by trying something.",
     .ask = "What would you like to try?"},
    {.name = "timeline", .words = "timeline edit change segment json validate preview frame",
     .text = "The timeline is one JSON document: GET /api/timeline/{project_id} gives it, POST takes it back, "
             "/api/timeline/{project_id}/validate says what would look poor, and "
             "/api/timeline/{project_id}/frame?t=2 shows a single picture without a render.",
     .ask = "Which part do you want to change?"},
    {.name = "analysis", .words = "analysis analyse analyze highlight highlights shots scenes faces waveform storyboard",
     .text = "GET /api/assets/{asset_id}/analysis says what is in a clip: shots, silences, beats, highlights, the "
             "subject's place; /api/assets/{asset_id}/plot.png shows it as a picture.",
     .ask = "Are you looking for its best moment?"},
    {.name = "watermark", .words = "watermark logo brand branding overlay overlays title titles",
     .text = "A logo or title is an overlay of the timeline: {\"asset_id\": 8, ...} for a picture, {\"text\": \"Chapter "
             "one\", \"start\": 0, \"end\": 2} for words. The watermark is a field of the render request, its text the "
             "setting AIVE_WATERMARK_TEXT.",
     .ask = "Should it be there all the time, or only at the end?"},
    {.name = "one effect", .words = "", .count = count_effect_names, .say = say_effect,
     .ask = "At which moment should it happen?"},
    {.name = "effects", .words = "effect effects motion look looks filter filters", .say = say_effects,
     .ask = "What is the strongest moment of your clip?"},
    {.name = "colour", .words = "colour colors colours grade grading lut bright dark contrast",
     .text = "Colour: the effect color has brightness, contrast, saturation and temperature, lut takes over the look of "
             "a .cube file that you uploaded with POST /api/assets, grayscale takes colour away. Set the same on every "
             "segment of one scene.",
     .ask = "Which mood do you want?"},
    {.name = "ending", .words = "ending end outro cta subscribe follow loop",
     .text = "End on the strongest picture or on the first one again, so that it loops; one request at most (follow, "
             "comment or link), said in under two seconds while something still moves. A fade_out tells people to "
             "leave.",
     .ask = "What should viewers do next?"},
    {.name = "chat models", .words = "model models gpt ai llm distilgpt2 openai bot assistant",
     .text = "I answer by rules. Begin a session with \"backend\": \"hf\" for a text model on this machine (`aive models "
             "pull distilgpt2`; small models mostly chatter), or \"openai\" for a server that AIVE_OPENAI_BASE_URL "
             "names. GET /api/chat/sessions lists the conversations.",
     .ask = "May your words leave this machine?"},
    {.name = "privacy", .words = "privacy private secret secrets data cloud offline safe security",
     .text = "Everything stays on this machine: clips, films and conversations. Only the chat backend \"openai\" sends "
             "your words elsewhere, to the server that whoever runs aive has chosen, and models are fetched from a hub "
             "unless AIVE_OFFLINE is set.",
     .ask = "Is there footage that must not leave your house?"},
    {.name = "trouble", .words = "error errors fail failed fails broken wrong problem stuck crash help! bug",
     .text = "When something fails: GET /api/render/status/{job_id} has the log of a render, "
             "/api/timeline/{project_id}/validate finds what is wrong with a timeline, GET /api/healthz tells whether "
             "the server is well, and `aive doctor` checks the machine.",
     .ask = "What were the words of the error?"},
    {.name = "joke", .words = "joke jokes funny laugh",
     .text = "Why did the editor break up with the jump cut? It kept leaving out the best parts."},
    {.name = "thanks", .words = "thanks thank thx cheers",
     .text = "You are welcome. Have fun with your film!"},
    {.name = "greeting", .words = "hello hi hey hallo moin greetings hiya",
     .text = "Hello! Ask me for a hook, for caption tips, for effects, or how to cut to the beat.",
     .ask = "What is your video about?"},
    {.name = "anything else", .words = "",
     .text = "I can help with: hooks (\"suggest a hook for my video about cooking\"), captions and their styles, "
             "effects, transitions, templates, music and beats, sound effects, pacing, length, thumbnails, formats, "
             "export, consent, undo, models and trouble.",
     .ask = "What is your video about?"},
    {0},
};
/* clang-format on */
