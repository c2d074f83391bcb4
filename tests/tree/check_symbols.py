"""What leaves the library: the shared one exports exactly the functions of cameo.h, the static one only names of ours; neither prints, ends the
process, or has variables that change.

usage: check_symbols.py TREE LIBCAMEO.SO LIBCAMEO.A
"""
import re
import subprocess
import sys

import tree_files

FORBIDDEN_CALLS = set("""exit _exit _Exit quick_exit abort __assert_fail printf __printf_chk vprintf puts putchar putc putc_unlocked perror stdout
    stderr system""".split())


def lines_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def declared_functions(header):
    header = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    return set(re.findall(r"\bCAMEO_API\b[^;{]*?\b(cameo_\w+)\s*\(", header))


def check_shared(path, declared):
    exported = {line.split()[-1].split("@")[0] for line in lines_of("nm", "-D", "--defined-only", path)}
    for name in sorted(declared - exported):
        yield f"cameo.h declares {name}, the shared library lacks it"
    for name in sorted(exported - declared):
        yield f"the shared library exports {name}, which cameo.h does not declare"


def check_static(path):
    defined, undefined, member = {}, [], ""
    for line in lines_of("nm", "-g", path):
        words = line.split()
        if len(words) == 1 and line.endswith(":"):
            member = words[0][:-1]
        elif len(words) == 3:
            name = words[2]
            if not name.startswith(("cameo_", "cm_")):
                yield f"{member}: external name {name} begins neither with cameo_ nor with cm_"
            if name in defined:
                yield f"{member}: {name} is also defined in {defined[name]}"
            defined[name] = member
        elif len(words) == 2:
            undefined.append((member, words[1]))
    for member, name in undefined:
        if name in FORBIDDEN_CALLS:
            yield f"{member}: uses {name}; the library neither prints nor ends the process"


def check_variables(path):
    """Objects in sections that can be written at run time."""
    member = ""
    for line in lines_of("objdump", "-t", path):
        if ":     file format" in line:
            member = line.split(":")[0]
        match = re.match(r"^[0-9a-f]+ .{7} (\.(?:data|bss|tdata|tbss)\S*)\s+([0-9a-f]+) (?:\.hidden )?(\S+)$", line)
        if match and int(match[2], 16) and not match[1].startswith(".data.rel.ro"):
            yield f"{member}: {match[3]} can change at run time (section {match[1]})"


def main():
    root, shared, static = sys.argv[1:]
    declared = declared_functions(tree_files.read(root, "include/cameo.h"))
    findings = list(check_shared(shared, declared)) + list(check_static(static)) + list(check_variables(static))
    if len(declared) < 40:
        findings.append(f"only {len(declared)} functions were found in cameo.h")
    tree_files.finish(findings, f"{len(declared)} public functions")


main()
