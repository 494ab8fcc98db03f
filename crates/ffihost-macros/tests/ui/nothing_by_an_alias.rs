use ffihost::ffi;

struct App;

ffihost::library!("my_app", App);

type Done = Result<(), String>;
type Nothing = ();
type Always<T> = <T as Into>::Number;

trait Into {
    type Number;
}

impl Into for () {
    type Number = u32;
}

#[ffi(constructor)]
async fn create() -> Result<App, String> {
    Ok(App)
}

#[ffi]
fn touch(_app: &App) -> Done {
    Ok(())
}

#[ffi]
fn look(_app: &App) -> Nothing {}

#[ffi]
fn count(_app: &App) -> Always<()> {
    7
}

/// One that is queued may hide it.
#[ffi]
async fn later(_app: &App) -> Done {
    Ok(())
}

fn main() {}
