//! Who may connect, and to what.

mod support;

use ffihost_ipc::client::Options;
use ffihost_ipc::{Address, BindError, Client, ClientTls, Limits, Peer, Server, ServerInfo, ServerTls, Token};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use support::service::Echo;
use support::wire::server_info;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

fn server(token: Option<&str>) -> Server {
    let info = ServerInfo { token: token.and_then(Token::new), ..server_info() };
    Server::new(Arc::new(Echo), info, Limits::default())
}

fn tcp(host: &str) -> Address {
    Address::Tcp { host: host.to_owned(), port: 0 }
}

/// A certificate for `localhost` and its key, in files.
fn certificate(folder: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a name");
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    fs::write(&certificate, made.cert.pem()).expect("there is room");
    fs::write(&key, made.signing_key.serialize_pem()).expect("there is room");
    (certificate, key)
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    use std::os::unix::net::UnixListener;

    #[tokio::test]
    async fn a_socket_is_for_its_user_alone_and_goes_with_the_server() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("s.sock");
        let mut server = server(None);
        server.bind(&Address::Unix(path.clone())).await.expect("the folder is ours");
        let made = fs::symlink_metadata(&path).expect("it is there");
        assert!(made.file_type().is_socket());
        assert_eq!(made.permissions().mode() & 0o777, 0o600);
        let names = fs::read_dir(folder.path()).expect("it is there").count();
        assert_eq!(names, 1, "nothing is left of how it was made");
        drop(server);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn what_a_killed_server_left_is_replaced_and_nothing_else() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("s.sock");
        drop(UnixListener::bind(&path).expect("the folder is ours"));
        let mut first = server(None);
        first.bind(&Address::Unix(path.clone())).await.expect("nobody listens there");
        let occupied = server(None).bind(&Address::Unix(path.clone())).await.expect_err("somebody does now");
        assert!(occupied.to_string().contains("listens there already"), "{occupied}");
        let file = folder.path().join("file");
        fs::write(&file, "precious").expect("there is room");
        let refused = server(None).bind(&Address::Unix(file.clone())).await.expect_err("it is no socket");
        assert!(refused.to_string().contains("not a socket"), "{refused}");
        assert_eq!(fs::read(&file).expect("it is there"), b"precious");
    }

    #[tokio::test]
    async fn a_server_leaves_the_socket_of_its_successor() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("s.sock");
        let mut first = server(None);
        first.bind(&Address::Unix(path.clone())).await.expect("the folder is ours");
        fs::remove_file(&path).expect("it is ours");
        let mut second = server(None);
        second.bind(&Address::Unix(path.clone())).await.expect("it is free");
        drop(first);
        assert!(path.exists());
    }

    #[tokio::test]
    async fn the_system_says_who_connects() {
        let folder = tempfile::tempdir().expect("there is room");
        let address = Address::Unix(folder.path().join("s.sock"));
        let mut server = server(None);
        server.bind(&address).await.expect("the folder is ours");
        let us =
            fs::metadata(folder.path()).map(|ours| std::os::unix::fs::MetadataExt::uid(&ours)).expect("it is there");
        let pid = i32::try_from(std::process::id()).ok();
        server.admit(move |peer| matches!(peer, Peer::Unix { uid, pid: process, .. } if *uid == us && *process == pid));
        let stop = server.stopper();
        let running = tokio::spawn(server.run());
        let client = Client::connect(&address, Options::default()).await.expect("it is us");
        let peer = client.request("peer", b"").await.expect("it tells");
        assert!(String::from_utf8_lossy(&peer).contains(&format!("uid: {us}")));
        stop.stop();
        running.await.expect("no panic");
    }
}

#[tokio::test]
async fn who_is_not_admitted_is_closed() {
    let mut server = server(None);
    let address = server.bind(&tcp("127.0.0.1")).await.expect("there is a port");
    server.admit(|_| false);
    let stop = server.stopper();
    let running = tokio::spawn(server.run());
    let Address::Tcp { host, port } = address else { panic!("{address}") };
    let mut stream = TcpStream::connect((&*host, port)).await.expect("it listens");
    assert_eq!(stream.read(&mut [0]).await.ok().filter(|read| *read > 0), None);
    stop.stop();
    running.await.expect("no panic");
}

