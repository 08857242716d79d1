/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Two locks keep processes out of each other's way, both flock(): the kernel drops them
 * when their holder dies, however it dies.
 *     the folder   shared: pin and look up in one step. Exclusive: read all pins and remove.
 *     a lease      "lease-<hex>", the list of one store's pins; exclusive while the store is open.
 *                  One that nobody holds was left by a killed process.
 * Pieces are not fsync'ed for their own sake: what a power cut bends is found by its hash.
 */
#include "jobs/chunk_store.h"

#include "core/clock.h"
#include "core/files.h"
#include "jobs/seal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define PENDING_MAX 64 /* pieces being written at once */
#define LEASE_PREFIX "lease-"
#define TEMP_PREFIX ".tmp-"                   /* core/files.h, where there is no O_TMPFILE */
#define UNUSED_AGE_S (7 * 24 * 3600)
#define TEMP_AGE_S 3600
#define RESERVE_BYTES ((int64_t)512 << 20)    /* of disk for everybody else, */
#define RESERVE_SHARE 20                      /* or a 20th of a small disk */
#define LOOK_AGAIN_MS 1000                    /* between two looks at a disk that stays full */

struct pin {
    char key[CHUNK_KEY_SIZE];
    bool whole; /* its hash was looked at */
};

struct chunk_store {
    int folder, lease;
    char lease_name[64];
    int64_t limit;
    int64_t held, unseen; /* bytes: in the folder when last looked, and committed since */
    int64_t looked_ms;
    struct pin *pins; /* by key */
    size_t pin_count;
    struct {
        char key[CHUNK_KEY_SIZE];
        int fd; /* -1: free */
    } pending[PENDING_MAX];
};

bool chunk_key_ok(const char *key)
{
    return strlen(key) == CHUNK_KEY_SIZE - 1 &&
           strspn(key, "0123456789abcdef") == CHUNK_KEY_SIZE - 1;
}

/* --- Locks ------------------------------------------------------------------------------------ */

static bool lock(int fd, int how, struct err *e)
{
    int rc;
    while ((rc = flock(fd, how)) < 0 && errno == EINTR)
        ;
    return rc == 0 || err_errno(e, errno, "lock the folder of chunks");
}

static void unlock(int fd)
{
    flock(fd, LOCK_UN);
}

/* An open folder of one's own: a lock belongs to the opening, which descriptors share. */
static int open_again(int folder_fd, struct err *e)
{
    int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        err_errno(e, errno, "open the folder of chunks");
    return fd;
}

/* --- Removing --------------------------------------------------------------------------------- */

struct entry {
    char name[CHUNK_KEY_SIZE];
    int64_t size;
    struct timespec used;
};

/* What a look at the folder found. */
struct census {
    struct entry *entries; /* pieces and other files that may go */
    size_t count, room;
    char (*pins)[CHUNK_KEY_SIZE]; /* of all stores */
    size_t pin_count;
    int64_t bytes;
    int removed;
};

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, CHUNK_KEY_SIZE);
}

