/* SPDX-License-Identifier: GPL-3.0-or-later
 * alone.c - composed frames in a file, and what encoding costs when somebody else has made them.
 */
#include "film.h"

#include "core/files.h"
#include "media/media.h"
#include "render/compose.h"

#include <stdlib.h>
#include <unistd.h>

#define MAX_WORKERS 64

/* Each plane with its stride as the pool lays it out. */
static size_t plane_bytes(const struct picture *p, int plane)
{
    return (size_t)p->stride[plane] * (size_t)(plane ? p->height / 2 : p->height);
}

static off_t frame_bytes(const struct picture *p)
{
    return (off_t)(plane_bytes(p, 0) + plane_bytes(p, 1) + plane_bytes(p, 2));
}

int frames_write(struct film *f)
{
    struct err e = {0};
    int fd = temp_file();
    struct composer *c = composer_create(&f->plan, f->captions, &f->clip->fd, NULL, &e);
    for (int64_t n = 0; n < f->plan.frame_count; n++) {
        struct picture *p = c ? compose_frame(c, n, &e) : NULL;
        if (!p)
            die("compose", &e);
        for (int k = 0; k < 3; k++)
            if (!file_write_all(fd, p->data[k], plane_bytes(p, k), &e))
                die("write frames", &e);
        picture_unref(&p);
    }
    composer_destroy(c);
    return fd;
}

static struct picture *read_frame(struct picture_pool *pool, int fd, int64_t n)
{
    struct err e = {0};
    struct picture *p = pool ? picture_pool_take(pool, &e) : NULL;
    if (!p)
        die("frames", &e);
    off_t at = n * frame_bytes(p);
    for (int k = 0; k < 3; k++) {
        if (pread(fd, p->data[k], plane_bytes(p, k), at) != (ssize_t)plane_bytes(p, k))
            die("read frames", NULL);
        at += (off_t)plane_bytes(p, k);
    }
    return p;
}

static struct picture_pool *frame_pool(const struct film *f)
{
    return picture_pool_create(f->plan.format.width, f->plan.format.height, NULL);
}

void frames_read(const struct film *f, int frames_fd)
{
    struct picture_pool *pool = frame_pool(f);
    for (int64_t n = 0; n < f->plan.frame_count; n++) {
        struct picture *p = read_frame(pool, frames_fd, n);
        picture_unref(&p);
    }
    picture_pool_destroy(pool);
}

/* --- Encoding ------------------------------------------------------------------------------- */

struct encoding {
    const struct film *film;
    int frames_fd;
    struct h264_settings settings;
    int *pieces;        /* a file for each chunk */
    size_t next, count; /* chunks; guarded by lock */
    pthread_mutex_t lock;
};

static void encode(const struct encoding *c, struct picture_pool *pool, int64_t first, int64_t end,
                   int fd)
{
    struct err e = {0};
    struct chunk_writer *w = chunk_writer_create(&c->settings, fd, &e);
    for (int64_t n = first; w && n < end; n++) {
        struct picture *p = read_frame(pool, c->frames_fd, n);
        if (!chunk_writer_add(w, p, &e))
            die("encode", &e);
        picture_unref(&p);
    }
    if (!w || !chunk_writer_finish(w, &e))
        die("encode", &e);
    chunk_writer_destroy(w);
}

static void *encode_chunks(void *user)
{
    struct encoding *c = user;
    struct picture_pool *pool = frame_pool(c->film);
    for (;;) {
        pthread_mutex_lock(&c->lock);
        size_t i = c->next++;
        pthread_mutex_unlock(&c->lock);
        if (i >= c->count)
            break;
        const struct plan_chunk *chunk = &c->film->plan.chunks[i];
        encode(c, pool, chunk->first_frame, chunk->end_frame, c->pieces[i]);
    }
    picture_pool_destroy(pool);
    return NULL;
}

static int open_piece(void *user, int i, struct err *e)
{
    const struct encoding *c = user;
    (void)e;
    return dup(c->pieces[i]);
}

static int join(struct encoding *c)
{
    struct err e = {0};
    int film = temp_file();
    struct film_source src = {
        .chunk_count = (int)c->count, .open_chunk = open_piece, .user = c, .sound_fd = -1};
    if (!film_mux(&src, film, NULL, 0, NULL, NULL, NULL, &e))
        die("join", &e);
    return film;
}

