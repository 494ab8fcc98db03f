//! Figures against the targets of the design.
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use crate::machine::Machine;
use ffihost_benches_harness::counted::Counted;
use ffihost_benches_harness::race::Figure;
use ffihost_benches_harness::rounds::{Spread, Verdict};

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

/// A path: our figure, and those it is compared with.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) path: &'static str,
    pub(crate) ours: Figure,
    pub(crate) others: Vec<Figure>,
    pub(crate) target: Target,
    /// Allocations per call, at most.
    pub(crate) allocations: Option<f64>,
    /// What may not happen whatever the machine, and did: answers or events that were lost, limits that do not hold.
    pub(crate) faults: Vec<String>,
    pub(crate) note: String,
}

impl Row {
    /// The first figure is ours, the second the baseline of a ratio.
    pub(crate) fn new(path: &'static str, target: Target, mut figures: Vec<Figure>) -> Self {
        let ours = figures.remove(0);
        let (allocations, faults, note) = (None, Vec::new(), String::new());
        Self { path, ours, others: figures, target, allocations, faults, note }
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

    fn figures(&self) -> impl Iterator<Item = &Figure> {
        std::iter::once(&self.ours).chain(&self.others)
    }

    fn allocates_too_much(&self) -> bool {
        // A queue that grows now and then, or a request that starts a burst, is not an allocation per call.
        self.allocations.is_some_and(|limit| self.ours.allocations > limit + 0.02)
    }

    /// Whether something is wrong that has nothing to do with speed.
    pub(crate) fn is_faulty(&self) -> bool {
        self.allocates_too_much() || !self.faults.is_empty()
    }

    /// Notes as a fault what is said to be counted and is not.
    pub(crate) fn check(self, counted: &Counted) -> Self {
        let missing = self.figures().filter_map(|figure| figure.counted).find(|name| counted.find(name).is_none());
        self.fault_if(missing.is_some(), || format!("not counted: {}", missing.unwrap_or_default()))
    }

    /// All figures of this path.
    pub(crate) fn print(&self, counted: &Counted, machine: &Machine) {
        println!("\n{}", self.path);
        for (place, figure) in self.figures().enumerate() {
            let Figure { name, times, allocations, counted: path } = figure;
            let count = path.and_then(|path| counted.find(path));
            let counted = count.map_or(String::new(), |count| {
                format!("{count}, about {:.0} ns", count.locked as f64 * machine.locked.median)
            });
            let beside = match place {
                0 => String::new(),
                _ => format!("ours {} x", self.ours.times.ratio_to(times).shown(2)),
            };
            println!(
                "    {name:<42} {:>25} ns {allocations:>6.2} allocations   {counted:<43} {beside}",
                times.spread().shown(1)
            );
        }
        if !self.note.is_empty() {
            println!("    ({})", self.note);
        }
        for fault in &self.faults {
            println!("    FAULT: {fault}");
        }
    }

    /// What is compared with the target, as it is shown.
    fn compared(&self) -> String {
        match (self.target, self.others.first()) {
            (Target::Bytes { found, .. }, _) => format!("{found:.1} B"),
            (Target::Added(_), Some(other)) => {
                let Spread { median, low, high, .. } = self.ours.times.added_to(&other.times);
                format!("{median:+.1} ({low:+.1}..{high:+.1}) ns")
            }
            (_, Some(other)) => format!("{} x", self.ours.times.ratio_to(&other.times).shown(2)),
            (_, None) => String::new(),
        }
    }

    /// The target, and what is said of it. Scaled is what was set in nanoseconds elsewhere.
    fn judged(&self, machine: &Machine) -> (String, String) {
        let scaled = |nanoseconds: f64, limit: f64, by: Spread| match Verdict::new(by, nanoseconds <= limit) {
            Verdict::Missed if machine.there(nanoseconds) <= limit => "met, scaled".to_owned(),
            verdict => verdict.to_string(),
        };
        let ours = self.ours.times.spread();
        match (self.target, self.others.first()) {
            (Target::Ratio(limit), Some(other)) => {
                let ratio = self.ours.times.ratio_to(&other.times);
                (format!("{limit:.1} x"), Verdict::new(ratio, ratio.median <= limit).to_string())
            }
            // A difference may be next to nothing, so what has to be steady is the ratio.
            (Target::Added(limit), Some(other)) => {
                let (ratio, added) = (self.ours.times.ratio_to(&other.times), self.ours.times.added_to(&other.times));
                (format!("+{limit:.0} ns"), scaled(added.median, limit, ratio))
            }
            (Target::Nanoseconds(limit), _) => (format!("{limit:.0} ns"), scaled(ours.median, limit, ours)),
            (Target::Bytes { limit, found }, _) => {
                (format!("{limit:.0} B"), if found <= limit { Verdict::Met } else { Verdict::Missed }.to_string())
            }
            (Target::Ratio(_) | Target::Added(_), None) => (String::new(), "no baseline".to_owned()),
        }
    }

    fn allocated(&self) -> String {
        let mark = if self.allocates_too_much() { " TOO MANY" } else { "" };
        let limit = self.allocations.map_or(String::new(), |limit| format!(" (<= {limit:.0})"));
        format!("{:.2}{limit}{mark}", self.ours.allocations)
    }
}

/// The table at the end: each path that has a target, and whether it meets it.
pub(crate) fn print(rows: &[Row], machine: &Machine) {
    println!(
        "\n{:<46} {:>12}   {:<38} {:>12}   {:<26} {:>8}  {:<26} allocations",
        "path", "ours", "beside", "", "ours to that", "target", ""
    );
    for row in rows {
        let median = |figure: &Figure| format!("{:.1} ns", figure.times.spread().median);
        let (beside, theirs) = row.others.first().map_or(("", String::new()), |other| (other.name, median(other)));
        let (target, verdict) = row.judged(machine);
        println!(
            "{:<46} {:>12}   {beside:<38} {theirs:>12}   {:<26} {target:>8}  {verdict:<26} {}",
            row.path,
            median(&row.ours),
            row.compared(),
            row.allocated()
        );
    }
}
