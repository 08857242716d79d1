/* SPDX-License-Identifier: GPL-3.0-or-later
 * qm_beats.cpp - the beats that qm-dsp finds, for beat_peers.py, which compiles it.
 *
 *     qm_beats FILE.f32     raw mono float at 44,100 Hz -> a beat a line, then "cpu SECONDS"
 *
 * Set up as the library's own Vamp plugin does: complex spectral difference, 11.6 ms steps.
 */
#include <cstdio>
#include <ctime>
#include <qm-dsp/dsp/onsets/DetectionFunction.h>
#include <qm-dsp/dsp/tempotracking/TempoTrackV2.h>
#include <vector>

static const int rate = 44100, step = 512, frame = 1024;

static std::vector<float> read_all(const char *path)
{
    std::vector<float> out;
    float block[4096];
    size_t n;
    FILE *f = std::fopen(path, "rb");
    while (f && (n = std::fread(block, sizeof *block, 4096, f)) > 0)
        out.insert(out.end(), block, block + n);
    if (f)
        std::fclose(f);
    return out;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    const std::vector<float> sound = read_all(argv[1]);
    const std::clock_t start = std::clock();
    DetectionFunction onsets(DFConfig{step, frame, DF_COMPLEXSD, 3, false, -1, -1});
    std::vector<double> strength, window(frame), tempi, beats;
    for (size_t at = 0; at + frame <= sound.size(); at += step) {
        for (int i = 0; i < frame; i++)
            window[i] = sound[at + i];
        strength.push_back(onsets.processTimeDomain(window.data()));
    }
    size_t heard = strength.size();
    while (heard > 0 && strength[heard - 1] <= 0)
        heard--;
    if (heard > 2) { /* the first two values are of nothing */
        std::vector<double> rest(strength.begin() + 2, strength.begin() + (long)heard);
        std::vector<double> periods(rest.size(), 0.0);
        TempoTrackV2 tracker(rate, step);
        tracker.calculateBeatPeriod(rest, periods, tempi);
        tracker.calculateBeats(rest, periods, beats);
    }
    for (double beat : beats)
        std::printf("%.4f\n", (beat + 2) * step / rate);
    std::printf("cpu %.4f\n", (double)(std::clock() - start) / CLOCKS_PER_SEC);
    return 0;
}
