#!/usr/bin/env bash
# What a library weighs that makes one asynchronous request and asks its host one thing: its size, its crates, its build.
#
#   ci/weight.sh            ours; fails if it is larger than the limit, or made of more crates
#   ci/weight.sh --peers    the same library through uniffi (with tokio) and boltffi (without a runtime) beside it
#   ci/weight.sh --plain    in cargo's own release profile, stripped; nothing fails. With --peers behind it, the others too
#
# The libraries are in ci/weight, each a workspace of its own, all with the release profile that `ffihost new` writes: what a
# library is shipped in. Each is built from nothing with two jobs. Times depend on the machine and on what else runs there, so they are only printed: the
# seconds that passed, and the seconds of processor time that two cores would have shared.
set -euo pipefail
cd "$(dirname "$0")/.."

# See docs/adr/0011-what-a-library-weighs.md, and 0005-dependencies.md for the crates that the limits leave room for.
limit_bytes=560000 limit_crates=45 limit_seconds=20
libraries=(ffihost)
plain=0
if [[ ${1-} == --plain ]]; then
    plain=1
    export CARGO_PROFILE_RELEASE_OPT_LEVEL=3 CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
    shift
fi
[[ ${1-} == --peers ]] && libraries+=(uniffi boltffi)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset CARGO_TARGET_DIR RUSTFLAGS
export CARGO_INCREMENTAL=0

# count LIBRARY: the crates that it is built of, itself and its macros among them.
count() {
    cargo tree --quiet --manifest-path "$scratch/$1/Cargo.toml" --edges normal,build --prefix none --no-dedupe |
        cut -d' ' -f1,2 | sort -u | wc -l
}

# weigh LIBRARY: name, bytes, crates, seconds, seconds of two cores.
weigh() {
    local library=$1 crates bytes times
    cp -r "ci/weight/$library" "$scratch/$library"
    sed -i "s|\.\./\.\./\.\.|$PWD|" "$scratch/$library/Cargo.toml"
    # The versions are those of the workspace.
    cp Cargo.lock "$scratch/$library/Cargo.lock"
    cargo fetch --quiet --manifest-path "$scratch/$library/Cargo.toml"
    crates=$(count "$library")
    times=$(
        TIMEFORMAT='%R %U %S'
        { time cargo build --quiet --release --jobs 2 --manifest-path "$scratch/$library/Cargo.toml" \
            --target-dir "$scratch/target-$library" >"$scratch/log" 2>&1; } 2>&1
    ) || { cat "$scratch/log" >&2; exit 2; }
    bytes=$(stat -c %s "$scratch/target-$library/release/libhello_$library".so)
    awk -v library="$library" -v bytes="$bytes" -v crates="$crates" \
        '{ printf "%s %d %d %.0f %.0f\n", library, bytes, crates, $1, ($2 + $3) / 2 }' <<<"$times"
}

for library in "${libraries[@]}"; do
    weigh "$library" >>"$scratch/weights"
done

awk -v plain="$plain" -v bytes="$limit_bytes" -v crates="$limit_crates" -v seconds="$limit_seconds" '
    BEGIN { printf "%-10s %10s %8s %14s %20s\n", "", "stripped", "crates", "seconds passed", "processor time / 2" }
    { printf "%-10s %7.0f kB %8d %12d s %18d s\n", $1, $2 / 1000, $3, $4, $5 }
    $1 == "ffihost" { heavy = $2 > bytes; many = $3 > crates }
    END {
        if (plain) exit 0
        printf "%-10s %7.0f kB %8d %12d s %20s\n", "limit", bytes / 1000, crates, seconds, "(does not fail)"
        if (heavy) print "ffihost: larger than the limit"
        if (many) print "ffihost: more crates than the limit"
        exit heavy || many
    }' "$scratch/weights"
