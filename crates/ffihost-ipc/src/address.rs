//! Where a library is served.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a library is served: `unix:<path>` or `tcp:<host>:<port>`.
///
/// # Examples
///
/// ```
/// use ffihost_ipc::Address;
///
/// let address: Address = "tcp:localhost:7000".parse().unwrap();
/// assert_eq!(address, Address::Tcp { host: "localhost".to_owned(), port: 7000 });
/// assert_eq!("unix:/run/timer.sock".parse::<Address>().unwrap().to_string(), "unix:/run/timer.sock");
/// assert_eq!("tcp:[::1]:7000".parse::<Address>().unwrap().to_string(), "tcp:[::1]:7000");
/// assert!("7000".parse::<Address>().unwrap_err().to_string().contains("unix:<path>"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A unix socket.
    Unix(PathBuf),
    /// TCP.
    Tcp {
        /// A name, or a number without brackets.
        host: String,
        /// The port. A server that listens on 0 gets a free port from the system.
        port: u16,
    },
}

/// Why a text is not an [`Address`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressParseError {
    /// It begins with neither `unix:` nor `tcp:`.
    #[error("`{0}` is no address: write `unix:<path>` or `tcp:<host>:<port>`")]
    Kind(String),
    /// The path or the host is empty.
    #[error("`{0}` names no {1}")]
    Empty(String, &'static str),
    /// The port is missing, or is not a number from 0 to 65,535.
    #[error("`{0}` has no port: write `tcp:<host>:<port>`, with 0 to 65535, and brackets around an IPv6 address")]
    Port(String),
}

impl FromStr for Address {
    type Err = AddressParseError;

    fn from_str(text: &str) -> Result<Self, AddressParseError> {
        let whole = || text.to_owned();
        match text.split_once(':') {
            Some(("unix", "")) => Err(AddressParseError::Empty(whole(), "path")),
            Some(("unix", path)) => Ok(Self::Unix(path.into())),
            Some(("tcp", place)) => {
                let (host, port) = place.rsplit_once(':').ok_or_else(|| AddressParseError::Port(whole()))?;
                let port = port.parse().map_err(|_| AddressParseError::Port(whole()))?;
                let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
                match bare.unwrap_or(host) {
                    "" => Err(AddressParseError::Empty(whole(), "host")),
                    host if bare.is_none() && host.contains(':') => Err(AddressParseError::Port(whole())),
                    host => Ok(Self::Tcp { host: host.to_owned(), port }),
                }
            }
            _ => Err(AddressParseError::Kind(whole())),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp:[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp:{host}:{port}"),
        }
    }
}

impl From<(IpAddr, u16)> for Address {
    fn from((host, port): (IpAddr, u16)) -> Self {
        Self::Tcp { host: host.to_string(), port }
    }
}
