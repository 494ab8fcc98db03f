//! The table of the functions that every library exports.
//!
//! Its rows are tokens, in [`with_exports!`](crate::with_exports). They are expanded twice into what must not differ: into
//! [`EXPORTS`] and [`signature`] here, for whoever reads the table, and by `ffihost` into the exported functions themselves.

use crate::{CType, Status};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A function that every library exports.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Export {
    /// Its name, without the library's prefix and the underscore after it.
    pub name: &'static str,
    /// Which libraries export it.
    pub presence: Presence,
    /// Its parameters, in order.
    pub params: &'static [Param],
    /// What C says it returns; [`outcome`](Self::outcome) says what that means.
    pub returns: CType,
    /// What the result says, refusals included.
    pub outcome: Outcome,
    /// What it does, in sentences for people, without the syntax of any language's comments. Empty for a function that
    /// differs from the one before it in the format or in how much can be said, and has its docs.
    pub docs: &'static str,
}

/// A parameter of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Param {
    /// Its name in C.
    pub name: &'static str,
    /// Its type.
    pub ty: CType,
}

/// Which libraries export a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Presence {
    /// All.
    Always,
    /// Those whose constructor is exported natively. The constructor's own parameters come before those of the table.
    NativeConstructor,
    /// Those whose constructor is exported in CBOR.
    CborConstructor,
    /// Those whose `library!` says `serve`.
    Serve,
}

/// On which threads a function may be called. Where it may be, it may also be called inside any callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Threads {
    /// On any.
    Any,
    /// On any but those that the context needs to end: its FFI thread, its event thread, and one that is inside one of its
    /// synchronous requests or releases. There it returns `FFI_RET_WOULD_DEADLOCK`.
    NotTheContexts,
}

/// What the result of a function says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// A value; the function cannot fail.
    Value,
    /// A status: `FFI_RET_OK`, which comes first here, or why it is refused.
    Status(&'static [Case]),
    /// 1 or 0, or minus one of these statuses.
    Flag(&'static [Case]),
    /// The listener, or 0 if it is refused.
    Listener,
}

/// A status that a function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Case {
    /// The status.
    pub status: Status,
    /// When that is, to be read behind the status' name; empty if the name says it.
    pub when: &'static str,
}

impl Export {
    /// What it can return but `FFI_RET_OK`, if it returns statuses.
    pub fn refusals(&self) -> impl Iterator<Item = Status> {
        let cases = match self.outcome {
            Outcome::Status(cases) | Outcome::Flag(cases) => cases,
            Outcome::Value | Outcome::Listener => &[],
        };
        cases.iter().map(|case| case.status).filter(|status| *status != Status::Ok)
    }

    /// On which threads it may be called.
    pub fn threads(&self) -> Threads {
        match self.refusals().any(|status| status == Status::WouldDeadlock) {
            true => Threads::NotTheContexts,
            false => Threads::Any,
        }
    }

    /// Its symbol in a library of that name.
    pub fn symbol(&self, library: &str) -> String {
        format!("{library}_{}", self.name)
    }

    /// Its declaration in C, on one line; without the parameters of the constructor, if it has those.
    pub fn prototype(&self, library: &str) -> String {
        let params: Vec<_> = self.params.iter().map(|param| declared(param.ty, param.name)).collect();
        let params = if params.is_empty() { "void".into() } else { params.join(", ") };
        format!("{}({params});", declared(self.returns, &self.symbol(library)))
    }
}

/// `const char *name`, `int name`
fn declared(ty: CType, name: &str) -> String {
    let spelling = ty.spelling();
    let space = if spelling.ends_with('*') { "" } else { " " };
    format!("{spelling}{space}{name}")
}

