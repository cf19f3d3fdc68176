//! Project chores: `cargo xtask test` runs the whole suite, `cargo xtask new rule group/name` scaffolds a rule, `cargo xtask bench` measures the bars.

mod bench;
mod new_rule;
mod test;

use anyhow::{Context as _, bail};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test [ARGUMENT…]        installs what the tests need, then runs cargo test --workspace ARGUMENT…
cargo xtask new rule GROUP/NAME     writes the rule, its page and its lines in the registry
cargo xtask bench review [CASE…]    measures the bars of performance; all cases when none is named
cargo xtask bench access OPTION…    --corpus judges policy sets; of a Supabase project --replay DIR rebuilds it, --pgtap DIR runs its own tests
                                    (--helpers FILE, --library FILE, --major 15)
cargo xtask bench twin [CASE…]      plans of source and twin side by side: tpch, tpcds, thousand
cargo xtask bench index [CASE…]     what index advice is worth: tpch, tpcds; --execute runs the queries with it
cargo xtask bench lint --matrix     316 forms of DDL executed on each installed major (or --major 15): locks, rewrites, scans, blocking
cargo xtask bench docs [CASE…]      diagrams and dictionary of large schemas; --program PATH first measures that binary
cargo xtask bench rules [CASE]      CPU time of all rules over 10,000 tables (ten-thousand), personal data in a folder of schema files (pii DIR),
                                    the precision on labelled columns (labels),
                                    and how often rules fire on a folder of schema files (rates DIR [GROUP…])
cargo xtask bench data [CASE]       serves the data of tpch or tpcds (--keys for one with indexes) to try things by hand
                                    options of twin, index and data: --scale 0.1, --tpcds-queries DIR, --budget 500, --time 60, --major 15, --program PATH";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(status) => status,
        Err(error) => {
            // Nothing can be done when standard error is closed.
            let _written = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[&str]) -> anyhow::Result<ExitCode> {
    match arguments {
        ["new", "rule", id] => {
            for path in new_rule::scaffold(&root()?, id)? {
                say(&format!("{}", path.display()));
            }
            say("now write the page; then UPDATE_EXPECT=1 cargo test -p architrave-rules");
            Ok(ExitCode::SUCCESS)
        }
        ["test", arguments @ ..] => test::run(&root()?, arguments),
        ["bench", arguments @ ..] => bench::run(&root()?, arguments),
        [] | ["help" | "--help" | "-h"] => {
            say(USAGE);
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("there is no chore {}\n{USAGE}", other.join(" ")),
    }
}

/// The root of the workspace.
fn root() -> anyhow::Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(here.parent().context("this package has no parent directory")?.to_owned())
}

/// A line on standard output.
fn say(line: &str) {
    // A reader that went away is no error.
    let _written = writeln!(std::io::stdout(), "{line}");
}
