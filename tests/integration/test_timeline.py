# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline as a front end sees it: replacing, refusing, revisions."""
import concurrent.futures
import json

import pytest


@pytest.fixture
def project(server, clips):
    return server.ingest(clips.landscape(), auto_analyze="false")["project"]["id"]


def segment(start=0, end=1, **more):
    return {"name": "a", "start": start, "end": end, **more}


def errors(answer):
    return [(tuple(e["loc"]), e["type"]) for e in answer["detail"]]


def test_merge_keeps_what_is_absent(server, project):
    first = server.set_timeline(project, segments=[segment()], tempo=120.0, beats=[0.5, 1.0],
                                captions=[{"text": "hi", "start": 0, "end": 1}],
                                template_name="mine", editor={"zoom": 0.488, "panes": [1, 2]})
    second = server.set_timeline(project, segments=[segment(1, 2), segment(0, 1)])
    timeline = second["timeline"]
    assert [s["start"] for s in timeline["segments"]] == [1.0, 0.0]
    for key in ("tempo", "beats", "captions", "template_name", "editor"):
        assert timeline[key] == first["timeline"][key]
    third = server.set_timeline(project, segments=[], tempo=None, captions=[])
    assert third["timeline"]["tempo"] is None and third["timeline"]["captions"] == []
    assert '"zoom":0.488' in server.get(f"/api/timeline/{project}").text


def test_unknown_keys_come_back(server, project):
    sent = segment(color="#ff0000", nested={"deep": [1, {"x": None}]})
    got = server.set_timeline(project, segments=[sent])["timeline"]["segments"][0]
    assert got["color"] == "#ff0000" and got["nested"] == {"deep": [1, {"x": None}]}


@pytest.mark.parametrize("timeline, loc", [
    ({}, ("body", "timeline", "segments")),
    ({"segments": [segment(2, 1)]}, ("body", "timeline", "segments", 0, "end")),
    ({"segments": [segment(-1, 1)]}, ("body", "timeline", "segments", 0, "start")),
    ({"segments": [segment(), segment(0, 99)]}, ("body", "timeline", "segments", 1, "end")),
    ({"segments": [segment(effects=["spin"])]}, ("body", "timeline", "segments", 0, "effects", 0)),
    ({"segments": [segment(effects=["drawtext=textfile=/etc/passwd"])]},
     ("body", "timeline", "segments", 0, "effects", 0)),
    ({"segments": [segment(sfx={"name": "x", "path": "/etc/passwd"})]},
     ("body", "timeline", "segments", 0, "sfx", "path")),
    ({"segments": [segment()], "asset": {"path": "/etc/passwd"}}, ("body", "timeline", "asset", "path")),
    ({"segments": [segment(captions=[{"text": "x", "start": 2, "end": 1}])]},
     ("body", "timeline", "segments", 0, "captions", 0, "end")),
    ({"segments": "x"}, ("body", "timeline", "segments")),
])
def test_refused_with_its_place(server, project, timeline, loc):
    before = server.get(f"/api/timeline/{project}").json()
    answer = server.set_timeline(project, expect=422, **timeline)
    assert loc in [place for place, _ in errors(answer)], answer
    assert server.get(f"/api/timeline/{project}").json() == before


@pytest.mark.parametrize("body, status", [
    (b"{bad", 422), (b"", 422), (b"[]", 422), (b'{"timeline":null}', 422), (b"[" * 100000, 422),
    (b'{"timeline":{"segments":[{"name":"a","start":0,"end":1e999}]}}', 422),
    (b'{"timeline":{"segments":[{"name":"a","start":0,"end":NaN}]}}', 422),
    (b"\xff\xfe{}", 422), (b'{"timeline":{"segments":[],"x":"\\ud800"}}', 422),
])
def test_broken_bodies(server, project, body, status):
    answer = server.post(f"/api/timeline/{project}", data=body,
                         headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, status), answer.text
    json.loads(answer.text)


@pytest.mark.parametrize("name", ["0", "-1", "9223372036854775807", "99999"])
def test_no_such_project(server, name):
    answer = server.get(f"/api/timeline/{name}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Project not found"})


