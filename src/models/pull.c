/* SPDX-License-Identifier: GPL-3.0-or-later
 * pull.c - see pull.h. DESIGN: everything happens in the folder ".pull-NAME", which whoever holds
 * the lock on its file "lock" owns. A file is NAME.part until its size and checksum are right; then
 * it gets its name, and is not fetched again. Last, the folder itself gets the model's name. */
#include "models/pull.h"
#include "core/clock.h"
#include "core/files.h"
#include "models/manifest.h"
#include "models/model_names.h"
#include "models/model_shelf.h"
#include "net/http_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define TRIES 5 /* in a row without a byte that is new */
#define FIRST_PAUSE_MS 250
#define PROGRESS_MS 100

struct work {
    const struct pull *p;
    const char *repository;
    struct hub_model model;
    struct arena arena;
    char staging[MODEL_NAME_MAX + 16], folder[MODEL_NAME_MAX + 2]; /* what they are called */
    int models, dir, lock; /* descriptors */
    struct manifest_file *files; /* that are whole, as many as the model's */
    size_t whole;
    int64_t done; /* bytes of those */
    int64_t told_ms;
};

static void tell(struct work *w, const char *file, int64_t here, bool always)
{
    int64_t now = clock_mono_ms();
    if (!w->p->on_progress || (!always && now - w->told_ms < PROGRESS_MS))
        return;
    w->told_ms = now;
    w->p->on_progress(w->p->user, file, w->done + here, w->model.bytes);
}

/* Sleeps, and wakes when somebody wants to stop. */
static bool pause_ms(const struct work *w, int ms, struct err *e)
{
    struct pollfd p = {.fd = w->p->cancel ? w->p->cancel->fd : -1, .events = POLLIN};
    poll(&p, 1, ms);
    return !cancel_fired(w->p->cancel) || err_set(e, ERR_CANCELED, "canceled");
}

/* --- One file --------------------------------------------------------------------------------- */

/* A file on its way. */
struct part {
    struct work *w;
    const struct hub_file *file;
    int fd;
    int64_t have; /* bytes written */
    bool begun;   /* bytes of the current answer are among them */
};

/* The first bytes of an answer: they go on where we are, or start anew. */
static bool begin(struct part *p, const struct http_answer *head, struct err *e)
{
    int64_t whole = head->status == 206 ? head->total : head->length;
    if (whole >= 0 && whole != p->file->size)
        return err_set(e, ERR_UNAVAILABLE, "%s has %lld bytes there and %lld in the hub's list",
                       p->file->name, (long long)whole, (long long)p->file->size);
    if (head->status == 206 && head->from != p->have)
        return err_set(e, ERR_UNAVAILABLE, "another part of %s came than was asked for",
                       p->file->name);
    if (head->status == 200)
        p->have = 0;
    if (ftruncate(p->fd, p->have) < 0 || lseek(p->fd, p->have, SEEK_SET) < 0)
        return err_errno(e, errno, "go on with %s", p->file->name);
    p->begun = true;
    return true;
}

static bool on_body(void *user, const struct http_answer *head, const void *data, size_t n,
                    struct err *e)
{
    struct part *p = user;
    if (head->status != 200 && head->status != 206)
        return true; /* words about an error */
    if (!p->begun && !begin(p, head, e))
        return false;
    if ((int64_t)n > p->file->size - p->have)
        return err_set(e, ERR_UNAVAILABLE, "%s is longer than the %lld bytes of the hub's list",
                       p->file->name, (long long)p->file->size);
    if (!file_write_all(p->fd, data, n, e))
        return false;
    p->have += (int64_t)n;
    tell(p->w, p->file->name, p->have, false);
    return true;
}

/* Once, from where we are. */
static bool fetch(struct part *p, struct err *e)
{
    const struct pull *pull = p->w->p;
    struct http_answer answer;
    struct http_ask ask = {
        .url = hub_file_url(&pull->hub, p->w->repository, p->w->model.revision, p->file->name,
                            &p->w->arena),
        .headers = hub_headers(&pull->hub, &p->w->arena),
        .from = p->have,
        .max_bytes = INT64_MAX,
        .on_body = on_body,
        .user = p,
        .cancel = pull->cancel,
    };
    p->begun = false;
    if (!ask.url)
        return err_set(e, ERR_NO_MEMORY, "no memory to fetch a model");
    if (!http_ask(&ask, &answer, e))
        return false;
    if (answer.status != 200 && answer.status != 206)
        return err_set(e, answer.status == 404 ? ERR_NOT_FOUND : ERR_UNAVAILABLE,
                       "the hub answers %d for %s", answer.status, p->file->name);
    return true;
}

