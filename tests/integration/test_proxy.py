# SPDX-License-Identifier: GPL-3.0-or-later
"""Drafts and quick frames read small copies of large sources, and show the same."""
import hashlib
import subprocess

import pytest
from conftest import gray_frames, probe

WIDTH, HEIGHT = 90, 160


def differences(a, b):
    """Mean difference of luma, frame by frame."""
    assert len(a) == len(b)
    return [sum(abs(x - y) for x, y in zip(p, q)) / len(p) for p, q in zip(a, b)]


def seen(path):
    return gray_frames(path, WIDTH, HEIGHT)


def proxies(server):
    return sorted((server.data / "media" / "derived").glob("*/proxy-v*.mp4"))


def project_of(server, clip, **timeline):
    answer = server.ingest(clip, auto_analyze="false")
    asset, project = answer["asset"]["id"], answer["project"]["id"]
    server.consent(asset)
    if timeline:
        server.set_timeline(project, **timeline)
    return asset, project


@pytest.fixture(scope="module")
def large(clips):
    """4 s of 1080 lines, pattern and tone, key frames far apart."""
    return clips.make("large.mp4", "-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=25:d=4", "-f", "lavfi", "-i",
                      "sine=440:d=4:r=48000", "-c:v", "libx264", "-preset", "ultrafast", "-g", "200", "-pix_fmt",
                      "yuv420p", "-c:a", "aac")


# What moves the picture inside the frame: all of it must come out the same from a small copy.
FILM = {
    "segments": [
        {"name": "plain", "start": 0, "end": 0.6},
        {"name": "zoom", "start": 0.6, "end": 1.2, "effects": [{"name": "zoom", "amount": 1.6}]},
        {"name": "slow", "start": 1.2, "end": 1.5, "effects": ["slowmo"]},
        {"name": "blur", "start": 2, "end": 2.6, "fit": "blur"},
        {"name": "pad", "start": 2.6, "end": 3.2, "fit": "pad", "transition": "crossfade"},
        {"name": "crop", "start": 3.2, "end": 3.8, "crop": [{"time": 3.2, "x": 0.3, "y": 0.5, "scale": 1},
                                                            {"time": 3.8, "x": 0.7, "y": 0.4, "scale": 1.5}]},
    ],
    "overlays": [{"text": "A TITLE", "start": 0.2, "end": 2}],
}


@pytest.fixture(scope="module")
def films(server, large):
    """The same film without and with proxies: its project, paths by (preset, proxied), its asset."""
    asset, project = project_of(server, large, **FILM)
    paths = {}
    for proxied in (False, True):
        if proxied:
            assert not proxies(server)
            assert server.post(f"/api/assets/{asset}/analyze").status_code == 200
            assert len(proxies(server)) == 1
        for preset in ("draft", "standard"):
            paths[preset, proxied] = server.render(project, preset=preset)
    return project, paths, asset


def test_the_same_framing(films):
    paths = films[1]
    small, own = seen(paths["draft", True]), seen(paths["draft", False])
    found = differences(small, own)
    assert max(found) < 4 and found != [0] * len(found)
    assert max(differences(small, seen(paths["standard", False]))) < 5
    # The measure has teeth: what is not the same picture is told from it.
    assert differences(small[:1], small[-1:])[0] > 10


def test_the_same_sound(films):
    sound = [probe(films[1]["draft", proxied])["audio"] for proxied in (False, True)]
    assert sound[0]["nb_frames"] == sound[1]["nb_frames"] and sound[0]["codec_name"] == "aac"


def pictures_hash(path):
    """Of the streams: a film's file says when it was made."""
    return hashlib.sha256(subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0", "-c", "copy",
                                          "-f", "framemd5", "-"], check=True, capture_output=True).stdout).hexdigest()


def test_other_films_do_not_know(server, films):
    project, paths, _ = films
    assert pictures_hash(paths["standard", True]) == pictures_hash(paths["standard", False])
    assert pictures_hash(paths["draft", True]) != pictures_hash(paths["draft", False])
    found = server.post(f"/api/timeline/{project}/validate", json={"preset": "draft"}).json()
    assert "source_too_small" not in [w["code"] for w in found["warnings"]]  # the source's own size counts


def test_frames(server, films, tmp_path):
    project, paths, _ = films
    pictures = {}
    for name, query in (("quick", {}), ("small", {"width": 360}), ("sharp", {"width": 1080})):
        answer = server.get(f"/api/timeline/{project}/frame", params={"t": 3.3, "watermark": "false", **query})
        assert answer.status_code == 200
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(answer.content)
        pictures[name] = seen(path)
        assert probe(path)["video"]["width"] == query.get("width", 1080)
    assert differences(pictures["quick"], pictures["sharp"])[0] < 4
    assert differences(pictures["small"], pictures["sharp"])[0] < 4
    quick = server.get(f"/api/timeline/{project}/frame", params={"t": 3.3}).headers["etag"]
    proxies(server)[0].unlink()
    answer = server.get(f"/api/timeline/{project}/frame", params={"t": 3.3})
    assert answer.status_code == 200 and answer.headers["etag"] != quick


def test_a_proxy_that_goes(server, films):
    """Whatever happens to it, there is a film."""
    project = films[0]
    before = seen(films[1]["draft", False])
    for proxy in proxies(server):
        proxy.unlink()
    server.set_timeline(project, **FILM)
    assert max(differences(seen(server.render(project, preset="draft")), before)) < 0.5


def cut_in_half(proxy):
    with open(proxy, "r+b") as file:
        file.truncate(proxy.stat().st_size // 2)


def scratched(proxy):
    with open(proxy, "r+b") as file:
        file.seek(proxy.stat().st_size // 2)
        file.write(bytes(4096))


@pytest.mark.parametrize("damage", [cut_in_half, scratched])
def test_a_damaged_proxy(server, films, damage):
    """It is not shown, and made again."""
    project, paths, asset = films

    def analyzed():
        assert server.post(f"/api/assets/{asset}/analyze").status_code == 200
        return proxies(server)[0].read_bytes()
    whole = analyzed()
    damage(proxies(server)[0])
    assert analyzed() == whole
    damage(proxies(server)[0])
    server.set_timeline(project, **FILM)
    assert pictures_hash(server.render(project, preset="draft")) == pictures_hash(paths["draft", False])
    assert not proxies(server)
    assert analyzed() == whole
