//! What is known about a column's values: parsed statistics, those of partitions put together, and what stands in for missing ones.

use super::allowed::Allowed;
use super::array_text::parse_array;
use super::axis::Axis;
use super::family::Family;
use architrave_model::stats::ColumnStats;
use std::collections::{BTreeMap, BTreeSet};

/// As many most-common values as a merged list has.
const COMMON: usize = 100;
/// As many buckets as a merged histogram has.
const BUCKETS: usize = 100;

/// A column's statistics, parsed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Facts {
    /// Share of NULLs.
    pub(super) nulls: f64,
    /// Average width, bytes; 0 unknown.
    pub(super) width: usize,
    /// As `n_distinct`: positive a count, negative a share of the rows, 0 unknown.
    pub(super) distinct: f64,
    /// Physical against logical order.
    pub(super) correlation: f64,
    /// Most-common values, shares of all rows. Masked values are empty texts.
    pub(super) common: Vec<(String, f64)>,
    /// The values of `common` are masked.
    pub(super) masked: bool,
    /// Histogram bounds.
    pub(super) bounds: Vec<String>,
    /// Elements of arrays and lexemes.
    pub(super) elements: Vec<(String, f64)>,
    /// Histogram of element counts, the average at its end.
    pub(super) counts: Vec<f64>,
}

fn texts(array: Option<&String>) -> Vec<String> {
    array.and_then(|text| parse_array(text)).unwrap_or_default().into_iter().flatten().collect()
}

impl Facts {
    /// From a row of `pg_stats`.
    pub(super) fn of(stats: &ColumnStats) -> Self {
        let frequencies = stats.most_common_frequencies.clone().unwrap_or_default();
        let values = texts(stats.most_common_values.as_ref());
        let masked = values.is_empty() && !frequencies.is_empty();
        let values = if masked { vec![String::new(); frequencies.len()] } else { values };
        let elements = texts(stats.most_common_elements.as_ref());
        let shares = stats.most_common_element_frequencies.clone().unwrap_or_default();
        Self {
            nulls: stats.null_fraction.clamp(0.0, 1.0),
            width: usize::try_from(stats.average_width).unwrap_or(0),
            distinct: stats.distinct,
            correlation: stats.correlation.unwrap_or(0.0).clamp(-1.0, 1.0),
            common: values.into_iter().zip(frequencies).collect(),
            masked,
            bounds: texts(stats.histogram_bounds.as_ref()),
            elements: elements.into_iter().zip(shares).collect(),
            counts: stats.element_count_histogram.clone().unwrap_or_default(),
        }
    }

    /// Distinct values among so many rows that are not NULL.
    pub(super) fn distinct_of(&self, rows: u64) -> u64 {
        let filled = rows as f64 * (1.0 - self.nulls);
        let wanted = if self.distinct < 0.0 { -self.distinct * rows as f64 } else { self.distinct };
        let least = (self.common.len() + usize::from(!self.bounds.is_empty())) as f64;
        wanted.max(least).min(filled).round().max(1.0) as u64
    }

    /// Whether the values themselves are known.
    pub(super) fn has_values(&self) -> bool {
        (!self.common.is_empty() && !self.masked) || !self.bounds.is_empty()
    }

    /// Shares of the elements among the arrays that are not most-common values themselves.
    pub(super) fn rest_of_elements(&self) -> Vec<(String, f64)> {
        let mut listed: BTreeMap<String, f64> = BTreeMap::new();
        for (array, share) in &self.common {
            let elements: BTreeSet<String> = parse_array(array).unwrap_or_default().into_iter().flatten().collect();
            for element in elements {
                *listed.entry(element).or_default() += share;
            }
        }
        let rest = (1.0 - self.nulls - self.common.iter().map(|(_, share)| share).sum::<f64>()).max(1e-6);
        let filled = 1.0 - self.nulls;
        // Element shares are of the arrays that are not NULL.
        let share = |(element, share): &(String, f64)| {
            let left = (share * filled - listed.get(element).copied().unwrap_or(0.0)).max(0.0);
            (element.clone(), left / rest)
        };
        self.elements.iter().map(share).filter(|(_, share)| *share > 1e-9).collect()
    }