/* A server out of reach, slow or cut off may be itself again in a moment. */
static bool worth_another(const struct err *e)
{
    return e->code == ERR_UNAVAILABLE || e->code == ERR_TIMEOUT || e->code == ERR_BUSY;
}

/* Till every byte is there. */
static bool fetch_all(struct part *p, struct err *e)
{
    int tries = 0;
    while (p->have < p->file->size) {
        int64_t before = p->have;
        struct err why = {0};
        if (fetch(p, &why) && p->have == before)
            err_set(&why, ERR_UNAVAILABLE, "the hub sends nothing of %s", p->file->name);
        tries = p->have > before ? 0 : tries + 1;
        if (tries == TRIES || (why.code && !worth_another(&why)))
            return err_set(e, why.code, "%s", why.msg);
        if (why.code && !pause_ms(p->w, FIRST_PAUSE_MS << tries, e))
            return false;
    }
    return true;
}

/* Gives a file that is there its name, if it is what the hub's list says. `*wrong` when not. */
static bool settle(struct part *p, const char *part_name, bool *wrong, struct err *e)
{
    char hex[65];
    if (!sha256_of(p->fd, hex, p->w->p->cancel, e))
        return false;
    *wrong = p->file->sha256 && strcmp(hex, p->file->sha256) != 0;
    if (*wrong)
        return err_set(e, ERR_UNAVAILABLE,
                       "%s came broken: its checksum is not that of the hub's list", p->file->name);
    if (fsync(p->fd) < 0 || renameat(p->w->dir, part_name, p->w->dir, p->file->name) < 0)
        return err_errno(e, errno, "store %s", p->file->name);
    char *sha256 = arena_strdup(&p->w->arena, hex);
    if (!sha256)
        return err_set(e, ERR_NO_MEMORY, "no memory to fetch a model");
    p->w->files[p->w->whole++] = (struct manifest_file){p->file->name, p->file->size, sha256};
    p->w->done += p->file->size;
    return true;
}

