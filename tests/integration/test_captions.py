# SPDX-License-Identifier: GPL-3.0-or-later
"""Captions as files: out in every format and time, in again, and what is refused."""
import pytest

SRT = "1\n00:00:00,500 --> 00:00:01,500\nHello there\n\n2\n00:00:02,000 --> 00:00:03,000\nגם שלום\n你好\n"


def seg(start, end, **more):
    return {"name": "a", "start": start, "end": end, **more}


def cap(text, start, end, **more):
    return {"text": text, "start": start, "end": end, **more}


@pytest.fixture
def project(server, clips):
    return server.ingest(clips.landscape(), auto_analyze="false")["project"]["id"]


@pytest.fixture
def duration(server, project):
    return server.get(f"/api/timeline/{project}").json()["asset"]["duration"]


def path(project, suffix, **query):
    words = "&".join(f"{k}={v}" for k, v in query.items())
    return f"/api/timeline/{project}/captions{suffix}{'?' + words if words else ''}"


def put(server, project, body, suffix="", expect=200, headers=None, **query):
    body = body.encode() if isinstance(body, str) else body
    answer = server.request("PUT", path(project, suffix, **query), data=body, headers=headers or {})
    assert answer.status_code == expect, answer.text
    return answer


def get(server, project, suffix, **query):
    answer = server.get(path(project, suffix, **query))
    assert answer.status_code == 200, answer.text
    return answer


def listed(server, project, **query):
    return [(c["text"], round(c["start"], 3), round(c["end"], 3))
            for c in get(server, project, ".json", **query).json()["captions"]]


def refusal(answer):
    return " ".join(e["msg"] for e in answer.json()["detail"])


def test_import_of_the_footages_subtitles(server, project):
    before = server.get(f"/api/timeline/{project}").json()["revision"]
    timeline = put(server, project, SRT, time="source").json()
    assert [(c["text"], c["start"], c["end"]) for c in timeline["timeline"]["captions"]] == [
        ("Hello there", 0.5, 1.5), ("גם שלום\n你好", 2.0, 3.0)]
    assert timeline["revision"] == (before or 0) + 1
    lines = server.get(f"/api/timeline/{project}/revisions").json()
    assert lines[0]["current"] and lines[0]["source"] == "user"
    assert get(server, project, ".srt", time="source").text.strip() == SRT.strip()


@pytest.mark.parametrize("suffix, media_type", [(".srt", "application/x-subrip"), (".vtt", "text/vtt"),
                                                (".ass", "text/x-ssa"), (".json", "application/json")])
def test_every_format_comes_back(server, project, suffix, media_type):
    words = [{"text": "Hello", "start": 0.5, "end": 0.9}, {"text": "there", "start": 1.0, "end": 1.5}]
    server.set_timeline(project, segments=[seg(0, 3)], captions=[
        cap("Hello there", 0.5, 1.5, words=words), cap("<b> & {x} C:\\new\n你好 שלום", 2, 2.75)])
    answer = get(server, project, suffix)
    assert answer.headers["content-type"].startswith(media_type)
    server.set_timeline(project, segments=[seg(0, 3)], captions=[])
    assert listed(server, project) == []
    sent = answer.content if suffix != ".srt" else answer.text.replace("<b> ", "").encode()
    for place, headers in ((suffix, {}), ("", {"Content-Type": answer.headers["content-type"]}), ("", {})):
        now = put(server, project, sent, place, headers=headers).json()["timeline"]["captions"]
        text = "<b> & {x} C:\\new\n你好 שלום" if suffix != ".srt" else "& {x} C:\\new\n你好 שלום"
        assert [c["text"] for c in now] == ["Hello there", text]
        assert now[1]["start"] == 2 and now[1]["end"] == 2.75
        if suffix != ".srt":
            assert [(w["text"], w["start"], w["end"]) for w in now[0]["words"]] == \
                [(w["text"], w["start"], w["end"]) for w in words]


