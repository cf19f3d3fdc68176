//! Arguments of `architrave rls`.

use super::{FailOn, Output, ReportFormat, Server, Time};
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
    /// Attack a copy of the schema with rows of our own as owner, member, outsider, anonymous and service: what leaks, with the transcript
    Prove(Prove),
    /// Say why a statement returns nothing, or is refused, for a role with given claims: which privilege, policy and operand
    Explain(RlsExplain),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  architrave rls explain --as anon \"select * from notes\"\n  \
architrave rls explain --as authenticated --claims '{\"sub\": \"8f3c…\"}' \"select * from notes\" postgres://me@localhost/shop\n  \
architrave rls explain --as app --set app.user_id=7 \"insert into notes (body) values ('x')\" . -o why.html")]
pub(crate) struct RlsExplain {
    /// Role to become: `anon`, `authenticated`, the role of the application
    #[arg(long = "as", value_name = "ROLE")]
    pub(crate) role: String,
    /// Claims of the request as a JSON object; they go into `request.jwt.claims`
    #[arg(long, value_name = "JSON")]
    pub(crate) claims: Option<String>,
    /// A setting of the transaction. May repeat
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) settings: Vec<String>,
    /// One SELECT, INSERT, UPDATE or DELETE; it is run on a private copy only
    #[arg(value_name = "SQL")]
    pub(crate) statement: String,
    /// A directory, postgres:// URL, *.snapshot.json or .sql file, `env` for $DATABASE_URL; the current directory when none is given
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<String>,
    /// Database folder of a project that has several
    #[arg(long, value_name = "FOLDER")]
    pub(crate) database: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// What audit and prove share.
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
    /// Write role × object × command with the reason as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) matrix: Option<PathBuf>,
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
#[command(
    after_help = "Examples:\n  architrave rls audit\n  architrave rls audit postgres://me@db.example.com/shop -o access.html --matrix access.csv\n  \
architrave rls audit . --format github --fail-on medium"
)]
pub(crate) struct Audit {
    #[command(flatten)]
    pub(crate) access: Access,
    /// Start no server: read the scripts as text only. Weaker, and the report says so
    #[arg(long)]
    pub(crate) no_execute: bool,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  architrave rls prove\n  architrave rls prove . -o access.html --transcripts attacks/ --pgtap supabase/tests/access.test.sql\n  \
architrave rls prove postgres://me@db.example.com/shop   (its schema is copied to a private server; nothing is run on it)\n  architrave rls prove . --write   (the repairs as new migrations)\n\
Whose rows are whose is inferred and shown; [access] in architrave.toml corrects it.\n\
Exit status: 0 nothing at or above --fail-on; 1 findings; 2 the job could not be done; 130 interrupted."
)]
pub(crate) struct Prove {
    #[command(flatten)]
    pub(crate) access: Access,
    /// Longest way in to look for, in statements of the attacker
    #[arg(long, value_name = "N", default_value = "2", value_parser = clap::value_parser!(u8).range(1..=4))]
    pub(crate) depth: u8,
    /// How long to attack and to try the repairs: 30s, 5min. What is not reached is not decided. Fixes of the other findings get half of that
    #[arg(long, value_name = "TIME", default_value = "120s")]
    pub(crate) time: Time,
    /// Do not drop or open each policy once to see whether the attack would notice
    #[arg(long)]
    pub(crate) no_mutations: bool,
    /// Do not propose and try repairs
    #[arg(long)]
    pub(crate) no_repairs: bool,
    /// Write the repairs as new migrations of the project, in its own format
    #[arg(long, conflicts_with = "no_repairs")]
    pub(crate) write: bool,
    /// Write each way in as a script for psql into this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) transcripts: Option<PathBuf>,
    /// Write what was shown as a pgTAP test
    #[arg(long, value_name = "FILE")]
    pub(crate) pgtap: Option<PathBuf>,
}
