//! Objects that stay in the library, which hosts know by a number.
//!
//! A [`Handle`] is a counted reference to an author's object. The first time that it goes to the host it enters the table of
//! the context and gets its number; each further time the host gets the same number again, and has it once more. The table
//! holds on to the object until the host has released the number as often as it was given it, or the context closes. Numbers
//! are counted through for the whole process and never used twice, so one that was released, made up, or issued by another
//! context is found in no table. Looking one up gives another counted reference, so an object that is released while a request
//! uses it lives until that request has ended.

use crate::error::DecodeError;
use crate::status::Status;
use crate::sync::Mutex;
use crate::wire::cbor::{Reader as CborReader, Writer as CborWriter};
use crate::wire::native::{Reader as NativeReader, Scratch};
use crate::wire::{Lift, Lower};
use crate::{Host, panic};
use ffihost_schema::write::Shape;
use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An object that stays in the library; marked with `#[ffi(handle)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither the library's state nor a handle",
    label = "not marked with `#[ffi(handle)]`",
    note = "mark the struct with `#[ffi(handle)]`, or name the state as `library!` does; a struct that crosses by value is \
            passed as a later parameter"
)]
pub trait HandleType: Send + Sync + 'static {
    /// Its name.
    const NAME: &'static str;
}

/// A counted reference to an object that stays in the library; the host knows it by a number.
///
/// # Examples
///
/// ```
/// use ffihost::{Handle, ffi};
/// use std::sync::Mutex;
/// # ffihost::library!("shop", Shop);
/// # #[ffi(constructor)]
/// # async fn create() -> Result<Shop, String> { Ok(Shop) }
/// # pub struct Shop;
///
/// /// A list of rows, of which some have been taken.
/// #[ffi(handle)]
/// pub struct Cursor {
///     rows: Mutex<Vec<String>>,
/// }
///
/// #[ffi]
/// async fn query(_shop: &Shop, rows: Vec<String>) -> Handle<Cursor> {
///     Handle::new(Cursor { rows: Mutex::new(rows) })
/// }
///
/// /// The next row, if there is one.
/// #[ffi]
/// fn next_row(cursor: &Cursor) -> Option<String> {
///     cursor.rows.lock().unwrap().pop()
/// }
/// # fn main() {
/// # let cursor = futures::executor::block_on(query(&Shop, vec!["one".to_owned()]));
/// # assert_eq!(next_row(&cursor), Some("one".to_owned()));
/// # assert_eq!(next_row(&cursor), None);
/// # }
/// ```
///
/// # Threading
///
/// `Send` and `Sync`, as the object is. It is dropped where the last reference is: on the thread that releases it, or on the
/// FFI thread when the context closes.
pub struct Handle<T>(Arc<Object<T>>);

struct Object<T> {
    /// 0 until it first goes to the host.
    number: AtomicU64,
    value: T,
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Handle<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.0.value).finish()
    }
}

impl<T: HandleType> From<T> for Handle<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: HandleType> Handle<T> {
    /// A handle to this, which the host does not know yet.
    pub fn new(value: T) -> Self {
        Self(Arc::new(Object { number: AtomicU64::new(0), value }))
    }

    /// Its number in the present context, for the host; 0 outside of every context.
    fn lend(&self) -> u64 {
        let lent = Host::current().and_then(|host| host.with_handles(|handles| handles.lend(&self.0)));
        lent.unwrap_or_else(|error| {
            tracing::warn!(handle = T::NAME, %error, "a handle could not be given to the host");
            0
        })
    }

    /// The handle that the host means by a number.
    fn find(number: u64) -> Result<Self, DecodeError> {
        if number == 0 {
            return Err(DecodeError::new(format_args!("0 is no `{}`", T::NAME)));
        }
        let found = Host::current().and_then(|host| host.with_handles(|handles| handles.get(number)));
        let object = found.map_err(DecodeError::new)?.and_then(|object| object.downcast::<Object<T>>().ok());
        object.map(Self).ok_or_else(|| DecodeError::new(format_args!("{number} is no live `{}`", T::NAME)))
    }
}

/// The handles that the host of one context knows.
#[derive(Default)]
pub(crate) struct Handles {
    known: Mutex<Table>,
}

/// Objects in the order of their numbers, which only rise. One that is forgotten leaves its place behind until half of the
/// places are such.
#[derive(Default)]
struct Table {
    places: Vec<Place>,
    forgotten: usize,
}

/// An object that the host knows, or knew.
pub(crate) struct Place {
    number: u64,
    object: Option<AnyObject>,
    /// How often the host was given its number and has not released it.
    given: u64,
}

type AnyObject = Arc<dyn Any + Send + Sync>;

impl Table {
    fn find(&mut self, number: u64) -> Option<&mut Place> {
        let at = self.places.binary_search_by(|place| place.number.cmp(&number)).ok()?;
        self.places.get_mut(at).filter(|place| place.object.is_some())
    }

    /// Takes a number back, once; returns the object if that was the last time.
    fn release(&mut self, number: u64) -> Option<AnyObject> {
        let place = self.find(number)?;
        place.given -= 1;
        let gone = if place.given == 0 { place.object.take() } else { None };
        if gone.is_some() {
            self.forgotten += 1;
        }
        if self.forgotten > self.places.len() / 2 {
            self.places.retain(|place| place.object.is_some());
            self.forgotten = 0;
        }
        gone
    }
}