static int by_use(const void *a, const void *b)
{
    const struct timespec *x = &((const struct entry *)a)->used;
    const struct timespec *y = &((const struct entry *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? -1 : 1;
    return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

static void census_finish(struct census *c)
{
    free(c->entries);
    free(c->pins);
}

/* The pins of another store, or, when nobody holds its lease, the lease's end. */
static bool read_lease(struct census *c, int folder, const char *name, struct err *e)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return true;
    bool ok = true;
    if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
        c->removed += unlinkat(folder, name, 0) == 0;
    } else {
        int64_t size = file_size(fd);
        size_t n = size > 0 ? (size_t)size / CHUNK_KEY_SIZE : 0;
        void *more = realloc(c->pins, (c->pin_count + n + 1) * CHUNK_KEY_SIZE);
        if (more) {
            c->pins = more;
            ssize_t got = pread(fd, c->pins[c->pin_count], n * CHUNK_KEY_SIZE, 0);
            c->pin_count += got > 0 ? (size_t)got / CHUNK_KEY_SIZE : 0;
        } else {
            ok = err_set(e, ERR_NO_MEMORY, "no memory to look through the chunks");
        }
    }
    close(fd);
    return ok;
}

static bool add_entry(struct census *c, const char *name, const struct stat *st, struct err *e)
{
    if (c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 256;
        void *more = realloc(c->entries, room * sizeof *c->entries);
        if (!more)
            return err_set(e, ERR_NO_MEMORY, "no memory to look through the chunks");
        c->entries = more;
        c->room = room;
    }
    struct entry *n = &c->entries[c->count++];
    *n = (struct entry){.size = st->st_size, .used = st->st_mtim};
    snprintf(n->name, sizeof n->name, "%s", name);
    c->bytes += st->st_size;
    return true;
}

static bool look_at(struct census *c, int folder, const char *name, struct err *e)
{
    struct stat st;
    if (strncmp(name, LEASE_PREFIX, sizeof LEASE_PREFIX - 1) == 0)
        return read_lease(c, folder, name, e);
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
        return true;
    if (strncmp(name, TEMP_PREFIX, sizeof TEMP_PREFIX - 1) == 0) {
        if (st.st_mtime + TEMP_AGE_S < time(NULL))
            c->removed += unlinkat(folder, name, 0) == 0;
        return true;
    }
    return !file_name_ok(name) || strlen(name) >= CHUNK_KEY_SIZE || add_entry(c, name, &st, e);
}

static bool take_census(struct census *c, int folder, struct err *e)
{
    int fd = open_again(folder, e);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        if (fd >= 0) {
            err_errno(e, errno, "read the folder of chunks");
            close(fd);
        }
        return false;
    }
    bool ok = true;
    struct dirent *d;
    while (ok && (d = readdir(dir)))
        ok = look_at(c, folder, d->d_name, e);
    closedir(dir);
    if (ok && c->pin_count > 0)
        qsort(c->pins, c->pin_count, CHUNK_KEY_SIZE, by_key);
    if (ok && c->count > 0)
        qsort(c->entries, c->count, sizeof *c->entries, by_use);
    return ok;
}

/* Pins are written with a line break where the NUL is in memory. */
static bool is_pinned(const struct census *c, const char *name)
{
    char key[CHUNK_KEY_SIZE + 1] = "";
    snprintf(key, sizeof key, "%s\n", name);
    return c->pin_count > 0 && bsearch(key, c->pins, c->pin_count, CHUNK_KEY_SIZE, by_key);
}

/* Bytes that the disk lacks of its reserve. */
static int64_t disk_lack(int folder)
{
    struct statvfs v;
    if (fstatvfs(folder, &v) < 0)
        return 0;
    int64_t reserve = (int64_t)(v.f_blocks * v.f_frsize) / RESERVE_SHARE;
    if (reserve > RESERVE_BYTES)
        reserve = RESERVE_BYTES;
    return reserve - (int64_t)(v.f_bavail * v.f_frsize);
}

/* Least recently used first, until the folder is a 16th below its limit (so that the next look is
 * not due at once) and the disk has its reserve; and whatever a week did not need. */
static void remove_least_used(struct census *c, int folder, int64_t limit)
{
    int64_t lack = disk_lack(folder);
    int64_t target = c->bytes > limit ? limit - limit / 16 : limit;
    time_t old = time(NULL) - UNUSED_AGE_S;
    for (size_t i = 0; i < c->count; i++) {
        const struct entry *n = &c->entries[i];
        if (c->bytes <= target && lack <= 0 && n->used.tv_sec >= old)
            break;
        if (is_pinned(c, n->name) || unlinkat(folder, n->name, 0) < 0)
            continue;
        c->bytes -= n->size;
        lack -= n->size;
        c->removed++;
    }
}

/* The folder is locked by the caller's descriptor `folder`. */
static bool trim(int folder, int64_t limit, struct census *c, struct err *e)
{
    if (!lock(folder, LOCK_EX, e))
        return false;
    bool ok = take_census(c, folder, e);
    if (ok)
        remove_least_used(c, folder, limit);
    unlock(folder);
    return ok;
}

int chunk_store_tidy(int folder_fd, int64_t limit_bytes, struct err *e)
{
    struct census c = {0};
    int folder = open_again(folder_fd, e);
    bool ok = folder >= 0 && trim(folder, limit_bytes, &c, e);
    census_finish(&c);
    if (folder >= 0)
        close(folder);
    return ok ? c.removed : -1;
}

