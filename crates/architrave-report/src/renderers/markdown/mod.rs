//! The report as Markdown that reads well raw and on a code host.

pub(crate) mod escape;
#[cfg(test)]
mod tests;

use super::Renderer;
use crate::documents::access_matrix::{AccessTable, LEGEND};
use crate::format::{self, visible_lines};
use crate::plan::Pair;
use crate::report::{Block, FindingView, House, PLACES_SHOWN, Report, Section, TITLE, Table};
use crate::text::{Span, Text, prose};
use architrave_model::review::State;
use std::io;

/// The renderer.
pub struct Markdown;

impl Renderer for Markdown {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = String::new();
        head(&mut page, report);
        house(&mut page, &report.house);
        questions(&mut page, report);
        scorecard(&mut page, report);
        checklist(&mut page, report);
        changes(&mut page, report);
        for section in &report.sections {
            write_section(&mut page, report, section);
        }
        coverage(&mut page, report);
        suggestions(&mut page, report);
        run(&mut page, report);
        out.write_all(page.as_bytes())
    }
}

/// Prose inside a line.
fn words(text: &str) -> String {
    inline(&prose(text), false)
}

/// Prose inside a cell of a table.
fn cell(text: &str) -> String {
    inline(&prose(text), true)
}

/// A row of a table.
fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// Appends a block, separated by an empty line.
pub(crate) fn push(page: &mut String, block: &str) {
    if block.is_empty() {
        return;
    }
    if !page.is_empty() {
        page.push('\n');
    }
    page.push_str(block.trim_end_matches('\n'));
    page.push('\n');
}

fn head(page: &mut String, report: &Report) {
    push(page, &format!("# {TITLE}"));
    push(page, &format!("**{}**, by Architrave {}", escape::words(&report.subject), escape::words(&report.tool_version)));
    let lines: Vec<String> = report
        .targets
        .iter()
        .map(|t| {
            let server =
                t.server.as_ref().map_or_else(String::new, |s| format!(", PostgreSQL {} ({})", escape::words(&s.version), s.platform));
            let size = t.bytes.map_or_else(String::new, |b| format!(", {}", format::bytes(b)));
            let tables = format::plural(t.counts.tables, "table", "tables");
            format!("- **{}** ({}): {}{server}, {tables}{size}", escape::words(&t.name), t.kind, escape::code(&t.source, false))
        })
        .collect();
    push(page, &lines.join("\n"));
    let counted = crate::present::severity_counts(report);
    push(page, &if counted.is_empty() { "No findings.".to_owned() } else { format!("Findings: {counted}.") });
}

