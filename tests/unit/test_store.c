/* SPDX-License-Identifier: GPL-3.0-or-later
 * The store: what goes in comes out, undo and redo, transactions, and what survives a SIGKILL.
 */
#include "check.h"
#include "core/buf.h"
#include "scratch.h"
#include "store/backend.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static struct arena arena;

/* --- Entities --- */

static int64_t add_asset(struct store *s, const char *path, struct err *e)
{
    int64_t id = 0;
    struct asset a = {.path = path, .kind = "video", .content_hash = "00ff", .size_bytes = 12};
    return asset_create(s, &a, &id, e) ? id : 0;
}

static int64_t add_project(struct store *s, int64_t asset_id, struct err *e)
{
    int64_t id = 0;
    struct project p = {
        .title = "Caf\u00e9 'x'; --", .status = PROJECT_INGESTED, .asset_id = asset_id};
    return project_create(s, &p, &id, e) ? id : 0;
}

static void test_assets(struct store *s)
{
    struct err e = {0};
    struct asset got;

    int64_t id = add_asset(s, "ingest/a.mp4", &e);
    CHECK(id == 1);
    CHECK(asset_get(s, id, &got, &arena, &e));
    CHECK_STR(got.path, "ingest/a.mp4");
    CHECK(got.probe == NULL && got.thumbnail_path == NULL && got.size_bytes == 12);
    CHECK(got.created_us > INT64_C(1600000000000000) && got.created_us == got.updated_us);

    struct asset facts = {.kind = "video",
                          .duration_ticks = 705600000,
                          .width = 1920,
                          .height = 1080,
                          .fps_num = 30000,
                          .fps_den = 1001,
                          .has_video = true,
                          .has_audio = true,
                          .probe = "{\"container\":\"mp4\"}"};
    CHECK(asset_set_probe(s, id, &facts, &e));
    CHECK(asset_set_thumbnail(s, id, "thumbnails/a.jpg", &e));
    CHECK(asset_by_path(s, "ingest/a.mp4", &got, &arena, &e));
    CHECK(got.id == id && got.width == 1920 && got.fps_den == 1001 && got.has_audio);
    CHECK_STR(got.probe, facts.probe);
    CHECK_STR(got.thumbnail_path, "thumbnails/a.jpg");
    CHECK_STR(got.content_hash, "00ff");

    CHECK(add_asset(s, "ingest/a.mp4", &e) == 0 && e.code == ERR_CONFLICT);
    CHECK(!asset_get(s, 99, &got, &arena, &e) && e.code == ERR_NOT_FOUND);
    CHECK(!asset_by_path(s, "ingest/A.mp4", &got, &arena, &e) && e.code == ERR_NOT_FOUND);
    CHECK(!asset_set_probe(s, 99, &facts, &e) && e.code == ERR_NOT_FOUND);
    CHECK(add_asset(s, "ingest/b.mp4", &e) == 2);
}

static void test_consent(struct store *s)
{
    struct err e = {0};
    struct consent c;

    CHECK(consent_get(s, 1, &c, &arena, &e));
    CHECK(c.asset_id == 1 && !c.has_checkbox && c.created_us == 0 && !c.document_path);
    CHECK(consent_set_document(s, 1, "consent/x.pdf", "application/pdf", &e));
    CHECK(consent_get(s, 1, &c, &arena, &e) && !c.has_checkbox && c.created_us > 0);
    CHECK(consent_set_checkbox(s, 1, true, &e));
    CHECK(consent_get(s, 1, &c, &arena, &e) && c.has_checkbox);
    CHECK_STR(c.document_path, "consent/x.pdf");
    CHECK_STR(c.document_type, "application/pdf");
    CHECK(consent_set_checkbox(s, 1, false, &e));
    CHECK(consent_get(s, 1, &c, &arena, &e) && !c.has_checkbox && c.document_path);

    CHECK(!consent_get(s, 99, &c, &arena, &e) && e.code == ERR_NOT_FOUND);
    CHECK(!consent_set_checkbox(s, 99, true, &e) && e.code == ERR_NOT_FOUND);
    CHECK_STR(e.msg, "Asset not found");
}

