//! The two charts on the first page: what is wrong where, and what is cheap to mend.

use super::{Chart, EFFORTS, Figure, MarkRow, MatrixRow};
use crate::format::plural;
use crate::present::effort_word;
use crate::report::{Block, FindingView, Table};
use crate::sections::table;
use crate::text::{Span, Text, list, say};
use architrave_model::finding::{Effort, Severity};
use architrave_model::roadmap::Action;
use architrave_model::rule::Area;

/// Severity by area, and risk against effort. Nothing where there is no finding.
pub(crate) fn overview(findings: &[FindingView], roadmap: &[Action]) -> Vec<Chart> {
    by_area(findings).into_iter().chain(by_effort(roadmap)).collect()
}

fn as_table(block: Block) -> Table {
    match block {
        Block::Table(table) => table,
        _ => Table::default(),
    }
}

fn by_area(findings: &[FindingView]) -> Option<Chart> {
    let mut rows: Vec<MarkRow> = Area::ALL
        .iter()
        .map(|area| {
            let here = |severity: Severity| findings.iter().filter(|f| f.area == *area && f.finding.severity == severity).count();
            let counts = Severity::ALL.iter().map(|s| (*s, here(*s))).filter(|(_, n)| *n > 0).collect();
            MarkRow { label: area.title().to_owned(), counts }
        })
        .filter(|row| !row.counts.is_empty())
        .collect();
    // The area with the worst comes first, then the one with most of it.
    rows.sort_by_key(|row| std::cmp::Reverse(Severity::ALL.map(|s| row.counts.iter().find(|(of, _)| *of == s).map_or(0, |(_, n)| *n))));
    let first = rows.first()?;
    let (severity, n) = first.counts.first().copied()?;
    let reading = say!("The worst is in {}: {} {}.", first.label.as_str(), n, severity);
    let cells = rows
        .iter()
        .map(|row| {
            let of = |s: Severity| row.counts.iter().find(|(of, _)| *of == s).map_or(0, |(_, n)| *n);
            std::iter::once(Text::from(row.label.as_str())).chain(Severity::ALL.iter().map(|s| of(*s).into())).collect()
        })
        .collect();
    Some(Chart {
        name: "chart-areas".to_owned(),
        title: "Severity by area".to_owned(),
        reading,
        figure: Figure::Marks(rows),
        table: as_table(table(&["Area", "#Critical", "#High", "#Medium", "#Low", "#Info"], cells)),
    })
}

fn by_effort(roadmap: &[Action]) -> Option<Chart> {
    let rows: Vec<MatrixRow> = Severity::ALL
        .iter()
        .map(|&severity| {
            let cell = |effort: Effort| roadmap.iter().filter(|a| a.severity == severity && a.effort == effort).map(|a| a.order).collect();
            MatrixRow { severity, cells: EFFORTS.map(cell) }
        })
        .filter(|row| row.cells.iter().any(|cell| !cell.is_empty()))
        .collect();
    if rows.is_empty() {
        return None;
    }
    let quick = roadmap.iter().filter(|a| a.effort == Effort::Small && a.severity >= Severity::High).count();
    let reading = match quick {
        0 => "No action of high severity or worse is a small one: the next best stand further right.".into(),
        n => format!(
            "{} {} much for little: high severity or worse, small effort.",
            plural(n, "action", "actions"),
            if n == 1 { "gives" } else { "give" }
        )
        .into(),
    };
    let cells = rows
        .iter()
        .map(|row| {
            let refs = |orders: &Vec<u32>| {
                let all: Vec<Text> = orders.iter().map(|order| Span::Action(*order).into()).collect();
                if all.is_empty() { "–".into() } else { list(&all, 40) }
            };
            std::iter::once(Text::from(row.severity)).chain(row.cells.iter().map(refs)).collect()
        })
        .collect();
    debug_assert_eq!(EFFORTS.map(effort_word), ["small", "medium", "large"]);
    Some(Chart {
        name: "chart-effort".to_owned(),
        title: "Risk and effort of the actions".to_owned(),
        reading,
        figure: Figure::Matrix(rows),
        table: as_table(table(&["Severity", "Small effort", "Medium effort", "Large effort"], cells)),
    })
}
