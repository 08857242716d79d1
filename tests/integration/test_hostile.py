# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that lie, bite or are merely strange: nothing foreign is opened, nothing is left behind,
the server stays as it was, and what can be played becomes a film in step with its source."""
import io
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest
from conftest import BUILD, SLOW, gray_frames, probe, samples

MUTATIONS = int(os.environ.get("AIVE_MUTATIONS", "240"))
CLASSES = ("ingest", "thumbnails", "tmp")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def upload(server, data, name="clip.mp4", **fields):
    fields.setdefault("auto_analyze", "false")
    return server.post("/api/ingest", files={"file": (name, io.BytesIO(data))}, data=fields)


def left_behind(server):
    return {c: server.media_files(c) for c in CLASSES}


def memory_kb(server, key="VmRSS"):
    status = open(f"/proc/{server.process.pid}/status").read()
    return int(re.search(rf"{key}:\s+(\d+)", status).group(1))


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


# --- Files that name others ---------------------------------------------------------------------

def texts(secret, port):
    """Texts that some demuxer would follow to `secret` or to 127.0.0.1:port."""
    http = f"http://127.0.0.1:{port}/x"
    hls = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n"
    master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n"
    mpd = ("<?xml version='1.0'?><MPD type='static' mediaPresentationDuration='PT10S'><Period>"
           "<AdaptationSet mimeType='video/mp4'><Representation id='1' bandwidth='1'>"
           "<BaseURL>{}</BaseURL></Representation></AdaptationSet></Period></MPD>")
    return {name: text.encode() for name, text in {
        "hls file": f"{hls}#EXTINF:10,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "hls http": f"{hls}#EXTINF:10,\n{http}.ts\n#EXT-X-ENDLIST\n",
        "hls key": f'{hls}#EXT-X-KEY:METHOD=AES-128,URI="{http}"\n#EXTINF:10,\nfile://{secret}\n',
        "hls map": f'{hls}#EXT-X-MAP:URI="file://{secret}"\n#EXTINF:10,\nfile://{secret}\n',
        "hls concat": f"{hls}#EXTINF:10,\nconcat:{secret}|{secret}\n#EXT-X-ENDLIST\n",
        "hls master": f"{master}file://{secret}\n",
        "hls master http": f"{master}{http}.m3u8\n",
        "hls self": f"{master}clip.mp4\n",
        "concat": f"ffconcat version 1.0\nfile '{secret}'\n",
        "concat http": f"ffconcat version 1.0\nfile '{http}.mp4'\n",
        "dash": mpd.format(f"file://{secret}"),
        "dash http": mpd.format(http),
        "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
               f"m=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        "svg": f"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x SYSTEM 'file://{secret}'>]>"
               f"<svg xmlns:xlink='http://www.w3.org/1999/xlink'><image xlink:href='{http}'/>"
               "<text>&x;</text></svg>",
        "pls": f"[playlist]\nFile1={http}\nNumberOfEntries=1\nVersion=2\n",
        "asx": f"<asx version='3.0'><entry><ref href='{http}'/></entry></asx>",
        "rtsp": f"rtsptext\nRTSP://127.0.0.1:{port}/x\n",
        "cue": f'FILE "{secret}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
        "ass": "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
               "Dialogue: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,x\n",
        "lrc": "[ti:x]\n[00:01.00]hello\n[00:02.00]there\n",
    }.items()}


def avi_with_subtitles(avi, payload):
    """The GAB2 packet of CVE-2017-9993: subtitles inside an AVI, of whatever kind."""
    body = bytearray(avi)
    header = body.index(b"LIST")
    size = struct.unpack_from("<I", body, header + 4)[0]
    strh = b"strh" + struct.pack("<I", 56) + b"txts" + bytes(16) + struct.pack("<II", 1, 25) + bytes(28)
    strl = strh + b"strf" + struct.pack("<I", 0)
    strl = b"LIST" + struct.pack("<I", 4 + len(strl)) + b"strl" + strl
    struct.pack_into("<I", body, header + 4, size + len(strl))
    struct.pack_into("<I", body, body.index(b"avih") + 8 + 24, 2)  # streams
    body[header + 8 + size:header + 8 + size] = strl
    movi = body.index(b"movi")
    packet = b"GAB2\0" + struct.pack("<HIHHI", 2, 2, 0, 4, len(payload)) + payload
    chunk = b"01sb" + struct.pack("<I", len(packet)) + packet + b"\0" * (len(packet) & 1)
    struct.pack_into("<I", body, movi - 4, struct.unpack_from("<I", body, movi - 4)[0] + len(chunk))
    body[movi + 4:movi + 4] = chunk
    struct.pack_into("<I", body, 4, len(body) - 8)
    index = body.rindex(b"idx1")  # its offsets are wrong now
    body[index:index + 4] = b"JUNK"
    return bytes(body)


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def boxes(data, path):
    """Start and end of the first box at a path like moov/trak/mdia, and of all above it."""
    found, low, high = [], 0, len(data)
    for kind in path.split("/"):
        while True:
            size, at = struct.unpack_from(">I4s", data, low)
            if at == kind.encode():
                break
            low += size
            assert low < high, f"no {kind}"
        found.append((low, low + size))
        low, high = low + 8, low + size
    return found


def mov_with_reference(mov, secret):
    """Its data is said to lie in another file."""
    path = boxes(mov, "moov/trak/mdia/minf/dinf/dref")
    start, end = path[-1]
    new = box(b"dref", bytes(4), struct.pack(">I", 1),
              box(b"url ", bytes(4), b"file://" + str(secret).encode() + b"\0"))
    out = bytearray(mov[:start] + new + mov[end:])
    for at, stop in path[:-1]:
        struct.pack_into(">I", out, at, stop - at + len(new) - (end - start))
    return bytes(out)


@pytest.fixture
def listener():
    """A port on which nobody may ever call."""
    hits = []
    with socket.create_server(("127.0.0.1", 0)) as sock:
        def accept():
            while True:
                try:
                    hits.append(sock.accept()[1])
                except OSError:
                    return
        threading.Thread(target=accept, daemon=True).start()
        yield sock.getsockname()[1], hits
        sock.shutdown(socket.SHUT_RDWR)


class Trace:
    """What the server and its children open, connect to and run."""

    def __init__(self, server, path):
        self.path = path
        self.process = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", path, "-e",
             "trace=open,openat,openat2,connect,socket,execve", "-p", str(server.process.pid)],
            stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            server.http.get(server.url + "/api/projects")  # makes the server open something
            if tracer_of(server):
                return
        pytest.skip("strace cannot attach here: " + (self.process.communicate()[1] or "")[:100])

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=20)
        return self.path.read_text(errors="replace").splitlines()


def tracer_of(server):
    tasks = f"/proc/{server.process.pid}/task"
    return all("TracerPid:\t0\n" not in open(f"{tasks}/{t}/status").read()
               for t in os.listdir(tasks))


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_no_foreign_file_and_no_socket(new_server, clips, listener, tmp_path):
    port, hits = listener
    secret = tmp_path / "secret.ts"
    secret.write_bytes(clips.silent().read_bytes())
    avi = clips.make("gab2.avi", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1", "-c:v", "mpeg4")
    mov = clips.make("dref.mov", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1", *X264)
    lies = texts(secret, port)
    takable = {
        "gab2 of a playlist": avi_with_subtitles(avi.read_bytes(), lies["hls file"]),
        "gab2 of subtitles": avi_with_subtitles(avi.read_bytes(), lies["ass"]),
        "data elsewhere": mov_with_reference(mov.read_bytes(), secret),
    }
    lies["playlist behind an ID3 tag"] = b"ID3\3\0\0\0\0\0\x0a" + bytes(10) + lies["hls file"]
    lies["playlist behind a mark"] = b"\xef\xbb\xbf" + lies["hls file"]

    server = new_server()
    trace = Trace(server, tmp_path / "trace")
    for name, data in lies.items():
        before = left_behind(server)
        answer = upload(server, data)
        assert answer.status_code == 415, (name, answer.text)
        assert left_behind(server) == before, name
    for name, data in takable.items():
        answer = upload(server, data)
        assert answer.status_code in (200, 415, 422), (name, answer.text)
    lines = trace.stop()

    own = re.compile(r'"(/lib|/usr|/etc/ld\.so|/etc/localtime|/proc|/sys|/dev/null|\.?"|'
                     + re.escape(str(server.data)) + "|" + re.escape(str(BUILD / "share")) + ")")
    opened = [line for line in lines if re.search(r"\bopen(at2?)?\(", line) and "= -1" not in line]
    assert sum("execve(" in line and '"work-horse"' in line for line in lines) >= len(lies)
    assert [line for line in opened if not own.search(line)] == []
    assert [line for line in lines if "connect(" in line or "AF_INET" in line or
            "secret" in line] == []
    assert hits == []


# --- Claims -------------------------------------------------------------------------------------

class Bits:
    """A bit string with the codes of H.264 headers."""

    def __init__(self):
        self.bits = ""

    def u(self, n, v):
        self.bits += format(v, f"0{n}b")
        return self

    def ue(self, *values):
        for v in values:
            self.bits += "0" * ((v + 1).bit_length() - 1) + format(v + 1, "b")
        return self

    def bytes(self):
        bits = self.bits + "1"
        bits += "0" * (-len(bits) % 8)
        return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def h264(width, height):
    """Parameter sets that claim a size, and a broken picture."""
    sps = Bits().u(8, 66).u(8, 0).u(8, 62).ue(0, 0, 2, 1).u(1, 0).ue(width // 16 - 1, height // 16 - 1)
    pps = Bits().ue(0, 0).u(2, 0).ue(0, 0, 0).u(3, 0).ue(0, 0, 0).u(3, 0)
    picture = Bits().ue(0, 7, 0).u(4, 0).ue(0).u(2, 0).ue(0)
    nals = (b"\x67" + sps.u(4, 12).bytes(), b"\x68" + pps.bytes(),
            b"\x65" + picture.bytes() + bytes(range(1, 200)) * 5)
    return b"".join(b"\0\0\0\1" + nal for nal in nals)


def transport_stream(*frames):
    """MPEG-TS around H.264 frames at 30 a second."""
    def crc(data):
        c = 0xffffffff
        for x in data:
            c ^= x << 24
            for _ in range(8):
                c = ((c << 1) ^ 0x04c11db7 if c >> 31 else c << 1) & 0xffffffff
        return struct.pack(">I", c)

    def table(pid, kind, body):
        section = struct.pack(">BHHBBB", kind, 0xb000 | len(body) + 9, 1, 0xc1, 0, 0) + body
        head = struct.pack(">BHBB", 0x47, 0x4000 | pid, 0x10, 0)
        return (head + section + crc(section)).ljust(188, b"\xff")

    out = table(0, 0, struct.pack(">HH", 1, 0xe100)) + table(
        256, 2, struct.pack(">HHBHH", 0xe101, 0xf000, 0x1b, 0xe101, 0xf000))
    count = 0
    for i, frame in enumerate(frames):
        t = 126000 + 3000 * i
        pes = b"\0\0\1\xe0\0\0\x80\x80\5" + bytes(
            [0x21 | t >> 29 & 14, t >> 22 & 255, t >> 14 & 255 | 1, t >> 7 & 255, t << 1 & 255 | 1])
        rest, start = pes + frame, 0x4000
        while rest:
            piece, rest = rest[:184], rest[184:]
            gap = 184 - len(piece)
            pad = b"" if not gap else bytes([gap - 1]) + (b"\0" + b"\xff" * (gap - 2))[:gap - 1]
            out += struct.pack(">BHB", 0x47, start | 257, (0x30 if gap else 0x10) | count) + pad + piece
            count, start = (count + 1) & 15, 0
    return out


def wav(rate=8000, channels=1, bits=16, data=bytes(16000), kind=1, claims=None):
    block = channels * bits // 8
    return (b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, kind, channels, rate, rate * block & 0xffffffff, block & 0xffff, bits) +
        b"data" + struct.pack("<I", claims or len(data)) + data)


def patched(data, kind, offset, form, *values):
    out = bytearray(data)
    struct.pack_into(form, out, out.index(kind) + 4 + offset, *values)
    return bytes(out)


def with_tracks(data, n):
    (start, end), (first, last) = boxes(data, "moov/trak")
    moov = data[start + 8:end].replace(data[first:last], data[first:last] * n)
    return data[:start] + box(b"moov", moov) + data[end:]


def claims(clips):
    """name: (bytes, what the refusal says; None where the file may be taken)"""
    clip = clips.silent().read_bytes()
    small = subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=30:d=1",
                            *X264, "-f", "h264", "-"], capture_output=True, check=True).stdout
    gif = clips.make("claims.gif", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=1").read_bytes()
    ftyp = box(b"ftyp", b"isom\0\0\2\0isom")
    return {
        "16000x16000 in the stream": (transport_stream(h264(16000, 16000)), "too_many_pixels"),
        "16000x16000 later on": (transport_stream(small, h264(16000, 16000)), None),
        "65535x65535 GIF": (gif[:6] + b"\xff\xff\xff\xff" + gif[10:], "too_many_pixels"),
        "0x0": (patched(clip, b"avc1", 24, ">HH", 0, 0), None),
        "20 tracks": (with_tracks(clip, 20), None),
        "1000 tracks": (with_tracks(clip, 1000), "streams"),
        "time scale 0": (patched(clip, b"mdhd", 12, ">I", 0), None),
        "time scale negative": (patched(clip, b"mdhd", 12, ">I", 0x80000000), None),
        "frames of no length": (patched(clip, b"stts", 12, ">I", 0), None),
        "15360 frames a second": (patched(clip, b"stts", 12, ">I", 1), "pictures a second"),
        "frames of 38 hours": (patched(clip, b"stts", 12, ">I", 0x7fffffff), None),
        "2 billion samples": (patched(clip, b"stsz", 8, ">I", 0x7fffffff), "damaged"),
        "data outside": (patched(clip, b"stco", 8, ">I", 0xffffffff), "damaged"),
        "turned into nothing": (patched(clip, b"tkhd", 40, ">9i", *[0] * 9), None),
        "turned beyond measure": (patched(clip, b"tkhd", 40, ">4i", 2**31 - 1, 1, 0, -1), None),
        "0 Hz": (wav(rate=0), "damaged"),
        "1 Hz": (wav(rate=1), "1000 to 192000 Hz"),
        "384 kHz": (wav(rate=384000), "1000 to 192000 Hz"),
        "255 channels": (wav(channels=255, bits=8, data=bytes(25500)), "16 channels"),
        "longer than it is": (wav(claims=0xffffffff), None),
        "not a number": (wav(kind=3, bits=32, data=b"\xff\xff\xff\x7f" * 4000), None),
        "infinitely loud": (wav(kind=3, bits=32, data=struct.pack("<f", float("inf")) * 4000), None),
        "1e38 times too loud": (wav(kind=3, bits=32, data=struct.pack("<f", 3e38) * 4000), None),
        "only ftyp": (ftyp, "damaged"),
        "an empty film": (ftyp + box(b"moov"), "neither"),
        "20,000 nested boxes": (ftyp + b"".join(struct.pack(">I4s", (20000 - i) * 8, b"moov")
                                                for i in range(20000)), "damaged"),
        "a tag of 256 MB": (b"ID3\4\0\0\x7f\x7f\x7f\x7f" + b"\xff\xfb\x90\0" * 2000, "damaged"),
    }


def test_claims_are_not_believed(server, clips):
    """Taken with sane numbers or refused with the reason, at once and for little memory."""
    for name, (data, words) in claims(clips).items():
        before = left_behind(server)
        begin = time.monotonic()
        answer = upload(server, data, auto_analyze="true")
        took = time.monotonic() - begin
        assert took < 10 * SLOW, (name, took)
        if words:
            assert answer.status_code == 422 and words in answer.text, (name, answer.text)
            assert left_behind(server) == before, name
            continue
        assert answer.status_code in (200, 415, 422), (name, answer.text)
        if answer.status_code == 200:
            assert answer.json()["project"]["status"] == "analyzed", name
            duration = answer.json()["asset"]["duration"]
            assert 0 < duration <= 168 * 3600, (name, duration)


def test_foreign_codecs_are_named(server, clips):
    """A film whose pictures cannot be decoded must not pass for mere sound."""
    clip = clips.make("ffv1.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1", "-f", "lavfi", "-i",
                      "sine=d=1", "-c:v", "ffv1", "-c:a", "flac")
    answer = upload(server, clip.read_bytes())
    assert answer.status_code == 415 and '"ffv1\\"' in answer.text, answer.text


# --- Mutations ----------------------------------------------------------------------------------

def mutated(data, chance):
    data = bytearray(data)
    if chance.random() < 0.15:
        return bytes(data[:chance.randrange(len(data))])
    head = chance.random() < 0.5
    reach = min(len(data), 2000) if head else len(data)
    for _ in range(chance.randint(1, 12) if head else max(1, int(len(data) * 10 ** chance.uniform(-4, -1.5)))):
        at = chance.randrange(min(reach, len(data) - 4))
        kind = chance.randrange(5)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at] = chance.choice((0, 1, 0x7f, 0x80, 0xff))
        elif kind == 2:
            data[at:at + 4] = chance.choice((bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0"))
        elif kind == 3:
            n, source = chance.randrange(1, 64), chance.randrange(len(data))
            data[at:at + n] = data[source:source + n]
        elif len(data) > 200:
            del data[at:at + chance.randrange(1, 64)]
    return bytes(data)


def test_mutations(new_server, clips):
    """Seeds are fixed: a number in a failure is the way to see it again."""
    both = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.5", "-f", "lavfi", "-i", "sine=440:d=0.5")
    wholes = [clips.make(name, *arguments).read_bytes() for name, *arguments in (
        ("m.mp4", *both, *X264, "-c:a", "aac"), ("m.ts", *both, *X264, "-c:a", "aac"),
        ("m.webm", *both, "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"),
        ("m.mkv", *both, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "flac"),
        ("m.avi", *both, "-c:v", "mpeg4", "-c:a", "mp3"), ("m.flv", *both, *X264, "-c:a", "aac"),
        ("m.mov", *both, "-c:v", "prores", "-c:a", "alac"), ("m.gif", *both[:4]),
        ("m.ogg", *both[4:], "-c:a", "libvorbis"), ("m.wav", *both[4:]), ("m.mp3", *both[4:]))]
    server = new_server()
    pid, descriptors_before, memory_before = server.process.pid, descriptors(server), memory_kb(server)
    odd, taken, seeds, lock = [], [], iter(range(MUTATIONS)), threading.Lock()

    def client():
        while True:
            with lock:
                seed = next(seeds, None)
            if seed is None:
                return
            chance = random.Random(seed)
            data = mutated(chance.choice(wholes), chance)
            analyze = chance.random() < 0.1
            try:
                answer = upload(server, data, auto_analyze=str(analyze).lower())
                project = answer.json().get("project")
                if answer.status_code not in (200, 415, 422) or "crash" in answer.text or \
                        (analyze and project and project["status"] != "analyzed"):
                    odd.append((seed, answer.status_code, answer.text[:300]))
                if answer.status_code == 200:
                    taken.append(answer.json()["asset"])
            except Exception as e:  # a thread's failure must not go unseen
                odd.append((seed, repr(e)))

    threads = [threading.Thread(target=client) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert odd == []
    assert server.process.poll() is None and server.process.pid == pid
    assert len(server.media_files("ingest")) == len(taken)
    assert len(server.media_files("thumbnails")) == sum(a["thumbnail_url"] is not None for a in taken)
    assert server.media_files("tmp") == []
    assert descriptors(server) <= descriptors_before + 12  # a database reader for each pool thread
    assert memory_kb(server) < memory_before + 16384 * SLOW


# --- Strange but good: a film in step with its source ------------------------------------------

FLASH = ("-f", "lavfi", "-i", "color=black:s=160x120:r=30:d=2.5,drawbox=c=white:t=fill:"
         "enable='between(t,0.49,0.6)+between(t,1.99,2.1)'")


def click(rate=48000, channels=1):
    one = "if(between(mod(t,1.5),0.5,0.51),0.6*sin(2*PI*1000*t),0)"
    return ("-f", "lavfi", "-i", f"aevalsrc='{'|'.join([one] * channels)}':d=2.5:s={rate}")


KINDS = {  # name of the clip: how it is made of FLASH, sound, codecs
    "h264-444.mp4": (*FLASH, *click(), *X264[:4], "-pix_fmt", "yuv444p", "-c:a", "aac"),
    "hevc-10bit-hdr.mp4": (*FLASH, *click(), "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                           "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
                           "-pix_fmt", "yuv420p10le", "-c:a", "aac"),
    "vp9-alpha.webm": (*FLASH, *click(), "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8",
                       "-pix_fmt", "yuva420p", "-c:a", "libopus"),
    "prores-96k.mov": (*FLASH, *click(96000), "-c:v", "prores", "-c:a", "pcm_s24le"),
    "mpeg2-interlaced.ts": (*FLASH, *click(), "-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-c:a", "mp2",
                            "-output_ts_offset", "1000"),
    "mono-8k.mp4": (*FLASH, *click(8000), *X264, "-c:a", "aac"),
    "five-one.mkv": (*FLASH, *click(channels=6), *X264, "-c:a", "ac3"),
    "one-gop.mp4": (*FLASH, *click(), *X264[:4], "-pix_fmt", "yuv420p", "-g", "999", "-bf", "3", "-c:a", "aac"),
    "negative.mkv": (*FLASH, *click(), *X264, "-bf", "2", "-output_ts_offset", "-0.3",
                     "-avoid_negative_ts", "disabled", "-c:a", "aac"),
    "fragments.mp4": (*FLASH, *click(), *X264, "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"),
    "vfr.mkv": (*FLASH, *click(), "-vf", "select='not(mod(n,3))+gte(n,30)'", "-vsync", "vfr", *X264, "-c:a", "aac"),
    "mpeg4.avi": (*FLASH, *click(44100), "-c:v", "mpeg4", "-c:a", "mp3"),
    "theora.ogv": (*FLASH, *click(), "-c:v", "libtheora", "-c:a", "libvorbis"),
    "sorenson.flv": (*FLASH, *click(22050), "-c:v", "flv", "-c:a", "mp3"),
    "h263.3gp": (*FLASH, *click(8000), "-c:v", "h263", "-s", "176x144", "-c:a", "aac"),
}


def first(values, test, begin=0):
    return next(i for i in range(begin, len(values)) if test(values[i]))


def film_of(server, clip, **timeline):
    answer = server.ingest(clip, auto_analyze="false")
    server.consent(answer["asset"]["id"])
    project = answer["project"]["id"]
    duration = answer["asset"]["duration"]
    timeline.setdefault("segments", [{"name": "all", "start": 0, "end": duration, "fit": "pad"}])
    server.set_timeline(project, **timeline)
    return server.render(project, preset="draft", format="square", watermark=False), answer["asset"]


@pytest.mark.parametrize("name", KINDS)
def test_film_in_step_with_its_source(server, clips, name):
    film, asset = film_of(server, clips.make(name, *KINDS[name]))
    info = probe(film)
    frames = [sum(f) / len(f) for f in gray_frames(film, 32, 32)]
    assert (info["video"]["width"], info["video"]["height"]) == (540, 540)
    assert info["video"]["avg_frame_rate"] == info["video"]["r_frame_rate"] == "30/1"
    assert abs(len(frames) - asset["duration"] * 30) <= 1 and len(frames) == int(info["video"]["nb_frames"])
    x = samples(film)
    for begin in (0, 1.25):
        flash = first(frames, lambda v: v > 60, int(begin * 30)) / 30
        sound = first(x, lambda v: abs(v) > 0.1, int(begin * 48000)) / 48000
        assert abs(flash - sound) < 0.045, (flash, sound)  # a frame, and the click's own rise
        assert abs(sound - (0.5 if begin == 0 else 2.0)) < 0.06, sound  # MP3 in FLV starts late


def test_vorbis_whose_times_waver(server, clips):
    """Some muxers' times jump by 20 ms where blocks change their length: no holes in the sound."""
    plain = clips.make("plain.mkv", "-f", "lavfi", "-i", "sine=440:d=3:r=44100", "-c:a", "libvorbis")
    waver = clips.make("waver.mkv", "-i", plain, "-c", "copy", "-bsf:a",
                       r"setts=ts=TS+if(mod(floor(N/12)\,2)\,21\,0)")
    film, _ = film_of(server, waver)
    x = samples(film)
    level = [max(abs(v) for v in x[i:i + 240]) for i in range(4800, len(x) - 9600, 240)]
    assert min(level) > 0.7 * max(level)


