//! Types that cross.

// ANCHOR: types
use ffihost::ffi;
use std::collections::{BTreeMap, HashMap};

/// A note.
#[ffi]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Note {
    /// What it is kept under.
    pub title: String,
    /// Its text.
    pub body: String,
    /// In no order.
    pub tags: Vec<String>,
    /// When to be reminded of it.
    pub remind: Option<Reminder>,
    /// Further texts, by their names.
    pub extra: HashMap<String, String>,
    /// Pictures, PNG.
    pub pictures: Vec<Vec<u8>>,
}

/// When to be reminded.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub enum Reminder {
    /// Whenever the notes are opened.
    Always,
    /// At a time, in milliseconds since 1970.
    At(u64),
    /// At a place.
    Near {
        /// Degrees to the north.
        latitude: f64,
        /// Degrees to the east.
        longitude: f64,
    },
}

/// How a list of notes is sorted.
#[ffi]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// By their titles.
    ByTitle,
    /// The last one first.
    Latest,
}

/// The longest title, in bytes.
#[ffi]
pub const MAX_TITLE: u32 = 200;
// ANCHOR_END: types

// ANCHOR: nested
/// A notebook holds notes and notebooks.
#[ffi]
pub struct Notebook {
    notes: Vec<Note>,
    notebooks: BTreeMap<String, Notebook>,
}
// ANCHOR_END: nested

// ANCHOR: represented
/// A color, such as `#ff8800`.
#[ffi(as = String)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Color(u32);

impl From<&Color> for String {
    fn from(color: &Color) -> Self {
        format!("#{:06x}", color.0)
    }
}

impl TryFrom<String> for Color {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits =
            text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or("a color is written as #rrggbb")?;
        u32::from_str_radix(digits, 16).map(Self).map_err(|_| "the digits of a color are hexadecimal")
    }
}
// ANCHOR_END: represented

use crate::Notes;
use crate::errors::{RequestError, lock};

// ANCHOR: positions
/// Lists titles.
#[ffi]
pub fn list(notes: &Notes, order: Order, limit: Option<u32>) -> Result<Vec<String>, RequestError> {
    let mut titles = lock(&notes.titles).clone();
    match order {
        Order::ByTitle => titles.sort(),
        Order::Latest => titles.reverse(),
    }
    titles.truncate(limit.unwrap_or(u32::MAX) as usize);
    Ok(titles)
}

/// Counts the notes of a notebook and those in it.
#[ffi]
pub fn total(_notes: &Notes, notebook: &Notebook) -> u64 {
    notebook.total()
}

impl Notebook {
    fn total(&self) -> u64 {
        self.notes.len() as u64 + self.notebooks.values().map(Self::total).sum::<u64>()
    }
}
// ANCHOR_END: positions
