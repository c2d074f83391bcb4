"""Rows of results -> ratios, Markdown and JSON. Standard library only."""
from __future__ import annotations

import statistics
from typing import Any, Dict, List, Optional, Sequence, Tuple

Row = Dict[str, Any]
Cell = Tuple[str, ...]

# How far answers may be from the fp32 reference: (lowest cosine, greatest relative error).
AGREEMENT = {"fp32": (0.99999, 0.005), "bf16": (0.999, 0.05), "int8": (0.98, 0.2)}
# An answer of another type this close to the fp32 one was not computed in that type.
SURELY_FP32 = 0.999999
INTERRUPTED = 0.9  # of one thread's time: with less, other programs had the rest
OBEYED = 1.05  # cores per thread asked for, with what reading the clocks costs
MEASURED = ["ms_per_face", "load_ms", "peak_rss_mb", "cosine_to_reference"]


def agrees(type_: str, cosine: Optional[float], error: Optional[float]) -> Optional[bool]:
    """None: there was nothing to compare with."""
    if cosine is None or error is None:
        return None
    lowest, greatest = AGREEMENT[type_]
    return cosine >= lowest and error <= greatest


def per_face(times_ms: Sequence[float], batch: int) -> Dict[str, float]:
    """Median and quartiles of the runs of all slices, for one face."""
    faces = sorted(time / batch for time in times_ms)
    low, _, high = statistics.quantiles(faces, n=4, method="inclusive") if len(faces) > 1 else (faces[0],) * 3
    return {"ms_per_face": statistics.median(faces), "ms_low_quartile": low, "ms_high_quartile": high}


def only_fp32(row: Row) -> bool:
    """Whether an engine was asked for another type and computed in fp32 nevertheless."""
    return row["type"] != "fp32" and (row.get("cosine_to_reference") or 0) > SURELY_FP32


def remarks(row: Row) -> List[str]:
    """What a reader has to know of this row besides its numbers."""
    if row.get("reason"):
        return [row["reason"]]
    said = []
    if row.get("agrees") is False:
        said.append(f"DISAGREES with the reference (relative error {row['relative_error']:.2g})")
    if row.get("agrees") is None:
        said.append("answers unchecked: no reference")
    if only_fp32(row):
        said.append(f"answers as in fp32: this build has no {row['type']} here")
    integers = row.get("integer_layers")
    if integers:
        said.append(f"{integers[0]} of {integers[1]} layers in integers")
    busy, cores = row.get("busy_threads"), row.get("cores_used")
    if (busy or 0) > row["threads"] or (cores or 0) > OBEYED * row["threads"]:
        said.append(f"{busy} threads computed, on {cores:.2f} cores")
    if row["threads"] == 1 and cores is not None and cores < INTERRUPTED:
        said.append("interrupted by other programs: too slow, measure again")
    return said


def case_key(row: Row) -> Cell:
    return row["model"], row["type"], row["threads"], row["batch"]


def add_ratios(rows: List[Row], ours: str) -> None:
    """ratio: how many times as long as ours an engine takes in the same case; above 1, ours is faster. None without both numbers."""
    base = {case_key(row): row.get("ms_per_face") for row in rows if row["engine"] == ours}
    for row in rows:
        time, own = row.get("ms_per_face"), base.get(case_key(row))
        row["ratio"] = time / own if time and own else None


def number(value: Optional[float], form: str) -> str:
    return "–" if value is None else format(value, form)


def markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Columns of equal width, so that the table can be read as it is."""
    cells = [list(head), *[[cell.replace("|", "/") for cell in line] for line in lines]]
    widths = [max(3, *(len(line[column]) for line in cells)) for column in range(len(head))]
    cells.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in cells)


def ratio_cell(row: Optional[Row], ours: str, fastest: bool) -> str:
    if row is None or row.get("ms_per_face") is None:
        return "–"
    text = f"{row['ms_per_face']:.2f}"
    if fastest:
        text = f"**{text}**"
    if row["engine"] != ours and row.get("ratio") is not None:
        text += f" ({row['ratio']:.2f})"
    return text + (" DISAGREES" if row.get("agrees") is False else "")


def summary_table(rows: List[Row], engines: Sequence[str], ours: str) -> str:
    """One line for each case: ms a face, in brackets how many times as long as ours. Bold: the fastest whose answers are right and in that type."""
    lines = []
    for key in dict.fromkeys(case_key(row) for row in rows):
        found = {row["engine"]: row for row in rows if case_key(row) == key}
        right = [row for row in found.values() if row.get("ms_per_face") is not None and row.get("agrees") is not False and not only_fp32(row)]
        best = min(right, key=lambda row: row["ms_per_face"], default=None)
        lines.append([*map(str, key), *(ratio_cell(found.get(engine), ours, best is not None and found.get(engine) is best) for engine in engines)])
    return markdown(["model", "type", "threads", "batch", *engines], lines)


def detail_table(rows: List[Row]) -> str:
    """The column of cosines to the file of eight bits is there if one of the rows has such a file."""
    lines, quantised = [], any("cosine_to_quantised" in row for row in rows)
    for row in rows:
        quartiles = f"{row['ms_low_quartile']:.2f} .. {row['ms_high_quartile']:.2f}" if row.get("ms_per_face") is not None else "–"
        lines.append([*map(str, case_key(row)), row["engine"], number(row.get("ms_per_face"), ".2f"), quartiles, number(row.get("load_ms"), ".0f"),
                      number(row.get("peak_rss_mb"), ".0f"), number(row.get("cosine_to_reference"), ".7f"),
                      *[number(row.get("cosine_to_quantised"), ".4f")][:quantised], number(row.get("cores_used"), ".2f"),
                      row.get("setting") or "–", "; ".join(remarks(row))])
    return markdown(["model", "type", "threads", "batch", "engine", "ms a face", "quartiles", "load ms", "peak MB", "cosine",
                     *["cosine to QDQ"][:quantised], "cores", "setting", "remarks"], lines)


def heading(report: Dict[str, Any]) -> str:
    machine = report["machine"]
    versions = ", ".join(f"{engine} {version}" for engine, version in report["versions"].items())
    lines = [f"{report['cpu']}, {machine['cores']} cores, {' '.join(machine['features'])}; kernel {machine['kernel']}, governor {machine['governor']}",
             f"{report['date']}, `{report['command']}`, {report['scheduling']}", f"{versions}; reference of the answers: {report['reference']}",
             f"Loading and memory include Python and numpy: {number(report['base_ms'], '.0f')} ms before the engine begins."]
    return "  \n".join(lines)


def whole_text(report: Dict[str, Any], ours: str) -> str:
    """The Markdown that is printed: heading, summary, details, and who could not take part."""
    rows, engines = report["rows"], report["engines"]
    parts = [heading(report), f"Milliseconds a face, in brackets how many times as long as {ours} (above 1: {ours} is faster); bold is the fastest.",
             summary_table(rows, engines, ours), detail_table(rows)]
    if report["missing"]:
        parts.append("Not there:\n" + "\n".join(f"- {engine}: {reason}" for engine, reason in report["missing"].items()))
    if report["remarks"]:
        parts.append("\n".join(f"- {remark}" for remark in report["remarks"]))
    return "\n\n".join(parts) + "\n"


def json_row(row: Row) -> Row:
    """The row with rounded numbers, and with every measured field, null where there is none."""
    full = {**{name: None for name in MEASURED}, **row}
    digits = {"cosine_to_reference": 9, "cosine_to_quantised": 9, "relative_error": 9}
    return {name: round(value, digits.get(name, 3)) if isinstance(value, float) else value for name, value in full.items()}
