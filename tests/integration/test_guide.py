# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide's curl examples, as printed there. curl is told to find localhost:8000 elsewhere."""
import json
import os
import shutil
import subprocess

import pytest

UPLOAD = r'''curl -X POST http://localhost:8000/api/ingest \
  -F "file=@myvideo.mp4" \
  -F "title=My Cool Video" \
  -F "auto_analyze=true"'''

UPDATE = r'''curl -X POST http://localhost:8000/api/timeline/1 \
  -H "Content-Type: application/json" \
  -d '{
    "timeline": {
      "segments": [
        {
          "name": "intro",
          "start": 0.0,
          "end": 3.0,
          "effects": ["zoom"],
          "captions": [
            {"text": "Welcome!", "start": 0.5, "end": 1.5}
          ]
        }
      ]
    }
  }\''''.replace("\\'", "'")

RENDER = r'''# First, complete consent (required)
curl -X POST http://localhost:8000/api/consent/1/checkbox \
  -H "Content-Type: application/json" \
  -d '{"accepted": true}'

curl -X POST http://localhost:8000/api/consent/1/upload \
  -F "file=@consent_form.pdf"

# Then start render
curl -X POST http://localhost:8000/api/render/1 \
  -H "Content-Type: application/json" \
  -d '{"watermark": true}'
'''

STATUS = "curl http://localhost:8000/api/render/status/abc123-def456-..."

TOOLS = r'''# Transcribe video
curl -X POST http://localhost:8000/api/tools \
  -H "Content-Type: application/json" \
  -d '{
    "tool": "transcribe",
    "args": {
      "path": "/path/to/video.mp4",
      "model": "small.en"
    }
  }'

# Detect beats
curl -X POST http://localhost:8000/api/tools \
  -H "Content-Type: application/json" \
  -d '{
    "tool": "beats",
    "args": {
      "path": "/path/to/video.mp4"
    }
  }'
'''

CHAT = r'''# Create session
curl -X POST http://localhost:8000/api/chat/sessions \
  -H "Content-Type: application/json" \
  -d '{
    "title": "New Chat",
    "backend": "stub"
  }'

# Send message
curl -X POST http://localhost:8000/api/chat/sessions/1/messages \
  -H "Content-Type: application/json" \
  -d '{
    "message": "Suggest a hook for my video about cooking"
  }'
'''


@pytest.fixture(scope="module")
def shell(server, clips, tmp_path_factory):
    """Runs a printed example; gives its answers, one JSON value each."""
    folder = tmp_path_factory.mktemp("guide")
    shutil.copy(clips.landscape(), folder / "myvideo.mp4")
    (folder / "consent_form.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    port = server.url.rsplit(":", 1)[1]
    (folder / ".curlrc").write_text(
        f'connect-to = "localhost:8000:127.0.0.1:{port}"\nsilent\nshow-error\nwrite-out = "\\n"\n')

    def run(text):
        out = subprocess.run(["bash", "-c", text], cwd=folder, check=True, capture_output=True,
                             text=True, env=dict(os.environ, HOME=str(folder))).stdout
        return [json.loads(line) for line in out.splitlines() if line.strip()]

    return run


def test_upload_and_analyze(shell):
    [answer] = shell(UPLOAD)
    assert answer["asset"]["id"] == 1
    assert answer["asset"]["resolution"] == "640x360"
    assert answer["asset"]["fps"] == 25.0
    assert abs(answer["asset"]["duration"] - 6) < 0.1
    assert answer["asset"]["ingest_url"].startswith("/media/ingest/")
    assert answer["asset"]["thumbnail_url"].startswith("/media/thumbnails/")
    project = answer["project"]
    assert (project["id"], project["title"], project["status"]) == (1, "My Cool Video", "analyzed")
    assert project["timeline"]["segments"] and project["timeline"]["template_name"]
    assert project["timeline"]["captions"] == []
    assert project["timeline"]["transcript"]["engine"] is None
    assert project["timeline"]["transcript"]["reason"]


def test_update_timeline(shell):
    [answer] = shell(UPDATE)
    segments = answer["timeline"]["segments"]
    assert [s["name"] for s in segments] == ["intro"]
    assert segments[0]["effects"] == ["zoom"]
    assert segments[0]["captions"][0]["text"] == "Welcome!"
    assert answer["timeline"]["asset"]["url"].startswith("/media/ingest/")


def test_render_and_status(shell, server):
    checkbox, document, started = shell(RENDER)
    assert checkbox == {"asset_id": 1, "has_checkbox": True, "document_url": None}
    assert document["document_url"].startswith("/media/consent/")
    assert started["status_url"] == "/api/render/status/" + started["job_id"]
    assert shell(STATUS) == [{"detail": "Job not found"}]

    server.wait_job(started["job_id"])
    [status] = shell(STATUS.replace("abc123-def456-...", started["job_id"]))
    assert status["status"] == "finished", status
    assert status["progress"] == 100.0 and status["error"] is None
    assert status["result"] == status["output_url"]
    logs = status["logs"]
    assert logs[0] == "Starting render for project 1"
    for line in ("Timeline ready; beginning composition", "Processed segment intro",
                 "Writing video stream", "Applying watermark & metadata"):
        assert line in logs
    assert logs[-1] == "Render complete -> " + status["output_url"]
    assert server.get("/api/timeline/1").json()["status"] == "rendered"


def test_tools_name_an_asset_that_is_not_ours(shell, server):
    assert shell(TOOLS) == [{"detail": "Asset not found"}] * 2
    path = server.get("/api/timeline/1").json()["asset"]["path"]
    transcript, beats = shell(TOOLS.replace("/path/to/video.mp4", path))
    assert transcript["tool"] == "transcribe"
    assert transcript["result"]["engine"] is None and transcript["result"]["reason"]
    assert transcript["result"]["segments"] == []
    assert abs(beats["result"]["tempo"] - 120) < 2
    assert len(beats["result"]["beats"]) >= 8


def test_chat(shell):
    session, sent = shell(CHAT)
    assert (session["id"], session["title"], session["backend"]) == (1, "New Chat", "stub")
    assert session["messages"] == []
    assert [m["role"] for m in sent["session"]["messages"]] == ["user", "assistant"]
    assert sent["reply"] == sent["session"]["messages"][1]
    assert "cooking" in sent["reply"]["content"].lower()