/* Looks at the folder when that may be worth it. Trouble there is no reason to fail a render. */
static void make_room(struct chunk_store *s)
{
    int64_t now = clock_mono_ms();
    bool over = s->held + s->unseen > s->limit && s->unseen > s->limit / 16;
    bool due = s->looked_ms == 0 || s->unseen > s->limit / 4; /* others write, too */
    bool low = disk_lack(s->folder) > 0;
    if (!due && (!(over || low) || now - s->looked_ms < LOOK_AGAIN_MS))
        return;
    struct census c = {0};
    if (trim(s->folder, s->limit, &c, NULL))
        s->held = c.bytes;
    census_finish(&c);
    s->unseen = 0;
    s->looked_ms = now;
}

/* --- Pins ------------------------------------------------------------------------------------- */

/* Under the folder's lock, so that nobody takes the file for one that was left. */
static bool open_lease(struct chunk_store *s, struct err *e)
{
    char random[33];
    random_hex(random, 16);
    snprintf(s->lease_name, sizeof s->lease_name, LEASE_PREFIX "%s", random);
    if (!lock(s->folder, LOCK_SH, e))
        return false;
    s->lease = openat(s->folder, s->lease_name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_APPEND,
                      0600);
    bool ok = s->lease >= 0 || err_errno(e, errno, "make a lease on chunks");
    ok = ok && lock(s->lease, LOCK_EX, e);
    unlock(s->folder);
    return ok;
}

static struct pin *find_pin(const struct chunk_store *s, const char *key)
{
    return s->pin_count ? bsearch(key, s->pins, s->pin_count, sizeof *s->pins, by_key) : NULL;
}

static bool write_pins(struct chunk_store *s, const char (*keys)[CHUNK_KEY_SIZE], size_t count,
                       struct err *e)
{
    char (*lines)[CHUNK_KEY_SIZE] = malloc(count * CHUNK_KEY_SIZE);
    if (!lines)
        return err_set(e, ERR_NO_MEMORY, "no memory for %zu chunks", count);
    for (size_t i = 0; i < count; i++) {
        memcpy(lines[i], keys[i], CHUNK_KEY_SIZE);
        lines[i][CHUNK_KEY_SIZE - 1] = '\n';
    }
    bool ok = file_write_all(s->lease, lines, count * CHUNK_KEY_SIZE, e);
    free(lines);
    return ok;
}

