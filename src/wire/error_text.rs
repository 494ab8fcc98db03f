//! What declared errors say for people.
//!
//! An error's `Display` is used if it has one. Which of two traits has the method `text` says whether it does: the compiler finds
//! that of [`ByDisplay`] first, and that of [`WithoutDisplay`] one reference further. So nothing is asked of an author's type.

use crate::panic;
use ffihost_abi::limits;
use std::fmt::{self, Display, Write};

/// An error whose text is looked for.
#[derive(Debug)]
pub struct Shown<'a, E>(pub &'a E);

/// An error with `Display`.
pub trait ByDisplay {
    /// What it says, cut at [`limits::ERROR_TEXT`]; what a `Display` has written before it panics or fails.
    fn text(&self) -> String;
}

impl<E: Display> ByDisplay for Shown<'_, E> {
    fn text(&self) -> String {
        let mut text = Bounded(String::new());
        panic::contain_call(|| {
            // It also fails if it is cut.
            let _ = write!(text, "{}", self.0);
        });
        text.0
    }
}

/// An error without.
pub trait WithoutDisplay {
    /// Nothing.
    fn text(&self) -> String {
        String::new()
    }
}

impl<E> WithoutDisplay for &Shown<'_, E> {}

/// Text up to a limit.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = limits::ERROR_TEXT - self.0.len();
        let fits = &text[..text.floor_char_boundary(room)];
        self.0.push_str(fits);
        if fits.len() == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Silent;

    struct Says(fn(&mut fmt::Formatter<'_>) -> fmt::Result);

    impl Display for Says {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            (self.0)(f)
        }
    }

    #[test]
    fn an_error_says_what_it_displays() {
        assert_eq!(Shown(&7).text(), "7");
        assert_eq!((&Shown(&Silent)).text(), "");
    }

    #[test]
    fn a_display_that_does_not_end_or_panics_is_bounded() {
        let endless = Says(|f| {
            loop {
                f.write_str("größer")?;
            }
        });
        let text = Shown(&endless).text();
        assert!(text.len() <= limits::ERROR_TEXT && text.len() > limits::ERROR_TEXT - 2);
        let panics = Says(|f| {
            f.write_str("before")?;
            panic!("planted")
        });
        assert_eq!(Shown(&panics).text(), "before");
    }
}
