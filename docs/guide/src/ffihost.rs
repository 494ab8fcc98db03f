//! `ffihost`, built with the guide's tests.

fn main() -> std::process::ExitCode {
    ffihost_cli::run(std::env::args_os())
}
