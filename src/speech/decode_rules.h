/* SPDX-License-Identifier: GPL-3.0-or-later
 * decode_rules.h - which token Whisper may say next.
 *
 * The network was trained to say times in pairs around what it hears, <|2.00|> Hello.<|3.40|>, but
 * must be held to it; what it may not say gets the logit -inf. The rules are those of OpenAI's
 * program (A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022,
 * section 4.5); whisper.cpp's differ in what the flags below say.
 * Threads: pure functions.
 */
#ifndef AIVE_SPEECH_DECODE_RULES_H
#define AIVE_SPEECH_DECODE_RULES_H

#include "speech/whisper_tokens.h"

struct decode_rules {
    const struct whisper_tokens *tokens;
    bool times;            /* false: no times at all, the prompt ends in <|notimestamps|> */
    bool time_first;       /* begins with a time */
    bool times_ascend;     /* after a closed pair, the next time is a later one */
    bool suppress_symbols; /* brackets, music */
    bool norm_at_last;     /* probabilities are of what is allowed in the end; else of what was
                            * before times came before words */
    double latest_start_s; /* of the first time; 1 s, as both programs have it */
};

/* OpenAI's rules, and whisper.cpp's. */
struct decode_rules decode_rules_openai(const struct whisper_tokens *t, bool times);
struct decode_rules decode_rules_whisper_cpp(const struct whisper_tokens *t, bool times);

/* said: what was said so far in this window, without the prompt. logits: [vocab], changed to log
 * probabilities (natural logarithm) of what is allowed, -INFINITY else; a logit that is not a number
 * is not allowed. False: nothing is left, or the logits are infinite, as those of a damaged model. */
bool decode_rules_apply(const struct decode_rules *r, const int32_t *said, int n, float *logits);

/* log(sum(exp(x))), exact however large x is; -INFINITY for none. */
double log_sum_exp(const float *x, int n);

#endif
