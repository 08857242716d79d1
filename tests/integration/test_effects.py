# SPDX-License-Identifier: GPL-3.0-or-later
"""What a timeline can ask for, as a front end asks for it."""


def test_everything_listed_can_be_used(server, clips):
    listed = server.get("/api/effects").json()
    assert {"zoom", "slowmo", "speed", "lut"} <= {x["name"] for x in listed["effects"]}
    assert {"crossfade", "whip"} <= {x["name"] for x in listed["transitions"]}
    assert {"clean", "karaoke"} <= {x["name"] for x in listed["caption_styles"]}
    assert "whoosh" in {x["name"] for x in listed["sfx"]}

    def with_defaults(thing):
        return {"name": thing["name"], **{p["name"]: p["default"] for p in thing["params"]
                                          if p["default"] is not None}}

    listed["effects"] = [x for x in listed["effects"]
                         if not any(p["kind"] == "file" for p in x["params"])]
    project = server.ingest(clips.landscape())["project"]["id"]
    segments = [{"name": x["name"], "start": 0, "end": 1, "effects": [with_defaults(x)]}
                for x in listed["effects"]]
    segments += [{"name": x["name"], "start": 0, "end": 1, "transition": with_defaults(x)}
                 for x in listed["transitions"]]
    captions = [{"text": "x", "start": 0, "end": 1, "style": with_defaults(x)}
                for x in listed["caption_styles"]]
    server.set_timeline(project, segments=segments, captions=captions)