def test_film_time_follows_cuts_and_speeds(server, project):
    server.set_timeline(project, captions=[cap("one", 0.2, 0.8), cap("over the cut", 0.9, 1.4), cap("slow", 2, 2.5)],
                        segments=[seg(0, 1), seg(2, 3, effects=["slowmo"]), seg(0, 1)])
    assert listed(server, project, time="source") == [
        ("one", 0.2, 0.8), ("over the cut", 0.9, 1.4), ("slow", 2.0, 2.5)]
    film = listed(server, project)
    texts = [c[0] for c in film]
    assert texts == ["one", "over the cut", "slow", "one", "over the cut"]
    assert film[:2] == [("one", 0.2, 0.8), ("over the cut", 0.9, 1.0)]
    slow = film[2]
    assert slow[1] == 1.0 and slow[2] - slow[1] > 0.6  # slower than it was said
    assert film[3][1] > slow[2]
    for suffix in (".srt", ".vtt", ".ass"):  # and what was downloaded can be uploaded again
        put(server, project, get(server, project, suffix).content, suffix)
        again = listed(server, project)
        assert [c[0] for c in again] == texts, suffix
        for a, b in zip(again, film):
            assert a[1:] == pytest.approx(b[1:], abs=0.025), suffix


def test_a_cut_that_parts_nothing_parts_no_caption(server, project):
    words = [{"text": w, "start": s, "end": s + 0.4} for w, s in (("all", 0.5), ("of", 0.9), ("it", 1.4))]
    server.set_timeline(project, segments=[seg(0, 1), seg(1, 3)], captions=[cap("all of it", 0.5, 2, words=words)])
    assert listed(server, project) == [("all of it", 0.5, 2.0)]
    vtt = get(server, project, ".vtt").text
    assert vtt.count("-->") == 1 and "<00:00:00.900>of" in vtt
    now = put(server, project, vtt, ".vtt").json()["timeline"]
    assert [(c["text"], c["start"], c["end"]) for c in now["captions"]] == [("all of it", 0.5, 2.0)]
    assert [w["text"] for w in now["captions"][0]["words"]] == ["all", "of", "it"]


def test_segments_own_captions_give_way(server, project):
    server.set_timeline(project, segments=[seg(0, 1, captions=[cap("old", 0.1, 0.9)]), seg(1, 2)],
                        captions=[cap("older", 1.1, 1.9)])
    assert [c[0] for c in listed(server, project)] == ["old", "older"]
    put(server, project, "00:00:00,200 --> 00:00:01,800\nnew\n", time="source")
    assert listed(server, project) == [("new", 0.2, 1.8)]


def test_backwards_and_from_elsewhere(server, project, clips):
    with open(clips.landscape(), "rb") as f:
        other = server.post("/api/assets", files={"file": ("b.mp4", f)}).json()["id"]
    server.set_timeline(project, captions=[cap("early", 0.2, 0.5), cap("late", 0.6, 0.9)], segments=[
        seg(0, 1, effects=["reverse"]), seg(1, 2, asset_id=other, captions=[cap("there", 1.25, 1.75)])])
    film = listed(server, project)
    assert film == [("late", 0.1, 0.4), ("early", 0.5, 0.8), ("there", 1.25, 1.75)]
    now = put(server, project, get(server, project, ".vtt").text.replace("there", "where"), ".vtt").json()["timeline"]
    assert [(c["text"], round(c["start"], 3)) for c in now["captions"]] == [("early", 0.2), ("late", 0.6)]
    assert [c["text"] for c in now["segments"][1]["captions"]] == ["where"]
    assert listed(server, project) == film[:2] + [("where", 1.25, 1.75)]
    put(server, project, "00:00:00,200 --> 00:00:00,500\nnew\n", time="source")
    assert [c[0] for c in listed(server, project)] == ["new", "where"]


def test_what_is_stored_may_be_posted(server, project):
    """Nothing gets in by a file that the editor would be refused."""
    words = [{"text": "a", "start": 0.5, "end": 0.9}, {"text": "b", "start": 0.9, "end": 99.0}]
    server.set_timeline(project, segments=[seg(0, 3)])
    for clock in ("film", "source"):
        body = {"captions": [cap("a b", 0.5, 1.5, words=words), cap("c", 1, 500)]}
        answer = server.request("PUT", path(project, "", time=clock), json=body)
        assert answer.status_code == 200, answer.text
        timeline = answer.json()["timeline"]
        server.set_timeline(project, segments=timeline["segments"], captions=timeline["captions"])
    words[1]["end"] = 0.9
    answer = server.request("PUT", path(project, ".json"), json={"captions": [cap("a", 0, 1, words=words)]})
    assert answer.json()["detail"][0]["loc"] == ["body", "captions", 0, "words", 1, "end"]


