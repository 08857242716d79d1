/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/report.h"

#include <math.h>
#include <stddef.h>

/* clang-format off */
#define F(type, member, k, words) {.name = #member, .kind = k, .flags = WIRE_NULLABLE, .offset = offsetof(struct type, member), .help = words}
#define NUMBERS(member, words) {.name = #member, .kind = WIRE_LIST, .item = WIRE_NUMBER, .offset = offsetof(struct analysis_report, member), .help = words}
#define OBJECTS(key, member, t, words) {.name = key, .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &t, .offset = offsetof(struct analysis_report, member), .help = words}
#define TYPE(title, type, rows, words) {.name = title, .fields = rows, .size = sizeof(struct type), .help = words}

static const struct wire_field span_fields[] = {
    F(report_span, start, WIRE_NUMBER, "Seconds."),
    F(report_span, end, WIRE_NUMBER, "Seconds."),
    {0},
};
static const struct wire_type wire_span = TYPE("Span", report_span, span_fields, "From one moment to another.");

static const struct wire_field peak_fields[] = {
    F(report_peak, time, WIRE_NUMBER, "Seconds."),
    F(report_peak, score, WIRE_NUMBER, "How much it stands out, about 0 to 1."),
    {0},
};
static const struct wire_type wire_peak = TYPE("EnergyPeak", report_peak, peak_fields, "A moment that stands out.");

static const struct wire_field tempo_fields[] = {
    F(report_tempo, bpm, WIRE_NUMBER, "Beats a minute."),
    F(report_tempo, score, WIRE_NUMBER, "How well it fits, 0 to 1."),
    {0},
};
static const struct wire_type wire_tempo = TYPE("TempoCandidate", report_tempo, tempo_fields, "A tempo that it could be.");

static const struct wire_field drop_fields[] = {
    F(report_drop, time, WIRE_NUMBER, "Seconds."),
    F(report_drop, rise, WIRE_NUMBER, "How much louder than before, dB."),
    {0},
};
static const struct wire_type wire_drop = TYPE("Drop", report_drop, drop_fields, "Where the music sets in.");

static const struct wire_field section_fields[] = {
    F(report_section, start, WIRE_NUMBER, "Seconds."),
    F(report_section, end, WIRE_NUMBER, "Seconds."),
    F(report_section, level, WIRE_NUMBER, "Mean loudness, dBFS."),
    {0},
};
static const struct wire_type wire_section = TYPE("Section", report_section, section_fields, "A part of even loudness.");

static const struct wire_field loudness_fields[] = {
    F(report_loudness, integrated, WIRE_NUMBER, "LUFS of the whole; null: too quiet or too short to say."),
    F(report_loudness, true_peak, WIRE_NUMBER, "dBTP."),
    {0},
};
static const struct wire_type wire_loudness = TYPE("Loudness", report_loudness, loudness_fields, "How loud it is (ITU-R BS.1770).");

static const struct wire_field shot_fields[] = {
    F(report_shot, start, WIRE_NUMBER, "Seconds."),
    F(report_shot, end, WIRE_NUMBER, "Seconds."),
    F(report_shot, begins, WIRE_STRING, "How it begins: start, cut, fade or dissolve."),
    F(report_shot, transition, WIRE_NUMBER, "Seconds that the fade or dissolve takes, around start; 0 for a cut."),
    F(report_shot, camera, WIRE_STRING, "How the crop moves: still, pan or track."),
    {0},
};
static const struct wire_type wire_shot = TYPE("Shot", report_shot, shot_fields, "What one camera saw without a break.");

static const struct wire_field crop_fields[] = {
    F(report_crop, time, WIRE_NUMBER, "Seconds."),
    F(report_crop, x, WIRE_NUMBER, "Centre, 0 to 1 from the left."),
    F(report_crop, y, WIRE_NUMBER, "Centre, 0 to 1 from the top."),
    F(report_crop, scale, WIRE_NUMBER, "How many times enlarged, from 1."),
    {0},
};
static const struct wire_type wire_crop = TYPE("CropKeyframe", report_crop, crop_fields, "Where the subject is, as a timeline takes it.");

static const struct wire_field face_fields[] = {
    F(report_face, time, WIRE_NUMBER, "Seconds."),
    F(report_face, x, WIRE_NUMBER, "Centre, 0 to 1 from the left."),
    F(report_face, y, WIRE_NUMBER, "Centre, 0 to 1 from the top."),
    F(report_face, width, WIRE_NUMBER, "Share of the picture's width."),
    F(report_face, height, WIRE_NUMBER, "Share of the picture's height."),
    {0},
};
static const struct wire_type wire_face = TYPE("Face", report_face, face_fields, "A face at a moment.");

