#!/usr/bin/env bash
# Instructions per operation on each path, counted by callgrind and compared with those in ci/counts.txt.
#
#   ci/counts.sh            fails if a path needs more instructions than committed, by more than the tolerance
#   ci/counts.sh --write    writes ci/counts.txt; commit it with the change that explains the difference
#
# Counts repeat to a fraction of a percent on one toolchain: each path stays on one thread (see benches/benches/counts), and
# what is counted is the difference of two runs, so that start and end cancel out. They change with the compiler and with
# dependencies, both of which are pinned. The tolerance is 3 %: below that is a different order of the same instructions. A
# path that needs fewer by more than that is reported, and does not fail: write it down.
set -euo pipefail
cd "$(dirname "$0")/.."

tolerance=3
committed=ci/counts.txt
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

command -v valgrind >/dev/null || { echo "counts.sh: valgrind is not installed" >&2; exit 2; }

program=$(cargo bench --quiet --package ffihost-benches --bench counts --no-run --message-format=json |
    sed -n 's/.*"name":"counts".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
[[ -x $program ]] || { echo "counts.sh: there is no program to count" >&2; exit 2; }

# total PATH THREAD TIMES: the instructions of one thread.
total() {
    local out=$scratch/$1.$3
    valgrind --tool=callgrind --separate-threads=yes --callgrind-out-file="$out" --error-exitcode=1 --quiet \
        "$program" "$1" "$3" >/dev/null 2>"$scratch/log" || { cat "$scratch/log" >&2; exit 2; }
    sed -n 's/^totals: //p' "$out-$(printf %02d "$2")"
}

measured=$scratch/counts.txt
{
    echo "# Instructions per operation; see ci/counts.sh. $(rustc --version | cut -d' ' -f1,2), $(uname -m)."
    "$program" --list | while read -r path thread; do
        few=1280 many=3840
        # A burst of events has to fit the queue.
        [[ $path == emit-event ]] && few=300 many=900
        less=$(total "$path" "$thread" "$few")
        more=$(total "$path" "$thread" "$many")
        printf '%-24s %s\n' "$path" "$(((more - less + (many - few) / 2) / (many - few)))"
    done
} >"$measured"

if [[ ${1-} == --write ]]; then
    cp "$measured" "$committed"
    cat "$committed"
    exit
fi

awk -v tolerance="$tolerance" '
    /^#/ { next }
    FNR == NR { committed[$1] = $2; next }
    FNR == 1 || !shown++ { printf "%-24s %10s %10s %9s\n", "path", "committed", "measured", "change" }
    !($1 in committed) { printf "%-24s %10s %10d %9s  NEW: write it down\n", $1, "", $2, ""; failed = 1; next }
    {
        change = ($2 - committed[$1]) * 100 / committed[$1]
        verdict = change > tolerance ? "MORE" : change < -tolerance ? "fewer: write it down" : "ok"
        failed = failed || change > tolerance
        printf "%-24s %10d %10d %+8.1f%%  %s\n", $1, committed[$1], $2, change, verdict
        delete committed[$1]
    }
    END {
        for (path in committed) { printf "%-24s %10d %10s %9s  GONE: write it down\n", path, committed[path], "", ""; failed = 1 }
        if (failed) { printf "more than %d %% more instructions than in ci/counts.txt, or another list of paths\n", tolerance }
        exit failed
    }' "$committed" "$measured"
