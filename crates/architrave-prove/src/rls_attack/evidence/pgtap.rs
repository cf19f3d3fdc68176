//! All that was shown as one pgTAP script: what was denied and allowed stays so, and every way in fails its test until it is closed.

use super::{actor, settings, setup, value_of};
use architrave_model::access::{AttackReport, CellVerdict, Step, StepOutcome, Transcript};
use architrave_model::name::quote_literal;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Plays steps as their actors, takes everything back, and tells for each the rows it returned or changed, or the SQLSTATE that refused it.
const PLAY: &str = "create function pg_temp.play(steps jsonb) returns text language plpgsql as $play$
declare
    step jsonb;
    setting record;
    counted bigint;
    told text[] := '{}';
begin
    begin
        for step in select * from jsonb_array_elements(steps) loop
            begin
                for setting in select * from jsonb_each_text(step -> 'settings') loop
                    perform set_config(setting.key, setting.value, true);
                end loop;
                perform set_config('role', step ->> 'role', true);
                execute step ->> 'sql';
                get diagnostics counted = row_count;
                perform set_config('role', 'none', true);
                told := told || counted::text;
            exception when others then
                told := told || sqlstate::text;
            end;
        end loop;
        raise exception using errcode = 'AR000';
    exception when sqlstate 'AR000' then
        return array_to_string(told, ', ');
    end;
end
$play$;
";

/// The script, to be run as superuser (`pg_prove`, `supabase test db`) on a database with the project's schema and without rows in the way.
pub fn pgtap(report: &AttackReport) -> String {
    // Of each transcript, whether it is a way in.
    let mut tests: BTreeMap<usize, bool> = BTreeMap::new();
    for cell in &report.cells {
        for (at, leak) in [(cell.evidence, cell.verdict == CellVerdict::Leak), (cell.control, false)] {
            if let Some(at) = at {
                *tests.entry(at).or_default() |= leak;
            }
        }
    }
    let lines: Vec<String> = tests
        .iter()
        .filter_map(|(at, leak)| {
            let transcript = report.transcripts.get(*at)?;
            let plays = format!("pg_temp.play({}::jsonb)", quote_literal(&steps(report, transcript).to_string()));
            let expected: Vec<String> = transcript.steps.iter().map(expected).collect();
            let expected = quote_literal(&expected.join(", "));
            let function = if *leak { "isnt" } else { "is" };
            let title = if *leak { format!("closed: {}", transcript.title) } else { transcript.title.clone() };
            Some(format!("select {function}({plays}, {expected}, {});\n", quote_literal(&title)))
        })
        .collect();
    format!(
        "begin;\nselect plan({});\n\n-- Rows of two tenants.\n{}\n{PLAY}\n{}\nselect * from finish();\nrollback;\n",
        lines.len(),
        setup(report),
        lines.concat()
    )
}

fn steps(report: &AttackReport, transcript: &Transcript) -> Value {
    let one = |step: &Step| {
        let who = step.actor.and_then(|kind| actor(report, kind));
        let settings: Map<String, Value> =
            settings(report).into_iter().map(|name| (name.to_owned(), Value::from(value_of(who, name)))).collect();
        json!({ "role": who.map_or("none", |a| a.role.as_str()), "settings": settings, "sql": step.sql })
    };
    Value::Array(transcript.steps.iter().map(one).collect())
}

fn expected(step: &Step) -> String {
    match &step.outcome {
        StepOutcome::Rows { count } | StepOutcome::Changed { count } => count.to_string(),
        StepOutcome::Refused { sqlstate, .. } => sqlstate.clone(),
        StepOutcome::Done => "0".to_owned(),
    }
}
