//! An author's own types, by whatever name: what a name stands for is the compiler's to say.

#![forbid(unsafe_code)]
#![deny(warnings)]

use ffihost::{HostError, ffi, ffi_event, ffi_host};
use std::collections::HashMap;

ffihost::library!("own_types", App);

struct App;

#[ffi]
#[derive(Clone, Debug, PartialEq)]
struct Cell {
    row: u32,
}

#[ffi]
#[derive(Clone, Debug, PartialEq)]
struct Path {
    cells: Vec<Cell>,
    took: Option<Duration>,
    by_name: HashMap<Name, Cell>,
    forks: Vec<Self>,
}

#[ffi]
#[derive(Clone, Copy, Debug, PartialEq)]
enum Duration {
    Short,
    Long,
}

#[ffi]
#[derive(Clone, Debug, PartialEq)]
enum Instant {
    Now,
    After(Duration),
    Between { from: Box<Duration>, until: Arc },
}

#[ffi]
#[derive(Clone, Debug, PartialEq)]
struct Handle {
    number: u64,
}

#[ffi]
#[derive(Clone, Debug, PartialEq)]
struct Arc {
    degrees: f64,
}

#[ffi]
struct HashSet {
    values: Vec<u8>,
}

#[ffi(error)]
#[derive(Debug)]
enum Mutex {
    Poisoned(String),
}

impl From<HostError> for Mutex {
    fn from(error: HostError) -> Self {
        Self::Poisoned(error.to_string())
    }
}

// Aliases are what they stand for.
type Box<T> = T;
type Name = String;
type Bytes = Vec<u8>;
type Byte = u8;
type SystemTime = u64;
type Result<T> = std::result::Result<T, Mutex>;
type Opened<T> = std::result::Result<T, String>;
type Nothing = ();
type Answer<T, E = Mutex> = std::result::Result<T, E>;

type Count = u32;
type Label = &'static str;

#[ffi]
const MAX_CELLS: Count = 7;

#[ffi]
const LABEL: Label = "cells";

#[ffi]
struct Aliases {
    name: Name,
    names: Vec<Name>,
    at: SystemTime,
    bytes: Option<Bytes>,
}

#[ffi(constructor)]
async fn open(name: Name, duration: Duration) -> Opened<App> {
    let _ = (name, duration);
    Ok(App)
}

#[ffi]
async fn move_to(app: &App, path: Path, cell: &Cell, cells: &[Cell], name: &Name, bytes: &[Byte]) -> Result<Path> {
    let _ = (app, cell, cells, name, bytes);
    load(path.took.unwrap_or(Duration::Short), cell, name.clone()).await
}

#[ffi]
fn at(app: &App, at: SystemTime) -> Instant {
    let _ = (app, at);
    Instant::Between { from: Duration::Long, until: Arc { degrees: 1.0 } }
}

#[ffi]
async fn without_context(handle: Handle, set: HashSet) -> Answer<Nothing> {
    let _ = (handle, set);
    Ok(())
}

#[ffi]
async fn nothing(app: &App) -> Nothing {
    let _ = app;
}

#[ffi_host]
async fn load(duration: Duration, cell: &Cell, name: Name) -> Result<Path>;

#[ffi_host]
fn now() -> std::result::Result<Instant, HostError<Mutex>>;

#[ffi_event]
fn on_moved(cell: Cell, cells: &[Cell], path: &Path);

fn main() {
    let _now = now::implement(|| Ok(Instant::After(Duration::Long)));
    assert_eq!(now().unwrap(), Instant::After(Duration::Long));
    let _load = load::implement(|took, cell: Cell, name: String| async move {
        Ok(Path { cells: vec![cell], took: Some(took), by_name: HashMap::from([(name, Cell { row: 2 })]), forks: Vec::new() })
    });
    let _listening = on_moved::listen(|cell: Cell, cells: Vec<Cell>, path: Path| {
        assert_eq!((vec![cell], path.cells), (cells, Vec::new()));
    });
    on_moved(Cell { row: 1 }, &[Cell { row: 1 }], &Path { cells: Vec::new(), took: None, by_name: HashMap::new(), forks: Vec::new() });
}
