//! What a bench is asked for.

use crate::race::Settings;
use std::fmt::Write as _;
use std::process::ExitCode;

/// A bench, as its command line sees it.
#[derive(Clone, Copy, Debug)]
pub struct Bench<'a> {
    /// Its name.
    pub name: &'a str,
    /// How long it takes, without `--quick`.
    pub takes: &'a str,
    /// The names of its scenarios.
    pub scenarios: &'a [&'a str],
}

/// What is to be run, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    quick: bool,
    /// Parts of the names of the scenarios to run; empty: all are run.
    parts: Vec<String>,
}

/// Why nothing is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instead {
    /// The text that was asked for.
    Help(String),
    /// What is wrong.
    Wrong(String),
}

impl Arguments {
    /// Those of the process. Where nothing is to be run it has said why, and the process ends with that code.
    ///
    /// # Errors
    ///
    /// If help was asked for, or something is wrong.
    pub fn of_process(bench: &Bench<'_>) -> Result<Self, ExitCode> {
        Self::parse(bench, std::env::args().skip(1)).map_err(|instead| instead.say())
    }

    /// # Errors
    ///
    /// If help is asked for, or something is wrong.
    fn parse(bench: &Bench<'_>, args: impl IntoIterator<Item = String>) -> Result<Self, Instead> {
        let mut arguments = Self { quick: false, parts: Vec::new() };
        for arg in args {
            match arg.as_str() {
                // cargo's own.
                "--bench" => {}
                "--quick" => arguments.quick = true,
                "--help" | "-h" => return Err(Instead::Help(bench.help())),
                option if option.starts_with('-') => {
                    return Err(Instead::Wrong(format!("{}: there is no option {option}; try --help", bench.name)));
                }
                part if bench.scenarios.iter().any(|scenario| scenario.contains(part)) => arguments.parts.push(arg),
                part => {
                    let name = bench.name;
                    return Err(Instead::Wrong(format!(
                        "{name}: no scenario has \"{part}\" in its name; there are:\n{}",
                        bench.list()
                    )));
                }
            }
        }
        Ok(arguments)
    }

    /// How long to measure.
    pub fn settings(&self) -> Settings {
        if self.quick { Settings::QUICK } else { Settings::FULL }
    }

    /// Whether the scenario of that name is to be run.
    pub fn want(&self, scenario: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|part| scenario.contains(part.as_str()))
    }
}

impl Bench<'_> {
    fn help(&self) -> String {
        let Self { name, takes, .. } = self;
        format!(
            "cargo bench --bench {name} -- [--quick] [PART...]\n\n\
             Runs the scenarios whose name contains one of the parts, or all: {takes}.\n\n    \
             --quick  a few seconds: checks that everything works; the times mean nothing\n    \
             --help   this\n\n\
             scenarios:\n{}\n\
             Times are nanoseconds or microseconds of one call: the median of the rounds, and the lowest and the highest\n\
             in brackets. Ratios are those of the times of one round. A target is judged only if what it is judged by\n\
             changes by at most {:.0} % between rounds; otherwise it is \"not steady\", between the two that are named.\n",
            self.list(),
            crate::rounds::TOLERANCE * 100.0
        )
    }

    fn list(&self) -> String {
        self.scenarios.iter().fold(String::new(), |mut list, scenario| {
            writeln!(list, "    {scenario}").expect("a String takes everything");
            list
        })
    }
}

impl Instead {
    #[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program says so where it is read")]
    fn say(&self) -> ExitCode {
        match self {
            Self::Help(text) => {
                print!("{text}");
                ExitCode::SUCCESS
            }
            Self::Wrong(text) => {
                eprintln!("{}", text.trim_end());
                ExitCode::from(2)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BENCH: Bench<'_> = Bench { name: "speed", takes: "a minute", scenarios: &["await_text", "emit events"] };

    fn parse(args: &[&str]) -> Result<Arguments, Instead> {
        Arguments::parse(&BENCH, args.iter().map(|arg| (*arg).to_owned()))
    }

    #[test]
    fn all_is_run_in_full_unless_something_is_said() {
        let all = parse(&["--bench"]).expect("cargo passes that");
        assert!(all.want("await_text") && all.want("emit events"));
        assert_eq!(all.settings().rounds, Settings::FULL.rounds);
        assert_eq!(parse(&["--quick", "--bench"]).expect("it is known").settings().rounds, Settings::QUICK.rounds);
    }

    #[test]
    fn parts_choose() {
        let some = parse(&["events"]).expect("there is one");
        assert!(some.want("emit events") && !some.want("await_text"));
        let both = parse(&["text", "events"]).expect("there are two");
        assert!(both.want("emit events") && both.want("await_text"));
    }

    #[test]
    fn what_is_not_known_is_told() {
        let wrong = |args| match parse(args) {
            Err(Instead::Wrong(text)) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong(&["--quik"]), "speed: there is no option --quik; try --help");
        let text = wrong(&["--quick", "sync"]);
        assert_eq!(text, "speed: no scenario has \"sync\" in its name; there are:\n    await_text\n    emit events\n");
    }

    #[test]
    fn help_lists_the_scenarios() {
        let Err(Instead::Help(text)) = parse(&["-h", "--quik"]) else { panic!("help comes first") };
        assert!(text.starts_with("cargo bench --bench speed -- [--quick] [PART...]\n"), "{text}");
        assert!(text.contains("    emit events\n") && text.contains("at most 15 % between rounds"), "{text}");
    }
}
