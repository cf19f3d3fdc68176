//! Cases of the rules on servers: who can change what, what weighs how much, and when nothing is said.

use super::{check, not_run, severities};

const T: &str = "create table t (id bigint primary key, a text)";

fn settings(values: &str, more: &str) -> String {
    format!(r#"{{"settings": {{{values}}}{more}}}"#)
}

async fn weighs(rule: &str, facts: &str, expected: Option<&str>) {
    assert_eq!(severities(rule, T, facts).await, expected.into_iter().collect::<Vec<_>>(), "{rule} {facts}");
}

#[tokio::test]
async fn durability_and_whose_it_is() {
    let off = |more: &str| settings(r#""fsync": "off""#, more);
    weighs("setting/durability-off", &off(""), Some("critical certain")).await;
    weighs("setting/durability-off", &off(r#", "brief": {"environment": "development"}"#), Some("low certain")).await;
    let managed = off(r#", "server": {"platform": "neon"}"#);
    weighs("setting/durability-off", &managed, None).await;
    assert_eq!(not_run("setting/durability-off", &managed).await.unwrap(), "Neon keeps fsync and full_page_writes itself");
    let private = off(r#", "server": {"platform": "private"}"#);
    assert_eq!(not_run("setting/durability-off", &private).await.unwrap(), "the server is the private one of this run");
    // What our own session has says nothing about the others.
    let own = r#"{"settings": {"synchronous_commit": {"value": "off", "source": "user"}}}"#;
    weighs("setting/synchronous-commit-off", own, None).await;
}

#[tokio::test]
async fn memory_is_asked_for_where_it_is_not_known() {
    let buffers = |blocks: u64, more: &str| settings(&format!(r#""shared_buffers": {{"value": "{blocks}", "unit": "8kB"}}"#), more);
    let unknown = buffers(524_288, "");
    assert_eq!(
        not_run("setting/shared-buffers-unfit", &unknown).await.unwrap(),
        "the memory of the server is not known: say memory_bytes in [brief]"
    );
    weighs("setting/shared-buffers-unfit", &buffers(16_384, r#", "stats": {"database": {"bytes": 9000000000}}"#), Some("low likely")).await;
    let of_16_gb = r#", "brief": {"memory_bytes": 17179869184}, "stats": {"database": {"bytes": 900000000000}}"#;
    weighs("setting/shared-buffers-unfit", &buffers(524_288, of_16_gb), None).await;
    weighs("setting/shared-buffers-unfit", &buffers(1_048_576, of_16_gb), Some("medium likely")).await;
    weighs("setting/shared-buffers-unfit", &buffers(131_072, of_16_gb), Some("medium likely")).await;
}

#[tokio::test]
async fn who_comes_from_where() {
    let of = |listen: &str, lines: &str| format!(r#"{{"settings": {{"listen_addresses": "{listen}", "ssl": "on"}}, "hba": [{lines}]}}"#);
    let line = |n: u32, kind: &str, address: &str, method: &str| {
        format!(
            r#"{{"line": {n}, "kind": "{kind}", "databases": ["all"], "users": ["all"], "address": "{address}", "method": "{method}"}}"#
        )
    };
    for (listen, address, expected) in [
        ("*", "10.0.0.0/8", Some("critical certain")),
        ("*", "127.0.0.1/32", Some("medium certain")),
        ("localhost", "10.0.0.0/8", Some("medium certain")),
        ("", "10.0.0.0/8", None),
        // Told by `network/open-to-the-world`.
        ("*", "0.0.0.0/0", None),
    ] {
        weighs("network/trust-authentication", &of(listen, &line(1, "host", address, "trust")), expected).await;
    }
    for (first, second, expected) in [
        (("10.0.0.0/8", "md5"), ("10.1.0.0/16", "reject"), Some("medium certain")),
        (("10.0.0.0/8", "trust"), ("10.1.0.0/16", "scram-sha-256"), Some("medium certain")),
        (("10.0.0.0/8", "md5"), ("10.1.0.0/16", "scram-sha-256"), Some("low certain")),
        (("10.0.0.0/8", "reject"), ("10.1.0.0/16", "scram-sha-256"), Some("low certain")),
        (("10.0.0.0/8", "md5"), ("10.1.0.0/16", "md5"), Some("info certain")),
        (("10.1.0.0/16", "md5"), ("10.0.0.0/8", "reject"), None),
    ] {
        let lines = format!("{}, {}", line(1, "host", first.0, first.1), line(2, "host", second.0, second.1));
        weighs("network/line-unreached", &of("*", &lines), expected).await;
    }
    let unseen = settings(r#""listen_addresses": "*""#, "");
    assert!(not_run("network/line-unreached", &unseen).await.unwrap().starts_with("the lines of pg_hba.conf are not readable"));
}

#[tokio::test]
async fn time_outs_may_be_set_for_roles() {
    let unset = r#""statement_timeout": {"value": "0", "unit": "ms"}, "lock_timeout": {"value": "0", "unit": "ms"},
        "idle_in_transaction_session_timeout": {"value": "0", "unit": "ms"}"#;
    let with = |entries: &str| settings(unset, &format!(r#", "settings_more": {{"overrides": [{entries}]}}"#));
    let of = |name: &str, value: &str| format!(r#"{{"role": "app", "name": "{name}", "value": "{value}"}}"#);
    weighs("connection/timeouts-unset", &with(""), Some("low certain")).await;
    let two = format!("{}, {}", of("statement_timeout", "30s"), of("lock_timeout", "5s"));
    weighs("connection/timeouts-unset", &with(&two), Some("info certain")).await;
    weighs("connection/timeouts-unset", &with(&format!("{two}, {}", of("transaction_timeout", "1min"))), None).await;
    weighs("connection/timeouts-unset", &with(&format!("{two}, {}", of("idle_in_transaction_session_timeout", "0"))), Some("info certain"))
        .await;
}

#[tokio::test]
async fn slots_by_what_they_retain() {
    let of = |more: &str| format!(r#"{{"stats": {{"slots": [{{"name": "s", "kind": "logical", "active": false{more}}}]}}}}"#);
    weighs("replication/slot-unread", &of(r#", "retained_bytes": 1000"#), Some("low certain")).await;
    weighs("replication/slot-unread", &of(r#", "retained_bytes": 2000000000"#), Some("medium certain")).await;
    weighs("replication/slot-unread", &of(r#", "retained_bytes": 90000000000"#), Some("high certain")).await;
    weighs("replication/slot-unread", &of(r#", "retained_bytes": 90000000000, "inactive_seconds": 30"#), None).await;
    weighs("replication/slot-unread", &of(r#", "retained_bytes": 90000000000, "temporary": true"#), None).await;
    // Told by `replication/slot-lost`.
    weighs("replication/slot-unread", &of(r#", "wal_status": "lost""#), None).await;
    weighs("replication/slot-lost", &of(r#", "wal_status": "lost""#), Some("high certain")).await;
}

#[tokio::test]
async fn thresholds_are_computed_for_the_table() {
    let of = |rows: &str, more: &str| {
        format!(
            r#"{{"stats": {{"tables": [{{"name": {{"schema": "public", "name": "t"}}, "rows": {rows}, "live_rows": {rows}, "updated": 90000000}}]}}{more}}}"#
        )
    };
    let said = "autovacuum waits for up to 4,000,050 dead rows in 1 large table: public.t";
    let own = "create table t (id bigint primary key) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500000)";
    let inserted = of("20000000", "").replace("updated", "inserted");
    check(
        "maintenance/threshold-high",
        &[
            ("large", T, &of("20000000", ""), &[said]),
            ("small", T, &of("900000", ""), &[]),
            ("only inserted into", T, &inserted, &[]),
            ("set for the table", own, &of("20000000", ""), &[]),
            ("set for the server", T, &of("20000000", r#", "settings": {"autovacuum_vacuum_scale_factor": "0.01"}"#), &[]),
        ],
    )
    .await;
}
