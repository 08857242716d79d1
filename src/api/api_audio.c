/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_audio.c - OpenAI's /v1/audio and /v1/models, for clients that speak that protocol.
 *
 * The upload is a nameless file that only a caged work-horse looks into; it is gone with the
 * answer, and with the client: one that hangs up stops the work. */
#include "api/app.h"
#include "api/openai.h"
#include "jobs/transcribe.h"
#include "models/model_names.h"
#include "models/model_shelf.h"
#include "speech/caption_file.h"
#include "speech/languages.h"

#include <math.h>
#include <string.h>

#define OWN_MODEL "whisper-1" /* what OpenAI's clients ask for: the model of the settings */

/* One call. */
struct listening {
    struct request *req;
    struct reply *reply;
    const struct openai_form *form;
    bool translate, gone; /* gone: the client, while text was sent */
    bool told;            /* some text was */
};

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
}

/* --- Models ----------------------------------------------------------------------------------- */

static bool own_model_there(const struct config *c)
{
    struct model_files files;
    struct err none = {0};
    if (*c->speech_url)
        return true;
    if (!model_shelf_open(c->models_dir, c->whisper_model, true, &files, &none))
        return false;
    model_files_finish(&files);
    return true;
}

static struct openai_model a_model(const char *id, int64_t created_s)
{
    return (struct openai_model){
        .id = id, .object = "model", .created = created_s, .owned_by = "aive"};
}

bool openai_models_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct config *c = app_workspace(req)->config;
    struct model_entries here;
    if (!model_shelf_list(c->models_dir, req->arena, &here, e))
        return false;
    struct openai_model *list = arena_array(req->arena, here.count + 1, sizeof *list);
    size_t n = 0;
    if (!list)
        return err_set(e, ERR_NO_MEMORY, "no memory for the list of models");
    if (own_model_there(c))
        list[n++] = a_model(OWN_MODEL, ((struct app *)req->app)->started_us / 1000000);
    for (size_t i = 0; i < here.count; i++)
        if (*here.items[i].kind)
            list[n++] = a_model(here.items[i].name, here.items[i].modified_s);
    const struct openai_models all = {.object = "list", .data = {list, n}};
    return reply_json(reply, &wire_openai_models, &all);
}

/* --- Answers ---------------------------------------------------------------------------------- */

static double known(double v)
{
    return isnan(v) ? 0 : v;
}

/* OpenAI's segments begin with the blank that stands before them, so that joined they are the text.
 * These languages have none. */
static bool has_blanks(const char *language)
{
    static const char *const without[] = {"zh", "yue", "ja", "th", "lo", "my", "km", "bo", NULL};
    for (size_t i = 0; language && without[i]; i++)
        if (strcmp(language, without[i]) == 0)
            return false;
    return true;
}

static bool show_segments(const struct transcript *t, struct openai_transcription *out,
                          struct arena *a)
{
    const struct transcript_segment *from = t->segments.items;
    struct openai_segment *to = arena_array(a, t->segments.count + 1, sizeof *to);
    bool blank = has_blanks(t->language);
    out->segments = (struct wire_list){to, t->segments.count};
    for (size_t i = 0; to && i < t->segments.count; i++)
        to[i] = (struct openai_segment){
            .id = from[i].id,
            .seek = (int64_t)(from[i].start * 100),
            .start = from[i].start,
            .end = from[i].end,
            .text = blank ? arena_printf(a, " %s", from[i].text) : from[i].text,
            .temperature = known(from[i].temperature),
            .avg_logprob = known(from[i].avg_logprob),
            .compression_ratio = known(from[i].compression_ratio),
            .no_speech_prob = known(from[i].no_speech_prob),
        };
    return !a->failed;
}

static bool show_words(const struct transcript *t, struct openai_transcription *out,
                       struct arena *a)
{
    const struct transcript_segment *s = t->segments.items;
    size_t n = 0;
    for (size_t i = 0; i < t->segments.count; i++)
        n += s[i].words.count;
    struct openai_word *to = arena_array(a, n + 1, sizeof *to);
    out->words = (struct wire_list){to, n};
    for (size_t i = 0; to && i < t->segments.count; i++) {
        const struct transcript_word *w = s[i].words.items;
        for (size_t k = 0; k < s[i].words.count; k++)
            *to++ = (struct openai_word){w[k].word, w[k].start, w[k].end};
    }
    return !a->failed;
}

static const char *english_name(const char *code)
{
    int i = code ? language_find(code) : -1;
    return i < 0 ? "unknown" : languages[i].name;
}

static bool asked_for(const struct openai_form *form, const char *granularity)
{
    const char *const *list = form->granularities.items;
    for (size_t i = 0; i < form->granularities.count; i++)
        if (strcmp(list[i], granularity) == 0)
            return true;
    return false;
}

static bool answer_verbose(struct listening *l, const struct transcript *t, struct err *e)
{
    struct arena *a = l->req->arena;
    bool words = asked_for(l->form, "word");
    struct openai_transcription out = {.task = l->translate ? "translate" : "transcribe",
                                       .language =
                                           l->translate ? "english" : english_name(t->language),
                                       .duration = known(t->duration),
                                       .text = t->text};
    if ((!words || asked_for(l->form, "segment")) && !show_segments(t, &out, a))
        return no_memory(e);
    if (words && !show_words(t, &out, a))
        return no_memory(e);
    return reply_json(l->reply, &wire_openai_transcription, &out);
}

