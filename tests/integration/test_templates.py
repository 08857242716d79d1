# SPDX-License-Identifier: GPL-3.0-or-later
"""Films laid out by templates, the shipped ones and those of the user."""
import json
import os
import shutil

import pytest

from conftest import ROOT, run_aive

SHIPPED = ["beat_montage", "clean_talk", "documentary", "hype_reel", "podcast_clip", "product_demo",
           "realistic_chaos"]
FOLDER = ROOT / "share" / "aive" / "templates"


def film_seconds(timeline):
    """An upper bound without slow motion: what is shown of the source."""
    return sum(s["end"] - s["start"] for s in timeline["segments"])


def own_template(folder, name, **changes):
    folder.mkdir(exist_ok=True)
    template = json.loads((FOLDER / "clean_talk.json").read_text())
    (folder / f"{name}.json").write_text(json.dumps({**template, "name": name, **changes}))


def test_list(server):
    listed = server.get("/api/templates").json()
    assert [t["name"] for t in listed["templates"]] == SHIPPED and listed["faults"] == []
    chaos = listed["templates"][-1]
    assert chaos["source"] == "shipped" and chaos["film_seconds"] == 60
    assert "slowmo" in chaos["effects"] and "whoosh" in chaos["sfx"] and chaos["transitions"]
    known = server.get("/api/effects").json()
    for kind in ("effects", "transitions", "sfx"):
        names = {x["name"] for x in known[kind]}
        assert all(set(t[kind]) <= names for t in listed["templates"])


def test_ingest_by_template(server, clips):
    project = server.ingest(clips.landscape(), template="hype_reel", target_length="3", seed="7")["project"]
    timeline = project["timeline"]
    assert (timeline["template_name"], timeline["target_length"], timeline["seed"]) == ("hype_reel", "3", 7)
    assert 0 < film_seconds(timeline) <= 3 * 2.2  # nothing is run through faster than that
    assert all(s["reason"] for s in timeline["segments"])


@pytest.mark.parametrize("fields, key, words", [
    ({"template": "nope"}, "template", "clean_talk"), ({"template": "../clean_talk"}, "template", "there are"),
    ({"target_length": "long"}, "target_length", "full"), ({"target_length": "0.2"}, "target_length", "full"),
    ({"seed": "x"}, "seed", "integer"), ({"seed": "-1"}, "seed", "greater"),
])
def test_refused(server, clips, fields, key, words):
    answer = server.ingest(clips.landscape(), expect=422, **fields)
    assert answer["detail"][0]["loc"] == ["body", key] and words in answer["detail"][0]["msg"], answer
    project = server.ingest(clips.landscape(), auto_analyze="false")["project"]["id"]
    answer = server.post(f"/api/timeline/{project}/analyze", params=fields)
    assert answer.status_code == 422 and answer.json()["detail"][0]["loc"] == ["query", key], answer.text


