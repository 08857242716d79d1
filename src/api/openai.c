/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/openai.h"

#include "core/json.h"

#include <math.h>
#include <string.h>

/* clang-format off */

/* --- Errors ----------------------------------------------------------------------------------- */

#define AT(member) .offset = offsetof(struct openai_error, member)
static const struct wire_field error_fields[] = {
    {.name = "message", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, AT(message), .help = "What is wrong and how to mend it."},
    {.name = "type", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, AT(type), .help = "invalid_request_error or server_error."},
    {.name = "param", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, AT(param), .help = "The field that is to blame."},
    {.name = "code", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, AT(code), .help = "For programs, such as model_not_found."},
    {0},
};
#undef AT
static const struct wire_type error_type = {
    .name = "OpenAIError", .fields = error_fields, .size = sizeof(struct openai_error)};

struct error_body {
    struct openai_error *error;
};
static const struct wire_field error_body_fields[] = {
    {.name = "error", .kind = WIRE_OBJECT, .type = &error_type, .flags = WIRE_REQUIRED, .offset = offsetof(struct error_body, error), .help = "The error."},
    {0},
};
const struct wire_type wire_openai_error = {
    .name = "OpenAIErrorResponse", .fields = error_body_fields, .size = sizeof(struct error_body)};

/* --- Audio ------------------------------------------------------------------------------------ */

static const char *const formats[] = {"json", "text", "srt", "verbose_json", "vtt", NULL};
static const char *const granularities[] = {"word", "segment", NULL};

#define AT(member) .offset = offsetof(struct openai_form, member)
#define MODEL_ROW {.name = "model", .kind = WIRE_STRING, .def = "\"whisper-1\"", .min = 1, .max = 200, AT(model), \
                   .help = "whisper-1 is the model of AIVE_WHISPER_MODEL; else one that /v1/models lists."}
#define FORMAT_ROW {.name = "response_format", .kind = WIRE_STRING, .def = "\"json\"", .choices = formats, AT(response_format), \
                    .help = "Shape of the answer."}
#define TEMPERATURE_ROW {.name = "temperature", .kind = WIRE_NUMBER, .def = "0.0", .min = 0, .max = 1, AT(temperature), \
                         .help = "Taken for the protocol's sake: it rises by itself where a text is doubtful."}
static const struct wire_field transcription_form_fields[] = {
    MODEL_ROW,
    {.name = "language", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .max = 40, AT(language), .help = "Of what is said: en, de, ja, ...; detected without it."},
    {.name = "prompt", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .max = 16000, AT(prompt), .help = "Names and terms that may come."},
    FORMAT_ROW,
    TEMPERATURE_ROW,
    {.name = "timestamp_granularities[]", .kind = WIRE_LIST, .item = WIRE_STRING, .def = "[\"segment\"]", .choices = granularities, .max = 8, AT(granularities),
     .help = "What verbose_json gives times of; may come twice."},
    {.name = "stream", .kind = WIRE_BOOL, .def = "false", AT(stream), .help = "Text as it is heard, as server-sent events; with the formats json and text."},
    {0},
};
static const struct wire_field translation_form_fields[] = {
    MODEL_ROW,
    {.name = "prompt", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .max = 16000, AT(prompt), .help = "Names and terms that may come, in English."},
    FORMAT_ROW,
    TEMPERATURE_ROW,
    {0},
};
#undef AT
const struct wire_type form_transcription = {
    .name = "TranscriptionForm", .fields = transcription_form_fields, .size = sizeof(struct openai_form)};
const struct wire_type form_translation = {
    .name = "TranslationForm", .fields = translation_form_fields, .size = sizeof(struct openai_form)};

#define AT(member) .offset = offsetof(struct openai_word, member)
static const struct wire_field word_fields[] = {
    {.name = "word", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, AT(word), .help = "With its punctuation."},
    {.name = "start", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, AT(start), .help = "Seconds."},
    {.name = "end", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, AT(end), .help = "Seconds."},
    {0},
};
#undef AT
static const struct wire_type word_type = {
    .name = "OpenAIWord", .fields = word_fields, .size = sizeof(struct openai_word)};

