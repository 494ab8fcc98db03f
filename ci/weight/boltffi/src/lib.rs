//! The same through boltffi, which brings no runtime.

boltffi::scaffolding!();

/// The host.
#[boltffi::export]
pub trait Host: Send + Sync {
    /// The host's word for it.
    async fn fetch_greeting(&self, name: &str) -> String;
}

/// Greets somebody in the host's words.
#[boltffi::export]
pub async fn greet(host: impl Host, name: String) -> String {
    let greeting = host.fetch_greeting(&name).await;
    format!("{greeting}, {name}")
}
