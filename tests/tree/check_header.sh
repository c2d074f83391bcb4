#!/bin/sh
# The public header alone, by every compiler and language that users bring. usage: check_header.sh TREE
set -eu
for compiler in "gcc -std=c11" "gcc -std=c17" "clang -std=c17" "g++ -std=c++11" "g++ -std=c++17" "clang++ -std=c++17"; do
    case $compiler in
        *++\ *) language=c++ ;;
        *) language=c ;;
    esac
    # shellcheck disable=SC2086
    printf '#include "cameo.h"\nint main(void) { return cameo_cpu_count() > 0 ? CAMEO_OK : 1; }\n' |
        $compiler -x $language -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Werror -I"$1/include" -
    echo "$compiler: accepted"
done
