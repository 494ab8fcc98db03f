#!/usr/bin/env bash
# Mutation tests of the protocol rooms: cargo-mutants changes one thing after the other, and the tests of the runtime have to
# notice. Takes hours, so it is run by hand; docs/mutants.md says when it was run, on what, and why each survivor is one.
#
#   ci/mutants.sh            every room, one after the other
#   ci/mutants.sh ROOM...    these: inflight, bridge, requests, records, calls, life, events, host; each within two hours
#
# A mutant goes through up to three stages, until one notices it: the unit tests, the integration tests that tell most, and all
# of them, which those that docs/mutants.md names are spared. What is judged is the last commit, in a clone under target/mutation,
# so that work can go on meanwhile. MUTANTS_LANE (0) names the clone: two runs at the same time need two. With MUTANTS_SINCE, a
# commit that was judged already, only what has changed since is. MUTANTS_STAGES names the stages, of unit, telling and all.
#
# Results: target/mutation/ROOM/mutants.out. Fails if a mutant survives that docs/mutants.md does not name.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null
# shellcheck source=ci/steps.sh
source ci/steps.sh

CARGO_MUTANTS=27.1.0
rooms=(inflight bridge requests records calls life events host)

# files ROOM: what belongs to it.
files() {
    case $1 in
        inflight) echo 'src/inflight.rs src/inflight/**' ;;
        bridge) echo 'src/bridge.rs src/registry.rs src/registry/**' ;;
        requests) echo 'src/context/boxes.rs src/context/gate.rs src/context/report.rs src/context/requests.rs src/context/requests/**' ;;
        records) echo 'src/context.rs src/context/handle.rs src/context/record.rs src/context/records.rs src/context/spin.rs src/context/tenancy.rs src/context/vacancies.rs' ;;
        calls) echo 'src/context/calls.rs src/context/capacity.rs src/context/clock.rs src/context/deadline.rs src/context/current.rs src/context/jobs.rs' ;;
        life) echo 'src/context/close.rs src/context/closing.rs src/context/instance.rs src/context/lifecycle.rs src/context/local.rs src/context/run.rs' ;;
        events) echo 'src/events.rs src/events/**' ;;
        host) echo 'src/host.rs src/host/** src/handles.rs' ;;
        *)
            echo "no room: $1; there are ${rooms[*]}" >&2
            return 2
            ;;
    esac
}

# stages ROOM: the code of calls and lives is seen by contexts alone, which unit tests do not make.
stages() {
    case $1 in
        calls | life) echo 'telling all' ;;
        *) echo 'unit telling all' ;;
    esac
}

# telling ROOM: the integration tests that tell most about it.
telling() {
    case $1 in
        inflight) echo 'host_call_settles host_calls_before_they_are_made' ;;
        bridge) echo 'close_releases_registrations close_waits_for_admitted_work host_call_settles host_calls_crowded host_calls_encode registry_refuses typed_host_calls' ;;
        requests) echo 'context_closes context_closes_times_out requests_call_back_once' ;;
        records) echo 'close_waits_for_admitted_work context_closes context_closes_times_out host_call_settles requests_call_back_once' ;;
        calls) echo 'bombs_calls host_call_settles host_calls_before_they_are_made host_calls_crowded host_calls_make_way host_calls_unlimited typed_host_calls' ;;
        life) echo 'bombs_outcomes close_releases_registrations close_waits_for_admitted_work context_closes context_closes_times_out host_call_settles host_calls_make_way requests_call_back_once' ;;
        events) echo 'bombs_events context_closes events_reach_listeners typed_events typed_host_calls' ;;
        host) echo 'bombs_calls context_closes_times_out events_reach_listeners host_call_settles host_calls_before_they_are_made host_calls_crowded host_calls_encode host_calls_make_way typed_handles typed_host_calls' ;;
    esac
}

# stage_arguments STAGE ROOM. The limit is what the tests of a stage take many times over: a mutant that makes them hang is noticed
# by it.
stage_arguments() {
    local test
    case $1 in
        unit) echo '--timeout 30 --cargo-arg=--lib' ;;
        telling)
            echo '--timeout 40'
            for test in $(telling "$2"); do
                echo "--cargo-arg=--test --cargo-arg=$test"
            done
            ;;
        all) echo '--timeout 150 --cargo-arg=--tests' ;;
    esac
}