    /// Puts the statistics of partitions together, each with its rows. `divides`: it is a column of the partition key.
    pub(super) fn merged(parts: &[(Self, f64)], family: &Family, divides: bool) -> Option<Self> {
        let total: f64 = parts.iter().map(|(_, rows)| rows).sum();
        let (first, _) = parts.first()?;
        if parts.len() == 1 || total <= 0.0 {
            return Some(first.clone());
        }
        let average = |of: fn(&Self) -> f64| parts.iter().map(|(facts, rows)| of(facts) * rows).sum::<f64>() / total;
        let counts: Vec<f64> = parts.iter().map(|(f, rows)| if f.distinct < 0.0 { -f.distinct * rows } else { f.distinct }).collect();
        let all_shares = parts.iter().all(|(f, _)| f.distinct < 0.0);
        let sum = counts.iter().sum::<f64>();
        let distinct = if all_shares {
            -(sum / total).min(1.0)
        } else if divides {
            sum
        } else {
            counts.iter().copied().fold(0.0, f64::max)
        };
        let mut common: BTreeMap<&str, f64> = BTreeMap::new();
        for (facts, rows) in parts {
            for (text, share) in &facts.common {
                *common.entry(text).or_default() += share * rows / total;
            }
        }
        let mut common: Vec<(String, f64)> = common.into_iter().map(|(text, share)| (text.to_owned(), share)).collect();
        common.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        common.truncate(COMMON);
        let largest = parts.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(facts, _)| facts)?;
        Some(Self {
            nulls: average(|f| f.nulls),
            width: average(|f| f.width as f64) as usize,
            distinct,
            correlation: average(|f| f.correlation),
            common,
            masked: first.masked,
            bounds: merged_bounds(parts, family),
            elements: largest.elements.clone(),
            counts: largest.counts.clone(),
        })
    }

    /// Stands in for statistics that were never gathered, within what checks allow. `name` of the column.
    pub(super) fn invented(family: &Family, allowed: &Allowed, name: &str, rows: u64) -> Self {
        let mut facts = Self { distinct: -1.0, ..Self::default() };
        let (least, most) = (allowed.least.clone(), allowed.most.clone());
        let mut range = |low: &str, high: &str| {
            facts.bounds = vec![least.clone().unwrap_or_else(|| low.to_owned()), most.clone().unwrap_or_else(|| high.to_owned())];
        };
        match family {
            Family::Integer { most, .. } => range("1", &i128::from(rows.max(100)).min(*most).to_string()),
            Family::Decimal { .. } | Family::Float { .. } => range("1.00", "1000.00"),
            Family::Date => range("2023-01-01", "2024-12-31"),
            Family::Timestamp { zone } => {
                let zone = if *zone { "+00" } else { "" };
                range(&format!("2023-01-01 00:00:00{zone}"), &format!("2024-12-31 23:59:59.999999{zone}"));
            }
            Family::Time => range("00:00:00", "23:59:59"),
            Family::Inet => range("10.0.0.1", "10.255.255.254"),
            Family::Uuid => facts.bounds = sixteenths(),
            Family::Text { most } => {
                let width = most.unwrap_or(32);
                let stem: String = name.chars().take(width.saturating_sub(8)).collect();
                let digits = width.min(8);
                range(&format!("{stem}{}", "0".repeat(digits)), &format!("{stem}{}", "9".repeat(digits)));
            }
            Family::Bytes => range("\\x00000000", "\\xffffffff"),
            Family::Labels(labels) => {
                facts.common = labels.iter().map(|l| (l.clone(), 1.0 / labels.len().max(1) as f64)).collect();
                facts.distinct = labels.len() as f64;
            }
            _ => {}
        }
        if let Some(values) = &allowed.values {
            facts.bounds.clear();
            facts.common = values.iter().map(|v| (v.clone(), 1.0 / values.len() as f64)).collect();
            facts.distinct = values.len() as f64;
        }
        facts
    }

    /// Gives invented values to statistics whose values are masked or were never kept; frequencies, widths and counts stay.
    pub(super) fn with_values_of(mut self, invented: Self) -> Self {
        if self.distinct == 0.0 {
            self.distinct = invented.distinct;
        }
        if self.masked && !invented.common.is_empty() {
            for (own, value) in self.common.iter_mut().zip(&invented.common) {
                own.0.clone_from(&value.0);
            }
            self.common.truncate(invented.common.len());
        } else if self.masked {
            self.common.clear();
        }
        if self.common.is_empty() && self.bounds.is_empty() {
            self.common = invented.common;
        }
        self.bounds = invented.bounds;
        self.masked = false;
        self
    }
}

