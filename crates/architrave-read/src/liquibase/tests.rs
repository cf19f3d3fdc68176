//! Liquibase projects.

use super::bodies;
use crate::testing::check;
use expect_test::expect;

#[test]
fn change_sets_with_their_attributes() {
    check(
        &[(
            "db/001.sql",
            "--liquibase formatted sql\n\n--changeset ann:1 labels:x context:\"a or b\"\ncreate table a (id int);\ncreate table b (id int);\n--rollback drop table b;\n--rollback drop table a;\n\n-- changeset ann:2 runInTransaction:false\ncreate index concurrently i on a (id);\n--rollback not required\n\n--changeset \"bob smith\":\"x y\" endDelimiter:/ splitStatements:true\ncreate function f() returns int language sql as 'select 1; ';\n/\ncreate view v as select 1\n/\n/* liquibase rollback\ndrop view v;\n  drop function f();\n*/\n--changeset ann:3 dbms:mysql,h2\ncreate table never (id int);\n--changeset ann:4 runInTransaction:false splitStatements:false\nselect 1; select 2;\n--changeset ann:1\nselect 'twice';\n",
        )],
        expect![[r#"
            db (Liquibase) db
              ann:1 PerFile +down db/001.sql: 4:1 create table a (id int) | 5:1 create table b (id int)
                down same file: 6:12 drop table b | 7:12 drop table a
              ann:2 PerStatement +down db/001.sql: 10:1 create index concurrently i on a (id)
              bob smith:x y PerFile +down db/001.sql: 14:1 create function f() returns int language sql as 'select 1; ' | 16:1 create view v as select 1
                down same file: 19:1 drop view v | 20:3 drop function f()
              ann:4 Implicit db/001.sql: 25:1 select 1 | 25:11 select 2
              ann:1 PerFile db/001.sql: 27:1 select 'twice'
              note db/001.sql:3: runs only where context a or b is asked for, or none is
              note db/001.sql:3: runs only where labels x is asked for, or none is
              note db/001.sql:22: change set ann:3 is for dbms mysql,h2, not postgresql
              note db/001.sql:26: Liquibase refuses a second change set ann:1 in one file; line 3 has it
        "#]],
    );
}

#[test]
fn changelogs_say_the_order() {
    check(
        &[
            (
                "src/main/resources/db/changelog/db.changelog-master.yaml",
                "databaseChangeLog:\n  - include:\n      file: db/changelog/b.sql\n  - includeAll:\n      path: db/changelog/more/\n  - include:\n      file: gone.sql\n      relativeToChangelogFile: true\n  - include:\n      file: db/changelog/inner.xml\n",
            ),
            (
                "src/main/resources/db/changelog/inner.xml",
                "<databaseChangeLog><changeSet id=\"1\" author=\"x\"><createTable/></changeSet><include file=\"a.sql\" relativeToChangelogFile=\"true\"/></databaseChangeLog>",
            ),
            ("src/main/resources/db/changelog/a.sql", "--liquibase formatted sql\n--changeset x:a\ncreate table a (id int);\n"),
            (
                "src/main/resources/db/changelog/b.sql",
                "--liquibase formatted sql\n--property name:s value:app\n--changeset x:b\ncreate schema ${s}; create table ${s}.b (id int, t ${none});\n",
            ),
            ("src/main/resources/db/changelog/more/2.sql", "--liquibase formatted sql\n--changeset x:2\nselect 2;\n"),
            ("src/main/resources/db/changelog/more/1.sql", "--liquibase formatted sql\n--changeset x:1\nselect 1;\n"),
            ("src/main/resources/db/changelog/left.sql", "--liquibase formatted sql\n--changeset x:left\nselect 1;\n"),
        ],
        expect![[r#"
            src/main/resources/db/changelog (Liquibase) src/main/resources/db/changelog
              x:b PerFile src/main/resources/db/changelog/b.sql: 4:1 create schema app | 4:21 create table app.b (id int, t ${none})
              x:1 PerFile src/main/resources/db/changelog/more/1.sql: 3:1 select 1
              x:2 PerFile src/main/resources/db/changelog/more/2.sql: 3:1 select 2
              x:a PerFile src/main/resources/db/changelog/a.sql: 3:1 create table a (id int)
              note src/main/resources/db/changelog/db.changelog-master.yaml:1: includes gone.sql, which does not exist: Liquibase stops
              note src/main/resources/db/changelog/inner.xml:1: its change sets are not SQL; only formatted SQL is read
              note src/main/resources/db/changelog/left.sql:1: no changelog includes this file: Liquibase never runs it
            gap src/main/resources/db/changelog/inner.xml: its change sets are not SQL; only formatted SQL is read [write them as SQL and review that: liquibase update-sql > schema.sql]
        "#]],
    );
}

#[test]
fn changelogs_without_formatted_sql_are_gaps() {
    let inner = "<databaseChangeLog><changeSet id=\"1\" author=\"x\"><createTable/></changeSet></databaseChangeLog>";
    check(
        &[
            ("src/main/resources/migrations.xml", inner),
            (
                "db/changelog/master.yaml",
                "databaseChangeLog:\n  - include:\n      file: db/changelog/a.xml\n  - include:\n      file: db/changelog/b.xml\n",
            ),
            ("db/changelog/a.xml", inner),
            ("db/changelog/b.xml", inner),
            ("src/test/resources/changelog.xml", inner),
        ],
        expect![[r#"
            gap 2 changelogs of Liquibase in db/changelog: change sets in XML, YAML or JSON are not read, formatted SQL is [write them as SQL and review that: liquibase update-sql > schema.sql]
            gap Liquibase's changelog src/main/resources/migrations.xml: change sets in XML, YAML or JSON are not read, formatted SQL is [write them as SQL and review that: liquibase update-sql > schema.sql]
        "#]],
    );
}

#[test]
fn bodies_compare_by_words() {
    let old = bodies("--liquibase formatted sql\n--changeset a:1\nselect  1;\n--changeset a:2 runOnChange:true\nselect 2;");
    let new = bodies("--liquibase formatted sql\n--changeset a:1\nselect\n1;\n--changeset a:2 runOnChange:true\nselect 3;");
    assert_eq!(old["a:1"].text, new["a:1"].text);
    assert!(old["a:2"].text != new["a:2"].text && new["a:2"].repeats);
}
