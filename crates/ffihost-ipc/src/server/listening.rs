//! Sockets that a server listens on.

use crate::{Address, Peer};
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

/// A socket that a server listens on. Dropping it closes it, and removes the file of a unix socket.
#[derive(Debug)]
pub(super) struct BoundSocket {
    address: Address,
    socket: Socket,
}

#[derive(Debug)]
enum Socket {
    #[cfg(unix)]
    Unix(UnixListener, #[expect(dead_code, reason = "it is there to be dropped")] Option<file::SocketFile>),
    Tcp(TcpListener),
}

/// An accepted connection.
#[derive(Debug)]
pub(super) enum Stream {
    #[cfg(unix)]
    Unix(UnixStream),
    Tcp(TcpStream),
}

/// A socket that already listens, for [`Server::adopt`](crate::Server::adopt).
#[derive(Debug)]
#[non_exhaustive]
pub enum ListeningSocket {
    /// A unix socket.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
    /// TCP.
    Tcp(std::net::TcpListener),
}

#[cfg(unix)]
impl From<std::os::unix::net::UnixListener> for ListeningSocket {
    fn from(socket: std::os::unix::net::UnixListener) -> Self {
        Self::Unix(socket)
    }
}

impl From<std::net::TcpListener> for ListeningSocket {
    fn from(socket: std::net::TcpListener) -> Self {
        Self::Tcp(socket)
    }
}

/// Why a server cannot listen on an address.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The system refused it.
    #[error("cannot listen on {address}: {error}")]
    Io {
        /// Where.
        address: Address,
        /// Why not.
        error: io::Error,
    },
    /// Other machines could reach it without TLS or without a token.
    #[error("{address} can be reached from other machines: that needs TLS and a token, or an explicit `insecure`")]
    Insecure {
        /// Where.
        address: Address,
    },
    /// This system has no unix sockets.
    #[error("there are no unix sockets on this system: use tcp:<host>:<port>")]
    NoUnixSockets,
}

impl BoundSocket {
    /// Listens. An address that other machines can reach is refused unless `guarded`.
    pub(super) async fn bind(address: &Address, guarded: bool) -> Result<Self, BindError> {
        let failed = |error| BindError::Io { address: address.clone(), error };
        match address {
            #[cfg(unix)]
            Address::Unix(path) => {
                let (socket, file) = file::bind(path).map_err(failed)?;
                Ok(Self { address: address.clone(), socket: Socket::Unix(socket, Some(file)) })
            }
            #[cfg(not(unix))]
            Address::Unix(_) => Err(BindError::NoUnixSockets),
            Address::Tcp { host, port } => {
                let places: Vec<SocketAddr> =
                    tokio::net::lookup_host((host.as_str(), *port)).await.map_err(failed)?.collect();
                if !guarded && places.iter().any(|place| !place.ip().is_loopback()) {
                    return Err(BindError::Insecure { address: address.clone() });
                }
                let socket = TcpListener::bind(&*places).await.map_err(failed)?;
                let place = socket.local_addr().map_err(failed)?;
                Ok(Self { address: (place.ip(), place.port()).into(), socket: Socket::Tcp(socket) })
            }
        }
    }

