//! How the benches measure: contestants take turns, round by round, and a comparison counts only if the rounds agree.
//!
//! ```text
//!   arguments     what a bench is asked for on its command line
//!      |
//!    race         contestants take turns; each round gives each of them one time
//!      |
//!   rounds        median and spread of those times, ratios round by round, and whether they are steady enough to judge
//! ```
//!
//! [`allocations`] counts what all threads allocate; [`counted`] reads what `ci/counts.sh` has counted.

pub mod allocations;
pub mod arguments;
pub mod counted;
pub mod race;
pub mod rounds;
