#!/bin/sh
# The demonstration: faces found, aligned, embedded, compared and timed. usage: demo.sh BUILD-FOLDER OUT-FOLDER
# Environment: PICTURES (folder, may be empty), CAMEO_MODEL, CAMEO_DETECTOR, CAMEO_TEST_DATA.
set -eu
cameo=$1/cameo
portraits=$1/cameo-portraits
out=$2
pack=buffalo_sc
most=48
most_compared=16
mkdir -p "$out"

say() {
    printf '%s\n' "$*"
}

# first_of NAME...: the file of the first of these models that is here already, ours or InsightFace's.
first_of() {
    for name in "$@"; do
        "$cameo" model path "$name" 2>/dev/null && return 0
    done
    return 1
}

find_installed() {
    recognizer=$(first_of w600k_r50 glintr100 w600k_mbf) && detector=$(first_of det_10g scrfd_10g_bnkps det_2.5g det_500m)
}

find_research_data() {
    data=${CAMEO_TEST_DATA:-../shared/data}
    recognizer=$data/models/mobilefacenet_arcface.onnx
    detector=$data/models/det_500m.onnx
    [ -f "$recognizer" ] && [ -f "$detector" ]
}

# Asks only where somebody can answer.
licence_accepted() {
    [ "${CAMEO_ACCEPT_LICENSE:-}" != yes ] || return 0
    [ -t 0 ] && [ -t 1 ] || return 1
    printf 'No models here. Download %s (15 MB)? Its licence allows non-commercial research only. [y/N] ' "$pack"
    read -r answer
    case $answer in
        y | Y | yes) return 0 ;;
        *) return 1 ;;
    esac
}

pull() {
    if ! licence_accepted; then
        reason="none here (\"cameo model pull $pack --accept-license\" fetches some)"
        return 1
    fi
    if [ -t 2 ]; then
        "$cameo" model pull "$pack" --accept-license || true
    else
        "$cameo" model pull "$pack" --accept-license >"$out/pull.txt" 2>&1 || true
    fi
    if ! find_installed; then
        reason="none here, and $pack cannot be downloaded"
        return 1
    fi
}

make_model() {
    [ "$out/$1.onnx" -nt "$cameo" ] || "$cameo" model make "$1" -o "$out/$1.onnx" >/dev/null
}

choose_models() {
    made=no
    most_faces=0
    if [ -n "${CAMEO_MODEL:-}" ] && [ -n "${CAMEO_DETECTOR:-}" ]; then
        recognizer=$CAMEO_MODEL
        detector=$CAMEO_DETECTOR
        say "models: $recognizer, $detector"
    elif find_installed; then
        say "models: $recognizer, $detector"
    elif find_research_data; then
        say "models: $(basename "$recognizer"), $(basename "$detector") of $data (for research only)"
    elif pull; then
        say "models: $recognizer, $detector"
    else
        made=yes
        most_faces=3
        make_model r50
        make_model scrfd_500m
        recognizer=$out/r50.onnx
        detector=$out/scrfd_500m.onnx
        say "models: $reason: made weights stand in, which know no faces; all steps run, what they find means nothing"
    fi
}

# The list of pictures goes to $out/pictures.txt: few enough that the demonstration stays one.
choose_pictures() {
    if [ -n "${PICTURES:-}" ]; then
        find "$PICTURES" -type f | grep -iE '\.(jpe?g|png|webp|bmp|ppm|pgm)$' | sort >"$out/all.txt" || true
        head -n "$most" "$out/all.txt" >"$out/pictures.txt"
        count=$(wc -l <"$out/all.txt")
        [ "$count" -gt 0 ] || { printf 'demo: no picture in %s\n' "$PICTURES" >&2 && exit 3; }
        say "pictures: $(wc -l <"$out/pictures.txt") of $count in $PICTURES"
        return
    fi
    if [ ! -f "$out/portraits/truth.json" ] || [ "$portraits" -nt "$out/portraits/truth.json" ]; then
        rm -rf -- "$out/portraits"
        "$portraits" -o "$out/portraits" --people 4 --pictures 3 --group --crops
    fi
    find "$out/portraits" -name '*.jpg' | sort >"$out/pictures.txt"
    say "pictures: $out/portraits, drawn here: four people who do not exist, three times each and once together"
}

# step WHAT COMMAND...: "no face" (1) and "a file could not be read" (3) are answers, not failures of the demonstration.
step() {
    say ""
    say "== $1"
    shift
    status=0
    "$@" || status=$?
    case $status in
        0 | 1 | 3) ;;
        *) exit "$status" ;;
    esac
}

detect() {
    rm -rf -- "$out/found"
    mkdir -p "$out/found"
    "$cameo" detect - --detector "$detector" --max-faces "$most_faces" --draw "$out/found" <"$out/pictures.txt" >"$out/found.txt" || status=$?
    grep -v '^  ' "$out/found.txt" || true
    return "${status:-0}"
}

# Made weights find no faces; what the networks cost is seen on faces that were cut out where they were drawn.
choose_faces() {
    if [ "$made" = no ]; then
        cp "$out/pictures.txt" "$out/faces.txt"
        how="--detector=$detector"
    elif [ -n "${PICTURES:-}" ]; then
        cp "$out/pictures.txt" "$out/faces.txt"
        how=--aligned
        note="(each picture taken for one face, since none was found)"
    else
        find "$out/portraits/crops" -name '*.png' | sort >"$out/faces.txt"
        how=--aligned
        note="(on crops cut out by the landmarks that the portraits were drawn with)"
    fi
}

embed() {
    [ -z "${note:-}" ] || say "$note"
    "$cameo" embed - --model "$recognizer" "$how" -o "$out/faces.jsonl" <"$out/faces.txt" || status=$?
    say "$(wc -l <"$out/faces.jsonl") embeddings"
    return "${status:-0}"
}

compare() {
    grep -v '/group\.jpg$' "$out/faces.txt" | head -n "$most_compared" >"$out/compared.txt"
    "$cameo" compare --matrix - --model "$recognizer" "$how" --draw "$out/matrix.png" <"$out/compared.txt"
}

timings() {
    for model in "$recognizer" "$detector"; do
        "$cameo" bench "$model" --seconds 2 | tee "$out/bench-$(basename "$model" .onnx).txt"
    done
}

choose_models
choose_pictures
choose_faces
step "faces" detect
step "embeddings" embed
step "who is who (cosine similarity of the best face of each picture)" compare
step "timings" timings
say ""
say "annotated pictures   $out/found/"
say "embeddings           $out/faces.jsonl"
say "similarity matrix    $out/matrix.png"
say "timings              $out/bench-*.txt"
