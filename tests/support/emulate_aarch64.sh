#!/bin/sh
# Runs an aarch64 program under qemu, or says that it cannot and ends with 77, as a skipped test. usage: emulate_aarch64.sh PROGRAM [ARGUMENT...]
set -u
libraries=/usr/aarch64-linux-gnu # where Debian's cross compiler has that processor's C library
name=$(basename -- "$1")
emulator=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || {
    echo "SKIP $name: no qemu-aarch64 here"
    exit 77
}
if ! "$emulator" "$libraries/lib/ld-linux-aarch64.so.1" --version >/dev/null 2>&1; then
    echo "SKIP $name: $emulator runs no program here"
    exit 77
fi
exec "$emulator" -L "$libraries" "$@"
