#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API costs: CPU of the server process for each request and each GB, and its memory.

    bench/api.py build/aive

Server CPU is read from /proc, so a slow client does not count. Uploads are compared with what cannot
be avoided: hashing and writing the same file (b2sum, cp), measured in the same run.
"""
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request

TICK = os.sysconf("SC_CLK_TCK")
GIB = 1 << 30
SECONDS = 4
# CPU of the Python original for each request, measured on another day on a like machine.
ORIGINAL_GET_US, ORIGINAL_POST_US = 26000, 40000
ORIGINAL_UPLOAD_S_PER_GB, ORIGINAL_MEDIA_S_PER_GB = 9.0, 2.7


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def high_water_mib(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def children_cpu():
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime


def measured(command):
    """CPU seconds of a command."""
    before = children_cpu()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return children_cpu() - before


class Server:
    def __init__(self, aive, folder):
        self.log = folder / "log"
        self.process = subprocess.Popen([aive, "serve", "--port", "0", "--data-dir", folder / "data",
                                         "--log-level", "info", "--log-format", "text"],
                                        stderr=open(self.log, "wb"))
        while not (found := re.search(r"serves (http://[^ ]+)", self.log.read_text())):
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        self.url = found[1]
        self.pid = self.process.pid

    def json(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method,
                                         data=json.dumps(body).encode() if body is not None else None,
                                         headers={"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))

    def upload(self, path, **fields):
        command = ["curl", "-sS", "-F", f"file=@{path}"]
        for name, value in fields.items():
            command += ["-F", f"{name}={value}"]
        out = subprocess.run([*command, self.url + "/api/ingest"], check=True, capture_output=True)
        return json.loads(out.stdout)


def load(server, name, path, script=None, original_us=None):
    command = ["wrk", "-t1", "-c16", f"-d{SECONDS}s", "--latency"]
    if script:
        command += ["-s", script]
    before = cpu_s(server.pid)
    out = subprocess.run([*command, server.url + path], check=True, capture_output=True, text=True).stdout
    used = cpu_s(server.pid) - before
    count = int(re.search(r"(\d+) requests in", out)[1])
    p99 = re.search(r"99%\s+(\S+)", out)[1]
    bad = re.search(r"Non-2xx.*: (\d+)", out)
    line = f"{name:30} {count / SECONDS:9.0f} req/s  {used / count * 1e6:8.0f} us CPU  p99 {p99:>9}"
    if original_us:
        line += f"  {original_us / (used / count * 1e6):6.0f}x less CPU than the original"
    print(line + (f"  {bad[1]} FAILED" if bad else ""))


def timeline():
    """About 18 KB as stored."""
    words = "the quick brown fox jumps over the lazy dog".split()
    return {"segments": [{"name": f"beat-{i}", "start": round(i * 0.488, 3), "end": round(i * 0.488 + 0.488, 3),
                          "effects": ["zoom"] if i % 3 else ["slowmo"], "reason": "on the beat",
                          "captions": [{"text": " ".join(words[i % 5:]), "start": round(i * 0.488, 3),
                                        "end": round(i * 0.488 + 0.4, 3)}]} for i in range(80)],
            "beats": [round(i * 0.488, 3) for i in range(80)], "tempo": 122.951}


def big_film(folder, clip, gib):
    """A real film with a sparse `free` box behind it: accepted, and as large as we like."""
    path = folder / "big.mp4"
    path.write_bytes(clip.read_bytes() + b"\0\0\0\1free" + (gib * GIB).to_bytes(8, "big"))
    os.truncate(path, path.stat().st_size - 16 + gib * GIB)
    return path


def main():
    aive = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/aive").resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        clip = folder / "clip.mp4"
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x240:d=40", "-c:v",
                        "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", clip], check=True)
        server = Server(aive, folder)
        try:
            project = server.upload(clip, auto_analyze="false")["project"]["id"]
            path = f"/api/timeline/{project}"
            server.json("POST", path, {"timeline": timeline()})
            size = len(urllib.request.urlopen(server.url + path).read())
            print(f"timeline answer: {size} bytes; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
            load(server, "GET healthz", "/api/healthz")
            load(server, "GET timeline", path, original_us=ORIGINAL_GET_US)
            load(server, "GET projects", "/api/projects")
            script = folder / "post.lua"
            body = json.dumps({"timeline": timeline()}, separators=(",", ":"))
            script.write_text('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
                              f"local n, body = 0, [==[{body}]==]\n"
                              'request = function() n = n + 1; return wrk.format(nil, nil, nil, '
                              '(body:gsub("122.951", tostring(100 + n % 97), 1))) end\n')
            load(server, "POST timeline (fsynced)", path, script, ORIGINAL_POST_US)

            big = big_film(folder, clip, 1)
            gb = big.stat().st_size / 1e9
            floor = measured(["b2sum", big]) + measured(["cp", "--sparse=never", "--reflink=never", big,
                                                         folder / "copy"])
            (folder / "copy").unlink()
            before, begun = cpu_s(server.pid), time.monotonic()
            url = server.upload(big, auto_analyze="false")["asset"]["ingest_url"]
            wall, used = time.monotonic() - begun, cpu_s(server.pid) - before
            print(f"{'upload 1 GiB':30} {gb * 1000 / wall:9.0f} MB/s   {used / gb:8.2f} s CPU/GB  "
                  f"{used / floor:.2f}x of b2sum + cp, {ORIGINAL_UPLOAD_S_PER_GB * gb / used:.0f}x less CPU than the original")
            before, begun = cpu_s(server.pid), time.monotonic()
            subprocess.run(["curl", "-sS", "-o", "/dev/null", server.url + url], check=True)
            wall, used = time.monotonic() - begun, cpu_s(server.pid) - before
            print(f"{'media 1 GiB':30} {gb * 1000 / wall:9.0f} MB/s   {used / gb:8.2f} s CPU/GB  "
                  f"{ORIGINAL_MEDIA_S_PER_GB * gb / max(used, 0.01):.0f}x less CPU than the original")
            big.unlink()

            # 8 GiB of zeros: no film, so it is refused at the end, after every byte was taken.
            before = high_water_mib(server.pid)
            zeros = folder / "zeros.mp4"
            zeros.touch()
            os.truncate(zeros, 8 * GIB - 4096)
            out = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-F",
                                  f"file=@{zeros}", server.url + "/api/ingest"],
                                 capture_output=True, text=True)
            print(f"{'upload 8 GiB (refused: ' + out.stdout + ')':30} server memory at most "
                  f"{high_water_mib(server.pid):.0f} MiB, {before:.0f} MiB before; limit 64")
        finally:
            server.process.terminate()
            server.process.wait()


if __name__ == "__main__":
    main()
