//! Native beside CBOR and uniffi, and allocations beside those of a clone.
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use ffihost_benches::harness::Figure;

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
        println!("{}: {}: native {:.1} ns", self.way, self.case, self.native.best);
    }

    fn allowed(&self) -> f64 {
        self.clone.allocations + self.allocations
    }

    /// Whether it allocates what the author's own types don't need.
    pub(crate) fn allocates_too_much(&self) -> bool {
        // A request that starts a burst of events takes a value, too: one for 64 of them.
        self.native.allocations > self.allowed() * 1.02 + 0.1
    }

    fn verdict(&self) -> String {
        let times = self.cbor.best / self.native.best;
        match self.target {
            Some(target) if times >= target => format!(">= {target:.0} x met"),
            Some(target) => format!(">= {target:.0} x MISSED"),
            None => String::new(),
        }
    }

    fn print(&self) {
        let (uniffi, beside) = match &self.uniffi {
            Some(uniffi) => (format!("{:.1}", uniffi.best), format!("{:.1}", uniffi.best / self.native.best)),
            None => (String::new(), String::new()),
        };
        println!(
            "{:<22} {:>11.1} {:>11.1} {:>6.1} {:>11} {:>6} {:>11.1}   {:>7.2} {:>7.2} {:>7.2} {:>7}  {}{}",
            self.case,
            self.native.best,
            self.cbor.best,
            self.cbor.best / self.native.best,
            uniffi,
            beside,
            self.clone.best,
            self.native.allocations,
            self.allowed(),
            self.cbor.allocations,
            self.uniffi.as_ref().map_or(String::new(), |uniffi| format!("{:.2}", uniffi.allocations)),
            self.verdict(),
            if self.allocates_too_much() { " TOO MANY ALLOCATIONS" } else { "" },
        );
    }
}

/// All of them, by way.
pub(crate) fn print(rows: &[Row]) {
    println!(
        "\nnanoseconds in the fastest round; `x` is how many times as long as native; allocations allowed are a clone's"
    );
    let mut way = "";
    for row in rows {
        if row.way != way {
            way = row.way;
            println!(
                "\n{way}\n{:<22} {:>11} {:>11} {:>6} {:>11} {:>6} {:>11}   {:>7} {:>7} {:>7} {:>7}",
                "", "native", "CBOR", "x", "uniffi", "x", "a clone", "allocs", "allowed", "CBOR", "uniffi"
            );
        }
        row.print();
    }
}
