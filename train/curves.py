"""Training curves of a run's log.jsonl as SVG: no library, no fonts but the reader's."""
import json

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 300, 52, 16, 24, 40
COLOURS = ("#1b6ca8", "#c2451e", "#3b8a3e", "#7d4ca3")


def read_log(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def series(log, name):
    """(share of the run's steps, value) of a figure of training or, after "validation.", of held-out people. Steps go on where a schedule is begun anew."""
    points, last = [], max((line["step"] for line in log if "step" in line), default=1)
    for line in log:
        values = line.get("validation", {}) if name.startswith("validation.") else line
        key = name.removeprefix("validation.")
        if key in values:
            points.append((line["step"] / last, values[key]))
    return points


def place(point, low, high):
    share = (point[1] - low) / (high - low)
    return f"{LEFT + point[0] * (WIDTH - LEFT - RIGHT):.1f},{HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM):.1f}"


def text(x, y, words, anchor="start", colour="#444"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'


def draw(lines, title, low=0.0, high=1.0):
    """lines: {what it is: [(0..1, value)]} -> SVG"""
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>', text(LEFT, 15, title, colour="#000")]
    for tick in range(6):
        value = low + (high - low) * tick / 5
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * tick / 5
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>' + text(LEFT - 6, y + 4, f"{value:.2f}", "end"))
        out.append(text(LEFT + (WIDTH - LEFT - RIGHT) * tick / 5, HEIGHT - BOTTOM + 16, f"{20 * tick} %", "middle"))
    for number, (name, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        shown = " ".join(place((x, min(max(y, low), high)), low, high) for x, y in points)
        out.append(f'<polyline points="{shown}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        out.append(text(LEFT + number * (WIDTH - LEFT - RIGHT) / max(1, len(lines)), HEIGHT - 6, name, colour=colour))
    return "\n".join(out) + "\n</svg>\n"
