use ffihost::{Handle, ffi};

ffihost::library!("app", App);

struct App;

#[ffi(handle)]
struct Cursor;

#[ffi(constructor)]
async fn create(cursor: Handle<Cursor>) -> Result<App, String> {
    drop(cursor);
    Ok(App)
}

#[ffi]
fn open() -> Handle<Cursor> {
    Handle::new(Cursor)
}

#[ffi]
async fn count(cursors: Vec<Handle<Cursor>>) -> u64 {
    cursors.len() as u64
}

fn main() {}
