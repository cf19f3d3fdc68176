//! Cases of the rules that need a live server: settings, maintenance, workload.

use super::{check, not_run, severities};

const T: &str = "create table t (id bigint primary key, a text)";

fn settings(values: &str, more: &str) -> String {
    format!(r#"{{"settings": {{{values}}}{more}}}"#)
}

#[tokio::test]
async fn archiving() {
    let off = settings(r#""archive_mode": "off""#, "");
    let on = |command: &str| settings(&format!(r#""archive_mode": "on", "archive_command": "{command}""#), "");
    let failing = settings(
        r#""archive_mode": "on", "archive_command": "wal-g wal-push %p""#,
        r#", "stats": {"archiver": {"archived": 900, "failed": 12, "last_archived": 1795046400, "last_failed": 1795219000}}"#,
    );
    check(
        "backup/archiving-off",
        &[
            ("off", T, &off, &["archive_mode is off: no point in time can be recovered"]),
            ("on", T, &on("wal-g wal-push %p"), &[]),
            ("a library", T, &settings(r#""archive_mode": "always", "archive_command": "", "archive_library": "basic_archive""#, ""), &[]),
            (
                "without a command",
                T,
                &on(""),
                &["archive_mode is on, but neither archive_command nor archive_library is set: WAL piles up unarchived"],
            ),
            ("into nothing", T, &on("/bin/true"), &["archive_command reports success without storing anything"]),
            ("failures forgiven", T, &on("cp %p /backup/%f || true"), &["archive_command reports success without storing anything"]),
            ("failing", T, &failing, &["archiving of WAL fails: 12 failures, the last success was 2 days ago"]),
        ],
    )
    .await;
    assert_eq!(severities("backup/archiving-off", T, &off).await, ["high likely"]);
    let weight = async |brief: &str| {
        severities("backup/archiving-off", T, &settings(r#""archive_mode": "off""#, &format!(r#", "brief": {{{brief}}}"#))).await
    };
    assert_eq!(weight(r#""environment": "development""#).await, ["info likely"]);
    assert_eq!(weight(r#""recovery_point_minutes": 5"#).await, ["critical likely"]);
    assert_eq!(weight(r#""recovery_point_minutes": 1440"#).await, ["low likely"]);
    let managed = settings(r#""archive_mode": "off""#, r#", "server": {"platform": "rds"}"#);
    assert!(not_run("backup/archiving-off", &managed).await.unwrap().starts_with("Amazon RDS archives WAL out of the server's sight"));
    let streamed = settings(r#""archive_mode": "off""#, r#", "stats": {"replication": [{"application_name": "barman_receive_wal"}]}"#);
    assert!(not_run("backup/archiving-off", &streamed).await.unwrap().contains("barman_receive_wal streams the WAL"));
}

#[tokio::test]
async fn connections() {
    let of = |clients: u32, idle: u32| {
        format!(
            r#"{{"settings": {{"max_connections": "100", "superuser_reserved_connections": "3", "reserved_connections": "7"}},
                "stats": {{"activity": {{"clients": {clients}, "idle": {idle}}}}}}}"#
        )
    };
    for (clients, expected) in [(60, None), (64, Some("medium likely")), (75, Some("high likely")), (85, Some("critical likely"))] {
        assert_eq!(severities("connection/near-limit", T, &of(clients, 10)).await, expected.into_iter().collect::<Vec<_>>());
    }
    let unseen = r#"{"settings": {"max_connections": "100"}, "stats": {}}"#;
    assert_eq!(not_run("connection/near-limit", unseen).await.unwrap(), "the sessions of the server were not readable");
}

#[tokio::test]
async fn versions() {
    let of = |num: u32, version: &str, platform: &str| {
        settings("", &format!(r#", "server": {{"version_num": {num}, "version": "{version}", "platform": "{platform}"}}"#))
    };
    check(
        "server/version-out-of-date",
        &[
            (
                "ended lately",
                T,
                &of(140_023, "14.23", "self-managed"),
                &["PostgreSQL 14.23 is out of support since 2026-11-12, 9 days ago"],
            ),
            ("the provider goes on", T, &of(140_023, "14.23", "rds"), &["PostgreSQL 14 is out of support on 2027-02-28, in 99 days"]),
            ("long ago", T, &of(90_624, "9.6.24", "self-managed"), &["PostgreSQL 9.6.24 is out of support since long ago"]),
            ("one behind", T, &of(150_019, "15.19", "self-managed"), &["PostgreSQL 15.19 lacks 1 minor release: at least 15.20 is out"]),
            ("many behind", T, &of(160_001, "16.1", "self-managed"), &["PostgreSQL 16.1 lacks 14 minor releases: at least 16.15 is out"]),
            ("newer than the table", T, &of(180_009, "18.9", "self-managed"), &[]),
        ],
    )
    .await;
    let weight = async |num: u32, platform: &str| severities("server/version-out-of-date", T, &of(num, "x", platform)).await;
    assert_eq!(weight(150_019, "self-managed").await, ["low certain"]);
    assert_eq!(weight(150_010, "self-managed").await, ["medium certain"]);
    assert_eq!(weight(150_010, "neon").await, ["low certain"]);
    assert_eq!(weight(130_014, "self-managed").await, ["high certain"]);
    assert_eq!(
        not_run("server/version-out-of-date", &of(190_000, "19.0", "self-managed")).await.unwrap(),
        "version 19 is newer than the table of 2026-11-21"
    );
    assert_eq!(
        not_run("server/version-out-of-date", &of(150_018, "15.18", "private")).await.unwrap(),
        "the server is the private one of this run"
    );
}

#[tokio::test]
async fn open_networks() {
    let of = |listen: &str, kind: &str, method: &str| {
        format!(
            r#"{{"settings": {{"listen_addresses": "{listen}", "ssl": "on"}},
                "hba": [{{"line": 5, "kind": "{kind}", "databases": ["all"], "users": ["all"], "address": "all", "method": "{method}"}}]}}"#
        )
    };
    for (listen, kind, method, expected) in [
        ("*", "host", "trust", Some("critical likely")),
        ("*", "host", "password", Some("critical likely")),
        ("*", "hostssl", "password", Some("high likely")),
        ("*", "hostssl", "md5", Some("high likely")),
        ("*", "host", "scram-sha-256", Some("high likely")),
        ("*", "hostssl", "scram-sha-256", Some("medium likely")),
        ("*", "hostssl", "cert", Some("low likely")),
        ("10.0.0.5", "host", "trust", Some("critical possible")),
        ("localhost", "host", "trust", None),
        ("", "host", "trust", None),
        ("*", "host", "reject", None),
    ] {
        let found = severities("network/open-to-the-world", T, &of(listen, kind, method)).await;
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{listen} {kind} {method}");
    }
    let unseen = settings(r#""listen_addresses": "*""#, "");
    assert!(not_run("network/open-to-the-world", &unseen).await.unwrap().starts_with("the lines of pg_hba.conf are not readable"));
}

#[tokio::test]
async fn maintenance() {
    let of = |figures: &str| format!(r#"{{"stats": {{"tables": [{{"name": {{"schema": "public", "name": "t"}}, {figures}}}]}}}}"#);
    check(
        "maintenance/never-vacuumed",
        &[
            (
                "after a restore",
                T,
                &of(r#""rows": -1, "live_rows": 5000"#),
                &["1 table of schema public was never vacuumed or analyzed: t, 5,000 rows"],
            ),
            ("small", T, &of(r#""rows": -1, "live_rows": 999"#), &[]),
            (
                "analyzed by hand and full of dead rows",
                T,
                &of(r#""rows": 5000, "live_rows": 5000, "dead_rows": 4000, "last_analyze": 1795000000"#),
                &["1 table of schema public was never vacuumed: t, 5,000 rows"],
            ),
            ("counters lost in a crash", T, &of(r#""rows": 5000, "live_rows": 5000, "dead_rows": 10"#), &[]),
            ("vacuumed", T, &of(r#""rows": 5000, "live_rows": 5000, "dead_rows": 4000, "last_autovacuum": 1795000000"#), &[]),
        ],
    )
    .await;
    let age = |n: &str| format!(r#"{{"stats": {{"databases": [{{"name": "other", "xid_age": {n}}}]}}}}"#);
    for (n, expected) in [
        ("250000000", None),
        ("450000000", Some("medium certain")),
        ("900000000", Some("high certain")),
        ("1600000000", Some("critical certain")),
    ] {
        assert_eq!(severities("maintenance/wraparound-age", T, &age(n)).await, expected.into_iter().collect::<Vec<_>>(), "{n}");
    }
    let raised =
        r#"{"settings": {"autovacuum_freeze_max_age": "1000000000"}, "stats": {"databases": [{"name": "other", "xid_age": 900000000}]}}"#;
    assert_eq!(severities("maintenance/wraparound-age", T, raised).await, Vec::<String>::new());
    let multi = r#"{"stats": {"databases": [{"name": "other", "xid_age": 1, "multixact_age": 1300000000}]}}"#;
    assert_eq!(severities("maintenance/wraparound-age", T, multi).await, ["high certain"]);
}

#[tokio::test]
async fn sequential_scans() {
    let of = |figures: &str| format!(r#"{{"stats": {{"tables": [{{"name": {{"schema": "public", "name": "t"}}, {figures}}}]}}}}"#);
    check(
        "query/sequential-scans-on-large-table",
        &[
            (
                "again and again",
                T,
                &of(r#""rows": 50000, "seq_scans": 6000, "seq_rows_read": 300000000"#),
                &["public.t is read in full 100 times a day, 50,000 rows each"],
            ),
            ("scans that end early", T, &of(r#""rows": 50000, "seq_scans": 6000, "seq_rows_read": 60000"#), &[]),
            ("a backup a day", T, &of(r#""rows": 50000, "seq_scans": 60, "seq_rows_read": 3000000"#), &[]),
            ("small", T, &of(r#""rows": 500, "seq_scans": 6000000, "seq_rows_read": 3000000000"#), &[]),
        ],
    )
    .await;
    let young = r#"{"stats": {"database": {"stats_reset": 1795200000}}}"#;
    assert_eq!(
        not_run("query/sequential-scans-on-large-table", young).await.unwrap(),
        "the counters cover 5 hours only; a day is the least"
    );
}
