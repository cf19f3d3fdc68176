//! `architrave selftest`: whether the rules see what they must on this version of PostgreSQL.

use crate::args::{Global, Selftest};
use crate::output;
use crate::progress::Bars;
use architrave_app::selftest::{self, SelfTest};
use architrave_app::server::ServerOptions;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) async fn run(options: &Selftest, global: &Global) -> anyhow::Result<ExitCode> {
    let server = ServerOptions { major: options.server.postgres, offline: options.server.offline, ..ServerOptions::from_env() };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
    let test = selftest::run(&server, !options.no_fixes, now, &Bars::new(global)).await?;
    output::print(text(&test).as_bytes())?;
    Ok(ExitCode::from(u8::from(!test.passed())))
}

fn text(test: &SelfTest) -> String {
    let mut text = String::new();
    for (rule, object) in &test.missed {
        let _infallible = writeln!(text, "missed       {rule}  {object}");
    }
    for (rule, object, message) in &test.false_alarms {
        let _infallible = writeln!(text, "false alarm  {rule}  {object}: {message}");
    }
    for (rule, object, why) in &test.refuted {
        let _infallible = writeln!(text, "fix fails    {rule}  {object}: {why}");
    }
    let found = test.planted - test.missed.len();
    let _infallible = writeln!(
        text,
        "PostgreSQL {}: {} rules, {found} of {} planted faults found, {} false alarms; {} fixes proved, {} refuted",
        test.major,
        test.rules,
        test.planted,
        test.false_alarms.len(),
        test.proved,
        test.refuted.len()
    );
    text
}