def test_what_is_no_number_makes_no_noise(server, tmp_path):
    clip = tmp_path / "loud.wav"
    loud = struct.pack("<ffff", float("nan"), float("inf"), -3e38, 0.1)
    clip.write_bytes(wav(kind=3, bits=32, data=loud * 4000))
    film, _ = film_of(server, clip)
    x = samples(film)
    assert len(x) > 48000 and all(abs(v) <= 1.5 for v in x)


def test_stored_under_its_own_ending(server, clips):
    """What is served says what it is, and never what its sender called it."""
    for name, ending, kind in (("plain.mkv", "mka", "audio/x-matroska"), ("negative.mkv", "mkv", "video/x-matroska"),
                               ("theora.ogv", "ogv", "video/ogg"), ("mono-8k.mp4", "mp4", "video/mp4")):
        clip = clips.make(name, *KINDS.get(name, ("-f", "lavfi", "-i", "sine=440:d=3:r=44100", "-c:a", "libvorbis")))
        asset = upload(server, clip.read_bytes() + b"<script>alert(1)</script>", "page.html").json()["asset"]
        assert asset["path"].endswith("." + ending)
        served = server.get(asset["ingest_url"])
        assert served.headers["content-type"] == kind
        assert served.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in served.headers["content-security-policy"]
