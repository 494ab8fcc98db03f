//! `ffihost cddl`.

use crate::Verdict;
use crate::args::Cddl;
use crate::error::Error;
use crate::output::Output;

pub(crate) fn cddl(args: &Cddl, out: &mut Output) -> Result<Verdict, Error> {
    let library = args.source.library()?;
    let schema = ffihost_schema::cddl(&library);
    match &args.out {
        Some(path) => std::fs::write(path, schema).map_err(Error::file(path, "write it"))?,
        None => out.line(schema.trim_end())?,
    }
    Ok(Verdict::Good)
}
