/* SPDX-License-Identifier: GPL-3.0-or-later
 * decode.h - what Whisper says to one window of sound: greedy, by beam search, or by drawing lots.
 *
 *     whisper_encode(run, mel, ...);
 *     struct decoder *d = decoder_create(run, &rules, &e);
 *     struct decode_ask ask = {.prompt = prompt, .prompt_len = n, .beams = 5};
 *     struct decoded got;
 *     decode_window(d, &ask, &got, &e);
 *
 * Temperature 0: the likeliest token each time (beams 1), or beam search, which keeps the `beams`
 * likeliest texts and ends when so many are complete and none of the others stands better; the best
 * is the one of the highest mean log probability. Above 0: `beams` texts drawn at random, of which
 * the likeliest is taken.
 * Ownership: the run and the rules must outlive the decoder. Threads: belongs to one.
 */
#ifndef AIVE_SPEECH_DECODE_H
#define AIVE_SPEECH_DECODE_H

#include "core/cancel.h"
#include "speech/decode_rules.h"

#define DECODED_MAX 448 /* no Whisper has a longer context */

struct decode_ask {
    const int32_t *prompt; /* [startofprev ...] sot [language task] [notimestamps] */
    int prompt_len;
    int sot_index;      /* of sot in the prompt */
    int beams;          /* 1 .. WHISPER_BEAMS_MAX */
    float temperature;  /* 0: none */
    int max_tokens;     /* at most; 0: half of the model's context */
    double end_s;       /* of the window's sound: a time near it is the end; 0: 30 s */
    uint64_t seed;      /* of the lots */
    const struct cancel *cancel;
};

struct decoded {
    int32_t tokens[DECODED_MAX];
    float log_p[DECODED_MAX];
    int count;          /* without <|endoftext|> */
    bool ended;         /* false: cut off at max_tokens */
    double sum_log_p;   /* that of the end included */
    double mean_log_p;  /* sum_log_p / (count + 1), as OpenAI has it */
    double no_speech_p; /* that there is no speech at all */
};

struct decoder;
struct decoder *decoder_create(struct whisper_run *run, const struct whisper_config *c,
                               const struct decode_rules *rules, int beams, struct err *e);
void decoder_destroy(struct decoder *d); /* accepts NULL */

bool decode_window(struct decoder *d, const struct decode_ask *ask, struct decoded *out,
                   struct err *e);

/* Which language the window's sound is in, among those that the model knows; p of each may be had
 * ([language_count], may be NULL). -1 and e on failure. */
int decode_language(struct decoder *d, float *p, struct err *e);

#endif
