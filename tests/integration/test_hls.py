# SPDX-License-Identifier: GPL-3.0-or-later
"""Films that are watched while they are rendered, by ffmpeg as the player."""
import hashlib
import json
import re
import subprocess
import time

import pytest
from conftest import SLOW, Server


def project_of(server, clip, **timeline):
    answer = server.ingest(clip, auto_analyze="false")
    server.consent(answer["asset"]["id"])
    server.set_timeline(answer["project"]["id"], **timeline)
    return answer["project"]["id"]


SEGMENTS = [{"name": f"s{i}", "start": i % 3, "end": i % 3 + 2.5} for i in range(6)]


def frames_of(source):
    """The MD5 of every decoded picture."""
    out = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", source, "-map", "0:v", "-fps_mode",
                          "passthrough", "-f", "framemd5", "-"], check=True, capture_output=True, text=True)
    assert not out.stderr, out.stderr
    return [line.split(",")[-1].strip() for line in out.stdout.splitlines() if not line.startswith("#")]


def packets_of(source):
    """When each packet is shown or heard, counted from the first picture: {"video": [...], "audio": [...]}."""
    out = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "packet=codec_type,pts_time", "-of", "json",
                          source], check=True, capture_output=True).stdout
    times = {"video": [], "audio": []}
    for row in json.loads(out)["packets"]:
        times[row["codec_type"]].append(float(row["pts_time"]))
    begin = min(times["video"])
    return {kind: [round(t - begin, 4) for t in list_] for kind, list_ in times.items()}


def playlist(server, job):
    answer = server.get(f"/api/render/{job}/playlist.m3u8")
    if answer.status_code == 503:
        assert answer.headers["retry-after"]
        return "", []
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    return answer.text, re.findall(r"^segment/\d+\.m4s$", answer.text, re.M)


@pytest.fixture(scope="module")
def film(server, clips):
    """A film that was watched as it was made: (job, final file, what was seen on the way)."""
    project = project_of(server, clips.landscape(), segments=SEGMENTS)
    job = server.start_render(project, preset="high")
    seen = []
    deadline = time.monotonic() + 120 * SLOW
    while time.monotonic() < deadline:
        text, names = playlist(server, job)
        if names and (not seen or len(seen[-1][1]) < len(names)):
            parts = b"".join(server.get(f"/api/render/{job}/{n}").content for n in names)
            init = server.get(f"/api/render/{job}/init.mp4").content
            seen.append((text, names, init + parts))
        if "#EXT-X-ENDLIST" in text:
            break
    status = server.wait_job(job)
    assert status["status"] == "finished", status
    assert status["playlist_url"] == f"/api/render/{job}/playlist.m3u8"
    return job, server.data / status["output_url"].lstrip("/"), seen


def test_the_list_grows_and_ends(film):
    job, path, seen = film
    assert len(seen) > 2, "never seen unfinished"
    for (before, early, _), (after, late, _) in zip(seen, seen[1:]):
        assert late[:len(early)] == early
        assert after.startswith(before.replace("#EXT-X-ENDLIST\n", ""))
    text = seen[-1][0]
    for tag in ("#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-PLAYLIST-TYPE:EVENT", '#EXT-X-MAP:URI="init.mp4"',
                "#EXT-X-INDEPENDENT-SEGMENTS"):
        assert text.count(tag) == 1
    target = int(re.search("TARGETDURATION:(\\d+)", text).group(1))
    lengths = [float(x) for x in re.findall("#EXTINF:([0-9.]+),", text)]
    assert max(lengths) <= target and abs(sum(lengths) - 15) < 1 / 30
    assert text.endswith("#EXT-X-ENDLIST\n")


def test_what_is_there_early_plays(film, tmp_path):
    job, path, seen = film
    whole = frames_of(path)
    for i, (text, names, data) in enumerate(seen):
        part = tmp_path / f"part{i}.mp4"
        part.write_bytes(data)
        frames = frames_of(part)
        lengths = [float(x) for x in re.findall("#EXTINF:([0-9.]+),", text)]
        assert len(frames) == round(sum(lengths) * 30)
        assert frames == whole[:len(frames)]


def test_the_whole_is_the_film(server, film):
    job, path, _ = film
    url = f"{server.url}/api/render/{job}/playlist.m3u8"
    assert frames_of(url) == frames_of(path)
    streamed, final = packets_of(url), packets_of(path)
    for kind in ("video", "audio"):
        assert len(streamed[kind]) == len(final[kind])
        assert max(abs(a - b) for a, b in zip(streamed[kind], final[kind])) < 0.0002
    sound = [subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", source, "-map", "0:a", "-f", "s16le",
                             "-"], check=True, capture_output=True).stdout for source in (url, path)]
    assert hashlib.md5(sound[0]).digest() == hashlib.md5(sound[1]).digest() and len(sound[0]) > 2 ** 20


def test_segments_have_ranges_and_tags(server, film):
    job = film[0]
    for name, kind in (("init.mp4", "video/mp4"), ("segment/1.m4s", "video/iso.segment")):
        url = f"/api/render/{job}/{name}"
        answer = server.get(url)
        assert answer.status_code == 200 and answer.headers["content-type"] == kind
        part = server.get(url, headers={"Range": "bytes=4-7"})
        assert part.status_code == 206 and part.content == answer.content[4:8]
        tag = answer.headers["etag"]
        assert server.get(url, headers={"If-None-Match": tag}).status_code == 304
        assert "immutable" in answer.headers["cache-control"]
        head = server.request("HEAD", url)
        assert int(head.headers["content-length"]) == len(answer.content)
    assert server.get(f"/api/render/{job}/segment/2.m4s").headers["etag"] != tag


@pytest.mark.parametrize("name", ["segment/999.m4s", "segment/0.mp4", "segment/-1.m4s", "segment/x",
                                  "segment/99999999999999999999.m4s", "segment/0.m4s.m4s"])
def test_what_is_not_there(server, film, name):
    assert server.get(f"/api/render/{film[0]}/{name}").status_code == 404


def test_jobs_that_are_none(server, clips):
    for name in ("playlist.m3u8", "init.mp4", "segment/0.m4s"):
        assert server.get(f"/api/render/nobody/{name}").status_code == 404
    done = server.ingest(clips.silent())
    assert server.get(f"/api/render/{done['job_id']}/playlist.m3u8").status_code == 404


def test_after_the_chunks_are_gone(new_server, clips):
    server = new_server()
    project = project_of(server, clips.landscape(), segments=SEGMENTS[:2])
    job = server.start_render(project, preset="draft")
    status = server.wait_job(job)
    assert playlist(server, job)[1]
    for chunk in (server.data / "media" / "cache").iterdir():
        chunk.unlink()
    answer = server.get(f"/api/render/{job}/playlist.m3u8")
    assert answer.status_code == 410 and status["output_url"] in answer.json()["detail"]
    assert server.get(f"/api/render/{job}/segment/0.m4s").status_code == 404


def test_a_canceled_film_says_so(new_server, clips):
    server = new_server("--workers", "0")
    project = project_of(server, clips.landscape(), segments=SEGMENTS)
    job = server.start_render(project)
    assert server.get(f"/api/render/{job}/playlist.m3u8").status_code == 503  # nobody works on it
    assert server.post(f"/api/render/{job}/cancel").status_code == 200
    answer = server.get(f"/api/render/{job}/playlist.m3u8")
    assert answer.status_code == 410 and "without a film" in answer.json()["detail"]
