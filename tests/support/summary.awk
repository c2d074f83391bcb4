# Adds up ctest's JUnit files (one for each build, named after it) and prints "N passed, N failed, N skipped" as the last line, skipped and
# failed tests named above it. A cmocka program counts case by case, any other test counts once. Ends with 1 if a test failed or none passed.

function attribute(name,    start, rest) {
    start = index($0, " " name "=\"")
    if (!start)
        return ""
    rest = substr($0, start + length(name) + 3)
    return substr(rest, 1, index(rest, "\"") - 1)
}

function finish(    name) {
    if (test == "")
        return
    if (status == "notrun" && why == "SKIP_RETURN_CODE=77") {
        skip(test (skip_reason == "" ? "" : ": " skip_reason))
    } else if (status != "run") {
        count = 0
        for (name in case_failed)
            count++
        failed += count > 0 ? count : 1
        failures[++failure_lines] = test (why == "" ? "" : " (" why ")")
        for (name in case_failed)
            failures[++failure_lines] = "    " name
        passed += cases_passed
    } else {
        passed += cases > 0 ? cases_passed : 1
        for (name in case_skipped)
            skip(test ": " name (skip_reason == "" ? "" : ": " skip_reason))
    }
    test = ""
}

function skip(text) {
    skipped++
    skips[skipped] = text
}

FNR == 1 {
    build = FILENAME
    sub(/.*\//, "", build)
    sub(/\.xml$/, "", build)
}

/<testcase / {
    finish()
    test = build " " attribute("name")
    status = attribute("status")
    why = skip_reason = ""
    cases = cases_passed = 0
    split("", case_failed)
    split("", case_skipped)
}
/<skipped / { why = attribute("message") }
/SKIP [^:]*: / && skip_reason == "" {
    skip_reason = $0
    sub(/.*SKIP [^:]*: */, "", skip_reason)
}
/\[==========\].* Running [0-9]+ test/ { cases = 1 }
/\[       OK \] / { cases_passed++ }
/\[  SKIPPED \] / && !/ test\(s\)/ { sub(/.*\[  SKIPPED \] /, ""); case_skipped[$0] = 1 }
/\[  FAILED  \] / && !/ test\(s\)/ { sub(/.*\[  FAILED  \] /, ""); case_failed[$0] = 1 }

END {
    finish()
    for (i = 1; i <= skipped; i++)
        print "skipped: " skips[i]
    for (i = 1; i <= failure_lines; i++)
        print "failed: " failures[i]
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0 || passed == 0
}