need_rust cargo git
target=$(mkdir -p "${CARGO_TARGET_DIR:-target}" && cd "${CARGO_TARGET_DIR:-target}" && pwd)
unset CARGO_TARGET_DIR
PATH=$target/ci-tools/bin:$PATH
if [[ $(cargo mutants --version 2>/dev/null) != "cargo-mutants $CARGO_MUTANTS" ]]; then
    echo "installing cargo-mutants $CARGO_MUTANTS into target/ci-tools (once; a few minutes)"
    cargo install --quiet --locked --debug --force --root "$target/ci-tools" "cargo-mutants@$CARGO_MUTANTS"
fi

# A panic on purpose needs no backtrace; random operations find a mutant early, or hardly.
export RUST_BACKTRACE=0 PROPTEST_CASES=${PROPTEST_CASES:-64}

source=$target/mutation/source-${MUTANTS_LANE:-0}
[[ -d $source ]] || git clone --quiet . "$source"
git -C "$source" fetch --quiet origin HEAD
git -C "$source" checkout --quiet --force --detach FETCH_HEAD
commit=$(git -C "$source" rev-parse --short HEAD)

# mutate ROOM
mutate() {
    local room=$1 output=$target/mutation/$1 stage status iterate=() arguments=() file selected
    local list=$output/mutants.out
    rm -rf "$output"
    mkdir -p "$output"
    : >"$output/named.txt"
    if [[ -n ${MUTANTS_SINCE:-} ]]; then
        git -C "$source" diff --find-renames=30% "$MUTANTS_SINCE" HEAD -- src >"$output/since.diff"
        arguments+=(--in-diff "$output/since.diff")
    fi
    # Some of the words are globs, which cargo-mutants reads.
    set -f
    for file in $(files "$room"); do arguments+=(--file "$file"); done
    for stage in ${MUTANTS_STAGES:-$(stages "$room")}; do
        selected=$(stage_arguments "$stage" "$room")
        status=0
        # shellcheck disable=SC2086 # Arguments, a word each.
        (cd "$source" && timeout 7200 cargo mutants --package ffihost --in-place --profile mutation --cap-lints true \
            "${arguments[@]}" "${iterate[@]}" --output "$output" --no-shuffle --colors never --build-timeout 300 $selected) || status=$?
        git -C "$source" checkout --quiet --force
        # 2: some were missed; 3: some ran into the limit.
        ((status == 0 || status == 2 || status == 3)) || return "$status"
        # The next stage sees those that nothing has noticed yet.
        cat "$list/timeout.txt" >>"$output/timeout.txt"
        cat "$list/caught.txt" >>"$output/caught-$stage.txt"
        cat "$list/unviable.txt" >>"$output/unviable.txt"
        cp "$list/missed.txt" "$output/missed.txt"
        cat "$list/timeout.txt" >>"$list/previously_caught.txt"
        if [[ $stage == telling ]]; then
            named yes "$output/missed.txt" >"$output/named.txt"
            named no "$output/missed.txt" >"$output/unnamed.txt"
            cat "$output/named.txt" >>"$list/previously_caught.txt"
            mv "$output/unnamed.txt" "$output/missed.txt"
        fi
        iterate=(--iterate)
        [[ -s $output/missed.txt ]] || break
    done
    set +f
    figures "$room"
    if [[ -s $output/missed.txt ]]; then
        echo "survive, and docs/mutants.md does not say why:"
        cat "$output/missed.txt"
        return 1
    fi
}

# figures ROOM: its line for docs/mutants.md.
figures() {
    local output=$target/mutation/$1 caught hung unviable missed
    caught=$(cat "$output"/caught-*.txt | wc -l)
    hung=$(wc -l <"$output/timeout.txt")
    unviable=$(wc -l <"$output/unviable.txt")
    missed=$(cat "$output/named.txt" "$output/missed.txt" | wc -l)
    echo "| $commit | $1 | $((caught + hung + unviable + missed)) | $caught | $hung | $unviable | $missed |"
}

# named yes|no FILE: the mutants of a list that docs/mutants.md names, which it does without their lines, or the others.
named() {
    local mutant is
    while read -r mutant; do
        is=no
        grep -qF -- "$(sed -E 's/^([^:]+):[0-9]+:[0-9]+: /\1: /' <<<"$mutant")" docs/mutants.md && is=yes
        [[ $is != "$1" ]] || echo "$mutant"
    done <"$2"
}

(($#)) || set -- "${rooms[@]}"
for room in "$@"; do files "$room" >/dev/null; done
for room in "$@"; do step "$room" mutate "$room"; done
summary
