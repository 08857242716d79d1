/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/alignment_heads.h"
#include "core/json.h"

#include <string.h>

#define KNOWN_MAX 23

struct known {
    int layers, width;
    int mels; /* 0: any */
    bool multilingual;
    int count;
    struct whisper_head heads[KNOWN_MAX];
};

/* clang-format off */
static const struct known models[] = {
    {4, 384, 0, false, 8, {{1,0},{2,0},{2,5},{3,0},{3,1},{3,2},{3,3},{3,4}}}, /* tiny.en */
    {4, 384, 0, true, 6, {{2,2},{3,0},{3,2},{3,3},{3,4},{3,5}}}, /* tiny */
    {6, 512, 0, false, 5, {{3,3},{4,7},{5,1},{5,5},{5,7}}}, /* base.en */
    {6, 512, 0, true, 8, {{3,1},{4,2},{4,3},{4,7},{5,1},{5,2},{5,4},{5,6}}}, /* base */
    {12, 768, 0, false, 19, {{6,6},{7,0},{7,3},{7,8},{8,2},{8,5},{8,7},{9,0},{9,4},{9,8},{9,10},{10,0},{10,1},
                             {10,2},{10,3},{10,6},{10,11},{11,2},{11,4}}}, /* small.en */
    {12, 768, 0, true, 10, {{5,3},{5,9},{8,0},{8,4},{8,7},{8,8},{9,0},{9,7},{9,9},{10,5}}}, /* small */
    {24, 1024, 0, false, 18, {{11,4},{14,1},{14,12},{14,14},{15,4},{16,0},{16,4},{16,9},{17,12},{17,14},{18,7},
                              {18,10},{18,15},{20,0},{20,3},{20,9},{20,14},{21,12}}}, /* medium.en */
    {24, 1024, 0, true, 6, {{13,15},{15,4},{15,15},{16,1},{20,0},{23,4}}}, /* medium */
    {32, 1280, 80, true, 23, {{10,12},{13,17},{16,11},{16,12},{16,13},{17,15},{17,16},{18,4},{18,11},{18,19},
                              {19,11},{21,2},{21,3},{22,3},{22,9},{22,12},{23,5},{23,7},{23,13},{25,5},{26,1},
                              {26,12},{27,15}}}, /* large-v2; large-v1 has its shape, too */
    {32, 1280, 128, true, 10, {{7,0},{10,17},{12,18},{13,12},{16,1},{17,14},{19,11},{21,4},{24,1},{25,6}}}, /* large-v3 */
    {4, 1280, 128, true, 6, {{2,4},{2,11},{3,3},{3,6},{3,11},{3,14}}}, /* large-v3-turbo */
};
/* clang-format on */

static const struct known *find(const struct whisper_config *c, bool multilingual)
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        const struct known *k = &models[i];
        if (k->layers == c->text_layers && k->width == c->text_width &&
            k->multilingual == multilingual && (k->mels == 0 || k->mels == c->mels))
            return k;
    }
    return NULL;
}

static bool read_number(struct json_reader *r, int end, int *out)
{
    double v;
    bool is_int;
    int64_t i;
    if (!json_next_item(r) || !json_read_number(r, &v, &is_int, &i) || !is_int || i < 0 || i >= end)
        return false;
    *out = (int)i;
    return true;
}

static bool read_heads(struct json_reader *r, const struct whisper_config *c,
                       struct whisper_heads *out)
{
    const int all = c->text_layers * c->text_heads;
    if (!json_enter_array(r))
        return false;
    while (json_next_item(r)) {
        struct whisper_head h;
        if (out->count == all || !json_enter_array(r) || !read_number(r, c->text_layers, &h.layer) ||
            !read_number(r, c->text_heads, &h.head) || json_next_item(r) || json_failed(r))
            return false;
        out->items[out->count++] = h;
    }
    return !json_failed(r) && out->count > 0;
}

bool alignment_heads(const struct whisper_config *c, bool multilingual, const char *json, size_t len,
                     struct arena *a, struct whisper_heads *out, struct err *e)
{
    const struct known *known = find(c, multilingual);
    const int all = c->text_layers * c->text_heads;
    struct json_reader r;
    *out = (struct whisper_heads){arena_array(a, (size_t)(all > KNOWN_MAX ? all : KNOWN_MAX),
                                              sizeof *out->items), 0};
    if (!out->items)
        return err_set(e, ERR_NO_MEMORY, "no memory for the model's heads");
    if (len > 0) {
        json_reader_init(&r, json, len, 4);
        return read_heads(&r, c, out) ||
               err_set(e, ERR_INVALID, "alignment_heads is not a list of [layer, head] that the "
                                       "model has (%d layers of %d)", c->text_layers, c->text_heads);
    }
    if (known) {
        out->count = known->count;
        memcpy(out->items, known->heads, (size_t)known->count * sizeof *out->items);
        return true;
    }
    for (int layer = c->text_layers / 2; layer < c->text_layers; layer++)
        for (int head = 0; head < c->text_heads; head++)
            out->items[out->count++] = (struct whisper_head){layer, head};
    return true;
}