static void test_projects(struct store *s)
{
    struct err e = {0};
    struct project_detail d;
    struct project_item *rows;
    size_t count;
    int64_t total;

    CHECK(add_project(s, 1, &e) == 1);
    CHECK(project_get(s, 1, &d, &arena, &e));
    CHECK_STR(d.project.title, "Caf\u00e9 'x'; --");
    CHECK(d.project.status == PROJECT_INGESTED && d.asset.id == 1 && d.asset.width == 1920);
    CHECK(d.consent.asset_id == 1 && d.consent.document_path && d.timeline.revision == 0);
    CHECK(d.timeline.text == NULL);
    CHECK(project_set_status(s, 1, PROJECT_RENDERED, &e));
    CHECK(project_get(s, 1, &d, &arena, &e) && d.project.status == PROJECT_RENDERED);

    CHECK(add_project(s, 0, &e) == 2);
    CHECK(project_get(s, 2, &d, &arena, &e) && d.asset.id == 0 && d.project.asset_id == 0);
    CHECK(add_project(s, 99, &e) == 0 && e.code == ERR_NOT_FOUND);
    CHECK(!project_get(s, 99, &d, &arena, &e) && e.code == ERR_NOT_FOUND);
    CHECK(!project_set_status(s, 99, PROJECT_NEW, &e) && e.code == ERR_NOT_FOUND);

    CHECK(add_project(s, 2, &e) == 3);
    static const struct {
        int64_t skip, limit;
        size_t count;
        int64_t first;
    } pages[] = {{0, 100, 3, 3}, {0, 2, 2, 3},   {2, 2, 1, 1},
                 {3, 5, 0, 0},   {100, 5, 0, 0}, {0, 0, 0, 0}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        CHECK(project_list(s, pages[i].skip, pages[i].limit, &rows, &count, &total, &arena, &e));
        CHECK(total == 3 && count == pages[i].count);
        CHECK(count == 0 || rows[0].project.id == pages[i].first);
    }
    CHECK(project_list(s, 2, 1, &rows, &count, &total, &arena, &e));
    CHECK(count == 1);
    CHECK_STR(rows[0].thumbnail_path, "thumbnails/a.jpg");
}

static int64_t put(struct store *s, int64_t project, int64_t expected, const char *text,
                   struct err *e)
{
    struct timeline_doc d;
    return timeline_doc_put(s, project, expected, "user", text, strlen(text), &d, e) ? d.revision
                                                                                     : -1;
}

static void check_text(struct store *s, int64_t project, const char *want)
{
    struct timeline_doc d;
    struct err e = {0};
    CHECK(timeline_doc_get(s, project, &d, &arena, &e));
    CHECK_STR(d.text, want);
    CHECK(!want || (d.text_len == strlen(want) && strlen(d.etag) == 32));
}

static void test_timeline(struct store *s)
{
    struct err e = {0};
    struct timeline_doc a, b;
    int64_t p = add_project(s, 0, &e);

    check_text(s, p, NULL);
    CHECK(!timeline_undo(s, p, -1, &a, &arena, &e) && e.code == ERR_CONFLICT);
    CHECK(!timeline_redo(s, p, -1, &a, &arena, &e) && e.code == ERR_CONFLICT);
    CHECK(put(s, p, 0, "{\"v\":1}", &e) == 1);
    CHECK(put(s, p, 0, "{\"v\":2}", &e) == -1 && e.code == ERR_STALE);
    CHECK(put(s, p, 1, "{\"v\":2}", &e) == 2);
    CHECK(put(s, p, -1, "{\"v\":2}", &e) == 2); /* no change, no revision */
    CHECK(put(s, p, -1, "{\"v\":3}", &e) == 3);
    CHECK(timeline_doc_get(s, p, &a, &arena, &e));

    CHECK(timeline_undo(s, p, 3, &b, &arena, &e) && b.revision == 2);
    CHECK(strcmp(a.etag, b.etag) != 0);
    CHECK(timeline_undo(s, p, -1, &b, &arena, &e) && b.revision == 1);
    CHECK(!timeline_undo(s, p, -1, &b, &arena, &e) && e.code == ERR_CONFLICT);
    CHECK(!timeline_redo(s, p, 3, &b, &arena, &e) && e.code == ERR_STALE);
    CHECK(timeline_redo(s, p, 1, &b, &arena, &e) && b.revision == 2);
    CHECK(timeline_redo(s, p, -1, &b, &arena, &e) && b.revision == 3);
    CHECK_STR(b.etag, a.etag);
    check_text(s, p, "{\"v\":3}");

    /* An edit after an undo: its branch is what redo finds, the old rows stay. */
    CHECK(timeline_undo(s, p, -1, &b, &arena, &e) && timeline_undo(s, p, -1, &b, &arena, &e));
    CHECK(put(s, p, 1, "{\"v\":4}", &e) == 4);
    CHECK(!timeline_redo(s, p, -1, &b, &arena, &e) && e.code == ERR_CONFLICT);
    CHECK(timeline_undo(s, p, -1, &b, &arena, &e) && b.revision == 1);
    CHECK(timeline_redo(s, p, -1, &b, &arena, &e) && b.revision == 4);

    struct timeline_revision *rows;
    size_t count;
    CHECK(timeline_revisions(s, p, 0, 100, &rows, &count, &arena, &e) && count == 4);
    static const int64_t parents[] = {1, 2, 1, 0};
    for (size_t i = 0; i < count; i++) {
        CHECK(rows[i].revision == 4 - (int64_t)i && rows[i].parent == parents[i]);
        CHECK(rows[i].is_head == (rows[i].revision == 4));
        CHECK_STR(rows[i].who, "user");
    }
    CHECK(timeline_revisions(s, 2, 0, 100, &rows, &count, &arena, &e) && count == 0);
    CHECK(!timeline_revisions(s, 99, 0, 1, &rows, &count, &arena, &e) && e.code == ERR_NOT_FOUND);
    CHECK(put(s, 99, -1, "{}", &e) == -1 && e.code == ERR_NOT_FOUND);

    /* Long, and with characters that are special somewhere. */
    struct buf long_text;
    buf_init(&long_text, 1 << 20);
    while (long_text.len < 200000)
        buf_adds(&long_text, "\"\\u0000 %s '' \xf0\x9f\x8e\xac ");
    CHECK(put(s, p, -1, long_text.data, &e) == 5);
    CHECK(timeline_doc_get(s, p, &a, &arena, &e) && a.text_len == long_text.len);
    CHECK(memcmp(a.text, long_text.data, a.text_len) == 0);
    buf_finish(&long_text);
}

