/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/film_report.h"

/* clang-format off */
#define F(type, member, k, f, words) {.name = #member, .kind = k, .flags = f, .offset = offsetof(type, member), .help = words}
#define LIST(c_type, member, t, words) {.name = #member, .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = t, .offset = offsetof(c_type, member), .help = words}
#define TYPE(var, c_type, wire_name, words, rows) \
    const struct wire_type var = {.name = wire_name, .help = words, .fields = rows, .size = sizeof(c_type)}

static const struct wire_field finding_fields[] = {
    F(struct film_finding, code, WIRE_STRING, WIRE_REQUIRED, "A stable word for the kind of trouble."),
    F(struct film_finding, message, WIRE_STRING, WIRE_REQUIRED, "What it is, and how to mend it."),
    F(struct film_finding, segment, WIRE_INT, WIRE_NULLABLE, "Index of the segment it is about."),
    F(struct film_finding, caption, WIRE_STRING, WIRE_NULLABLE, "Text of the caption it is about."),
    F(struct film_finding, time, WIRE_NUMBER, WIRE_NULLABLE, "Where, in seconds of the film."),
    {0},
};
TYPE(wire_film_finding, struct film_finding, "FilmFinding", "One thing that is wrong, or will look wrong.", finding_fields);

static const struct wire_field findings_fields[] = {
    F(struct film_findings, ok, WIRE_BOOL, WIRE_REQUIRED, "It can be rendered."),
    LIST(struct film_findings, errors, &wire_film_finding, "Why it cannot be rendered."),
    LIST(struct film_findings, warnings, &wire_film_finding, "What may look or sound wrong."),
    {0},
};
TYPE(wire_film_findings, struct film_findings, "FilmFindings", "What is wrong with a timeline.", findings_fields);

static const struct wire_field stage_fields[] = {
    F(struct film_stage, name, WIRE_STRING, WIRE_REQUIRED, "setup, composition, encoding, sound, export, proof."),
    F(struct film_stage, wall, WIRE_NUMBER, WIRE_REQUIRED, "Seconds; stages overlap."),
    F(struct film_stage, cpu, WIRE_NUMBER, WIRE_REQUIRED, "Seconds of all cores."),
    {0},
};
static TYPE(wire_film_stage, struct film_stage, "FilmStage", "A part of the work.", stage_fields);

static const struct wire_field chunks_fields[] = {
    F(struct film_chunks, total, WIRE_INT, WIRE_REQUIRED, "Chunks of the film."),
    F(struct film_chunks, encoded, WIRE_INT, WIRE_REQUIRED, "Made by this render."),
    F(struct film_chunks, reused, WIRE_INT, WIRE_REQUIRED, "Found in the chunk store."),
    {0},
};
static TYPE(wire_film_chunks, struct film_chunks, "FilmChunks", "Where the picture came from.", chunks_fields);

static const struct wire_field offset_fields[] = {
    F(struct film_offset, first_cut, WIRE_NUMBER, WIRE_NULLABLE, "Seconds that the sound is late at the first cut; null where that cannot be told."),
    F(struct film_offset, last_cut, WIRE_NUMBER, WIRE_NULLABLE, "The same at the last cut."),
    {0},
};
static TYPE(wire_film_offset, struct film_offset, "FilmAudioOffset", "The finished film's sound against its plan.", offset_fields);

static const struct wire_field sound_fields[] = {
    F(struct film_sound, loudness, WIRE_NUMBER, WIRE_NULLABLE, "Integrated loudness, LUFS; null: silence."),
    F(struct film_sound, true_peak, WIRE_NUMBER, WIRE_NULLABLE, "Of the film as it is decoded, dBTP."),
    F(struct film_sound, gain, WIRE_NUMBER, WIRE_NULLABLE, "Decibels by which the mix was raised."),
    F(struct film_sound, limited, WIRE_NUMBER, WIRE_NULLABLE, "The most that the limiter took away, decibels."),
    F(struct film_sound, source_loudness, WIRE_NUMBER, WIRE_NULLABLE, "Of the mix before, LUFS."),
    F(struct film_sound, source_true_peak, WIRE_NUMBER, WIRE_NULLABLE, "Of the mix before, dBTP."),
    {0},
};
static TYPE(wire_film_sound, struct film_sound, "FilmSound", "How loud the film is.", sound_fields);

static const struct wire_field report_fields[] = {
    F(struct film_report, frames, WIRE_INT, WIRE_REQUIRED, "Frames of the film."),
    F(struct film_report, duration, WIRE_NUMBER, WIRE_REQUIRED, "Seconds of the film."),
    F(struct film_report, wall, WIRE_NUMBER, WIRE_REQUIRED, "Seconds it took."),
    F(struct film_report, cpu, WIRE_NUMBER, WIRE_REQUIRED, "Seconds of all cores together."),
    F(struct film_report, frames_per_second, WIRE_NUMBER, WIRE_REQUIRED, "Frames of the film for each second it took."),
    F(struct film_report, peak_memory_bytes, WIRE_INT, WIRE_NULLABLE, "Most memory the work-horse had at once."),
    {.name = "chunks", .kind = WIRE_OBJECT, .type = &wire_film_chunks, .flags = WIRE_REQUIRED, .offset = offsetof(struct film_report, chunks), .help = "Where the picture came from."},
    F(struct film_report, sound_reused, WIRE_BOOL, WIRE_REQUIRED, "The sound was found in the chunk store."),
    {.name = "sound", .kind = WIRE_OBJECT, .type = &wire_film_sound, .flags = WIRE_NULLABLE, .offset = offsetof(struct film_report, sound), .help = "How loud the film is."},
    {.name = "audio_offset", .kind = WIRE_OBJECT, .type = &wire_film_offset, .flags = WIRE_NULLABLE, .offset = offsetof(struct film_report, audio_offset), .help = "The finished film's sound against its plan."},
    LIST(struct film_report, stages, &wire_film_stage, "Parts of the work."),
    LIST(struct film_report, warnings, &wire_film_finding, "What may look or sound wrong."),
    {0},
};
TYPE(wire_film_report, struct film_report, "FilmReport", "How a film was made.", report_fields);
/* clang-format on */
