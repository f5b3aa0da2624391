#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""plot_inference.py < TABLES > PLOT.svg: the tables that tests/bench/inference
prints, or docs/validation.md that holds them, as a picture. Left: how often a
case has a name where none was sent, by level; right: how many of those that
were sent are named. Bars are the tables' 95 % bounds."""
import math
import re
import sys

LEFT, RIGHT, TOP, BOTTOM, WIDTH = 70, 480, 50, 330, 330
COLOURS = {"none": "#1b6ca8", "some": "#c0504d", "HTTP/1": "#1b6ca8",
           "HTTP/2": "#c0504d", "HTTP/3": "#5b8c3e",
           "HTTP/2 side by side": "#7a5195",
           "HTTP/2 side by side, forms": "#c98a1b"}
out = []


def rows():
    for line in sys.stdin:
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) >= 5:
            yield cells


def between(text):
    return [float(x) for x in re.findall(r"[0-9.]+", text)[:2]]


def text(x, y, s, anchor="middle", **more):
    style = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in more.items())
    out.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{s}</text>')


def line(x1, y1, x2, y2, colour="#999", width=1, dash=""):
    dash = f' stroke-dasharray="{dash}"' if dash else ""
    out.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
               f'stroke="{colour}" stroke-width="{width}"{dash}/>')


def point(x, y, low, high, colour):
    line(x, low, x, high, colour, 2)
    out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')


def axes(x, title, ticks_x, ticks_y):
    text(x + WIDTH / 2, TOP - 20, title, font_weight="bold")
    line(x, BOTTOM, x + WIDTH, BOTTOM, "#333")
    line(x, TOP, x, BOTTOM, "#333")
    for at, label in ticks_x:
        line(at, BOTTOM, at, BOTTOM + 5, "#333")
        text(at, BOTTOM + 20, label)
    for at, label in ticks_y:
        line(x, at, x + WIDTH, at, "#ddd")
        text(x - 8, at + 4, label, "end")


def legend(x, y, names):
    for n, name in enumerate(names):
        out.append(f'<circle cx="{x}" cy="{y + 18 * n - 4}" r="4" fill="{COLOURS[name]}"/>')
        text(x + 10, y + 18 * n, name, "start")


def log_scale(v, low, high, start, end):
    v = max(v, low)
    return start + (end - start) * math.log(v / low) / math.log(high / low)


def calibration(table):
    def x(v):
        return log_scale(v, 0.0003, 0.2, LEFT, LEFT + WIDTH)

    def y(v):
        return log_scale(v, 0.0003, 0.2, BOTTOM, TOP)
    ticks = [0.001, 0.01, 0.05]
    axes(LEFT, "cases with a false name", [(x(t), t) for t in ticks],
         [(y(t), t) for t in ticks])
    text(LEFT + WIDTH / 2, BOTTOM + 40, "alpha")
    line(x(0.0003), y(0.0003), x(0.2), y(0.2), "#333", 1, "4 3")
    for padding, alpha, share, low, high in table:
        shift = -5 if padding == "none" else 5
        point(x(alpha) + shift, y(share), y(low), y(high), COLOURS[padding])
    legend(LEFT + 15, TOP + 20, ["none", "some"])
    text(LEFT + 70, TOP + 20, "(padding)", "start", fill="#666")


def recall(table):
    sent = sorted({n for n, *_ in table})

    def x(n):
        return RIGHT + 25 + (WIDTH - 50) * sent.index(n) / max(1, len(sent) - 1)

    def y(v):
        return BOTTOM + (TOP - BOTTOM) * v
    axes(RIGHT, "sent and named rightly", [(x(n), n) for n in sent],
         [(y(t), f"{t:.2f}") for t in (0, 0.25, 0.5, 0.75, 1)])
    text(RIGHT + WIDTH / 2, BOTTOM + 40, "canaries sent")
    names = list(dict.fromkeys(by for _, by, *_ in table))
    for n, by, share, low, high in table:
        shift = 6 * (names.index(by) - (len(names) - 1) / 2)
        point(x(n) + shift, y(share), y(low), y(high), COLOURS[by])
    legend(RIGHT + WIDTH - 140, BOTTOM - 80, names)


false, named = [], []
for cells in rows():
    if len(cells) >= 5 and cells[0] in ("none", "some"):
        false.append((cells[0], float(cells[1]), float(cells[3]), *between(cells[4])))
    elif len(cells) >= 6 and cells[0].isdigit() and cells[2] == "raw" and cells[3] == "none":
        named.append((int(cells[0]), cells[1], float(cells[4]), *between(cells[5])))
if not false or not named:
    sys.exit("plot_inference: no tables")
calibration(false)
recall(named)
print('<svg xmlns="http://www.w3.org/2000/svg" width="840" height="390" '
      'font-family="sans-serif" font-size="12" role="img" aria-label="False names '
      'by level, and recall by how many canaries were sent">')
print('<rect width="840" height="390" fill="#fff"/>')
print("\n".join(out))
print("</svg>")
