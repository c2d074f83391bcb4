"""Instruction sets stay in the files named after them: code without a suffix runs on every processor of the architecture.

usage: check_instructions.py LIBCAMEO.A
"""
import platform
import re
import subprocess
import sys

import tree_files

MEMBER = re.compile(r"^(\S+\.o):\s+file format")
INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\s+(\S+)(.*)")
VEX = re.compile(r"^v(?!er[rw]\b|m)\w+")


def check(path):
    disassembly = subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", path], stdout=subprocess.PIPE, text=True)
    member, reported, members = "", set(), 0
    findings = []
    for line in disassembly.stdout:
        start = MEMBER.match(line)
        if start:
            member = start[1]
            members += 1
            continue
        instruction = INSTRUCTION.match(line)
        if not instruction or member in reported:
            continue
        vex = instruction[1] == "{vex}" # what an instruction that AVX-512 has too is, encoded as AVX has it
        mnemonic = instruction[2].split()[0] if vex else instruction[1]
        wide = "%zmm" in instruction[2] or "{%k" in instruction[2]
        avx = bool(VEX.match(mnemonic))
        vnni = mnemonic.startswith(("vpdpbusd", "vpdpwssd")) and ("_avxvnni" if vex else "_avx512vnni")
        if (avx and "_avx" not in member) or (wide and "_avx512" not in member) or (vnni and vnni not in member):
            reported.add(member)
            findings.append(f"{member}: its name does not allow {line.strip()}")
    if disassembly.wait() != 0 or members < 5:
        findings.append(f"{path}: only {members} objects could be read")
    tree_files.finish(findings, f"instructions of {members} objects")


if platform.machine() != "x86_64":
    print("SKIP tree/instructions: only the tiers of x86-64 need more than every processor has")
    sys.exit(77)
check(sys.argv[1])
