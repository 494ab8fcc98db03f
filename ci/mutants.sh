#!/usr/bin/env bash
# Mutation tests of the protocol rooms: cargo-mutants changes one thing after the other, and the tests of the runtime have to
# notice. Takes hours, so it is run by hand; docs/mutants.md says when it was run, on what, and why each survivor is one.
#
#   ci/mutants.sh                  every shard, one after the other
#   ci/mutants.sh K                only shard K, of 0 to SHARDS - 1: two hours at most
#   ci/mutants.sh --file FILE...   only the mutants of these files
#
# MUTANTS_SHARDS (12) is how many shards there are. Results: target/mutants/<what>/mutants.out, of which missed.txt and timeout.txt
# are the survivors. Fails if there are any that docs/mutants.md does not name.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null
# shellcheck source=ci/steps.sh
source ci/steps.sh

CARGO_MUTANTS=27.1.0
shards=${MUTANTS_SHARDS:-12}
target=${CARGO_TARGET_DIR:-target}
rooms=('src/inflight.rs' 'src/inflight/**' 'src/bridge.rs' 'src/registry.rs' 'src/context.rs' 'src/context/**'
    'src/events.rs' 'src/events/**' 'src/host.rs' 'src/host/**' 'src/handles.rs')

# Those that say what the rooms promise; not what costs time and shows nothing of them.
tests=()
for test in context_closes context_closes_in_time context_closes_times_out close_waits_for_admitted_work events_reach_listeners \
    host_call_settles registry_refuses requests_call_back_once stress typed_handles typed_host_calls; do
    tests+=(--cargo-test-arg=--test "--cargo-test-arg=$test")
done

need_rust cargo
PATH=$PWD/$target/ci-tools/bin:$target/ci-tools/bin:$PATH
if [[ $(cargo mutants --version 2>/dev/null) != "cargo-mutants $CARGO_MUTANTS" ]]; then
    echo "installing cargo-mutants $CARGO_MUTANTS into $target/ci-tools (once; a few minutes)"
    cargo install --quiet --locked --debug --force --root "$target/ci-tools" "cargo-mutants@$CARGO_MUTANTS"
fi

# A panic on purpose needs no backtrace.
export RUST_BACKTRACE=0

# mutate NAME ARGUMENT...: the mutants that the arguments select. A mutant is tested as one that hangs is: by a limit, of the tests'
# own time many times over, since tests that wait for a condition that never comes have patience.
mutate() {
    local name=$1 status=0
    shift
    local output=$target/mutants/$name
    mkdir -p "$output"
    timeout 7200 cargo mutants --package ffihost "$@" --output "$output" --no-shuffle --colors never \
        --timeout 90 --build-timeout 300 --cargo-test-arg=--lib "${tests[@]}" || status=$?
    # 2: some were missed; 3: some ran into the limit. Whether they are known is seen here.
    ((status == 0 || status == 2 || status == 3)) || return "$status"
    known "$output/mutants.out"
}

# known FOLDER: every survivor is named in docs/mutants.md, without its line.
known() {
    local mutant unknown=0
    while read -r mutant; do
        mutant=$(sed -E 's/^([^:]+):[0-9]+:[0-9]+: /\1: /' <<<"$mutant")
        if ! grep -qF -- "$mutant" docs/mutants.md; then
            echo "survives, and docs/mutants.md does not say why: $mutant"
            unknown=1
        fi
    done < <(cat "$1/missed.txt" "$1/timeout.txt" 2>/dev/null)
    return $unknown
}

if [[ ${1:-} == --file ]]; then
    shift
    files=()
    for file in "$@"; do files+=(--file "$file"); done
    step "${*}" mutate files "${files[@]}"
else
    files=()
    for room in "${rooms[@]}"; do files+=(--file "$room"); done
    # shellcheck disable=SC2046 # A number a word.
    for shard in ${1:-$(seq 0 $((shards - 1)))}; do
        step "shard $shard of $shards" mutate "shard-$shard" "${files[@]}" --shard "$shard/$shards"
    done
fi
echo "commit $(git rev-parse --short HEAD)$(git diff --quiet HEAD || echo ', with changes')"
summary
