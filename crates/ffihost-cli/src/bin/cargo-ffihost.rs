//! `cargo ffihost <command>`: cargo runs this, and says its own name for it first.

fn main() -> std::process::ExitCode {
    let mut args: Vec<_> = std::env::args_os().collect();
    if args.get(1).is_some_and(|first| first == "ffihost") {
        // What the help calls it.
        args.splice(..2, ["cargo ffihost".into()]);
    }
    ffihost_cli::run(args)
}
