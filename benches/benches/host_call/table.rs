//! Figures against the targets of the design.
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use ffihost_benches::harness::Figure;

/// How fast a path should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// At most this many times as long as the first of those it is compared with.
    Ratio(f64),
    /// At most this many nanoseconds more than the first of those it is compared with.
    Added(f64),
    /// At most this many nanoseconds, on the machine where they were set.
    Nanoseconds(f64),
    /// At most this many bytes of memory for a call.
    Bytes { limit: f64, found: f64 },
}

/// Which round speaks for a contestant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Speaker {
    /// The fastest, on one thread: whatever makes another slower is not the contestant's doing.
    Best,
    /// The middle one, between threads, where the fastest is a fluke of the scheduler.
    Median,
}

/// A path: our figure, and those it is compared with.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) path: &'static str,
    pub(crate) ours: Figure,
    pub(crate) others: Vec<Figure>,
    pub(crate) target: Target,
    pub(crate) speaker: Speaker,
    /// Allocations per call, at most.
    pub(crate) allocations: Option<f64>,
    /// What may not happen whatever the machine, and did: answers or events that were lost, limits that do not hold.
    pub(crate) faults: Vec<String>,
    pub(crate) note: String,
}

impl Row {
    /// The first figure is ours, the second the baseline of a ratio.
    pub(crate) fn new(path: &'static str, speaker: Speaker, target: Target, mut figures: Vec<Figure>) -> Self {
        let ours = figures.remove(0);
        let (allocations, faults, note) = (None, Vec::new(), String::new());
        Self { path, ours, others: figures, target, speaker, allocations, faults, note }
    }

    pub(crate) fn allocations(mut self, limit: f64) -> Self {
        self.allocations = Some(limit);
        self
    }

    /// No more allocations than the first of those it is compared with.
    pub(crate) fn no_more_allocations(self) -> Self {
        let limit = self.others.first().map_or(0.0, |other| other.allocations);
        self.allocations(limit)
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    pub(crate) fn fault_if(mut self, fault: bool, text: impl FnOnce() -> String) -> Self {
        if fault {
            self.faults.push(text());
        }
        self
    }

    fn time(&self, figure: &Figure) -> f64 {
        match self.speaker {
            Speaker::Best => figure.best,
            Speaker::Median => figure.median,
        }
    }

    fn allocates_too_much(&self) -> bool {
        // A queue that grows now and then, or a request that starts a burst, is not an allocation per call.
        self.allocations.is_some_and(|limit| self.ours.allocations > limit + 0.02)
    }

    /// Whether something is wrong that has nothing to do with speed.
    pub(crate) fn is_faulty(&self) -> bool {
        self.allocates_too_much() || !self.faults.is_empty()
    }

    /// All figures of this path.
    pub(crate) fn print(&self) {
        println!("\n{}", self.path);
        for figure in std::iter::once(&self.ours).chain(&self.others) {
            println!(
                "    {:<44} best {:>9.1} ns   median {:>9.1} ns   {:>5.2} allocations",
                figure.name, figure.best, figure.median, figure.allocations
            );
        }
        if !self.note.is_empty() {
            println!("    ({})", self.note);
        }
        for fault in &self.faults {
            println!("    FAULT: {fault}");
        }
    }
}

/// What this machine needs for what the targets were set beside, so that times can be compared with them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    /// Nanoseconds of an awaited tokio oneshot.
    pub(crate) oneshot: f64,
    /// Nanoseconds of an atomic addition that nobody contends for.
    pub(crate) fetch_add: f64,
    /// Nanoseconds of a call through a pointer.
    pub(crate) pointer_call: f64,
}

/// What an awaited tokio oneshot took on the machine where the targets were set.
const ONESHOT_THERE: f64 = 14.6;

impl Machine {
    fn print(&self) {
        println!(
            "\nthis machine: tokio oneshot {:.1} ns ({:.1} where the targets were set), uncontended fetch_add {:.1} ns, call \
             through a pointer {:.1} ns",
            self.oneshot, ONESHOT_THERE, self.fetch_add, self.pointer_call
        );
    }

    /// Nanoseconds here, as they would be where the targets were set.
    fn there(&self, here: f64) -> f64 {
        here * (ONESHOT_THERE / self.oneshot).min(1.0)
    }
}

/// The table at the end: each path that has a target, and whether it meets it.
pub(crate) fn print(rows: &[Row], machine: Machine) {
    machine.print();
    println!(
        "\n{:<46} {:>10}   {:<38} {:>10} {:>6} {:>9}  {:<12} allocations",
        "path", "ours", "beside", "", "ratio", "target", ""
    );
    for row in rows {
        let ours = row.time(&row.ours);
        let found = match row.target {
            Target::Bytes { found, .. } => format!("{found:.1} B"),
            _ => format!("{ours:.1} ns"),
        };
        let (beside, theirs, ratio) = match row.others.first() {
            Some(other) => {
                let theirs = row.time(other);
                let ratio = match row.target {
                    Target::Added(_) => format!("{:+.1}", ours - theirs),
                    _ => format!("{:.2}", ours / theirs),
                };
                (other.name, format!("{theirs:.1} ns"), ratio)
            }
            None => ("", String::new(), String::new()),
        };
        let (target, verdict) = verdict(row, machine);
        println!(
            "{:<46} {:>10}   {:<38} {:>10} {:>6} {:>9}  {:<12} {}",
            row.path,
            found,
            beside,
            theirs,
            ratio,
            target,
            verdict,
            allocations(row)
        );
    }
}

fn verdict(row: &Row, machine: Machine) -> (String, &'static str) {
    let ours = row.time(&row.ours);
    match (row.target, row.others.first()) {
        (Target::Ratio(limit), Some(other)) => {
            let met = ours <= limit * row.time(other);
            (format!("{limit:.1} x"), if met { "met" } else { "MISSED" })
        }
        (Target::Nanoseconds(limit), _) => {
            let verdict = match () {
                () if ours <= limit => "met",
                () if machine.there(ours) <= limit => "met, scaled",
                () => "MISSED",
            };
            (format!("{limit:.0} ns"), verdict)
        }
        (Target::Added(limit), Some(other)) => {
            let added = ours - row.time(other);
            let verdict = match () {
                () if added <= limit => "met",
                () if machine.there(added) <= limit => "met, scaled",
                () => "MISSED",
            };
            (format!("+{limit:.0} ns"), verdict)
        }
        (Target::Bytes { limit, found }, _) => (format!("{limit:.0} B"), if found <= limit { "met" } else { "MISSED" }),
        (Target::Ratio(_) | Target::Added(_), None) => (String::new(), "no baseline"),
    }
}

fn allocations(row: &Row) -> String {
    let mark = if row.allocates_too_much() { " TOO MANY" } else { "" };
    let limit = row.allocations.map_or(String::new(), |limit| format!(" (<= {limit:.0})"));
    format!("{:.2}{limit}{mark}", row.ours.allocations)
}