def test_analyze_again(server, clips):
    project = server.ingest(clips.landscape())["project"]
    assert project["timeline"]["template_name"] == "realistic_chaos"
    path = f"/api/timeline/{project['id']}/analyze"

    def analyze(**arguments):
        answer = server.post(path, **arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()["timeline"]

    plain = analyze()
    assert plain == project["timeline"]
    query = analyze(params={"template": "documentary", "target_length": "full", "seed": 3})
    assert (query["template_name"], query["target_length"], query["seed"]) == ("documentary", "full", 3)
    assert abs(film_seconds(query) - project["asset"]["duration"]) < 0.1
    body = analyze(params={"seed": 3}, json={"template": "beat_montage", "target_length": 4})
    assert (body["template_name"], body["target_length"], body["seed"]) == ("beat_montage", "4", 3)
    assert film_seconds(body) <= 4
    for wrong in (True, [30], "x", -5):
        answer = server.post(path, json={"target_length": wrong})
        assert answer.status_code == 422 and answer.json()["detail"][0]["loc"] == ["body", "target_length"]
    assert server.post(path, json={"template": 7}).status_code == 422


def test_captions_and_music_stay(server, clips):
    project = server.ingest(clips.landscape())["project"]["id"]
    with open(clips.sound(), "rb") as f:
        music = server.post("/api/assets", files={"file": ("a.mp3", f)}).json()["id"]
    words = [{"text": "one", "start": 0.5, "end": 0.9}, {"text": "two", "start": 1.0, "end": 1.4},
             {"text": "three", "start": 1.5, "end": 1.9}]
    captions = [{"text": "one two three", "start": 0.5, "end": 1.9, "words": words}]
    server.set_timeline(project, segments=[{"name": "a", "start": 0, "end": 6}], captions=captions,
                        music={"asset_id": music})
    answer = server.post(f"/api/timeline/{project}/analyze", params={"template": "hype_reel"})
    timeline = answer.json()["timeline"]
    assert [c["text"] for c in timeline["captions"]] == ["one two three"]
    assert timeline["music"]["asset_id"] == music and timeline["music"]["duck_db"] == -8
    pages = [c["text"] for s in timeline["segments"] for c in s["captions"]]
    assert pages and all(len(page.split()) <= 2 for page in pages)
    for s in timeline["segments"]:
        for edge in (s["start"], s["end"]):
            assert not any(w["start"] < edge < w["end"] for w in words)


def test_what_is_said_is_shown_first(server, clips):
    """A film of a longer source with captions opens with the sentence that tells most."""
    project = server.ingest(clips.landscape())["project"]["id"]
    dull = "and so one goes on"
    captions = [{"text": dull, "start": t + 0.1, "end": t + 0.9} for t in range(6)]
    captions[4] = {"text": "You won't believe these 90 unbelievable things!", "start": 3.2, "end": 5.9}
    del captions[5], captions[3]
    server.set_timeline(project, segments=[{"name": "a", "start": 0, "end": 6}], captions=captions)
    answer = server.post(f"/api/timeline/{project}/analyze", params={"template": "podcast_clip", "target_length": 4})
    segments = answer.json()["timeline"]["segments"]
    assert any("unbelievable" in s["reason"] for s in segments), [s["reason"] for s in segments]


def test_own_templates(new_server, tmp_path, clips):
    mine = tmp_path / "mine"
    own_template(mine, "my_style", film_seconds=2)
    own_template(mine, "clean_talk", title="Mine now")
    (mine / "broken.json").write_text('{\n  "name": "broken",\n  "title" "B"\n}')
    own_template(mine, "odd", effects={"rules": [{"use": "zoom"}, {"use": {"name": "spin"}}]})
    own_template(mine, "typo", film_second=3)
    server = new_server("--templates-dir", str(mine))
    listed = server.get("/api/templates").json()
    cards = {t["name"]: t for t in listed["templates"]}
    assert set(cards) == set(SHIPPED) | {"my_style"}
    assert cards["my_style"]["source"] == "yours"
    assert (cards["clean_talk"]["source"], cards["clean_talk"]["title"]) == ("yours", "Mine now")
    faults = {f["file"]: f["error"] for f in listed["faults"]}
    assert "line 3, column 11" in faults["broken.json"]
    assert "template.effects.rules[1].use" in faults["odd.json"] and "zoom" in faults["odd.json"]
    assert "film_second" in faults["typo.json"] and "longest_pause" in faults["typo.json"]

    timeline = server.ingest(clips.landscape(), template="my_style")["project"]["timeline"]
    assert timeline["template_name"] == "my_style" and film_seconds(timeline) <= 2
    refused = server.ingest(clips.landscape(), expect=422, template="odd")["detail"][0]
    assert refused["loc"] == ["body", "template"] and "odd.json" in refused["msg"]
    assert server.ingest(clips.landscape(), template="documentary")["project"]["timeline"]["segments"]
    assert "broken.json" in server.log()


def test_what_is_no_template(new_server, tmp_path, clips):
    """Whatever lies in the folder: nothing waits for it, and no client learns where the folder is."""
    mine = tmp_path / "mine"
    own_template(mine, "my_style")
    os.mkfifo(mine / "pipe.json")
    (mine / "folder.json").mkdir()
    (mine / "secret.json").symlink_to("/etc/passwd")
    (mine / "zero.json").symlink_to("/dev/zero")
    (mine / "large.json").write_bytes(b" " * (2 << 20))
    (mine / "deep.json").write_text("[" * 100_000)
    server = new_server("--templates-dir", str(mine))
    answer = server.get("/api/templates")
    assert set(SHIPPED) | {"my_style"} == {t["name"] for t in answer.json()["templates"]}
    faults = {f["file"]: f["error"] for f in answer.json()["faults"]}
    assert set(faults) == {f"{n}.json" for n in ("pipe", "folder", "secret", "zero", "large", "deep")}
    assert all("it is not a file" in faults[f"{n}.json"] for n in ("pipe", "folder", "zero"))
    assert str(tmp_path) not in answer.text and "root" not in answer.text
    for name in faults:
        refused = server.ingest(clips.landscape(), expect=422, template=name[:-5])
        assert name in str(refused) and str(tmp_path) not in str(refused)


def test_command(tmp_path):
    out = run_aive("templates")
    assert out.returncode == 0 and all(f"{name} - " in out.stdout for name in SHIPPED)
    listed = json.loads(run_aive("templates", "--json").stdout)
    assert [t["name"] for t in listed["templates"]] == SHIPPED
    out = run_aive("templates", "--check", FOLDER / "hype_reel.json")
    assert out.returncode == 0 and "hype_reel" in out.stdout
    shutil.copy(FOLDER / "hype_reel.json", tmp_path / "other.json")
    out = run_aive("templates", "--check", tmp_path / "other.json")
    assert out.returncode == 3 and "other.json" in out.stderr and "must be the same" in out.stderr
    out = run_aive("templates", "--check", tmp_path / "none.json")
    assert out.returncode == 4 and "none.json" in out.stderr
    own_template(tmp_path, "sound", sfx={"rules": [{"use": "moo"}]})
    out = run_aive("templates", "--check", tmp_path / "sound.json")
    assert out.returncode == 3 and "sfx.rules[0].use" in out.stderr


def test_analyze_command(tmp_path, clips):
    def analyze(*flags):
        out = run_aive("analyze", clips.landscape(), "-o", tmp_path / "t.json", *flags, cwd=tmp_path)
        return out, json.loads((tmp_path / "t.json").read_text()) if out.returncode == 0 else None

    _, one = analyze("--template", "realistic_chaos", "--length", "4", "--seed", "1")
    _, same = analyze("--template", "realistic_chaos", "--length", "4", "--seed", "1")
    _, other = analyze("--template", "realistic_chaos", "--length", "4", "--seed", "2")
    assert one == same and one["segments"] != other["segments"]
    assert one["target_length"] == "4" and one["seed"] == 1
    out, _ = analyze("--length", "soon")
    assert out.returncode == 3 and "full" in out.stderr
    out, _ = analyze("--template", "nope")
    assert out.returncode == 4 and "clean_talk" in out.stderr
