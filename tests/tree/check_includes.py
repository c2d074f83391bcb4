"""Every #include against the table of rooms in ARCHITECTURE.md, and that table against what CMake links.

usage: check_includes.py TREE ROOMS_FILE
"""
import fnmatch
import re
import sys

import tree_files

C_HEADERS = set("""assert ctype errno float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic stdbool stddef stdint
    stdio stdlib stdnoreturn string threads time""".split())
POSIX_HEADERS = set("""dirent dlfcn fcntl fnmatch ftw getopt glob langinfo libgen poll pthread sched search strings termios unistd sys/file sys/ioctl sys/mman
    sys/random sys/resource sys/select sys/stat sys/statvfs sys/time sys/types sys/uio sys/wait""".split())
ANYTHING, C_ONLY = "anything", "C headers only"
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def read_table(text):
    """{folder: [what it may include]} from the rows that begin with | `folder`; words outside of backticks stay one phrase each."""
    table = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3:
            words = re.findall(r"`([^`]+)`", cells[2])
            words += [phrase for phrase in (ANYTHING, C_ONLY) if phrase in cells[2]]
            table[cells[0].strip("`").rstrip("/")] = words
    return table


def compare_with_cmake(table, rooms_text):
    linked = dict(line.split(":", 1) for line in rooms_text.splitlines())
    for room, uses in linked.items():
        written = {word for word in table.get("src/" + room, []) if word.isidentifier()}
        if written != set(uses.split()):
            yield f"room {room}: ARCHITECTURE.md says {sorted(written)}, CMakeLists.txt links {sorted(uses.split())}"
    for folder in table:
        if folder.startswith("src/") and folder[4:] not in linked:
            yield f"ARCHITECTURE.md: {folder} is no room that CMake knows"


def cycles(table):
    """Rooms that reach themselves."""
    uses = {folder[4:]: set(words) for folder, words in table.items() if folder.startswith("src/")}
    for start in uses:
        seen, waiting = set(), list(uses[start])
        while waiting:
            room = waiting.pop()
            if room not in seen:
                seen.add(room)
                waiting += uses.get(room, [])
        if start in seen:
            yield f"ARCHITECTURE.md: room {start} uses itself by a detour"


def allowed_quoted(folder, name, words, own_files):
    if name == "cameo.h":
        return folder.startswith("src/") or "cameo.h" in words
    if folder.startswith("src/"):
        room = name.split("/")[0]
        return "/" in name and (room == folder[4:] or room in words or name in words)
    return name.split("/")[-1] in own_files or name in words


def allowed_system(name, words):
    stem = name[:-2] if name.endswith(".h") else name
    if stem in C_HEADERS or any(fnmatch.fnmatch(name, word) for word in words):
        return True
    return stem in POSIX_HEADERS and C_ONLY not in words


def check_folder(root, folder, words):
    sources = tree_files.files(root, [".c", ".h"], [folder])
    own_files = {path.rsplit("/", 1)[-1] for path in sources}
    for path in sources:
        for quoted, system in INCLUDE.findall(tree_files.read(root, path)):
            if quoted and not allowed_quoted(folder, quoted, words, own_files):
                yield f'{path}: may not include "{quoted}"'
            if system and not allowed_system(system, words):
                yield f"{path}: may not include <{system}>"


def main():
    root, rooms_file = sys.argv[1:]
    table = read_table(tree_files.read(root, "ARCHITECTURE.md"))
    with open(rooms_file, encoding="utf-8") as file:
        findings = list(compare_with_cmake(table, file.read()))
    findings += cycles(table)
    if len(table) < 8:
        findings.append("ARCHITECTURE.md: the table of rooms was not found")
    for folder, words in table.items():
        if ANYTHING not in words:
            findings += check_folder(root, folder, words)
    tree_files.finish(findings, f"includes of {len(table)} folders")


main()
