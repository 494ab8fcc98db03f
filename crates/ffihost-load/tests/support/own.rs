//! Libraries that are linked to a test, and serve themselves.

use ffihost::abi::types::{FFICallBack, FFIServeOptions};
use ffihost_test_host::{Context, Create, Exports, Given, Told, callback};
use std::ffi::{CString, c_char, c_int, c_void};
use std::ops::Deref;
use std::ptr;
use tokio::sync::oneshot;

type Serve =
    unsafe extern "C" fn(*mut c_void, *const c_char, *const FFIServeOptions, Option<FFICallBack>, *mut c_void) -> c_int;

/// The functions of a library.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    pub create: Create,
    pub every: &'static Exports,
    pub serve: Serve,
}

impl ffihost_test_host::Library for &'static Library {
    fn exports(self) -> &'static Exports {
        self.every
    }
}

macro_rules! library {
    ($visibility:vis $library:ident = $prefix:literal) => {
        $visibility static $library: $crate::support::own::Library = {
            mod c {
                ffihost_test_host::exports!($prefix, create: [create_cbor]);

                unsafe extern "C" {
                    #[link_name = concat!($prefix, "_serve")]
                    pub(super) fn serve(
                        ctx: *mut ::std::ffi::c_void,
                        address: *const ::std::ffi::c_char,
                        options: *const ::ffihost::abi::types::FFIServeOptions,
                        cb: Option<::ffihost::abi::types::FFICallBack>,
                        user_data: *mut ::std::ffi::c_void,
                    ) -> ::std::ffi::c_int;
                }
            }
            $crate::support::own::Library { create: c::create_cbor, every: c::EXPORTS, serve: c::serve }
        };
    };
}

library!(pub MY_TIMER = "my_timer");
library!(pub LENDER = "lender");

/// A callback, and what it will be told.
fn waiting() -> (Given, oneshot::Receiver<Told>) {
    let (sender, told) = oneshot::channel();
    let mut sender = Some(sender);
    let given = callback(move |ret, payload| {
        let sender = sender.take().expect("it is called once");
        let _nobody_waits = sender.send(Told::new(ret, payload));
    });
    (given, told)
}

/// A context of such a library.
#[derive(Clone, Copy)]
pub struct Ctx(Context<&'static Library>);

impl Deref for Ctx {
    type Target = Context<&'static Library>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Ctx {
    pub async fn create(name: &str) -> Self {
        Self::create_of(&MY_TIMER, &super::name(name)).await
    }

    pub async fn create_of(library: &'static Library, args: &[u8]) -> Self {
        let (ctx, created) = {
            let ((cb, user_data), created) = waiting();
            let mut ctx = Context(ptr::null_mut(), library);
            assert_eq!((library.create)(args.as_ptr(), args.len(), cb, user_data, &raw mut ctx.0), 0);
            (ctx, created)
        };
        assert_eq!(created.await.expect("it calls back").ret, 0);
        Self(ctx)
    }

    fn start_to_serve(
        self,
        address: Option<&str>,
        options: Option<&FFIServeOptions>,
    ) -> (c_int, oneshot::Receiver<Told>) {
        let address = address.map(|address| CString::new(address).expect("no zero"));
        let pointer = address.as_ref().map_or(ptr::null(), |address| address.as_ptr());
        let options = options.map_or(ptr::null(), ptr::from_ref);
        let ((cb, user_data), listening) = waiting();
        // SAFETY: address and options live during the call, or are NULL.
        (unsafe { (self.1.serve)(self.raw(), pointer, options, cb, user_data) }, listening)
    }

    /// What the call returns if it refuses.
    pub fn refused(self, address: Option<&str>, options: Option<&FFIServeOptions>) -> c_int {
        let (ret, _never) = self.start_to_serve(address, options);
        assert_ne!(ret, 0, "it is refused");
        ret
    }

    pub async fn serve(self, address: &str, options: Option<&FFIServeOptions>) -> Result<String, String> {
        let listening = {
            let (ret, listening) = self.start_to_serve(Some(address), options);
            assert_eq!(ret, 0, "it is accepted");
            listening
        };
        let Told { ret, text } = listening.await.expect("it calls back");
        match ret {
            0 => Ok(text),
            ret => {
                assert_eq!(ret, 1);
                Err(text)
            }
        }
    }

    pub fn begin_to_close(self) {
        assert_eq!((self.1.every.close)(self.raw(), None, ptr::null_mut()), 0);
    }

    pub async fn close(self) -> c_int {
        let (ret, closed) = {
            let ((done, user_data), closed) = waiting();
            ((self.1.every.close)(self.raw(), done, user_data), closed)
        };
        if ret != 0 {
            // It was begun before, and ends without telling anybody.
            return 0;
        }
        closed.await.expect("it calls back").ret
    }
}
