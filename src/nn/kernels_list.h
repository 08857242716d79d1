/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels_list.h - the compilations of kernels_simd.h, for kernels.c. */
#ifndef AIVE_NN_KERNELS_LIST_H
#define AIVE_NN_KERNELS_LIST_H

#include "nn/kernels.h"

extern const struct kernels kernels_plain;
#if defined(__x86_64__)
extern const struct kernels kernels_avx2;
extern const struct kernels kernels_avx512;
#endif

#endif
