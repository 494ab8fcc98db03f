//! The same through uniffi.

use std::sync::Arc;

uniffi::setup_scaffolding!();

/// What the host failed with.
#[derive(Debug, uniffi::Error)]
pub enum HelloError {
    /// It said why.
    Failed {
        /// Why.
        text: String,
    },
}

impl std::fmt::Display for HelloError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Failed { text } = self;
        f.write_str(text)
    }
}

impl std::error::Error for HelloError {}

impl From<uniffi::UnexpectedUniFFICallbackError> for HelloError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { text: error.to_string() }
    }
}

/// The host.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait Host: Send + Sync {
    /// The host's word for it.
    async fn fetch_greeting(&self, name: String) -> Result<String, HelloError>;
}

/// Greets somebody in the host's words.
#[uniffi::export(async_runtime = "tokio")]
pub async fn greet(host: Arc<dyn Host>, name: String) -> Result<String, HelloError> {
    let greeting = host.fetch_greeting(name.clone()).await?;
    Ok(format!("{greeting}, {name}"))
}
