/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/transcript.h"

#define WORD(member) .offset = offsetof(struct transcript_word, member)
#define SEGMENT(member) .offset = offsetof(struct transcript_segment, member)
#define DROPPED(member) .offset = offsetof(struct transcript_dropped, member)
#define WHOLE(member) .offset = offsetof(struct transcript, member)

/* clang-format off */
static const struct wire_field word_fields[] = {
    {.name = "start", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, WORD(start), .help = "Seconds."},
    {.name = "end", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, WORD(end), .help = "Seconds."},
    {.name = "word", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, WORD(word), .help = "With its punctuation."},
    {.name = "probability", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, WORD(probability), .help = "How sure the engine is, 0 to 1."},
    {0},
};
const struct wire_type wire_transcript_word = {
    .name = "TranscriptWord", .fields = word_fields, .size = sizeof(struct transcript_word)};

static const struct wire_field segment_fields[] = {
    {.name = "id", .kind = WIRE_INT, .flags = WIRE_REQUIRED, SEGMENT(id), .help = "Counted from 0."},
    {.name = "start", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, SEGMENT(start), .help = "Seconds."},
    {.name = "end", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, SEGMENT(end), .help = "Seconds."},
    {.name = "text", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, SEGMENT(text), .help = "What is said."},
    {.name = "avg_logprob", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, SEGMENT(avg_logprob), .help = "Mean log probability of the tokens."},
    {.name = "no_speech_prob", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, SEGMENT(no_speech_prob), .help = "Probability that nobody speaks."},
    {.name = "compression_ratio", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, SEGMENT(compression_ratio), .help = "Above 2.4 the text repeats itself."},
    {.name = "temperature", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, SEGMENT(temperature), .help = "0 unless the likeliest text was refused."},
    {.name = "words", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_transcript_word, SEGMENT(words), .help = "Word by word."},
    {0},
};
const struct wire_type wire_transcript_segment = {
    .name = "TranscriptSegment", .fields = segment_fields, .size = sizeof(struct transcript_segment)};

static const struct wire_field dropped_fields[] = {
    {.name = "start", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, DROPPED(start), .help = "Seconds."},
    {.name = "end", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, DROPPED(end), .help = "Seconds."},
    {.name = "text", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, DROPPED(text), .help = "What the engine made of it."},
    {.name = "reason", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, DROPPED(reason), .help = "Why it is not believed."},
    {0},
};
static const struct wire_type dropped_type = {
    .name = "TranscriptDropped", .fields = dropped_fields, .size = sizeof(struct transcript_dropped)};

static const struct wire_field fields[] = {
    {.name = "engine", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, WHOLE(engine), .help = "What listened; null: nothing did."},
    {.name = "model", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, WHOLE(model), .help = "The model it used."},
    {.name = "quality", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_OMIT, WHOLE(quality), .help = "\"draft\": not good enough for captions."},
    {.name = "reason", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_OMIT, WHOLE(reason), .help = "Why there is no transcript."},
    {.name = "task", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_OMIT, WHOLE(task), .help = "transcribe, or translate into English."},
    {.name = "language", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, WHOLE(language), .help = "Of what is said, as ISO code."},
    {.name = "language_probability", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE | WIRE_OMIT, WHOLE(language_probability), .help = "Where the language was detected."},
    {.name = "duration", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, WHOLE(duration), .help = "Of the sound, in seconds."},
    {.name = "text", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, WHOLE(text), .help = "All of it."},
    {.name = "segments", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_transcript_segment, WHOLE(segments), .help = "Sentence by sentence."},
    {.name = "dropped", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &dropped_type, WHOLE(dropped), .help = "What was heard but is not believed."},
    {0},
};
/* clang-format on */

const struct wire_type wire_full_transcript = {
    .name = "FullTranscript", .fields = fields, .size = sizeof(struct transcript)};
