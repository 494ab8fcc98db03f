//! Host functions in a group.

// ANCHOR: declared
use ffihost::{HostError, ffi_host};

/// Where the user copies and pastes.
#[ffi_host(deadline = "5s")]
pub trait Clipboard {
    /// Puts a text there.
    async fn copy(&self, text: &str) -> Result<(), HostError>;

    /// The text that is there, if there is one.
    async fn paste(&self) -> Result<Option<String>, HostError>;
}
// ANCHOR_END: declared

use crate::Notes;
use crate::errors::RequestError;
use ffihost::ffi;

// ANCHOR: called
/// Puts a title in front of what the user has copied.
#[ffi]
pub async fn entitle(_notes: &Notes, title: String) -> Result<bool, RequestError> {
    Ok(put_before(&ClipboardHost::current(), &title).await?)
}

async fn put_before(clipboard: &impl Clipboard, title: &str) -> Result<bool, HostError> {
    let Some(text) = clipboard.paste().await? else { return Ok(false) };
    clipboard.copy(&format!("{title}: {text}")).await?;
    Ok(true)
}
// ANCHOR_END: called

// ANCHOR: tests
#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::open;
    use futures::executor::block_on;
    use std::sync::Mutex;

    struct Copied(Mutex<Option<String>>);

    impl Clipboard for Copied {
        async fn copy(&self, text: &str) -> Result<(), HostError> {
            *self.0.lock().expect("no test panics") = Some(text.to_owned());
            Ok(())
        }

        async fn paste(&self) -> Result<Option<String>, HostError> {
            Ok(self.0.lock().expect("no test panics").clone())
        }
    }

    #[test]
    fn a_title_comes_before_the_text() {
        let copied = Copied(Mutex::new(Some("milk".to_owned())));
        assert_eq!(block_on(put_before(&copied, "shopping")), Ok(true));
        assert_eq!(block_on(copied.paste()), Ok(Some("shopping: milk".to_owned())));
    }

    #[test]
    fn without_a_text_there_is_no_title() {
        let _clipboard = ClipboardHost::implement(Copied(Mutex::new(None)));
        let notes = block_on(open("Ada".to_owned())).expect("a name");
        assert_eq!(block_on(entitle(&notes, "shopping".to_owned())), Ok(false));
    }
}
// ANCHOR_END: tests
