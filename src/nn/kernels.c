/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/kernels.h"

#include "nn/kernels_list.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
/* Whatever has AVX2 has F16C, which clang 14 cannot ask for. */
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

static bool always(void)
{
    return true;
}

static const struct {
    const struct kernels *kernels;
    bool (*works)(void);
} all[] = {
#if defined(__x86_64__)
    {&kernels_avx512, has_avx512},
    {&kernels_avx2, has_avx2},
#endif
    {&kernels_plain, always},
};

const struct kernels *kernels_named(const char *name)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i].kernels->name, name) == 0)
            return all[i].works() ? all[i].kernels : NULL;
    }
    return NULL;
}

const struct kernels *kernels_choose(void)
{
    const char *name = getenv("AIVE_CPU");
    const struct kernels *asked = name ? kernels_named(name) : NULL;
    for (size_t i = 0; !asked; i++) {
        if (all[i].works())
            asked = all[i].kernels;
    }
    return asked;
}
