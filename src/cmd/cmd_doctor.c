/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_doctor.c - `aive doctor`: is everything here that aive needs, and how to mend what is not.
 *
 * A table of checks. Each says one line to people and one object to programs. "missing" stops aive
 * from doing its main job and makes the exit code 4; "note" is worth knowing only. */
#include "cmd/cmd.h"
#include "core/files.h"
#include "core/json.h"
#include "core/utf8.h"
#include "jobs/cage.h"
#include "jobs/lay_out.h"
#include "jobs/selftest.h"
#include "jobs/workspace.h"
#include "queue/queue.h"
#include "render/fonts.h"
#include "store/store.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum verdict { FINE, NOTE, MISSING };
static const char *const verdict_words[] = {"ok", "note", "missing"};
static const char *const verdict_signs[] = {"\033[32mok\033[0m     ", "\033[33mnote\033[0m   ",
                                            "\033[31mMISSING\033[0m"};

struct finding {
    char text[600]; /* what was found */
    char mend[400]; /* what to do; "" when there is nothing to do */
};

struct check {
    const char *name;
    enum verdict (*run)(struct cmd_context *c, struct finding *f);
};

#define SAY(f, ...) snprintf((f)->text, sizeof (f)->text, __VA_ARGS__)
#define MEND(f, ...) snprintf((f)->mend, sizeof (f)->mend, __VA_ARGS__)

static enum verdict check_cage(struct cmd_context *c, struct finding *f)
{
    (void)c;
    struct cage_report r;
    struct err e = {0};
    if (!cage_selftest(&r, &e)) {
        SAY(f, "the work-horse can get out: %s", e.msg);
        MEND(f, "Run on a kernel with seccomp, in a container that allows the seccomp system call.");
        return MISSING;
    }
    SAY(f, "holds: open, socket, exec and fork fail inside (seccomp%s%s, landlock ABI %d)",
        r.namespaces ? ", own namespaces" : "", r.unprivileged ? ", unprivileged" : "",
        r.landlock_abi);
    return r.landlock_abi > 0 ? FINE : NOTE;
}

static enum verdict check_codecs(struct cmd_context *c, struct finding *f)
{
    struct err e = {0};
    const char *encoders = selftest_run(c->cancel, c->arena, &e);
    if (!encoders) {
        SAY(f, "a caged work-horse cannot encode: %s", e.msg);
        MEND(f, "Install Debian's libavcodec59, which brings libx264.");
        return MISSING;
    }
    SAY(f, "a caged work-horse encodes and reads back a film (%s)", encoders);
    return FINE;
}

static enum verdict check_folders(struct cmd_context *c, struct finding *f)
{
    struct err e = {0};
    struct statvfs v;
    if (!config_make_folders(&c->config, &e)) {
        SAY(f, "%s", e.msg);
        MEND(f, "Choose a folder that this user may write: --data-dir or AIVE_DATA_DIR.");
        return MISSING;
    }
    int fd = dir_open(c->config.ingest_dir, &e);
    int temp = fd >= 0 ? file_temp(fd, &e) : -1;
    bool ok = temp >= 0 && fstatvfs(fd, &v) == 0;
    if (temp >= 0)
        close(temp);
    if (fd >= 0)
        close(fd);
    if (!ok) {
        SAY(f, "%s: %s", c->config.ingest_dir, e.msg);
        MEND(f, "Choose a folder that this user may write: --data-dir or AIVE_DATA_DIR.");
        return MISSING;
    }
    double free_gib = (double)v.f_bavail * (double)v.f_frsize / (1024.0 * 1024 * 1024);
    SAY(f, "%s, %.1f GiB free", c->config.data_dir, free_gib);
    if (free_gib < 2)
        MEND(f, "Uploads and films need room: free some, or move --data-dir.");
    return free_gib < 2 ? NOTE : FINE;
}

static enum verdict check_database(struct cmd_context *c, struct finding *f)
{
    struct err e = {0};
    int from = 0, to = 0;
    struct store *s = NULL;
    if (store_migrate(c->config.database_url, &from, &to, &e))
        s = store_open(c->config.database_url, &e);
    bool ok = s && store_check(s, &e);
    store_close(s);
    if (!ok) {
        SAY(f, "%s: %s", c->config.database_url, e.msg);
        MEND(f, "Check AIVE_DATABASE_URL and the folder's rights; a damaged file needs a backup.");
        return MISSING;
    }
    SAY(f, "%s, schema version %d, whole", c->config.database_url, to);
    return FINE;
}

static enum verdict check_queue(struct cmd_context *c, struct finding *f)
{
    struct err e = {0};
    struct queue *q = queue_open(c->config.redis_url, &e);
    if (!q) {
        SAY(f, "%s", e.msg);
        MEND(f, "Unset AIVE_REDIS_URL to use the embedded queue.");
        return MISSING;
    }
    SAY(f, "%s", queue_name(q));
    queue_close(q);
    return FINE;
}

