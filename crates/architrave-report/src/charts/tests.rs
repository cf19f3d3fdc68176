//! What the charts of the sample say, and that their pictures hold what they should.

use super::{Figure, overview, picture};
use crate::report::Block;
use crate::{build, sample};

#[test]
fn the_first_page_shows_where_it_is_worst_and_what_is_cheap() {
    let report = build(&sample::review());
    let charts = overview(&report.findings, &report.roadmap);
    let titles: Vec<&str> = charts.iter().map(|c| c.title.as_str()).collect();
    assert_eq!(titles, ["Severity by area", "Risk and effort of the actions"]);
    assert_eq!(charts[0].reading.words(), "The worst is in Security: 1 critical.");
    let Figure::Marks(rows) = &charts[0].figure else { panic!("marks") };
    assert_eq!(rows.iter().flat_map(|r| &r.counts).map(|c| c.1).sum::<usize>(), report.findings.len());
    let Figure::Matrix(rows) = &charts[1].figure else { panic!("a matrix") };
    assert_eq!(rows.iter().flat_map(|r| &r.cells).map(Vec::len).sum::<usize>(), report.roadmap.len());
    assert!(overview(&[], &[]).is_empty());
}

#[test]
fn every_chart_has_words_for_those_who_do_not_see_it_and_a_table() {
    let report = build(&sample::review());
    let blocks = report.sections.iter().flat_map(|s| &s.parts).flat_map(|p| &p.blocks);
    let charts: Vec<_> = blocks.filter_map(|b| if let Block::Chart(chart) = b { Some(chart) } else { None }).collect();
    let titles: Vec<&str> = charts.iter().map(|c| c.title.as_str()).collect();
    for wanted in ["Size by table", "Index use", "Share of each limit that is used", "Growth of the database"] {
        assert!(titles.contains(&wanted), "{wanted} of {titles:?}");
    }
    for chart in charts {
        let svg = picture(chart).into_string();
        assert!(svg.contains("<title id=") && svg.contains("<desc id=") && !svg.contains("NaN") && !svg.contains("inf"), "{}", chart.title);
        assert!(!chart.table.rows.is_empty() && chart.table.rows.iter().all(|r| r.len() == chart.table.columns.len()), "{}", chart.title);
    }
}