static bool answer_captions(struct listening *l, const struct transcript *t,
                            const struct caption_format *format, struct err *e)
{
    const struct transcript_segment *s = t->segments.items;
    struct cue *cues = arena_array(l->req->arena, t->segments.count + 1, sizeof *cues);
    if (!cues)
        return no_memory(e);
    for (size_t i = 0; i < t->segments.count; i++)
        cues[i] = (struct cue){.start_s = s[i].start, .end_s = s[i].end, .text = s[i].text};
    l->reply->content_type = "text/plain; charset=utf-8"; /* as OpenAI says it */
    return format->write(cues, t->segments.count, &l->reply->body) || no_memory(e);
}

static bool answer(struct listening *l, const struct transcript *t, struct err *e)
{
    const char *format = l->form->response_format;
    const struct openai_transcription brief = {.duration = NAN, .text = t->text};
    if (strcmp(format, "verbose_json") == 0)
        return answer_verbose(l, t, e);
    if (strcmp(format, "json") == 0)
        return reply_json(l->reply, &wire_openai_transcription, &brief);
    if (strcmp(format, "text") != 0)
        return answer_captions(l, t, caption_format_find(format), e);
    reply_text(l->reply, "text/plain; charset=utf-8", t->text);
    buf_addc(&l->reply->body, '\n');
    return true;
}

/* --- Text while it is heard ---------------------------------------------------------------------
 */

static void tell(struct listening *l, const struct openai_event *event)
{
    struct reply *r = l->reply;
    struct buf out;
    buf_init(&out, REPLY_MAX_BODY);
    buf_adds(&out, "data: ");
    wire_write(&wire_openai_event, event, &out);
    buf_adds(&out, "\n\n");
    if (!r->streamed && !l->gone)
        l->gone = !reply_stream_begin(r, "text/event-stream");
    if (!l->gone)
        l->gone = out.failed || !reply_stream_write(r, out.data, out.len);
    buf_finish(&out);
}

static void on_text(void *user, const char *text, size_t len)
{
    struct listening *l = user;
    const char *delta = arena_strndup(l->req->arena, text, len);
    if (delta && len)
        tell(l, &(struct openai_event){.type = "transcript.text.delta", .delta = delta});
    l->told = true;
}

static bool end_stream(struct listening *l, const struct transcript *t)
{
    if (!l->told && *t->text)
        on_text(l, t->text, strlen(t->text));
    tell(l, &(struct openai_event){.type = "transcript.text.done", .text = t->text});
    return true;
}

/* As OpenAI: the other formats are not streamed, whatever was asked for. */
static bool streams(const struct listening *l)
{
    const char *format = l->form->response_format;
    return l->form->stream == 1 && (!strcmp(format, "json") || !strcmp(format, "text"));
}

/* --- The calls -------------------------------------------------------------------------------- */

/* True: the form can be served. False: the answer says why not. */
static bool form_fine(const struct listening *l, const struct upload *up)
{
    const struct openai_form *f = l->form;
    const char *wrong = NULL, *param = NULL;
    if (up->size == 0) {
        param = "file";
        wrong = "The file is empty: nothing was uploaded";
    } else if (strcmp(f->model, OWN_MODEL) != 0 && !model_name_ok(f->model)) {
        param = "model";
        wrong = "This is not a model's name: ask for " OWN_MODEL " or one that /v1/models lists";
    } else if (f->language && language_find(f->language) < 0) {
        param = "language";
        wrong = "This is not a language that speech is known in: use an ISO 639-1 code like en";
    }
    return !wrong || !openai_refuse(l->reply, 400, param, NULL, wrong);
}

static bool transcribe_upload(struct listening *l, struct upload *up, struct heard *heard,
                              struct err *e)
{
    const struct openai_form *f = l->form;
    const struct asset sound = {.content_hash = up->hash, .has_audio = true};
    const struct transcribe_order order = {
        .asset = &sound,
        .fd = up->fd,
        .derived_fd = -1, /* nothing of it is kept */
        .config = app_workspace(l->req)->config,
        .model = strcmp(f->model, OWN_MODEL) == 0 ? NULL : f->model,
        .language = f->language,
        .prompt = f->prompt,
        .translate = l->translate,
        .cancel = l->req->gone ? l->req->gone : l->req->cancel,
        .text = streams(l) ? on_text : NULL,
        .user = l,
    };
    return transcribe_run(&order, l->req->arena, heard, e);
}

static bool audio_post(struct request *req, struct reply *reply, bool translate, struct err *e)
{
    struct listening l = {.req = req, .reply = reply, .form = req->form, .translate = translate};
    struct upload *up = request_upload(req, "file");
    struct heard heard;
    if (!form_fine(&l, up))
        return true;
    if (!transcribe_upload(&l, up, &heard, e))
        return e->code == ERR_UNSUPPORTED && openai_refuse(reply, 400, "file", NULL, e->msg);
    const struct transcript *t = heard.transcript;
    if (!t->engine)
        return openai_refuse(reply, 503, "model", "model_not_found", t->reason);
    return streams(&l) ? end_stream(&l, t) : answer(&l, t, e);
}

bool transcriptions_post(struct request *req, struct reply *reply, struct err *e)
{
    return audio_post(req, reply, false, e);
}

bool translations_post(struct request *req, struct reply *reply, struct err *e)
{
    return audio_post(req, reply, true, e);
}
