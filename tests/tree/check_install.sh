#!/bin/sh
# Installs into a folder with a space in its name and builds the example and the README's program against what lies there: shared and static, by
# pkg-config and by find_package. usage: check_install.sh TREE BUILD
set -eu
tree=$1
build=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix="$scratch/in stalled"
cmake --install "$build" --prefix "$prefix" >/dev/null
for file in bin/cameo include/cameo.h lib/libcameo.a lib/libcameo.so lib/pkgconfig/cameo.pc; do
    [ -e "$prefix/$file" ] || { echo "$file was not installed"; exit 1; }
done

version=$("$prefix/bin/cameo" --version)
stated=$(PKG_CONFIG_PATH="$prefix/lib/pkgconfig" pkg-config --modversion cameo)
case $version in
    *"$stated"*) ;;
    *) echo "cameo --version says \"$version\", cameo.pc says $stated"; exit 1 ;;
esac

# The example without arguments explains itself and ends with 2.
explains_itself() {
    status=0
    LD_LIBRARY_PATH="$2" "$1" >"$scratch/said" 2>&1 || status=$?
    [ "$status" = 2 ] && grep -q usage "$scratch/said" || { echo "$1: ended with $status"; cat "$scratch/said"; exit 1; }
    echo "${1##*/}: runs"
}

example=$tree/examples/compare_faces.c
PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
export PKG_CONFIG_PATH
eval "cc -std=c17 -Wall -Werror -o '$scratch/pc-shared' '$example' $(pkg-config --cflags --libs cameo)"
explains_itself "$scratch/pc-shared" "$prefix/lib"

# The README's program with the models inside, as it is written, and with files. On a black picture it finds no face, and says nothing.
sed -n '/^```c$/,/^```$/p' "$tree/README.md" | sed '/^```/d' >"$scratch/first.c"
sed 's/= CAMEO_BUILTIN_RECOGNIZER/= "recognizer.onnx"/; s/= CAMEO_BUILTIN_DETECTOR/= "detector.onnx"/' "$scratch/first.c" >"$scratch/second.c"
"$prefix/bin/cameo" model make mbf -o "$scratch/recognizer.onnx"
"$prefix/bin/cameo" model make scrfd_500m -o "$scratch/detector.onnx"
programs=second
[ -z "$("$prefix/bin/cameo" model list | grep 'built in')" ] || programs="first second"
printf 'P6 64 64 255\n' >"$scratch/photo.jpg"
head -c 12288 /dev/zero >>"$scratch/photo.jpg"
for name in $programs; do
    eval "cc -Wall -Wextra -Werror '$scratch/$name.c' $(pkg-config --cflags --libs cameo) -o '$scratch/$name'"
    said=$(cd "$scratch" && LD_LIBRARY_PATH="$prefix/lib" "./$name" 2>&1) && [ -z "$said" ] || { echo "the README's program ($name) says \"$said\""; exit 1; }
done

# On a real picture it finds the person, and the example knows the same one again.
data=${CAMEO_TEST_DATA:-}
if [ -f "$data/models/det_500m.onnx" ]; then
    ln -sf "$data/models/mobilefacenet_arcface.onnx" "$scratch/recognizer.onnx"
    ln -sf "$data/models/det_500m.onnx" "$scratch/detector.onnx"
    ln -sf "$data/scenes/obama1.jpg" "$scratch/photo.jpg"
    for name in $programs; do
        said=$(cd "$scratch" && LD_LIBRARY_PATH="$prefix/lib" "./$name")
        echo "$said" | grep -qE '^face 0: score 0\.[5-9][0-9], embedding -?[0-9.]+ -?[0-9.]+ \.\.\.$' ||
            { echo "the README's program ($name) says \"$said\""; exit 1; }
    done
    said=$(cd "$scratch" && LD_LIBRARY_PATH="$prefix/lib" ./pc-shared recognizer.onnx detector.onnx photo.jpg "$data/scenes/obama-240p.jpg")
    echo "$said" | grep -qE '^similarity 0\.7[0-9]+$' || { echo "the example says \"$said\""; exit 1; }
fi

cat >"$scratch/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(cameo $stated REQUIRED)
add_executable(cmake-shared "$example")
target_link_libraries(cmake-shared PRIVATE cameo::cameo)
add_executable(cmake-static "$example")
target_link_libraries(cmake-static PRIVATE cameo::static)
END
cmake -S "$scratch" -B "$scratch/b" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release >/dev/null
ninja -C "$scratch/b" --quiet
explains_itself "$scratch/b/cmake-shared" "$prefix/lib"
explains_itself "$scratch/b/cmake-static" ""

rm "$prefix"/lib/libcameo.so*
eval "cc -std=c17 -Wall -Werror -o '$scratch/pc-static' '$example' $(pkg-config --static --cflags --libs cameo)"
explains_itself "$scratch/pc-static" ""
