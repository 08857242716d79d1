/* SPDX-License-Identifier: GPL-3.0-or-later
 * Every allocation of our own code fails once: the first, the second, ... until a case gets through
 * without one. Each time the case says that memory was short, or does without it; it never crashes,
 * and under the address sanitizer it leaks nothing.
 *
 * The linker's --wrap leads our libraries' calls here; libc and other libraries keep the real ones.
 */
#include "api/multipart.h"
#include "check.h"
#include "core/options.h"
#include "core/timebase.h"
#include "jobs/horse_proto.h"
#include "nn/tokenizer.h"
#include "nn/weights.h"
#include "render/captions.h"
#include "render/plan.h"
#include "scratch.h"
#include "speech/caption_file.h"
#include "store/store.h"
#include "timeline/layout.h"


/* --- The allocator that fails ----------------------------------------------------------------- */

static long until_failure = -1; /* allocations that still succeed; -1: all do */
static bool failed;

static bool fails(void)
{
    if (until_failure < 0 || until_failure-- > 0)
        return false;
    failed = true; /* and the next ones succeed again */
    return true;
}

#define WRAP(type, name, params, args)                                                             \
    type __real_##name params;                                                                     \
    type __wrap_##name params;                                                                     \
    type __wrap_##name params                                                                      \
    {                                                                                              \
        return fails() ? NULL : __real_##name args;                                                \
    }
WRAP(void *, malloc, (size_t n), (n))
WRAP(void *, calloc, (size_t count, size_t n), (count, n))
WRAP(void *, realloc, (void *p, size_t n), (p, n))
WRAP(char *, strdup, (const char *s), (s))
WRAP(char *, strndup, (const char *s, size_t n), (s, n))

/* --- The cases -------------------------------------------------------------------------------- */

static const char film[] =
    "{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":3,\"effects\":[\"zoom\",{\"name\":"
    "\"slowmo\",\"factor\":0.5}],\"captions\":[{\"text\":\"Gr\\u00fc\\u00dfe\",\"start\":0.5,"
    "\"end\":2,\"words\":[{\"text\":\"x\",\"start\":0.5,\"end\":1}]}],\"sfx\":{\"name\":"
    "\"whoosh\"}},{\"name\":\"b\",\"start\":4,\"end\":9,\"own\":[1,2]}],\"captions\":[{\"text\":"
    "\"shown\",\"start\":4,\"end\":8}],\"beats\":[1,2,3.5],\"tempo\":90,\"note\":{\"x\":null}}";

static bool timeline_case(struct arena *a, struct err *e)
{
    static const struct timeline_facts facts = {.duration_ticks = 30 * TICKS_PER_SECOND};
    struct wire_errors errs = {0};
    struct buf out;
    buf_init(&out, 1 << 20);
    struct timeline *tl = timeline_parse(film, sizeof film - 1, NULL, a, &errs);
    bool ok = tl && timeline_check(tl, &facts, NULL, NULL, a, &errs);
    CHECK(ok == (errs.count + errs.more == 0));
    if (!ok)
        wire_errors_to_err(&errs, e);
    struct timeline *merged = ok ? timeline_merge(timeline_empty(a), tl, a) : NULL;
    if (ok && !merged)
        ok = err_set(e, ERR_NO_MEMORY, "merge");
    ok = ok && timeline_write(merged, &out, e);
    if (ok)
        CHECK(strstr(out.data, "\"note\":{\"x\":null}"));
    wire_errors_finish(&errs);
    buf_finish(&out);
    return ok;
}

static bool plan_of(struct arena *a, struct plan *p, struct err *e)
{
    static const struct plan_source source = {.path = "a.mp4",
                                              .duration_ticks = 30 * TICKS_PER_SECOND,
                                              .frame_ticks = TICKS_PER_SECOND / 30,
                                              .has_video = true,
                                              .has_audio = true,
                                              .hash = "aa"};
    const struct plan_options opt = {.format = &plan_formats[0], .fps_num = 30, .fps_den = 1};
    struct timeline *tl = timeline_parse_trusted(film, sizeof film - 1, a, e);
    return tl && plan_build(tl, &source, 1, &opt, a, p, e);
}

static bool plan_case(struct arena *a, struct err *e)
{
    struct plan p;
    bool ok = plan_of(a, &p, e);
    CHECK(!ok || (p.segment_count == 2 && p.sfx_count == 1 && p.caption_count == 2));
    return ok;
}

