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


def small(path, out, options=("-vf", "scale=320:320:force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1")):
    ffmpeg("-i", str(path), "-an", *options, "-pix_fmt", "yuv420p", str(out))
    path.unlink()


def pick(rng, takes, length, not_from):
    """A random part of a take; not of the same file as the one before."""
    while True:
        name, start, end = rng.choice(takes)
        if name != not_from and end - start > 0.8:
            length = min(length, end - start)
            return name, rng.uniform(start, end - length), length


def joined(media, folder, seed, takes, how, shots=10, size=(640, 360), fps=25, crf=26):
    """A film of `shots` shots joined as how() says for each: ("cut", 0), ("dissolve", s), ("fade", s).
    Returns its small file and [(middle, kind, length)]."""
    rng = random.Random(seed)
    inputs, graph, truth = [], [], []
    now, name, into = 0.0, None, 0.0
    joins = [how(rng) for _ in range(shots - 1)] + [("end", 0)]
    for i, (kind, length) in enumerate(joins):
        out_of = length if kind == "dissolve" else length / 2
        name, start, got = pick(rng, takes, rng.uniform(0.9, 3.5) + into + out_of, name)
        got = int(got * fps) / fps
        length = min(length, max((got - into) * 0.7, 0.12))
        if kind == "dissolve":
            length = round(length * fps) / fps
        inputs += source(media, name, start, got + 0.2)
        words = f"[{i}:v]{fitted(size, fps)},trim=end={got:.4f},setpts=PTS-STARTPTS"
        if i and joins[i - 1][0] == "fade":
            words += f",fade=in:st=0:d={into:.4f}:color={colour}"
        if kind == "fade":
            colour = rng.choice(["black", "black", "white"])
            words += f",fade=out:st={got - length / 2:.4f}:d={length / 2:.4f}:color={colour}"
        graph.append(f"{words},settb=1/90000[p{i}]")
        before = joins[i - 1][0] if i else None
        if i == 0:
            graph.append("[p0]null[f0]")
        elif before == "dissolve":
            graph.append(f"[f{i-1}][p{i}]xfade=fade:duration={into:.4f}:offset={now - into:.4f}[f{i}]")
            now -= into
        else:
            graph.append(f"[f{i-1}][p{i}]concat=n=2,fps={fps},settb=1/90000[f{i}]")
        now += got
        if kind == "cut":
            truth.append((now, kind, 0))
            into = 0
        elif kind == "dissolve":
            truth.append((now - length / 2, kind, length))
            into = length
        elif kind == "fade":
            truth.append((now, kind, length))
            into = length / 2
    film = folder / f"joined-{seed}.mkv"
    out = folder / f"joined-{seed}.y4m"
    ffmpeg(*inputs, "-filter_complex", ";".join(graph), "-map", f"[f{len(joins) - 1}]", "-an",
           "-c:v", "libx264", "-preset", "superfast", "-crf", str(crf), "-threads", "2", str(film))
    small(film, out)
    return out, truth


# What looks like cuts and is none. $name: filter on a take of 640x360 at 30 pictures a second; those
# that move the camera cut a part out of an enlarged picture.
LOOKALIKES = {
    "plain": "null",
    "flashes": "eq=brightness=0.7:enable='lt(mod(t,1.7),0.1)'",
    "white flashes": "lutyuv=y=235:u=128:v=128:enable='lt(mod(t+0.4,2.3),0.12)'",
    "strobe": "eq=brightness=0.5:contrast=1.4:enable='lt(mod(t,0.22),0.09)'",
    "dark strobe": "lutyuv=y=16:u=128:v=128:enable='lt(mod(t,0.5),0.2)'",
    "light switched": "eq=gamma=0.35:brightness=-0.1:enable='lt(mod(t,4),2)'",
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
