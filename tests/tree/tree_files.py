"""Walks the tree and reports findings; shared by the checks beside it."""
import os
import sys

SKIPPED_FOLDERS = {".git", ".mypy_cache", "build", "__pycache__"}


def files(root, suffixes=None, folders=None):
    """Paths relative to root of all files, sorted; only those with one of the suffixes, below one of the folders."""
    found = []
    for start in folders or ["."]:
        for folder, names, file_names in os.walk(os.path.join(root, start)):
            names[:] = [name for name in names if name not in SKIPPED_FOLDERS]
            for name in file_names:
                if suffixes is None or name.endswith(tuple(suffixes)):
                    found.append(os.path.relpath(os.path.join(folder, name), root))
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def finish(findings, what_was_checked):
    """Prints the findings and ends the program: 1 if there are any."""
    for finding in findings:
        print(finding)
    print(f"{what_was_checked}: {len(findings)} findings")
    sys.exit(1 if findings else 0)
