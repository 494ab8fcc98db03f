#![allow(unused)]

use ffihost::{HostError, ffi, ffi_host};

#[ffi_host]
trait Empty {}

#[ffi_host]
trait Wide<T>: Send {
    const LIMIT: u32;
    async fn load(&self, key: T) -> Result<u8, HostError>;
}

#[ffi_host]
unsafe trait Kept {
    async fn load(&self) -> Result<u8, HostError>;
}

#[ffi_host]
trait Receivers {
    async fn without() -> Result<u8, HostError>;
    async fn mutable(&mut self) -> Result<u8, HostError>;
    async fn owned(self) -> Result<u8, HostError>;
    async fn boxed(self: Box<Self>) -> Result<u8, HostError>;
}

#[ffi_host]
trait Shapes {
    async fn current(&self) -> Result<u8, HostError>;
    async fn own(&self, other: &Self) -> Result<u8, HostError>;
    async fn body(&self) -> Result<u8, HostError> {
        Ok(1)
    }
    #[cfg(all())]
    async fn conditional(&self) -> Result<u8, HostError>;
    async fn nothing(&self);
}

#[ffi_host(deadline = "1s")]
trait Clock {
    fn now(&self) -> Result<u64, HostError>;
}

#[ffi_host]
trait Timed {
    #[ffi_host = "1s"]
    async fn one(&self) -> Result<u64, HostError>;
    #[ffi_host(limit = 3)]
    async fn two(&self) -> Result<u64, HostError>;
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    let _calls = WideHost;
    Ok(App)
}

fn main() {}
