# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: JSON on stdout, words on stderr, exit codes for scripts."""
import json
import os
import signal
import stat
import subprocess
import time

import pytest
from conftest import AIVE, MEDIA, ROOT, SLOW, probe, run_aive


def test_help_teaches():
    out = run_aive("--help")
    assert out.returncode == 0 and "aive doctor" in out.stdout
    for name in ("serve", "worker", "render", "analyze", "probe", "migrate", "doctor"):
        assert name in out.stdout
        page = run_aive(name, "--help")
        assert page.returncode == 0 and page.stdout.startswith(f"Usage: aive {name}")
    serve = run_aive("serve", "--help").stdout
    for text in ("--port PORT", "[8000]", "(AIVE_PORT)", "AIVE_WATERMARK_TEXT", "AIVE_DATABASE_URL"):
        assert text in serve


def test_settings_page_is_current():
    page = run_aive("help", "settings").stdout
    assert page == (ROOT / "docs" / "settings.md").read_text(), \
        "run: build/aive help settings > docs/settings.md"


@pytest.mark.parametrize("arguments, code, words", [
    ([], 2, "Usage"), (["sing"], 2, 'no command "sing"'), (["probe"], 2, "missing"),
    (["probe", "a", "b"], 2, "too many"), (["serve", "--prot", "1"], 2, "did you mean --port"),
    (["serve", "--port", "x"], 2, "whole number"), (["serve", "--port"], 2, "needs a value"),
    (["probe", "nothing.mp4"], 4, "nothing.mp4"), (["probe", "."], 3, "not a file"),
    (["render", "nothing.json"], 4, "nothing.json"),
    (["serve", "--host", "0.0.0.0", "--port", "0"], 1, "--allow-anonymous"),
    (["serve", "--database-url", "postgresql://x/y", "--port", "0"], 4, "PostgreSQL"),
    (["serve", "--redis-url", "redis://localhost", "--port", "0"], 4, "AIVE_REDIS_URL"),
])
def test_wrong_use(tmp_path, arguments, code, words):
    out = run_aive(*arguments, cwd=tmp_path)
    assert out.returncode == code, out.stderr
    assert words in out.stderr and out.stdout == ""


def test_settings_flag_beats_environment_beats_file(tmp_path):
    (tmp_path / ".env").write_text("# mine\nexport AIVE_PORT='notaport'\n")
    assert "AIVE_PORT in .env" in run_aive("serve", cwd=tmp_path).stderr
    out = run_aive("serve", cwd=tmp_path, env={"AIVE_PORT": "alsonot"})
    assert "environment variable AIVE_PORT" in out.stderr
    out = run_aive("serve", "--port", "neither", cwd=tmp_path, env={"AIVE_PORT": "1"})
    assert "option --port" in out.stderr


def test_probe(clips):
    out = run_aive("probe", clips.landscape())
    report = json.loads(out.stdout)
    assert (report["width"], report["height"], report["fps"]) == (640, 360, 25.0)
    assert report["video_codec"] == "h264" and report["audio_codec"] == "aac"
    assert run_aive("probe", "--", clips.landscape()).returncode == 0


def test_probe_refuses_with_words(tmp_path):
    text = tmp_path / "film.mp4"
    text.write_text("#EXTM3U\nfile:///etc/passwd\n")
    out = run_aive("probe", text)
    assert out.returncode == 3 and out.stdout == "" and "film.mp4" in out.stderr


