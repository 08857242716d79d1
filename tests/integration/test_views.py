# SPDX-License-Identifier: GPL-3.0-or-later
"""What front ends draw: waveforms in audiowaveform's formats, storyboards, the page of everything."""
import re
import struct
import subprocess
import xml.etree.ElementTree

import pytest
from conftest import run_aive, samples

RATE = 22050


@pytest.fixture(scope="module")
def grey_steps(clips):
    """7 s: luma 40 in the first second, 60 in the next, ...; sound in the odd seconds only."""
    return clips.make("grey_steps.mp4", "-f", "lavfi", "-i",
                      "color=black:s=320x180:r=25:d=7,geq=lum='40+20*floor(T)':cb=128:cr=128",
                      "-f", "lavfi", "-i", "aevalsrc='if(mod(floor(t),2),0.5*sin(2*PI*440*t),0)':d=7:s=44100",
                      "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le",
                      "-f", "mov")


@pytest.fixture(scope="module")
def asset(server, grey_steps):
    return server.ingest(grey_steps, title="Grey steps 灰")


def waveform(server, asset, ending="json", **query):
    answer = server.get(f"/api/assets/{asset['id']}/waveform.{ending}", params=query)
    assert answer.status_code == 200, answer.text
    return answer


# --- Waveform -----------------------------------------------------------------------------------

