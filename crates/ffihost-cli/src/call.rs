//! `call`.

use crate::args::Call;
use crate::error::Error;
use crate::json::{Json, Types};
use crate::output::Output;
use crate::remote::{self, Remote, unknown};
use crate::signals::{Signals, unless_stopped};
use crate::{Verdict, inspect, notation, output};
use ffihost_abi::names;
use ffihost_ipc::client::RequestError;
use ffihost_schema::{Docs, Field, Library, Receiver, Request, Type};
use std::sync::Arc;
use std::time::Duration;

pub(crate) fn call(args: &Call, out: &mut Output) -> Result<Verdict, Error> {
    let arguments = arguments(args.arguments.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    runtime.block_on(async {
        let mut signals = Signals::new()?;
        match unless_stopped(&mut signals, answer(args, &arguments)).await {
            Ok(answered) => print(answered?, args.compact, out),
            // What was begun is dropped: the request is cancelled, and commands are killed.
            Err(signal) => Ok(Verdict::Stopped(signal)),
        }
    })
}

fn arguments(given: Option<&str>) -> Result<Json, Error> {
    let (what, text) = match given {
        None => return Ok(Json::empty()),
        Some("-") => {
            ("standard input", std::io::read_to_string(std::io::stdin()).map_err(Error::file("-", "read it"))?)
        }
        Some(text) => ("the arguments", text.to_owned()),
    };
    text.parse().map_err(|error| Error::Json { what: what.to_owned(), error })
}

/// What came back, as JSON; or what the library offers.
enum Answered {
    Surface(Arc<Library>),
    Result(Json),
    Declared(Json),
}

async fn answer(args: &Call, arguments: &Json) -> Result<Answered, Error> {
    let remote = remote::connect(&args.remote).await?;
    let Remote { client, surface, .. } = &remote;
    let Some(name) = &args.method else { return Ok(Answered::Surface(Arc::clone(surface))) };
    let method = Method::find(surface, name)?;
    let types = Types(surface);
    let payload = types.arguments_to_cbor(&method.params, arguments).map_err(|misfit| Error::Arguments {
        what: "",
        misfit,
        signature: format!("the request is: {}", method.signature),
    })?;
    let outcome = match args.timeout {
        None => client.request(name, &payload).await,
        Some(time) => {
            // The server says that the time is over; unless it does not say anything any more.
            let in_time = client.request_within(time, name, &payload);
            let late = |_| Error::NoAnswer { address: args.remote.address.clone(), time };
            tokio::time::timeout(time.saturating_add(PATIENCE), in_time).await.map_err(late)?
        }
    };
    let wrong = |what: &'static str| move |misfit| Error::Answer { what: format!("the {what} of `{name}`"), misfit };
    match (outcome, &method.error) {
        (Ok(result), _) => types.to_json(&method.result, &result).map(Answered::Result).map_err(wrong("result")),
        (Err(RequestError::Declared(error)), Some(ty)) => {
            types.to_json(ty, &error).map(Answered::Declared).map_err(wrong("error"))
        }
        (Err(error), _) => Err(Error::Request { what: format!("request `{name}`"), error }),
    }
}

/// How long a server may be late that was to cancel a request.
const PATIENCE: Duration = Duration::from_secs(5);

fn print(answered: Answered, compact: bool, out: &mut Output) -> Result<Verdict, Error> {
    match answered {
        Answered::Surface(surface) => inspect::print(&surface, out).map(|()| Verdict::Good),
        Answered::Result(json) => {
            let pretty = out.is_terminal() && !compact;
            out.line(if pretty { json.pretty() } else { json.compact() })?;
            Ok(Verdict::Good)
        }
        Answered::Declared(json) => {
            output::print_declared(&json.compact());
            Ok(Verdict::Rejected)
        }
    }
}

/// What can be called: a request, or the release of a handle.
struct Method {
    params: Vec<Field>,
    result: Type,
    error: Option<Type>,
    signature: String,
}

impl Method {
    fn find(surface: &Library, name: &str) -> Result<Self, Error> {
        if let Some(request) = surface.requests.iter().find(|request| request.name == name) {
            return Self::request(surface, request);
        }
        let releases: Vec<_> =
            surface.handles.iter().map(|handle| (names::release(&handle.name), &handle.name)).collect();
        if let Some((_, handle)) = releases.iter().find(|(release, _)| release == name) {
            let ty = Type::Handle((*handle).clone());
            let signature = format!("fn {name}(handle: {ty})");
            let params = vec![Field { name: "handle".to_owned(), docs: Docs::default(), ty }];
            return Ok(Self { params, result: Type::Unit, error: None, signature });
        }
        let requests = surface.requests.iter().filter(|request| request.formats.cbor);
        let names = requests.map(|request| request.name.as_str());
        Err(unknown(surface, "request", name, names.chain(releases.iter().map(|(name, _)| name.as_str()))))
    }

    fn request(surface: &Library, request: &Request) -> Result<Self, Error> {
        if !request.formats.cbor {
            return Err(Error::NativeOnly { library: surface.name.clone(), name: request.name.clone() });
        }
        let receiver = match &request.receiver {
            Receiver::Handle(name) => Some(Field {
                name: request.receiver_name.clone(),
                docs: Docs::default(),
                ty: Type::Handle(name.clone()),
            }),
            Receiver::Free | Receiver::Context => None,
        };
        Ok(Self {
            params: receiver.into_iter().chain(request.params.iter().cloned()).collect(),
            result: request.result.clone(),
            error: request.error.clone(),
            signature: notation::request(request),
        })
    }
}
