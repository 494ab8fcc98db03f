//! How far a load has come, on standard error: one line that is redrawn on a terminal, a line now and then elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// A terminal's line is redrawn this often; elsewhere each line stays, so they come at longer intervals.
const REDRAW: Duration = Duration::from_millis(100);
const APPEND: Duration = Duration::from_secs(2);

pub(crate) struct Progress {
    total: u64,
    terminal: bool,
    next: Instant,
}

impl Progress {
    pub(crate) fn new(total: u64) -> Self {
        let terminal = io::stderr().is_terminal();
        Self { total, terminal, next: Instant::now() + if terminal { REDRAW } else { APPEND } }
    }

    /// Shows that `done` calls are done, if it is time to.
    pub(crate) fn show(&mut self, done: u64) {
        let now = Instant::now();
        if now >= self.next {
            self.next = now + if self.terminal { REDRAW } else { APPEND };
            self.draw(done, if self.terminal { "" } else { "\n" });
        }
    }

    /// Shows where it ended.
    pub(crate) fn finish(self, done: u64) {
        self.draw(done, "\n");
    }

    fn draw(&self, done: u64, end: &str) {
        // Return to the line's beginning, and erase to its end.
        let begin = if self.terminal { "\r\x1b[K" } else { "" };
        // Progress that nobody can read is no reason to stop.
        let _ = write!(io::stderr(), "{begin}{done} of {} calls{end}", self.total);
    }
}
