//! `serve`: a library, loaded and served until it is told to stop.
//!
//! `sockets` is where it listens, `log` what it says meanwhile, `metrics` tells Prometheus what the server counts, `systemd`
//! tells a service manager how it is. A first signal stops it cleanly, the second at once.

mod log;
mod metrics;
mod sockets;
mod systemd;

use self::metrics::Scraped;
use crate::args::Serve;
use crate::error::Error;
use crate::json::{Json, Types};
use crate::output::Output;
use crate::signals::{Signal, Signals, unless_stopped};
use crate::{Verdict, notation, token};
use ffihost_ipc::{Limits, Server, ServerTls, Stopper, Token};
use ffihost_load::{Context, CreateError, Library};
use ffihost_schema as schema;
use std::sync::Arc;

pub(crate) fn serve(args: &Serve, out: &mut Output) -> Result<Verdict, Error> {
    log::start(args.log, args.json_logs)?;
    // Before there are threads: it takes what it reads out of the environment.
    let passed = sockets::passed()?;
    let json = args.args.as_deref().map_or(Ok(Json::empty()), str::parse);
    let json = json.map_err(|error| Error::Json { what: "--args".to_owned(), error })?;
    let token = args.token_file.as_deref().map(token::read).transpose()?;
    let token = token.map(|token::FromFile { token, warning }| {
        warning.iter().for_each(|warning| tracing::warn!("{warning}"));
        token
    });
    // It was named by whoever typed the command, who wants it to be run.
    let library = Library::open_trusted(&args.source.path()?, args.source.library.as_deref())?;
    let payload = arguments(library.surface(), &json)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?;
    let served = runtime.block_on(async {
        let mut signals = Signals::new()?;
        match unless_stopped(&mut signals, create(library, &payload)).await {
            Ok(context) => {
                let serving = Serving { args, context: context?, signals };
                serving.run(passed, token, out).await
            }
            Err(signal) => Ok(Verdict::Stopped(signal)),
        }
    });
    // What still runs there is code of the library that does not stop.
    runtime.shutdown_background();
    served
}

/// The constructor's arguments, in CBOR.
fn arguments(surface: &schema::Library, json: &Json) -> Result<Vec<u8>, Error> {
    let constructor = &surface.constructor;
    Types(surface).arguments_to_cbor(&constructor.params, json).map_err(|misfit| Error::Arguments {
        what: "--args: ",
        misfit,
        signature: format!("the constructor is: {}", notation::constructor(constructor)),
    })
}

async fn create(library: Library, payload: &[u8]) -> Result<Context, Error> {
    let surface = library.surface().clone();
    library.create(payload).await.map_err(|error| {
        let declared = match (&error, &surface.constructor.error) {
            (CreateError::Declared(cbor), Some(ty)) => Types(&surface).to_json(ty, cbor).ok(),
            _ => None,
        };
        Error::Constructor(declared.map_or_else(|| error.to_string(), |json| json.compact()))
    })
}

/// A context that is served.
struct Serving<'a> {
    args: &'a Serve,
    context: Context,
    signals: Signals,
}

impl Serving<'_> {
    async fn run(
        self,
        passed: Vec<ffihost_ipc::ListeningSocket>,
        token: Option<Token>,
        out: &mut Output,
    ) -> Result<Verdict, Error> {
        let Self { args, context, signals } = self;
        let limits = args.limited.limits();
        let server = Server::new(Arc::new(context.clone()), context.server_info(token), limits);
        let started = start(args, server, passed, context.surface(), out).await;
        if let Ok(server) = started {
            stop_on_signals(signals, server.stopper(), limits);
            systemd::is_ready();
            let mut stopper = server.stopper();
            let running = tokio::spawn(server.run());
            stopper.stopped().await;
            systemd::is_stopping();
            // Clients are served meanwhile: what they wait for is answered, and listeners are told what happens.
            let closed = context.close().await;
            stopper.finish();
            let closed = running.await.is_ok() && closed;
            tracing::info!(closed, "stopped");
            return if closed { Ok(Verdict::Good) } else { Err(Error::DidNotStop) };
        }
        context.close().await;
        started.map(|_| Verdict::Good)
    }
}

/// Listens everywhere, and says where.
async fn start(
    args: &Serve,
    mut server: Server,
    passed: Vec<ffihost_ipc::ListeningSocket>,
    surface: &schema::Library,
    out: &mut Output,
) -> Result<Server, Error> {
    if passed.is_empty() && args.listen.is_empty() {
        return Err(Error::Nowhere);
    }
    if let (Some(certificates), Some(key)) = (&args.tls_certificates, &args.tls_key) {
        server.tls(ServerTls::from_files(certificates, key)?);
    }
    if args.insecure {
        server.insecure();
    }
    let mut addresses = Vec::new();
    for socket in passed {
        addresses.push(server.adopt(socket)?);
    }
    for address in &args.listen {
        addresses.push(server.bind(address).await?);
    }
    let scraped = match &args.metrics {
        Some(address) => Some(Scraped::bind(address).await?),
        None => None,
    };
    let schema::Library { name, version, hash, .. } = surface;
    for address in addresses {
        tracing::info!(library = name, version, hash = format_args!("{hash:016x}"), %address, "serving");
        out.line(format_args!("listening on {address}"))?;
    }
    if let Some(scraped) = scraped {
        out.line(format_args!("metrics on http://{}/metrics", scraped.place()))?;
        tokio::spawn(scraped.run(name.clone(), server.metrics()));
    }
    out.finish()?;
    Ok(server)
}

/// The first stops the server, the second the process.
fn stop_on_signals(mut signals: Signals, stopper: Stopper, limits: Limits) {
    tokio::spawn(async move {
        let first = signals.next().await;
        tracing::info!(signal = ?first, grace = ?limits.grace, "stopping: a second signal ends it at once");
        stopper.stop();
        let second = signals.next().await;
        tracing::warn!(signal = ?second, "ended at once");
        at_once(second);
    });
}

/// Neither the library nor its threads are asked.
fn at_once(signal: Signal) -> ! {
    std::process::exit(i32::from(signal.exit_status()))
}
