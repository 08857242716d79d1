/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as the .env file. Settings that load are inside their ranges, and texts are ended. */
#include "core/options.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct settings {
    const char *text, *word;
    int64_t count, bytes;
    double number;
    bool flag;
};
#define AT(field) offsetof(struct settings, field)

static const char *const words[] = {"one", "two", NULL};
static const struct option rows[] = {
    {.name = "text", .kind = OPT_TEXT, .offset = AT(text)},
    {.name = "word", .kind = OPT_TEXT, .offset = AT(word), .def = "one", .choices = words},
    {.name = "count", .kind = OPT_INT, .offset = AT(count), .def = "5", .min = 1, .max = 9},
    {.name = "some-bytes", .kind = OPT_BYTES, .offset = AT(bytes), .def = "1K"},
    {.name = "number", .kind = OPT_NUMBER, .offset = AT(number), .min = -1, .max = 1},
    {.name = "flag", .kind = OPT_BOOL, .offset = AT(flag)},
    {0},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings s = {0};
    const struct option_set set = {rows, &s, true};
    const char *const *rest;
    int rest_count;
    char path[40];
    struct arena a;
    struct err e = {0};

    int fd = memfd_create("env", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    arena_init(&a, 16 << 20);
    bool ok = options_load(&set, 1, 0, NULL, path, &a, &rest, &rest_count, &e);
    if (ok && (s.count < 1 || s.count > 9 || s.bytes < 0 || !(s.number >= -1 && s.number <= 1) ||
               (strcmp(s.word, "one") != 0 && strcmp(s.word, "two") != 0) || strlen(s.text) > size))
        abort();
    if (!ok && e.code == ERR_NONE)
        abort();
    arena_finish(&a);
    close(fd);
    return 0;
}
