//! Figures against the targets.
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use crate::race::Figure;

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
    baseline: Option<(&'static str, f64)>,
    target: Target,
    note: String,
}

impl Row {
    pub(crate) fn new(
        path: String,
        unit: &'static str,
        figure: Figure,
        baseline: Option<&Figure>,
        target: Target,
    ) -> Self {
        let baseline = baseline.map(|baseline| (baseline.name, baseline.median));
        Self { path, unit, figure, baseline, target, note: String::new() }
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
            let target = target(figure.name);
            Self::new(path.to_owned(), unit, figure, Some(baseline), target)
        };
        figures.into_iter().map(row).collect()
    }

    pub(crate) fn note(mut self, note: String) -> Self {
        self.note = note;
        self
    }

    fn print(&self) {
        let Figure { name, median, best, processor } = self.figure;
        let ratio = self.baseline.map_or(String::new(), |(_, theirs)| format!("{:.2} x", median / theirs));
        let (target, verdict) = self.verdict();
        println!(
            "  {name:<34} {:>8.2} us {:>8.2} us {:>9.0}/s {:>8.2} us {ratio:>8} {target:>8}  {verdict:<6} {}",
            median / 1e3,
            best / 1e3,
            1e9 / median,
            processor / 1e3,
            self.note
        );
    }

    fn verdict(&self) -> (String, &'static str) {
        match (self.target, self.baseline) {
            (Target::Ratio(limit), Some((_, theirs))) => {
                let met = self.figure.median <= limit * theirs;
                (format!("{limit:.1} x"), if met { "met" } else { "MISSED" })
            }
            _ => (String::new(), ""),
        }
    }
}

/// All rows, those of one path below its name.
pub(crate) fn print(rows: &[Row]) {
    println!(
        "\n{:<36} {:>11} {:>11} {:>11} {:>11} {:>8} {:>8}",
        "", "median", "best", "", "processor", "ratio", "target"
    );
    for rows in rows.chunk_by(|a, b| a.path == b.path) {
        let beside = rows[0].baseline.map_or(String::new(), |(name, _)| format!(", beside {name}"));
        println!("{} ({}{beside})", rows[0].path, rows[0].unit);
        rows.iter().for_each(Row::print);
    }
}
