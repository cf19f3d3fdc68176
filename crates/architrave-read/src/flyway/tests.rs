//! Flyway projects.

use super::version::parse_name;
use crate::testing::check;
use expect_test::expect;

#[test]
fn versions_repeatables_and_oddities() {
    check(
        &[
            ("src/main/resources/db/migration/V1__a.sql", "create table a (id int);"),
            ("src/main/resources/db/migration/V1.10__c.sql", "create index concurrently i on a (id);"),
            ("src/main/resources/db/migration/2024/V1_9__b.sql", "create table b (id int);\ncreate index concurrently j on b (id);"),
            ("src/main/resources/db/migration/V2__d.sql", "create table ${schema}.d (id int);"),
            ("src/main/resources/db/migration/V3__e.sql", "select 1;\nselect 2;"),
            ("src/main/resources/db/migration/V3__e.sql.conf", "executeInTransaction = false\n"),
            ("src/main/resources/db/migration/U2__d.sql", "drop table d;"),
            ("src/main/resources/db/migration/R__views.sql", "create or replace view v as select 1;"),
            ("src/main/resources/db/migration/R__functions.sql", "create or replace function f() returns int language sql as 'select 1';"),
            ("src/main/resources/db/migration/V4_wrong.sql", "create table wrong (id int);"),
            ("src/main/resources/db/migration/V5__Program.java", "class V5__Program {}"),
            ("src/main/resources/db/migration/V1.10.0__twin.sql", "select 1;"),
        ],
        expect![[r#"
            src/main/resources/db/migration (Flyway) src/main/resources/db/migration
              1 PerFile src/main/resources/db/migration/V1__a.sql: 1:1 create table a (id int)
              1.9 PerStatement src/main/resources/db/migration/2024/V1_9__b.sql: 1:1 create table b (id int) | 2:1 create index concurrently j on b (id)
              1.10.0 PerFile src/main/resources/db/migration/V1.10.0__twin.sql: 1:1 select 1
              1.10 PerStatement src/main/resources/db/migration/V1.10__c.sql: 1:1 create index concurrently i on a (id)
              2 PerFile +down src/main/resources/db/migration/V2__d.sql: 1:1 create table public.d (id int)
                down src/main/resources/db/migration/U2__d.sql: 1:1 drop table d
              3 PerStatement src/main/resources/db/migration/V3__e.sql: 1:1 select 1 | 2:1 select 2
              R__functions PerFile src/main/resources/db/migration/R__functions.sql: 1:1 create or replace function f() returns int language sql as 'select 1'
              R__views PerFile src/main/resources/db/migration/R__views.sql: 1:1 create or replace view v as select 1
              note src/main/resources/db/migration/2024/V1_9__b.sql:2: refuses to run in a transaction, beside statements that do not: Flyway stops here unless mixed=true
              note src/main/resources/db/migration/V1.10__c.sql:1: Flyway refuses a second version 1.10; src/main/resources/db/migration/V1.10.0__twin.sql has it
              note src/main/resources/db/migration/V4_wrong.sql:1: Flyway skips this file: its name is not V<version>__name.sql
              note src/main/resources/db/migration/V5__Program.java:1: a migration written in a language of the JVM; not read
            gap src/main/resources/db/migration/V5__Program.java: written in a language of the JVM; only SQL is read
            gap the value of ${schema} in src/main/resources/db/migration: no configuration in the project tells it; it stands where a schema stands, and public was taken for it [name it in flyway.conf: flyway.placeholders.schema=…]
        "#]],
    );
}

#[test]
fn variants_per_database() {
    check(
        &[
            ("db/migration/common/V1__a.sql", "create table a (id int);"),
            ("db/migration/postgresql/V2__b.sql", "create table b (id int);"),
            ("db/migration/h2/V2__b.sql", "create table b (id int);"),
        ],
        expect![[r#"
            db/migration/postgresql (Flyway) db/migration/postgresql
              1 PerFile db/migration/common/V1__a.sql: 1:1 create table a (id int)
              2 PerFile db/migration/postgresql/V2__b.sql: 1:1 create table b (id int)
            gap database in db/migration/h2: its folder is named for H2
        "#]],
    );
}

#[test]
fn a_baseline_replaces_what_it_contains() {
    check(
        &[
            ("sql/V1__a.sql", "create table a (id int);"),
            ("sql/B2__base.sql", "create table a (id int, b int);"),
            ("sql/V2__b.sql", "alter table a add b int;"),
            ("sql/V3__c.sql", "alter table a add c int;"),
        ],
        expect![[r#"
            sql (Flyway) sql
              2 PerFile sql/B2__base.sql: 1:1 create table a (id int, b int)
              3 PerFile sql/V3__c.sql: 1:1 alter table a add c int
              note sql/B2__base.sql:1: baseline: an empty database starts here and skips all versions up to it
        "#]],
    );
}

#[test]
fn names() {
    let version = |name: &str| parse_name(name).map(|n| n.version.to_string());
    assert_eq!(version("V1_2__x.sql").as_deref(), Some("1.2"));
    assert_eq!(version("V20240101.1__x.sql").as_deref(), Some("20240101.1"));
    assert_eq!(version("V1a__x.sql"), None);
    assert_eq!(version("V__x.sql"), None);
    assert!(parse_name("V1.10__x.sql").unwrap().version > parse_name("V1.9__x.sql").unwrap().version);
    assert!(parse_name("V1__x.sql").unwrap().version == parse_name("V1.0__y.sql").unwrap().version);
}

#[test]
fn placeholders_are_filled_where_the_configuration_tells() {
    check(
        &[
            ("flyway.toml", "[flyway.placeholders]\nschema = \"app\"\n"),
            ("sql/V1__a.sql", "create table ${schema}.a (id int); create table ${schema}.b (id int);\ncreate table ${other}.c (id int);"),
        ],
        expect![[r#"
            sql (Flyway) sql
              1 PerFile sql/V1__a.sql: 1:1 create table app.a (id int) | 1:36 create table app.b (id int) | 2:1 create table public.c (id int)
            gap the value of ${other} in sql: no configuration in the project tells it; it stands where a schema stands, and public was taken for it [name it in flyway.conf: flyway.placeholders.other=…]
        "#]],
    );
}

#[test]
fn the_configuration_tells_the_schema_that_scripts_start_in() {
    let schema = |line: &str| {
        let project = crate::testing::project(&[
            ("app/src/main/resources/db/migration/V1__a.sql", "create table a (id int);"),
            ("app/src/main/resources/application.properties", line),
        ]);
        project.databases[0].default_schema.clone()
    };
    assert_eq!(schema("spring.flyway.schemas=shop,other").as_deref(), Some("shop"));
    assert_eq!(schema("spring.flyway.schemas=other\nspring.flyway.default-schema = shop").as_deref(), Some("shop"));
    assert_eq!(schema("spring.flyway.schemas=${SCHEMA}"), None);
    assert_eq!(schema("flyway.schemas=public"), None);
}

#[test]
fn a_placeholder_where_a_schema_stands_is_the_schema() {
    let script = "create table ${appSchema}.a (id int);\ninsert into ${appSchema}.a values (1, '${who}');\n";
    check(
        &[("db/migration/V1__a.sql", script)],
        expect![[r#"
        db/migration (Flyway) db/migration
          1 PerFile db/migration/V1__a.sql: 1:1 create table public.a (id int) | 2:1 insert into public.a values (1, '${who}')
          note db/migration/V1__a.sql:2: ${who} is a placeholder that Flyway replaces from its configuration; it was left as it is
        gap the value of ${appSchema} in db/migration: no configuration in the project tells it; it stands where a schema stands, and public was taken for it [name it in flyway.conf: flyway.placeholders.appSchema=…]
    "#]],
    );
    check(
        &[("flyway.conf", "flyway.placeholders.appSchema=app\n"), ("db/migration/V1__a.sql", script)],
        expect![[r#"
            db/migration (Flyway) db/migration
              1 PerFile db/migration/V1__a.sql: 1:1 create table app.a (id int) | 2:1 insert into app.a values (1, '${who}')
              note db/migration/V1__a.sql:2: ${who} is a placeholder that Flyway replaces from its configuration; it was left as it is
        "#]],
    );
    check(
        &[("db/migration/V1__a.sql", "create table ${one}.a (id int);\ncreate table ${two}.a (id int);\n")],
        expect![[r#"
        db/migration (Flyway) db/migration
          1 PerFile db/migration/V1__a.sql: 1:1 create table ${one}.a (id int) | 2:1 create table ${two}.a (id int)
          note db/migration/V1__a.sql:1: ${one} is a placeholder that Flyway replaces from its configuration; it was left as it is
    "#]],
    );
}
