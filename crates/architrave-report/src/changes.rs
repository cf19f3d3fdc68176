//! What has become of findings since an earlier state, as words and blocks.

use crate::format::{count, plural, visible};
use crate::report::{Block, ChangesView, FindingView, HouseAllowance, Report};
use crate::sections::{first, para, table, table_of};
use crate::text::{Text, code, codes, say};
use architrave_model::changes::{Change, ChangeKind, Changes, Reference, ReferenceKind, Tally};
use std::collections::BTreeSet;

/// How many changes of one kind are named.
const NAMED: usize = 25;

/// How many places of one change are named.
const PLACES: usize = 6;

/// The comparison, ready to print.
pub(crate) fn view(changes: &Changes) -> ChangesView {
    let mut blocks = vec![para(compared_with(changes))];
    tallies(changes, &mut blocks);
    for (kind, title) in [
        (ChangeKind::New, "New"),
        (ChangeKind::Regressed, "Worse than before"),
        (ChangeKind::Grown, "With more places"),
        (ChangeKind::Eased, "Better than before"),
        (ChangeKind::Gone, "No longer found"),
    ] {
        named(changes, kind, title, &mut blocks);
    }
    not_checked(changes, &mut blocks);
    ChangesView { title: title(&changes.reference), summary: summary(changes), blocks, changes: changes.clone() }
}

/// Allowances that have expired, and those in force that match nothing.
pub(crate) fn idle_allowances(report: &Report) -> (Vec<&HouseAllowance>, Vec<&HouseAllowance>) {
    let all = &report.house.allowances;
    (all.iter().filter(|a| a.expired).collect(), all.iter().filter(|a| a.is_idle()).collect())
}

fn title(reference: &Reference) -> String {
    match (reference.kind, &reference.day) {
        (ReferenceKind::Baseline, Some(day)) => format!("Since the baseline of {day}"),
        (ReferenceKind::Baseline, None) => "Since the baseline".to_owned(),
        (_, Some(day)) => format!("Since {day}"),
        (_, None) => "Since the earlier state".to_owned(),
    }
}

/// `Since 2026-10-21: +3, −9; 1 worse, 1 with more places (+3).`
fn summary(changes: &Changes) -> String {
    let n = |kind| changes.count(kind);
    let mut more = Vec::new();
    if n(ChangeKind::Regressed) > 0 {
        more.push(format!("{} worse", n(ChangeKind::Regressed)));
    }
    if n(ChangeKind::Grown) > 0 {
        let places: usize = changes.of(ChangeKind::Grown).map(|c| c.added.len()).sum();
        more.push(format!("{} with more places (+{places})", n(ChangeKind::Grown)));
    }
    if n(ChangeKind::Eased) > 0 {
        more.push(format!("{} better", n(ChangeKind::Eased)));
    }
    let more = if more.is_empty() { String::new() } else { format!("; {}", more.join(", ")) };
    format!("{}: +{}, −{}{more}.", title(&changes.reference), n(ChangeKind::New), n(ChangeKind::Gone))
}

fn compared_with(changes: &Changes) -> Text {
    let file = code(&changes.reference.file);
    let how = match changes.reference.kind {
        ReferenceKind::Baseline => say!("Compared with the baseline {}.", file),
        ReferenceKind::Snapshot => say!(
            "Compared with the snapshot {} of {}: the same rules ran over it, under the house rules of today. Rules that need more than a \
             snapshot (scripts, plans, a project beside it) are left out on both sides.",
            file,
            changes.reference.target.as_deref().map_or_else(|| "the database".into(), code)
        ),
        ReferenceKind::Report => say!("Compared with what the report {} shows, for the rules that ran both times.", file),
    };
    let unchanged = plural(changes.unchanged as usize, "finding is", "findings are");
    Text::from(format!("{} {unchanged} as before. ", summary(changes))).then(how)
}

fn tallies(changes: &Changes, blocks: &mut Vec<Block>) {
    if changes.reference.kind == ReferenceKind::Baseline || changes.by_severity.is_empty() {
        return;
    }
    let cells = |t: &Tally| [t.then, t.now, t.new, t.gone].map(|n| Text::from(n as usize));
    let row = |head: Text, t: &Tally| std::iter::once(head).chain(cells(t)).collect::<Vec<Text>>();
    let rows = changes.by_severity.iter().map(|(severity, t)| row((*severity).into(), t)).collect();
    blocks.push(table(&["Severity", "#Then", "#Now", "#New", "#No longer found"], rows));
    let rows = changes.by_area.iter().map(|(area, t)| row(area.title().into(), t)).collect();
    blocks.push(table(&["Area", "#Then", "#Now", "#New", "#No longer found"], rows));
}