static const struct wire_field quality_fields[] = {
    F(report_quality, time, WIRE_NUMBER, "The middle of the second."),
    F(report_quality, sharpness, WIRE_NUMBER, "0 blurred to 1 crisp."),
    F(report_quality, exposure, WIRE_NUMBER, "0 black or burnt out to 1 well lit."),
    F(report_quality, shake, WIRE_NUMBER, "Pixels a frame that the camera jumps, at 1080p."),
    F(report_quality, motion, WIRE_NUMBER, "0 still to 1 everything moves."),
    {0},
};
static const struct wire_type wire_quality = TYPE("Quality", report_quality, quality_fields, "One second of picture.");

static const struct wire_field highlight_fields[] = {
    F(report_highlight, start, WIRE_NUMBER, "Seconds."),
    F(report_highlight, end, WIRE_NUMBER, "Seconds."),
    F(report_highlight, score, WIRE_NUMBER, "0 to 1."),
    {.name = "reasons", .kind = WIRE_LIST, .item = WIRE_STRING, .offset = offsetof(struct report_highlight, reasons), .help = "Why, in words."},
    {0},
};
static const struct wire_type wire_highlight = TYPE("Highlight", report_highlight, highlight_fields, "A stretch worth showing.");

/* What the tapping foot knows: of the report, and all that `aive beats` answers. */
#define BEAT_ROWS \
    F(analysis_report, tempo, WIRE_NUMBER, "Beats a minute; null: no beat."), \
    F(analysis_report, confidence, WIRE_NUMBER, "How much the beats stand out, 0 to 1."), \
    F(analysis_report, steady, WIRE_BOOL, "One tempo throughout."), \
    OBJECTS("tempo_candidates", tempo_candidates, wire_tempo, "The tempo, its half and its double."), \
    NUMBERS(beats, "Seconds."), \
    NUMBERS(tempo_curve, "Beats a minute around each beat."), \
    NUMBERS(downbeats, "Beats that begin a bar, seconds."), \
    F(analysis_report, beats_per_bar, WIRE_INT, "3 or 4; null: not known.")

static const struct wire_field beats_fields[] = {
    F(analysis_report, duration, WIRE_NUMBER, "Seconds of sound."),
    BEAT_ROWS,
    {0},
};
const struct wire_type wire_beats = TYPE("Beats", analysis_report, beats_fields, NULL);

static const struct wire_field analysis_fields[] = {
    F(analysis_report, version, WIRE_INT, "Of the analysers."),
    F(analysis_report, duration, WIRE_NUMBER, "Seconds of picture or sound, whichever is longer."),
    BEAT_ROWS,
    OBJECTS("energy_peaks", energy, wire_peak, "Moments that stand out."),
    OBJECTS("drops", drops, wire_drop, "Where the music sets in, the largest rise first."),
    F(analysis_report, drop, WIRE_NUMBER, "The largest of them, seconds."),
    OBJECTS("sections", sections, wire_section, "Parts of even loudness."),
    OBJECTS("pauses", pauses, wire_span, "Where nothing is heard."),
    OBJECTS("speech", speech, wire_span, "Where somebody speaks."),
    F(analysis_report, level_step, WIRE_NUMBER, "Seconds between levels."),
    NUMBERS(levels, "Loudness over time, dBFS."),
    {.name = "loudness", .kind = WIRE_OBJECT, .type = &wire_loudness, .flags = WIRE_NULLABLE, .offset = offsetof(struct analysis_report, loudness), .help = "How loud it is."},
    OBJECTS("shots", shots, wire_shot, "What the camera saw, shot by shot."),
    OBJECTS("crop", crop, wire_crop, "Where the subject is."),
    OBJECTS("faces", faces, wire_face, "Faces, a few times a second."),
    OBJECTS("quality", quality, wire_quality, "How good the picture is, second by second."),
    F(analysis_report, thumbnail, WIRE_NUMBER, "The moment to show, seconds."),
    OBJECTS("highlights", highlights, wire_highlight, "Stretches worth showing, the best first."),
    {.name = "warnings", .kind = WIRE_LIST, .item = WIRE_STRING, .offset = offsetof(struct analysis_report, warnings), .help = "What could not be seen or heard, and why, in words."},
    {0},
};
const struct wire_type wire_analysis = TYPE("Analysis", analysis_report, analysis_fields, "What is seen and heard in a file.");
/* clang-format on */

const struct analysis_report report_empty = {
    .version = ANALYSIS_VERSION, .tempo = NAN, .confidence = NAN, .steady = -1,
    .beats_per_bar = INT64_MIN, .drop = NAN, .thumbnail = NAN,
};