/* A beginning that was left by somebody else is worth a second try from the first byte. */
static bool fetch_file(struct work *w, const struct hub_file *file, struct err *e)
{
    char name[256];
    bool ok = false, wrong = false;
    snprintf(name, sizeof name, "%s.part", file->name);
    if (renameat(w->dir, file->name, w->dir, name) < 0 && errno != ENOENT)
        return err_errno(e, errno, "look at %s", file->name); /* whole: only to be checked */
    struct part p = {.w = w, .file = file,
                     .fd = openat(w->dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (p.fd < 0)
        return err_errno(e, errno, "write %s", file->name);
    p.have = file_size(p.fd);
    if (p.have > file->size)
        p.have = 0;
    bool begun_before = p.have > 0;
    ok = fetch_all(&p, e) && settle(&p, name, &wrong, e);
    if (wrong && begun_before) {
        p.have = 0;
        ok = fetch_all(&p, e) && settle(&p, name, &wrong, e);
    }
    if (wrong)
        unlinkat(w->dir, name, 0);
    close(p.fd);
    return ok;
}

/* --- The model -------------------------------------------------------------------------------- */

static bool open_staging(struct work *w, struct err *e)
{
    if (!dir_ensure(w->p->models_dir, e) || (w->models = dir_open(w->p->models_dir, e)) < 0)
        return false;
    if (mkdirat(w->models, w->staging, 0700) < 0 && errno != EEXIST)
        return err_errno(e, errno, "make a folder for the model in %s", w->p->models_dir);
    w->dir = openat(w->models, w->staging, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (w->dir < 0)
        return err_errno(e, errno, "open %s", w->staging);
    w->lock = openat(w->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (w->lock < 0)
        return err_errno(e, errno, "lock %s", w->staging);
    struct stat ours, named;
    char path[MODEL_NAME_MAX + 32];
    snprintf(path, sizeof path, "%s/lock", w->staging);
    /* Whoever had it may have published the folder between our two steps. */
    if (flock(w->lock, LOCK_EX | LOCK_NB) < 0 || fstat(w->lock, &ours) < 0 ||
        fstatat(w->models, path, &named, AT_SYMLINK_NOFOLLOW) < 0 || ours.st_ino != named.st_ino)
        return err_set(e, ERR_BUSY, "the model \"%s\" is being fetched already", w->p->name);
    return true;
}

/* Whether the model is there in this very revision. False with an error where something else has its
 * name: what was not fetched is never replaced. */
static bool is_there(struct work *w, struct err *e)
{
    struct err why = {0};
    if (faccessat(w->models, w->folder, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    int there = openat(w->models, w->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool fetched = there >= 0 && faccessat(there, MANIFEST_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    const struct manifest *m = fetched ? manifest_read(there, &w->arena, &why) : NULL;
    if (there >= 0)
        close(there);
    if (!fetched)
        return err_set(e, ERR_CONFLICT,
                       "%s is in %s already and was put there by hand; it stays as it is (move it "
                       "away, or `aive models rm %s`, to fetch the hub's)",
                       w->folder, w->p->models_dir, w->p->name);
    return m && strcmp(m->revision, w->model.revision) == 0;
}

static bool has_room(struct work *w, struct err *e)
{
    struct statvfs s;
    struct stat st;
    int64_t missing = 0;
    char part[256];
    for (size_t i = 0; i < w->model.count; i++) {
        const struct hub_file *f = &w->model.files[i];
        snprintf(part, sizeof part, "%s.part", f->name);
        bool begun = fstatat(w->dir, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
                     fstatat(w->dir, part, &st, AT_SYMLINK_NOFOLLOW) == 0;
        missing += begun && st.st_size <= f->size ? f->size - st.st_size : f->size;
    }
    if (fstatvfs(w->dir, &s) == 0 && (double)s.f_bavail * (double)s.f_frsize < (double)missing)
        return err_set(e, ERR_NO_SPACE, "%lld MB are to be fetched, %.0f MB are free in %s",
                       (long long)missing / 1000000,
                       (double)s.f_bavail * (double)s.f_frsize / 1e6, w->p->models_dir);
    return true;
}

static bool write_manifest(struct work *w, struct err *e)
{
    const struct manifest m = {.name = w->p->name, .repository = w->repository,
                               .revision = w->model.revision, .files = {w->files, w->whole}};
    struct buf text;
    buf_init(&text, 1 << 20);
    wire_write(&wire_manifest, &m, &text);
    unlinkat(w->dir, MANIFEST_FILE, 0);
    int fd = text.failed ? -1 : file_temp(w->dir, e);
    bool ok = fd >= 0 && file_write_all(fd, text.data, text.len, e) &&
              file_publish(fd, w->dir, MANIFEST_FILE, e);
    if (text.failed)
        err_set(e, ERR_NO_MEMORY, "no memory to fetch a model");
    if (fd >= 0)
        close(fd);
    buf_finish(&text);
    return ok;
}

/* In place of an older one, if there is one. */
static bool publish(struct work *w, struct err *e)
{
    bool exchange = faccessat(w->models, w->folder, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    struct err by_hand = {0};
    if (exchange && !is_there(w, &by_hand) && by_hand.code) /* since we looked */
        return err_set(e, by_hand.code, "%s", by_hand.msg);
    unlinkat(w->dir, "lock", 0);
    if (renameat2(w->models, w->staging, w->models, w->folder,
                  exchange ? RENAME_EXCHANGE : RENAME_NOREPLACE) < 0 || fsync(w->models) < 0)
        return err_errno(e, errno, "give the model its name in %s", w->p->models_dir);
    return !exchange || model_folder_remove(w->models, w->staging, e);
}

static bool run(struct work *w, struct err *e)
{
    const struct pull *p = w->p;
    if (!hub_model(&p->hub, w->repository, &w->arena, p->cancel, &w->model, e))
        return false;
    if (!open_staging(w, e))
        return false;
    struct err by_hand = {0};
    bool there = is_there(w, &by_hand);
    if (there || by_hand.code)
        return (model_folder_remove(w->models, w->staging, e) && there) ||
               err_set(e, by_hand.code, "%s", by_hand.msg);
    w->files = arena_array(&w->arena, w->model.count, sizeof *w->files);
    if (!w->files)
        return err_set(e, ERR_NO_MEMORY, "no memory to fetch a model");
    if (!has_room(w, e))
        return false;
    for (size_t i = 0; i < w->model.count; i++)
        if (!fetch_file(w, &w->model.files[i], e))
            return false;
    tell(w, "", 0, true);
    return write_manifest(w, e) && publish(w, e);
}

bool model_pull(const struct pull *p, struct err *e)
{
    struct work w = {.p = p, .repository = model_repository(p->name),
                     .models = -1, .dir = -1, .lock = -1};
    char name[MODEL_NAME_MAX + 2];
    if (!model_name_ok(p->name))
        return err_set(e, ERR_INVALID, "\"%.100s\" is not a model's name (small.en, owner/model)",
                       p->name);
    if (!w.repository)
        return err_set(e, ERR_NOT_FOUND, "no model is called \"%s\"; `aive models list` names some, "
                       "and owner/model is any model of the hub", p->name);
    model_folder(p->name, name, sizeof name);
    snprintf(w.folder, sizeof w.folder, "%s", name);
    snprintf(w.staging, sizeof w.staging, ".pull-%s", name);
    arena_init(&w.arena, (size_t)64 << 20);
    bool ok = run(&w, e);
    const int fds[] = {w.lock, w.dir, w.models};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    arena_finish(&w.arena);
    return ok;
}
