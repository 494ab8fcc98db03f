//! A library that lends handles in everything that a client can be sent.

#![forbid(unsafe_code)]

use ffihost::{Handle, Host, HostError, Options, ffi, ffi_event, ffi_host};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

ffihost::library! {
    /// Lends things.
    "lender",
    Lender,
    // No limit that a close has is reached where nothing is stuck.
    options = Options::new().linger(Duration::from_secs(3_600)),
    serve,
}

/// A lender with a thing that it keeps.
pub struct Lender {
    kept: Handle<Thing>,
}

/// What is lent.
#[ffi(handle)]
#[derive(Debug)]
pub struct Thing {
    label: String,
}

/// Another type of what is lent.
#[ffi(handle)]
#[derive(Debug)]
pub struct OtherThing {
    _here: (),
}

/// Things in each type that can hold them.
#[ffi]
#[derive(Debug)]
pub struct Parcel {
    /// Has nothing to do with it.
    pub number: u32,
    /// In a list of options.
    pub listed: Vec<Option<Handle<Thing>>>,
    /// In a map.
    pub named: HashMap<String, Handle<OtherThing>>,
    /// In enums.
    pub wrapped: Vec<Wrapped>,
    /// In itself.
    pub parcels: Vec<Parcel>,
}

/// An enum that can hold things.
#[ffi]
#[derive(Debug)]
pub enum Wrapped {
    /// Nothing.
    Nothing,
    /// A number, which is none of a thing.
    Number(u64),
    /// A thing.
    One(Handle<Thing>),
    /// A thing by a name.
    Named {
        /// The other type.
        other: Handle<OtherThing>,
        /// No thing.
        number: u64,
    },
}

/// A thing, and how much it weighs.
#[ffi]
#[derive(Debug)]
pub struct Heavy {
    /// The thing.
    pub thing: Handle<Thing>,
    /// The weight.
    pub filler: Vec<u8>,
}

/// An error that lends.
#[ffi(error)]
#[derive(Debug, thiserror::Error)]
pub enum LendError {
    /// A thing that stands for it.
    #[error("instead there is {0:?}")]
    Instead(Handle<Thing>),
    /// The host did not take it.
    #[error("{0}")]
    Host(String),
}

impl From<HostError> for LendError {
    fn from(error: HostError) -> Self {
        Self::Host(error.to_string())
    }
}

/// A thing is lent to whoever listens.
#[ffi_event]
fn on_lent(thing: Handle<Thing>, filler: Vec<u8>);

/// Takes a thing.
#[ffi_host(deadline = "1h")]
async fn take(thing: Handle<Thing>, filler: Vec<u8>) -> Result<(), HostError>;

/// Says which of some things it likes.
#[ffi_host(deadline = "1h")]
async fn choose(things: Vec<Handle<Thing>>) -> Result<Option<Handle<Thing>>, HostError>;

fn thing() -> Handle<Thing> {
    Handle::new(Thing { label: "thing".to_owned() })
}

fn other() -> Handle<OtherThing> {
    Handle::new(OtherThing { _here: () })
}

/// Makes a lender.
#[ffi(constructor)]
pub async fn create() -> Result<Lender, LendError> {
    Ok(Lender { kept: Handle::new(Thing { label: "kept".to_owned() }) })
}

/// How many things are lent, all types together.
#[ffi]
pub async fn lent(_lender: &Lender) -> Result<u64, LendError> {
    Ok(Host::current()?.stats()?.handles)
}

/// Lends a thing.
#[ffi]
pub fn lend(_lender: &Lender) -> Handle<Thing> {
    thing()
}

/// Lends the thing that is always the same.
#[ffi]
pub fn lend_kept(lender: &Lender) -> Handle<Thing> {
    lender.kept.clone()
}

/// How far a loan has come that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Loan {
    Begun,
    LetGo,
    Made,
}

static LOANS: (Mutex<BTreeMap<u32, Loan>>, Condvar) = (Mutex::new(BTreeMap::new()), Condvar::new());

