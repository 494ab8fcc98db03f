//! The types of the exports' parameters, as C and as Rust spell them.

use crate::types::{
    FFICallBack, FFIError, FFIHostFn, FFIHostFnOptions, FFINamedHostFn, FFIOwnedBytes, FFIOwnedString, FFIServeOptions,
    FFIStats,
};
use core::ffi::{c_char, c_int, c_void};

macro_rules! c_types {
    ($($name:ident: $spelling:literal = $rust:ty;)+) => {
        /// The type of a parameter or a result of an export.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum CType {
            $(#[doc = concat!("`", $spelling, "`")] $name,)+
        }

        impl CType {
            /// As C spells it: `const char *`.
            pub const fn spelling(self) -> &'static str {
                match self {
                    $(Self::$name => $spelling,)+
                }
            }
        }

        /// Each [`CType`] as Rust spells it.
        pub mod rust {
            use super::*;
            $(#[doc = concat!("`", $spelling, "`")] pub type $name = $rust;)+
        }
    };
}

c_types! {
    Int: "int" = c_int;
    Number: "uint64_t" = u64;
    Size: "size_t" = usize;
    Pointer: "void *" = *mut c_void;
    Chars: "const char *" = *const c_char;
    Bytes: "const uint8_t *" = *const u8;
    CallBack: "FFICallBack" = Option<FFICallBack>;
    HostFn: "FFIHostFn" = Option<FFIHostFn>;
    HostFnOptions: "const FFIHostFnOptions *" = *const FFIHostFnOptions;
    NamedHostFns: "const FFINamedHostFn *" = *const FFINamedHostFn;
    ServeOptions: "const FFIServeOptions *" = *const FFIServeOptions;
    PointerOut: "void **" = *mut *mut c_void;
    BytesOut: "const uint8_t **" = *mut *const u8;
    SizeOut: "size_t *" = *mut usize;
    StatsOut: "FFIStats *" = *mut FFIStats;
    StringOut: "FFIOwnedString *" = *mut FFIOwnedString;
    OwnedOut: "FFIOwnedBytes *" = *mut FFIOwnedBytes;
    ErrorOut: "FFIError *" = *mut FFIError;
}
