# SPDX-License-Identifier: GPL-3.0-or-later
"""Films with known shots: random parts of takes joined by cuts, dissolves and fades, and single takes
treated so that they look like cuts. For test_shots.py; every film follows from its seed.

A take is a part of a clip, or of a generated picture, that has no cut in it. The films come as small
YUV4MPEG2 files, by way of an encoder, as real ones do.
"""
import random
import subprocess

# What a person saw: parts of the shared clips that are one shot each.
CLIP_TAKES = [
    ("big_buck_bunny_30s.webm", 2.5, 11.6), ("big_buck_bunny_30s.webm", 11.9, 15.5),
    ("big_buck_bunny_30s.webm", 15.8, 22.8), ("big_buck_bunny_30s.webm", 23.1, 29.9),
    ("bike_ride.webm", 0, 30), ("car_park_topdown.mp4", 0, 30), ("chaplin_silent_film.mp4", 0, 9.6),
    ("chrome_stopmotion.mp4", 0, 7.3), ("chrome_stopmotion.mp4", 7.6, 9.2),
    ("chrome_stopmotion.mp4", 10.7, 13), ("chrome_stopmotion.mp4", 16.3, 18.2),
    ("cockatoo.mp4", 0, 14), ("flower.mp4", 0, 5), ("friday_dialogue.mp4", 0, 6.1),
    ("hamilton_whitehouse.mp4", 1.6, 3.4), ("hamilton_whitehouse.mp4", 3.7, 7.7),
    ("hamilton_whitehouse.mp4", 8, 9.9), ("portrait_talking_host.mp4", 0, 11.9),
    ("tears_of_steel_battle.webm", 0, 2), ("tears_of_steel_battle.webm", 2.3, 5),
    ("tears_of_steel_battle.webm", 6.7, 9), ("tears_of_steel_battle.webm", 9.4, 12.7),
    ("tears_of_steel_battle.webm", 13, 29.6), ("tears_of_steel_battle.webm", 29.9, 32.7),
    ("tears_of_steel_battle.webm", 41.3, 46.8), ("tears_of_steel_battle.webm", 53.7, 55.9),
    ("tears_of_steel_battle.webm", 57.6, 59.4), ("tears_of_steel_battle.webm", 65.6, 67.3),
]

# Generated takes: unlike each other, and each alive.
DRAWN_TAKES = [
    ("lavfi:testsrc2=s=640x360:r=30", 0, 20),
    ("lavfi:mandelbrot=s=640x360:r=30:end_scale=0.05:end_pts=900", 0, 20),
    ("lavfi:life=s=160x90:r=15:mold=10:ratio=0.1:seed=7:death_color=#302010:life_color=#ffd080,"
     "scale=640:360:flags=neighbor,gblur=6", 1, 12),
    ("lavfi:gradients=s=640x360:r=30:speed=0.02:seed=3:nb_colors=5", 0, 20),
    ("lavfi:smptehdbars=s=640x360:r=30,rotate=t/9", 0, 20),
    ("lavfi:cellauto=s=640x360:r=30:rule=110:seed=5,negate,gblur=3", 4, 20),
    ("lavfi:rgbtestsrc=s=640x360:r=30,noise=alls=30:allf=t,hue=s=0.4", 0, 20),
    ("lavfi:color=0x203040:s=640x360:r=30,drawgrid=w=80:h=60:t=6:c=0xe0a040,rotate=0.2*sin(t)", 0, 20),
    ("lavfi:sierpinski=s=640x360:r=30:type=triangle:seed=11", 0, 20),
    ("lavfi:color=0xd0d8c0:s=640x360:r=30,drawbox=x=160+120*sin(t):y=90:w=200:h=160:c=0x803020:t=fill", 0, 20),
]


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *words], check=True)


