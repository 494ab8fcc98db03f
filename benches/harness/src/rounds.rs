//! What rounds come to.
//!
//! Those that are compared run one after the other in each round, so whatever else the machine does in a round meets them
//! alike. A ratio is that of two times of one round; how far the ratios of all rounds lie apart says whether there is one.

use std::fmt;

/// The spread that a ratio may have: if its highest round is above the lowest by more than this part, it is not judged.
pub const TOLERANCE: f64 = 0.15;

/// Fewer rounds say nothing about how steady they are.
const ENOUGH: usize = 3;

/// Nanoseconds that one call took, in each round.
#[derive(Clone, Debug, PartialEq)]
pub struct Rounds(Vec<f64>);

impl Rounds {
    /// In the order of the rounds.
    ///
    /// # Panics
    ///
    /// If there is no round.
    pub fn new(times: Vec<f64>) -> Self {
        assert!(!times.is_empty(), "there is one round at least");
        Self(times)
    }

    /// Of the times themselves.
    pub fn spread(&self) -> Spread {
        Spread::of(self.0.clone())
    }

    /// How many times as long as the other one's, round by round.
    ///
    /// # Panics
    ///
    /// If the two have not run in the same rounds.
    pub fn ratio_to(&self, other: &Self) -> Spread {
        self.beside(other, |mine, theirs| mine / theirs)
    }

    /// How much longer than the other one's, round by round.
    ///
    /// # Panics
    ///
    /// If the two have not run in the same rounds.
    pub fn added_to(&self, other: &Self) -> Spread {
        self.beside(other, |mine, theirs| mine - theirs)
    }

    fn beside(&self, other: &Self, compare: fn(f64, f64) -> f64) -> Spread {
        assert_eq!(self.0.len(), other.0.len(), "those that are compared run in the same rounds");
        Spread::of(self.0.iter().zip(&other.0).map(|(mine, theirs)| compare(*mine, *theirs)).collect())
    }
}

/// The middle of some figures, one for each round, and the two ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The lowest.
    pub low: f64,
    /// Half are lower, half are higher.
    pub median: f64,
    /// The highest.
    pub high: f64,
    rounds: usize,
}

impl Spread {
    fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let rounds = figures.len();
        let median = f64::midpoint(figures[(rounds - 1) / 2], figures[rounds / 2]);
        Self { low: figures[0], median, high: figures[rounds - 1], rounds }
    }

    /// Whether the rounds agree.
    pub fn is_steady(&self) -> bool {
        self.high - self.low <= self.low * TOLERANCE
    }

    /// Prints it like `38.1 (37.0..41.2)`, with that many digits after the point.
    pub fn shown(&self, digits: usize) -> String {
        let Self { low, median, high, .. } = self;
        format!("{median:.digits$} ({low:.digits$}..{high:.digits$})")
    }

    /// In another unit.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { low: self.low * factor, median: self.median * factor, high: self.high * factor, ..self }
    }
}

/// What is said of a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// It is reached.
    Met,
    /// It is not.
    Missed,
    /// The rounds differ too much to tell.
    NotSteady(Spread),
    /// There are too few rounds to tell.
    TooFewRounds,
}

impl Verdict {
    /// On a target that is met or not, judged by figures that have to be steady for that.
    pub fn new(by: Spread, met: bool) -> Self {
        match () {
            () if by.rounds < ENOUGH => Self::TooFewRounds,
            () if !by.is_steady() => Self::NotSteady(by),
            () if met => Self::Met,
            () => Self::Missed,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Met => f.pad("met"),
            Self::Missed => f.pad("MISSED"),
            Self::NotSteady(Spread { low, high, .. }) => f.pad(&format!("not steady ({low:.2}..{high:.2})")),
            Self::TooFewRounds => f.pad("too few rounds"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(times: &[f64]) -> Rounds {
        Rounds::new(times.to_vec())
    }

    fn ends(spread: Spread) -> (f64, f64, f64) {
        (spread.low, spread.median, spread.high)
    }

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(ends(rounds(&[5.0, 1.0, 9.0, 2.0, 3.0]).spread()), (1.0, 3.0, 9.0));
        assert_eq!(ends(rounds(&[4.0, 1.0, 9.0, 2.0]).spread()), (1.0, 3.0, 9.0));
        assert_eq!(ends(rounds(&[7.0]).spread()), (7.0, 7.0, 7.0));
    }

    /// The machine is twice as slow in the second round: the times show that, the ratios do not.
    #[test]
    fn what_slows_a_whole_round_leaves_the_ratio_alone() {
        let (ours, theirs) = (rounds(&[30.0, 60.0, 33.0]), rounds(&[60.0, 120.0, 60.0]));
        assert_eq!(ends(ours.ratio_to(&theirs)), (0.5, 0.5, 0.55));
        assert_eq!(ends(ours.added_to(&theirs)), (-60.0, -30.0, -27.0));
        assert!(!ours.spread().is_steady());
        assert_eq!(Verdict::new(ours.ratio_to(&theirs), true), Verdict::Met);
    }

    #[test]
    fn steady_is_up_to_fifteen_percent_above_the_lowest() {
        assert!(rounds(&[100.0, 115.0, 107.0]).spread().is_steady());
        assert!(!rounds(&[100.0, 115.1, 107.0]).spread().is_steady());
    }

    #[test]
    fn one_round_that_differs_leaves_nothing_to_judge() {
        let (ours, theirs) = (rounds(&[50.0, 50.0, 50.0, 90.0]), rounds(&[100.0; 4]));
        let ratio = ours.ratio_to(&theirs);
        for met in [true, false] {
            assert_eq!(Verdict::new(ratio, met), Verdict::NotSteady(ratio));
        }
        assert_eq!(Verdict::new(ratio, true).to_string(), "not steady (0.50..0.90)");
    }

    #[test]
    fn steady_figures_are_judged() {
        let spread = rounds(&[100.0, 110.0, 105.0]).spread();
        assert_eq!(Verdict::new(spread, true), Verdict::Met);
        assert_eq!(Verdict::new(spread, false), Verdict::Missed);
        assert_eq!(format!("{:>8}|{:<5}|", Verdict::Missed, Verdict::Met), "  MISSED|met  |");
    }

    #[test]
    fn two_rounds_are_too_few() {
        assert_eq!(Verdict::new(rounds(&[1.0, 1.0]).spread(), true), Verdict::TooFewRounds);
    }

    #[test]
    fn a_spread_is_shown_in_any_unit() {
        assert_eq!(rounds(&[37.0, 38.12, 41.0]).spread().shown(1), "38.1 (37.0..41.0)");
        assert_eq!(rounds(&[3_000.0, 2_000.0, 2_500.0]).spread().scaled(1e-3).shown(2), "2.50 (2.00..3.00)");
    }

    #[test]
    #[should_panic(expected = "those that are compared run in the same rounds")]
    fn rounds_of_different_races_are_not_compared() {
        let _never = rounds(&[1.0, 2.0, 3.0]).ratio_to(&rounds(&[1.0]));
    }

    #[test]
    #[should_panic(expected = "there is one round at least")]
    fn nothing_comes_of_no_rounds() {
        let _never = rounds(&[]);
    }
}