fn named(changes: &Changes, kind: ChangeKind, title: &'static str, blocks: &mut Vec<Block>) {
    let rows: Vec<Vec<Text>> = changes.of(kind).map(row).collect();
    if rows.is_empty() {
        return;
    }
    let n = rows.len();
    let (rows, more) = first(rows, NAMED, "of them");
    blocks.push(para(format!("{title}: {}.", count(n as f64))));
    let headings = ["Severity", "Rule", "Object", "What changed"];
    let tells = rows.iter().any(|r| r.last().is_some_and(|t| !t.is_empty()));
    let columns = if tells { 4 } else { 3 };
    let rows = rows.into_iter().map(|r| r.into_iter().take(columns).collect()).collect();
    blocks.push(table_of(&headings[..columns], rows, more));
}

fn row(change: &Change) -> Vec<Text> {
    let severity = change.severity.map_or_else(|| "unknown".into(), Text::from);
    vec![severity, code(&change.rule), code(&change.object), difference(change)]
}

fn difference(change: &Change) -> Text {
    let mut parts = Vec::new();
    if let Some(was) = change.was {
        parts.push(say!("was {}", was));
    }
    if !change.added.is_empty() {
        parts.push(say!("+{}: {}", plural(change.added.len(), "place", "places"), codes(&change.added, PLACES)));
    }
    if !change.removed.is_empty() {
        parts.push(say!("−{}: {}", plural(change.removed.len(), "place", "places"), codes(&change.removed, PLACES)));
    }
    if let (ChangeKind::Gone, Some(since)) = (change.kind, &change.since) {
        parts.push(format!("known since {}", visible(since)).into());
    }
    let parts = parts.into_iter().enumerate().map(|(at, part)| if at == 0 { part } else { Text::from("; ").then(part) });
    parts.fold(Text::default(), Text::then)
}

fn not_checked(changes: &Changes, blocks: &mut Vec<Block>) {
    if changes.not_checked.is_empty() {
        return;
    }
    let rules: BTreeSet<&str> = changes.not_checked.iter().map(|k| k.rule.as_str()).collect();
    let n = plural(changes.not_checked.len(), "finding", "findings");
    let stay = if changes.reference.kind == ReferenceKind::Baseline { " A baseline that is written anew keeps them." } else { "" };
    blocks.push(para(say!("{} of then could not be looked for: {} came to no verdict this time.{}", n, codes(rules, 12), stay)));
}

/// Notes in the findings what has become of them, first of all since the first of the earlier states that knows. New places come first.
pub(crate) fn mark(findings: &mut [FindingView], all: &[Changes]) {
    let by_fingerprint: Vec<_> = all.iter().map(|changes| (&changes.reference, changes.by_fingerprint())).collect();
    for view in findings {
        let is_here = |reference: &Reference| reference.target.as_deref().is_none_or(|t| t == view.finding.target);
        let mut known = by_fingerprint.iter().filter(|(reference, _)| is_here(reference));
        let found = known.find_map(|(reference, changes)| Some((*reference, *changes.get(view.finding.fingerprint.as_str())?)));
        let Some((reference, change)) = found else { continue };
        view.change = Some(words(change, reference));
        let mut points = false;
        let mut left: Vec<&String> = change.added.iter().collect();
        for (place, shown) in view.finding.places.iter().zip(&mut view.places) {
            let name = format!("{} {}", place.object.kind.word(), place.object);
            if let Some(at) = left.iter().position(|l| **l == name) {
                left.swap_remove(at);
                shown.is_new = true;
                if change.kind == ChangeKind::Grown && !points && place.location.is_some() {
                    points = true;
                    view.points_to.clone_from(&place.location);
                    view.location.clone_from(&shown.location);
                }
            }
        }
        view.places.sort_by_key(|p| !p.is_new);
    }
}

fn words(change: &Change, reference: &Reference) -> String {
    let title = title(reference);
    let since = title.replacen("Since", "since", 1);
    let was = change.was.map_or_else(String::new, |w| format!(": was {}", w.word()));
    let places = if change.added.is_empty() { String::new() } else { format!(", +{}", plural(change.added.len(), "place", "places")) };
    match change.kind {
        ChangeKind::New => format!("new {since}"),
        ChangeKind::Regressed => format!("worse {since}{was}{places}"),
        ChangeKind::Grown => format!("+{} {since}", plural(change.added.len(), "place", "places")),
        ChangeKind::Eased => format!("better {since}{was}"),
        ChangeKind::Gone => format!("gone {since}"),
    }
}
