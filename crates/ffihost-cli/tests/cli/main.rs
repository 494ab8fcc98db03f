//! The commands, run as programs: what they print is compared with the files in `tests/golden`, which `UPDATE=1 cargo test`
//! writes anew.

#[cfg(unix)]
mod call;
mod diff;
mod generate;
mod inspect;
#[cfg(unix)]
mod listen;
mod new;
mod program;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod served;