/* The caller holds the folder's lock. */
static bool add_pins(struct chunk_store *s, const char (*keys)[CHUNK_KEY_SIZE], size_t count,
                     struct err *e)
{
    struct pin *more = realloc(s->pins, (s->pin_count + count + 1) * sizeof *more);
    if (!more)
        return err_set(e, ERR_NO_MEMORY, "no memory for %zu chunks", count);
    s->pins = more;
    if (!write_pins(s, keys, count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct pin *p = &s->pins[s->pin_count + i];
        p->whole = false;
        memcpy(p->key, keys[i], CHUNK_KEY_SIZE);
    }
    s->pin_count += count;
    qsort(s->pins, s->pin_count, sizeof *s->pins, by_key);
    return true;
}

bool chunk_store_pin(struct chunk_store *s, const char (*keys)[CHUNK_KEY_SIZE], size_t count,
                     struct err *e)
{
    for (size_t i = 0; i < count; i++)
        if (!chunk_key_ok(keys[i]))
            return err_set(e, ERR_INVALID, "\"%.64s\" is no name of a chunk", keys[i]);
    if (count == 0)
        return true;
    if (!lock(s->folder, LOCK_SH, e))
        return false;
    bool ok = add_pins(s, keys, count, e);
    unlock(s->folder);
    return ok;
}

static bool pin_one(struct chunk_store *s, const char *key, struct err *e)
{
    char one[1][CHUNK_KEY_SIZE];
    if (!chunk_key_ok(key))
        return err_set(e, ERR_INVALID, "\"%.64s\" is no name of a chunk", key);
    if (find_pin(s, key))
        return true;
    memcpy(one[0], key, CHUNK_KEY_SIZE);
    return chunk_store_pin(s, (const char (*)[CHUNK_KEY_SIZE])one, 1, e);
}

/* --- Pieces ----------------------------------------------------------------------------------- */

/* The name goes only if it still is this file's: somebody may have made the piece again. */
static void remove_damaged(int folder, const char *key, int fd)
{
    struct stat bad, named;
    if (!lock(folder, LOCK_EX, NULL))
        return;
    if (fstat(fd, &bad) == 0 && fstatat(folder, key, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        bad.st_ino == named.st_ino && bad.st_dev == named.st_dev)
        unlinkat(folder, key, 0);
    unlock(folder);
}

/* folder: an opening of the caller's own. */
static int open_whole(int folder, const char *key, bool known, int64_t *size, struct err *e)
{
    int fd = file_open_beneath(folder, key, e);
    if (fd < 0)
        return -1;
    if (!known && !seal_holds(fd, size)) {
        remove_damaged(folder, key, fd);
        close(fd);
        err_set(e, ERR_NOT_FOUND, "that chunk was damaged");
        return -1;
    }
    futimens(fd, NULL); /* used now */
    return fd;
}

int chunk_store_read(struct chunk_store *s, const char *key, struct err *e)
{
    int64_t size;
    if (!pin_one(s, key, e))
        return -1;
    struct pin *pin = find_pin(s, key);
    int fd = open_whole(s->folder, key, pin->whole, &size, e);
    pin->whole = fd >= 0;
    return fd;
}

int chunk_store_create(struct chunk_store *s, const char *key, struct err *e)
{
    int free_slot = -1;
    if (!pin_one(s, key, e))
        return -1;
    for (int i = 0; i < PENDING_MAX; i++) {
        if (s->pending[i].fd < 0)
            free_slot = i;
        else if (strcmp(s->pending[i].key, key) == 0)
            return err_set(e, ERR_CONFLICT, "that chunk is being written already"), -1;
    }
    if (free_slot < 0)
        return err_set(e, ERR_INVALID, "too many chunks are written at once"), -1;
    make_room(s);
    int fd = file_temp(s->folder, e);
    int copy = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (copy < 0) {
        if (fd >= 0) {
            err_errno(e, errno, "open a chunk");
            close(fd);
        }
        return -1;
    }
    s->pending[free_slot].fd = fd;
    memcpy(s->pending[free_slot].key, key, CHUNK_KEY_SIZE);
    return copy;
}

/* Another render may have been quicker: a whole piece of that name is as good. */
static bool publish(struct chunk_store *s, int fd, const char *key, struct err *e)
{
    for (int tries = 0; tries < 3; tries++) {
        int64_t size;
        if (file_publish(fd, s->folder, key, e))
            return true;
        if (e->code != ERR_CONFLICT)
            return false;
        int other = open_whole(s->folder, key, false, &size, e); /* removes a damaged one */
        if (other >= 0) {
            close(other);
            return true;
        }
    }
    return false;
}

bool chunk_store_commit(struct chunk_store *s, const char *key, struct err *e)
{
    struct err local = {0};
    e = e ? e : &local;
    for (int i = 0; i < PENDING_MAX; i++) {
        int fd = s->pending[i].fd;
        if (fd < 0 || strcmp(s->pending[i].key, key) != 0)
            continue;
        bool ok = seal_add(fd, e) && publish(s, fd, key, e);
        if (ok)
            s->unseen += file_size(fd);
        close(fd);
        s->pending[i].fd = -1;
        return ok;
    }
    return err_set(e, ERR_INVALID, "a chunk is committed that was not created");
}

int chunk_file_open(int folder_fd, const char *key, int64_t *size, struct err *e)
{
    int folder = open_again(folder_fd, e);
    int fd = folder >= 0 ? open_whole(folder, key, false, size, e) : -1;
    if (folder >= 0)
        close(folder);
    return fd;
}

bool chunk_file_exists(int folder_fd, const char *key)
{
    struct stat st;
    return chunk_key_ok(key) && fstatat(folder_fd, key, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode);
}

/* --- Open and close --------------------------------------------------------------------------- */

struct chunk_store *chunk_store_open(int folder_fd, int64_t limit_bytes, struct err *e)
{
    struct chunk_store *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_NO_MEMORY, "no memory for the chunks");
        return NULL;
    }
    for (int i = 0; i < PENDING_MAX; i++)
        s->pending[i].fd = -1;
    s->limit = limit_bytes;
    s->lease = -1;
    s->folder = open_again(folder_fd, e);
    if (s->folder >= 0 && open_lease(s, e))
        return s;
    chunk_store_close(s);
    return NULL;
}

void chunk_store_close(struct chunk_store *s)
{
    if (!s)
        return;
    for (int i = 0; i < PENDING_MAX; i++)
        if (s->pending[i].fd >= 0)
            close(s->pending[i].fd);
    if (s->lease >= 0) {
        unlinkat(s->folder, s->lease_name, 0);
        close(s->lease);
    }
    if (s->folder >= 0)
        close(s->folder);
    free(s->pins);
    free(s);
}
