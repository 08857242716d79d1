# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts real servers on free ports in temporary folders, and makes the clips the tests need.

Every JSON answer that passes through Server.request() is checked against the server's own
/openapi.json; test_zz_openapi.py fails for a route that no test visited.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import jsonschema
import pytest
import raw_http
import requests

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("AIVE_BUILD", ROOT / "build"))
AIVE = BUILD / "aive"
MEDIA = pathlib.Path(os.environ.get("AIVE_TEST_MEDIA", ROOT.parent / "shared")) / "media"
FINDING = re.compile("(Address|Leak|Thread)Sanitizer|runtime error: ")
SLOW = 10 if re.search("asan|tsan|valgrind", BUILD.name) else 1  # deadlines under sanitizers

visited = set()  # (METHOD, path of the OpenAPI document, status)
sessions_openapi = {}


def check_sanitizers(words):
    """What a program, or a work-horse behind it, said on stderr; of use in make asan and tsan."""
    found = FINDING.search(words)
    assert not found, words[max(found.start() - 200, 0):][:8000]


class Server:
    """One `aive serve` and its data folder; may be killed and started again."""

    def __init__(self, folder, *flags, env=None):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.flags = flags
        self.prefix = []  # what runs the program
        self.env = dict(os.environ, **{"AIVE_OFFLINE": "true", **(env or {})})  # no test fetches models
        self.process = None
        self.url = None
        self.http = requests.Session()

    def start(self):
        log = self.folder / "server.log"
        with open(log, "ab") as out:
            begin = out.tell()
            self.process = subprocess.Popen(
                [*self.prefix, AIVE, "serve", "--port", "0", "--data-dir", self.data, "--log-format", "json",
                 *self.flags], stderr=out, cwd=self.folder, env=self.env)
        deadline = time.monotonic() + 60 * SLOW
        while time.monotonic() < deadline:
            text = log.read_text(errors="replace")[begin:]
            found = re.search(r"serves (http://[^ ]+)", text)
            if found:
                self.url = found.group(1)
                return self
            assert self.process.poll() is None, text
            time.sleep(0.02)
        raise AssertionError("the server did not start:\n" + log.read_text(errors="replace"))

    def stop(self):
        """SIGTERM; returns the exit code."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60 * SLOW)
        self.process = None
        check_sanitizers(self.log())
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None
        check_sanitizers(self.log())

    def log(self):
        return (self.folder / "server.log").read_text(errors="replace")

    # --- requests ---

    def request(self, method, path, **kwargs):
        kwargs.setdefault("timeout", 300 * SLOW)
        answer = self.http.request(method, self.url + path, **kwargs)
        check_against_openapi(self, method, path, answer)
        return answer

    def get(self, path, **kwargs):
        return self.request("GET", path, **kwargs)

    def post(self, path, **kwargs):
        return self.request("POST", path, **kwargs)

    # --- the usual steps ---

    def ingest(self, clip, expect=200, headers=None, **fields):
        with open(clip, "rb") as f:
            answer = self.post("/api/ingest", files={"file": (pathlib.Path(clip).name, f)},
                               data=fields, headers=headers or {})
        assert answer.status_code == expect, answer.text
        return answer.json()

    def consent(self, asset, accepted=True):
        answer = self.post(f"/api/consent/{asset}/checkbox", json={"accepted": accepted})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def set_timeline(self, project, expect=200, **timeline):
        answer = self.post(f"/api/timeline/{project}", json={"timeline": timeline})
        assert answer.status_code == expect, answer.text
        return answer.json()

    def start_render(self, project, expect=200, **body):
        answer = self.post(f"/api/render/{project}", json=body)
        assert answer.status_code == expect, answer.text
        return answer.json().get("job_id")

    def status(self, job):
        answer = self.get(f"/api/render/status/{job}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait_job(self, job, seconds=180, each=None):
        deadline = time.monotonic() + seconds * SLOW
        while time.monotonic() < deadline:
            status = self.status(job)
            if each:
                each(status)
            if status["status"] in ("finished", "failed", "canceled"):
                return status
            time.sleep(0.05)
        raise AssertionError(f"job still {status}")

    def render(self, project, **body):
        """A finished film's local path."""
        status = self.wait_job(self.start_render(project, **body))
        assert status["status"] == "finished", status
        return self.data / status["output_url"].lstrip("/")

    def media_files(self, cls):
        return sorted(p.name for p in (self.data / "media" / cls).iterdir())


# --- OpenAPI ------------------------------------------------------------------------------------

def openapi_of(server):
    if server.url not in sessions_openapi:
        sessions_openapi[server.url] = requests.get(server.url + "/openapi.json", timeout=60).json()
    return sessions_openapi[server.url]


