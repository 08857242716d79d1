/* SPDX-License-Identifier: GPL-3.0-or-later
 * seal.h - 48 bytes behind a file's own that tell whether all of it is still there.
 *
 * For files that others could cut off, overwrite or copy half: pieces of films, proxies. Whoever
 * reads MP4 passes over a seal. The descriptors' own positions do not matter.
 * Threads: any. Blocking: yes; a GB of file takes about a second to hash.
 */
#ifndef AIVE_JOBS_SEAL_H
#define AIVE_JOBS_SEAL_H

#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Seals what the file holds; open for reading and writing. */
bool seal_add(int fd, struct err *e);

/* Is there a seal, of a file of this size? *size: the file's own bytes; sees nearly every file that
 * was cut off or not written to its end, and costs nothing. */
bool seal_fits(int fd, int64_t *size);

/* Are all bytes as they were when it was sealed? */
bool seal_holds(int fd, int64_t *size);

#endif