def test_analyze_then_render(tmp_path, clips):
    out = run_aive("analyze", clips.landscape(), "-o", tmp_path / "timeline.json", "--template", "clean_talk")
    assert out.returncode == 0, out.stderr
    timeline = json.loads((tmp_path / "timeline.json").read_text())
    assert timeline["asset"]["path"] == str(clips.landscape()) and timeline["segments"]
    assert timeline["template_name"] == "clean_talk"
    timeline["segments"] = timeline["segments"][:1]
    (tmp_path / "timeline.json").write_text(json.dumps(timeline))
    out = run_aive("render", "timeline.json", "-o", "out.mp4", "--preset", "draft", "--progress",
                   cwd=tmp_path)
    assert out.returncode == 0, out.stderr
    assert json.loads(out.stdout)["output"] == "out.mp4"
    assert "100.0%" in out.stderr
    assert probe(tmp_path / "out.mp4")["video"]["width"] == 540
    assert "loudness" in out.stderr and "encoding" in out.stderr
    assert not (tmp_path / "out.mp4.part").exists()


def test_render_says_what_is_wrong(tmp_path, clips):
    def render(text):
        (tmp_path / "t.json").write_text(text)
        return run_aive("render", "t.json", cwd=tmp_path)

    assert "Expecting" in render("{").stderr
    assert "no segments" in render('{"segments": []}').stderr
    assert "no source" in render('{"segments": [{"name": "a", "start": 0, "end": 1}]}').stderr
    out = render(json.dumps({"asset": {"path": str(clips.silent())},
                             "segments": [{"name": "a", "start": 0, "end": 99}]}))
    assert out.returncode == 3 and "segment" in out.stderr
    assert not (tmp_path / "film.mp4").exists()


def test_interrupt_leaves_nothing(tmp_path, clips):
    (tmp_path / "t.json").write_text(json.dumps({
        "asset": {"path": str(clips.landscape())},
        "segments": [{"name": f"{i}", "start": 0, "end": 5} for i in range(20)]}))
    process = subprocess.Popen([AIVE, "render", "t.json", "--preset", "high", "--progress"],
                               cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "%" in line:
            break
    process.send_signal(signal.SIGINT)
    assert process.wait(60 * SLOW) == 130
    assert not list(tmp_path.glob("film.mp4*"))


def test_doctor(tmp_path):
    out = run_aive("doctor", cwd=tmp_path)
    checks = {c["check"]: c for c in json.loads(out.stdout)}
    assert out.returncode == 0, out.stderr
    for name in ("cage", "codecs", "folders", "database", "queue", "fonts", "templates"):
        assert checks[name]["verdict"] != "missing", checks[name]
    assert "libx264" in checks["codecs"]["text"] or "x264" in checks["codecs"]["text"]
    bad = run_aive("doctor", "--share-dir", tmp_path / "none", cwd=tmp_path)
    assert bad.returncode == 4 and "AIVE_SHARE_DIR" in bad.stderr


def test_migrate(tmp_path):
    first = run_aive("migrate", cwd=tmp_path)
    assert json.loads(first.stdout)["from"] == 0
    again = json.loads(run_aive("migrate", cwd=tmp_path).stdout)
    assert again["from"] == again["to"] == json.loads(first.stdout)["to"]


def test_graceful_stop(new_server):
    server = new_server()
    assert server.get("/api/healthz").status_code == 200
    assert server.stop() == 0
    assert "stopping" in server.log()


@pytest.mark.skipif(not MEDIA.exists(), reason="no test media (AIVE_TEST_MEDIA)")
def test_probe_every_malformed_file():
    for path in sorted((MEDIA / "malformed").iterdir()):
        out = run_aive("probe", path, timeout=60)
        assert out.returncode in (0, 3), (path.name, out.returncode, out.stderr)
        if out.returncode == 0:
            report = json.loads(out.stdout)
            assert report["has_video"] or report["has_audio"]
            assert 0 <= report["duration"] < 1e6


def test_a_device_is_written_to_and_never_replaced(tmp_path, clips):
    """`-o /dev/null`, as root, once made a file of the device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True)
    try:
        done = run_aive("analyze", clips.landscape(), "-o", pipe)
        assert done.returncode == 0, done.stderr
        text, _ = reader.communicate(timeout=60)
    finally:
        reader.kill()
    assert json.loads(text)["segments"] and stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]
