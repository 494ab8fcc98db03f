#!/usr/bin/env bash
# Instructions per operation on each path, counted by callgrind and compared with those in ci/counts.txt.
#
#   ci/counts.sh            fails if a path needs more instructions than committed, by more than the tolerance, or more locked
#                           ones (callgrind's --collect-bus); prints those of the peers beside them
#   ci/counts.sh --write    writes ci/counts.txt and ci/peers.txt; commit them with the change that explains the difference
#
# ci/peers.txt has the same of the peers, on the same work. What they need does not gate, since it is theirs; but that file has to
# have a line for each of them, and what differs is reported. The bench host_call shows the counts of both beside its times.
#
# Counts repeat to a fraction of a percent on one toolchain: each path stays on one thread (see benches/benches/counts), and
# what is counted is the difference of two runs, so that start and end cancel out. They change with the compiler and with
# dependencies, both of which are pinned. The tolerance is 3 %: below that is a different order of the same instructions. A
# path that needs fewer by more than that is reported, and does not fail: write it down.
set -euo pipefail
cd "$(dirname "$0")/.."

tolerance=3
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

# A burst of events has to fit the queue.
times() {
    if [[ $1 == *emit-event ]]; then echo 300 900; else echo 1280 3840; fi
}

counted_with="$(rustc --version | cut -d' ' -f1,2), $(uname -m)."

measured=$scratch/counts.txt
{
    echo "# Instructions per operation, and how many of them are locked; see ci/counts.sh. $counted_with"
    "$program" --list | while read -r path thread; do
        read -r few many <<<"$(times "$path")"
        read -r instructions locked <<<"$(count "$thread" "$few" "$many" "$path")"
        printf '%-28s %6s %3s\n' "$path" "$instructions" "$locked"
    done
} >"$measured"

peers=$scratch/peers.txt
{
    echo "# The same of the peers, on the same work: path, peer, instructions, locked ones; see ci/counts.sh. $counted_with"
    "$program" --peers | while read -r path peer; do
        read -r few many <<<"$(times "$path")"
        read -r instructions locked <<<"$(count 1 "$few" "$many" "$path" "$peer")"
        printf '%-28s %-18s %6s %3s\n' "$path" "$peer" "$instructions" "$locked"
    done
} >"$peers"

awk '
    /^#/ { next }
    FNR == NR { ours[$1] = $2; next }
    { printf "%-28s %6d   %-18s %6d (%d locked)   ratio %.2f\n", $1, ours[$1], $2, $3, $4, ours[$1] / $3 }' "$measured" "$peers"
echo

if [[ ${1-} == --write ]]; then
    cp "$measured" ci/counts.txt
    cp "$peers" ci/peers.txt
    cat ci/counts.txt ci/peers.txt
    exit
fi

# compare COMMITTED MEASURED WORDS GATES: each line is a name of so many words, instructions, and locked ones.
compare() {
    awk -v tolerance="$tolerance" -v words="$3" -v gates="$4" -v file="$1" '
        /^#/ { next }
        { name = $1; for (word = 2; word <= words; word++) name = name " " $word }
        FNR == NR { committed[name] = $(words + 1); bus[name] = $(words + 2); next }
        !shown++ { printf "%-44s %10s %10s %9s %7s\n", file, "committed", "measured", "change", "locked" }
        !(name in committed) { printf "%-44s %10s %10d %9s %7s  NEW: write it down\n", name, "", $(words + 1), "", $(words + 2); failed = 1; next }
        {
            change = ($(words + 1) - committed[name]) * 100 / committed[name]
            more = change > tolerance || $(words + 2) > bus[name]
            fewer = change < -tolerance || $(words + 2) < bus[name]
            verdict = more && gates ? "MORE" : more || fewer ? (more ? "more" : "fewer") ": write it down" : "ok"
            failed = failed || verdict == "MORE"
            printf "%-44s %10d %10d %+8.1f%% %7d  %s\n", name, committed[name], $(words + 1), change, $(words + 2), verdict
            delete committed[name]
        }
        END {
            for (name in committed) { printf "%-44s %10d %10s %9s %7s  GONE: write it down\n", name, committed[name], "", "", ""; failed = 1 }
            if (failed && gates) { printf "more than %d %% more instructions than in %s, more locked ones, or another list of paths\n", tolerance, file }
            else if (failed) { printf "another list of peers than in %s\n", file }
            exit failed
        }' "$1" "$2"
}

status=0
compare ci/counts.txt "$measured" 1 1 || status=1
echo
compare ci/peers.txt "$peers" 2 0 || status=1
exit $status