def test_waveform_is_the_sound(server, asset, grey_steps):
    doc = waveform(server, asset["asset"], samples_per_pixel=256, bits=16).json()
    assert list(doc) == ["version", "channels", "sample_rate", "samples_per_pixel", "bits", "length", "data"]
    data = doc.pop("data")
    length = doc.pop("length")
    assert doc == {"version": 2, "channels": 1, "sample_rate": RATE, "samples_per_pixel": 256, "bits": 16}
    assert len(data) == 2 * length
    assert abs(length * 256 / RATE - 7) < 0.05
    sound = samples(grey_steps, RATE)
    for i in range(0, min(length, len(sound) // 256)):
        part = sound[i * 256:(i + 1) * 256]
        # Two resamplers, and a block or two at the edges of the tone.
        if 0.1 < i * 256 / RATE % 1 < 0.9:
            assert abs(data[2 * i] - min(part) * 32768) < 300, i
            assert abs(data[2 * i + 1] - max(part) * 32768) < 300, i


@pytest.mark.parametrize("bits", [8, 16])
def test_waveform_dat_is_the_same(server, asset, bits):
    doc = waveform(server, asset["asset"], samples_per_pixel=512, bits=bits).json()
    answer = waveform(server, asset["asset"], "dat", samples_per_pixel=512, bits=bits)
    assert answer.headers["content-type"] == "application/octet-stream"
    header = struct.unpack("<iIiiIi", answer.content[:24])
    assert header == (2, 1 if bits == 8 else 0, RATE, 512, doc["length"], 1)
    values = struct.unpack(f"<{2 * doc['length']}{'b' if bits == 8 else 'h'}", answer.content[24:])
    assert list(values) == doc["data"]


def test_waveform_zooms(server, asset):
    fine = waveform(server, asset["asset"], samples_per_pixel=128, bits=16).json()
    for asked, given in [(1, 128), (129, 256), (1000, 1024), (8192, 8192), (1 << 24, 1 << 24)]:
        doc = waveform(server, asset["asset"], samples_per_pixel=asked, bits=16).json()
        assert doc["samples_per_pixel"] == given
        part = 2 * given // 128
        pieces = [fine["data"][i:i + part] for i in range(0, len(fine["data"]), part)]
        assert doc["data"] == [x for p in pieces for x in (min(p[::2]), max(p[1::2]))]
    eight = waveform(server, asset["asset"], samples_per_pixel=128).json()
    assert eight["data"] == [int(x / 256) for x in fine["data"]]


def test_waveform_is_sent_once(server, asset):
    first = waveform(server, asset["asset"])
    path = f"/api/assets/{asset['asset']['id']}/waveform.json"
    again = server.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    other = server.get(path + "?bits=16", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


@pytest.mark.parametrize("query", ["bits=12", "bits=7", "bits=x", "samples_per_pixel=0",
                                   "samples_per_pixel=16777217", "samples_per_pixel="])
def test_waveform_refuses(server, asset, query):
    for ending in ["json", "dat"]:
        answer = server.get(f"/api/assets/{asset['asset']['id']}/waveform.{ending}?{query}")
        assert answer.status_code == 422, answer.text
        assert answer.json()["detail"][0]["loc"] == ["query", query.split("=")[0]]


# --- Storyboard ---------------------------------------------------------------------------------

def cues(text):
    assert text.startswith("WEBVTT\n\n")
    found = re.findall(r"(\d\d):(\d\d):(\d\d\.\d\d\d) --> (\d\d):(\d\d):(\d\d\.\d\d\d)\n"
                       r"(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)\n", text)
    assert len(found) == text.count("-->")
    return [(int(a) * 3600 + int(b) * 60 + float(c), int(d) * 3600 + int(e) * 60 + float(f), name,
             *map(int, place)) for a, b, c, d, e, f, name, *place in found]


def test_storyboard(server, asset, tmp_path):
    url = f"/api/assets/{asset['asset']['id']}/"
    answer = server.get(url + "storyboard.vtt")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/vtt")
    found = cues(answer.text)
    assert [c[0] for c in found] == [0, 1, 2, 3, 4, 5, 6]
    assert [c[1] for c in found] == [1, 2, 3, 4, 5, 6, found[-1][1]] and abs(found[-1][1] - 7) < 0.1
    assert {c[2] for c in found} == {"storyboard-0.jpg"}
    sheet = server.get(url + "storyboard-0.jpg")  # as a browser finds it from where the text is
    assert sheet.status_code == 200 and sheet.headers["content-type"] == "image/jpeg"
    (tmp_path / "sheet.jpg").write_bytes(sheet.content)
    for i, (_, _, _, x, y, width, height) in enumerate(found):
        assert (width, height) == (160, 90)
        grey = subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "sheet.jpg", "-vf",
                               f"crop={width - 8}:{height - 8}:{x + 4}:{y + 4},scale=1:1:flags=area,"
                               "format=gray", "-f", "rawvideo", "-"], check=True, capture_output=True).stdout
        # A JPEG has the full range: (luma - 16) * 255 / 219.
        assert abs(grey[0] - (40 + 20 * i - 16) * 255 / 219) < 4, i


@pytest.mark.parametrize("name", ["storyboard-1.jpg", "storyboard--1.jpg", "storyboard-.jpg", "storyboard-00.jpg",
                                  "storyboard-99999999999.jpg", "storyboard-v1-0.jpg", "%2e%2e", "nothing"])
def test_no_such_sheet(server, asset, name):
    assert server.get(f"/api/assets/{asset['asset']['id']}/{name}").status_code == 404


def test_no_sheet_stands_in_the_way(server, asset):
    """A path that only POST knows is no missing picture."""
    answer = server.get(f"/api/assets/{asset['asset']['id']}/analyze")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST, OPTIONS"


# --- The page -----------------------------------------------------------------------------------

def test_plot(server, asset):
    url = f"/api/assets/{asset['asset']['id']}/plot"
    page = server.get(url + ".png")
    assert page.status_code == 200 and page.headers["content-type"] == "image/png"
    width, height = struct.unpack(">II", page.content[16:24])
    assert page.content[:8] == b"\x89PNG\r\n\x1a\n" and width == 1600 and 200 < height < 2000
    svg = server.get(url + ".svg", params={"width": 900})
    assert svg.status_code == 200 and svg.headers["content-type"] == "image/svg+xml"
    root = xml.etree.ElementTree.fromstring(svg.content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and root.get("width").startswith("900")

    project = asset["project"]["id"]
    more = server.get(url + ".png", params={"project_id": project})
    assert more.status_code == 200
    assert struct.unpack(">II", more.content[16:24])[1] > height  # the timeline's lane and list


def test_plot_refuses(server, asset, clips):
    url = f"/api/assets/{asset['asset']['id']}/plot.svg"
    for width in [0, 599, 4097, "x"]:
        assert server.get(url, params={"width": width}).status_code == 422
    other = server.ingest(clips.landscape())
    assert server.get(url, params={"project_id": other["project"]["id"]}).status_code == 404
    assert server.get(url, params={"project_id": 987654}).status_code == 404


# --- What is not there --------------------------------------------------------------------------

VIEWS = ["waveform.json", "waveform.dat", "storyboard.vtt", "storyboard-0.jpg", "plot.png", "plot.svg"]


def upload(server, path):
    with open(path, "rb") as f:
        answer = server.post("/api/assets", files={"file": (path.name, f)})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def test_before_the_analysis(server, clips):
    asset = upload(server, clips.tone())
    for view in VIEWS:
        answer = server.get(f"/api/assets/{asset}/{view}")
        assert answer.status_code == 409 and "/analyze" in answer.json()["detail"], view
    assert server.post(f"/api/assets/{asset}/analyze").status_code == 200
    for view in VIEWS:
        assert server.get(f"/api/assets/{asset}/{view}").status_code == 200, view


@pytest.mark.parametrize("clip, missing", [("silent", {"waveform.json", "waveform.dat"}),
                                           ("sound", {"storyboard.vtt", "storyboard-0.jpg"})])
def test_half_a_film(server, clips, clip, missing):
    asset = upload(server, getattr(clips, clip)())
    assert server.post(f"/api/assets/{asset}/analyze").status_code == 200
    for view in VIEWS:
        expected = 404 if view in missing else 200
        assert server.get(f"/api/assets/{asset}/{view}").status_code == expected, view


def test_unknown_asset(server):
    for view in VIEWS:
        assert server.get(f"/api/assets/987654/{view}").status_code == 404


# --- The command line ---------------------------------------------------------------------------

def test_plot_of_a_file(grey_steps, tmp_path):
    name = tmp_path / "séance 海.mov"
    name.write_bytes(grey_steps.read_bytes())
    done = run_aive("analyze", name, "--plot", tmp_path / "page.png", "-o", tmp_path / "timeline.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "page.png").read_bytes()[:4] == b"\x89PNG"
    done = run_aive("analyze", name, "--plot", tmp_path / "page.svg", "-o", tmp_path / "timeline.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = xml.etree.ElementTree.parse(tmp_path / "page.svg")
    assert page.findall(".//{http://www.w3.org/2000/svg}image"), "no small pictures of the film"
