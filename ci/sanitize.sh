#!/usr/bin/env bash
# The tests under sanitizers.
#
#   ci/sanitize.sh            all three
#   ci/sanitize.sh asan       the library's tests under AddressSanitizer and LeakSanitizer
#   ci/sanitize.sh valgrind   the C tests: as compiled with ASan and UBSan, and under memcheck
#   ci/sanitize.sh tsan       the library's tests under ThreadSanitizer, with a standard library that is instrumented too; skipped,
#                             with the reason, where the sources of that cannot be had
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null
# shellcheck source=ci/steps.sh
source ci/steps.sh

target=${CARGO_TARGET_DIR:-target}
[[ $target == /* ]] || target=$PWD/$target
host=x86_64-unknown-linux-gnu
flags=(--locked --no-fail-fast --target "$host")
# Without backtraces: tests panic on purpose, and showing where takes seconds under a sanitizer, on a thread that has deadlines.
export RUST_BACKTRACE=0
# The sanitizers are switched on by flags that a stable compiler only takes this way.
export RUSTC_BOOTSTRAP=1

# run_tests CARGO FLAGS...: the tests, by that cargo.
run_tests() {
    local cargo=$1 failed=0
    shift
    "$cargo" test "$@" "${flags[@]}" --package ffihost --package ffihost-fuzz-replay --package ffihost-ipc --lib --tests || failed=1
    # A library that serves itself. One that is loaded cannot be instrumented: what it would need is in the program.
    "$cargo" test "$@" "${flags[@]}" --package ffihost-load --test serves_itself || failed=1
    "$cargo" test "$@" "${flags[@]}" --package ffihost-load --test serves_my_timer by_itself || failed=1
    "$cargo" test "$@" "${flags[@]}" --package ffihost-load --test bombs_served --test closes_beside_host_calls by_itself ||
        failed=1
    # Not under ThreadSanitizer, which does not see how epoll orders what tokio's threads do with a socket.
    [[ $cargo != cargo ]] ||
        "$cargo" test "$@" "${flags[@]}" --package ffihost-load --test listeners_outlive_their_context behind || failed=1
    return $failed
}

only_here() {
    [[ $(rustc -vV | sed -n 's/^host: //p') == "$host" ]] || skip "only on $host"
}

run_asan() {
    only_here || return
    CARGO_TARGET_DIR=$target/asan RUSTFLAGS=-Zsanitizer=address \
        ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1 \
        LSAN_OPTIONS=suppressions=$PWD/ci/leaks.supp:print_suppressions=0 \
        run_tests cargo
}

run_valgrind() {
    env -u RUSTC_BOOTSTRAP cargo test --locked --package ffihost-c-tests
}

# Debian's package of the sources of the standard library, which have to be exactly the compiler's: version, file, SHA-256.
rust_src="1.95.0 pool/main/r/rustc/rust-src_1.95.0+dfsg1-2~bpo13+1_all.deb
7b76db5b880a77f9e52975d2baa6209d2f76d2c9c2789515c3088cb960e2c83b"

# instrumentable FOLDER: a copy of the toolchain, with the sources of its standard library.
instrumentable() {
    local copy=$1 sysroot release version file hash mirror scratch
    sysroot=$(rustc --print sysroot)
    release=$(rustc -vV | sed -n 's/^release: //p')
    if [[ $(cat "$copy/complete" 2>/dev/null) == "$sysroot $release" ]]; then return; fi
    rm -rf "$copy"
    mkdir -p "$copy"
    # Links are enough, since nothing is written to what is linked; the compiler finds its sysroot by its own path.
    cp -al "$sysroot/bin" "$sysroot/lib" "$copy" 2>/dev/null || cp -a "$sysroot/bin" "$sysroot/lib" "$copy" || return
    if [[ ! -e $copy/lib/rustlib/src/rust/library/Cargo.lock ]]; then
        { read -r version file; read -r hash; } <<<"$rust_src"
        [[ $release == "$version" ]] || { skip "rustc is $release, and no sources of its std are known but for $version"; return; }
        [[ -x /usr/lib/apt/apt-helper ]] || { skip "no apt to fetch the sources of std with"; return; }
        # The mirror that this machine uses already.
        # shellcheck disable=SC2016 # apt fills that in.
        mirror=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' |
            sed -n 's/ Debian$//p' | head -n 1)
        [[ -n $mirror ]] || { skip "apt knows no Debian mirror to fetch the sources of std from"; return; }
        scratch=$(mktemp -d "$copy/scratch.XXXXXX")
        timeout 300 /usr/lib/apt/apt-helper download-file "$mirror$file" "$scratch/rust-src.deb" "SHA256:$hash" ||
            { skip "the sources of std cannot be fetched: ${file##*/}"; return; }
        dpkg-deb -x "$scratch/rust-src.deb" "$scratch" || return
        # The package links to where it would be installed.
        rm -rf "$copy/lib/rustlib/src"
        mkdir -p "$copy/lib/rustlib/src/rust"
        mv "$scratch/usr/src/rustc-$version/library" "$copy/lib/rustlib/src/rust/library" || return
        rm -rf "$scratch"
    fi
    echo "$sysroot $release" >"$copy/complete"
}

run_tsan() {
    only_here || return
    local toolchain=$target/ci-tools/instrumentable
    instrumentable "$toolchain" || return
    # Otherwise the standard library's synchronisation is not seen, and what it orders looks like races.
    PATH=$toolchain/bin:$PATH RUSTC=$toolchain/bin/rustc CARGO_TARGET_DIR=$target/tsan RUSTFLAGS=-Zsanitizer=thread \
        TSAN_OPTIONS=halt_on_error=0:second_deadlock_stack=1 \
        run_tests "$toolchain/bin/cargo" -Zbuild-std
}

for part in "$@"; do
    [[ $part == asan || $part == valgrind || $part == tsan ]] || { echo "usage: ci/sanitize.sh [asan|valgrind|tsan]..." >&2; exit 2; }
done
[[ $# -gt 0 ]] || set -- asan valgrind tsan
# addr2line or llvm-symbolizer: without one of them reports have no names, and suppressions do not fit.
install_packages gcc:gcc g++:g++ addr2line:binutils valgrind:valgrind
install_headers
need_rust cargo
for part in "$@"; do
    step "$part" "run_$part"
done
summary
