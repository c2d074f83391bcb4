# Of the matrix of drawn portraits: how far similarities of one person's pictures lie from those of different people.
# Reads what "cameo compare --matrix" prints: lines "  1  path/personNN_MM.jpg", an empty one, a heading, rows "  1  1.000  0.900 ...".
NF >= 2 && !rows && match($0, /person[0-9]+/) {
    count++
    who[$1] = substr($0, RSTART, RLENGTH)
    if (!(who[$1] in place)) {
        place[who[$1]] = ++people
        person[people] = who[$1]
    }
}
NF == 0 { rows = 1; next }
rows && !heading { heading = 1; next }
rows {
    best = -2
    for (j = 1; j <= count; j++) {
        if (j == $1)
            continue
        s = $(j + 1)
        sum[place[who[$1]], place[who[j]]] += s
        pairs[place[who[$1]], place[who[j]]]++
        if (s > best) {
            best = s
            nearest = who[j]
        }
        if (j > $1 && who[j] == who[$1])
            genuine[++same] = s
        else if (j > $1)
            impostor[++different] = s
    }
    right += nearest == who[$1]
}
function least(list, n,   i, value) { value = 2; for (i = 1; i <= n; i++) if (list[i] < value) value = list[i]; return value }
function most(list, n,   i, value) { value = -2; for (i = 1; i <= n; i++) if (list[i] > value) value = list[i]; return value }
function mean(list, n,   i, all) { for (i = 1; i <= n; i++) all += list[i]; return all / n }
function print_means(   i, j) {
    printf "%-10s", "mean"
    for (i = 1; i <= people; i++)
        printf "%10s", person[i]
    for (i = 1; i <= people; i++) {
        printf "\n%-10s", person[i]
        for (j = 1; j <= people; j++)
            printf "%10s", pairs[i, j] ? sprintf("%.2f", sum[i, j] / pairs[i, j]) : "-"
    }
    print ""
}
# The share of pairs on the right side of the best threshold, both kinds counting alike.
function separation(   i, j, t, best, below, above) {
    for (i = 1; i <= same; i++) {
        t = genuine[i]
        above = below = 0
        for (j = 1; j <= same; j++) above += genuine[j] >= t
        for (j = 1; j <= different; j++) below += impostor[j] < t
        if (above / same + below / different > best) best = above / same + below / different
    }
    return best / 2
}
END {
    if (!same || !different)
        exit
    print_means()
    printf "\nsame person       %3d pairs, similarity %.2f to %.2f, mean %.2f\n", same, least(genuine, same), most(genuine, same), mean(genuine, same)
    printf "different people  %3d pairs, similarity %.2f to %.2f, mean %.2f\n", different, least(impostor, different), most(impostor, different),
           mean(impostor, different)
    printf "nearest picture is of the same person: %d of %d; told apart by one threshold: %.1f %% of the pairs\n", right, count, 100 * separation()
    print "(To a network, drawn people look more alike than photographed ones: what tells them apart lies above the threshold for photographs.)"
}
