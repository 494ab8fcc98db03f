//! A client of the guide's notes in Rust.

#![expect(clippy::print_stdout, reason = "it is what the page shows")]

// ANCHOR: includes
mod notes;

use ffihost_ipc::client::{Backoff, Options};
use ffihost_ipc::typed::{Bytes, HostError, RequestError};
use futures::{StreamExt, TryStreamExt, future};
use notes::{Clipboard, Note, Notes, Search, StoreError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Outcome = Result<(), Box<dyn std::error::Error>>;
// ANCHOR_END: includes

// ANCHOR: requests
async fn use_them(notes: &Notes) -> Outcome {
    let note = Note { title: "shopping".to_owned(), body: "milk".to_owned(), ..Note::default() };
    println!("{} note", notes.add(&note).await?);

    // A declared error is a value.
    match notes.add(Note::default()).await {
        Err(RequestError::Declared(notes::RequestError::Untitled)) => println!("it needs a title"),
        other => println!("{other:?}"),
    }

    // For at most so long; a second time, if the connection ends before the answer comes.
    let bytes = notes.read_all().within(Duration::from_secs(5)).idempotent().await?;
    println!("{bytes} bytes");

    // Several at once.
    let (found, words) = tokio::try_join!(notes.find("shopping"), notes.word_count("so it is"))?;
    println!("found at {found:?}, {words} words");
    Ok(())
}
// ANCHOR_END: requests

// ANCHOR: events
async fn watch(notes: &Notes) -> Outcome {
    let saved = notes.on_saved().await?;
    for (title, body) in [("short", "1"), ("long", "12345"), ("longer", "1234567")] {
        notes.add(Note { title: title.to_owned(), body: body.to_owned(), ..Note::default() }).await?;
    }
    // A stream as any other. When it has given two it is dropped, and listens no more.
    let long = saved.map_ok(|heard| heard.payload).try_filter(|note| future::ready(note.bytes > 1)).take(2);
    let titles: Vec<_> = long.map_ok(|note| note.title).try_collect().await?;
    println!("long ones: {}", titles.join(", "));
    Ok(())
}
// ANCHOR_END: events

// ANCHOR: handles
async fn search(notes: &Notes) -> Outcome {
    let first = notes.search("shop").await?;
    let both = notes.merge(&first, &notes.search("no such title").await?).await?;
    while let Some(title) = both.next_hit().await? {
        println!("hit: {title}");
    }
    let own = Search::through(notes, &["a map".to_owned()]).await?;
    println!("{} of at most {}", own.left().await?, Search::MOST);
    Ok(())
}
// ANCHOR_END: handles

// ANCHOR: group
/// What was copied last.
struct Copied(Mutex<String>);

impl Clipboard for Copied {
    async fn copy(&self, text: String) -> Result<(), HostError> {
        *self.0.lock().map_err(|_| HostError::Failed("the clipboard is broken".to_owned()))? = text;
        Ok(())
    }

    async fn paste(&self) -> Result<Option<String>, HostError> {
        let text = self.0.lock().map_err(|_| HostError::Failed("the clipboard is broken".to_owned()))?;
        Ok(Some(text.clone()))
    }
}

async fn entitle(notes: &Notes) -> Outcome {
    let clipboard = notes.implement_clipboard(Copied(Mutex::new("milk".to_owned()))).await?;
    notes.entitle("shopping").await?;
    println!("twice: {}", notes.entitle("so").await?);
    // The library has no clipboard from here on.
    drop(clipboard);
    if notes.entitle("late").await.is_err() {
        println!("no clipboard");
    }
    Ok(())
}
// ANCHOR_END: group

// ANCHOR: main
#[tokio::main]
async fn main() -> Outcome {
    // ANCHOR: place
    let place = std::env::args().nth(1).ok_or("say where the notes are")?;
    let notes = if place.ends_with(".so") {
        Notes::load(ffihost_load::Library::open_trusted(place.as_ref(), None)?, "Ada").await?
    } else {
        let reconnect = Some(Backoff::default());
        Notes::connect(&place.parse()?, Options { reconnect, ..Options::default() }).await?
    };
    // ANCHOR_END: place
    println!("{} {}", notes.client().library(), notes.client().version());

    // ANCHOR: host_fns
    let shelf: Arc<Mutex<HashMap<String, Bytes>>> = Arc::default();
    let kept = Arc::clone(&shelf);
    let _store = notes
        .implement_store(move |key, bytes| {
            let kept = Arc::clone(&kept);
            async move {
                if bytes.len() > 1_000 {
                    return Err(StoreError::Full { capacity: 1_000 }.into());
                }
                kept.lock().map_err(|_| HostError::Failed("the shelf is broken".to_owned()))?.insert(key, bytes);
                Ok(())
            }
        })
        .await?;
    let _load = notes
        .implement_load(move |key| {
            let bytes = shelf.lock().map(|kept| kept.get(&key).cloned());
            std::future::ready(bytes.map_err(|_| HostError::Failed("the shelf is broken".to_owned())))
        })
        .await?;
    // ANCHOR_END: host_fns

    let mut saved = notes.on_saved().await?;
    use_them(&notes).await?;
    if let Some(heard) = saved.next().await {
        println!("saved: {}", heard?.payload.title);
    }
    watch(&notes).await?;
    search(&notes).await?;
    entitle(&notes).await?;
    notes.close().await;
    Ok(())
}
// ANCHOR_END: main
