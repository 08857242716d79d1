/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/model_names.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
const struct model_name model_names[] = {
    {"tiny.en", "openai/whisper-tiny.en", MODEL_SPEECH, 151, "English; for a first try, many mistakes"},
    {"tiny", "openai/whisper-tiny", MODEL_SPEECH, 151, "99 languages; for a first try, many mistakes"},
    {"base.en", "openai/whisper-base.en", MODEL_SPEECH, 290, "English; fast"},
    {"base", "openai/whisper-base", MODEL_SPEECH, 290, "99 languages; fast"},
    {"small.en", "openai/whisper-small.en", MODEL_SPEECH, 967, "English; good, the default"},
    {"small", "openai/whisper-small", MODEL_SPEECH, 967, "99 languages; good"},
    {"medium.en", "openai/whisper-medium.en", MODEL_SPEECH, 3060, "English; better, three times slower than small"},
    {"medium", "openai/whisper-medium", MODEL_SPEECH, 3060, "99 languages; better, three times slower than small"},
    {"large-v2", "openai/whisper-large-v2", MODEL_SPEECH, 6170, "99 languages; six times slower than small"},
    {"large-v3", "openai/whisper-large-v3", MODEL_SPEECH, 3090, "100 languages; the best, six times slower than small"},
    {"large-v3-turbo", "openai/whisper-large-v3-turbo", MODEL_SPEECH, 1620, "100 languages; nearly the best; cannot translate"},
    {"distilgpt2", "distilbert/distilgpt2", MODEL_TEXT, 353, "English; the smallest of the GPT-2 family"},
    {"gpt2", "openai-community/gpt2", MODEL_TEXT, 548, "English"},
    {"gpt2-medium", "openai-community/gpt2-medium", MODEL_TEXT, 1520, "English"},
    {0},
};
/* clang-format on */

const struct model_name *model_name_find(const char *name)
{
    for (const struct model_name *m = model_names; m->name; m++)
        if (strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

const char *model_kind_name(enum model_kind kind)
{
    return kind == MODEL_SPEECH ? "speech" : "text";
}

bool model_name_ok(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/";
    const char *slash = strchr(name, '/');
    size_t n = strlen(name);
    if (n == 0 || n > MODEL_NAME_MAX || strspn(name, allowed) != n || strstr(name, "..") ||
        name[0] == '.' || name[0] == '-')
        return false;
    if (slash && strstr(name, "--")) /* "a--b/c" and "a/b--c" would be one folder */
        return false;
    return !slash || (slash > name && slash[1] && slash[1] != '.' && !strchr(slash + 1, '/'));
}

const char *model_repository(const char *name)
{
    const struct model_name *known = model_name_find(name);
    return known ? known->repository : strchr(name, '/') ? name : NULL;
}

void model_folder(const char *name, char *out, size_t size)
{
    const char *slash = strchr(name, '/');
    if (slash)
        snprintf(out, size, "%.*s--%s", (int)(slash - name), name, slash + 1);
    else
        snprintf(out, size, "%s", name);
}
