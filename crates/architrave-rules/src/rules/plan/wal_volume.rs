//! `plan/wal-volume`: see `wal_volume.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::wording::{rows, size};
use crate::figures::{count, percent};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/wal-volume",
    summary: "a write makes far more WAL than the rows it changes",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("wal_volume.md"),
    check: Check::Plan(check),
};

/// A WAL segment is 16 MiB; less than half of one is not worth a word.
const LEAST_BYTES: f64 = 8.0 * 1_048_576.0;
/// Full-page images are the greater part: from half of the volume on.
const IMAGE_SHARE: f64 = 0.5;
/// Records per changed row: one for the row and one per index is the rule, so more than four means several indexes are written each time.
const RECORDS_PER_ROW: f64 = 4.0;
/// Bytes of WAL from which on a statement is felt by replicas, archives and checkpoints: max_wal_size is 1 GiB by default.
const MUCH: f64 = 1_073_741_824.0;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let writes: Vec<&Seat<'_>> = tree.seats().iter().filter(|s| s.writes()).collect();
    let by_bytes = |a: &&&Seat<'_>, b: &&&Seat<'_>| a.node.wal_bytes.unwrap_or(0.0).total_cmp(&b.node.wal_bytes.unwrap_or(0.0));
    let Some(seat) = writes.iter().max_by(by_bytes) else { return };
    let Some(bytes) = seat.node.wal_bytes.filter(|n| *n >= LEAST_BYTES) else { return };
    let changed = tree.inputs(seat).filter_map(Seat::rows).sum::<f64>().max(1.0);
    let (records, images) = (seat.node.wal_records.unwrap_or(0.0), seat.node.wal_full_page_images.unwrap_or(0.0));
    // An image is a page without its hole: 8 KiB at most.
    let image_bytes = (images * 8192.0).min(bytes);
    let by_images = image_bytes >= bytes * IMAGE_SHARE;
    if !by_images && records < changed * RECORDS_PER_ROW {
        return;
    }
    let relation = tree.relation_name(seat);
    let operation = seat.node.operation.as_deref().unwrap_or("write").to_lowercase();
    let message =
        format!("the {operation} of {} in {relation} writes {} of WAL, {} a row", rows(changed), size(bytes), size(bytes / changed));
    let indexes = tree.table(seat).map_or(0, |t| t.indexes.len());
    let cause = if by_images {
        format!(
            "{} of them are whole pages: after each checkpoint the first change to a page writes all of it to the WAL, and {} pages were changed here for {}. Changes spread \
             over the table (random keys, rows in no order) touch a new page each time, and checkpoints that follow each other closely start it anew.",
            size(image_bytes),
            count(images),
            rows(changed)
        )
    } else {
        format!(
            "It is {:.1} records for each row: the row itself, and an entry in each index that an update has to make again as soon as one indexed column changes or the page \
             has no room left (no HOT update). {relation} has {indexes} indexes.",
            records / changed
        )
    };
    let why = format!(
        "Everything that is written goes to the write-ahead log first; replicas, archives and backups move the same bytes again, and checkpoints come sooner. {cause}"
    );
    let severity = if bytes >= MUCH { Severity::Medium } else { Severity::Low };
    let mut draft = Draft::new(explained.object(), message, why).severity(severity);
    draft = tree
        .with_place(draft, seat, tree.weight(seat))
        .evidence("bytes of WAL", bytes, "EXPLAIN (ANALYZE, WAL)")
        .evidence("records of WAL", records, "EXPLAIN (ANALYZE, WAL)")
        .evidence("full-page images", images, "EXPLAIN (ANALYZE, WAL)")
        .evidence("rows changed", changed, "EXPLAIN ANALYZE");
    if by_images {
        draft = draft.evidence("share of full-page images", percent(image_bytes / bytes), "EXPLAIN (ANALYZE, WAL)");
        if matches!(tree.setting("wal_compression"), Some("off")) {
            draft = draft.fix(compress());
        }
    }
    sink.report(draft);
}

fn compress() -> Fix {
    Fix {
        title: "compress full-page images".into(),
        up: vec!["alter system set wal_compression = on".into(), "select pg_reload_conf()".into()],
        down: vec!["alter system reset wal_compression".into(), "select pg_reload_conf()".into()],
        transactional: false,
        effect: Effect::default(),
        caution: Some(
            "costs processor time for each image; longer checkpoints (checkpoint_timeout, max_wal_size) make fewer of them, and recovery after a crash longer".into(),
        ),
    }
}
