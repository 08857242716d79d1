#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# make demo: the whole path over HTTP on a real clip - upload, analysis, consent, render, download.
#   VIDEO=my.mp4  your own clip        KEEP=1  leave the server running until Ctrl-C
set -euo pipefail
export LC_ALL=C.UTF-8
aive=$(realpath "${1:-build/aive}")
film=$PWD/aive-demo.mp4
sample=/usr/share/openboard/library/videos/wannaworktogether.mp4
sample_seconds=40

clip=${VIDEO:-}
[ -z "$clip" ] || [ -f "$clip" ] || { echo "VIDEO=$clip: there is no file of that name" >&2; exit 4; }

data=$(mktemp -d "${TMPDIR:-/tmp}/aive-demo.XXXXXX")
server=
finish() {
    local code=$?
    trap - EXIT
    trap '' INT TERM HUP
    [ -t 1 ] && [ $code != 0 ] && echo
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    wait
    rm -rf "$data" "$film.part"
    exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

bold= plain=
[ ! -t 1 ] || bold=$'\033[1m' plain=$'\033[0m'
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
row() { printf '  %-9s %s\n' "$1" "$2"; }

# field NAME < JSON: the last value of that name (this script needs no JSON tool for more).
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }
seconds_since() { awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f s", b - a }'; }

# call CURL-ARGUMENTS: the body of the answer; the server's words and the end when it refuses.
call() {
    local code
    code=$(curl -q --noproxy '*' -sS -o "$data/answer" -w '%{http_code}' "$@")
    if [ "$code" -ge 400 ]; then
        echo "HTTP $code: $(sed 's/.*"\(msg\|detail\)":"\([^"]*\)".*/\2/' "$data/answer")" >&2
        exit 1
    fi
    cat "$data/answer"
}

# watch JOB: bar, percent and last log line until the job is over; a line for each where this is no
# terminal. Leaves the job's last answer in $status.
watch() {
    local state percent log bar shown=
    while :; do
        status=$(call "$url/api/render/status/$1")
        state=$(field status <<<"$status")
        percent=$(field progress <<<"$status")
        log=$(sed 's/.*"logs":\[\(.*\)\],"result".*/\1/; s/.*","//; s/^"//; s/"$//' <<<"$status")
        if [ -t 1 ]; then
            bar=$(printf '%*s' $((${percent%.*} / 4)) '' | tr ' ' '#')
            printf '\r\033[K  [%-25s] %5.1f %%  %.40s' "$bar" "$percent" "$log"
        elif [ "$log" != "$shown" ]; then
            printf '  %5.1f %%  %s\n' "$percent" "$log"
            shown=$log
        fi
        case $state in finished | failed | canceled) break ;; esac
        sleep 0.2
    done
    [ ! -t 1 ] || echo
    [ "$state" = finished ] || {
        echo "The job $state: $(field error <<<"$status")" >&2
        exit 1
    }
}

if [ -z "$clip" ]; then
    say "The clip: the first $sample_seconds s of a real film (Creative Commons, from Debian's openboard-common)"
    clip=$data/wannaworktogether.mp4
    ffmpeg -nostdin -loglevel error -i "$sample" -t "$sample_seconds" -c copy "$clip"
else
    say "The clip"
fi
clip=$(realpath -- "$clip")
row file "$clip ($(du -h "$clip" | cut -f1))"

say "The server: aive serve, a free port, a temporary data folder"
unset "${!AIVE_@}" # the defaults that are built in, whatever is set here; but no model is fetched
(cd "$data" && AIVE_OFFLINE=true exec setpriv --pdeathsig TERM "$aive" serve --port 0 --data-dir "$data/data" \
    --shutdown-seconds 1 --log-format text 2>"$data/log") &
server=$!
url=
while [ -z "$url" ]; do
    sleep 0.1
    url=$(grep -o 'http://[^ ]*' "$data/log" | head -n 1 || true)
    [ -n "$url" ] || kill -0 "$server" 2>/dev/null || { cat "$data/log" >&2; exit 1; }
done
row address "$url"
row health "$(call "$url/api/healthz")"

say "Upload and analysis: POST /api/ingest"
begun=$(date +%s.%N)
name=${clip//\\/\\\\}
ingest=$(call "$url/api/ingest" -H 'Prefer: respond-async' -F "file=@\"${name//\"/\\\"}\"")
asset=$(sed 's/.*"asset":{"id":\([0-9]*\).*/\1/' <<<"$ingest")
project=$(sed 's/.*"project":{"id":\([0-9]*\).*/\1/' <<<"$ingest")
watch "$(field job_id <<<"$ingest")"
timeline=$(call "$url/api/timeline/$project")
row found "asset $asset, project $project: $(grep -o '"effects":\[' <<<"$timeline" | wc -l) segments,\
 tempo $(field tempo <<<"$timeline")"
took_ingest=$(seconds_since "$begun")

say "Consent: POST /api/consent/$asset/checkbox"
row answer "$(call "$url/api/consent/$asset/checkbox" --json '{"accepted": true}')"

say "Render: POST /api/render/$project"
begun=$(date +%s.%N)
watch "$(call "$url/api/render/$project" --json '{"watermark": true}' | field job_id)"
took_render=$(seconds_since "$begun")
call "$url$(field output_url <<<"$status")" >"$film.part"
mv "$film.part" "$film"

say "The film"
row file "$film ($(du -h "$film" | cut -f1))"
ffprobe -v error -of compact=p=0 -show_entries \
    stream=codec_name,width,height,pix_fmt,r_frame_rate,nb_frames,sample_rate,channels:format=duration \
    "$film" | sed "s:|r_frame_rate=0.0::" | while read -r line; do row ffprobe "$line"; done
row times "upload and analysis $took_ingest, render $took_render"

if [ -n "${KEEP:-}" ]; then
    say "The server stays up until Ctrl-C"
    row API "$url/docs"
    row timeline "$url/api/timeline/$project"
    row data "$data (removed at the end)"
    trap 'exit 0' INT
    wait "$server"
fi