#define AT(member) .offset = offsetof(struct openai_segment, member)
static const struct wire_field segment_fields[] = {
    {.name = "id", .kind = WIRE_INT, .flags = WIRE_REQUIRED, AT(id), .help = "Counted from 0."},
    {.name = "seek", .kind = WIRE_INT, .flags = WIRE_REQUIRED, AT(seek), .help = "Where it begins, in hundredths of a second."},
    {.name = "start", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, AT(start), .help = "Seconds."},
    {.name = "end", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, AT(end), .help = "Seconds."},
    {.name = "text", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, AT(text), .help = "What is said."},
    {.name = "tokens", .kind = WIRE_LIST, .item = WIRE_INT, .flags = WIRE_REQUIRED, AT(tokens), .help = "Always empty here."},
    {.name = "temperature", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, AT(temperature), .help = "0 unless the likeliest text was refused."},
    {.name = "avg_logprob", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, AT(avg_logprob), .help = "Mean log probability of the tokens; 0 where it is not known."},
    {.name = "compression_ratio", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, AT(compression_ratio), .help = "Above 2.4 the text repeats itself; 0 where it is not known."},
    {.name = "no_speech_prob", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, AT(no_speech_prob), .help = "Probability that nobody speaks; 0 where it is not known."},
    {0},
};
#undef AT
static const struct wire_type segment_type = {
    .name = "OpenAISegment", .fields = segment_fields, .size = sizeof(struct openai_segment)};

#define AT(member) .offset = offsetof(struct openai_transcription, member)
#define MAYBE (WIRE_NULLABLE | WIRE_OMIT)
static const struct wire_field transcription_fields[] = {
    {.name = "task", .kind = WIRE_STRING, .flags = MAYBE, AT(task), .help = "transcribe or translate."},
    {.name = "language", .kind = WIRE_STRING, .flags = MAYBE, AT(language), .help = "Its name in English."},
    {.name = "duration", .kind = WIRE_NUMBER, .flags = MAYBE, AT(duration), .help = "Of the sound, in seconds."},
    {.name = "text", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, AT(text), .help = "All of it."},
    {.name = "segments", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &segment_type, .flags = MAYBE, AT(segments), .help = "Sentence by sentence."},
    {.name = "words", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &word_type, .flags = MAYBE, AT(words), .help = "Word by word."},
    {0},
};
#undef AT
const struct wire_type wire_openai_transcription = {
    .name = "OpenAITranscription", .help = "json has the text alone, verbose_json the rest, too.",
    .fields = transcription_fields, .size = sizeof(struct openai_transcription)};

#define AT(member) .offset = offsetof(struct openai_event, member)
static const struct wire_field event_fields[] = {
    {.name = "type", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, AT(type), .help = "transcript.text.delta or transcript.text.done."},
    {.name = "delta", .kind = WIRE_STRING, .flags = MAYBE, AT(delta), .help = "What comes next."},
    {.name = "text", .kind = WIRE_STRING, .flags = MAYBE, AT(text), .help = "All of it."},
    {0},
};
#undef AT
const struct wire_type wire_openai_event = {
    .name = "OpenAIEvent", .fields = event_fields, .size = sizeof(struct openai_event)};

/* --- Models ----------------------------------------------------------------------------------- */

#define AT(member) .offset = offsetof(struct openai_model, member)
static const struct wire_field model_fields[] = {
    {.name = "id", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, AT(id), .help = "Its name."},
    {.name = "object", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, AT(object), .help = "Always model."},
    {.name = "created", .kind = WIRE_INT, .flags = WIRE_REQUIRED, AT(created), .help = "Since when it is here, in seconds since 1970."},
    {.name = "owned_by", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, AT(owned_by), .help = "Always aive."},
    {0},
};
#undef AT
static const struct wire_type model_type = {
    .name = "OpenAIModel", .fields = model_fields, .size = sizeof(struct openai_model)};

