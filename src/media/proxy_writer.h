/* SPDX-License-Identifier: GPL-3.0-or-later
 * proxy_writer.h - the pictures of a source once more, as a small film that is easy to decode.
 *
 *     if (proxy_is_wanted(&info)) {
 *         struct proxy_writer *w = proxy_writer_create(&info, fd, e);
 *         while (...)
 *             proxy_writer_add(w, picture, e);       each picture of the source, in order
 *         proxy_writer_finish(w, e);
 *         proxy_writer_destroy(w);
 *     }
 *
 * A proxy is an MP4 without sound: its shorter side is PROXY_EDGE, pictures upright with square
 * samples, 8-bit bt709 limited; H.264 that costs a decoder little (no arithmetic coding, no loop
 * filter, one reference), a key frame every half second. A reader that is asked for a time shows
 * the same picture of it as of the source: each keeps its time, to 1/2,880,000 s, which holds the
 * frames of every usual rate exactly. Where the first picture is later than 0 (sound began
 * before it) it is shown from 0 on, as a reader of the source does.
 *
 * Pictures that are left out are not in the proxy: whoever gives every second one gets a proxy of
 * half the rate. Ownership: pictures and the descriptor stay the caller's. Threads: one writer, one
 * thread; it starts none. Memory: about 20 MB and 100 bytes a picture. The same pictures give the
 * same bytes.
 * Errors: ERR_UNSUPPORTED this source cannot have a proxy: its pictures change their shape on the
 * way, or one stays for longer than ten minutes. Not the source's failure; do without.
 */
#ifndef AIVE_MEDIA_PROXY_WRITER_H
#define AIVE_MEDIA_PROXY_WRITER_H

#include "core/err.h"
#include "media/media.h"
#include "media/picture.h"

#include <stdbool.h>

#define PROXY_EDGE 540  /* samples of the shorter side */
#define PROXY_VERSION 1 /* to be raised when other pictures come out */

/* Is the source larger than its proxy would be? */
bool proxy_is_wanted(const struct media_info *info);

/* out_fd: an empty file, open for writing, seekable. */
struct proxy_writer;
struct proxy_writer *proxy_writer_create(const struct media_info *info, int out_fd, struct err *e);

/* Of any kind that a reader gives: its rotation, depth, light, sample aspect are seen to here. */
bool proxy_writer_add(struct proxy_writer *w, const struct picture *p, struct err *e);

/* The file is whole when this returned true. ERR_INVALID: there was no picture. */
bool proxy_writer_finish(struct proxy_writer *w, struct err *e);
void proxy_writer_destroy(struct proxy_writer *w); /* accepts NULL */

#endif
