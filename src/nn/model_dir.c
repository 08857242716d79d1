/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/model_dir.h"

#include "core/files.h"
#include "nn/json_err.h"
#include "nn/tokenizer.h"
#include "nn/weights.h"
#include "nn/weights_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_MAX (1u << 20)
#define DEPTH_MAX 32

static const char weights_name[] = "model.safetensors";
static const char index_name[] = "model.safetensors.index.json";

static const char *const texts[] = {
    "config.json", "generation_config.json", "preprocessor_config.json", "vocab.json",
    "merges.txt",  "tokenizer.json",         "added_tokens.json",
};

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

void model_files_finish(struct model_files *m)
{
    for (size_t i = 0; i < m->count; i++)
        close(m->files[i].fd);
    m->count = 0;
}

int model_files_fd(const struct model_files *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->files[i].name, name) == 0)
            return m->files[i].fd;
    return -1;
}

/* Takes the descriptor over, also on failure. */
static bool add(struct model_files *m, const char *name, int fd, struct err *e)
{
    bool ok = m->count < MODEL_FILES_MAX && strlen(name) < MODEL_NAME_SIZE;
    if (!ok) {
        close(fd);
        return err_set(e, ERR_INVALID,
                       "the model has more than %d files, or names of over %d bytes",
                       MODEL_FILES_MAX, MODEL_NAME_SIZE - 1);
    }
    struct model_file *file = &m->files[m->count++];
    snprintf(file->name, sizeof file->name, "%s", name);
    file->fd = fd;
    return true;
}

/* What stands in the place of a plain file. False: nothing does. */
static bool explain(int dir_fd, const char *name, struct err *e)
{
    struct stat st;
    if (!file_name_ok(name) || fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    if (S_ISLNK(st.st_mode))
        err_set(e, ERR_INVALID,
                "%s is a link; a model's folder holds the files themselves (cp -rL copies them)",
                name);
    else if (S_ISREG(st.st_mode))
        err_set(e, ERR_FORBIDDEN, "%s cannot be read", name);
    else
        err_set(e, ERR_INVALID, "%s is a %s, not a file", name,
                S_ISDIR(st.st_mode) ? "folder" : "device or pipe");
    return true;
}

/* Adds a file of the folder if it is there; *found tells. */
static bool add_beneath(struct model_files *m, int dir_fd, const char *name, bool *found,
                        struct err *e)
{
    int fd = file_open_beneath(dir_fd, name, NULL);
    *found = fd >= 0;
    if (fd < 0)
        return !explain(dir_fd, name, e);
    return add(m, name, fd, e);
}

/* The string of that key in the outermost object; empty where there is none. */
static bool read_key(const char *text, size_t len, const char *wanted, char *out, size_t size,
                     struct err *e)
{
    struct json_reader r;
    struct arena a;
    const char *key, *value;
    size_t n;
    out[0] = '\0';
    arena_init(&a, 2 * MODEL_TEXT_MAX);
    json_reader_init(&r, text, len, DEPTH_MAX);
    for (json_enter_object(&r); json_next_key(&r, &a, &key);)
        if (strcmp(key, wanted) != 0 || json_peek(&r) != JSON_STRING)
            json_skip(&r);
        else if (json_read_string(&r, &a, &value, &n))
            snprintf(out, size, "%s", value);
    json_at_end(&r);
    bool ok = !json_failed(&r) || json_err(&r, "", e);
    arena_finish(&a);
    return ok;
}

char *model_files_text(const struct model_files *m, const char *name, struct arena *a, size_t *len,
                       struct err *e)
{
    int fd = model_files_fd(m, name);
    if (fd < 0)
        return err_set(e, ERR_NOT_FOUND, "the model has no %s", name), NULL;
    char *text = file_read_text(fd, MODEL_TEXT_MAX, a, len, e);
    if (!text)
        err_wrap(e, "%s", name);
    return text;
}

/* --- Which files --- */

static bool add_shard(struct model_files *m, int dir_fd, const char *name, struct err *e)
{
    bool found;
    if (!file_name_ok(name) || !ends_with(name, ".safetensors"))
        return err_set(e, ERR_INVALID, "\"%.100s\" is no name of a shard", name);
    if (model_files_fd(m, name) >= 0)
        return true;
    return add_beneath(m, dir_fd, name, &found, e) &&
           (found || err_set(e, ERR_NOT_FOUND, "its shard %s is missing", name));
}

static bool add_listed(struct model_files *m, int dir_fd, struct json_reader *r, struct arena *a,
                       struct err *e)
{
    const char *raw, *file;
    size_t len;
    for (json_enter_object(r); json_next_key_text(r, &raw, &len);)
        if (json_read_string(r, a, &file, &len) && !add_shard(m, dir_fd, file, e))
            return false;
    return true;
}

/* The shards that the index names. */
static bool add_shards(struct model_files *m, int dir_fd, struct err *e)
{
    struct json_reader r;
    struct arena a;
    const char *key;
    size_t len;
    arena_init(&a, 3 * MODEL_TEXT_MAX);
    char *text = model_files_text(m, index_name, &a, &len, e);
    bool ok = text != NULL;
    if (!ok)
        goto out;
    json_reader_init(&r, text, len, DEPTH_MAX);
    for (json_enter_object(&r); ok && json_next_key(&r, &a, &key);)
        if (strcmp(key, "weight_map") == 0)
            ok = add_listed(m, dir_fd, &r, &a, e);
        else
            json_skip(&r);
    if (ok && json_failed(&r))
        ok = json_err(&r, "", e);
    if (!ok)
        err_wrap(e, "%s", index_name);
out:
    arena_finish(&a);
    return ok;
}

static bool is_ggml(int fd)
{
    uint8_t magic[4];
    return pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
           ggml_magic(magic, sizeof magic);
}

/* A folder's ggml file, where it has exactly one; *found tells. */
static bool add_ggml(struct model_files *m, int dir_fd, bool *found, struct err *e)
{
    bool ok = true;
    int copy = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir) {
        err_errno(e, errno, "list the folder");
        if (copy >= 0)
            close(copy);
        return false;
    }
    for (struct dirent *d; ok && (d = readdir(dir)) != NULL;) {
        int fd = ends_with(d->d_name, ".bin") ? file_open_beneath(dir_fd, d->d_name, NULL) : -1;
        if (fd < 0)
            continue;
        if (!is_ggml(fd)) {
            close(fd);
        } else if (*found) {
            close(fd);
            ok = err_set(e, ERR_INVALID, "the folder holds several ggml files; name one of them");
        } else {
            ok = add(m, d->d_name, fd, e);
            *found = true;
        }
    }
    closedir(dir);
    return ok;
}

