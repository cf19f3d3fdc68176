//! `architrave selftest`: whether the rules see what they must on this version of PostgreSQL.

use crate::args::{Global, Selftest};
use crate::output;
use crate::progress::Bars;
use crate::request;
use architrave_app::selftest::{self, SelfTest};
use std::fmt::Write as _;
use std::process::ExitCode;

pub(crate) async fn run(options: &Selftest, global: &Global) -> anyhow::Result<ExitCode> {
    let server = options.server.options();
    let now = request::now();
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
