//! Sections of the library's own file, and their bounds.
//!
//! What is in them is referred to by nobody, so linkers have to be told that it is needed. `#[used]` does that on ELF, where it
//! makes the compiler mark the section as retained, on Mach-O, and for Microsoft's linker, which is given an `/INCLUDE` and
//! collects nothing but COMDATs. GNU's linker for Windows does not look at it; see [`__placed!`](crate::__placed).

/// Defines `fn section() -> (start, stop)`: the bounds of the section that the sentinel `FIRST` makes sure to be there.
macro_rules! section {
    (elf: $elf:literal, start: $start:literal, stop: $stop:literal, apple: $apple:literal, windows: $windows:literal, $type:ty = $value:expr) => {
        /// The section is there because this is. On PE the linker sorts what is between.
        #[used]
        #[cfg_attr(not(any(target_vendor = "apple", windows)), unsafe(link_section = $elf))]
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = concat!("__DATA,", $apple)))]
        #[cfg_attr(windows, unsafe(link_section = concat!($windows, "$a")))]
        static FIRST: $type = $value;

        #[cfg(windows)]
        #[used]
        #[unsafe(link_section = concat!($windows, "$z"))]
        static LAST: $type = $value;

        // On ELF the linker would export the bounds, as the one thing without the library's prefix: and a library could find
        // those of another one.
        #[cfg(all(
            not(any(target_vendor = "apple", windows)),
            any(
                target_arch = "x86",
                target_arch = "x86_64",
                target_arch = "arm",
                target_arch = "aarch64",
                target_arch = "riscv64"
            )
        ))]
        std::arch::global_asm!(concat!(".hidden ", $start), concat!(".hidden ", $stop));

        #[cfg(not(windows))]
        unsafe extern "C" {
            #[cfg_attr(not(target_vendor = "apple"), link_name = $start)]
            #[cfg_attr(target_vendor = "apple", link_name = concat!("\u{1}section$start$__DATA$", $apple))]
            static START: u8;
            #[cfg_attr(not(target_vendor = "apple"), link_name = $stop)]
            #[cfg_attr(target_vendor = "apple", link_name = concat!("\u{1}section$end$__DATA$", $apple))]
            static STOP: u8;
        }

        fn section() -> (*const u8, *const u8) {
            #[cfg(not(windows))]
            return (&raw const START, &raw const STOP);
            #[cfg(windows)]
            return (std::ptr::from_ref(&FIRST).cast(), std::ptr::from_ref(&LAST).cast());
        }
    };
}

pub(crate) use section;

/// Puts a static into a section that [`section!`] finds, and keeps it there. `elf` is the section's name on ELF, and with `__` in
/// front on Mach-O; `windows` is its name on PE.
///
/// GNU's linker for Windows collects what is only `#[used]`. Its script keeps what is in `.CRT$XC*`, functions that the C runtime
/// calls when the file is loaded; so there is one that does nothing but refer to the static.
#[doc(hidden)]
#[macro_export]
macro_rules! __placed {
    (elf: $elf:literal, windows: $windows:literal, $name:ident: $type:ty = $value:expr) => {
        #[used]
        #[cfg_attr(not(any(target_vendor = "apple", windows)), unsafe(link_section = $elf))]
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = ::core::concat!("__DATA,__", $elf)))]
        #[cfg_attr(windows, unsafe(link_section = ::core::concat!($windows, "$m")))]
        static $name: $type = $value;

        #[cfg(all(windows, target_env = "gnu"))]
        const _: () = {
            extern "C" fn __refer() {
                ::std::hint::black_box(&$name);
            }
            #[used]
            #[unsafe(link_section = ".CRT$XCU")]
            static __REFER: extern "C" fn() = __refer;
        };
    };
}