static bool fail_no_weights(int dir_fd, struct err *e)
{
    struct stat st;
    if (fstatat(dir_fd, "pytorch_model.bin", &st, AT_SYMLINK_NOFOLLOW) == 0)
        return err_set(
            e, ERR_UNSUPPORTED,
            "the model has pytorch_model.bin only, which can run code when it is loaded; "
            "%s is needed (convert it, or take another revision)",
            weights_name);
    return err_set(e, ERR_NOT_FOUND,
                   "no model there: neither %s nor its shards nor a ggml file is in the folder",
                   weights_name);
}

static bool add_weights(struct model_files *m, int dir_fd, struct err *e)
{
    bool found = false;
    if (!add_beneath(m, dir_fd, weights_name, &found, e))
        return false;
    if (found)
        return true;
    if (!add_beneath(m, dir_fd, index_name, &found, e))
        return false;
    if (found)
        return add_shards(m, dir_fd, e);
    return add_ggml(m, dir_fd, &found, e) && (found || fail_no_weights(dir_fd, e));
}

/* --- What kind of model --- */

static bool is_text(const char *name)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(texts[i], name) == 0)
            return true;
    return strcmp(index_name, name) == 0;
}

/* The only ggml file of the model, NULL if it is none. */
static const struct model_file *ggml_file(const struct model_files *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (!is_text(m->files[i].name) && is_ggml(m->files[i].fd))
            return &m->files[i];
    return NULL;
}

static bool tell_kind(struct model_files *m, struct err *e)
{
    struct arena a;
    size_t len;
    m->ggml = ggml_file(m) != NULL;
    if (m->ggml) {
        snprintf(m->kind, sizeof m->kind, "whisper");
        return true;
    }
    arena_init(&a, CONFIG_MAX + 1);
    int fd = model_files_fd(m, "config.json");
    char *text = NULL;
    bool ok = fd >= 0 || err_set(e, ERR_NOT_FOUND, "the model has no config.json");
    if (ok)
        ok = (text = file_read_text(fd, CONFIG_MAX, &a, &len, e)) != NULL &&
             read_key(text, len, "model_type", m->kind, sizeof m->kind, e);
    if (ok && !m->kind[0])
        ok = err_set(e, ERR_INVALID, "it does not tell the \"model_type\"");
    if (!ok && fd >= 0)
        err_wrap(e, "config.json");
    arena_finish(&a);
    return ok;
}

static bool finished(struct model_files *m, bool ok)
{
    if (!ok)
        model_files_finish(m);
    return ok;
}

