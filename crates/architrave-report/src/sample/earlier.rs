//! What the shop was earlier: a baseline, a snapshot of last month, and allowances that have had their day.

use super::findings::findings;
use super::{HOSTILE, NOW};
use architrave_model::changes::{Changes, KnownFinding, Reference, ReferenceKind, Rules};
use architrave_model::finding::Severity;
use architrave_model::house::{Allowance, AllowanceUse};
use architrave_model::rule::Area;
use architrave_model::script::Location;

/// `[[allow]]`: one in force, one expired, one that matches nothing.
pub(super) fn allowed() -> Vec<Allowance> {
    let allow = |rule: &str, object: &str, reason: &str, until: Option<&str>, line| Allowance {
        rule: rule.into(),
        object: object.into(),
        reason: reason.into(),
        until: until.map(Into::into),
        location: Location { path: "architrave.toml".into(), line, column: 1 },
    };
    vec![
        allow("type/char-padded", "public.addresses.*", "ISO 3166 codes have two letters", None, 4),
        allow("index/unused", "public.products_title_idx", "the search is <b>late</b>", Some("2026-06-30"), 9),
        allow("index/duplicate", "public.old_*", "they go with the old shop", Some("2027-06-30"), 14),
    ]
}

pub(super) fn allowances() -> Vec<AllowanceUse> {
    let came_of = |expired, findings| AllowanceUse { expired, findings, checked: true };
    vec![came_of(false, 1), came_of(true, 1), came_of(false, 0)]
}

/// Of the findings of now, the baseline knows all but the first two; one was less severe, one had fewer places, two are mended.
pub(super) fn changes() -> Vec<Changes> {
    let mut known = KnownFinding::all(&findings());
    known.retain(|k| k.rule != "rls/disabled-on-exposed-table" && k.rule != "key/integer-exhaustion");
    for entry in &mut known {
        entry.since = Some("2026-08-01".into());
        match entry.rule.as_str() {
            "index/duplicate" => entry.severity = Some(Severity::Low),
            "type/timestamp-without-zone" => drop(entry.places.as_mut().map(|p| p.drain(..3).count())),
            "table/comment-missing" => entry.severity = Some(Severity::Medium),
            _ => {}
        }
    }
    let mended = |rule: &str, object: &str, severity| KnownFinding {
        fingerprint: format!("{rule} {object}"),
        rule: rule.into(),
        object: object.into(),
        severity: Some(severity),
        since: Some("2026-05-01".into()),
        places: Some(Vec::new()),
    };
    known.push(mended("index/unused", &format!("public.{HOSTILE}"), Severity::Low));
    known.push(mended("type/float-for-money", "public.order_items.price", Severity::High));
    known.push(mended("server/wraparound-age", "shop", Severity::High));
    let of = |kind, file: &str, day: &str, target: Option<&str>| {
        let reference = Reference { kind, file: file.into(), day: Some(day.into()), target: target.map(Into::into) };
        let rules = Rules { ran_then: &|_| true, ran_now: &|rule| rule != "server/wraparound-age", area: &area };
        Changes::between(reference, &known, &findings(), &rules)
    };
    let day = crate::format::date(NOW - 30.0 * super::DAY);
    vec![
        of(ReferenceKind::Baseline, "architrave-baseline.json", "2026-08-01", None),
        of(ReferenceKind::Snapshot, "shop.snapshot.json", &day, Some("shop on db.example.com")),
    ]
}

fn area(rule: &str) -> Option<Area> {
    super::RULES.iter().find(|r| r.id == rule).map(|r| r.area)
}