impl Handles {
    /// The number of an object, under which it is known from now on.
    fn lend<T: HandleType>(&self, object: &Arc<Object<T>>) -> u64 {
        self.lend_any(&object.number, &|| Arc::<Object<T>>::clone(object))
    }

    fn lend_any(&self, number: &AtomicU64, object: &dyn Fn() -> AnyObject) -> u64 {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let mut known = self.known.lock();
        let lent = number.load(Ordering::Relaxed);
        if let Some(place) = known.find(lent) {
            place.given += 1;
            return lent;
        }
        // New to this host, or released before. Relaxed: only that it is used once counts, and the table's lock publishes it.
        // Taken under that lock, so it is the highest of this table.
        let lent = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        number.store(lent, Ordering::Relaxed);
        known.places.push(Place { number: lent, object: Some(object()), given: 1 });
        lent
    }

    fn get(&self, number: u64) -> Option<AnyObject> {
        self.known.lock().find(number)?.object.clone()
    }

    /// Takes a number back, once; the last time it is forgotten. What that returns is dropped under no lock: that may run an
    /// author's code.
    pub(crate) fn release<T: HandleType>(&self, number: u64) -> Result<Option<AnyObject>, Status> {
        let mut known = self.known.lock();
        match known.find(number) {
            Some(Place { object: Some(object), .. }) if object.is::<Object<T>>() => Ok(known.release(number)),
            _ => Err(Status::UnknownToken),
        }
    }

    /// Forgets all, at the end of the context.
    pub(crate) fn clear(&self) -> Vec<Place> {
        std::mem::take(&mut *self.known.lock()).places
    }

    pub(crate) fn len(&self) -> usize {
        let known = self.known.lock();
        known.places.len() - known.forgotten
    }
}

/// A delivery that was left behind by the close may give the host handles after the table was cleared.
impl Drop for Handles {
    fn drop(&mut self) {
        // One by one: a second panic while the first unwinds would end the process.
        for place in self.clear() {
            panic::contain_call(|| drop(place));
        }
    }
}

// SAFETY: it is a number.
unsafe impl<T: HandleType> Lower for Handle<T> {
    type C = u64;
    const SHAPE: Shape = Shape::Handle(T::NAME);

    unsafe fn lower(&self, place: *mut u64, _: &Scratch) {
        // SAFETY: the caller's contract.
        unsafe { place.write(self.lend()) };
    }

    fn encode(&self, writer: &mut CborWriter<'_>) {
        writer.unsigned(self.lend());
    }
}

// SAFETY: a number of no handle is an error.
unsafe impl<T: HandleType> Lift for Handle<T> {
    type Arg = u64;

    unsafe fn lift(place: *const u64, _: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        Self::find(unsafe { place.read_unaligned() })
    }

    unsafe fn lift_arg(arg: u64, _: &mut NativeReader) -> Result<Self, DecodeError> {
        Self::find(arg)
    }

    fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError> {
        Self::find(reader.unsigned()?)
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// Panics when it is dropped.
    struct Bomb(Arc<AtomicU64>);

    impl Drop for Bomb {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
            panic!("a bomb");
        }
    }

    impl HandleType for Bomb {
        const NAME: &'static str = "Bomb";
    }

    fn lend(handles: &Handles, drops: &Arc<AtomicU64>) -> u64 {
        handles.lend(&Handle::new(Bomb(Arc::clone(drops))).0)
    }

    #[test]
    fn bombs_that_are_released_leave_the_table_right() {
        let (handles, drops) = (Handles::default(), Arc::default());
        let (first, second) = (lend(&handles, &drops), lend(&handles, &drops));
        let released = handles.release::<Bomb>(first).expect("it is there").expect("it was given once");
        assert_eq!((handles.len(), drops.load(Ordering::Relaxed)), (1, 0), "it is forgotten before it is dropped");
        assert!(catch_unwind(AssertUnwindSafe(|| drop(released))).is_err());
        assert!(matches!(handles.release::<Bomb>(first), Err(Status::UnknownToken)));
        assert!(handles.get(first).is_none() && handles.get(second).is_some());
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn bombs_that_are_left_are_dropped_with_the_table() {
        let (handles, drops) = (Handles::default(), Arc::default());
        (0..3).for_each(|_| assert_ne!(lend(&handles, &drops), 0));
        drop(handles);
        assert_eq!(drops.load(Ordering::Relaxed), 3);
    }

    struct Plain;

    impl HandleType for Plain {
        const NAME: &'static str = "Plain";
    }

    #[test]
    fn the_table_shrinks_when_most_of_its_numbers_are_forgotten() {
        let handles = Handles::default();
        let numbers: Vec<_> = (0..10).map(|_| handles.lend(&Handle::new(Plain).0)).collect();
        let places = || handles.known.lock().places.len();
        for (released, places_left) in [(1, 10), (2, 10), (3, 10), (4, 10), (5, 10), (6, 4), (7, 4), (8, 4), (9, 1)] {
            assert!(handles.release::<Plain>(numbers[released - 1]).is_ok_and(|gone| gone.is_some()));
            assert_eq!((places(), handles.len()), (places_left, 10 - released));
        }
    }
}
