#!/usr/bin/env bash
# Instructions per operation on each path, counted by callgrind and compared with those in ci/counts.txt.
#
#   ci/counts.sh            fails if a path needs more instructions than committed, by more than the tolerance, or more locked
#                           ones (callgrind's --collect-bus); prints those of the peers beside them
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

# totals THREAD ARGUMENT...: the instructions of one thread, and how many of them lock the bus.
totals() {
    local thread=$1 out
    shift
    out=$(mktemp -p "$scratch")
    valgrind --tool=callgrind --separate-threads=yes --collect-bus=yes --callgrind-out-file="$out" --error-exitcode=1 --quiet \
        "$program" "$@" >/dev/null 2>"$scratch/log" || { cat "$scratch/log" >&2; exit 2; }
    sed -n 's/^totals: //p' "$out-$(printf %02d "$thread")"
}

# each FEW MANY LESS MORE: what one operation needs, of two runs.
each() {
    echo $(((${4:-0} - ${3:-0} + ($2 - $1) / 2) / ($2 - $1)))
}

# count THREAD FEW MANY ARGUMENT...: instructions and locked ones of one operation.
count() {
    local thread=$1 few=$2 many=$3 less more
    shift 3
    read -r -a less <<<"$(totals "$thread" "$@" "$few")"
    read -r -a more <<<"$(totals "$thread" "$@" "$many")"
    echo "$(each "$few" "$many" "${less[0]}" "${more[0]}") $(each "$few" "$many" "${less[1]:-0}" "${more[1]:-0}")"
}

measured=$scratch/counts.txt
{
    echo "# Instructions per operation, and how many of them are locked; see ci/counts.sh. $(rustc --version | cut -d' ' -f1,2), $(uname -m)."
    "$program" --list | while read -r path thread; do
        few=1280 many=3840
        # A burst of events has to fit the queue.
        [[ $path == emit-event ]] && few=300 many=900
        read -r instructions locked <<<"$(count "$thread" "$few" "$many" "$path")"
        printf '%-28s %6s %3s\n' "$path" "$instructions" "$locked"
    done
} >"$measured"

# Beside the peers, on the same work: what they need does not gate, since it is theirs.
"$program" --peers | while read -r path peer; do
    read -r theirs locked <<<"$(count 1 1280 3840 "$path" "$peer")"
    ours=$(awk -v path="$path" '$1 == path { print $2 }' "$measured")
    printf '%-28s %6s   %-14s %6s (%s locked)   ratio %s\n' "$path" "$ours" "$peer" "$theirs" "$locked" \
        "$(awk -v ours="$ours" -v theirs="$theirs" 'BEGIN { printf "%.2f", ours / theirs }')"
done
echo

if [[ ${1-} == --write ]]; then
    cp "$measured" "$committed"
    cat "$committed"
    exit
fi

awk -v tolerance="$tolerance" '
    /^#/ { next }
    FNR == NR { committed[$1] = $2; bus[$1] = $3; next }
    FNR == 1 || !shown++ { printf "%-28s %10s %10s %9s %7s\n", "path", "committed", "measured", "change", "locked" }
    !($1 in committed) { printf "%-28s %10s %10d %9s %7s  NEW: write it down\n", $1, "", $2, "", $3; failed = 1; next }
    {
        change = ($2 - committed[$1]) * 100 / committed[$1]
        verdict = change > tolerance || $3 > bus[$1] ? "MORE" : change < -tolerance ? "fewer: write it down" : "ok"
        failed = failed || verdict == "MORE"
        printf "%-28s %10d %10d %+8.1f%% %7d  %s\n", $1, committed[$1], $2, change, $3, verdict
        delete committed[$1]
    }
    END {
        for (path in committed) { printf "%-28s %10d %10s %9s %7s  GONE: write it down\n", path, committed[path], "", "", ""; failed = 1 }
        if (failed) { printf "more than %d %% more instructions than in ci/counts.txt, more locked ones, or another list of paths\n", tolerance }
        exit failed
    }' "$committed" "$measured"