    /// Takes over a socket that already listens, under the same rules.
    pub(super) fn adopt(socket: ListeningSocket, guarded: bool) -> Result<Self, BindError> {
        match socket {
            #[cfg(unix)]
            ListeningSocket::Unix(socket) => {
                // A socket whose name is not a path has an empty one here.
                let path = socket.local_addr().ok().and_then(|place| place.as_pathname().map(Path::to_owned));
                let address = Address::Unix(path.unwrap_or_default());
                let failed = |error| BindError::Io { address: address.clone(), error };
                socket.set_nonblocking(true).map_err(failed)?;
                let socket = UnixListener::from_std(socket).map_err(failed)?;
                Ok(Self { address, socket: Socket::Unix(socket, None) })
            }
            ListeningSocket::Tcp(socket) => {
                let nowhere = || Address::Tcp { host: "?".to_owned(), port: 0 };
                let place = socket.local_addr().map_err(|error| BindError::Io { address: nowhere(), error })?;
                let address: Address = (place.ip(), place.port()).into();
                if !guarded && !place.ip().is_loopback() {
                    return Err(BindError::Insecure { address });
                }
                let failed = |error| BindError::Io { address: address.clone(), error };
                socket.set_nonblocking(true).map_err(failed)?;
                let socket = TcpListener::from_std(socket).map_err(failed)?;
                Ok(Self { address, socket: Socket::Tcp(socket) })
            }
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }
}

/// Accepts the next connection of any socket. Each call begins with another socket, so that none is starved.
pub(super) async fn accept(sockets: &[BoundSocket], first: &mut usize) -> io::Result<Stream> {
    *first = first.wrapping_add(1);
    std::future::poll_fn(|cx| {
        let (before, after) = sockets.split_at(*first % sockets.len().max(1));
        for bound in after.iter().chain(before) {
            let accepted = match &bound.socket {
                #[cfg(unix)]
                Socket::Unix(socket, _) => socket.poll_accept(cx).map_ok(|(stream, _)| Stream::Unix(stream)),
                Socket::Tcp(socket) => socket.poll_accept(cx).map_ok(|(stream, _)| Stream::Tcp(stream)),
            };
            if let std::task::Poll::Ready(Ok(Stream::Tcp(stream))) = &accepted {
                // Frames are whole messages, which must not wait for each other. This fails if the client has gone, which the
                // first read finds.
                let _gone = stream.set_nodelay(true);
            }
            if accepted.is_ready() {
                return accepted;
            }
        }
        std::task::Poll::Pending
    })
    .await
}

impl Stream {
    /// The peer of the connection.
    pub(super) fn peer(&self, tls: bool) -> io::Result<Peer> {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => {
                let credentials = stream.peer_cred()?;
                Ok(Peer::Unix { uid: credentials.uid(), gid: credentials.gid(), pid: credentials.pid() })
            }
            Self::Tcp(stream) => Ok(Peer::Tcp { address: stream.peer_addr()?, tls }),
        }
    }
}

/// The file of a unix socket.
#[cfg(unix)]
mod file {
    use std::fs::{self, DirBuilder, Permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
    use std::os::unix::net::UnixStream;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::net::UnixListener;

    /// Removes the file when it is dropped, if it is still the same file.
    #[derive(Debug)]
    pub(super) struct SocketFile {
        path: PathBuf,
        inode: (u64, u64),
    }

    impl Drop for SocketFile {
        fn drop(&mut self) {
            if fs::symlink_metadata(&self.path).is_ok_and(|now| (now.dev(), now.ino()) == self.inode) {
                let _already_gone = fs::remove_file(&self.path);
            }
        }
    }

    /// Binds a socket that only this user may ever connect to: it is made in a directory that only this user may enter, and moved
    /// out after its mode is set.
    pub(super) fn bind(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
        make_way(path)?;
        let private = Private::beside(path)?;
        let inside = private.0.join("s");
        let listener = UnixListener::bind(&inside)?;
        fs::set_permissions(&inside, Permissions::from_mode(0o600))?;
        let made = fs::symlink_metadata(&inside)?;
        fs::rename(&inside, path)?;
        Ok((listener, SocketFile { path: path.to_owned(), inode: (made.dev(), made.ino()) }))
    }

    /// Checks that the path is free, or has a socket that no process listens on, as a killed server leaves it. Everything else
    /// is an error.
    fn make_way(path: &Path) -> io::Result<()> {
        let there = match fs::symlink_metadata(path) {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if !there.file_type().is_socket() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is not a socket"));
        }
        match UnixStream::connect(path) {
            Ok(_) => Err(io::Error::new(io::ErrorKind::AddrInUse, "somebody listens there already")),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A directory that only this user may enter, until it is dropped.
    struct Private(PathBuf);

    impl Private {
        fn beside(path: &Path) -> io::Result<Self> {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let directory = match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            let directory = directory.join(format!(".{}-{count}", std::process::id()));
            DirBuilder::new().mode(0o700).create(&directory)?;
            Ok(Self(directory))
        }
    }

    impl Drop for Private {
        fn drop(&mut self) {
            let _what_was_not_moved = fs::remove_file(self.0.join("s"));
            let _already_gone = fs::remove_dir(&self.0);
        }
    }
}