static void test_chat(struct store *s)
{
    struct err e = {0};
    struct chat_session in = {.title = NULL, .backend = "stub"}, got, *sessions;
    struct chat_message *messages;
    int64_t id, message;
    size_t count;

    CHECK(chat_session_create(s, &in, &id, &e) && id == 1);
    in.title = "New Chat";
    in.hf_model = "distilgpt2";
    CHECK(chat_session_create(s, &in, &id, &e) && id == 2);
    CHECK(chat_session_get(s, 2, &got, &arena, &e));
    CHECK_STR(got.hf_model, "distilgpt2");
    CHECK(chat_session_get(s, 1, &got, &arena, &e) && !got.title && !got.hf_model);
    CHECK(chat_message_add(s, 2, "user", "Tell me a joke", &message, &e));
    CHECK(chat_message_add(s, 2, "assistant", "No.", &message, &e));
    CHECK(!chat_message_add(s, 9, "user", "x", &message, &e) && e.code == ERR_NOT_FOUND);
    CHECK(chat_messages(s, 2, &messages, &count, &arena, &e) && count == 2);
    CHECK_STR(messages[1].role, "assistant");
    CHECK_STR(messages[0].content, "Tell me a joke");
    CHECK(chat_session_list(s, 0, 10, &sessions, &count, &arena, &e) && count == 2);
    CHECK(sessions[0].id == 2 && sessions[1].id == 1);
    CHECK(chat_messages(s, 1, &messages, &count, &arena, &e) && count == 0);
}

/* --- Transactions --- */

static void test_transactions(struct store *s)
{
    struct err e = {0};
    struct asset got;
    int64_t id = 0;

    CHECK(store_begin(s, &e));
    id = add_asset(s, "ingest/t.mp4", &e);
    CHECK(asset_get(s, id, &got, &arena, &e)); /* own changes are seen */
    CHECK(!store_end(s, false, &e));
    CHECK(!asset_get(s, id, &got, &arena, &e) && e.code == ERR_NOT_FOUND);

    /* A part that failed dooms the whole, even if the caller overlooks it. */
    CHECK(store_begin(s, &e));
    id = add_asset(s, "ingest/t.mp4", &e);
    CHECK(add_project(s, 99, NULL) == 0);
    CHECK(!store_end(s, true, &e) && e.code == ERR_INTERNAL);
    CHECK(!asset_by_path(s, "ingest/t.mp4", &got, &arena, &e));

    CHECK(store_begin(s, &e));
    id = add_asset(s, "ingest/t.mp4", &e);
    int64_t project = add_project(s, id, &e);
    CHECK(store_end(s, true, &e));
    struct project p;
    CHECK(project_find(s, project, &p, &arena, &e) && p.asset_id == id);

    CHECK(!sql_run(s, "DELETE FROM asset", SQL_NO_ARGS, NULL, &e) && e.code == ERR_INTERNAL);

    /* A full arena is an error, not a cut text. */
    struct arena tiny;
    arena_init(&tiny, 8);
    CHECK(!asset_get(s, 1, &got, &tiny, &e) && e.code == ERR_NO_MEMORY);
    arena_finish(&tiny);
}

