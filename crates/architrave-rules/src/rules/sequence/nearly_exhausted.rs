//! `sequence/nearly-exhausted`: see `nearly_exhausted.md` for the rule's page.

use crate::columns;
use crate::figures::{by_size, count, percent};
use crate::relations::Feeding;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "sequence/nearly-exhausted",
    summary: "sequence close to its end",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Scaling,
    docs: include_str!("nearly_exhausted.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let feeding = Feeding::of(catalog);
    for sequence in catalog.sequences.iter().filter(|s| s.extension.is_none() && scope.covers(&s.name.schema)) {
        // Keys have a rule of their own; a sequence that starts anew does not end.
        if sequence.cycle || feeding.by(sequence).iter().any(|(t, c)| columns::is_key(t, &c.name)) {
            continue;
        }
        // A replay starts from empty: what it drew from the sequence says nothing about the real database.
        let handed_out = sequence.last_value.filter(|_| context.replay.is_none());
        let at = handed_out.unwrap_or(sequence.start) as f64;
        let (from, to) = if sequence.increment > 0 { (sequence.min, sequence.max) } else { (sequence.max, sequence.min) };
        let share = ((at - from as f64) / (to as f64 - from as f64)).clamp(0.0, 1.0);
        let severity = by_size(
            Some(share),
            RULE.severity,
            &[(0.95, Severity::Critical), (0.8, Severity::High), (0.5, Severity::Medium)],
            Severity::Info,
        );
        if share < 0.5 || !share.is_finite() {
            continue;
        }
        let verb = if handed_out.is_some() { "has used" } else { "starts after" };
        let message =
            format!("{} {verb} {} of its range, which ends at {}", sequence.name, percent(share), count(to.unsigned_abs() as f64));
        let why = "When the range is used up, nextval() fails with \"reached maximum value of sequence\", and so does every INSERT that takes a number from it. A sequence as bigint does not end in practice; the column that it feeds must be \
                   bigint as well.";
        let severity = if handed_out.is_none() { severity.min(Severity::Medium) } else { severity };
        sink.report(
            Draft::new(ObjectRef::in_schema(ObjectKind::Sequence, &sequence.name.schema, &sequence.name.name), message, why)
                .severity(severity)
                .evidence("last value", at, "pg_sequences.last_value")
                .evidence("end of the range", to, "pg_sequence.seqmax")
                .evidence("data type", sequence.data_type.clone(), "pg_sequence.seqtypid"),
        );
    }
}