def source(media, name, start, length):
    if name.startswith("lavfi:"):
        return ["-f", "lavfi", "-ss", f"{start:.3f}", "-t", f"{length:.3f}", "-i", name[6:]]
    return ["-ss", f"{start:.3f}", "-t", f"{length:.3f}", "-i", str(media / "video" / name)]


def fitted(size, fps):
    width, height = size
    return (f"scale={width}:{height}:force_original_aspect_ratio=increase,crop={width}:{height},setsar=1,"
            f"fps={fps},format=yuv420p,settb=1/90000,setpts=PTS-STARTPTS")


def small(path, out):
    ffmpeg("-i", str(path), "-an", "-vf",
           "scale=320:320:force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1", "-pix_fmt", "yuv420p", str(out))
    path.unlink()


def pick(rng, takes, length, not_from):
    """A random part of a take; not of the same file as the one before."""
    while True:
        name, start, end = rng.choice(takes)
        if name != not_from and end - start > 0.8:
            length = min(length, end - start)
            return name, rng.uniform(start, end - length), length


def frames_of(media, name, start, count, size, fps, more=""):
    """`count` pictures of a take, as they are fitted and treated by `more`; the last one is held."""
    words = ["ffmpeg", "-loglevel", "error", "-nostdin", *source(media, name, start, count / fps + 0.2), "-an", "-vf",
             f"{fitted(size, fps)},tpad=stop={count}:stop_mode=clone,trim=end_frame={count}{more}",
             "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"]
    return subprocess.run(words, check=True, capture_output=True).stdout


def mixed(before, after, count, size, folder):
    """`count` pictures that turn from the ones of `before` into those of `after`."""
    (folder / "before.yuv").write_bytes(before)
    (folder / "after.yuv").write_bytes(after)
    raw = ["-f", "rawvideo", "-s", f"{size[0]}x{size[1]}", "-pix_fmt", "yuv420p", "-i"]
    words = ["ffmpeg", "-loglevel", "error", "-nostdin", *raw, folder / "before.yuv", *raw, folder / "after.yuv",
             "-filter_complex", f"blend=all_expr='A+(B-A)*(N+1)/{count + 1}'", "-f", "rawvideo", "-"]
    return subprocess.run(words, check=True, capture_output=True).stdout