fn house(page: &mut String, house: &House) {
    push(page, "## House rules in force");
    if house.is_empty() {
        push(page, "The project states none (`.claude/rules.md`, `architrave.toml`).");
        return;
    }
    let mut lines = Vec::new();
    for s in &house.sentences {
        let meaning = s
            .understood
            .as_deref()
            .map_or_else(|| "quoted only: not a rule that a schema can be checked against".to_owned(), escape::words);
        lines.push(format!("> {}", begin(&prose(&s.text))));
        lines.push(format!(">\n> {} — {meaning}\n", escape::code(&format!("{}:{}", s.path, s.line), false)));
    }
    push(page, &lines.join("\n"));
    let settings = house.settings.iter().map(|s| {
        let to = s.severity.map_or("off", architrave_model::finding::Severity::word);
        format!("- {} is {to}: {}", escape::code(&s.rule, false), escape::words(&s.reason))
    });
    let allowances = house.allowances.iter().map(|a| {
        let until = a.until.as_deref().map_or_else(String::new, |u| format!(" until {}", escape::words(u)));
        let [rule, object] = [&a.rule, &a.object].map(|t| escape::code(t, false));
        format!("- {rule} is allowed on {object}{until}: {} ({})", escape::words(&a.reason), escape::words(&a.state))
    });
    push(page, &settings.chain(allowances).collect::<Vec<_>>().join("\n"));
    if !house.overruled.is_empty() {
        push(page, "Where the house overrules a built-in rule:");
        push(page, &list(house.overruled.iter().map(|o| begin(&prose(o)))));
    }
    if !house.allowed.is_empty() {
        push(page, "Findings that the house allows:");
        let items = house.allowed.iter().map(|f| {
            format!(
                "{} {}: {} ({})",
                escape::code(&f.rule, false),
                escape::words(&f.object),
                escape::words(&f.message),
                escape::words(&f.reason)
            )
        });
        push(page, &list(items));
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.map(|i| format!("- {i}")).collect::<Vec<_>>().join("\n")
}

fn questions(page: &mut String, report: &Report) {
    push(page, "## Open questions");
    if report.questions.is_empty() {
        push(page, "None: the input and the brief answered all.");
        return;
    }
    let items = report.questions.iter().enumerate().map(|(at, q)| {
        let [text, changes, assumed] = [&q.text, &q.changes, &q.assumed].map(|t| words(t));
        format!(
            "{}. **{text}** ({})\n   An answer would change: {changes}. Assumed here: {assumed}.",
            at + 1,
            escape::code(&format!("[brief] {}", q.key), false)
        )
    });
    push(page, &items.collect::<Vec<_>>().join("\n"));
}

fn scorecard(page: &mut String, report: &Report) {
    push(page, "## Scorecard");
    let mut rows = String::from("| Area | Score | Rules checked | Not checked | Findings |\n| --- | ---: | ---: | ---: | --- |\n");
    for score in &report.scorecard {
        let points = score.points.map_or_else(|| "unknown".to_owned(), |p| format!("{p} / 100"));
        let findings: Vec<String> = score.findings.iter().map(|(s, n)| format!("{n} {}", s.word())).collect();
        let findings = if findings.is_empty() { "none".to_owned() } else { findings.join(", ") };
        rows.push_str(&row(&[escape::words(&score.area), points, score.checked.to_string(), score.not_checked.to_string(), findings]));
    }
    push(page, &rows);
}

fn checklist(page: &mut String, report: &Report) {
    push(page, "## DBA review checklist");
    let mut rows = String::from("| | Check | State | Evidence |\n| --- | --- | --- | --- |\n");
    for line in &report.checklist {
        let mark = match line.state {
            State::Pass => "✓",
            State::Fail => "✗",
            State::Unknown => "?",
        };
        rows.push_str(&row(&[mark.to_owned(), cell(&line.text), line.state.word().to_owned(), cell(&line.evidence)]));
    }
    push(page, &rows);
}

fn changes(page: &mut String, report: &Report) {
    for view in &report.changes {
        push(page, &format!("## {}", escape::words(&view.title)));
        for block in &view.blocks {
            push(page, &write_block(block));
        }
    }
}

fn write_section(page: &mut String, report: &Report, section: &Section) {
    push(page, &format!("## {}. {}", section.number, section.title));
    for block in &section.intro {
        push(page, &write_block(block));
    }
    for part in &section.parts {
        push(page, &format!("### {}", part.title));
        for block in &part.blocks {
            push(page, &write_block(block));
        }
        for view in part.findings.iter().filter_map(|n| report.finding(*n)) {
            finding(page, report, view);
        }
    }
}

/// A text inside a line.
pub(crate) fn inline(text: &Text, in_table: bool) -> String {
    text.0
        .iter()
        .map(|span| match span {
            Span::Code(code) => escape::code(code, in_table),
            Span::Strong(words) => format!("**{}**", escape::words(words)),
            other => escape::words(&other.words()),
        })
        .collect()
}

/// A text that begins a line.
fn begin(text: &Text) -> String {
    let mut out = String::new();
    for (at, span) in text.0.iter().enumerate() {
        match span {
            Span::Plain(words) if at == 0 => out.push_str(&escape::line(words)),
            span => out.push_str(&inline(&Text(vec![span.clone()]), false)),
        }
    }
    out
}

pub(crate) fn write_block(block: &Block) -> String {
    match block {
        Block::Heading { text, .. } => format!("#### {}", inline(&Text(vec![Span::Plain(text.words())]), false)),
        Block::Paragraph { text } => begin(text),
        Block::List { items } => list(items.iter().map(begin)),
        Block::Table(table) => write_table(table),
        Block::Chart(chart) => {
            format!("**{}:** {}\n\n{}", escape::words(&chart.title), inline(&chart.reading, false), write_table(&chart.table))
        }
        Block::Access(table) => write_access(table),
        Block::Sql { text } => sql(text),
        Block::Plan { plan, after: Some(after), .. } => Pair { before: plan, after }.markdown(),
        Block::Plan { plan, notes, .. } => crate::plan::markdown(plan, notes),
    }
}

pub(crate) fn sql(text: &str) -> String {
    let text = visible_lines(text);
    let fence = escape::fence(&text);
    format!("{fence}sql\n{text}\n{fence}")
}

fn write_table(table: &Table) -> String {
    let titles: Vec<&str> = table.columns.iter().map(|c| c.title).collect();
    let rule: Vec<&str> = table.columns.iter().map(|c| if c.numeric { "---:" } else { "---" }).collect();
    let mut out = format!("| {} |\n| {} |\n", titles.join(" | "), rule.join(" | "));
    for row in &table.rows {
        out.push_str(&self::row(&row.iter().map(|c| inline(c, true)).collect::<Vec<_>>()));
    }
    if let Some(more) = &table.more {
        out.push('\n');
        out.push_str(&escape::line(more));
    }
    out
}

/// Lines of the access matrix in Markdown.
const ACCESS_LINES: usize = 40;

fn write_access(table: &AccessTable) -> String {
    let (heads, lines, more) = table.short(ACCESS_LINES);
    let heads: Vec<String> = heads.iter().map(|h| cell(h)).collect();
    let mut out = format!("| {} |\n| {} |\n", heads.join(" | "), vec!["---"; heads.len()].join(" | "));
    for line in lines {
        let cells: Vec<String> = line.iter().enumerate().map(|(at, c)| if at == 0 { cell(c) } else { escape::code(c, true) }).collect();
        out.push_str(&row(&cells));
    }
    for note in std::iter::once(LEGEND).chain(more.as_deref()) {
        out.push('\n');
        out.push_str(&escape::line(note));
        out.push('\n');
    }
    out.trim_end().to_owned()
}

fn finding(page: &mut String, report: &Report, view: &FindingView) {
    let f = &view.finding;
    push(page, &format!("#### F{} · {} · {}", view.number, f.severity.word(), words(&f.message)));
    let mut facts = vec![format!("**Object:** {}", inline(&view.object, false))];
    if let Some(at) = &view.location {
        facts.push(format!("**Place:** {}", escape::code(at, false)));
    }
    if report.several_targets() && !f.target.is_empty() {
        facts.push(format!("**Database:** {}", escape::words(&f.target)));
    }
    let confidence = crate::present::confidence_word(f.confidence);
    let effort = crate::present::effort_word(f.effort);
    facts.push(format!(
        "**Rule:** {} · {confidence} · effort {effort} · fingerprint {}",
        escape::code(&f.rule, false),
        escape::code(&f.fingerprint, false)
    ));
    if let Some(change) = &view.change {
        facts.push(format!("**Changed:** {}", escape::words(change)));
    }
    if !view.actions.is_empty() {
        let actions: Vec<String> = view.actions.iter().map(|a| format!("A{a}")).collect();
        facts.push(format!("**Settled by:** {}", actions.join(", ")));
    }
    push(page, &list(facts.into_iter()));
    push(page, &begin(&prose(&f.why)));
    places(page, view);
    if !view.evidence.is_empty() {
        let mut rows = String::from("| Fact | Value | Read in |\n| --- | ---: | --- |\n");
        for e in &view.evidence {
            rows.push_str(&row(&[cell(&e.fact), escape::words(&e.value), escape::words(&e.source)]));
        }
        push(page, &rows);
    }
    fix(page, view);
    proof(page, view);
    if !view.references.is_empty() {
        let links: Vec<String> =
            view.references.iter().map(|l| format!("[{}](<{}>)", escape::words(&l.title), escape::html(&l.url))).collect();
        push(page, &format!("References: {}", links.join(" · ")));
    }
}

fn places(page: &mut String, view: &FindingView) {
    if view.places.is_empty() {
        return;
    }
    let shown = view.places.iter().take(PLACES_SHOWN).map(|p| {
        let at = p.location.as_ref().map_or_else(String::new, |l| format!(" in {}", escape::code(l, false)));
        let detail = p.detail.as_ref().map_or_else(String::new, |d| format!(": {}", escape::words(d)));
        let new = if p.is_new { " (new)" } else { "" };
        format!("{}{at}{detail}{new}", escape::code(&p.object, false))
    });
    let rest = view.places.len().saturating_sub(PLACES_SHOWN);
    let more = (rest > 0).then(|| format!("and {} more", format::count(rest as f64)));
    push(page, &format!("{}:", format::plural(view.places.len(), "place", "places")));
    push(page, &list(shown.chain(more)));
}

fn fix(page: &mut String, view: &FindingView) {
    let Some(fix) = &view.fix else { return };
    if view.is_withdrawn() {
        push(page, &format!("**Withdrawn fix:** {}", words(&fix.title)));
        return;
    }
    push(page, &format!("**Fix:** {}", words(&fix.title)));
    if let Some(caution) = &fix.caution {
        push(page, &format!("**To decide first:** {}", words(caution)));
    }
    if !fix.up.is_empty() {
        push(page, &sql(&fix.up));
    }
    push(page, &list(fix.effect.iter().map(begin)));
    if fix.down.is_empty() {
        if !fix.up.is_empty() {
            push(page, "There is no way back by SQL.");
        }
    } else {
        push(page, "To undo it:");
        push(page, &sql(&fix.down));
    }
}

fn proof(page: &mut String, view: &FindingView) {
    let Some(proof) = &view.proof else { return };
    push(page, &inline(&proof.summary, false));
    if !proof.figures.is_empty() {
        let mut rows = String::from("| Figure | Before | After |\n| --- | ---: | ---: |\n");
        for (name, before, after) in &proof.figures {
            rows.push_str(&row(&[name, before, after].map(|x| escape::words(x))));
        }
        push(page, &rows);
    }
    if !proof.transcript.is_empty() {
        let body = escape::html(&proof.transcript.join("\n"));
        push(page, &format!("<details><summary>Transcript</summary>\n\n<pre>{body}</pre>\n\n</details>"));
    }
}

fn coverage(page: &mut String, report: &Report) {
    push(page, "## Coverage");
    let coverage = &report.coverage;
    let not = coverage.rules_not_run.len();
    let not = if not > 0 { format!(", {not} could not") } else { String::new() };
    push(page, &format!("{} ran{not}.", format::plural(coverage.rules_run.len(), "rule", "rules")));
    if coverage.gaps.is_empty() && coverage.rules_run.is_empty() {
        push(page, "What was left out is not recorded.");
    } else if coverage.gaps.is_empty() {
        push(page, "Nothing that this review looks at was left out.");
    } else {
        let mut rows = String::from("| Not examined | Why | What would close the gap |\n| --- | --- | --- |\n");
        for gap in &coverage.gaps {
            rows.push_str(&row(&[cell(&gap.named(usize::MAX)), cell(&gap.why), cell(gap.remedy.as_deref().unwrap_or("–"))]));
        }
        push(page, &rows);
    }
    if !coverage.notes.is_empty() {
        push(page, "Oddities of the files:");
        push(
            page,
            &list(
                coverage
                    .notes
                    .iter()
                    .map(|n| format!("{}: {}", escape::code(&crate::present::location(&n.location), false), escape::words(&n.text))),
            ),
        );
    }
    if coverage.hidden_by_baseline > 0 {
        let n = format::plural(coverage.hidden_by_baseline as usize, "finding is", "findings are");
        push(page, &format!("{n} hidden by the baseline."));
    }
    if coverage.hidden_as_old > 0 {
        let n = format::plural(coverage.hidden_as_old as usize, "finding", "findings");
        push(page, &format!("{n} of before hidden (`--new-only`)."));
    }
}

fn suggestions(page: &mut String, report: &Report) {
    push(page, "## Suggestions for human evaluation");
    if report.suggestions.is_empty() {
        push(page, "None.");
        return;
    }
    push(page, "Not part of the roadmap: nobody acts on these unasked.");
    push(page, &list(report.suggestions.iter().map(|s| format!("**{}**: {}", escape::words(&s.title), words(&s.text)))));
}

fn run(page: &mut String, report: &Report) {
    let run = &report.run;
    push(page, "---");
    let trips = format::plural(run.round_trips as usize, "round trip", "round trips");
    push(
        page,
        &format!(
            "Run of {}, {} and {trips} to live targets.",
            escape::words(&run.started_at),
            format::milliseconds(run.duration_ms as f64)
        ),
    );
}
