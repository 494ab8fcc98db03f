#!/usr/bin/env bash
# Everything but the long proofs: formatting, lints, documentation, tests, those of what ships in release, too, a smoke test of the benches, instruction counts, and
# the licences and sources of what is depended on. Installs what it needs on a fresh Debian, and says at the end what it ran
# and what it skipped, with the reasons.
#
#   ci/test.sh          all of it
#   ci/test.sh NAME...  only these steps: rustfmt clippy rustdoc locks tests release benches counts weight deny
#
# The long proofs are ci/loom.sh, ci/sanitize.sh and ci/mutants.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null
# shellcheck source=ci/steps.sh
source ci/steps.sh

install_packages gcc:gcc g++:g++ nm:binutils valgrind:valgrind python3:python3 cmake:cmake pkg-config:pkg-config
# What a C compiler is not enough without.
install_headers
# The second compiler of the bindings, which not every distribution has.
install_clang
# For the clients in Python: it makes environments with pip in them.
install_python_venv
need_rust rustfmt clippy-driver

CARGO_DENY=0.20.2

run_deny() {
    local tools=${CARGO_TARGET_DIR:-target}/ci-tools
    PATH=$PATH:$PWD/$tools/bin:$tools/bin
    if ! cargo-deny --version >/dev/null 2>&1; then
        echo "installing cargo-deny $CARGO_DENY into $tools (once; a few minutes)"
        # Without optimisation: it runs for a second, and is built for minutes.
        timeout 1200 cargo install --quiet --locked --debug --root "$tools" "cargo-deny@$CARGO_DENY" ||
            skip "cargo-deny $CARGO_DENY is not installed and cannot be: see above" || return
    fi
    # Offline: it must not fetch anything but what is built anyway, which is all in cargo's own cache then.
    cargo fetch --locked --quiet && cargo-deny --offline --locked --workspace check --hide-inclusion-graph bans licenses sources
}

# Those of ffihost that nothing in the workspace asks for.
FEATURES=bytes,chrono,io,url,uuid

run_clippy() {
    cargo clippy --locked --workspace --all-targets -- -D warnings || return
    cargo clippy --locked --package ffihost --features "$FEATURES" --lib --test requests_do_io --test typed_foreign -- \
        -D warnings || return
    # In the workspace others ask for its features; most libraries do without.
    cargo clippy --locked --package ffihost --package ffihost-schema -- -D warnings || return
    # A program with a generated client has nothing of the tools, which would turn on more of the schema.
    cargo clippy --locked --package ffihost-ipc --features typed -- -D warnings
}

run_benches() {
    cargo bench --locked --package ffihost-benches --bench host_call --bench formats -- --quick || return
    cargo bench --locked --bench ipc -- --quick
}

# One failure hides no other.
run_tests() {
    local failed=0
    cargo test --locked --workspace --no-fail-fast || failed=1
    # Nothing else in the workspace asks for them.
    cargo test --locked --package ffihost --features "$FEATURES" --test requests_do_io --test typed_foreign || failed=1
    return "$failed"
}

# What ships is tested: the same tests, optimised. The C programs, too, but not under valgrind, which has just checked them.
run_release() {
    FFIHOST_SKIP_VALGRIND=1 cargo test --locked --release --no-fail-fast --lib --tests \
        --package ffihost --package ffihost-c-tests --package ffihost-ipc --package ffihost-load
}

run_rustdoc() {
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
}

# The fuzz targets are a workspace of their own, which no other step builds: its lock file fits its dependencies.
run_locks() {
    cargo metadata --locked --manifest-path fuzz/Cargo.toml --format-version 1 >/dev/null
}

declare -A steps=(
    [rustfmt]="cargo fmt --all --check"
    [clippy]="run_clippy"
    [rustdoc]="run_rustdoc"
    [locks]="run_locks"
    [tests]="run_tests"
    [release]="run_release"
    [benches]="run_benches"
    [counts]="ci/counts.sh"
    [weight]="ci/weight.sh"
    [deny]="run_deny"
)
order=(rustfmt clippy rustdoc locks tests release benches counts weight deny)
for name in "$@"; do
    [[ -n ${steps[$name]:-} ]] || { echo "test.sh: no step $name; there are ${order[*]}" >&2; exit 2; }
done
for name in "${@:-${order[@]}}"; do
    # shellcheck disable=SC2086 # A command and its arguments.
    step "$name" ${steps[$name]}
done
not_here "ci/loom.sh, ci/sanitize.sh" "the long proofs; .ci/run runs them too"
not_here "ci/mutants.sh" "it takes hours; see docs/mutants.md"
not_here "advisories of dependencies" "the database changes without a commit here; run \`cargo deny check advisories\` by hand"
not_here "Miri" "it is only for nightly toolchains, with a component that is not on every machine"
summary