def joined(media, folder, seed, takes, how, shots=10, size=(480, 270), fps=25, crf=26):
    """A film of `shots` shots joined as how() says for each: ("cut", 0), ("dissolve", s), ("fade", s).
    Returns its small file and [(middle, kind, length)]."""
    rng = random.Random(seed)
    picture = size[0] * size[1] * 3 // 2
    film, truth, name, kind, into, before, colour = b"", [], None, "start", 0, 0, "black"
    for _ in range(shots):
        next_kind, length = how(rng)
        out_of = round(length * fps) // (2 if next_kind == "fade" else 1)
        count = round(rng.uniform(0.9, 3.5) * fps) + into + out_of
        name, start, seconds = pick(rng, takes, count / fps, name)
        count = round(seconds * fps)
        out_of = min(out_of, max(count - into, 0) * 2 // 3)
        fades = f",fade=in:0:{into}:color={colour}" if kind == "fade" else ""
        colour = rng.choice(["black", "black", "white"])
        if next_kind == "fade":
            fades += f",fade=out:{count - out_of}:{out_of}:color={colour}"
        shot = frames_of(media, name, start, count, size, fps, fades)
        now = len(film) / picture / fps
        if kind == "dissolve":
            overlap = min(into, count - 1) * picture
            film = film[:-overlap] + mixed(film[-overlap:], shot[:overlap], into, size, folder) + shot[overlap:]
            truth.append((now - into / fps / 2, kind, into / fps))
        else:
            film += shot
            if kind != "start":
                truth.append((now, kind, (into + before) / fps if kind == "fade" else 0))
        kind, into, before = next_kind, out_of, out_of
    raw, coded, out = (folder / f"joined-{seed}.{e}" for e in ("yuv", "mkv", "y4m"))
    raw.write_bytes(film)
    ffmpeg("-f", "rawvideo", "-s", f"{size[0]}x{size[1]}", "-r", str(fps), "-pix_fmt", "yuv420p", "-i", str(raw),
           "-c:v", "libx264", "-preset", "superfast", "-crf", str(crf), "-threads", "2", str(coded))
    raw.unlink()
    small(coded, out)
    return out, truth


# What looks like cuts and is none. $name: filter on a take of 640x360 at 30 pictures a second; those
# that move the camera cut a part out of an enlarged picture.
LOOKALIKES = {
    "plain": "null",
    "flashes": "eq=brightness=0.7:enable='lt(mod(t,1.7),0.1)'",
    "white flashes": "lutyuv=y=235:u=128:v=128:enable='lt(mod(t+0.4,2.3),0.12)'",
    "strobe": "eq=brightness=0.5:contrast=1.4:enable='lt(mod(t,0.22),0.09)'",
    "dark strobe": "lutyuv=y=16:u=128:v=128:enable='lt(mod(t,0.5),0.2)'",
    "light switched": "eq=gamma=0.5:enable='lt(mod(t,4),2)'",
    "colour lights": "hue=h='60*floor(mod(t*2,6))':s=1.5",
    "pan": "scale=1280:720,crop=640:360:x='320+320*sin(t*2.2)':y=180",
    "whip pan": "scale=1280:720,tmix=frames=3,crop=640:360:x='320+320*tanh(8*sin(t*2.2))':y=180",
    "tilt": "scale=1280:720,crop=640:360:x=320:y='180+180*sin(t*3.1)'",
    "shake": "scale=800:450,crop=640:360:x='80+60*sin(t*29)+20*sin(t*61)':y='45+30*sin(t*37)+14*sin(t*71)'",
    "zoom": "scale=w='640*(1.6+0.6*sin(t*2.5))':h=-2:eval=frame,crop=640:360",
    "whip zoom": "scale=w='640*(1.8+0.7*tanh(6*sin(t*1.9)))':h=-2:eval=frame,crop=640:360",
    "rotation": "rotate='0.5*sin(t*3)':ow=iw*0.6:oh=ih*0.6,scale=640:360",
    "explosion": "eq=brightness='0.9*exp(-mod(t,3)*2.5)':eval=frame,scale=720:404,"
                 "crop=640:360:x='40+38*sin(t*47)*exp(-mod(t,3)*2)':y='22+20*sin(t*53)*exp(-mod(t,3)*2)'",
    "focus": "gblur=sigma=12:enable='lt(mod(t,3),1)',tmix=frames=4",
    "grain": "noise=alls=60:allf=t",
    "interlace": "scale=960:540,crop=640:360:x='160+150*sin(t*2)',tinterlace=interleave_top,scale=640:360,fps=30",
    "drop-outs": "drawbox=y=0:w=iw:h=ih/2:c=black:t=fill:enable='lt(mod(t,1.9),0.07)'",
    "blocked": "drawbox=x='-640+mod(t*900,2400)':y=0:w=500:h=ih:c=0x301808:t=fill",
    "slow light": "eq=brightness='0.25*sin(t*1.3)':eval=frame",
}


def lookalike(media, folder, seed, takes, kind, seconds=24):
    """Takes under one treatment, each in a file: [(small file, its seconds)]."""
    rng = random.Random(seed)
    films, name = [], None
    while seconds > 0.5:
        name, start, got = pick(rng, takes, min(8, seconds), name)
        film = folder / f"like-{seed}-{len(films)}.mkv"
        out = folder / f"like-{seed}-{len(films)}.y4m"
        ffmpeg(*source(media, name, start, got), "-vf", f"{fitted((640, 360), 30)},{LOOKALIKES[kind]}",
               "-an", "-c:v", "libx264", "-preset", "superfast", "-crf", "26", "-threads", "2", str(film))
        small(film, out)
        films.append((out, got, name))
        seconds -= got
    return films
