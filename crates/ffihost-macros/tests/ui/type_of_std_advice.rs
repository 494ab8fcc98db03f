#![allow(unused)]

use ffihost::{HostError, ffi, ffi_event, ffi_host};
use std::collections::LinkedList;
use std::error::Error;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

#[ffi]
enum Held {
    Text(Arc<str>),
    List { bytes: Rc<[u8]>, ids: LinkedList<u32> },
    Moment(Option<Instant>),
}

#[ffi]
async fn wait(app: &App, until: Instant, names: Vec<Rc<Held>>) -> Result<Instant, String> {
    Err(String::new())
}

#[ffi]
fn open(app: &App, path: &Path, size: u128) -> Result<u8, Box<dyn Error>> {
    Ok(0)
}

#[ffi_host]
async fn load(path: &Path, within: Instant) -> Result<Rc<Held>, HostError>;

#[ffi_host]
fn now() -> Result<Instant, HostError>;

#[ffi_event]
fn on_moved(from: Rc<Held>, to: &[u128]);

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn create(timeout: Instant) -> Result<App, String> {
    Ok(App)
}

fn main() {}