def test_laid_out_anew(server, project):
    text = "so this is how you make a really good coffee at home"
    server.set_timeline(project, segments=[seg(0, 3)], captions=[cap(text, 0, 3)])
    pages = listed(server, project, lines="social")
    assert " ".join(p[0] for p in pages) == text and len(pages) >= 3
    assert all(len(p[0]) <= 20 for p in pages)
    lines = listed(server, project, lines="subtitle", language="en")
    assert all(len(line) <= 42 for c in lines for line in c[0].split("\n"))


def test_if_match(server, project):
    server.set_timeline(project, segments=[seg(0, 3)], captions=[cap("first", 0, 1)])
    answer = get(server, project, ".srt")
    tag = answer.headers["etag"]
    body = answer.text.replace("first", "second")
    put(server, project, body, ".srt", headers={"If-Match": tag})
    refused = put(server, project, body, ".srt", headers={"If-Match": tag}, expect=412)
    assert "changed in the meantime" in refused.json()["detail"]
    assert listed(server, project) == [("second", 0.0, 1.0)]
    assert server.post(f"/api/timeline/{project}/undo").status_code == 200
    assert listed(server, project) == [("first", 0.0, 1.0)]


@pytest.mark.parametrize("suffix, body, words", [
    ("", "1\n00:00:00,000 --> 00:00:01,000\na\n\n2\nsoon --> later\nb\n", "line 6: the times should look"),
    ("", "00:00:02,000 --> 00:00:01,000\na\n", "line 1: the caption ends before it starts"),
    (".vtt", "00:01.000 --> 00:02.000\na\n", "line 1: a WebVTT file begins with"),
    (".ass", "[Events]\nDialogue: 0,0:00:01.00\n", "line 2: 2 fields"),
    ("", "1\n00:00:01,000 --> 00:00:02,000\nh\xe9\n".encode("latin-1"), "line 3: byte 0xE9 is not UTF-8"),
    ("", "Dear reader\n", "no captions in it"),
    ("", "", "Field required"),
    (".json", '{"captions":[{"text":"a","start":2,"end":1}]}', "should end after its start"),
    (".json", '{"captions":1}', "valid list"),
    ("", "00:00:01,000 --> 00:00:02,000\na\n\n01:00:00,000 --> 01:00:01,000\nb\n", "line 4: the caption begins at 3600.000 s"),
])
def test_refused_with_the_line(server, project, suffix, body, words):
    server.set_timeline(project, segments=[seg(0, 3)], captions=[cap("kept", 0, 1)])
    for clock in ("film", "source"):
        assert words in refusal(put(server, project, body, suffix, expect=422, time=clock))
    assert listed(server, project) == [("kept", 0.0, 1.0)]


def test_utf16_is_read(server, project):
    put(server, project, SRT.encode("utf-16"), time="source")
    assert listed(server, project, time="source")[1][0] == "גם שלום\n你好"


def test_the_end_is_cut(server, project, duration):
    now = put(server, project, f"00:00:00,500 --> 00:10:00,000\na\n", time="source").json()
    assert now["timeline"]["captions"][0]["end"] == pytest.approx(duration, abs=0.05)


def test_other_kinds_are_refused(server, project):
    for media_type in ("image/png", "multipart/form-data; boundary=x", "application/zip"):
        answer = put(server, project, "x", expect=415, headers={"Content-Type": media_type})
        assert "text/vtt" in answer.json()["detail"]


def test_too_large(server, project):
    put(server, project, b"a" * ((16 << 20) + 1), ".srt", expect=413)


def test_states(server, project):
    assert put(server, 99999, SRT, expect=404).json() == {"detail": "Project not found"}
    assert server.get(path(99999, ".srt")).status_code == 404
    assert server.get(path(project, ".doc")).status_code == 422
    server.set_timeline(project, segments=[])
    assert listed(server, project) == []
    assert "time=source" in put(server, project, SRT, expect=409).json()["detail"]


def test_tool_says_the_same(server, project):
    captions = [cap("Hello there", 0.5, 1.5), cap("a\n\nb --> c", 2, 2.5)]
    server.set_timeline(project, segments=[seg(0, 3)], captions=captions)
    tool = server.post("/api/tools", json={"tool": "caption_srt", "args": {"segments": captions}}).json()
    assert tool["result"]["srt"] == get(server, project, ".srt").text
