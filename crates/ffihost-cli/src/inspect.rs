//! `ffihost inspect`.

use crate::Verdict;
use crate::args::Inspect;
use crate::error::Error;
use crate::notation;
use crate::output::Output;
use ffihost_schema::{Docs, Enum, Field, Library, Payload, Struct};

pub(crate) fn inspect(args: &Inspect, out: &mut Output) -> Result<Verdict, Error> {
    let libraries = args.source.libraries()?;
    if args.json {
        out.json(&libraries)?;
        return Ok(Verdict::Good);
    }
    for (at, library) in libraries.iter().enumerate() {
        if at > 0 {
            out.line("")?;
        }
        print(library, out)?;
    }
    Ok(Verdict::Good)
}

/// All of a library.
pub(crate) fn print(library: &Library, out: &mut Output) -> Result<(), Error> {
    out.docs("", &library.docs)?;
    out.line(format_args!("library {} {}", library.name, library.version))?;
    out.line(format_args!("  hash      {:#018x}", library.hash))?;
    out.line(format_args!("  formats   {}", notation::formats(library.formats)))?;
    if library.serve {
        out.line(format_args!("  serves    itself, by {}_serve", library.name))?;
    }
    out.line(format_args!("  built for {}-bit pointers, layout {:#018x}", library.pointer_width, library.target))?;
    out.line("\nconstructor")?;
    function(
        out,
        &library.constructor.docs,
        &library.constructor.params,
        &notation::constructor(&library.constructor),
    )?;
    heading(out, "requests: what the host can ask", library.requests.len())?;
    for item in &library.requests {
        function(out, &item.docs, &item.params, &notation::request(item))?;
    }
    heading(out, "host functions: what the library asks of the host", library.host_fns.len())?;
    for item in &library.host_fns {
        function(out, &item.docs, &item.params, &notation::host_fn(item))?;
    }
    heading(out, "events", library.events.len())?;
    for item in &library.events {
        function(out, &item.docs, &item.params, &notation::event(item))?;
    }
    let types = [library.structs.len(), library.enums.len(), library.newtypes.len(), library.handles.len()];
    heading(out, "types", types.iter().sum())?;
    library.structs.iter().try_for_each(|item| structure(out, item))?;
    library.enums.iter().try_for_each(|item| enumeration(out, item))?;
    for item in &library.newtypes {
        out.docs("  ", &item.docs)?;
        out.line(format_args!("  struct {}({});", item.name, item.ty))?;
    }
    for item in &library.handles {
        out.docs("  ", &item.docs)?;
        out.line(format_args!("  handle {}", item.name))?;
    }
    heading(out, "constants", library.constants.len())?;
    for item in &library.constants {
        out.docs("  ", &item.docs)?;
        out.line(format_args!("  const {}: {} = {}", item.name, item.ty, item.value))?;
    }
    Ok(())
}

/// A heading, if something comes under it.
fn heading(out: &mut Output, text: &str, items: usize) -> Result<(), Error> {
    if items > 0 { out.line(format_args!("\n{text}")) } else { Ok(()) }
}

/// A function, with the docs of its parameters as a list.
fn function(out: &mut Output, docs: &Docs, params: &[Field], signature: &str) -> Result<(), Error> {
    out.docs("  ", docs)?;
    for param in params.iter().filter(|param| !param.docs.is_empty()) {
        out.docs("  ", &format!("- `{}`: {}", param.name, param.docs.text).into())?;
    }
    out.line(format_args!("  {signature}"))
}

fn structure(out: &mut Output, item: &Struct) -> Result<(), Error> {
    out.docs("  ", &item.docs)?;
    let error = if item.error { "error " } else { "" };
    out.line(format_args!("  {error}struct {} {{", item.name))?;
    fields(out, "    ", &item.fields)?;
    out.line("  }")
}

fn enumeration(out: &mut Output, item: &Enum) -> Result<(), Error> {
    out.docs("  ", &item.docs)?;
    let error = if item.error { "error " } else { "" };
    out.line(format_args!("  {error}enum {} {{", item.name))?;
    for variant in &item.variants {
        out.docs("    ", &variant.docs)?;
        match &variant.payload {
            Payload::Unit => out.line(format_args!("    {},", variant.name))?,
            Payload::One(ty) => out.line(format_args!("    {}({ty}),", variant.name))?,
            Payload::Fields(list) => {
                out.line(format_args!("    {} {{", variant.name))?;
                fields(out, "      ", list)?;
                out.line("    },")?;
            }
        }
    }
    out.line("  }")
}

fn fields(out: &mut Output, indent: &str, fields: &[Field]) -> Result<(), Error> {
    for Field { name, docs, ty } in fields {
        out.docs(indent, docs)?;
        out.line(format_args!("{indent}{name}: {ty},"))?;
    }
    Ok(())
}
