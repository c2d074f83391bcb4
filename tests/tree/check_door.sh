#!/bin/sh
# The front door: explains itself from any folder, refuses nonsense, and adds test results up correctly. usage: check_door.sh TREE
set -eu
tree=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

wrong() {
    echo "$*"
    exit 1
}

for script in "$tree/run" "$tree/.ci/run" "$tree"/bench/*.sh "$tree"/tests/tree/*.sh "$tree"/tests/support/*.sh; do
    sh -n "$script"
done
cd /
env -i "$tree/run" >"$scratch/usage" || wrong "./run alone ends with $?"
for command in build demo test test-engines bench bench-peers fuzz install train wheel; do
    grep -q "^    \./run $command" "$scratch/usage" || wrong "./run does not explain $command"
done
status=0
"$tree/run" nonsense >/dev/null 2>&1 || status=$?
[ "$status" = 2 ] || wrong "./run nonsense ends with $status, not 2"
for arguments in "build x" "test x" "bench x" "wheel x" "test-engines x" "install a b" "demo a b" "fuzz a 1 2"; do
    status=0
    # shellcheck disable=SC2086
    "$tree/run" $arguments >/dev/null 2>&1 || status=$?
    [ "$status" = 2 ] || wrong "./run $arguments ends with $status, not 2"
done
"$tree/run" test --help | cmp -s - "$scratch/usage" || wrong "./run test --help does not explain"
ln -s "$tree/run" "$scratch/door"
"$scratch/door" | cmp -s - "$scratch/usage" || wrong "./run does not work through a link"
status=0
"$tree/run" demo PICTURES=/nowhere >/dev/null 2>"$scratch/said" || status=$?
[ "$status" = 1 ] && grep -q '/nowhere is not a folder' "$scratch/said" || wrong "a missing folder of pictures is not named"

# summary RESULT: what the summary says of $scratch/NAME.xml, last line only.
summary() {
    awk -f "$tree/tests/support/summary.awk" "$scratch"/*.xml >"$scratch/summary" && status=0 || status=$?
    said=$(tail -n 1 "$scratch/summary")
    [ "$said" = "$1" ] || wrong "the summary says \"$said\", not \"$1\""
    [ "$status" = "$2" ] || wrong "the summary ends with $status, not $2"
}

cat >"$scratch/first.xml" <<'END'
	<testcase name="a/script" classname="a/script" time="0.1" status="run">
		<system-out>fine
</system-out>
	<testcase name="a/cases" classname="a/cases" time="0.1" status="run">
		<system-out>[==========] Running 3 test(s).
[ RUN      ] one
[       OK ] one
[ RUN      ] two
[  SKIPPED ] two
[ RUN      ] three
[       OK ] three
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] two
</system-out>
	<testcase name="a/skipped" classname="a/skipped" time="0.1" status="notrun">
		<skipped message="SKIP_RETURN_CODE=77"/>
		<system-out>SKIP a/skipped: no data
END
summary "3 passed, 0 failed, 2 skipped" 0
grep -q '^skipped: first a/skipped: no data$' "$scratch/summary" || wrong "a skipped test is not named"
cat >"$scratch/second.xml" <<'END'
	<testcase name="b/cases" classname="b/cases" time="0.1" status="fail">
		<system-out>[==========] Running 3 test(s).
[       OK ] one
[  FAILED  ] two
[  FAILED  ] three
[  FAILED  ] 2 test(s), listed below:
[  FAILED  ] two
[  FAILED  ] three
</system-out>
	<testcase name="b/crash" classname="b/crash" time="0.1" status="fail">
		<failure message=""/>
	<testcase name="b/missing" classname="b/missing" time="0" status="notrun">
		<skipped message="Unable to find executable"/>
END
summary "4 passed, 4 failed, 2 skipped" 1
rm "$scratch"/*.xml
: >"$scratch/empty.xml"
summary "0 passed, 0 failed, 0 skipped" 1
