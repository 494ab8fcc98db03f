//! The attributes of `ffihost`. Use them by way of that crate; it explains how they go together.
//!
//! One front end for all: an item becomes a typed `model`, where everything is checked that can be checked by looks, and
//! `expand` emits from the model, or a stub if something is wrong. What only the compiler knows is left to the traits in
//! `ffihost::wire` and `ffihost::export`, whose messages say what to write instead.
//!
//! | module | what it is |
//! |---|---|
//! | `errors` | all that is wrong with an item, shown at once |
//! | `attrs`, `names` | doc comments, conditions, arguments of attributes; names as they cross |
//! | `renamed` | `crate = path`, where `ffihost` has another name |
//! | `model` | each kind of item, checked |
//! | `expand` | what is emitted for each, and the stubs |

#![forbid(unsafe_code)]

mod attrs;
mod errors;
mod expand;
mod model;
mod names;
mod renamed;

use proc_macro::TokenStream;

/// Names the library, and the type of its state. Once in a crate, at its root.
///
/// ```text
/// ffihost::library!("my_app", MyApp);
/// ffihost::library!("my_app", app::MyApp, options = Options::new().grace(Duration::from_secs(5)), formats(native));
/// ```
///
/// - The name starts every symbol that the library exports, `my_app_login`: small letters, digits and `_`.
/// - The state is a struct or an enum of the crate. The function that is marked with `#[ffi(constructor)]` makes it, once for
///   each context. It needs to be `Sync` only if there are functions that are marked with `#[ffi]`, take it, and are not
///   `async`.
/// - `options`: limits, deadlines and policies, as a constant expression; names in it are those of the crate's root. The
///   defaults are `Options::new()`.
/// - `formats`: in which formats functions are exported: `native`, `cbor`, or both, which is the default.
///
/// - `crate`: what the dependency `ffihost` is called, if it was renamed: `crate = bridge`. Every attribute takes it, too.
///
/// The crate is built as a `cdylib` or a `staticlib`; its unit tests and examples run as ever.
#[proc_macro]
pub fn library(tokens: TokenStream) -> TokenStream {
    expand::library(tokens.into()).into()
}

/// Marks what crosses: types, functions that the host calls, constants, the members of an `impl`. Anywhere in the crate.
///
/// Names cross as they are written, `r#type` as `type`; doc comments, those of fields, variants and parameters too, go into
/// the descriptor and from there into every binding. Nothing has generic parameters or lifetimes.
///
/// # Structs and enums
///
/// ```text
/// #[ffi]
/// pub struct Profile {
///     /// As it is displayed.
///     pub name: String,
///     pub age: Option<u8>,
///     pub friends: Vec<Profile>,
///     pub scores: HashMap<String, f64>,
///     pub role: Role,
/// }
///
/// #[ffi]
/// pub enum Role { Guest, Admin }
///
/// #[ffi]
/// pub enum Shape { Nothing, Circle(f64), Rectangle { width: f64, height: f64 } }
/// ```
///
/// A type that crosses by value: a C struct and a CBOR map; an enum without data is an `int32_t` and its name as text, one
/// with data a tagged union and a map of one entry. A variant holds nothing, values, or named fields. Fields without
/// names are `field0`, `field1` and so on; a struct of one of them is a newtype, and crosses as that. Fields are integers of
/// a fixed size, floats, `bool`, `String`, `Vec<T>`, `Option<T>`, `HashMap<String, T>`, `BTreeMap<String, T>`, `Handle<T>`, and
/// types that are marked. Nothing else is asked of the type, and no trait but those of ffihost is implemented for it.
///
/// # `#[ffi(error)]`
///
/// On a struct or an enum: a type as above that functions may fail with, the `E` of `Result<T, E>`. `String` is an error, too.
/// One that a host function fails with may have `impl From<HostError>`, and then takes in the host's own failures.
///
/// # `#[ffi(handle)]`
///
/// On a struct of any kind that is `Send` and `Sync`: it stays in the library, and the host knows it by a number. Functions
/// return `Handle::new(cursor)`, take it as their first parameter, `cursor: &Cursor`, or anywhere as `Handle<Cursor>`. The host
/// gives it back with `my_app_cursor_release`: the type's name in snake case.
///
/// # Functions
///
/// ```text
/// #[ffi]
/// async fn login(app: &MyApp, req: LoginReq) -> Result<Session, LoginError> { … }
/// ```
///
/// A request. It is exported as `my_app_login` and `my_app_login_cbor`, and stays an ordinary function.
///
/// - The first parameter says whose it is: `&MyApp`, the library's state by the name that `library!` gives it, makes it the
///   context's; `&Cursor` a handle's; with anything else it is called without a context.
/// - `async`: it runs on the context's FFI thread, beside others, and may await host functions. Not `async`: it runs on the
///   caller's thread, and has called back when the export returns; then the state must be `Sync`.
/// - Further parameters have types that cross; `&str`, `&[T]` and `&T` are taken, too. `&str` and `&[u8]` are not copied where
///   the function is not `async` and the call is native.
/// - It returns a `T` that crosses, nothing, or `Result<T, E>`, where `E` is `String` or marked with `#[ffi(error)]`.
/// - `#[ffi(formats(native))]`, `#[ffi(formats(cbor))]`: in this format alone.
///
/// Names that every library exports, `version` for one, and names that end with `_cbor` are taken.
///
/// # The `impl` of the state or of a handle
///
/// ```text
/// #[ffi]
/// impl Cursor {
///     pub const MAX_ROWS: u32 = 100;
///
///     pub fn over(rows: Vec<String>) -> Result<Self, String> { … }
///
///     pub async fn next(&self) -> Option<String> { … }
///
///     #[ffi(skip)]
///     fn len(&self) -> usize { … }
/// }
/// ```
///
/// All its functions and constants cross, whatever their visibility, except those that are marked with `#[ffi(skip)]`. What is in
/// the state's `impl` is as a free function or constant; the constructor and the destructor may be there. The members of a
/// handle have its name before theirs, `my_app_cursor_next` and `CURSOR_MAX_ROWS`, and are members of its class in the
/// languages that have classes.
///
/// - `&self` is the state or the handle. Without it, a function is whose its first parameter says, as a free one.
/// - A function of a handle's that returns `Self`, or a `Result` or an `Option` of it, makes a handle. There may be several. It
///   needs no state to do so, but is called with a context, which knows the handle from then on.
///
/// # `#[ffi(constructor)]` and `#[ffi(destructor)]`
///
/// ```text
/// #[ffi(constructor)]
/// async fn open(name: String) -> Result<MyApp, OpenError> { … }
///
/// #[ffi(destructor)]
/// async fn end(app: &MyApp) { … }
/// ```
///
/// The constructor, one in each library, makes the state, on the FFI thread; it is exported as `my_app_create` and
/// `my_app_create_cbor`, whatever its name is. The destructor, if there is one, runs when the context closes, before the state
/// is dropped; it may call the host, within a deadline of its own.
///
/// # Constants
///
/// ```text
/// #[ffi]
/// pub const MAX_USERS: u32 = 16;
/// ```
///
/// Copied into every binding: a `bool`, an integer of a fixed size, a float, or a `&str`.
#[proc_macro_attribute]
pub fn ffi(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::ffi(args.into(), item.into()).into()
}

