//! Alembic projects.

use super::{Header, header};
use crate::testing::check;
use expect_test::expect;

fn revision(name: &str, down: &str, body: &str) -> String {
    format!(
        "\"\"\"x\"\"\"\nfrom alembic import op\n\nrevision: str = '{name}'\ndown_revision = {down}\n\n\ndef upgrade():\n{body}\n\n\ndef downgrade():\n    op.execute('select 0')\n"
    )
}

#[test]
fn heads_of_files() {
    let found = header("revision = \"b\"  # x\ndown_revision = (\n    'a1',\n    'a2',\n)\ndepends_on = None\n").unwrap();
    assert_eq!(found, Header { revision: "b".into(), parents: vec!["a1".into(), "a2".into()] });
    assert!(header("x = 1").is_none());
}

#[test]
fn revisions_in_the_order_of_the_graph() {
    check(
        &[
            ("alembic/env.py", "context.configure(transaction_per_migration=True)"),
            ("alembic/versions/z_first.py", &revision("f1", "None", "    op.execute('create table a (id serial)')")),
            (
                "alembic/versions/a_second.py",
                &revision(
                    "s2",
                    "'f1'",
                    "    with op.get_context().autocommit_block():\n        op.execute(\"\"\"\n        create index concurrently i on a (id)\n        \"\"\")",
                ),
            ),
            ("alembic/versions/m_third.py", &revision("t3", "'s2'", "    op.execute('select 1')\n    op.add_column('a', 1)")),
            ("alembic/versions/n_other.py", &revision("o4", "'s2'", "    op.execute('select 2')")),
            ("alembic/versions/o_lost.py", &revision("l5", "'gone'", "    pass")),
        ],
        expect![[r#"
            alembic (Alembic) alembic/versions
              f1 AllFiles +down alembic/versions/z_first.py: 9:17 create table a (id serial)
                down same file: 13:17 select 0
              l5 AllFiles +down alembic/versions/o_lost.py: 
                down same file: 13:17 select 0
              s2 PerStatement +down alembic/versions/a_second.py: 11:9 create index concurrently i on a (id)
                down same file: 16:17 select 0
              o4 AllFiles +down alembic/versions/n_other.py: 9:17 select 2
                down same file: 13:17 select 0
              t3 AllFiles +down alembic/versions/m_third.py: 9:17 select 1
                down same file: 14:17 select 0
              note alembic/versions/m_third.py:10: add_column is a call, not SQL; what it does is not read
              note alembic/versions/o_lost.py:1: 3 heads, l5, o4, t3: alembic upgrade head refuses; join them with alembic merge heads
              note alembic/versions/o_lost.py:1: Alembic stops here: revision gone, which it follows, does not exist
              note alembic/versions/o_lost.py:1: has no statement
            gap alembic/versions/m_third.py: written as a program in part; only its SQL is read
        "#]],
    );
}

#[test]
fn operations_stay_unread_but_several_heads_are_told() {
    check(
        &[
            ("migrations/env.py", ""),
            ("migrations/versions/a.py", &revision("a", "None", "    op.create_table('a')")),
            ("migrations/versions/b.py", &revision("b", "'a'", "    op.create_table('b')")),
            ("migrations/versions/c.py", &revision("c", "'a'", "    op.execute('select 1')")),
        ],
        expect![[r#"
            gap 3 migrations of Alembic in migrations/versions: written in Python; only SQL is read [write them as SQL and review that: alembic upgrade head --sql > schema.sql]
            gap migrations/versions/b.py: 2 heads, b, c: alembic upgrade head refuses; join them with alembic merge heads
        "#]],
    );
}

#[test]
fn what_alembic_prints_is_read_by_its_revisions() {
    let text = "BEGIN;\n\nCREATE TABLE alembic_version (version_num varchar(32));\n\n-- Running upgrade  -> 1a\n\nCREATE TABLE a (id int);\n\n\
        -- Running upgrade 1a -> 2b, more\n\nALTER TABLE a ADD b int;\n\nCOMMIT;\n\nCREATE INDEX CONCURRENTLY i ON a (b);\n\nBEGIN;\n\nCOMMIT;\n";
    check(
        &[("schema.sql", text)],
        expect![[r#"
        . (schema file) schema.sql
          1a PerFile schema.sql: 3:1 CREATE TABLE alembic_version (version_num varchar(32)) | 7:1 CREATE TABLE a (id int)
          2b PerFile schema.sql: 11:1 ALTER TABLE a ADD b int | 13:1 COMMIT | 15:1 CREATE INDEX CONCURRENTLY i ON a (b) | 17:1 BEGIN
    "#]],
    );
    let one = text.replace("COMMIT;\n\nCREATE INDEX CONCURRENTLY", "CREATE INDEX").replace("BEGIN;\n\nCOMMIT;", "COMMIT;");
    check(
        &[("schema.sql", &one)],
        expect![[r#"
        . (schema file) schema.sql
          1a AllFiles schema.sql: 3:1 CREATE TABLE alembic_version (version_num varchar(32)) | 7:1 CREATE TABLE a (id int)
          2b AllFiles schema.sql: 11:1 ALTER TABLE a ADD b int | 13:1 CREATE INDEX i ON a (b)
    "#]],
    );
}
