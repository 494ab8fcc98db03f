//! What the attributes emit calls to. Not meant to be called by hand, and no part of what stays as it is.

pub use crate::__piece as piece;
#[cfg(feature = "ipc")]
pub use crate::abi::served::{Row, Start, release_served};
pub use crate::abi::types::FFICallBack;
pub use crate::abi::{
    As, Cbor, Ends, Library, Native, OfHandle, OfNobody, OfState, Typed, create, release_handle, run_here, submit,
    with_callback,
};
pub use crate::events::{SUPPORT, Support};
pub use crate::handles::HandleType;
#[cfg(feature = "ipc")]
pub use crate::ipc::serve;
pub use crate::wire::{ByDisplay, Form, Shown, WithoutDisplay};
pub use ffihost_schema::write::{
    Body, Deprecated, Docs, Field, Formats, Item, Logic, Member, Payload, Receiver, Shape, Value, Variant,
};

use crate::abi::destructor;
use crate::context::current;
use crate::context::gate::Refused;
use crate::context::lifecycle::Destruct;
use crate::testing::{self, Double, DoubleNow, Implementation, Listening};
use crate::wire::Awaited;
use crate::{Host, HostError, HostFn, ToHost};
use futures::future::{BoxFuture, LocalBoxFuture};
use std::rc::Rc;

/// A library that has a constructor.
#[diagnostic::on_unimplemented(
    message = "the library has no constructor",
    label = "nothing makes its state",
    note = "mark the function that does: `#[ffi(constructor)] async fn create() -> Result<MyApp, MyError>`"
)]
pub trait HasConstructor {}

/// A library that has a destructor.
pub trait HasDestructor<S: 'static>: Sized + 'static {
    /// Runs it.
    fn destroy(state: &S) -> LocalBoxFuture<'_, ()>;

    /// What runs it.
    fn destructor(&self) -> Option<Destruct> {
        Some(destructor(async |state: &S| Self::destroy(state).await))
    }
}

/// Every library, for those that have none: found only where [`HasDestructor`] is not.
pub trait NoDestructor {
    /// None.
    fn destructor(&self) -> Option<Destruct> {
        None
    }
}

impl<M> NoDestructor for &M {}

/// Calls a host function that was declared without `async`.
pub fn call_now<A: ToHost, R: Awaited + 'static>(function: &'static HostFn, args: A) -> R {
    crate::host::call_now(function, args)
}

/// The same of this host, from any thread.
pub fn call_now_on<A: ToHost, R: Awaited + 'static>(host: Host, function: &'static HostFn, args: A) -> R {
    crate::host::call_now_on(host, function, args)
}

/// Gives a host function an implementation, for the unit tests of this thread.
pub fn implement<A: 'static, R: 'static>(
    function: &'static HostFn,
    implementation: Box<dyn Fn(A) -> BoxFuture<'static, R> + Send + Sync>,
) -> Implementation {
    let double: Double<A, R> = Rc::from(implementation as Box<dyn Fn(A) -> BoxFuture<'static, R>>);
    testing::implement(function, double)
}

/// Gives a host function that is not awaited an implementation, for the unit tests of this thread.
pub fn implement_now<A: 'static, R: 'static>(
    function: &'static HostFn,
    implementation: Box<dyn Fn(A) -> R + Send + Sync>,
) -> Implementation {
    let double: DoubleNow<A, R> = Rc::from(implementation as Box<dyn Fn(A) -> R>);
    testing::implement(function, double)
}

/// Listens to an event, for the unit tests of this thread.
pub fn listen<A: 'static>(event: &'static str, listener: impl Fn(A) + Send + Sync + 'static) -> Listening {
    testing::listen(event, listener)
}

/// Emits an event in the present context, or, where there is none, to the unit test that listens.
pub fn emit(event: &'static str, args: impl ToHost) {
    match current::host() {
        Some(host) => {
            if let Err(refused) = host.enqueue(event, args) {
                not_emitted(event, refused);
            }
        }
        None => emit_nowhere(event, args),
    }
}

#[cold]
fn not_emitted(event: &'static str, refused: Refused) {
    tracing::debug!(event, error = %HostError::from(refused), "an event was not emitted");
}

#[cold]
fn emit_nowhere(event: &'static str, args: impl ToHost) {
    if testing::tell(event, args.into_owned()).is_err() {
        tracing::warn!(event, "an event was emitted outside of any context; use `emit_on` there");
    }
}
