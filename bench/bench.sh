#!/bin/sh
# The tables of ./run bench: whole networks, then every kernel. Weights are made on the spot: speed does not depend on what a network knows.
# usage: bench.sh PROGRAM CHECKKERN OUT-FOLDER
set -eu
cameo=$1
checkkern=$2
out=$3
seconds=${BENCH_SECONDS:-3}
mkdir -p "$out"
# Loading is timed as it is at the first start: with nothing packed yet.
export CAMEO_CACHE=off

# number NAME: that number of the JSON object on standard input.
number() {
    tr -d '\n' | sed -n "s/.*\"$1\": *\([-+0-9.eE]*\).*/\1/p"
}

# row NETWORK THREADS BATCH
row() {
    file=$out/$1.onnx
    [ "$file" -nt "$cameo" ] || "$cameo" model make "$1" -o "$file" >/dev/null
    json=$("$cameo" bench "$file" --threads "$2" --batch "$3" --seconds "$seconds" --json)
    for name in median_ms faces_per_second gflops peak_memory_bytes load_ms; do
        printf '%s ' "$(printf '%s' "$json" | number "$name")"
    done | awk -v network="$1" -v threads="$2" -v batch="$3" \
        '{ printf "%-12s %7d %6d %10.2f %10.1f %9.1f %9.1f %9.1f\n", network, threads, batch, $1, $2, $3, $4 / 1e6, $5 }'
}

cores=$(nproc)
printf '%s, %s cores\n\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$cores"
printf '%-12s %7s %6s %10s %10s %9s %9s %9s\n' network threads batch 'ms a run' 'per s' GFLOP/s 'peak MB' 'load ms'
for network in mbf r18 r50 r100 scrfd_500m scrfd_10g; do
    row "$network" 1 1
    [ "$cores" = 1 ] || row "$network" "$cores" 1
done
row r50 "$cores" 8
printf '\n'
"$checkkern" --time
