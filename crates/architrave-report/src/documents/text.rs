//! A document for a person at a terminal: whole, not a summary.

use super::Document;
use crate::format::{visible, visible_lines};
use crate::plan::Pair;
use crate::renderers::text::Style;
use crate::renderers::text::paint::{Colour, Page, clip, width};
use crate::report::{Block, Table};
use crate::text::Text;

/// Lines that a paragraph may take.
const LONG: usize = 40;
/// Lines of a matrix of access on a terminal; files have all.
const OBJECTS: usize = 60;

pub(super) fn page(document: &Document, style: Style) -> String {
    let mut page = Page::new(style);
    page.line(&[(Colour::Bold, &visible(&document.title)), (Colour::Plain, ": "), (Colour::Bold, &visible(&document.subject))]);
    for section in &document.sections {
        if section.title.is_empty() {
            page.gap();
        } else {
            page.heading(&visible(&section.title));
        }
        for block in &section.blocks {
            show(&mut page, block);
        }
    }
    page.finish()
}

fn show(page: &mut Page, block: &Block) {
    match block {
        Block::Plan { plan, after, notes, .. } => {
            let drawn = match after {
                Some(after) => Pair { before: plan, after }.text(page.style()),
                None => crate::plan::text(plan, notes, page.style()),
            };
            drawn.lines().for_each(|line| page.whole(line));
        }
        Block::Heading { text, .. } => page.heading(&visible(&text.words())),
        Block::Paragraph { text } => page.wrapped(&[(Colour::Plain, "  ")], &words(text), LONG),
        Block::List { items } => items.iter().for_each(|i| page.wrapped(&[(Colour::Dim, "  - ")], &words(i), LONG)),
        Block::Table(t) => table(page, t),
        Block::Chart(chart) => {
            page.wrapped(&[(Colour::Bold, "  ")], &format!("{}: {}", visible(&chart.title), words(&chart.reading)), LONG);
            table(page, &chart.table);
        }
        Block::Access(t) => {
            let (heads, lines, more) = t.short(OBJECTS);
            let lines: Vec<Vec<String>> = std::iter::once(heads).chain(lines).map(|l| l.iter().map(|c| visible(c)).collect()).collect();
            let wide = |at: usize| lines.iter().filter_map(|line| line.get(at)).map(|cell| width(cell)).max().unwrap_or_default();
            let wides: Vec<usize> = (0..lines[0].len()).map(wide).collect();
            for line in &lines {
                let (object, cells) = line.split_first().map_or(("", &line[..0]), |(first, rest)| (first.as_str(), rest));
                let pad = |(cell, wide): (&String, &usize)| format!("{cell}{}  ", " ".repeat(wide - width(cell)));
                let cells: String = cells.iter().zip(&wides[1..]).map(pad).collect();
                page.wrapped(&[(Colour::Plain, "  "), (Colour::Plain, &cells)], object, LONG);
            }
            page.wrapped(&[(Colour::Dim, "  ")], crate::documents::access_matrix::LEGEND, LONG);
            if let Some(m) = &more {
                page.wrapped(&[(Colour::Dim, "  ")], &visible(m), LONG);
            }
        }
        Block::Sql { text } => {
            for line in visible_lines(text).lines() {
                page.whole(&format!("    {line}"));
            }
        }
    }
}

fn words(text: &Text) -> String {
    visible(&text.words())
}

fn table(page: &mut Page, table: &Table) {
    let cells: Vec<Vec<String>> = table.rows.iter().map(|r| r.iter().map(words).collect()).collect();
    let widest = |at: usize| cells.iter().filter_map(|r| r.get(at)).map(|c| width(c)).max().unwrap_or(0);
    let mut widths: Vec<usize> = table.columns.iter().enumerate().map(|(at, c)| width(c.title).max(widest(at))).collect();
    // The widest column gives way until the row fits.
    let room = page.width().saturating_sub(2 + 2 * widths.len());
    while widths.iter().sum::<usize>() > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > 8 => *widest -= 1,
            _ => break,
        }
    }
    let row = |cells: &[String]| {
        let mut line = String::from("  ");
        for ((cell, column), room) in cells.iter().zip(&table.columns).zip(&widths) {
            let shown = clip(cell, *room);
            let blank = " ".repeat(room.saturating_sub(width(&shown)));
            line.push_str(&if column.numeric { format!("{blank}{shown}  ") } else { format!("{shown}{blank}  ") });
        }
        line.trim_end().to_owned()
    };
    let titles: Vec<String> = table.columns.iter().map(|c| c.title.to_owned()).collect();
    page.line(&[(Colour::Dim, &row(&titles))]);
    for cells in &cells {
        page.line(&[(Colour::Plain, &row(cells))]);
    }
    if let Some(more) = &table.more {
        page.line(&[(Colour::Dim, &format!("  {more}"))]);
    }
}