#define AT(member) .offset = offsetof(struct openai_models, member)
static const struct wire_field models_fields[] = {
    {.name = "object", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, AT(object), .help = "Always list."},
    {.name = "data", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &model_type, .flags = WIRE_REQUIRED, AT(data), .help = "The models."},
    {0},
};
#undef AT
const struct wire_type wire_openai_models = {
    .name = "OpenAIModels", .fields = models_fields, .size = sizeof(struct openai_models)};
/* clang-format on */

/* --- FastAPI's errors in these words ---------------------------------------------------------- */

bool openai_refuse(struct reply *r, int status, const char *param, const char *code,
                   const char *message)
{
    struct openai_error error = {.message = message,
                                 .param = param,
                                 .code = code,
                                 .type = status >= 500 ? "server_error" : "invalid_request_error"};
    const struct error_body body = {&error};
    r->status = status;
    buf_clear(&r->body);
    return reply_json(r, &wire_openai_error, &body);
}

/* One error of a 422, as FastAPI words it. */
struct complaint {
    struct wire_list loc; /* WIRE_JSON: words and numbers */
    const char *msg;
};

/* The form's field that `loc` names: ["body", "language"]; NULL: all of it. */
static const char *param_of(const struct complaint *c, struct arena *a)
{
    const struct wire_raw *part = c->loc.items;
    if (c->loc.count < 2 || part[1].len < 2 || part[1].text[0] != '"')
        return NULL;
    return json_unescape(a, part[1].text + 1, part[1].len - 2, &(size_t){0});
}

static void reword_list(struct reply *r, const char *text, size_t len)
{
    static const struct wire_field fields[] = {
        {.name = "loc",
         .kind = WIRE_LIST,
         .item = WIRE_JSON,
         .offset = offsetof(struct complaint, loc)},
        {.name = "msg", .kind = WIRE_STRING, .offset = offsetof(struct complaint, msg)},
        {0},
    };
    struct detail {
        struct wire_list list;
    };
    static const struct wire_type item = {
        .name = "x", .fields = fields, .size = sizeof(struct complaint)};
    static const struct wire_field rows[] = {
        {.name = "detail",
         .kind = WIRE_LIST,
         .item = WIRE_OBJECT,
         .type = &item,
         .offset = offsetof(struct detail, list)},
        {0},
    };
    static const struct wire_type type = {
        .name = "x", .fields = rows, .size = sizeof(struct detail)};
    static const char ours[] = "Value error, ";
    const struct detail *d = wire_read_trusted(&type, text, len, r->arena, NULL);
    const struct complaint *c = d && d->list.count ? d->list.items : NULL;
    if (!c || !c->msg) {
        openai_refuse(r, 400, NULL, NULL, "The request is not what was expected");
        return;
    }
    const char *param = param_of(c, r->arena);
    const char *words = strncmp(c->msg, ours, strlen(ours)) == 0 ? c->msg + strlen(ours) : c->msg;
    const char *message = param ? arena_printf(r->arena, "%s: %s", param, words) : words;
    openai_refuse(r, 400, param, NULL, message ? message : words);
}

static void reword(struct reply *r)
{
    struct text {
        const char *detail;
    };
    static const struct wire_field rows[] = {
        {.name = "detail", .kind = WIRE_STRING, .offset = offsetof(struct text, detail)},
        {0},
    };
    static const struct wire_type type = {.name = "x", .fields = rows, .size = sizeof(struct text)};
    static const char done[] = "{\"error\":";
    const char *text = r->body.len ? arena_strndup(r->arena, r->body.data, r->body.len) : "";
    size_t len = r->body.len;
    if (!text || strncmp(text, done, strlen(done)) == 0)
        return;
    if (r->status == 422) {
        reword_list(r, text, len);
        return;
    }
    const struct text *said = wire_read_trusted(&type, text, len, r->arena, NULL);
    int status = r->status == 415 ? 400 : r->status == 409 ? 503 : r->status; /* 409: canceled */
    const char *param = r->status == 415 ? "file" : NULL;
    openai_refuse(r, status, param, NULL,
                  said && said->detail ? said->detail : "The server could not do that");
}

const struct route_errors openai_errors = {.type = &wire_openai_error, .reword = reword};
