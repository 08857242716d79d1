#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# make demo: the whole path over HTTP on a real clip - upload, analysis, consent, render, download.
#   VIDEO=my.mp4  your own clip        KEEP=1  leave the server running until Ctrl-C
set -euo pipefail
aive=$(realpath "${1:-build/aive}")
clip=${VIDEO:-}
keep=${KEEP:-}
default_clip=/usr/share/openboard/library/videos/wannaworktogether.mp4
default_seconds=40

data=$(mktemp -d "${TMPDIR:-/tmp}/aive-demo.XXXXXX")
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
# field NAME < JSON: the first value of that name (this script needs no JSON tool for more).
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n 1; }
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f s", b - a }'; }

if [ -z "$clip" ]; then
    clip=$data/wannaworktogether-${default_seconds}s.mp4
    say "Taking the first $default_seconds s of a real film (Creative Commons, Debian's openboard-common)"
    ffmpeg -nostdin -loglevel error -i "$default_clip" -t "$default_seconds" -c copy "$clip"
fi
[ -f "$clip" ] || { echo "There is no file $clip" >&2; exit 4; }
echo "clip    $clip ($(du -h "$clip" | cut -f1))"

say "Starting aive serve on a free port, data in $data/data"
"$aive" serve --port 0 --data-dir "$data/data" --log-format text 2>"$data/server.log" &
server=$!
for _ in $(seq 100); do
    url=$(grep -o 'http://[^ ]*' "$data/server.log" 2>/dev/null | head -n 1 || true)
    [ -z "$url" ] || break
    kill -0 "$server" 2>/dev/null || { cat "$data/server.log" >&2; exit 1; }
    sleep 0.1
done
[ -n "$url" ] || { cat "$data/server.log" >&2; exit 1; }
curl -fsS "$url/api/healthz"
echo

# call WHAT CURL-ARGUMENTS: the answer on stdout, or its words and the end.
call() {
    local what=$1 status
    shift
    status=$(curl -sS -o "$data/answer" -w '%{http_code}' "$@")
    if [ "$status" -ge 400 ]; then
        echo "$what: HTTP $status: $(cat "$data/answer")" >&2
        exit 1
    fi
    cat "$data/answer"
}

begun=$(now)
say "Upload and analysis: POST /api/ingest"
ingest=$(call ingest -X POST "$url/api/ingest" -F "file=@$clip" -F "title=My Cool Video" -F auto_analyze=true)
asset=$(printf '%s' "$ingest" | sed 's/.*"asset":{"id":\([0-9]*\).*/\1/')
project=$(printf '%s' "$ingest" | sed 's/.*"project":{"id":\([0-9]*\).*/\1/')
echo "asset $asset, project $project, status $(printf '%s' "$ingest" | grep -o '"status":"[a-z]*"' | head -n 1)," \
     "$(printf '%s' "$ingest" | grep -o '"reason":"[^"]*"' | wc -l) segments, tempo $(printf '%s' "$ingest" | field tempo)"
took_ingest=$(since "$begun")

say "Consent: POST /api/consent/$asset/checkbox"
call consent -X POST "$url/api/consent/$asset/checkbox" -H 'Content-Type: application/json' -d '{"accepted": true}'
echo

begun=$(now)
say "Render: POST /api/render/$project"
job=$(call render -X POST "$url/api/render/$project" -H 'Content-Type: application/json' -d '{"watermark": true}' | field job_id)
while :; do
    status=$(call status "$url/api/render/status/$job")
    state=$(printf '%s' "$status" | field status)
    progress=$(printf '%s' "$status" | field progress)
    if [ -t 1 ]; then
        printf '\r%6s %%  %-12s' "$progress" "$state"
    elif [ "${shown:-}" != "$state ${progress%.*}" ]; then
        echo "$progress % $state"
        shown="$state ${progress%.*}"
    fi
    case $state in finished | failed | canceled) break ;; esac
    sleep 0.5
done
echo
printf '%s' "$status" | sed 's/.*"logs":\[\([^]]*\)\].*/\1/; s/","/"\n"/g' | sed 's/^/  /'
echo
[ "$state" = finished ] || { echo "The render $state: $status" >&2; exit 1; }
took_render=$(since "$begun")

film=$(pwd)/aive-demo.mp4
call download "$url$(printf '%s' "$status" | field output_url)" >"$film.part"
mv "$film.part" "$film"

say "The film"
echo "file    $film ($(du -h "$film" | cut -f1))"
ffprobe -v error -show_entries stream=codec_name,width,height,pix_fmt,avg_frame_rate,nb_frames,sample_rate,channels:format=duration \
    -of compact=nk=0:p=0 "$film"
echo "times   upload and analysis $took_ingest, render $took_render"
if [ -n "$keep" ]; then
    say "The server stays up: $url/docs (Ctrl-C ends it; its data is in $data)"
    wait "$server"
else
    finish
    server=
    rm -rf "$data"
fi
