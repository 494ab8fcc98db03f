//! `listen`.

use crate::Verdict;
use crate::args::Listen;
use crate::error::Error;
use crate::json::Types;
use crate::output::{self, Output};
use crate::remote::{self, Remote, unknown};
use crate::signals::{Signal, Signals, unless_stopped};
use ffihost_ipc::client::DeliveredEvent;

pub(crate) fn listen(args: &Listen, out: &mut Output) -> Result<Verdict, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    runtime.block_on(async {
        let mut signals = Signals::new()?;
        match unless_stopped(&mut signals, hear(args, out)).await {
            Ok(heard) => heard.map(|()| Verdict::Good),
            // That is how it is meant to end.
            Err(Signal::Interrupt) => Ok(Verdict::Good),
            #[cfg(unix)]
            Err(signal) => Ok(Verdict::Stopped(signal)),
        }
    })
}

async fn hear(args: &Listen, out: &mut Output) -> Result<(), Error> {
    let remote = remote::connect(&args.remote).await?;
    let Remote { client, surface, .. } = &remote;
    let Some(event) = surface.events.iter().find(|event| event.name == args.event) else {
        return Err(unknown(surface, "event", &args.event, surface.events.iter().map(|event| event.name.as_str())));
    };
    let failed = |error| Error::Request { what: format!("event `{}`", args.event), error };
    let mut events = client.listen(&args.event).await.map_err(failed)?;
    output::print_note(&format_args!("listening to {} at {}", args.event, args.remote.address));
    let mut heard = 0;
    while args.count.is_none_or(|count| heard < count) {
        let Some(DeliveredEvent { missed, payload }) = events.next().await else {
            return Err(Error::Ended(args.remote.address.clone()));
        };
        if missed > 0 {
            output::print_note(&format_args!("{missed} missed"));
        }
        let arguments = Types(surface).arguments_to_json(&event.params, &payload);
        let arguments =
            arguments.map_err(|misfit| Error::Answer { what: format!("event `{}`", args.event), misfit })?;
        if !out.line_at_once(arguments.compact())? {
            return Ok(());
        }
        heard += 1;
    }
    Ok(())
}