struct counting {
    struct store *s;
    int64_t project;
    int stale, stored, failed;
};

static void *edit(void *arg)
{
    struct counting *c = arg;
    struct arena a;
    arena_init(&a, 1 << 20);
    for (int i = 0; i < 50; i++) {
        struct err e = {0};
        struct timeline_doc d;
        char text[64];
        snprintf(text, sizeof text, "%p %d", arg, i);
        if (!timeline_doc_get(c->s, c->project, &d, &a, &e))
            c->failed++;
        else if (put(c->s, c->project, d.revision, text, &e) > 0)
            c->stored++;
        else if (e.code == ERR_STALE)
            c->stale++;
        else
            c->failed++;
    }
    arena_finish(&a);
    return NULL;
}

/* Whoever names the revision he has seen never overwrites another's edit. */
static void test_concurrent_edits(struct store *s)
{
    struct err e = {0};
    pthread_t threads[4];
    struct counting c[4];
    int64_t project = add_project(s, 0, &e);

    for (int i = 0; i < 4; i++) {
        c[i] = (struct counting){.s = s, .project = project};
        pthread_create(&threads[i], NULL, edit, &c[i]);
    }
    int stored = 0, failed = 0;
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        stored += c[i].stored;
        failed += c[i].failed;
    }
    struct timeline_doc d;
    CHECK(failed == 0);
    CHECK(timeline_doc_get(s, project, &d, &arena, &e) && d.revision == stored && stored > 0);
}

/* --- Opening --- */

static void exec_sql(const char *url, const char *text)
{
    struct err e = {0};
    struct store_conn *c = store_sqlite.connect(url, STORE_CREATOR, &e);
    CHECK(c && store_sqlite.script(c, text, &e));
    store_sqlite.disconnect(c);
}

