#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# docs/analysis.sh AIVE - makes a clip of patterns and drums, and docs/analysis.png from it.
set -euo pipefail
aive=$(realpath "${1:-build/aive}")
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# 24 s at 120 BPM: a quiet start, drums from 8 s on, a quiet end. A kick on each beat (higher on the
# first of four), a hat between them, and a chord below.
kick='exp(-16*mod(t,0.5))*sin(2*PI*t*if(lt(mod(t,2),0.5),70,52))'
hat='0.25*exp(-60*mod(t+0.25,0.5))*(random(0)-0.5)'
chord='0.05*(sin(2*PI*220*t)+sin(2*PI*277*t)+sin(2*PI*330*t))'
sound="(0.6*$kick+$hat)*if(between(t,8,20),1,0.12)+$chord*if(between(t,8,20),2,1)"

# Five pictures: two cuts, a dissolve, a fade through black.
ffmpeg -nostdin -loglevel error -y \
    -f lavfi -i testsrc2=s=640x360:r=25:d=5 -f lavfi -i mandelbrot=s=640x360:r=25,trim=duration=4 \
    -f lavfi -i life=s=160x90:r=25:mold=10:life_color=#ffcc66:death_color=#336699,scale=640x360,trim=duration=6 \
    -f lavfi -i smptehdbars=s=640x360:r=25:d=5 -f lavfi -i gradients=s=640x360:r=25:d=6:speed=0.02 \
    -f lavfi -i "aevalsrc='$sound':d=24:s=44100" -filter_complex "
        [0]format=yuv420p,settb=1/25[a]; [1]format=yuv420p,settb=1/25[b]; [2]format=yuv420p,settb=1/25[c];
        [3]format=yuv420p,settb=1/25[d]; [4]format=yuv420p,settb=1/25[e];
        [a][b][c]concat=n=3,settb=1/25[abc];
        [abc][d]xfade=fade:duration=1:offset=14[abcd];
        [abcd][e]xfade=fadeblack:duration=1:offset=18[v]" \
    -map '[v]' -map 5:a -c:v libx264 -preset veryfast -c:a aac -shortest "$work/patterns.mp4"

mkdir "$work/aive-data" # so that the waveform is kept, and drawn
cd "$work"
"$aive" analyze patterns.mp4 --data-dir "$work/aive-data" --plot page.png -o timeline.json --seed 1
cd - >/dev/null
ffmpeg -nostdin -loglevel error -y -i "$work/page.png" \
    -vf 'split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none' -update 1 analysis.png
