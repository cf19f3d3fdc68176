//! Arguments of `architrave rls`.

use super::{FailOn, ReportFormat, Server};
use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Rls {
    #[command(subcommand)]
    pub(crate) command: RlsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RlsCommand {
    /// Check privileges, policies, views, functions and roles, and write down who can reach what
    Audit(Audit),
}

/// What the reports on access share.
#[derive(Debug, ClapArgs)]
pub(crate) struct Access {
    /// A directory, postgres:// URL, *.snapshot.json or .sql file, `env` for $DATABASE_URL; the current directory when none is given
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<String>,
    /// Write the report to this file; the ending picks the format (.md, .html, .json, .sarif, .xml for JUnit, .txt). May repeat
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// Write this format to standard output instead of the text
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
    /// Only this database folder of the project. May repeat
    #[arg(long = "database", value_name = "FOLDER")]
    pub(crate) databases: Vec<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  architrave rls audit\n  architrave rls audit postgres://me@db.example.com/shop -o access.html\n  \
architrave rls audit . --format github --fail-on medium")]
pub(crate) struct Audit {
    #[command(flatten)]
    pub(crate) access: Access,
    /// Start no server: read the scripts as text only. Weaker, and the report says so
    #[arg(long)]
    pub(crate) no_execute: bool,
}
