//! Segments out of statistics.

use super::*;

const WHOLE: Family = Family::Integer { least: 0, most: 1_000_000_000 };

fn of(rows: u64, distinct: u64, unique: bool, common: &[(&str, f64)], bounds: &[&str]) -> Vec<Segment> {
    let common: Vec<(String, f64)> = common.iter().map(|(t, f)| ((*t).to_owned(), *f)).collect();
    let bounds: Vec<String> = bounds.iter().map(|b| (*b).to_owned()).collect();
    let axis = Axis::fit(&WHOLE, &[], 0).unwrap();
    segments(&Wish {
        family: &WHOLE,
        axis: Some(&axis),
        rows,
        distinct,
        unique,
        common: &common,
        bounds: &bounds,
        pins: &[],
        point: &|text| axis.point(text),
        highest: None,
        most: None,
    })
}

/// Rows and distinct values in all.
fn sums(segments: &[Segment]) -> (u64, u64) {
    (segments.iter().map(|s| s.rows).sum(), segments.iter().map(|s| s.distinct).sum())
}

#[test]
fn common_values_get_their_rows_and_the_rest_is_spread() {
    let segments = of(1000, 102, false, &[("50", 0.2), ("7", 0.1)], &["1", "100", "1000"]);
    assert_eq!(sums(&segments), (1000, 102));
    let listed: Vec<u64> = segments.iter().filter(|s| matches!(s.span, Span::Listed(_))).map(|s| s.rows).collect();
    assert_eq!(listed, [100, 200]);
    // Half of the rest lies below the middle bound.
    let below: u64 = segments.iter().filter(|s| matches!(&s.span, Span::Points { start, .. } if *start < 100)).map(|s| s.rows).sum();
    assert!((340..=360).contains(&below), "{below}");
}

#[test]
fn a_complete_list_leaves_nothing_over() {
    let segments = of(10, 2, false, &[("1", 0.7), ("2", 0.2999)], &[]);
    assert_eq!(sums(&segments), (10, 2));
}

#[test]
fn unique_values_fill_dense_histograms_and_go_on_above() {
    for (bounds, rows) in [(["1", "400", "1000"], 1000), (["1", "400", "1000"], 1500), (["1", "5000", "1000000"], 1000)] {
        let segments = of(rows, rows, true, &[], &bounds);
        assert_eq!(sums(&segments), (rows, rows));
        let mut last = -1;
        for segment in &segments {
            let Span::Points { start, width } = segment.span else { continue };
            assert!(start > last && width >= i128::from(segment.distinct), "{segments:?}");
            last = start + (i128::from(segment.distinct) - 1) * width / i128::from(segment.distinct);
        }
    }
}

#[test]
fn fewer_values_than_bounds_are_thinned() {
    let segments = of(3, 3, true, &[], &["1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!(sums(&segments), (3, 3));
    let starts: Vec<i128> =
        segments.iter().filter_map(|s| if let Span::Points { start, .. } = s.span { Some(start) } else { None }).collect();
    assert_eq!(starts, [1, 4, 7]);
}

#[test]
fn a_bound_that_is_there_twice_is_a_common_value() {
    let segments = of(1000, 50, false, &[], &["1", "500", "500", "1000"]);
    let middle = segments.iter().find(|s| matches!(&s.span, Span::Listed(text) if text == "500")).unwrap();
    assert_eq!(middle.rows, 333);
}
