#![allow(unused)]

mod inner {
    ffihost::library!("y", App);

    pub struct App;

    #[ffihost::ffi(constructor)]
    async fn open() -> Result<App, String> {
        Ok(App)
    }
}

fn main() {}
