/* SPDX-License-Identifier: GPL-3.0-or-later
 * font_cmap.c - relabels character maps. OpenType 1.9, "cmap" and "The OpenType font file".
 */
#include "render/font_cmap.h"

#include <stdbool.h>
#include <string.h>

#define PLATFORM_UNICODE 0
#define ENCODING_UNICODE_BMP 3
#define PLATFORM_MICROSOFT 3
#define ENCODING_MS_BMP 1
#define ENCODING_MS_FULL 10

struct bytes {
    uint8_t *data;
    size_t size;
};

static bool inside(const struct bytes *b, size_t at, size_t n)
{
    return at <= b->size && n <= b->size - at;
}

static size_t read16(const struct bytes *b, size_t at)
{
    return inside(b, at, 2) ? (size_t)b->data[at] << 8 | b->data[at + 1] : 0;
}

static size_t read32(const struct bytes *b, size_t at)
{
    return read16(b, at) << 16 | read16(b, at + 2);
}

/* Offset of the table; 0 when the face has none. */
static size_t find_cmap(const struct bytes *b, size_t face)
{
    size_t tables = read16(b, face + 4);
    for (size_t i = 0, at = face + 12; i < tables && inside(b, at, 16); i++, at += 16)
        if (memcmp(b->data + at, "cmap", 4) == 0)
            return read32(b, at + 8);
    return 0;
}

static bool is_map(const struct bytes *b, size_t record, size_t platform, size_t encoding)
{
    return inside(b, record, 8) && read16(b, record) == platform &&
           read16(b, record + 2) == encoding;
}

static void fix_face(const struct bytes *b, size_t face)
{
    size_t cmap = find_cmap(b, face), count = cmap ? read16(b, cmap + 2) : 0;
    bool full = false;
    for (size_t i = 0; i < count; i++)
        full = full || is_map(b, cmap + 4 + 8 * i, PLATFORM_MICROSOFT, ENCODING_MS_FULL);
    for (size_t i = 0; full && i < count; i++) {
        size_t record = cmap + 4 + 8 * i;
        if (is_map(b, record, PLATFORM_MICROSOFT, ENCODING_MS_BMP)) {
            b->data[record + 1] = PLATFORM_UNICODE;
            b->data[record + 3] = ENCODING_UNICODE_BMP;
        }
    }
}

void font_prefer_full_cmap(uint8_t *data, size_t size)
{
    const struct bytes b = {data, size};
    if (size < 12)
        return;
    if (memcmp(data, "ttcf", 4) != 0) {
        fix_face(&b, 0);
        return;
    }
    size_t faces = read32(&b, 8);
    for (size_t i = 0; i < faces && inside(&b, 12 + 4 * i, 4); i++)
        fix_face(&b, read32(&b, 12 + 4 * i));
}
