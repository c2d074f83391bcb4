"""What the documents say is there: every link leads to a file, every command that is shown has the options it is shown with.

usage: check_documents.py TREE CAMEO
"""
import os
import re
import subprocess
import sys

import tree_files

DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs"]
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"^    (?:.*(?:\| |&& ))?(cameo(?: model)? [a-z]+)(.*)$", re.MULTILINE)
DOOR = re.compile(r"`?\./run ([a-z]+)")


def check_links(root, path, text):
    for link in LINK.findall(text):
        if "://" not in link and not os.path.exists(os.path.join(root, os.path.dirname(path), link)):
            yield f"{path}: {link} is not there"


def check_commands(cameo, path, text):
    for command, rest in COMMAND.findall(text):
        words = command.split()[1:]
        answer = subprocess.run([cameo, *words, "--help"], capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            yield f"{path}: '{command}' is no command"
            continue
        rest = re.split(r" && | \|\| |\s#", rest)[0]
        for option in re.findall(r"(?<=\s)(--?[a-z][a-z-]*)", rest):
            if not re.search(rf"(?:^|\s|, ){re.escape(option)}(?:\s|,)", answer.stdout):
                yield f"{path}: '{command}' has no option {option}"


def check_door(root, path, text):
    usage = subprocess.run([os.path.join(root, "run")], capture_output=True, text=True, check=True).stdout
    for command in set(DOOR.findall(text)):
        if f"./run {command}" not in usage:
            yield f"{path}: './run {command}' is no command"


def main():
    root, cameo = sys.argv[1:]
    paths = [path for path in tree_files.files(root, [".md"]) if path.startswith(tuple(DOCUMENTS))]
    findings, commands = [], 0
    for path in paths:
        text = tree_files.read(root, path)
        commands += len(COMMAND.findall(text))
        findings += list(check_links(root, path, text)) + list(check_commands(cameo, path, text)) + list(check_door(root, path, text))
    if commands < 10:
        findings.append(f"only {commands} commands were seen in the documents")
    tree_files.finish(findings, f"{len(paths)} documents, {commands} commands")


main()
