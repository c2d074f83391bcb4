# Of the matrix that "cameo compare --matrix" prints: pairs of pictures that seem to show the same person, most similar first.
# usage: awk -v threshold=0.3 -f matrix_pairs.awk. Reads lines "  1  path", an empty one, a heading, rows "  1  1.000  0.900 ...".
!rows && NF >= 2 { line = $0; sub(/^ *[0-9]+  /, "", line); sub(/.*\//, "", line); name[++count] = line }
NF == 0 { rows = 1; next }
rows && !heading { heading = 1; next }
rows {
    for (j = $1 + 1; j <= count; j++)
        if ($(j + 1) >= threshold) {
            pairs++
            similarity[pairs] = $(j + 1)
            text[pairs] = name[$1] ", " name[j]
        }
}
END {
    printf "\n%d pairs of pictures seem to show the same person (similarity of %.2f or more)\n", pairs, threshold
    for (shown = 0; shown < pairs && shown < 20; shown++) {
        best = 0
        for (i = 1; i <= pairs; i++)
            if (!(i in told) && (!best || similarity[i] > similarity[best]))
                best = i
        told[best] = 1
        printf "  %.3f  %s\n", similarity[best], text[best]
    }
}