static bool captions_case(struct arena *a, struct err *e)
{
    struct plan p;
    if (!plan_of(a, &p, e))
        return false;
    struct captions *c = captions_create(&p, e);
    struct caption_painter *painter = c ? caption_painter_create(c, e) : NULL;
    struct picture_pool *pool = painter ? picture_pool_create(p.format.width, p.format.height, e)
                                        : NULL;
    struct picture *picture = pool ? picture_pool_take(pool, e) : NULL;
    bool ok = picture && caption_paint(painter, 30, picture, e);
    picture_unref(&picture);
    picture_pool_destroy(pool);
    caption_painter_destroy(painter);
    captions_destroy(c);
    return ok;
}

static char scratch[SCRATCH_SIZE];

static bool store_case(struct arena *a, struct err *e)
{
    int64_t asset_id, id;
    struct project_detail got;
    struct project_item *rows;
    size_t count;
    int64_t total;
    struct asset asset = {
        .path = "ingest/a.mp4", .kind = "video", .content_hash = "00", .size_bytes = 1};
    const char *url = scratch_url(scratch, "shortage.db");
    scratch_empty(scratch);
    struct store *s = store_migrate(url, NULL, NULL, e) ? store_open(url, e) : NULL;
    bool ok = s && store_begin(s, e);
    if (ok) {
        struct project project = {.title = "t", .status = PROJECT_INGESTED};
        bool done = asset_create(s, &asset, &asset_id, e);
        project.asset_id = done ? asset_id : 0;
        done = done && project_create(s, &project, &id, e);
        ok = store_end(s, done, e);
    }
    ok = ok && timeline_doc_put(s, id, -1, "user", film, sizeof film - 1, NULL, e) &&
         project_get(s, id, &got, a, e) && project_list(s, 0, 10, &rows, &count, &total, a, e);
    if (ok)
        CHECK(got.timeline.text_len == sizeof film - 1 && count == 1 && total == 1);
    store_close(s);
    return ok;
}

static bool part_begin(void *ctx, const struct multipart_part *part, struct err *e)
{
    (void)e;
    *(int *)ctx += part->filename ? 1 : 10;
    return true;
}

static bool part_data(void *ctx, const char *data, size_t n, struct err *e)
{
    (void)ctx, (void)data, (void)n, (void)e;
    return true;
}

static bool part_end(void *ctx, struct err *e)
{
    (void)ctx, (void)e;
    return true;
}

static bool multipart_case(struct arena *a, struct err *e)
{
    static const struct multipart_sink sink = {part_begin, part_data, part_end};
    static const char body[] =
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=utf-8''%c3%a4.mp4\r\n"
        "Content-Type: video/mp4\r\n\r\nbytes\r\n--b\r\n"
        "Content-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n--b--\r\n";
    char boundary[MULTIPART_MAX_BOUNDARY + 1];
    int seen = 0;
    (void)a;
    if (!multipart_boundary("multipart/form-data; boundary=\"b\"", boundary, e))
        return false;
    struct multipart *m = multipart_create(boundary, &sink, &seen, e);
    bool ok = m && multipart_feed(m, body, 40, e) &&
              multipart_feed(m, body + 40, sizeof body - 41, e) && multipart_finish(m, e);
    CHECK(!ok || seen == 11);
    multipart_destroy(m);
    return ok;
}

static bool layout_case(struct arena *a, struct err *e)
{
    static const double beats[] = {1, 1.5, 2, 2.5, 3, 3.5, 4};
    static const struct layout_shot shots[] = {{2.2, 0}, {7, 0.4}};
    static const struct layout_span pauses[] = {{5, 7.5}};
    static struct caption said[] = {{.text = "said", .start = 0.2, .end = 2.1}};
    static const struct layout_facts facts = {
        .duration = 40,    .has_video = true, .beats = beats, .beat_count = 7,
        .tempo = 120,      .shots = shots,    .shot_count = 2, .pauses = pauses,
        .pause_count = 1,  .captions = said,  .caption_count = 1};
    static const struct template_shelf shelf = {.shipped = TEMPLATES_DIR};
    struct template *t = template_load(&shelf, TEMPLATE_DEFAULT, a, e);
    struct timeline *tl = t ? timeline_generate(t, &facts, 7, a, e) : NULL;
    CHECK(!tl || tl->segments.count > 1);
    return tl != NULL;
}