/* Can an installed font draw this character? */
static bool is_drawn(const char *sample)
{
    uint32_t cp = 0;
    struct err e = {0};
    struct fontset_needs *needs = fontset_needs_create(&e);
    struct fontset *set = NULL;
    if (needs && utf8_decode(sample, strlen(sample), &cp) > 0) {
        fontset_needs_text(needs, sample, strlen(sample));
        set = fontset_create(needs, false, &e);
    }
    bool drawn = set && fontset_pick(set, cp, -1) >= 0;
    fontset_destroy(set);
    fontset_needs_destroy(needs);
    return drawn;
}

static enum verdict check_fonts(struct cmd_context *c, struct finding *f)
{
    (void)c;
    static const struct {
        const char *script, *sample, *package;
    } scripts[] = {
        {"Latin", "Ag", "fonts-dejavu-core"},     {"Arabic", "\xd8\xb3\xd9\x84", "fonts-noto-core"},
        {"Devanagari", "\xe0\xa4\xa8\xe0\xa4\xae", "fonts-noto-core"},
        {"Chinese", "\xe4\xbd\xa0\xe5\xa5\xbd", "fonts-noto-cjk"},
        {"symbols", "\xe2\x98\x85", "fonts-symbola"},
    };
    char lacking[200] = "", packages[200] = "", have[200] = "";
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        bool there = is_drawn(scripts[i].sample);
        char *list = there ? have : lacking;
        snprintf(list + strlen(list), sizeof have - strlen(list), "%s%s", *list ? ", " : "",
                 scripts[i].script);
        if (!there && !strstr(packages, scripts[i].package))
            snprintf(packages + strlen(packages), sizeof packages - strlen(packages), " %s",
                     scripts[i].package);
    }
    SAY(f, "captions can be drawn in: %s%s%s", have, *lacking ? "; not in: " : "", lacking);
    if (*packages)
        MEND(f, "apt-get install%s", packages);
    return *lacking ? (*have ? NOTE : MISSING) : FINE;
}

static enum verdict check_templates(struct cmd_context *c, struct finding *f)
{
    struct err e = {0};
    const struct template_shelf shelf = template_shelf_of(&c->config, c->arena);
    const struct template_catalog *cat = template_catalog(&shelf, c->arena, &e);
    if (!cat || !template_load(&shelf, c->config.template_name, c->arena, &e)) {
        SAY(f, "%s", e.msg);
        MEND(f, cat ? "Choose another one with AIVE_TEMPLATE, or mend its file."
                    : "Set AIVE_SHARE_DIR to the folder share/aive of the sources or the "
                      "installation.");
        return MISSING;
    }
    const struct template_fault *faults = cat->faults.items;
    if (cat->faults.count) {
        SAY(f, "%s: %s", faults[0].file, faults[0].error);
        MEND(f, "`aive templates --check FILE` says it again after each change.");
        return NOTE;
    }
    SAY(f, "%zu, %s first, in %s", cat->templates.count, c->config.template_name, shelf.shipped);
    return FINE;
}

static enum verdict check_docs(struct cmd_context *c, struct finding *f)
{
    const char *page = arena_printf(c->arena, "%s/swagger-ui/swagger-ui-bundle.js",
                                    c->config.share_dir);
    if (page && access(page, R_OK) == 0) {
        SAY(f, "/docs has its page");
        return FINE;
    }
    SAY(f, "/docs has no page to show; /openapi.json works");
    MEND(f, "Run `make` where npm reaches its registry.");
    return NOTE;
}

static enum verdict check_models(struct cmd_context *c, struct finding *f)
{
    (void)c;
    SAY(f, "no speech engine in this version: captions come from the timeline's own text");
    return NOTE;
}

static const struct check checks[] = {
    {"cage", check_cage},           {"codecs", check_codecs}, {"folders", check_folders},
    {"database", check_database},   {"queue", check_queue},   {"fonts", check_fonts},
    {"templates", check_templates}, {"docs", check_docs},     {"models", check_models},
};

static void report(const struct check *check, enum verdict v, const struct finding *f,
                   struct buf *json)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "%s %-10s %s\n", verdict_signs[v], check->name, f->text);
    else
        fprintf(stderr, "%-7s %-10s %s\n", verdict_words[v], check->name, f->text);
    if (*f->mend)
        fprintf(stderr, "%-18s -> %s\n", "", f->mend);
    buf_printf(json, "%s{\"check\":\"%s\",\"verdict\":\"%s\",\"text\":", json->len > 1 ? "," : "",
               check->name, verdict_words[v]);
    json_write_string(json, f->text);
    buf_adds(json, ",\"mend\":");
    json_write_string(json, *f->mend ? f->mend : NULL);
    buf_addc(json, '}');
}

static int run_doctor(struct cmd_context *c, const void *options)
{
    (void)options;
    struct buf json;
    buf_init(&json, 1 << 16);
    buf_addc(&json, '[');
    bool whole = true;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        struct finding f = {.text = ""};
        enum verdict v = checks[i].run(c, &f);
        whole = whole && v != MISSING;
        report(&checks[i], v, &f, &json);
    }
    buf_addc(&json, ']');
    cmd_print_json(json.data);
    buf_finish(&json);
    return whole ? 0 : 4;
}

const struct cmd cmd_doctor = {
    .name = "doctor", .words = "", .summary = "Check that everything is here, and say how to mend it.",
    .help = "Words on stderr, JSON on stdout; exit code 4 when something needed is missing.",
    .settings = true, .run = run_doctor,
};
