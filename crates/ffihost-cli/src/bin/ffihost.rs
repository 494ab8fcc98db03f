//! `ffihost <command>`.

fn main() -> std::process::ExitCode {
    ffihost_cli::run(std::env::args_os())
}