#[tokio::test]
async fn beyond_this_machine_only_with_tls_and_a_token_or_on_demand() {
    let folder = tempfile::tempdir().expect("there is room");
    let (certificate, key) = certificate(folder.path());
    let tls = || ServerTls::from_files(&certificate, &key).expect("they go together");
    let everywhere = tcp("0.0.0.0");
    for (token, private) in [(None, false), (Some("secret"), false), (None, true)] {
        let mut server = server(token);
        if private {
            server.tls(tls());
        }
        let refused = server.bind(&everywhere).await.expect_err("anybody could reach it");
        assert!(matches!(refused, BindError::Insecure { .. }), "{refused}");
    }
    server(Some("secret")).tls(tls()).bind(&everywhere).await.expect("both are there");
    server(None).insecure().bind(&everywhere).await.expect("it was asked for");
}

#[tokio::test]
async fn tls_with_a_token() {
    let folder = tempfile::tempdir().expect("there is room");
    let (certificate, key) = certificate(folder.path());
    let mut server = server(Some("secret"));
    server.tls(ServerTls::from_files(&certificate, &key).expect("they go together"));
    let Address::Tcp { port, .. } = server.bind(&tcp("127.0.0.1")).await.expect("there is a port") else {
        panic!("it is TCP")
    };
    let address = Address::Tcp { host: "localhost".to_owned(), port };
    let stop = server.stopper();
    let running = tokio::spawn(server.run());
    let trusting = Options {
        tls: Some(ClientTls::trusting(&certificate).expect("it is a certificate")),
        token: Token::new("secret"),
        ..Options::default()
    };
    let client = Client::connect(&address, trusting.clone()).await.expect("it has all that is needed");
    let large = vec![7; 1 << 20];
    assert_eq!(client.request("echo", &large).await, Ok(large), "more than TLS takes at once");
    let no_token = Options { token: None, ..trusting.clone() };
    let refused = Client::connect(&address, no_token).await.expect_err("it has no token");
    assert!(refused.to_string().contains("token"), "{refused}");
    let others = tempfile::tempdir().expect("there is room");
    let (stranger, _) = self::certificate(others.path());
    let tls = Some(ClientTls::trusting(&stranger).expect("it is a certificate"));
    let distrusting = Options { tls, ..trusting };
    Client::connect(&address, distrusting).await.expect_err("it trusts somebody else");
    let plain = Options { token: Token::new("secret"), ..Options::default() };
    Client::connect(&address, plain).await.expect_err("it speaks no TLS");
    drop(client);
    stop.stop();
    running.await.expect("no panic");
}

#[test]
fn bad_certificates_are_told_with_their_file() {
    let folder = tempfile::tempdir().expect("there is room");
    let (certificate, key) = certificate(folder.path());
    let missing = folder.path().join("missing.pem");
    let error = ServerTls::from_files(&missing, &key).expect_err("it is not there").to_string();
    assert!(error.contains("missing.pem"), "{error}");
    let error = ServerTls::from_files(&key, &key).expect_err("it is a key").to_string();
    assert!(error.contains("no certificate"), "{error}");
    let error = ServerTls::from_files(&certificate, &certificate).expect_err("it is no key").to_string();
    assert!(error.contains("certificate.pem"), "{error}");
}

#[test]
fn a_token_is_not_shown_and_not_blank() {
    let token = Token::new("secret").expect("it is one");
    assert!(
        !format!("{token:?} {:?}", Options { token: Some(token.clone()), ..Options::default() }).contains("secret")
    );
    for blank in ["", " ", "secret\n", " secret"] {
        assert!(Token::new(blank).is_none(), "{blank:?}");
    }
}
