//! The arguments of `bench twin`, `bench index` and `bench data`.

use anyhow::{Context as _, bail};
use std::path::PathBuf;

/// What was asked for.
pub(super) struct Options {
    /// Scale factor of the data; 1 is about a gigabyte.
    pub(super) scale: f64,
    /// Where the queries of TPC-DS are.
    pub(super) tpcds_queries: Option<PathBuf>,
    /// Build the advised indexes and run the queries.
    pub(super) execute: bool,
    /// Only this budget, megabytes.
    pub(super) budget: Option<u32>,
    /// How long advice may search, seconds; what the program takes by itself when absent.
    pub(super) time: Option<u32>,
    /// Major version of PostgreSQL for the source; the newest here when absent.
    pub(super) major: Option<u16>,
    /// Keys and indexes in the data to serve.
    pub(super) keys: bool,
    /// Measure this binary instead of a release build of our own.
    pub(super) program: Option<PathBuf>,
    /// The named cases; all when empty.
    pub(super) cases: Vec<String>,
}

impl Options {
    /// Understands the arguments; `known` are the cases there are.
    pub(super) fn parse(arguments: &[&str], known: &[&str]) -> anyhow::Result<Self> {
        let mut options = Self {
            scale: 1.0,
            tpcds_queries: None,
            execute: false,
            budget: None,
            time: None,
            major: None,
            keys: false,
            program: None,
            cases: Vec::new(),
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().with_context(|| format!("{argument} needs a value"));
            match *argument {
                "--scale" => {
                    options.scale = value()?.parse().ok().filter(|scale| *scale > 0.0).context("--scale needs a number above 0")?;
                }
                "--tpcds-queries" => options.tpcds_queries = Some(PathBuf::from(value()?)),
                "--budget" => options.budget = Some(value()?.parse().context("--budget needs a number of megabytes")?),
                "--time" => options.time = Some(value()?.parse().context("--time needs a number of seconds")?),
                "--major" => options.major = Some(value()?.parse().context("--major needs a number like 15")?),
                "--execute" => options.execute = true,
                "--keys" => options.keys = true,
                "--program" => options.program = Some(PathBuf::from(value()?)),
                case if known.contains(&case) => options.cases.push(case.to_owned()),
                other => {
                    bail!(
                        "there is no {other}; cases are {}, options --scale, --tpcds-queries, --budget, --time, --major, --execute, --keys, --program",
                        known.join(", ")
                    )
                }
            }
        }
        Ok(options)
    }

    /// Whether a case is to run.
    pub(super) fn wants(&self, case: &str) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|wanted| wanted == case)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_cases_are_told_apart() {
        let options = Options::parse(&["--scale", "0.1", "tpch"], &["tpch", "tpcds"]).unwrap();
        assert!((options.scale - 0.1).abs() < 1e-9);
        assert!(options.wants("tpch") && !options.wants("tpcds"));
        assert!(Options::parse(&[], &["tpch"]).unwrap().wants("tpch"));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for wrong in [&["--scale"][..], &["--scale", "-1"], &["tpcx"]] {
            assert!(Options::parse(wrong, &["tpch"]).is_err(), "{wrong:?}");
        }
    }
}
