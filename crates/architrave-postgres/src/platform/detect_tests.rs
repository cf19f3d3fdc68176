//! Tests of recognition over recorded facts: providers cannot be had here.

use super::*;

fn facts(host: &str, port: u16) -> Facts {
    Facts { host: host.to_owned(), port, ..Facts::default() }
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

#[track_caller]
fn check(facts: &Facts, platform: Platform, evidence: &str) {
    let found = detect(facts);
    assert_eq!((found.platform, found.evidence.as_deref().unwrap_or("")), (platform, evidence));
}

#[test]
fn hosts() {
    for (host, platform) in [
        ("db.abcdefghijklmnopqrst.supabase.co", Platform::Supabase),
        ("aws-0-eu-central-1.pooler.supabase.com", Platform::Supabase),
        ("ep-cool-darkness-123456.us-east-2.aws.neon.tech", Platform::Neon),
        ("EP-Cool-Darkness-123456-pooler.us-east-2.aws.NEON.tech.", Platform::Neon),
        ("shop.c9akciq32.eu-west-1.rds.amazonaws.com", Platform::Rds),
        ("shop.cluster-c9akciq32.eu-west-1.rds.amazonaws.com", Platform::Aurora),
        ("shop.cluster-ro-c9akciq32.eu-west-1.rds.amazonaws.com", Platform::Aurora),
        ("shop.proxy-c9akciq32.eu-west-1.rds.amazonaws.com", Platform::Rds),
        ("shop.postgres.database.azure.com", Platform::Azure),
        ("/cloudsql/project:region:instance", Platform::CloudSql),
        ("localhost", Platform::SelfManaged),
        ("supabase.co.example.com", Platform::SelfManaged),
        ("notsupabase.co", Platform::SelfManaged),
        ("", Platform::SelfManaged),
    ] {
        assert_eq!(detect(&facts(host, 5432)).platform, platform, "{host}");
    }
}

#[test]
fn what_the_server_says_comes_first() {
    let tunnel = |settings: &[&str], functions: &[&str]| Facts {
        settings: names(settings),
        functions: names(functions),
        ..facts("localhost", 15432)
    };
    check(&tunnel(&["work_mem", "rds.extensions"], &[]), Platform::Rds, "setting rds.extensions");
    check(&tunnel(&["rds.extensions"], &["aurora_version"]), Platform::Aurora, "function aurora_version()");
    check(
        &tunnel(&["rds.extensions", "apg_plan_mgmt.capture_plan_baselines"], &[]),
        Platform::Aurora,
        "setting apg_plan_mgmt.capture_plan_baselines",
    );
    check(&tunnel(&["neon.tenant_id"], &[]), Platform::Neon, "setting neon.tenant_id");
    check(&tunnel(&["azure.extensions"], &[]), Platform::Azure, "setting azure.extensions");
    check(&tunnel(&["cloudsql.iam_authentication"], &[]), Platform::CloudSql, "setting cloudsql.iam_authentication");
    check(&tunnel(&["google_columnar_engine.enabled", "cloudsql.x"], &[]), Platform::AlloyDb, "setting google_columnar_engine.enabled");
    check(&tunnel(&["work_mem"], &[]), Platform::SelfManaged, "");
    // The server is Neon whatever the address says.
    let named = Facts { settings: names(&["neon.tenant_id"]), ..facts("shop.postgres.database.azure.com", 5432) };
    check(&named, Platform::Neon, "setting neon.tenant_id");
}

#[test]
fn supabase_behind_any_address() {
    let stack = Facts { roles: names(&["postgres", "supabase_admin", "authenticator", "anon"]), ..facts("127.0.0.1", 54322) };
    check(&stack, Platform::Supabase, "role supabase_admin");
    let vault = Facts { extensions: names(&["supabase_vault"]), ..facts("127.0.0.1", 54322) };
    check(&vault, Platform::Supabase, "extension supabase_vault");
}

#[test]
fn roles_come_last() {
    let roles = |list: &[&str], host: &str| Facts { roles: names(list), ..facts(host, 5432) };
    check(&roles(&["rdsadmin", "rds_superuser"], "10.0.0.1"), Platform::Rds, "role rdsadmin");
    check(&roles(&["cloudsqlsuperuser"], "10.0.0.1"), Platform::CloudSql, "role cloudsqlsuperuser");
    check(&roles(&["azure_pg_admin"], "10.0.0.1"), Platform::Azure, "role azure_pg_admin");
    check(&roles(&["alloydbsuperuser", "cloudsqlsuperuser"], "10.0.0.1"), Platform::AlloyDb, "role alloydbsuperuser");
    check(&roles(&["neon_superuser"], "10.0.0.1"), Platform::Neon, "role neon_superuser");
    // A dump of RDS restored at Neon.
    check(&roles(&["rds_superuser"], "ep-a-1.aws.neon.tech"), Platform::Neon, "host name ends with .neon.tech");
    check(&roles(&["postgres"], "10.0.0.1"), Platform::SelfManaged, "");
}

#[test]
fn poolers_by_address() {
    for (host, port, name, transaction_mode) in [
        ("aws-0-eu-central-1.pooler.supabase.com", 6543, "Supavisor", Some(true)),
        ("aws-0-eu-central-1.pooler.supabase.com", 5432, "Supavisor", Some(false)),
        ("db.abcdefghijklmnopqrst.supabase.co", 6543, "PgBouncer", Some(true)),
        ("ep-cool-darkness-123456-pooler.us-east-2.aws.neon.tech", 5432, "PgBouncer", Some(true)),
        ("shop.proxy-c9akciq32.eu-west-1.rds.amazonaws.com", 5432, "RDS Proxy", None),
        ("shop.postgres.database.azure.com", 6432, "PgBouncer", None),
        ("db-do-user-1.b.db.ondigitalocean.com", 25061, "PgBouncer", None),
        ("10.0.0.1", 6432, "PgBouncer", None),
    ] {
        let pooler = detect(&facts(host, port)).pooler.unwrap_or_else(|| panic!("{host}"));
        assert_eq!((pooler.name, pooler.transaction_mode), (name, transaction_mode), "{host}");
    }
    for (host, port) in [
        ("db.abcdefghijklmnopqrst.supabase.co", 5432),
        ("ep-cool-darkness-123456.us-east-2.aws.neon.tech", 5432),
        ("my-pooler.example.com", 5432),
        ("shop.c9akciq32.eu-west-1.rds.amazonaws.com", 5432),
        ("localhost", 5432),
    ] {
        assert_eq!(detect(&facts(host, port)).pooler, None, "{host}");
    }
}

#[test]
fn poolers_by_protocol() {
    let ids = |told: i32, real: Option<i32>, port: u16| {
        let facts = Facts { protocol_pid: Some(told), backend_pid: real, ..facts("10.0.0.1", port) };
        detect(&facts).pooler.map(|pooler| pooler.name)
    };
    assert_eq!(ids(4711, Some(4711), 5432), None);
    assert_eq!(ids(4711, Some(4711), 6432), None);
    assert_eq!(ids(4711, Some(4712), 5432), Some("a connection pooler"));
    assert_eq!(ids(-4711, Some(4712), 6432), Some("PgBouncer"));
    assert_eq!(ids(-4711, None, 5432), Some("a connection pooler"));
    assert_eq!(ids(2_000_000_000, None, 5432), Some("a connection pooler"));
    assert_eq!(ids(4711, None, 5432), None);
    let console = BTreeMap::from([("server_version".to_owned(), "1.18.0/bouncer".to_owned())]);
    let console = Facts { parameters: console, ..facts("10.0.0.1", 5432) };
    assert_eq!(detect(&console).pooler.unwrap().name, "PgBouncer");
    let said = Facts { says_pooler: true, ..facts("10.0.0.1", 5432) };
    assert_eq!(detect(&said).pooler.unwrap().evidence, "the connection string has pgbouncer=true");
}

#[test]
fn forks() {
    for (text, product) in [
        ("CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu, built 2023/09/27 01:53:43, go1.19.10)", Some("CockroachDB")),
        ("PostgreSQL 11.2-YB-2.18.0.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 15.0.7", Some("YugabyteDB")),
        ("PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017, Redshift 1.0.12103", Some("Amazon Redshift")),
        ("PostgreSQL 9.4.24 (Greenplum Database 6.19.0 build commit:2b16ba) on x86_64-unknown-linux-gnu", Some("Greenplum")),
        ("PostgreSQL 14.4 (Cloudberry Database 1.5.0 build 1) on x86_64-pc-linux-gnu", Some("Apache Cloudberry")),
        ("PostgreSQL 9.5.0 on x86_64-unknown-linux-gnu (Materialize v0.88.0)", Some("Materialize")),
        ("CrateDB 5.5.0 (built 1a2b3c4/NA, Linux 5.15.0 amd64, OpenJDK 64-Bit Server VM 21)", Some("CrateDB")),
        ("PostgreSQL 12.3, compiled by Visual C++ build 1914, 64-bit, QuestDB", Some("QuestDB")),
        ("PostgreSQL 13.14.0-RisingWave-1.9.0 (a1b2c3)", Some("RisingWave")),
        ("(openGauss 3.0.0 build 02c14696) compiled at 2022-04-01 18:12:34", Some("openGauss")),
        ("PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit", None),
        ("PostgreSQL 16.3 on aarch64-unknown-linux-gnu, compiled by gcc (GCC) 7.3.1 20180712 (Red Hat 7.3.1-12), 64-bit", None),
        ("PostgreSQL 15.2 (EnterpriseDB Advanced Server 15.2.0) on x86_64-pc-linux-gnu", None),
        ("PostgreSQL 16.2 - Percona Distribution on x86_64-pc-linux-gnu", None),
        ("", None),
    ] {
        assert_eq!(fork(text), product, "{text}");
    }
    let parameters = BTreeMap::from([("crdb_version".to_owned(), "CockroachDB CCL v23".to_owned())]);
    assert_eq!(detect(&Facts { parameters, ..Facts::default() }).fork, Some("CockroachDB"));
}