bool model_files_open_at(int dir_fd, struct model_files *out, struct err *e)
{
    bool ok = true, found;
    *out = (struct model_files){0};
    for (size_t i = 0; ok && i < sizeof texts / sizeof texts[0]; i++)
        ok = add_beneath(out, dir_fd, texts[i], &found, e);
    ok = ok && add_weights(out, dir_fd, e) && tell_kind(out, e);
    return finished(out, ok);
}

static bool open_single(int fd, const char *path, struct model_files *out, struct err *e)
{
    const char *slash = strrchr(path, '/');
    *out = (struct model_files){0};
    if (!add(out, slash ? slash + 1 : path, fd, e))
        return false;
    bool ok = tell_kind(out, NULL) ||
              err_set(e, ERR_UNSUPPORTED,
                      "not a ggml Whisper file; a model of other files is named by its folder");
    return finished(out, ok);
}

bool model_files_open(const char *path, struct model_files *out, struct err *e)
{
    struct stat st;
    bool ok = false;
    *out = (struct model_files){0};
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        err_errno(e, errno, "model %s", path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    if (S_ISREG(st.st_mode)) {
        ok = open_single(fd, path, out, e);
    } else {
        ok = S_ISDIR(st.st_mode) ? model_files_open_at(fd, out, e)
                                 : err_set(e, ERR_INVALID, "neither a file nor a folder");
        close(fd);
    }
    return ok || err_wrap(e, "model %s", path);
}

bool model_files_from_fds(const struct model_file *files, size_t n, struct model_files *out,
                          struct err *e)
{
    bool ok = true;
    *out = (struct model_files){0};
    for (size_t i = 0; i < n; i++) /* each is taken over, whatever happens */
        ok = add(out, files[i].name, files[i].fd, e) && ok;
    return finished(out, ok && tell_kind(out, e));
}

/* --- Opening what the files hold --- */

struct weights *model_files_weights(const struct model_files *m, struct err *e)
{
    struct weights_file files[MODEL_FILES_MAX];
    const struct model_file *ggml = ggml_file(m);
    size_t n = 0, len = 0;
    if (ggml)
        return weights_open_ggml(&(struct weights_file){ggml->name, ggml->fd}, e);
    for (size_t i = 0; i < m->count; i++)
        if (ends_with(m->files[i].name, ".safetensors"))
            files[n++] = (struct weights_file){m->files[i].name, m->files[i].fd};
    if (n == 0)
        return err_set(e, ERR_NOT_FOUND, "the model has no weights"), NULL;
    struct arena a;
    struct weights *w = NULL;
    char *index = NULL;
    bool sharded = model_files_fd(m, index_name) >= 0;
    arena_init(&a, MODEL_TEXT_MAX + 1);
    if (sharded)
        index = model_files_text(m, index_name, &a, &len, e);
    if (index || !sharded)
        w = weights_open_safetensors(files, n, index, len, e);
    arena_finish(&a);
    return w;
}

/* The text of a file that need not be there. */
static bool text_if_there(const struct model_files *m, const char *name, struct arena *a,
                          struct tokenizer_text *out, struct err *e)
{
    *out = (struct tokenizer_text){0};
    if (model_files_fd(m, name) < 0)
        return true;
    out->text = model_files_text(m, name, a, &out->len, e);
    return out->text != NULL;
}

static struct tokenizer *from_texts(const struct model_files *m, struct arena *a, struct err *e)
{
    struct tokenizer_text json, vocab, merges, added;
    if (!text_if_there(m, "tokenizer.json", a, &json, e))
        return NULL;
    if (json.text)
        return tokenizer_from_json(&json, e);
    if (!text_if_there(m, "vocab.json", a, &vocab, e) ||
        !text_if_there(m, "merges.txt", a, &merges, e) ||
        !text_if_there(m, "added_tokens.json", a, &added, e))
        return NULL;
    if (vocab.text && merges.text)
        return tokenizer_from_files(&vocab, &merges, added.text ? &added : NULL, e);
    err_set(e, ERR_NOT_FOUND,
            "the model has neither tokenizer.json nor vocab.json with merges.txt");
    return NULL;
}

struct tokenizer *model_files_tokenizer(const struct model_files *m, const struct weights *w,
                                        struct err *e)
{
    const struct ggml_head *head = w ? weights_ggml(w) : NULL;
    if (head && model_files_fd(m, "tokenizer.json") < 0 && model_files_fd(m, "merges.txt") < 0)
        return tokenizer_from_list(head->tokens, head->token_count, e);
    struct arena a;
    arena_init(&a, 4u * (MODEL_TEXT_MAX + 1));
    struct tokenizer *t = from_texts(m, &a, e);
    arena_finish(&a);
    return t;
}