fn loans() -> MutexGuard<'static, BTreeMap<u32, Loan>> {
    LOANS.0.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set(number: u32, loan: Loan) {
    loans().insert(number, loan);
    LOANS.1.notify_all();
}

/// Whether the loan of this number has begun.
#[ffi]
pub fn has_begun(_lender: &Lender, number: u32) -> bool {
    loans().contains_key(&number)
}

/// Lets the loan of this number go on.
#[ffi]
pub fn let_go(_lender: &Lender, number: u32) {
    set(number, Loan::LetGo);
}

/// Whether a thing was lent for this number.
#[ffi]
pub fn was_made(_lender: &Lender, number: u32) -> bool {
    loans().get(&number) == Some(&Loan::Made)
}

/// Lends a thing when it is let go, and cannot be kept from it.
#[ffi]
pub fn lend_later(_lender: &Lender, number: u32) -> Handle<Thing> {
    set(number, Loan::Begun);
    let waits = |loans: &mut BTreeMap<u32, Loan>| loans.get(&number) != Some(&Loan::LetGo);
    drop(LOANS.1.wait_while(loans(), waits).unwrap_or_else(PoisonError::into_inner));
    set(number, Loan::Made);
    thing()
}

/// Lends a thing when it is let go, unless it is cancelled.
#[ffi]
pub async fn lend_unless_cancelled(_lender: &Lender, number: u32) -> Handle<Thing> {
    set(number, Loan::Begun);
    while loans().get(&number) != Some(&Loan::LetGo) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    set(number, Loan::Made);
    thing()
}

/// Lends a thing after a while, unless it is cancelled.
#[ffi]
pub async fn lend_after(_lender: &Lender, delay_ms: u32) -> Handle<Thing> {
    tokio::time::sleep(Duration::from_millis(delay_ms.into())).await;
    thing()
}

/// Lends seven things in one value.
#[ffi]
pub fn lend_parcel(_lender: &Lender) -> Parcel {
    let parcel = |parcels, wrapped| Parcel {
        number: 7,
        listed: vec![Some(thing()), None, Some(thing())],
        named: HashMap::from([("one".to_owned(), other())]),
        wrapped,
        parcels,
    };
    let inner = Parcel { listed: Vec::new(), ..parcel(Vec::new(), vec![Wrapped::Number(1)]) };
    let wrapped = vec![
        Wrapped::Nothing,
        Wrapped::Number(2),
        Wrapped::One(thing()),
        Wrapped::Named { other: other(), number: 3 },
        Wrapped::One(thing()),
    ];
    parcel(vec![inner], wrapped)
}

/// Lends a thing and so many bytes.
#[ffi]
pub fn lend_heavy(_lender: &Lender, bytes: u32) -> Heavy {
    Heavy { thing: thing(), filler: vec![0; bytes as usize] }
}

/// Fails with a thing.
#[ffi]
pub fn lend_by_error(_lender: &Lender) -> Result<(), LendError> {
    Err(LendError::Instead(thing()))
}

/// Lends a thing and so many bytes to whoever listens.
#[ffi]
pub fn announce(_lender: &Lender, bytes: u32) {
    on_lent(thing(), vec![0; bytes as usize]);
}

/// Lends a thing and so many bytes to the host.
#[ffi]
pub async fn offer(_lender: &Lender, bytes: u32) -> Result<(), LendError> {
    Ok(take(thing(), vec![0; bytes as usize]).await?)
}

/// What is written on a thing.
#[ffi]
pub fn label(thing: &Thing) -> String {
    thing.label.clone()
}

/// What is written on some things.
#[ffi]
pub fn labels(_lender: &Lender, things: Vec<Option<Handle<Thing>>>) -> Vec<String> {
    things.into_iter().flatten().map(|thing| thing.label.clone()).collect()
}

/// Lends two things to the host, and says what is written on that which it likes.
#[ffi]
pub async fn choose_label(_lender: &Lender) -> Result<Option<String>, LendError> {
    Ok(choose(vec![thing(), thing()]).await?.map(|chosen| chosen.label.clone()))
}