static bool caption_file_case(struct arena *a, struct err *e)
{
    static const char text[] = "WEBVTT\n\n00:01.000 --> 00:02.500\nHello <00:02.000>you\n\n"
                               "00:00:03.000 --> 00:00:04.000\n<i>again</i>\n";
    struct cues cues;
    bool ok = caption_file_read(NULL, text, sizeof text - 1, a, &cues, e);
    for (const struct caption_format *f = caption_formats; ok && f->name; f++) {
        struct buf out;
        buf_init(&out, 1 << 16);
        if (!f->write(cues.items, cues.count, &out))
            ok = err_set(e, ERR_NO_MEMORY, "write");
        buf_finish(&out);
    }
    return ok;
}

static bool on_event(void *user, const struct horse_event *ev, struct err *e)
{
    (void)e;
    *(int *)user += ev->kind == HORSE_RESULT;
    return true;
}

static bool events_case(struct arena *a, struct err *e)
{
    static const char lines[] = "{\"event\":\"progress\",\"percent\":3,\"stage\":\"x\"}\n"
                                HORSE_RESULT_PREFIX "{\"a\":[1,2]}}\n";
    struct horse_stream s;
    int results = 0;
    (void)a;
    horse_stream_init(&s);
    bool ok = true;
    for (size_t at = 0; ok && at < sizeof lines - 1; at += 20)
        ok = horse_stream_feed(&s, lines + at, at + 20 < sizeof lines ? 20 : sizeof lines - 1 - at,
                               on_event, &results, e);
    CHECK(!ok || results == 1);
    horse_stream_finish(&s);
    return ok;
}

static bool weights_case(struct arena *a, struct err *e)
{
    static const char bytes[] =
        "\162\0\0\0\0\0\0\0"
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
        "\"\\u0062\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[8,10]}}"
        "  0123456789";
    (void)a;
    struct weights *w = weights_from_bytes("x", bytes, sizeof bytes - 1, e);
    CHECK(!w || (weights_count(w) == 2 && weights_find(w, "b")));
    weights_destroy(w);
    return w != NULL;
}

static bool tokenizer_case(struct arena *a, struct err *e)
{
    static const char json[] = "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"\\u0062\":1,"
                               "\"ab\":2},\"merges\":[\"a b\"]},"
                               "\"added_tokens\":[{\"id\":3,\"content\":\"<|x|>\"}]}";
    static const struct tokenizer_text text = {json, sizeof json - 1};
    struct ids ids = {0};
    (void)a;
    struct tokenizer *t = tokenizer_from_json(&text, e);
    bool ok = t && tokenizer_encode(t, "ab abab", 7, &ids, e);
    CHECK(!ok || (ids.len == 3 && tokenizer_id(t, "<|x|>") == 3));
    ids_finish(&ids);
    tokenizer_destroy(t);
    return ok;
}

static const struct shortage_case {
    const char *name;
    bool (*run)(struct arena *a, struct err *e);
} cases[] = {
    {"timeline", timeline_case},   {"plan", plan_case},
    {"captions", captions_case},   {"store", store_case},
    {"multipart", multipart_case}, {"layout", layout_case},
    {"caption file", caption_file_case},   {"work-horse events", events_case},
    {"weights", weights_case},     {"tokenizer", tokenizer_case},
};

/* Runs it with the nth allocation failing; true once there are fewer. */
static bool run_without(const struct shortage_case *c, long nth)
{
    struct arena a;
    struct err e = {0};
    arena_init(&a, 64 << 20);
    failed = false;
    until_failure = nth;
    bool ok = c->run(&a, &e);
    until_failure = -1;
    arena_finish(&a);
    if (!CHECK(ok ? e.code == ERR_NONE || failed : failed && e.code == ERR_NO_MEMORY))
        fprintf(stderr, "  allocation %ld: %s, %s\n", nth, err_name(e.code), e.msg);
    return !failed;
}

int main(void)
{
    if (!scratch_make(scratch))
        return 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        long n = 0;
        CHECK_CASE(cases[i].name);
        while (!run_without(&cases[i], n))
            n++;
        CHECK(n > 0);
        printf("%s: %ld allocations\n", cases[i].name, n);
    }
    scratch_remove(scratch);
    return check_done();
}
