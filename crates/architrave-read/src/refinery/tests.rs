//! refinery projects.

use crate::testing::check;
use expect_test::expect;

#[test]
fn refinery_runs_its_u_files() {
    check(
        &[
            ("Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\nrefinery = { version = \"0.8\", features = [\"tokio-postgres\"] }\n"),
            ("migrations/V1__a.sql", "create table a (id int);"),
            ("migrations/U2__b.sql", "create table b (id int);"),
        ],
        expect![[r#"
            migrations (refinery) migrations
              1 PerFile migrations/V1__a.sql: 1:1 create table a (id int)
              2 PerFile migrations/U2__b.sql: 1:1 create table b (id int)
        "#]],
    );
}