@pytest.mark.parametrize("name", ["abc", "1e3", "0x1", "9223372036854775808", "1.5"])
def test_ids_that_are_no_ids(server, name):
    answer = server.get(f"/api/timeline/{name}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["path", "project_id"]


def test_revisions_undo_redo(server, project):
    server.set_timeline(project, segments=[segment(0, 1)])
    server.set_timeline(project, segments=[segment(0, 2)])
    end = lambda answer: answer.json()["timeline"]["segments"][0]["end"]
    assert end(server.post(f"/api/timeline/{project}/undo")) == 1.0
    assert end(server.post(f"/api/timeline/{project}/redo")) == 2.0
    assert server.post(f"/api/timeline/{project}/redo").status_code == 409
    server.post(f"/api/timeline/{project}/undo")
    server.set_timeline(project, segments=[segment(0, 3)])
    assert server.post(f"/api/timeline/{project}/redo").status_code == 409
    rows = server.get(f"/api/timeline/{project}/revisions").json()
    assert [r["current"] for r in rows].count(True) == 1
    assert rows[0]["current"] and rows[0]["source"] == "user"
    while (answer := server.post(f"/api/timeline/{project}/undo")).status_code == 200:
        pass
    assert answer.status_code == 409 and "undo" in answer.json()["detail"]


def test_if_match(server, project):
    etag = server.get(f"/api/timeline/{project}").headers["etag"]
    body = {"timeline": {"segments": [segment(0, 1)]}}
    first = server.post(f"/api/timeline/{project}", json=body, headers={"If-Match": etag})
    assert first.status_code == 200 and first.headers["etag"] != etag
    stale = server.post(f"/api/timeline/{project}", json={"timeline": {"segments": []}},
                        headers={"If-Match": etag})
    assert stale.status_code == 412
    assert server.get(f"/api/timeline/{project}").json()["timeline"]["segments"] != []


def test_etag_is_of_the_whole_answer_but_only_the_timeline_can_be_stale(server, project):
    answer = server.get(f"/api/timeline/{project}")
    etag = answer.headers["etag"]
    assert server.get(f"/api/timeline/{project}", headers={"If-None-Match": etag}).status_code == 304
    server.consent(answer.json()["asset"]["id"])
    fresh = server.get(f"/api/timeline/{project}", headers={"If-None-Match": etag})
    assert fresh.status_code == 200 and fresh.json()["consent"]["has_checkbox"] is True
    changed = server.post(f"/api/timeline/{project}", json={"timeline": {"segments": [segment()]}},
                          headers={"If-Match": etag})
    assert changed.status_code == 200


def test_of_many_with_the_same_etag_one_wins(server, project):
    etag = server.get(f"/api/timeline/{project}").headers["etag"]

    def change(i):
        body = {"timeline": {"segments": [segment(0, 1 + i / 10)]}}
        return server.post(f"/api/timeline/{project}", json=body,
                           headers={"If-Match": etag}).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(change, range(8))) == [200] + [412] * 7


def test_analyze_again_and_together(server, project):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: server.post(f"/api/timeline/{project}/analyze"), range(4)))
    assert {a.status_code for a in answers} == {200}
    assert answers[0].json()["status"] == "analyzed" and answers[0].json()["timeline"]["segments"]
    later = server.post(f"/api/timeline/{project}/analyze", headers={"Prefer": "respond-async"})
    assert later.status_code == 202
    assert server.wait_job(later.json()["job_id"])["status"] == "finished"


def test_projects_list(server, project):
    answer = server.get("/api/projects?limit=1")
    assert int(answer.headers["x-total-count"]) >= 1
    assert [p["id"] for p in answer.json()] == [project]
    assert server.get("/api/projects?skip=1000000").json() == []
    for bad in ("limit=0", "limit=1001", "skip=-1", "limit=x"):
        assert server.get("/api/projects?" + bad).status_code == 422


def test_large_timeline(server, project):
    segments = [segment(i % 5, i % 5 + 0.5, name=f"s{i}") for i in range(10000)]
    assert len(server.set_timeline(project, segments=segments)["timeline"]["segments"]) == 10000
    answer = server.set_timeline(project, expect=422, segments=segments + [segment()])
    assert answer["detail"][0]["type"] == "too_long"