static void test_urls(const char *dir)
{
    static const struct {
        const char *url;
        enum err_code code;
    } cases[] = {
        {"postgresql://u:p@h/db", ERR_UNAVAILABLE},
        {"mysql://h/db", ERR_INVALID},
        {"sqlite://", ERR_INVALID},
        {"sqlite:///", ERR_INVALID},
        {"", ERR_INVALID},
        {"aive.db", ERR_INVALID},
        {"sqlite:////no/such/folder/aive.db", ERR_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {0};
        CHECK_CASE(cases[i].url);
        CHECK(!store_migrate(cases[i].url, NULL, NULL, &e) && e.code == cases[i].code);
        CHECK(!store_open(cases[i].url, &e) && e.code == cases[i].code);
    }
    CHECK_CASE("");

    struct err e = {0};
    int from = -1, to = -1;
    const char *url = scratch_url(dir, "old.db");
    CHECK(!store_open(url, &e) && e.code == ERR_NOT_FOUND);
    exec_sql(url, "SELECT 1");
    CHECK(!store_open(url, &e) && e.code == ERR_CONFLICT && strstr(e.msg, "aive migrate"));
    CHECK(store_migrate(url, &from, &to, &e) && from == 0 && to == 1);
    CHECK(store_migrate(url, &from, &to, &e) && from == 1 && to == 1);
    struct store *s = store_open(url, &e);
    CHECK(s && store_check(s, &e));
    store_tidy(s);
    store_close(s);

    exec_sql(url, "INSERT INTO schema_version VALUES (9999, 0, 'future')");
    CHECK(!store_open(url, &e) && e.code == ERR_CONFLICT && strstr(e.msg, "newer"));
    CHECK(!store_migrate(url, NULL, NULL, &e) && e.code == ERR_CONFLICT);

    url = scratch_url(dir, "foreign.db");
    exec_sql(url, "CREATE TABLE project (id INTEGER)");
    CHECK(!store_migrate(url, NULL, NULL, &e) && e.code == ERR_CONFLICT);

    FILE *f = fopen(strstr(scratch_url(dir, "text.db"), "///") + 3, "w");
    for (int i = 0; f && i < 2000; i++)
        fputs("this is not a database ", f);
    CHECK(f && fclose(f) == 0);
    CHECK(!store_open(scratch_url(dir, "text.db"), &e) && e.code == ERR_IO);
}

/* --- Crashes --- */

/* The child: four threads commit assets with a project and a timeline, and say so on the pipe
 * after the commit. */
struct committer {
    struct store *s;
    int fd, thread;
};

static void *commit_and_tell(void *arg)
{
    struct committer *c = arg;
    for (int i = 0;; i++) {
        struct err e = {0};
        char path[64];
        snprintf(path, sizeof path, "ingest/%d-%d-%d.mp4", (int)getpid(), c->thread, i);
        if (!store_begin(c->s, &e))
            _exit(1);
        int64_t asset = add_asset(c->s, path, &e);
        int64_t project = asset ? add_project(c->s, asset, &e) : 0;
        bool ok = project && put(c->s, project, 0, path, &e) == 1;
        if (!store_end(c->s, ok, &e))
            _exit(1);
        if (write(c->fd, &project, sizeof project) != sizeof project)
            _exit(1);
    }
    return NULL;
}

static void run_committers(const char *url, int fd)
{
    struct err e = {0};
    struct store *s = store_open(url, &e);
    pthread_t threads[4];
    struct committer c[4];
    if (!s)
        _exit(2);
    for (int i = 0; i < 4; i++) {
        c[i] = (struct committer){.s = s, .fd = fd, .thread = i};
        pthread_create(&threads[i], NULL, commit_and_tell, &c[i]);
    }
    pthread_join(threads[0], NULL);
}

static void check_acknowledged(const char *url, const int64_t *acks, size_t count)
{
    struct err e = {0};
    struct arena a;
    arena_init(&a, 16 << 20);
    struct store *s = store_open(url, &e);
    size_t found = 0;
    for (size_t i = 0; s && i < count; i++) {
        struct project_detail d;
        found += project_get(s, acks[i], &d, &a, &e) && d.timeline.text &&
                 strcmp(d.timeline.text, d.asset.path) == 0;
    }
    CHECK(found == count);
    CHECK(s && store_check(s, &e));
    /* All or nothing: no asset without its project, no project without its timeline. */
    int64_t half = -1;
    CHECK(s && sql_value(s,
                         "SELECT (SELECT COUNT(*) FROM asset) - (SELECT COUNT(*) FROM timeline)"
                         " + (SELECT COUNT(*) FROM project) - (SELECT COUNT(*) FROM timeline)",
                         SQL_NO_ARGS, &half, &e));
    CHECK(half == 0);
    store_close(s);
    arena_finish(&a);
}

static void test_killed_commits(const char *dir)
{
    enum { ROUNDS = 8, MAX_ACKS = 20000 };
    static int64_t acks[MAX_ACKS];
    size_t count = 0;
    const char *url = scratch_url(dir, "crash.db");
    struct err e = {0};

    CHECK(store_migrate(url, NULL, NULL, &e));
    for (int round = 0; round < ROUNDS; round++) {
        int fds[2];
        CHECK(pipe(fds) == 0);
        pid_t child = fork();
        if (child == 0) {
            close(fds[0]);
            run_committers(url, fds[1]);
            _exit(3);
        }
        close(fds[1]);
        size_t until = count + 5 + (size_t)round * 11; /* killed in the middle of further commits */
        while (count < MAX_ACKS && read(fds[0], &acks[count], sizeof *acks) == sizeof *acks)
            if (++count == until)
                kill(child, SIGKILL);
        close(fds[0]);
        int status;
        waitpid(child, &status, 0);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        check_acknowledged(url, acks, count);
    }
    CHECK(count > 100);
}

int main(void)
{
    char dir[SCRATCH_SIZE];
    struct err e = {0};

    arena_init(&arena, 64 << 20);
    if (!scratch_make(dir))
        return 1;
    /* First: forking is for a process that has no threads yet. */
    test_killed_commits(dir);
    test_urls(dir);

    const char *url = scratch_url(dir, "aive.db");
    CHECK(store_migrate(url, NULL, NULL, &e));
    struct store *s = store_open(url, &e);
    if (CHECK(s != NULL)) {
        test_assets(s);
        test_consent(s);
        test_projects(s);
        test_timeline(s);
        test_chat(s);
        test_transactions(s);
        test_concurrent_edits(s);
        CHECK(store_check(s, &e));
    }
    store_close(s);
    scratch_remove(dir);
    arena_finish(&arena);
    return check_done();
}