/// A name as C spells it: `r#fn` is `fn`.
const fn unraw(name: &'static str) -> &'static str {
    if let [b'r', b'#', rest @ ..] = name.as_bytes()
        && let Ok(name) = core::str::from_utf8(rest)
    {
        name
    } else {
        name
    }
}

/// Expands another macro with what it is given and the rows of the table.
///
/// A row is `Presence name(parameter: Type, …) -> Type { outcome; "docs" }`; the types are those of [`rust`](crate::rust).
#[doc(hidden)]
#[macro_export]
macro_rules! with_exports {
    ($macro:path, $($given:tt)*) => {
        $macro! {
            [$($given)*]
            NativeConstructor create(cb: CallBack, userData: Pointer, ctx: PointerOut) -> Int {
                Status [Ok "", MissingCallback "", InvalidArgument "", TooLarge "", Busy ""];
                "Makes a context. *ctx is set before this returns; cb: once, on the FFI thread, when the library's \
                 constructor has ended. After an error there is nothing to destroy."
            }
            CborConstructor create_cbor(
                req: Bytes, len: Size, cb: CallBack, userData: Pointer, ctx: PointerOut
            ) -> Int {
                Status [Ok "", MissingCallback "", InvalidArgument "", TooLarge "", Busy ""];
                ""
            }
            Always version() -> Chars {
                Value [];
                "The library's own version, NUL-terminated, in static storage."
            }
            Always abi_hash() -> Number {
                Value [];
                "The hash of the library's surface, which changes when and only when the surface does."
            }
            Always abi_layout() -> Number {
                Value [];
                "How the target that the library was built for lays out C structs: the FFI_LAYOUT of that target."
            }
            Always abi_descriptor(bytes: BytesOut, len: SizeOut) -> Int {
                Status [Ok "", InvalidArgument ""];
                "The library's surface as CBOR, in static storage."
            }
            Always destroy(ctx: Pointer) -> Int {
                Status [Ok "", InvalidCtx "", WouldDeadlock "(in a callback)", TimedOut ""];
                "Closes, and waits until that is done."
            }
            Always close(ctx: Pointer, done: CallBack, userData: Pointer) -> Int {
                Status [Ok "", InvalidCtx "", Closing "(the second time)", Busy ""];
                "Begins to close and returns at once; done, which may be NULL, is called when nothing of the context is left."
            }
            Always cancel(ctx: Pointer, userData: Pointer) -> Int {
                Status [Ok "if there was one", UnknownToken "if not", InvalidCtx ""];
                "Cancels the requests that were submitted with this userData and have not ended; they call back with \
                 FFI_RET_CANCELLED."
            }
            Always stats(ctx: Pointer, out: StatsOut) -> Int {
                Status [Ok "", InvalidCtx "", InvalidArgument ""];
                "Fills *out, whose size has to be set."
            }
            Always release_string(string: StringOut) -> Int {
                Status [Ok ""];
                "Releases text that a request has returned, and empties *string. Does nothing to an empty one, or with NULL."
            }
            Always release_bytes(bytes: OwnedOut) -> Int {
                Status [Ok ""];
                "Releases bytes that a request has returned, and empties *bytes. Does nothing to empty ones, or with NULL."
            }
            Always release_error(error: ErrorOut) -> Int {
                Status [Ok ""];
                "Releases an error that a request has returned, and empties *error. Does nothing to an empty one, or with \
                 NULL."
            }
            Serve serve(
                ctx: Pointer, address: Chars, options: ServeOptions, cb: CallBack, userData: Pointer
            ) -> Int {
                Status [Ok "", MissingCallback "", InvalidCtx "", Closing "", InvalidArgument "", Busy ""];
                "Serves ctx to other processes, at `unix:<path>` or `tcp:<host>:<port>`, until it is closed; options may be \
                 NULL. cb: once, FFI_RET_OK and the address, or FFI_RET_ERR and why it is not listened on."
            }
            Always register_host_fn(ctx: Pointer, name: Chars, r#fn: HostFn, userData: Pointer) -> Int {
                Status [Ok "", InvalidCtx "", InvalidArgument "", Closing "", NotRegistered ""];
                "Registers a host function, or with fn = NULL unregisters it."
            }
            Always register_host_fn_cbor(ctx: Pointer, name: Chars, r#fn: HostFn, userData: Pointer) -> Int {
                Status [Ok "", InvalidCtx "", InvalidArgument "", Closing "", NotRegistered ""];
                ""
            }
            Always register_host_fn_with(ctx: Pointer, name: Chars, options: HostFnOptions) -> Int {
                Status [Ok "", InvalidCtx "", InvalidArgument "", Closing "", NotRegistered ""];
                ""
            }
            Always register_host_fns(
                ctx: Pointer, fns: NamedHostFns, count: Size, options: HostFnOptions
            ) -> Int {
                Status [Ok "", InvalidCtx "", InvalidArgument "", Closing ""];
                "Registers host functions together: all of them, or none. options is for each; its fn has to be NULL. Its \
                 release is called once, after the last of them can be called no longer."
            }
            Always host_fn_registered(ctx: Pointer, name: Chars) -> Int {
                Flag [InvalidCtx "", InvalidArgument ""];
                "1 or 0; or minus a status."
            }
            Always host_complete(ctx: Pointer, token: Number, ret: Int, msg: Chars, len: Size) -> Int {
                Status [Ok "", UnknownToken "(late, double, never issued)", Decode "", TooLarge "", InvalidCtx ""];
                "Answers a host call."
            }
            Always add_event_listener(ctx: Pointer, event: Chars, cb: CallBack, userData: Pointer) -> Number {
                Listener [];
                "Calls cb on the event thread for every such event. Returns the listener, or 0 if it is refused."
            }
            Always add_event_listener_cbor(ctx: Pointer, event: Chars, cb: CallBack, userData: Pointer) -> Number {
                Listener [];
                ""
            }
            Always remove_event_listener(ctx: Pointer, listener: Number) -> Int {
                Status [Ok "", Busy "(its last delivery still runs; ask again)", InvalidCtx "", UnknownToken ""];
                "After FFI_RET_OK the listener is not running and will not be called again."
            }
        }
    };
}

macro_rules! table {
    ([] $($presence:ident $name:ident($($param:ident: $ty:ident),*) -> $returns:ident {
        $outcome:ident $cases:tt; $docs:literal
    })+) => {
        /// The functions that every library exports, in reading order.
        pub const EXPORTS: [Export; [$(stringify!($name)),+].len()] = [$(Export {
            name: stringify!($name),
            presence: Presence::$presence,
            params: &[$(Param { name: unraw(stringify!($param)), ty: CType::$ty }),*],
            returns: CType::$returns,
            outcome: table!(@outcome $outcome $cases),
            docs: $docs,
        }),+];

        /// The exports as function pointers: what a symbol is once it was looked up by its name.
        #[expect(non_camel_case_types, reason = "each has the name of its export")]
        pub mod signature {
            use crate::rust::*;

            $(
                #[doc = concat!("`<lib>_", stringify!($name), "`")]
                pub type $name = unsafe extern "C" fn($($ty),*) -> $returns;
            )+

            /// A request in CBOR, of a context or of a handle in it: ctx, callback, userData, then the arguments.
            pub type request_cbor = unsafe extern "C" fn(Pointer, CallBack, Pointer, Bytes, Size) -> Int;
            /// A request in CBOR that needs no context: callback, userData, then the arguments.
            pub type free_request_cbor = unsafe extern "C" fn(CallBack, Pointer, Bytes, Size) -> Int;
            /// The release of a handle: ctx, then the handle.
            pub type release = unsafe extern "C" fn(Pointer, Number) -> Int;
        }
    };
    (@outcome Value []) => { Outcome::Value };
    (@outcome Listener []) => { Outcome::Listener };
    (@outcome $outcome:ident [$($status:ident $when:literal),+]) => {
        Outcome::$outcome(&[$(Case { status: Status::$status, when: $when }),+])
    };
}

with_exports!(table,);

#[cfg(test)]
mod tests {
    use super::*;

    fn find(name: &str) -> &'static Export {
        EXPORTS.iter().find(|export| export.name == name).expect("every library has it")
    }

    #[test]
    fn prototypes_are_those_of_c() {
        assert_eq!(find("version").prototype("a"), "const char *a_version(void);");
        assert_eq!(
            find("register_host_fn").prototype("a"),
            "int a_register_host_fn(void *ctx, const char *name, FFIHostFn fn, void *userData);"
        );
        assert_eq!(
            find("abi_descriptor").prototype("my_app"),
            "int my_app_abi_descriptor(const uint8_t **bytes, size_t *len);"
        );
    }

    #[test]
    fn names_and_refusals_are_given_once() {
        for (at, export) in EXPORTS.iter().enumerate() {
            assert!(EXPORTS[..at].iter().all(|other| other.name != export.name), "{}", export.name);
            let refusals: Vec<_> = export.refusals().collect();
            for (at, refusal) in refusals.iter().enumerate() {
                assert!(!refusals[..at].contains(refusal), "{}: {refusal:?}", export.name);
            }
            if let Outcome::Status(cases) = export.outcome {
                assert_eq!(cases[0].status, Status::Ok, "{}", export.name);
            }
        }
    }

    #[test]
    fn only_destroy_is_refused_on_a_contexts_own_threads() {
        let bound: Vec<_> = EXPORTS.iter().filter(|export| export.threads() != Threads::Any).collect();
        assert!(bound.len() == 1 && bound[0].name == "destroy", "{bound:?}");
    }
}
