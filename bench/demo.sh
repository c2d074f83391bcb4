#!/bin/sh
# The demonstration: faces found, aligned, embedded, compared and timed. usage: demo.sh BUILD-FOLDER OUT-FOLDER
# Environment: PICTURES (folder, may be empty), CAMEO_MODEL, CAMEO_DETECTOR.
set -eu
cameo=$1/cameo
portraits=$1/cameo-portraits
out=$2
tree=$(dirname -- "$0")/..
people=6
most=48
most_compared=24
mkdir -p "$out"
rm -rf -- "$out"/found "$out"/found.txt "$out"/faces.jsonl "$out"/matrix.* "$out"/bench-*.txt "$out"/index.html

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

# builtin WHICH: its name, where this program was built with it.
builtin() {
    "$cameo" model list | grep -o "builtin:$1"
}

# An installed one first, then what is built in.
find_models() {
    recognizer=$(first_of w600k_r50 glintr100 auraface_glintr100 w600k_mbf || builtin recognizer) &&
        detector=$(first_of det_10g scrfd_10g_bnkps det_2.5g det_500m face_detection_yunet_2023mar || builtin detector)
}

make_model() {
    [ "$out/$1.onnx" -nt "$cameo" ] || "$cameo" model make "$1" -o "$out/$1.onnx" >/dev/null
}

# What CAMEO_MODEL and CAMEO_DETECTOR leave open is looked for.
choose_models() {
    made=no
    most_faces=0
    origin=
    if [ -n "${CAMEO_MODEL:-}" ] && [ -n "${CAMEO_DETECTOR:-}" ]; then
        :
    elif find_models; then
        [ "${CAMEO_MODEL:-$recognizer}" != builtin:recognizer ] || origin=" (trained by this project, nothing was downloaded)"
    else
        made=yes
        most_faces=3
        make_model r50
        make_model scrfd_500m
        recognizer=$out/r50.onnx
        detector=$out/scrfd_500m.onnx
        origin=": no model is installed or built in: made weights stand in, which know no faces; all steps run, what they find means nothing"
    fi
    recognizer=${CAMEO_MODEL:-$recognizer}
    detector=${CAMEO_DETECTOR:-$detector}
    models="models: $recognizer, $detector$origin"
    say "$models"
}

# The list of pictures goes to $out/pictures.txt: few enough that the demonstration stays one.
choose_pictures() {
    if [ -n "${PICTURES:-}" ]; then
        find "$PICTURES" -type f | grep -iE '\.(jpe?g|png|webp|bmp|ppm|pgm)$' | sort >"$out/all.txt" || true
        head -n "$most" "$out/all.txt" >"$out/pictures.txt"
        count=$(wc -l <"$out/all.txt")
        [ "$count" -gt 0 ] || { printf 'demo: no picture in %s\n' "$PICTURES" >&2 && exit 3; }
        pictures="pictures: $(wc -l <"$out/pictures.txt") of $count in $PICTURES"
        say "$pictures"
        return
    fi
    if [ ! -f "$out/portraits/truth.json" ] || [ "$portraits" -nt "$out/portraits/truth.json" ]; then
        rm -rf -- "$out/portraits"
        "$portraits" -o "$out/portraits" --people "$people" --pictures 4 --group --crops
    fi
    find "$out/portraits" -name '*.jpg' | sort >"$out/pictures.txt"
    pictures="pictures: $out/portraits, drawn here: $people people who do not exist, four times each in other poses and light, and once together"
    say "$pictures"
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
    "$cameo" detect - --detector "$detector" --max-faces "$most_faces" --draw "$out/found/" <"$out/pictures.txt" >"$out/found.txt" || status=$?
    grep -v '^  ' "$out/found.txt" || true
    return "${status:-0}"
}

# Faces that were not found are cut out where they were drawn, so that at least the recognizer is seen at work.
choose_faces() {
    cp "$out/pictures.txt" "$out/faces.txt"
    how="--detector=$detector"
    if [ -n "${PICTURES:-}" ]; then
        [ "$made" = no ] || how=--aligned
        [ "$made" = no ] || note="(each picture taken for one face, since none was found)"
    elif [ "$made" = yes ] || grep -qE 'person[0-9_]+\.jpg: 0 faces$' "$out/found.txt"; then
        find "$out/portraits/crops" -name '*.png' | sort >"$out/faces.txt"
        how=--aligned
        note="(on crops cut out by the landmarks that the portraits were drawn with, since some were not found)"
    fi
}

embed() {
    [ -z "${note:-}" ] || say "$note"
    "$cameo" embed - --model "$recognizer" "$how" -o "$out/faces.jsonl" <"$out/faces.txt" || status=$?
    touch "$out/faces.jsonl"
    say "$(wc -l <"$out/faces.jsonl") embeddings"
    return "${status:-0}"
}

