//! The commands, run as programs: what they print is compared with the files in `tests/golden`, which `UPDATE=1 cargo test`
//! writes anew.

mod diff;
mod generate;
mod inspect;
mod new;
mod program;
