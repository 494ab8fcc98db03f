//! For the unit tests of a library: host functions that are implemented in Rust, and events that are listened to, where there
//! is no host.
//!
//! What `#[ffi]` marks stays an ordinary function that a test calls. If it calls a host function outside of any context, an
//! implementation is looked for that the test has given for its own thread: `fetch_profile::implement(|id| async move { … })`.
//! It holds until the value that this returns is dropped.
//!
//! # Examples
//!
//! ```
//! use ffihost::{HostError, ffi_event, ffi_host};
//!
//! /// Implemented by the host.
//! #[ffi_host]
//! async fn fetch_age(name: String) -> Result<u32, HostError>;
//!
//! #[ffi_event]
//! fn on_birthday(name: String);
//!
//! async fn celebrate(name: &str) -> Result<u32, HostError> {
//!     let age = fetch_age(name.to_owned()).await?;
//!     on_birthday(name.to_owned());
//!     Ok(age + 1)
//! }
//!
//! # ffihost::library!("party", Party);
//! # struct Party;
//! # #[ffihost::ffi(constructor)]
//! # async fn create() -> Result<Party, String> { Ok(Party) }
//! # fn main() {
//! let _ages = fetch_age::implement(|name: String| async move { Ok(name.len() as u32) });
//! let (sender, heard) = std::sync::mpsc::channel();
//! let _birthdays = on_birthday::listen(move |name| sender.send(name).unwrap());
//! assert_eq!(futures::executor::block_on(celebrate("Ada")), Ok(4));
//! assert_eq!(heard.recv().unwrap(), "Ada");
//! # }
//! ```

use crate::HostFn;
use crate::registry::DeclaredName;
use futures::future::BoxFuture;
use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::ptr;
use std::rc::Rc;
use std::sync::OnceLock;

/// An implementation of a host function, awaited or not.
pub(crate) type Double<A, R> = Rc<dyn Fn(A) -> BoxFuture<'static, R>>;
pub(crate) type DoubleNow<A, R> = Rc<dyn Fn(A) -> R>;
type Listener<A> = Rc<dyn Fn(A)>;

struct Entry {
    number: u64,
    name: &'static str,
    /// Nothing for a listener.
    function: *const DeclaredName,
    /// A [`Double`], a [`DoubleNow`] or a [`Listener`].
    value: Rc<dyn Any>,
}

/// Finds what stands in for a function or an event on this thread: the latest entry that `matches`. Set by the first entry, so
/// that a library that is no unit test does not link it.
static FIND: OnceLock<Find> = OnceLock::new();

type Find = fn(&dyn Fn(&Entry) -> bool) -> Option<Rc<dyn Any>>;

thread_local! {
    static ENTRIES: RefCell<(u64, Vec<Entry>)> = const { RefCell::new((0, Vec::new())) };
}

/// Takes its entry out when it is dropped. Bound to its thread.
#[derive(Debug)]
struct Guard(u64, PhantomData<*const ()>);

impl Guard {
    fn new(name: &'static str, function: *const DeclaredName, value: Rc<dyn Any>) -> Self {
        FIND.get_or_init(|| find);
        ENTRIES.with_borrow_mut(|(last, entries)| {
            *last += 1;
            entries.push(Entry { number: *last, name, function, value });
            Self(*last, PhantomData)
        })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let remove = |entries: &RefCell<(u64, Vec<Entry>)>| {
            let entries = &mut entries.borrow_mut().1;
            let index = entries.iter().position(|entry| entry.number == self.0);
            index.map(|index| entries.remove(index))
        };
        // Dropped under no borrow: what it captured may be anything.
        drop(ENTRIES.try_with(remove));
    }
}

/// An implementation of a host function, until it is dropped; of two, the later one counts.
#[derive(Debug)]
#[must_use = "the implementation is gone when this is dropped"]
pub struct Implementation(#[expect(dead_code, reason = "it is dropped")] Guard);

/// Somebody who listens to an event, until it is dropped; of two, the later one counts.
#[derive(Debug)]
#[must_use = "nobody listens any more when this is dropped"]
pub struct Listening(#[expect(dead_code, reason = "it is dropped")] Guard);

/// Gives a host function a [`Double`] or a [`DoubleNow`].
pub(crate) fn implement<D: 'static>(function: &'static HostFn, double: D) -> Implementation {
    Implementation(Guard::new(function.name(), function.declared(), Rc::new(double)))
}

pub(crate) fn listen<A: 'static>(event: &'static str, listener: impl Fn(A) + 'static) -> Listening {
    Listening(Guard::new(event, ptr::null(), Rc::new(Rc::new(listener) as Listener<A>)))
}

fn find(matches: &dyn Fn(&Entry) -> bool) -> Option<Rc<dyn Any>> {
    let found = |entries: &RefCell<(u64, Vec<Entry>)>| {
        let entries = &entries.borrow().1;
        entries.iter().rev().find(|entry| matches(entry)).map(|entry| Rc::clone(&entry.value))
    };
    ENTRIES.try_with(found).ok().flatten()
}

fn latest<D: Clone + 'static>(matches: &dyn Fn(&Entry) -> bool) -> Option<D> {
    let find = FIND.get()?;
    find(&|entry| matches(entry) && entry.value.is::<D>())?.downcast_ref().cloned()
}

/// The [`Double`] or [`DoubleNow`] that counts on this thread.
pub(crate) fn double<D: Clone + 'static>(function: &DeclaredName) -> Option<D> {
    latest(&|entry| ptr::eq(entry.function, function))
}

/// Tells whoever listens on this thread, or hands the arguments back if nobody does.
pub(crate) fn tell<A: 'static>(event: &'static str, args: A) -> Result<(), A> {
    match latest::<Listener<A>>(&|entry| entry.function.is_null() && entry.name == event) {
        Some(listener) => {
            listener(args);
            Ok(())
        }
        None => Err(args),
    }
}
