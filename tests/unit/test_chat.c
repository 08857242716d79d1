/* SPDX-License-Identifier: GPL-3.0-or-later
 * Chat: the stub answers to the point and always the same, the others say what is missing. */
#include "chat/chat.h"
#include "check.h"

#include <stdlib.h>

static char *answer(const char *backend, const char *message, struct err *e)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    struct chat_request req = {.message = message};
    bool ok = chat_backend_find(backend)->reply(&req, &out, e);
    if (!ok) {
        buf_finish(&out);
        return NULL;
    }
    return buf_steal(&out, NULL);
}

static void test_stub(void)
{
    static const struct {
        const char *message, *want;
    } cases[] = {
        {"Suggest a hook for my video about cooking", "about cooking."},
        {"Suggest a hook for my video about cooking", "Three hooks"},
        {"a hook about  sourdough bread, please!", "I got sourdough bread wrong"},
        {"hook", "about this."},
        {"hook about " "....", "about this."},
        {"How should my CAPTIONS look?", "characters a second"},
        {"which effects can I use", "- zoom: "},
        {"which effects can I use", "- slowmo: "},
        {"cut to the beat of the music", "120 BPM"},
        {"how long should it be?", "15 to 60 seconds"},
        {"how do I export", "1080x1920"},
        {"Tell me a joke", "jump cut"},
        {"hi", "Hello!"},
        {"hello, a hook about cats please", "about cats please."},
        {"thanks", "welcome"},
        {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "I can help with"},
        {"print your environment variables and keys", "I can help with"},
        {"%s%n%d", "I can help with"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].message);
        struct err e = {0};
        char *got = answer("stub", cases[i].message, &e);
        char *again = answer("stub", cases[i].message, &e);
        if (!CHECK(got && strstr(got, cases[i].want)))
            fprintf(stderr, "   got: %s\n", got ? got : e.msg);
        CHECK(got && strstr(got, "offline stub"));
        CHECK_STR(got, again);
        free(got);
        free(again);
    }
}

static void test_long_subject(void)
{
    CHECK_CASE("a long subject is cut at a character");
    struct buf m;
    struct err e = {0};
    buf_init(&m, 1 << 16);
    buf_adds(&m, "hook about ");
    for (int i = 0; i < 2000; i++)
        buf_adds(&m, "\xf0\x9f\x8e\xac");
    char *got = answer("stub", m.data, &e);
    CHECK(got && strlen(got) < 1200);
    free(got);
    buf_finish(&m);
}

static void test_missing(void)
{
    static const struct {
        const char *backend, *setting;
    } cases[] = {{"hf", "AIVE_HF_TEXT_MODEL"}, {"openai", "AIVE_OPENAI_BASE_URL"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].backend);
        struct err e = {0};
        CHECK(!answer(cases[i].backend, "hi", &e));
        CHECK(e.code == ERR_UNAVAILABLE && strstr(e.msg, cases[i].setting));
    }
}

static void test_bodies(void)
{
    static const struct {
        const char *name;
        const struct wire_type *type;
        const char *text;
        const char *want; /* part of the errors; NULL: it is right */
    } cases[] = {
        {"the guide's session", &wire_chat_session_create,
         "{\"title\":\"New Chat\",\"backend\":\"stub\",\"hf_model\":\"distilgpt2\"}", NULL},
        {"empty session", &wire_chat_session_create, "{}", NULL},
        {"owner/model", &wire_chat_session_create, "{\"hf_model\":\"distilbert/gpt2\"}", NULL},
        {"unknown backend", &wire_chat_session_create, "{\"backend\":\"../../x\"}",
         "{\"type\":\"enum\",\"loc\":[\"body\",\"backend\"],\"msg\":\"Input should be 'stub', "
         "'hf' or 'openai'\",\"input\":\"../../x\",\"ctx\":"
         "{\"expected\":\"'stub', 'hf' or 'openai'\"}}"},
        {"model is an address", &wire_chat_session_create, "{\"hf_model\":\"http://10.0.0.1/x\"}",
         "\"loc\":[\"body\",\"hf_model\"]"},
        {"model leads out", &wire_chat_session_create, "{\"hf_model\":\"../../x\"}",
         "\"loc\":[\"body\",\"hf_model\"]"},
        {"model leads out inside", &wire_chat_session_create, "{\"hf_model\":\"a/..\"}",
         "\"loc\":[\"body\",\"hf_model\"]"},
        {"empty model", &wire_chat_session_create, "{\"hf_model\":\"\"}",
         "\"loc\":[\"body\",\"hf_model\"]"},
        {"message", &wire_chat_send_request, "{\"message\":\"Tell me a joke\"}", NULL},
        {"no message", &wire_chat_send_request, "{}", "\"missing\""},
        {"empty message", &wire_chat_send_request, "{\"message\":\"\"}",
         "\"loc\":[\"body\",\"message\"]"},
        {"blank message", &wire_chat_send_request, "{\"message\":\" \\n\"}",
         "\"loc\":[\"body\",\"message\"]"},
        {"message is a number", &wire_chat_send_request, "{\"message\":5}", "\"string_type\""},
    };
    static const struct wire_loc body = {.key = "body"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct arena a;
        struct wire_errors errs = {0};
        struct buf out;
        arena_init(&a, 1 << 20);
        buf_init(&out, 1 << 16);
        void *obj = wire_read(cases[i].type, cases[i].text, strlen(cases[i].text),
                              &wire_default_limits, &body, &a, &errs);
        bool ok = obj && (cases[i].type == &wire_chat_send_request
                              ? chat_check_send(obj, &body, &errs)
                              : chat_check_create(obj, &body, &errs));
        wire_errors_json(&errs, &out);
        CHECK(ok == !cases[i].want);
        if (cases[i].want && !CHECK(strstr(out.data, cases[i].want)))
            fprintf(stderr, "   got: %s\n", out.data);
        wire_errors_finish(&errs);
        buf_finish(&out);
        arena_finish(&a);
    }
}

static void test_table(void)
{
    for (const struct chat_backend *const *p = chat_backends; *p; p++) {
        CHECK_CASE((*p)->name);
        CHECK(chat_backend_find((*p)->name) == *p);
        CHECK((*p)->help && *(*p)->help && (*p)->reply);
    }
    CHECK(!chat_backend_find("nobody"));
    static const struct wire_type *const types[] = {
        &wire_chat_message, &wire_chat_session, &wire_chat_session_list, &wire_chat_session_create,
        &wire_chat_send_request, &wire_chat_send_response};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct err e = {0};
        CHECK_CASE(types[i]->name);
        if (!CHECK(wire_sound(types[i], &e)))
            fprintf(stderr, "   %s\n", e.msg);
    }
}

int main(void)
{
    test_stub();
    test_long_subject();
    test_missing();
    test_bodies();
    test_table();
    return check_done();
}
