//! Threads.

use crate::Notes;
use crate::errors::RequestError;
use crate::host_functions::load;
use ffihost::ffi;

// ANCHOR: local
/// Reads notes, all at the same time. Nothing here has to be `Send`: the tasks stay on the FFI thread.
#[ffi]
pub async fn preload(_notes: &Notes, titles: Vec<String>) -> Result<u64, RequestError> {
    let total = std::rc::Rc::new(std::cell::Cell::new(0));
    let tasks = titles.into_iter().map(|title| {
        let total = std::rc::Rc::clone(&total);
        tokio::task::spawn_local(async move {
            let body = load(&title).await?.unwrap_or_default();
            total.set(total.get() + body.len() as u64);
            Ok::<(), RequestError>(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.map_err(|error| RequestError::Host(error.to_string()))??;
    }
    Ok(total.get())
}
// ANCHOR_END: local
