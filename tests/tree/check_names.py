"""File names are unique in the tree; no file names a machine's paths, holds a note of unfinished work or overlong lines.

usage: check_names.py TREE
"""
import re
import sys

import tree_files

MAY_REPEAT = {"CMakeLists.txt", "README.md", "__init__.py", "run"}
TEXT = [".c", ".h", ".py", ".sh", ".awk", ".md", ".txt", ".cmake", ".in", ".json", "run"]
LINE_LENGTH = 160
# Written so that this file does not find itself.
FORBIDDEN = [(re.compile(r"(?<![\w.])/(?:ho" r"me|ro" r"ot|wo" r"rk|Users)/\w"), "a path of one machine"),
             (re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"), "a note of unfinished work"),
             (re.compile(r"[ \t]+$"), "white space at the end of a line")]


def repeated_names(paths):
    seen = {}
    for path in paths:
        name = path.rsplit("/", 1)[-1]
        if path.startswith("fuzz/corpus/") or name in MAY_REPEAT:
            continue
        if name in seen:
            yield f"{path}: {seen[name]} has the same name"
        seen[name] = path


def check_lines(root, path):
    for number, line in enumerate(tree_files.read(root, path).split("\n"), 1):
        for pattern, what in FORBIDDEN:
            if pattern.search(line):
                yield f"{path}:{number}: {what}: {line.strip()}"
        if len(line) > LINE_LENGTH and not path.endswith(".md"):
            yield f"{path}:{number}: {len(line)} characters, {LINE_LENGTH} are the limit"


def main():
    root = sys.argv[1]
    paths = tree_files.files(root)
    findings = list(repeated_names(paths))
    for path in paths:
        if path.endswith(tuple(TEXT)) and not path.startswith("fuzz/corpus/"):
            findings += check_lines(root, path)
    tree_files.finish(findings, f"names and lines of {len(paths)} files")


main()