/// Bounds that cut all uuids into sixteen parts.
fn sixteenths() -> Vec<String> {
    (0..17_u32).map(|n| format!("{:x}{}-ffff-4fff-8fff-ffffffffffff", n.min(15), if n == 16 { "fffffff" } else { "0000000" })).collect()
}

/// A histogram over all rows: the bounds of all parts in their order, each with its weight.
fn merged_bounds(parts: &[(Facts, f64)], family: &Family) -> Vec<String> {
    let all: Vec<&str> = parts.iter().flat_map(|(facts, _)| facts.bounds.iter().map(String::as_str)).collect();
    let axis = Axis::fit(family, &all, u64::MAX);
    let mut weighted: Vec<(Option<i128>, &str, f64)> = Vec::with_capacity(all.len());
    for (facts, rows) in parts {
        let rest = (1.0 - facts.nulls - facts.common.iter().map(|(_, share)| share).sum::<f64>()).max(0.0);
        let bucket = rest * rows / facts.bounds.len().max(2).saturating_sub(1) as f64;
        for (at, bound) in facts.bounds.iter().enumerate() {
            let point = axis.as_ref().and_then(|axis| axis.point(bound));
            weighted.push((point, bound, if at == 0 { 0.0 } else { bucket }));
        }
    }
    weighted.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let whole: f64 = weighted.iter().map(|w| w.2).sum();
    let heaviest = weighted.iter().map(|w| w.2).fold(0.0, f64::max);
    // So few buckets that no bound ends two of them.
    let buckets = if heaviest > 0.0 { ((whole / heaviest) as usize).clamp(1, BUCKETS) } else { 1 };
    let mut out: Vec<String> = Vec::with_capacity(BUCKETS + 1);
    let (mut before, mut number) = (0.0, 0);
    for (_, text, weight) in &weighted {
        before += weight;
        while number <= buckets && before + whole * 1e-9 >= whole * number as f64 / buckets as f64 {
            if out.last().is_none_or(|last| last != text) {
                out.push((*text).to_owned());
            }
            number += 1;
        }
    }
    if let Some((_, text, _)) = weighted.last()
        && out.last().is_some_and(|last| last != text)
    {
        out.push((*text).to_owned());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(low: i64, high: i64, rows: f64) -> (Facts, f64) {
        let bounds = (0..=10).map(|n| (low + (high - low) * n / 10).to_string()).collect();
        (Facts { distinct: -1.0, bounds, common: vec![("x".into(), 0.1)], ..Facts::default() }, rows)
    }

    #[test]
    fn partitions_are_put_together_by_weight() {
        let family = Family::Integer { least: 0, most: 1_000_000 };
        let merged = Facts::merged(&[part(1000, 2000, 100.0), part(0, 1000, 300.0)], &family, true).unwrap();
        assert_eq!((merged.bounds.first().unwrap().as_str(), merged.bounds.last().unwrap().as_str()), ("0", "2000"));
        let below = merged.bounds.iter().filter(|b| b.parse::<i64>().unwrap() <= 1000).count() as f64;
        assert!((below / merged.bounds.len() as f64 - 0.75).abs() < 0.1, "{:?}", merged.bounds);
        assert!((merged.distinct + 1.0).abs() < 1e-9);
        assert!((merged.common[0].1 - 0.1).abs() < 1e-9);
    }

    #[test]
    fn checks_bound_what_is_invented() {
        let allowed = Allowed { least: Some("18".into()), most: Some("99".into()), values: None };
        let facts = Facts::invented(&Family::Integer { least: 0, most: 1000 }, &allowed, "age", 10);
        assert_eq!(facts.bounds, ["18", "99"]);
    }
}
