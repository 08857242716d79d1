#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""cascade_table.py OUT.c NAME=FILE.xml... - turns OpenCV's cascades into the tables of cascade.h.

Only what those of Debian's opencv-data need: boosted trees of upright Haar-like features.
"""
import sys
import xml.etree.ElementTree as ET


def numbers(node, tag):
    return [float(word) for word in node.find(tag).text.split()]


def fail(path, what):
    sys.exit(f"{path}: {what}")


def number(value):
    text = f"{value:.9g}"
    return text + ("f" if "." in text or "e" in text else ".0f")


def features(cascade, path):
    """The rectangles of each feature, as C initialisers."""
    found = []
    for feature in cascade.find("features"):
        if feature.findtext("tilted", "0").strip() != "0":
            fail(path, "tilted features are not known")
        rects = [rect.text.split() for rect in feature.find("rects")]
        if len(rects) > 3:
            fail(path, "a feature has more than three rectangles")
        found.append(", ".join("{%s, %s, %s, %s, %s}" % (*r[:4], number(float(r[4]))) for r in rects))
    return found


def tree(weak, rects):
    """(nodes, leaves) of one tree: inner nodes are below, above, feature, threshold."""
    inner, leaves = numbers(weak, "internalNodes"), numbers(weak, "leafValues")
    nodes = []
    for i in range(0, len(inner), 4):
        below, above, feature, threshold = inner[i : i + 4]
        nodes.append("{{%s}, %s, %d, %d}" % (rects[int(feature)], number(threshold), below, above))
    return nodes, leaves


def table(kind, name, rows):
    return f"static const struct {kind} {name}[] = {{\n" + "".join(f"    {r},\n" for r in rows) + "};\n"


def convert(name, path):
    cascade = ET.parse(path).getroot().find("cascade")
    if cascade.findtext("featureType").strip() != "HAAR":
        fail(path, "not a Haar cascade")
    rects = features(cascade, path)
    stages, trees, nodes, leaves = [], [], [], []
    for stage in cascade.find("stages"):
        weak = stage.find("weakClassifiers")
        stages.append("{%d, %s}" % (len(weak), number(float(stage.findtext("stageThreshold")))))
        for one in weak:
            trees.append("{%d, %d}" % (len(nodes), len(leaves)))
            more_nodes, more_leaves = tree(one, rects)
            nodes += more_nodes
            leaves += more_leaves
    return (
        table("cascade_stage", f"{name}_stages", stages)
        + table("cascade_tree", f"{name}_trees", trees)
        + table("cascade_node", f"{name}_nodes", nodes)
        + f"static const float {name}_leaves[] = {{\n"
        + "".join(f"    {number(v)},\n" for v in leaves)
        + "};\n"
        + f"const struct cascade cascade_{name} = {{{int(cascade.findtext('width'))}, "
        + f"{int(cascade.findtext('height'))}, {len(stages)}, {len(trees)}, {len(nodes)},\n"
        + f"    {name}_stages, {name}_trees, {name}_nodes, {name}_leaves}};\n"
    )


def main(out, sources):
    with open(out, "w", encoding="ascii") as f:
        f.write('/* Made by cascade_table.py. */\n#include "analysis/cascade.h"\n')
        for source in sources:
            f.write("\n" + convert(*source.split("=", 1)))


main(sys.argv[1], sys.argv[2:])
