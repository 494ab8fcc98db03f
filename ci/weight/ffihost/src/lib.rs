//! The least library that asks its host something.

#![forbid(unsafe_code)]

use ffihost::{HostError, ffi, ffi_host};

ffihost::library!("hello", Hello);

/// It has no state.
pub struct Hello;

/// What the host failed with.
#[ffi(error)]
pub enum HelloError {
    /// It said why.
    Failed {
        /// Why.
        text: String,
    },
}

impl From<HostError> for HelloError {
    fn from(error: HostError) -> Self {
        Self::Failed { text: error.to_string() }
    }
}

/// Makes one.
#[ffi(constructor)]
pub async fn create() -> Result<Hello, HelloError> {
    Ok(Hello)
}

/// The host's word for it.
#[ffi_host]
async fn fetch_greeting(name: &str) -> Result<String, HostError>;

/// Greets somebody in the host's words.
#[ffi]
pub async fn greet(_hello: &Hello, name: String) -> Result<String, HelloError> {
    let greeting = fetch_greeting(&name).await?;
    Ok(format!("{greeting}, {name}"))
}