compare() {
    grep -v '/group\.jpg$' "$out/faces.txt" | head -n "$most_compared" >"$out/compared.txt"
    "$cameo" compare --matrix - --model "$recognizer" "$how" --draw "$out/matrix.png" <"$out/compared.txt" >"$out/matrix.txt" || status=$?
    [ "$(wc -l <"$out/compared.txt")" -gt 8 ] || cat "$out/matrix.txt"
    return "${status:-0}"
}

# The recognizer's threshold, where it is known.
threshold() {
    "$cameo" model list --json | awk -v path="\"$recognizer\"," '
        $1 == "\"threshold\":" { value = $2 + 0 }
        $1 == "\"path\":" && $2 == path { found = value }
        END { print found ? found : 0.3 }'
}

# What the matrix says. Of portraits it is known who is who: personNN in the file's name.
verdict() {
    [ "$made" = no ] && [ -s "$out/matrix.txt" ] || return 0
    if [ -n "${PICTURES:-}" ]; then
        awk -v threshold="$(threshold)" -f "$tree/bench/matrix_pairs.awk" "$out/matrix.txt"
    else
        awk -f "$tree/bench/matrix_verdict.awk" "$out/matrix.txt"
    fi
}

timings() {
    for model in "$recognizer" "$detector"; do
        "$cameo" bench "$model" --seconds 1 | tee "$out/bench-$(basename "$model" .onnx | tr -c 'A-Za-z0-9._\n-' '-').txt"
    done
}

# How to get further; published figures, from docs/models.md.
larger_models() {
    case $recognizer in
        builtin:*) ;;
        *) return 0 ;;
    esac
    say ""
    say "Larger models tell more people apart, in worse pictures (LFW is what their publishers give, of 100 pairs):"
    say "  cameo model pull buffalo_l                        ResNet-50, 174 MB, LFW 99.83; non-commercial research only"
    say "  cameo model pull auraface_glintr100               ResNet-100, 261 MB; Apache-2.0"
    say "  cameo model pull face_recognition_sface_2021dec   MobileFaceNet (SFace, used with --mean 0 --std 1), 39 MB, LFW 99.60; Apache-2.0"
    say "What is installed is used from then on where nothing else is named."
}

# html TEXT: as it may stand in a page.
html() {
    printf '%s' "$*" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'
}

# Everything on one page, beside the files that it shows.
page() {
    printf '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>cameo: demonstration</title>\n'
    printf '<style>body{font-family:sans-serif;margin:2em;max-width:80em}figure{display:inline-block;margin:0 1em 1em 0;vertical-align:top}\n'
    printf 'img{max-height:22em;max-width:100%%}figcaption,pre{font-size:85%%}</style></head>\n<body><h1>cameo</h1>\n'
    printf '<p>%s</p>\n<p>%s</p>\n<h2>Faces</h2>\n' "$(html "$models")" "$(html "$pictures")"
    find "$out/found" -name '*.jpg' 2>/dev/null | sort | while read -r file; do
        name=${file#"$out/"}
        address=$(printf '%s' "$name" | sed 's/%/%25/g; s/#/%23/g; s/?/%3F/g')
        printf '<figure><img src="%s" alt=""><figcaption>%s</figcaption></figure>\n' "$(html "$address")" "$(html "${name#found/}")"
    done
    [ ! -f "$out/matrix.png" ] || printf '<h2>Who is who</h2>\n<img src="matrix.png" alt="cosine similarities" style="max-height:none">\n'
    [ -z "$answer" ] || printf '<pre>%s</pre>\n' "$(html "$answer")"
    printf '<h2>Timings</h2>\n<pre>%s</pre>\n</body></html>\n' "$(html "$(cat "$out"/bench-*.txt)")"
}

# result WHAT FILE: where it lies, if there is any.
result() {
    [ ! -e "$2" ] || printf '%-20s %s\n' "$1" "$2"
}

choose_models
choose_pictures
step "faces" detect
choose_faces
step "embeddings" embed
step "who is who (cosine similarity of the best face of each picture)" compare
answer=$(verdict)
[ -z "$answer" ] || say "$answer"
step "timings" timings
page >"$out/index.html"
say ""
result "annotated pictures" "$out/found/"
result "embeddings" "$out/faces.jsonl"
result "similarity matrix" "$out/matrix.png"
result "the same as text" "$out/matrix.txt"
for file in "$out"/bench-*.txt; do
    result "timings" "$file"
done
result "all on one page" "$out/index.html"
larger_models
