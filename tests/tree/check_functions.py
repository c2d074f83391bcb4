"""No function longer than 80 lines or of a cyclomatic complexity above 15, as pmccabe counts them (a switch counts as one branch).

usage: check_functions.py TREE PMCCABE
"""
import subprocess
import sys

import tree_files

MOST_LINES = 80
MOST_COMPLEX = 15
# "file:function": why it may be larger.
EXCEPTIONS = {}


def main():
    root, pmccabe = sys.argv[1:]
    sources = tree_files.files(root, [".c", ".h"])
    output = subprocess.run([pmccabe, *sources], cwd=root, capture_output=True, text=True, check=True)
    findings, used, count = [], set(), 0
    for line in output.stdout.splitlines():
        complexity, _, _, _, lines, where = line.split("\t", 5)
        file, function = where.split(": ", 1)
        file = file.split("(")[0]
        name = f"{file}:{function}"
        count += 1
        if int(complexity) <= MOST_COMPLEX and int(lines) < MOST_LINES:
            continue
        if name in EXCEPTIONS:
            used.add(name)
        else:
            findings.append(f"{name}: {lines} lines (below {MOST_LINES}), complexity {complexity} (at most {MOST_COMPLEX})")
    findings += [f"{name}: is no exception any more" for name in EXCEPTIONS if name not in used]
    if count < 50:
        findings.append(f"only {count} functions were seen: {output.stderr}")
    tree_files.finish(findings, f"{count} functions")


main()
