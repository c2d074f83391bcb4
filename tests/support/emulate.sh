#!/bin/sh
# Runs another processor's program under qemu, or says that it cannot and ends with 77, as a skipped test.
# usage: emulate.sh PROCESSOR FOLDER_OF_ITS_LIBRARIES PROGRAM [ARGUMENT...]
set -u
processor=$1
libraries=$2
shift 2
name=$(basename -- "$1")
emulator=$(command -v "qemu-$processor-static" || command -v "qemu-$processor") || {
    echo "SKIP $name: no qemu-$processor here"
    exit 77
}
if ! "$emulator" "$libraries/lib/ld-linux-$processor.so.1" --version >/dev/null 2>&1; then
    echo "SKIP $name: $emulator runs no program here"
    exit 77
fi
exec "$emulator" -L "$libraries" "$@"
