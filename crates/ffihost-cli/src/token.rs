//! Tokens, in files, because arguments can be seen by everybody on the machine.

use crate::error::Error;
use ffihost_ipc::Token;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A token, and what is to be said about its file.
pub(crate) struct FromFile {
    pub(crate) token: Token,
    pub(crate) warning: Option<String>,
}

/// Reads a token. The end of its line does not belong to it.
pub(crate) fn read(path: &Path) -> Result<FromFile, Error> {
    /// A token is shorter, and a device does not end.
    const LONGEST: u64 = 1 << 17;
    let failed = || Error::file(path, "read the token");
    let file = File::open(path).map_err(failed())?;
    let warning = warning(&file, path).map_err(failed())?;
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).map_err(failed())?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let one_line = Some(line).filter(|line| !line.contains(['\n', '\r']));
    let token = one_line.and_then(Token::new).ok_or_else(|| Error::Token(path.to_owned()))?;
    Ok(FromFile { token, warning })
}

/// Looks at the file that was opened, not at whatever has its name by now.
#[cfg(unix)]
fn warning(file: &File, path: &Path) -> std::io::Result<Option<String>> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    let others = mode & 0o077 != 0;
    Ok(others.then(|| format!("{}: others may use this token (mode {mode:03o}): chmod 600 it", path.display())))
}

#[cfg(not(unix))]
fn warning(_: &File, _: &Path) -> std::io::Result<Option<String>> {
    Ok(None)
}
