#!/bin/sh
# Builds the library, packs it for C, builds the host and runs it.
set -eu
cd "$(dirname "$0")"

# `cargo install ffihost-cli` installs ffihost.
"${FFIHOST:-ffihost}" pack --profile dev --out package

"${CC:-cc}" -std=c99 -Wall -Wextra -Ipackage/include main.c -Lpackage/lib -l{{name}} -Wl,-rpath,"$PWD/package/lib" \
    -pthread -o package/host
package/host
