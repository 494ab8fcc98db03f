//! Requests that run the test's own code.

use super::library::Library;
use super::{Context, Pending};
use futures::future::LocalBoxFuture;
use std::ffi::c_void;
use std::sync::Mutex;

type Script = Box<dyn FnOnce() -> LocalBoxFuture<'static, Result<Vec<u8>, String>> + Send>;

static SCRIPTS: Mutex<Vec<Option<Script>>> = Mutex::new(Vec::new());

/// `script`: the test's own code, by its number.
pub(super) async fn script(_: &Library, number: Vec<u8>) -> Result<Vec<u8>, String> {
    let number: usize = String::from_utf8_lossy(&number).parse().map_err(|_| "not a number".to_owned())?;
    let script = SCRIPTS.lock().expect("not poisoned")[number].take().expect("each runs once");
    script().await
}

/// Runs a test's code as a request's handler.
pub trait Scripts {
    /// Has this run as a request's handler.
    #[track_caller]
    fn script<F>(self, script: impl FnOnce() -> F + Send + 'static) -> Pending
    where
        F: Future<Output = Result<Vec<u8>, String>> + 'static;

    /// The same, and returns its userData too.
    #[track_caller]
    fn script_with<F>(self, script: impl FnOnce() -> F + Send + 'static) -> (Pending, *mut c_void)
    where
        F: Future<Output = Result<Vec<u8>, String>> + 'static;
}

impl Scripts for Context {
    fn script<F>(self, script: impl FnOnce() -> F + Send + 'static) -> Pending
    where
        F: Future<Output = Result<Vec<u8>, String>> + 'static,
    {
        self.script_with(script).0
    }

    fn script_with<F>(self, script: impl FnOnce() -> F + Send + 'static) -> (Pending, *mut c_void)
    where
        F: Future<Output = Result<Vec<u8>, String>> + 'static,
    {
        let number = {
            let mut scripts = SCRIPTS.lock().expect("not poisoned");
            scripts.push(Some(Box::new(|| Box::pin(script()))));
            scripts.len() - 1
        };
        let (ret, pending, user_data) = self.submit_with("script", &number.to_string());
        assert_eq!(ret, 0, "a script is accepted");
        (pending, user_data)
    }
}