def find_operation(doc, method, path):
    path = path.split("?")[0]
    matches = []
    for template, methods in doc["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        if re.fullmatch(pattern, path) and method.lower() in methods:
            matches.append((template.count("{"), template))
    return min(matches)[1] if matches else None


def check_against_openapi(server, method, path, answer):
    doc = openapi_of(server)
    template = find_operation(doc, "GET" if method == "HEAD" else method, path)
    if not template or method == "HEAD":
        return
    visited.add((method, template, answer.status_code))
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return
    responses = doc["paths"][template][method.lower()]["responses"]
    described = responses.get(str(answer.status_code))
    if not described and answer.status_code in (400, 429, 500, 503, 504, 507):
        described = responses["default"]  # what any endpoint may answer
    assert described, f"{method} {template} answers {answer.status_code}, which OpenAPI lacks"
    schema = described.get("content", {}).get("application/json", {}).get("schema")
    if schema:
        jsonschema.validate(answer.json(), {**schema, "components": doc["components"]})


# --- Fixtures -----------------------------------------------------------------------------------

@pytest.fixture(scope="session", autouse=True)
def users_cache(tmp_path_factory):
    """What commands keep for a user: never where the user of this machine keeps it."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    return Clips(tmp_path_factory.mktemp("clips"))


class Clips:
    """Small clips made on the spot, each once."""

    def __init__(self, folder):
        self.folder = folder

    def make(self, name, *arguments):
        path = self.folder / name
        if not path.exists():
            subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *arguments, path],
                           check=True)
        return path

    def landscape(self):
        """6 s, 640x360 at 25 fps with a moving pattern and a beat a second."""
        return self.make("landscape.mp4", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=6",
                         "-f", "lavfi", "-i", "aevalsrc='sin(880*2*PI*t)*exp(-20*mod(t,0.5))':d=6:s=44100",
                         "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-pix_fmt", "yuv420p",
                         "-c:a", "aac", "-shortest")

    def silent(self):
        return self.make("silent.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=30:d=3",
                         "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")

    def sound(self):
        return self.make("sound.mp3", "-f", "lavfi", "-i", "sine=440:d=3")

    def sync(self):
        """4 s, 30 fps: black, with a white flash and a click together at 1 s and 3 s."""
        return self.make("sync.mp4", "-f", "lavfi", "-i",
                         "color=black:s=320x240:r=30:d=4,drawbox=c=white:t=fill:"
                         "enable='between(t,1,1.0333)+between(t,3,3.0333)'",
                         "-f", "lavfi", "-i",
                         "aevalsrc='if(between(mod(t,2),1,1.005),0.9*sin(2*PI*1000*t),0)':d=4:s=48000",
                         "-c:v", "libx264", "-preset", "ultrafast", "-qp", "10", "-pix_fmt", "yuv420p",
                         "-c:a", "pcm_s16le", "-f", "mov")

    def tone(self):
        return self.make("tone.mp4", "-f", "lavfi", "-i", "color=gray:s=320x240:r=30:d=4",
                         "-f", "lavfi", "-i", "sine=440:d=4:r=48000", "-c:v", "libx264", "-preset",
                         "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "192k")


@pytest.fixture
def new_server(tmp_path):
    """A factory of servers that are stopped at the end."""
    servers = []

    def make(*flags, env=None, start=True):
        folder = tmp_path / f"server{len(servers)}"
        folder.mkdir()
        server = Server(folder, *flags, env=env)
        servers.append(server)
        return server.start() if start else server

    yield make
    for server in servers:
        if server.process:
            server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server for a module's tests."""
    server = Server(tmp_path_factory.mktemp("server")).start()
    yield server
    assert server.stop() == 0, server.log()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The HTTP layer with toy routes, for a module's tests."""
    f = raw_http.start(tmp_path_factory.mktemp("http"))
    (f.folder / "ingest" / "clip.mp4").write_bytes(bytes(range(256)) * 40)
    (f.folder / "ingest" / "empty.mp4").write_bytes(b"")
    (f.folder / "consent" / "paper.pdf").write_bytes(b"%PDF-1.4")
    (f.folder / "ingest" / "planted.mp4").symlink_to("/etc/passwd")
    (f.folder / "ingest" / ".hidden.mp4").write_bytes(b"x")
    os.mkfifo(f.folder / "ingest" / "fifo.mp4")
    (f.folder / "ingest" / "folder").mkdir()
    yield f
    assert f.process.poll() is None, f.log()
    f.until(lambda: f.leftovers() == [])
    f.stop()


@pytest.fixture
def small_disk(tmp_path):
    """A server's folder whose data lie on 32 MB."""
    data = tmp_path / "small" / "data"
    data.mkdir(parents=True)
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", data], capture_output=True).returncode == 0
    if not mounted:
        pytest.skip("a tmpfs cannot be mounted here")
    yield data.parent
    subprocess.run(["umount", "-l", data], check=True)


def horses(pid):
    """Work-horses below a process."""
    out = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True).stdout
    rows = [line.split(None, 2) for line in out.splitlines()[1:]]
    return [int(p) for p, parent, args in rows if int(parent) == pid and "work-horse" in args]


def probe(path):
    """ffprobe's view of a film."""
    out = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json",
                          path], check=True, capture_output=True).stdout
    info = json.loads(out)
    info["video"] = next((s for s in info["streams"] if s["codec_type"] == "video"), None)
    info["audio"] = next((s for s in info["streams"] if s["codec_type"] == "audio"), None)
    return info


def gray_frames(path, width=36, height=64):
    """Every frame as a list of bytes-like luma rows, scaled down."""
    raw = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-fps_mode", "passthrough",
                          "-vf", f"scale={width}:{height}", "-f", "rawvideo", "-pix_fmt", "gray", "-"],
                         check=True, capture_output=True).stdout
    size = width * height
    return [raw[i:i + size] for i in range(0, len(raw) - size + 1, size)]


def samples(path, rate=48000):
    """Mono samples as a list of floats."""
    import array
    raw = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-vn", "-ac", "1", "-ar",
                          str(rate), "-f", "f32le", "-"], check=True, capture_output=True).stdout
    values = array.array("f")
    values.frombytes(raw[:len(raw) // 4 * 4])
    return values


def run_aive(*arguments, cwd=None, env=None, timeout=300):
    done = subprocess.run([AIVE, *map(str, arguments)], capture_output=True, text=True, cwd=cwd,
                          env=dict(os.environ, **(env or {})), timeout=timeout * SLOW)
    check_sanitizers(done.stderr)
    return done
