//! Native beside CBOR and uniffi, and allocations beside those of a clone.
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use ffihost_benches_harness::race::Figure;
use ffihost_benches_harness::rounds::{Spread, Verdict};

/// A case, crossing in one way.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    way: &'static str,
    case: &'static str,
    /// How many times as fast as CBOR native is to be.
    target: Option<f64>,
    native: Figure,
    cbor: Figure,
    clone: Figure,
    uniffi: Option<Figure>,
    /// Allocations of the way itself.
    allocations: f64,
}

impl Row {
    /// The figures are native, CBOR, clone, and uniffi if there is one.
    pub(crate) fn new(
        way: &'static str,
        case: &'static str,
        target: Option<f64>,
        allocations: f64,
        figures: Vec<Figure>,
    ) -> Self {
        let mut figures = figures.into_iter();
        let mut next = || figures.next().expect("there are three figures at least");
        let (native, cbor, clone) = (next(), next(), next());
        Self { way, case, target, native, cbor, clone, uniffi: figures.next(), allocations }
    }

    /// Says that it was measured.
    pub(crate) fn announce(&self) {
        println!("{}: {}: native {} ns", self.way, self.case, self.native.times.spread().shown(1));
    }

    fn allowed(&self) -> f64 {
        self.clone.allocations + self.allocations
    }

    /// Whether it allocates what the author's own types don't need.
    pub(crate) fn allocates_too_much(&self) -> bool {
        // A request that starts a burst of events takes a value, too: one for 64 of them.
        self.native.allocations > self.allowed() * 1.02 + 0.1
    }

    /// How many times as long as native another format takes.
    fn times_native(&self, other: &Figure) -> Spread {
        other.times.ratio_to(&self.native.times)
    }

    fn verdict(&self) -> String {
        let times = self.times_native(&self.cbor);
        self.target.map_or(String::new(), |target| {
            format!("CBOR >= {target:.0} x {}", Verdict::new(times, times.median >= target))
        })
    }

    fn print(&self) {
        let time = |figure: &Figure| figure.times.spread().shown(1);
        let (uniffi, beside, allocations) = match &self.uniffi {
            Some(uniffi) => (time(uniffi), self.times_native(uniffi).shown(1), format!("{:.2}", uniffi.allocations)),
            None => (String::new(), String::new(), String::new()),
        };
        println!(
            "{:<20} {:>31} {:>34} {:>20} {:>34} {:>20} {:>10.1} {:>8.2} {:>8.2} {:>8.2} {:>8}  {}{}",
            self.case,
            time(&self.native),
            time(&self.cbor),
            self.times_native(&self.cbor).shown(1),
            uniffi,
            beside,
            self.clone.times.spread().median,
            self.native.allocations,
            self.allowed(),
            self.cbor.allocations,
            allocations,
            self.verdict(),
            if self.allocates_too_much() { " TOO MANY ALLOCATIONS" } else { "" },
        );
    }
}

/// All of them, by way.
pub(crate) fn print(rows: &[Row]) {
    println!(
        "\nnanoseconds: the median of the rounds, and the lowest and the highest in brackets; `x` is how many times as long as \
         native, round by round; allocations allowed are a clone's"
    );
    let mut way = "";
    for row in rows {
        if row.way != way {
            way = row.way;
            println!(
                "\n{way}\n{:<20} {:>31} {:>34} {:>20} {:>34} {:>20} {:>10} {:>8} {:>8} {:>8} {:>8}",
                "", "native", "CBOR", "x", "uniffi", "x", "a clone", "allocs", "allowed", "CBOR", "uniffi"
            );
        }
        row.print();
    }
}
