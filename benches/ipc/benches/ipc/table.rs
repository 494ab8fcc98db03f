//! Figures against the targets.
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use crate::race::Figure;
use ffihost_benches_harness::rounds::{Spread, Verdict};

/// How fast something should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    None,
    /// At most this many times as long as the baseline.
    Ratio(f64),
}

/// One contestant's figure, beside that of the baseline.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    path: String,
    /// What is counted.
    unit: &'static str,
    figure: Figure,
    beside: Option<Beside>,
    note: String,
}

#[derive(Clone, Debug)]
struct Beside {
    baseline: &'static str,
    ratio: Spread,
    target: Target,
}

impl Row {
    /// One that is compared with nothing.
    pub(crate) fn new(path: String, unit: &'static str, figure: Figure) -> Self {
        Self { path, unit, figure, beside: None, note: String::new() }
    }

    /// A row for each of those that raced.
    pub(crate) fn of(
        path: &str,
        unit: &'static str,
        figures: Vec<Figure>,
        baseline: &Figure,
        target: impl Fn(&str) -> Target,
    ) -> Vec<Self> {
        let row = |figure: Figure| {
            let (ratio, target) = (figure.times.ratio_to(&baseline.times), target(figure.name));
            let beside = Some(Beside { baseline: baseline.name, ratio, target });
            Self { beside, ..Self::new(path.to_owned(), unit, figure) }
        };
        figures.into_iter().map(row).collect()
    }

    pub(crate) fn note(mut self, note: String) -> Self {
        self.note = note;
        self
    }

    fn print(&self) {
        let Figure { name, times, processor } = &self.figure;
        let time = times.spread();
        let (ratio, target) = match &self.beside {
            Some(Beside { baseline, .. }) if baseline == name => ("1".to_owned(), String::new()),
            Some(Beside { ratio, target, .. }) => (ratio.shown(2), target.shown(*ratio)),
            None => (String::new(), String::new()),
        };
        println!(
            "  {name:<34} {:>28} {:>9.0} {:>9.2}   {ratio:<20} {target:<26} {}",
            time.scaled(1e-3).shown(2),
            1e9 / time.median,
            processor / 1e3,
            self.note
        );
    }
}

impl Target {
    /// The target, and whether such a ratio meets it.
    fn shown(self, ratio: Spread) -> String {
        match self {
            Self::None => String::new(),
            Self::Ratio(limit) => format!("<= {limit:.1}: {}", Verdict::new(ratio, ratio.median <= limit)),
        }
    }
}

/// All rows, those of one path below its name.
pub(crate) fn print(rows: &[Row]) {
    println!(
        "\nmicroseconds: the median of the rounds, and the lowest and the highest in brackets; ratios are taken round by round"
    );
    println!("\n{:<36} {:>28} {:>9} {:>9}   {:<20} target", "", "each", "a second", "processor", "ratio");
    for rows in rows.chunk_by(|a, b| a.path == b.path) {
        let beside = rows[0].beside.as_ref().map_or(String::new(), |beside| format!(", beside {}", beside.baseline));
        println!("{} ({}{beside})", rows[0].path, rows[0].unit);
        rows.iter().for_each(Row::print);
    }
}
