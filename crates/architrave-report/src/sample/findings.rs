//! The shop's findings and the plan that settles them.

use super::{HOSTILE, at, column, name};
use architrave_model::finding::{Confidence, Effect, Effort, Evidence, Finding, Fix, Link, Lock, Place, Proof, Severity, Value, Verdict};
use architrave_model::fingerprint::fingerprint;
use architrave_model::name::{ObjectKind, ObjectRef};
use architrave_model::roadmap::{Action, Phase, ProofCount, Step};
use std::collections::BTreeMap;

pub(super) fn draft(rule: &str, severity: Severity, object: ObjectRef, message: &str) -> Finding {
    Finding {
        rule: rule.into(),
        fingerprint: fingerprint(rule, &object),
        severity,
        confidence: Confidence::Certain,
        engine: "postgresql".into(),
        target: "shop on db.example.com".into(),
        object,
        places: Vec::new(),
        location: None,
        message: message.into(),
        why: format!("This matters here because {}.", message.split(' ').next().unwrap_or_default()),
        evidence: Vec::new(),
        fix: None,
        proof: None,
        safe: None,
        effort: Effort::Small,
        references: Vec::new(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "assigned to an optional field each time")]
fn fix(title: &str, up: &[&str], down: &[&str], lock: (&str, &str)) -> Option<Fix> {
    let concurrent = up.iter().any(|s| s.contains("concurrently"));
    Some(Fix {
        title: title.into(),
        up: up.iter().map(|s| (*s).into()).collect(),
        down: down.iter().map(|s| (*s).into()).collect(),
        transactional: !concurrent,
        effect: Effect { locks: vec![Lock { relation: lock.0.into(), mode: lock.1.into() }], ..Effect::default() },
        caution: None,
    })
}

#[expect(clippy::unnecessary_wraps, reason = "assigned to an optional field each time")]
fn proof(verdict: Verdict, reason: Option<&str>) -> Option<Proof> {
    Some(Proof {
        verdict,
        by: "round-trip".into(),
        before: BTreeMap::new(),
        after: BTreeMap::new(),
        transcript: if verdict == Verdict::Unknown {
            Vec::new()
        } else {
            vec!["> apply fix".into(), "ok".into(), String::new(), "finding gone: yes".into()]
        },
        reason: reason.map(Into::into),
    })
}

pub(super) fn findings() -> Vec<Finding> {
    let mut all = serious();
    all.extend(lesser());
    all.extend(least());
    all
}

fn serious() -> Vec<Finding> {
    let mut rls = draft(
        "rls/disabled-on-exposed-table",
        Severity::Critical,
        ObjectRef::table(&name(HOSTILE)),
        &format!("public.{HOSTILE} is open to anon without row level security"),
    );
    rls.why = "Anybody with the public key of the project may read this table.".into();
    rls.location = Some(at("supabase/migrations/20250618_orders.sql", 30));
    rls.fix = fix(
        "Switch row level security on",
        &[&format!("alter table {} enable row level security", name(HOSTILE).sql())],
        &[&format!("alter table {} disable row level security", name(HOSTILE).sql())],
        (HOSTILE, "AccessExclusiveLock"),
    );
    rls.proof = proof(Verdict::Proved, None);
    let mut exhaustion = draft(
        "key/integer-exhaustion",
        Severity::High,
        column("order_items", "id"),
        "public.order_items.id has used 90% of its integer range",
    );
    exhaustion.evidence = vec![
        Evidence {
            fact: "last value of public.order_items_id_seq".into(),
            value: Value::Int(1_932_735_283),
            source: "pg_sequences".into(),
        },
        Evidence { fact: "size of public.order_items".into(), value: Value::Int(10_000_000_000), source: "pg_total_relation_size".into() },
    ];
    exhaustion.fix = fix(
        "Make the key a bigint",
        &["alter table order_items alter column id type bigint"],
        &[],
        ("public.order_items", "AccessExclusiveLock"),
    );
    if let Some(fix) = &mut exhaustion.fix {
        fix.effect.rewrites.push("public.order_items".into());
        fix.effect.bytes = Some(10_000_000_000);
        fix.caution = Some("Rewriting 10 GB blocks the shop; plan a window or a shadow column.".into());
    }
    exhaustion.proof = proof(Verdict::Unknown, Some("the private server holds no rows, so the time cannot be measured"));
    exhaustion.effort = Effort::Large;
    let mut float = draft(
        "type/float-for-money",
        Severity::High,
        column("orders", "total"),
        "public.orders.total is double precision, which cannot hold cents exactly",
    );
    float.location = Some(at("supabase/migrations/20250618_orders.sql", 6));
    float.fix = fix(
        "Store cents as bigint",
        &["alter table orders alter column total type bigint using round(total * 100)"],
        &[],
        ("public.orders", "AccessExclusiveLock"),
    );
    float.proof = proof(Verdict::Refuted, Some("view public.daily_sales depends on the column, the server refuses the change"));
    let clerk = draft(
        "clerk/user-id-not-unique",
        Severity::High,
        column("customers", "clerk_user_id"),
        "public.customers.clerk_user_id is neither unique nor indexed",
    );
    let archive = draft(
        "backup/archiving-off",
        Severity::High,
        ObjectRef::global(ObjectKind::Setting, "archive_mode"),
        "archive_mode is off, 10 GiB cannot be brought back to a moment",
    );
    vec![rls, exhaustion, float, clerk, archive]
}

fn lesser() -> Vec<Finding> {
    let mut index = draft(
        "index/foreign-key-unindexed",
        Severity::Medium,
        ObjectRef::in_table(ObjectKind::Constraint, &name("orders"), "orders_customer_id_fkey"),
        "no index of public.orders starts with (customer_id)",
    );
    index.evidence =
        vec![Evidence { fact: "rows in public.orders".into(), value: Value::Int(4_812_000), source: "pg_class.reltuples".into() }];
    index.fix = fix(
        "Create the index",
        &["create index concurrently orders_customer_id_idx on public.orders (customer_id)"],
        &["drop index concurrently public.orders_customer_id_idx"],
        ("public.orders", "ShareUpdateExclusiveLock"),
    );
    if let Some(fix) = &mut index.fix {
        fix.effect.scans.push("public.orders".into());
        fix.effect.bytes = Some(105_226_698);
    }
    index.proof = proof(Verdict::Proved, None);
    if let Some(proof) = &mut index.proof {
        proof.before.insert("cost".into(), Value::Float(21_421.3));
        proof.after.insert("cost".into(), Value::Float(363.8));
    }
    index.references = vec![
        Link { title: "Indexes and foreign keys".into(), url: "https://www.postgresql.org/docs/current/ddl-constraints.html".into() },
        Link { title: "evil".into(), url: "javascript:alert(1)".into() },
    ];
    let mut duplicate = draft(
        "index/duplicate",
        Severity::Medium,
        ObjectRef::in_table(ObjectKind::Index, &name("order_items"), "idx_items_order"),
        "public.idx_items_order equals public.order_items_order_id_idx, 1 GiB",
    );
    duplicate.fix = fix(
        "Drop the duplicate",
        &["drop index concurrently public.idx_items_order"],
        &["create index concurrently idx_items_order on public.order_items (order_id)"],
        ("public.order_items", "ShareUpdateExclusiveLock"),
    );
    if let Some(fix) = &mut duplicate.fix {
        fix.effect.bytes = Some(-1_073_741_824);
    }
    duplicate.proof = proof(Verdict::Proved, None);
    vec![index, duplicate]
}

fn least() -> Vec<Finding> {
    let mut zone = draft(
        "type/timestamp-without-zone",
        Severity::Medium,
        ObjectRef::global(ObjectKind::Database, "postgres"),
        "22 columns are timestamp without time zone",
    );
    zone.places = (1..=22)
        .map(|n| Place {
            object: column("orders", &format!("at_{n}")),
            location: Some(at("supabase/migrations/20250618_orders.sql", n)),
            detail: Some("timestamp(3) without time zone".into()),
        })
        .collect();
    let minor = draft(
        "server/out-of-date-minor",
        Severity::Medium,
        ObjectRef::global(ObjectKind::Cluster, "15.18"),
        "PostgreSQL 15.18 is 2 minor releases behind",
    );
    let failed = draft(
        "migration/statement-failed",
        Severity::Medium,
        ObjectRef::global(ObjectKind::File, "supabase/migrations/20250618_orders.sql"),
        "1 statement of 20250618_orders.sql fails on an empty server",
    );
    let unused = draft(
        "index/unused",
        Severity::Low,
        ObjectRef::in_table(ObjectKind::Index, &name("products"), "products_title_idx"),
        "public.products_title_idx was not scanned in 61 days",
    );
    let mut nullable = draft(
        "column/nullable-foreign-key",
        Severity::Low,
        column("order_items", "product_id"),
        "public.order_items.product_id may be null and never is",
    );
    nullable.confidence = Confidence::Likely;
    let comment = draft("table/comment-missing", Severity::Info, ObjectRef::table(&name("orders")), "4 tables have no comment");
    vec![zone, minor, failed, unused, nullable, comment]
}

pub(super) fn roadmap(findings: &[Finding]) -> Vec<Action> {
    let action = |order: u32, phase, title: &str, on: &[usize], sql: &[&str], rollback: &[&str], verdict| {
        let settles: Vec<&Finding> = on.iter().map(|n| &findings[n - 1]).collect();
        let count = |v| settles.iter().filter(|f| f.proof.as_ref().is_some_and(|p| p.verdict == v)).count() as u32;
        Action {
            order,
            phase,
            title: title.into(),
            why: format!("Removes what {} findings cost.", settles.len()),
            severity: settles.iter().map(|f| f.severity).max().unwrap_or_default(),
            effort: Effort::Small,
            score: 12.5 / f64::from(order),
            findings: settles.iter().map(|f| f.fingerprint.clone()).collect(),
            steps: vec![Step {
                title: title.into(),
                sql: sql.iter().map(|s| (*s).into()).collect(),
                transactional: !sql.iter().any(|s| s.contains("concurrently")),
            }],
            effect: settles.iter().filter_map(|f| f.fix.as_ref()).map(|f| f.effect.clone()).next().unwrap_or_default(),
            verdict,
            proofs: ProofCount { proved: count(Verdict::Proved), refuted: count(Verdict::Refuted), unknown: count(Verdict::Unknown) },
            risk: "A long transaction keeps the lock waiting; set lock_timeout and try again.".into(),
            test: "Run the review again: the findings are gone.".into(),
            rollback: rollback.iter().map(|s| (*s).into()).collect(),
            would_change: "A table that nobody reads.".into(),
        }
    };
    let enable = format!("alter table {} enable row level security", name(HOSTILE).sql());
    let disable = format!("alter table {} disable row level security", name(HOSTILE).sql());
    vec![
        action(1, Phase::Now, &format!("Close public.{HOSTILE} to outsiders"), &[1], &[&enable], &[&disable], Verdict::Proved),
        action(
            2,
            Phase::Now,
            "Index the foreign key, drop the duplicate",
            &[6, 7],
            &[
                "create index concurrently orders_customer_id_idx on public.orders (customer_id)",
                "drop index concurrently public.idx_items_order",
            ],
            &[
                "drop index concurrently public.orders_customer_id_idx",
                "create index concurrently idx_items_order on public.order_items (order_id)",
            ],
            Verdict::Proved,
        ),
        action(3, Phase::Next, "Switch WAL archiving on", &[5], &[], &["set archive_mode back and restart"], Verdict::Unknown),
        action(
            4,
            Phase::Later,
            "Widen the key of order_items",
            &[2],
            &["alter table order_items alter column id type bigint"],
            &[],
            Verdict::Unknown,
        ),
    ]
}
