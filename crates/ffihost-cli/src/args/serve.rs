//! `serve`.

use super::Source;
use super::values::{duration, frame, size, some_time};
use clap::{Args as ClapArgs, ValueEnum};
use ffihost_ipc::{Address, Limits};
use std::path::PathBuf;
use std::time::Duration;

/// Serve a library over sockets, to any number of clients.
///
/// Loads the library, which is one for this machine and can be trusted, since its code runs in this process. Makes one context
/// of it, and prints `listening on <address>` for each address when clients can connect. Ctrl-C or SIGTERM ends it: nothing
/// more is accepted, what runs is given the grace period, the context is closed. A second one ends it at once.
///
/// Sockets that a service manager passes by LISTEN_FDS are listened on too, and it is told by NOTIFY_SOCKET when the library
/// is ready.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "ADDRESS is unix:<path> or tcp:<host>:<port>; port 0 is any free one. ARGS are as `ffihost call --help` \
    says.\n\nExit status: 0 after a clean stop; 2 with a message if something is wrong; 130 or 143 at a second signal."
)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Where to listen, as often as needed.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Vec<Address>,
    /// The constructor's arguments, as a JSON object [default: none].
    #[arg(long, value_name = "ARGS")]
    pub(crate) args: Option<String>,
    /// A file with the token that clients have to know, in one line.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Use TLS on TCP addresses: a file with a PEM chain of certificates, the server's own first.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_certificates: Option<PathBuf>,
    /// A file with the PEM private key of the first certificate.
    #[arg(long, value_name = "FILE", requires = "tls_certificates")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Let other machines connect without TLS and a token: whoever reaches the port can use the library.
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Where to serve counters to Prometheus: http://127.0.0.1:<port>/metrics.
    #[arg(long, value_name = "tcp:127.0.0.1:PORT")]
    pub(crate) metrics: Option<Address>,
    /// What to log to standard error [default: RUST_LOG, or info].
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log: Option<Level>,
    /// Log as lines of JSON.
    #[arg(long)]
    pub(crate) json_logs: bool,
    #[command(flatten)]
    pub(crate) limited: Limited,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// What clients may take of the server.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Limits")]
pub(crate) struct Limited {
    /// Bytes of a frame [default: 16MiB].
    #[arg(long, value_name = "SIZE", value_parser = frame)]
    max_frame: Option<u32>,
    /// Connections at once [default: 1024].
    #[arg(long, value_name = "NUMBER")]
    max_connections: Option<usize>,
    /// Requests in flight, of each connection [default: 1024].
    #[arg(long, value_name = "NUMBER")]
    max_in_flight: Option<u32>,
    /// Listeners and host functions, of each connection [default: 1024].
    #[arg(long, value_name = "NUMBER")]
    max_subscriptions: Option<usize>,
    /// Bytes that wait to be read by a client, of each connection [default: 64MiB].
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_output: Option<usize>,
    /// Time for a frame to arrive, and for a greeting [default: 10s].
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    frame_time: Option<Duration>,
    /// Time in which a client may take nothing of what waits for it [default: 30s].
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    stall: Option<Duration>,
    /// Time in which nothing may come from a client [default: 5m].
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    idle: Option<Duration>,
    /// Time for requests that run when the server is told to stop [default: 1.5s].
    #[arg(long, value_name = "TIME", value_parser = duration)]
    grace: Option<Duration>,
}

impl Limited {
    pub(crate) fn limits(&self) -> Limits {
        let default = Limits::default();
        Limits {
            frame: self.max_frame.unwrap_or(default.frame),
            connections: self.max_connections.unwrap_or(default.connections),
            in_flight: self.max_in_flight.unwrap_or(default.in_flight),
            subscriptions: self.max_subscriptions.unwrap_or(default.subscriptions),
            output: self.max_output.unwrap_or(default.output),
            frame_time: self.frame_time.unwrap_or(default.frame_time),
            stall: self.stall.unwrap_or(default.stall),
            idle: self.idle.unwrap_or(default.idle),
            grace: self.grace.unwrap_or(default.grace),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Serve;
    use clap::Parser;
    use ffihost_ipc::Limits;
    use std::time::Duration;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        serve: Serve,
    }

    fn limits(args: &str) -> Limits {
        let args = format!("serve lib.so {args}");
        Program::try_parse_from(args.split_whitespace()).expect("they are options").serve.limited.limits()
    }

    #[test]
    fn what_is_not_said_is_the_default() {
        assert_eq!(limits(""), Limits::default());
    }

    #[test]
    fn each_option_is_its_limit() {
        let all = "--max-frame 2KiB --max-connections 3 --max-in-flight 4 --max-subscriptions 5 --max-output 6KiB \
            --frame-time 7s --stall 8s --idle 9s --grace 250ms";
        let second = Duration::from_secs;
        let expected = Limits {
            frame: 2_048,
            connections: 3,
            in_flight: 4,
            subscriptions: 5,
            output: 6_144,
            frame_time: second(7),
            stall: second(8),
            idle: second(9),
            grace: Duration::from_millis(250),
        };
        assert_eq!(limits(all), expected);
    }

    /// The help says what the default is.
    #[test]
    fn the_help_has_the_defaults() {
        let limits = Limits::default();
        assert_eq!((limits.frame, limits.output), (16 << 20, 64 << 20));
        assert_eq!((limits.connections, limits.in_flight, limits.subscriptions), (1_024, 1_024, 1_024));
        let times = [limits.frame_time, limits.stall, limits.idle, limits.grace];
        assert_eq!(times.map(|time| time.as_millis()), [10_000, 30_000, 300_000, 1_500]);
    }
}
