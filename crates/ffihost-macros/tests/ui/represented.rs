use ffihost::ffi;

#[ffi(as = String, as = u8)]
struct Twice(u8);

#[ffi(as)]
struct Nothing(u8);

#[ffi(as = String, error)]
enum Broken {
    Off,
}

#[ffi(as = String, formats(cbor))]
struct Formats(u8);

#[ffi(as = String)]
struct Generic<T>(T);

#[ffi(as = &'static str)]
struct Borrowed(u8);

#[ffi(as = Itself)]
struct Itself(u8);

#[ffi(as = Vec<u8>)]
#[allow(non_camel_case_types)]
struct duration(u8);

#[ffi(as = u8)]
struct Marked(#[ffi(default = 1)] u8);

#[ffi(as = u8)]
enum Variants {
    #[ffi(name = "a")]
    A,
    B(#[ffi(skip)] u8),
}

#[ffi(as = String)]
fn function() -> u8 {
    0
}

#[ffi(as = String)]
const NUMBER: u8 = 0;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn create() -> Result<App, String> {
    Ok(App)
}

fn main() {}
