/* SPDX-License-Identifier: GPL-3.0-or-later
 * encode.h - H.264 chunks, AAC, and the MP4 that holds them.
 *
 * A film's picture is encoded as chunks: each one a closed GOP made by an encoder of its own with
 * one thread, so the same input gives the same bytes on any number of cores. A chunk file holds
 * packets in our own plain layout (chunk_*.c); film_mux joins chunks and sound by stream copy.
 * Threads: an encoder or a muxer belongs to one thread. All files are descriptors the caller owns.
 */
#ifndef AIVE_MEDIA_ENCODE_H
#define AIVE_MEDIA_ENCODE_H

#include "core/cancel.h"
#include "core/err.h"
#include "media/picture.h"

#include <stdbool.h>
#include <stdint.h>

struct h264_settings {
    int width, height;
    int fps_num, fps_den;
    const char *preset; /* x264's word */
    double crf;
    int max_bitrate;    /* bits/s; VBV buffer is twice that */
    int lookahead;      /* frames */
    const char *params; /* more of x264's options, "a=b:c=d"; NULL: none */
    int threads;        /* 0: one, as film chunks need it; more: other bytes (to measure) */
};

/* --- One chunk --- */
struct chunk_writer;
struct chunk_writer *chunk_writer_create(const struct h264_settings *s, int out_fd, struct err *e);
bool chunk_writer_add(struct chunk_writer *w, const struct picture *p, struct err *e); /* next frame */
bool chunk_writer_finish(struct chunk_writer *w, struct err *e); /* flush; the file is complete */
void chunk_writer_destroy(struct chunk_writer *w);

/* --- The sound of the whole film --- */
struct sound_writer; /* AAC-LC, 48 kHz stereo; packets go to a file like a chunk's */
/* The rate is what music comes to: quality is constant, and speech takes less. */
struct sound_writer *sound_writer_create(int bit_rate, int out_fd, struct err *e);
/* n frames of interleaved stereo float. Sample 0 plays at time 0 without an edit list; the first
 * 21 ms fade in. */
bool sound_writer_add(struct sound_writer *w, const float *samples, int n, struct err *e);
bool sound_writer_finish(struct sound_writer *w, struct err *e);
void sound_writer_destroy(struct sound_writer *w);

/* Sound is encoded in pieces, each by an encoder of its own. A piece depends on the rate and on the
 * samples that its encoder is given, which are some more than it holds, and on nothing else. */
#define SOUND_PACKET_SAMPLES 1024
#define SOUND_PIECE_PACKETS 192 /* 4.096 s; the last piece has fewer */
#define SOUND_PIECE_BYTES (SOUND_PIECE_PACKETS * 1536) /* 6144 bits a channel, as AAC allows */
struct sound_piece {
    uint32_t packets, bytes;            /* used ones */
    uint32_t size[SOUND_PIECE_PACKETS]; /* of each packet */
    uint8_t data[SOUND_PIECE_BYTES];    /* packets, end to end */
};

/* Whoever keeps pieces, and listens. All calls come from within sound_writer_add() and _finish();
 * the writer refuses pieces that are not sound in themselves. */
struct sound_shelf {
    /* Was a piece made of these samples (n frames, interleaved stereo) before? Asked of each piece,
     * in order. */
    bool (*find)(void *user, const float *samples, int n, struct sound_piece *out, bool *found,
                 struct err *e);
    /* One that was not found, after it was listened to. */
    bool (*keep)(void *user, const struct sound_piece *piece, struct err *e);
    /* What a player hears: of new pieces all, of all pieces the border to the one before. `goes_on`:
     * from where the call before ended. */
    void (*hear)(void *user, const float *const planes[2], int n, bool goes_on);
    void *user;
};
/* Before the first sound_writer_add(). The shelf must live as long as the writer. */
bool sound_writer_use_shelf(struct sound_writer *w, const struct sound_shelf *shelf, struct err *e);

/* --- The film --- */
struct film_tag {
    const char *key, *value;
};

struct film_source {
    int chunk_count;
    /* A readable descriptor of chunk i, which the muxer closes after use; -1 with e set. Called in
     * order, one chunk open at a time, so a film of any length needs few descriptors. */
    int (*open_chunk)(void *user, int i, struct err *e);
    void *user;
    int sound_fd; /* from sound_writer; -1: silent film without an audio stream */
};

/* Joins chunks and sound into an MP4 by stream copy: faststart, no edit lists, H.264 High and
 * AAC-LC, bt709 tags. out_fd must be empty, seekable and open for reading and writing (faststart
 * moves what was written). The same input gives the same bytes. Refuses chunks whose parameter sets differ. `progress` may be NULL. */
bool film_mux(const struct film_source *src, int out_fd, const struct film_tag *tags, int tag_count,
              const struct cancel *cancel, void (*progress)(void *user, double fraction),
              void *progress_user, struct err *e);

/* Text that names encoder library versions, for cache keys and the doctor. */
const char *encode_versions(void);

#endif
