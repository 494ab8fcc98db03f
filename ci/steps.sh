# shellcheck shell=bash
# For the scripts beside it: running steps, saying how long they took, and installing what is missing.

ran=()
failed=0
skipped=

export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}

# skip REASON: what a step ends with that cannot be run here; `step` then reports it as skipped.
skip() {
    skipped=$1
    return 77
}

# step NAME COMMAND...: runs it under a heading, and goes on if it fails. In a function that is run this way the shell does not
# stop at a command that fails, so it says `|| return` wherever more follows.
step() {
    local name=$1 start=$SECONDS status=0 took
    shift
    printf '\n==== %s: %s\n' "$name" "$*"
    skipped=
    "$@" || status=$?
    took=$((SECONDS - start))
    if [[ -n $skipped ]]; then
        ran+=("skipped|$name|$took|$skipped")
    elif ((status == 0)); then
        ran+=("ok|$name|$took|")
    else
        ran+=("FAILED|$name|$took|status $status")
        failed=$((failed + 1))
    fi
    printf '==== %s: %s after %d s\n' "$name" "${ran[-1]%%|*}" "$took"
}

# not_here NAME REASON: for the summary: something that this script leaves out.
not_here() {
    ran+=("left out|$1||$2")
}

# minutes SECONDS
minutes() {
    printf '%d min %02d' $(($1 / 60)) $(($1 % 60))
}

# Says what was run; the script's status is that of the worst step.
summary() {
    local line verdict name took reason
    printf '\n==== summary\n'
    for line in "${ran[@]}"; do
        IFS='|' read -r verdict name took reason <<<"$line"
        printf '%-9s %9s  %s%s\n' "$verdict" "${took:+$(minutes "$took")}" "$name" "${reason:+: $reason}"
    done
    printf 'together %s\n' "$(minutes "$SECONDS")"
    ((failed == 0)) || { printf '%d failed\n' "$failed"; exit 1; }
}

apt_updated=

# apt_install PACKAGE...: as root, or with sudo that asks nothing. False if neither can.
apt_install() {
    local as=()
    command -v apt-get >/dev/null || return 1
    if ((EUID != 0)); then
        sudo -n true 2>/dev/null || return 1
        as=(sudo -n)
    fi
    if [[ -z $apt_updated ]]; then
        "${as[@]}" apt-get update -q -o Acquire::Retries=3 >/dev/null || echo "apt-get update failed; trying with what is known" >&2
        apt_updated=1
    fi
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >/dev/null
}

# install_packages COMMAND:PACKAGE...: installs the Debian packages whose commands are not there.
install_packages() {
    local pair missing=()
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    ((${#missing[@]})) || return 0
    echo "installing ${missing[*]}"
    apt_install "${missing[@]}" || {
        echo "missing, and not to be installed by this user here: the Debian packages ${missing[*]}" >&2
        exit 1
    }
}

# install_headers: those of the C library; gcc only recommends them.
install_headers() {
    echo '#include <pthread.h>' | gcc -fsyntax-only -x c - 2>/dev/null && return
    echo "installing libc6-dev"
    apt_install libc6-dev || {
        echo "missing, and not to be installed by this user here: the Debian package libc6-dev" >&2
        exit 1
    }
}

# install_clang: where it can be had; what needs it says so and does without.
install_clang() {
    command -v clang-22 >/dev/null && return
    echo "installing clang-22"
    apt_install clang-22 || echo "clang-22 cannot be installed here: nothing is compiled with it" >&2
}

# install_python_venv: what makes environments; Debian has it apart from Python.
install_python_venv() {
    python3 -c 'import ensurepip, venv' 2>/dev/null && return
    echo "installing python3-venv"
    apt_install python3-venv || {
        echo "missing, and not to be installed by this user here: the Debian package python3-venv" >&2
        exit 1
    }
}

# need_rust TOOL...: cargo, rustc and these have to be there, and new enough.
need_rust() {
    local wanted tool have
    # What rustup installs is not in the path of a shell that was not started by a login.
    [[ -d $HOME/.cargo/bin ]] && PATH=$PATH:$HOME/.cargo/bin
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    for tool in cargo rustc "$@"; do
        "$tool" --version >/dev/null 2>&1 || {
            echo "missing: $tool. Install Rust $wanted or later, with rustfmt and clippy, by rustup: https://rustup.rs" >&2
            exit 1
        }
    done
    have=$(rustc --version | cut -d' ' -f2)
    [[ $(printf '%s\n' "$wanted" "${have%%-*}" | sort -V | head -n 1) == "$wanted" ]] || {
        echo "rustc is $have; $wanted or later is needed: rustup update" >&2
        exit 1
    }
}
