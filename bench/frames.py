#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a frame of a timeline takes over HTTP, on a server that has seen its source.

    bench/frames.py build/aive [CLIP]

Without a clip: 60 s of 1920x1080 with a key frame every 8 s, which is as far as encoders of phones
and screens put them. 40 times by chance, never the same twice, in each of these ways: as it comes
(from a proxy), 360 wide (small, from a proxy), 1080 wide (from the source), and the first way again
(kept).
"""
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

FRAMES = 40


def start(aive, folder):
    log = folder / "log"
    process = subprocess.Popen([aive, "serve", "--port", "0", "--data-dir", folder / "data"], stderr=open(log, "wb"))
    while not (found := re.search(r"serves (http://[^ \"]+)", log.read_text())):
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    return process, found[1]


def ask(url, body=None):
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, body and json.dumps(body).encode(), headers)) as answer:
        return json.loads(answer.read())


def ingest(url, clip):
    """The project of a clip that was analysed, which makes its proxy."""
    out = subprocess.run(["curl", "-sS", "-F", f"file=@{clip}", "-F", "auto_analyze=false", f"{url}/api/ingest"],
                         check=True, capture_output=True)
    made = json.loads(out.stdout)
    begin = time.monotonic()
    ask(f"{url}/api/assets/{made['asset']['id']}/analyze", {})
    print(f"  analysed, proxy included, in {time.monotonic() - begin:.1f} s")
    return made["project"]["id"]


def timed(url):
    begin = time.monotonic()
    with urllib.request.urlopen(url) as answer:
        answer.read()
    return 1000 * (time.monotonic() - begin)


def cpu_ms(pid):
    """Of the server and of the children that it has seen end."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return 1000 * sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def report(name, pid, url, times):
    before = cpu_ms(pid)
    ms = sorted(timed(f"{url}{t}") for t in times)
    print(f"  {name:12} p50 {ms[len(ms) // 2]:5.0f} ms   p95 {ms[len(ms) * 95 // 100]:5.0f} ms   most {ms[-1]:5.0f} ms"
          f"   CPU {(cpu_ms(pid) - before) / len(ms):5.0f} ms each")


def main():
    random.seed(1)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        clip = sys.argv[2] if len(sys.argv) > 2 else folder / "clip.mp4"
        if len(sys.argv) < 3:
            subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=30:d=60",
                            "-f", "lavfi", "-i", "sine=330:d=60", "-c:v", "libx264", "-preset", "veryfast", "-g", "240",
                            "-keyint_min", "240", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", clip],
                           check=True)
        process, url = start(sys.argv[1], folder)
        try:
            project = ingest(url, clip)
            segments = [{"name": f"s{i}", "start": i * 7.3, "end": i * 7.3 + 6, "captions": [
                {"text": "Words on a screen", "start": i * 7.3 + 1, "end": i * 7.3 + 5}]} for i in range(8)]
            ask(f"{url}/api/timeline/{project}", {"timeline": {"segments": segments}})
            frame = f"{url}/api/timeline/{project}/frame"
            times = [round(random.uniform(0, 48), 3) for _ in range(FRAMES)]
            for name, more in (("as it comes", ""), ("width=360", "&width=360"), ("width=1080", "&width=1080"),
                               ("kept", "")):
                report(name, process.pid, f"{frame}?{more[1:]}&t=", times)
        finally:
            process.terminate()
            process.wait()


main()
