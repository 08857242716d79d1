/* SPDX-License-Identifier: GPL-3.0-or-later
 * desk.c - scratch pictures, tables and files for effects.
 */
#include "effects/desk.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TABLES 16
#define KEY_MAX 128

struct table {
    unsigned char key[KEY_MAX];
    size_t key_size, size;
    void *data; /* NULL: free */
    uint64_t used;
};

struct effect_desk {
    desk_read_fn read;
    void *user;
    struct {
        struct picture_pool *pool;
        struct picture *picture;
    } scratch[DESK_SCRATCH];
    struct table tables[TABLES];
    uint64_t clock;
};

struct effect_desk *effect_desk_create(desk_read_fn read, void *user, struct err *e)
{
    struct effect_desk *d = calloc(1, sizeof *d);
    if (!d) {
        err_set(e, ERR_NO_MEMORY, "no memory to draw effects with");
        return NULL;
    }
    d->read = read;
    d->user = user;
    return d;
}

void effect_desk_destroy(struct effect_desk *d)
{
    if (!d)
        return;
    for (int i = 0; i < DESK_SCRATCH; i++) {
        picture_unref(&d->scratch[i].picture);
        picture_pool_destroy(d->scratch[i].pool);
    }
    for (int i = 0; i < TABLES; i++)
        free(d->tables[i].data);
    free(d);
}

struct picture *effect_desk_picture(struct effect_desk *d, int which, int width, int height,
                                    struct err *e)
{
    struct picture *p = d->scratch[which].picture;
    if (p && p->width == width && p->height == height)
        return p;
    picture_unref(&d->scratch[which].picture);
    d->scratch[which].picture = picture_pool_take_sized(&d->scratch[which].pool, width, height, e);
    return d->scratch[which].picture;
}

static struct table *find_table(struct effect_desk *d, const void *key, size_t key_size)
{
    for (int i = 0; i < TABLES; i++) {
        struct table *t = &d->tables[i];
        if (t->data && t->key_size == key_size && memcmp(t->key, key, key_size) == 0)
            return t;
    }
    return NULL;
}

static struct table *oldest_table(struct effect_desk *d)
{
    struct table *oldest = &d->tables[0];
    for (int i = 0; i < TABLES; i++) {
        if (!d->tables[i].data)
            return &d->tables[i];
        if (d->tables[i].used < oldest->used)
            oldest = &d->tables[i];
    }
    return oldest;
}

void *effect_desk_table(struct effect_desk *d, const void *key, size_t key_size, size_t size,
                        bool *fresh, struct err *e)
{
    if (key_size > KEY_MAX) {
        err_set(e, ERR_INTERNAL, "the key of an effect's table is too long");
        return NULL;
    }
    struct table *t = find_table(d, key, key_size);
    *fresh = !t || t->size != size;
    if (*fresh) {
        void *data = calloc(1, size);
        if (!data) {
            err_set(e, ERR_NO_MEMORY, "no memory for an effect");
            return NULL;
        }
        t = t ? t : oldest_table(d);
        free(t->data);
        *t = (struct table){.key_size = key_size, .size = size, .data = data};
        memcpy(t->key, key, key_size);
    }
    t->used = ++d->clock;
    return t->data;
}

struct file_key {
    char word[8]; /* tells it from the keys of effects */
    int source;
};

const char *effect_desk_file(struct effect_desk *d, int source, size_t *len, struct err *e)
{
    struct file_key key = {.word = "file", .source = source};
    struct table *t = find_table(d, &key, sizeof key);
    if (!t) {
        struct buf text;
        bool fresh;
        buf_init(&text, DESK_FILE_MAX);
        bool ok = d->read && source >= 0
                      ? d->read(d->user, source, &text, e)
                      : err_set(e, ERR_INVALID, "an effect has no file to read");
        char *copy =
            ok ? effect_desk_table(d, &key, sizeof key, text.len + 1, &fresh, e) : NULL;
        if (copy && text.len)
            memcpy(copy, text.data, text.len);
        buf_finish(&text);
        if (!copy)
            return NULL;
        t = find_table(d, &key, sizeof key);
    }
    t->used = ++d->clock;
    *len = t->size - 1;
    return t->data;
}
