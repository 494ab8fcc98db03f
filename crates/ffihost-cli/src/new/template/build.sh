#!/bin/sh
# Builds the library, generates its C binding, builds the host and runs it.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}

cargo build

case $(uname -s) in
Darwin) library=$target/debug/lib{{name}}.dylib ;;
*) library=$target/debug/lib{{name}}.so ;;
esac

# `cargo install ffihost-cli` installs ffihost.
"${FFIHOST:-ffihost}" generate "$library" --lang c --out host/include

folder=$(cd "$(dirname "$library")" && pwd)
"${CC:-cc}" -std=c99 -Wall -Wextra -Ihost/include host/main.c "$library" -Wl,-rpath,"$folder" -pthread -o "$target/host"
"$target/host"