int frames_encode(const struct film *f, int frames_fd, const struct render_preset *preset,
                  bool chunks, int workers, int threads)
{
    const struct plan *p = &f->plan;
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    struct encoding c = {
        .film = f,
        .frames_fd = frames_fd,
        .count = chunks ? p->chunk_count : 1,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .settings = render_preset_h264(preset, p),
    };
    c.settings.threads = threads ? threads : chunks ? 1 : cores * 3 / 2;
    pthread_t crew[MAX_WORKERS];
    c.pieces = calloc(c.count, sizeof *c.pieces);
    for (size_t i = 0; i < c.count; i++)
        c.pieces[i] = temp_file();
    if (chunks) {
        workers = workers ? workers : cores;
        workers = workers > MAX_WORKERS ? MAX_WORKERS : workers;
        for (int i = 0; i < workers; i++)
            if (pthread_create(&crew[i], NULL, encode_chunks, &c) != 0)
                die("thread", NULL);
        for (int i = 0; i < workers; i++)
            pthread_join(crew[i], NULL);
    } else {
        struct picture_pool *pool = frame_pool(f);
        encode(&c, pool, 0, p->frame_count, c.pieces[0]);
        picture_pool_destroy(pool);
    }
    int film = join(&c);
    for (size_t i = 0; i < c.count; i++)
        close(c.pieces[i]);
    free(c.pieces);
    return film;
}

/* --- SSIM ----------------------------------------------------------------------------------- */

/* Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004,
 * over windows of 8x8 at every fourth sample, as x264 and ffmpeg do. */
struct sums {
    int a, b, squares, product;
};

static struct sums block_sums(const uint8_t *a, const uint8_t *b, int stride_a, int stride_b)
{
    struct sums s = {0};
    for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 4; x++) {
            s.a += a[x];
            s.b += b[x];
            s.squares += a[x] * a[x] + b[x] * b[x];
            s.product += a[x] * b[x];
        }
        a += stride_a;
        b += stride_b;
    }
    return s;
}

static double window_ssim(const struct sums *up, const struct sums *low)
{
    const double c1 = 0.01 * 0.01 * 255 * 255 * 64 * 64, c2 = 0.03 * 0.03 * 255 * 255 * 64 * 63;
    double a = up[0].a + up[1].a + low[0].a + low[1].a, b = up[0].b + up[1].b + low[0].b + low[1].b;
    double squares = up[0].squares + up[1].squares + low[0].squares + low[1].squares;
    double product = up[0].product + up[1].product + low[0].product + low[1].product;
    double spread = 64 * squares - a * a - b * b, joint = 64 * product - a * b;
    return (2 * a * b + c1) * (2 * joint + c2) / ((a * a + b * b + c1) * (spread + c2));
}

static double picture_ssim(const struct picture *p, const struct picture *q)
{
    int across = p->width / 4, down = p->height / 4;
    struct sums *rows = calloc(2 * (size_t)across, sizeof *rows), *up = rows, *low = rows + across;
    double total = 0;
    for (int y = 0; y < down; y++) {
        for (int x = 0; x < across; x++)
            low[x] = block_sums(p->data[0] + (ptrdiff_t)4 * y * p->stride[0] + 4 * x,
                                q->data[0] + (ptrdiff_t)4 * y * q->stride[0] + 4 * x, p->stride[0],
                                q->stride[0]);
        for (int x = 0; y && x + 1 < across; x++)
            total += window_ssim(up + x, low + x);
        struct sums *swap = up;
        up = low;
        low = swap;
    }
    free(rows);
    return total / ((down - 1) * (across - 1));
}

double frames_ssim(const struct film *f, int frames_fd, int film_fd, int step)
{
    struct err e = {0};
    struct picture_pool *pool = frame_pool(f);
    struct video_reader *r = video_reader_create(film_fd, NULL, &e);
    double total = 0;
    int64_t n = 0, judged = 0;
    struct picture *p;
    for (; r && (p = video_reader_next(r, &e)); n++) {
        if (n % step == 0) {
            struct picture *true_one = read_frame(pool, frames_fd, n);
            total += picture_ssim(true_one, p);
            judged++;
            picture_unref(&true_one);
        }
        picture_unref(&p);
    }
    if (e.code != ERR_NONE || n != f->plan.frame_count)
        die("read the film", &e);
    video_reader_destroy(r);
    picture_pool_destroy(pool);
    return total / (double)judged;
}
