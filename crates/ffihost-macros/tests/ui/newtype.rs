#![allow(unused)]

use ffihost::ffi;

#[ffi]
struct Tree(Vec<Tree>);

#[ffi]
struct Own(Vec<Option<Self>>);

#[ffi(error)]
struct Reason(String);

#[ffi]
fn grow(tree: Tree, own: Own) -> Result<(), Reason> {
    Ok(())
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