/// Declares a host function: the host implements it, the library calls it.
///
/// ```text
/// /// Asks the account service.
/// #[ffi_host(deadline = "10s")]
/// async fn fetch_profile(user_id: String, fields: &[String]) -> Result<Profile, ProfileError>;
///
/// #[ffi_host]
/// fn now_ms() -> Result<u64, HostError>;
/// ```
///
/// The host registers a function of that name. `fetch_profile(id, &fields).await` calls it; before it is awaited, a deadline
/// can be given and more: see `ffihost::HostCall`. It settles exactly once, whatever the host does.
///
/// - It returns `Result<T, HostError>`, or, if it declares an error `E`, `Result<T, HostError<E>>`, or `Result<T, E>` where
///   `E: From<HostError>`.
/// - Without `async` the host has to answer before its function returns; an answer that comes later is too late, and the call
///   is `HostError::TimedOut`.
/// - Parameters have types that cross, or are `&str`, `&[T]` or `&T`, which borrow for as long as the call; where they have to
///   outlive it, on the way to another thread, `T` is cloned. At most 12.
/// - `deadline`: a number and a unit, `ms`, `s`, `m` or `h`. Without it, that of the registration holds, or the library's.
///
/// # On a trait
///
/// ```text
/// #[ffi_host(deadline = "10s")]
/// trait Storage {
///     async fn load(&self, key: &str) -> Result<Vec<u8>, HostError>;
/// }
/// ```
///
/// Each function is a host function by itself, `storage_load`, and takes `&self`. `StorageHost::current().load(key).await` calls
/// it, `StorageHost::of(host)` from any thread; that type implements the trait, in which what is awaited is `Send`. The
/// deadline is that of functions without one of their own. In unit tests `StorageHost::implement(double)` puts whatever
/// implements the trait in the host's place.
///
/// # In unit tests
///
/// There is no host. `fetch_profile::implement(|id, fields| async move { Ok(…) })` takes its place on the test's own thread,
/// until the value that it returns is dropped; it is given owned values. Without `async`: `now_ms::implement(|| Ok(7))`.
#[proc_macro_attribute]
pub fn ffi_host(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::ffi_host(args.into(), item.into()).into()
}

/// Declares an event: calling it tells every listener that the host has added.
///
/// ```text
/// /// The echo was heard.
/// #[ffi_event]
/// fn on_echo_fired(message: &str);
/// ```
///
/// It queues the event for the present context and returns; what happens when the queue is full is one of the library's
/// options. Parameters are as those of `#[ffi_host]`. Outside of a context, in a thread of the author's own for instance, there
/// is `on_echo_fired::emit_on(host, message)`, which says whether that context is still there.
///
/// # In unit tests
///
/// `on_echo_fired::listen(|message| …)` listens on the test's own thread, until the value that it returns is dropped.
#[proc_macro_attribute]
pub fn ffi_event(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::ffi_event(args.into(), item.into()).into()
}
