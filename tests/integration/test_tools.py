# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools, chat, consent, health."""
import pytest


def tool(server, name, args, expect=200):
    answer = server.post("/api/tools", json={"tool": name, "args": args})
    assert answer.status_code == expect, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def asset(server, clips):
    return server.ingest(clips.landscape(), auto_analyze="false")["asset"]


def test_health(server):
    health = server.get("/api/healthz").json()
    assert health["status"] == "ok" and health["redis"] is False and health["queue"] == "embedded"


def test_thumbnail(server, asset):
    result = tool(server, "thumbnail", {"path": asset["path"], "time": 1.5})["result"]
    assert server.get(result["url"]).content[:3] == b"\xff\xd8\xff"
    assert tool(server, "thumbnail", {"path": asset["ingest_url"], "time": 1.5})["result"] == result
    assert tool(server, "thumbnail", {"asset_id": asset["id"], "time": 1e6})["result"]["url"]
    assert tool(server, "thumbnail", {"asset_id": asset["id"], "time": -1}, 422)


@pytest.mark.parametrize("path", ["/proc/self/environ", "../../etc/passwd", "/dev/zero", "ingest",
                                  "ingest/../../aive.db", "http://127.0.0.1/x", "consent/x.pdf"])
def test_paths_that_are_not_ours(server, path):
    assert tool(server, "beats", {"path": path}, 404) == {"detail": "Asset not found"}


def test_arguments(server, asset):
    assert tool(server, "beats", {}, 422)["detail"][0]["loc"] == ["body", "args", "path"]
    assert tool(server, "beats", [], 422)["detail"][0]["loc"] == ["body", "args"]
    unknown = tool(server, "sing", {}, 422)["detail"][0]
    assert unknown["loc"] == ["body", "tool"] and "'suggest_effects'" in unknown["msg"]
    for model in ("../../x", "http://x/y", "/etc/passwd"):
        tool(server, "transcribe", {"asset_id": asset["id"], "model": model}, 422)


def test_captions_and_suggestions(server):
    segments = [{"text": "one", "start": 0.5, "end": 1.25}, {"text": "two --> x", "start": 2, "end": 3}]
    srt = tool(server, "caption_srt", {"segments": segments})["result"]["srt"]
    assert srt.startswith("1\n00:00:00,500 --> 00:00:01,250\none\n\n2\n")
    assert srt.count("-->") == 2
    result = tool(server, "suggest_effects", {"transcript": "Wow! This is huge. Wait for it...",
                                              "beats": [0.5, 1.0, 1.5], "backend": "stub"})["result"]
    assert result["suggestions"] and all(s["reason"] for s in result["suggestions"])


def test_models_that_are_not_there(server):
    for path, setting in (("generate_video", "AIVE_VIDEO_MODEL_URL"),
                          ("edit_image", "AIVE_IMAGE_MODEL_URL")):
        answer = server.post(f"/api/tools/{path}", json={"prompt": "a cat"})
        assert answer.status_code == 503 and setting in answer.json()["detail"]
        assert server.post(f"/api/tools/{path}", json={}).status_code == 422


def test_chat(server):
    made = server.post("/api/chat/sessions", json={"title": "T"}).json()
    assert made["backend"] == "stub"
    path = f"/api/chat/sessions/{made['id']}"
    sent = server.post(path + "/messages", json={"message": "hello"}).json()
    assert sent["reply"]["role"] == "assistant"
    assert len(server.get(path).json()["messages"]) == 2
    assert made["id"] in [s["id"] for s in server.get("/api/chat/sessions").json()["sessions"]]
    assert server.get("/api/chat/sessions/99999").json() == {"detail": "Chat session not found"}
    assert server.post(path + "/messages", json={"message": "  "}).status_code == 422
    assert server.post("/api/chat/sessions", json={"backend": "../x"}).status_code == 422
    other = server.post("/api/chat/sessions", json={"backend": "hf"}).json()
    answer = server.post(f"/api/chat/sessions/{other['id']}/messages", json={"message": "hello"})
    assert answer.status_code == 503 and "AIVE_" in answer.json()["detail"]
    assert server.get(f"/api/chat/sessions/{other['id']}").json()["messages"][0]["content"] == "hello"


def test_consent(server, asset):
    path = f"/api/consent/{asset['id']}"
    assert server.get(path).json() == {"asset_id": asset["id"], "has_checkbox": False,
                                       "document_url": None}
    for bad in ({}, {"accepted": None}, {"accepted": "perhaps"}):
        assert server.post(path + "/checkbox", json=bad).status_code == 422
    assert server.consent(asset["id"])["has_checkbox"] is True
    assert server.consent(asset["id"], False)["has_checkbox"] is False
    for data in (b"<html><script>", b"", b"PK\x03\x04", b"<svg/>"):
        answer = server.post(path + "/upload", files={"file": ("form.pdf", data)})
        assert answer.status_code == 415, answer.text
    url = server.post(path + "/upload", files={"file": ("form.pdf", b"%PDF-1.7\n")}).json()["document_url"]
    document = server.get(url)
    assert document.headers["content-disposition"].startswith("attachment")
    assert document.headers["content-type"] == "application/pdf"
    assert server.post(path + "/upload", files={"file": ("big.pdf", b"%PDF-" + b"x" * (21 << 20))}
                       ).status_code == 413
    assert server.get("/api/consent/99999").json() == {"detail": "Asset not found"}
    assert server.post("/api/consent/99999/checkbox", json={"accepted": True}).status_code == 404
