/* SPDX-License-Identifier: GPL-3.0-or-later
 * Images: whatever the bytes are, there is an image within its bounds, or a refusal in words; and
 * as a source of pictures the same.
 */
#include "media/image.h"
#include "media/media.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_as_source(int fd)
{
    struct err e = {0};
    struct media_info info;
    struct video_reader *r;
    struct picture *p;

    if (!media_probe(fd, &info, NULL, &e) || !info.is_image)
        return;
    if (info.width < 1 || info.height < 1 || info.duration_ticks != 0)
        abort();
    r = video_reader_create(fd, NULL, &e);
    p = r ? video_reader_at(r, 0, &e) : NULL;
    if (r && (!p || p->width > 4096 || p->height > 4096))
        abort();
    picture_unref(&p);
    video_reader_destroy(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct image *im;
    static bool ready;
    int fd = memfd_create("image", 0);

    if (!ready)
        media_init();
    ready = true;
    if (size > 65536 || fd < 0 || write(fd, data, size) != (ssize_t)size) {
        close(fd);
        return 0;
    }
    im = media_read_image(fd, 32, 32, NULL, &e);
    if (im ? im->width < 1 || im->width > 32 || im->height < 1 || im->height > 32
           : e.code == ERR_NONE || !e.msg[0])
        abort();
    image_destroy(im);
    read_as_source(fd);
    close(fd);
    return 0;
}
