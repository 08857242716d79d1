/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/sfx.h"

#include <stdio.h>
#include <string.h>

const struct sfx *sfx_find(const char *name)
{
    if (!name)
        return NULL;
    const char *slash = strrchr(name, '/');
    const char *stem = slash ? slash + 1 : name;
    const char *dot = strrchr(stem, '.');
    size_t len = dot ? (size_t)(dot - stem) : strlen(stem);
    for (const struct sfx *s = sfx_table; s->name; s++)
        if (strlen(s->name) == len && memcmp(s->name, stem, len) == 0)
            return s;
    return NULL;
}

void sfx_names(char *out, size_t size)
{
    size_t used = 0;
    for (const struct sfx *s = sfx_table; s->name && used < size; s++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", s->name);
}
