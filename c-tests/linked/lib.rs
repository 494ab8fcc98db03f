//! A library of several modules, of which a program may use only one: what the others put into the file has to be there all the
//! same, whatever the linker leaves out.

#![expect(missing_docs, reason = "it is a test's")]

use ffihost::{HostError, ffi};

ffihost::library!("linked", App);

#[derive(Debug)]
pub struct App;

#[ffi(error)]
#[derive(Debug)]
pub enum Failure {
    Host,
}

impl From<HostError> for Failure {
    fn from(_: HostError) -> Self {
        Self::Host
    }
}

#[ffi(constructor)]
async fn create() -> Result<App, Failure> {
    Ok(App)
}

/// A program that is linked with the archive uses this one.
pub mod used {
    use crate::{App, Failure};
    use ffihost::{ffi, ffi_host};

    #[ffi_host]
    pub async fn answer(question: u32) -> Result<u32, Failure>;

    #[ffi]
    async fn ask(_app: &App, question: u32) -> Result<u32, Failure> {
        answer(question).await
    }
}

/// And nothing of these.
pub mod unused {
    use crate::{App, Failure};
    use ffihost::{ffi, ffi_event, ffi_host};

    #[ffi]
    #[derive(Debug)]
    pub struct Point {
        pub x: u32,
        pub label: String,
    }

    #[ffi]
    pub const DIMENSIONS: u32 = 2;

    #[ffi_host]
    pub async fn draw(point: Point) -> Result<(), Failure>;

    #[ffi_event]
    pub fn on_drawn(count: u32);

    #[ffi]
    async fn draw_twice(_app: &App, x: u32, label: String) -> Result<(), Failure> {
        draw(Point { x, label: label.clone() }).await?;
        draw(Point { x, label }).await?;
        on_drawn(2);
        Ok(())
    }
}

pub mod handles {
    use crate::{App, Failure};
    use ffihost::{Handle, ffi};

    #[ffi(handle)]
    #[derive(Debug)]
    pub struct Pencil;

    #[ffi]
    async fn sharpen(_app: &App) -> Result<Handle<Pencil>, Failure> {
        Ok(Handle::new(Pencil))
    }
}
