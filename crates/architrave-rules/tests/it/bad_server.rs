//! A server with everything wrong that settings, `pg_hba.conf` and roles can have wrong, read as the product reads it: the rules see it.

use crate::facts::Facts;
use crate::server::{all_majors, ends};
use architrave_postgres::read::{ReadOptions, read_snapshot};
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions, installations};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// Appends to a file of the data directory.
fn append(path: &Path, text: &str) {
    let mut whole = std::fs::read_to_string(path).unwrap();
    whole.push_str(text);
    std::fs::write(path, whole).unwrap();
}

/// The private server itself has no durability and no autovacuum; this is the rest.
fn settings() -> Vec<(String, String)> {
    let settings = [
        ("password_encryption", "md5"),
        ("track_counts", "off"),
        ("enable_nestloop", "off"),
        ("random_page_cost", "0.5"),
        ("log_statement", "all"),
        ("checkpoint_completion_target", "0.5"),
        ("superuser_reserved_connections", "0"),
        ("max_parallel_workers", "64"),
        ("default_statistics_target", "5000"),
        ("autovacuum_freeze_max_age", "1500000000"),
        ("post_auth_delay", "0"),
        ("zero_damaged_pages", "on"),
        ("effective_cache_size", "8MB"),
        ("transform_null_equals", "on"),
    ];
    settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const SQL: &str = "create role bad_app login superuser password 'bad_app'; create role bad_etl login createrole; \
    grant pg_execute_server_program to bad_etl; create role bad_ops login; grant bad_app to bad_ops; \
    alter role bad_ops set session_replication_role = 'replica'; alter role bad_ops valid until 'yesterday'; \
    create unlogged table cache (id bigint primary key); grant insert on cache to public; \
    create table quiet (id bigint primary key) with (autovacuum_enabled = off); \
    alter default privileges grant select on tables to public; select pg_create_physical_replication_slot('nobody', true)";

/// Waits until the query says so.
async fn until(client: &tokio_postgres::Client, query: &str) {
    for _ in 0..100_000 {
        if client.query_one(query, &[]).await.unwrap().get::<_, bool>(0) {
            return;
        }
    }
    panic!("never true: {query}");
}

async fn found_on(major: u16) -> BTreeSet<String> {
    let mut options = ServerOptions::from_env().with_major(Some(major));
    options.extra_settings = settings();
    let server = PrivateServer::start(&options, &NoProgress).await.unwrap();
    let mut client = server.connect("postgres").await.unwrap();
    for statement in SQL.split("; ") {
        client.batch_execute(statement).await.unwrap_or_else(|e| panic!("{statement}: {e:?}"));
    }
    client.batch_execute("alter system set max_connections = 77").await.unwrap();
    client.batch_execute("select pg_reload_conf()").await.unwrap();
    until(&client, "select count(*) > 0 from pg_settings where pending_restart").await;
    // From here on the server takes nothing from its files any more: one line has an error.
    let hba = server.data_dir().join("pg_hba.conf");
    let mut lines = String::from("host all all 10.0.0.0/8 trust\nhost all all 10.66.0.0/16 reject\nhost all all 192.168.0.0/16 password\n");
    writeln!(lines, "host all bad_ops 172.16.0.0/12 nonsense").unwrap();
    append(&hba, &lines);
    append(&server.data_dir().join("postgresql.conf"), "no_such_setting = 1\nlisten_addresses = '*'\n");
    let snapshot = read_snapshot(&mut client, &ReadOptions::default(), &NoProgress).await.unwrap();
    let read = snapshot.settings.as_ref().unwrap();
    let hash = read.passwords.iter().flatten().find(|p| p.role == "bad_app").unwrap();
    assert_eq!((hash.kind.as_str(), hash.is_own_name), ("md5", true), "PostgreSQL {major}");
    assert!(read.overrides.iter().any(|o| o.role.as_deref() == Some("bad_ops") && o.name == "session_replication_role"));
    let mut facts = Facts::new(snapshot.server.version_num, None);
    facts.settings = snapshot.settings;
    facts.stats = snapshot.stats;
    facts.server = snapshot.server;
    // What is listened on changes with a restart only; the rules are asked as if it had been restarted.
    let values = facts.settings.as_mut().unwrap();
    values.values.iter_mut().find(|s| s.name == "listen_addresses").unwrap().value = "*".into();
    let outcome = architrave_rules::run(&facts.context(&snapshot.catalog), None);
    outcome.findings.iter().map(|f| f.rule.clone()).collect()
}

#[tokio::test]
async fn a_server_with_everything_wrong_is_seen_through_the_reader() {
    let majors: BTreeSet<u16> = installations(&ServerOptions::from_env()).iter().map(|i| i.major).collect();
    let expected = [
        "backup/archiving-off",
        "maintenance/autovacuum-off",
        "maintenance/freeze-age-high",
        "network/line-invalid",
        "network/line-unreached",
        "network/password-in-clear",
        "network/tls-off",
        "network/trust-authentication",
        "role/attributes-excessive",
        "role/default-privileges-public",
        "role/granted-to-public",
        "role/password-expiring",
        "role/password-weak-hash",
        "role/server-access-granted",
        "role/superuser-by-membership",
        "server/checksums-off",
        "setting/cache-size-contradictory",
        "setting/checkpoints-bursty",
        "setting/constraints-bypassed",
        "setting/counters-off",
        "setting/developer-option-on",
        "setting/durability-off",
        "setting/file-error",
        "setting/log-leaks",
        "setting/planner-costs-contradictory",
        "setting/planner-method-off",
        "setting/restart-pending",
        "setting/sql-semantics-changed",
        "setting/statistics-target-extreme",
        "setting/synchronous-commit-off",
        "setting/worker-limits-contradictory",
    ];
    for major in if all_majors() { majors } else { ends(&majors) } {
        let found = found_on(major).await;
        // Since 17 the server tells for how long nobody has read from a slot: this one has just been made.
        let slot = if major < 17 { "replication/slot-unread" } else { "replication/slot-unbounded" };
        assert!(found.contains(slot), "PostgreSQL {major}: {found:?}");
        let missing: Vec<&str> = expected.iter().filter(|rule| !found.contains(**rule)).copied().collect();
        assert!(missing.is_empty(), "PostgreSQL {major}: not seen: {missing:?}; seen: {found:?}");
    }
}
