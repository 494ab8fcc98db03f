//! TLS for servers and clients, by rustls.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

/// Why certificates or a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read, or is not PEM.
    #[error("{file}: {error}", file = .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        error: rustls::pki_types::pem::Error,
    },
    /// A file has no certificate in it.
    #[error("{file}: there is no certificate in it", file = .file.display())]
    NoCertificate {
        /// The file.
        file: PathBuf,
    },
    /// The key does not belong to the certificate, or TLS does not support one of them.
    #[error("{0}")]
    Unusable(#[from] rustls::Error),
}

/// A server's certificate and key.
#[derive(Clone)]
pub struct ServerTls(TlsAcceptor);

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerTls(…)")
    }
}

impl ServerTls {
    /// Reads a chain of certificates, the server's own first, and its private key. Both files are PEM.
    pub fn from_files(certificates: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = read_certificates(certificates)?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::File { file: key.to_owned(), error })?;
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Does the TLS handshake.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<server::TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}

/// The authorities that a client trusts.
#[derive(Clone)]
pub struct ClientTls(TlsConnector);

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientTls(…)")
    }
}

impl ClientTls {
    /// Trusts servers whose certificate one of these authorities has signed, and no others. The file is PEM.
    pub fn trusting(authorities: &Path) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in read_certificates(authorities)? {
            roots.add(certificate)?;
        }
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Does the TLS handshake.
    pub(crate) async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<client::TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        self.0.connect(name, stream).await
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let file_error = |error| TlsError::File { file: file.to_owned(), error };
    let certificates = CertificateDer::pem_file_iter(file).map_err(file_error)?;
    let certificates = certificates.collect::<Result<Vec<_>, _>>().map_err(file_error)?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate { file: file.to_owned() });
    }
    Ok(certificates)
}
