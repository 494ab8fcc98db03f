//! What every library exports, as the header declares it: the table of exports, in C.

use crate::write::comment::WIDTH_OF_TEXT;
use ffihost_abi::{Case, EXPORTS, Export, Outcome, Presence, Status};
use ffihost_schema::Library;

/// An export, and what its comment says: nothing, if it stands below the one whose docs it has.
pub(super) struct Symbol {
    pub(super) docs: String,
    pub(super) prototype: String,
}

/// The exports that all libraries have, and `serve` if this one has it. Those of the constructor are declared beside it.
pub(super) fn symbols(library: &Library, upper: &str) -> Vec<Symbol> {
    let exported = EXPORTS.iter().filter(|export| match export.presence {
        Presence::Always => true,
        Presence::Serve => library.serve,
        _ => false,
    });
    exported.map(|export| Symbol { docs: text(export, upper), prototype: export.prototype(&library.name) }).collect()
}

fn text(export: &Export, upper: &str) -> String {
    let docs = match export.name {
        "abi_hash" => format!("What {upper}_ABI_HASH has to be equal to."),
        "register_host_fn" | "host_complete" => format!("{} The helpers below do it with types.", export.docs),
        // The line is broken where it always was, so that a header does not change with the generator.
        "serve" => format!("{} See serve in ffihost.h.", export.docs.replace(" FFI_RET_OK and", "\nFFI_RET_OK and")),
        _ => export.docs.to_owned(),
    };
    match export.outcome {
        // Its only refusal is that of a NULL, which needs no words here.
        _ if export.name == "abi_descriptor" => docs,
        Outcome::Status(cases) if !docs.is_empty() => {
            let returned = returned(cases);
            let fits = docs.len() + 1 + returned.len() <= WIDTH_OF_TEXT;
            format!("{docs}{}{returned}", if fits { " " } else { "\n" })
        }
        _ => docs,
    }
}

/// `Returns FFI_RET_OK, INVALID_CTX, or BUSY.`
fn returned(cases: &[Case]) -> String {
    let mut sentence = "Returns ".to_owned();
    for (at, case) in cases.iter().enumerate() {
        let before = match at {
            0 => "",
            _ if at + 1 == cases.len() => ", or ",
            _ => ", ",
        };
        let name = if case.status == Status::Ok { case.status.name() } else { case.status.short_name() };
        let space = if case.when.is_empty() { "" } else { " " };
        sentence.push_str(&[before, name, space, case.when].concat());
    }
    sentence + "."
}
