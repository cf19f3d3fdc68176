//! Tests of splitting and classifying.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
#![expect(clippy::too_many_lines, reason = "long tables of input and output")]

use super::*;
use architrave_model::script::StatementKind;
use std::fmt::Write as _;

/// `line:column kind text` of every statement.
fn render(found: &Split) -> String {
    let mut out = String::new();
    for s in &found.statements {
        let kind = match &s.kind {
            StatementKind::CopyData { rows } => format!("copy {rows}"),
            StatementKind::CreateExtension { name, schema } => format!("extension {name} {}", schema.as_deref().unwrap_or("-")),
            StatementKind::NonTransactional => "alone".to_owned(),
            StatementKind::ClusterWide => "cluster".to_owned(),
            StatementKind::PsqlCommand => "psql".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        };
        writeln!(out, "{}:{} {kind}: {}", s.line, s.column, s.text.replace('\n', "⏎").replace('\r', "␍")).unwrap();
    }
    for n in &found.notes {
        writeln!(out, "{}:{} note: {}", n.line, n.column, n.message).unwrap();
    }
    out
}

fn check(sql: &str, expect: expect_test::Expect) {
    let options = SplitOptions { parse: false, ..SplitOptions::default() };
    expect.assert_eq(&render(&split_with(sql, &options)));
}

use expect_test::expect;

#[test]
fn plain_statements_with_places() {
    check(
        "-- hi\n  select 1 ;; \n\n/* x; */ create table t (a text default ';') -- tail\n",
        expect![[r#"
        2:3 data: select 1
        4:10 definition: create table t (a text default ';')
    "#]],
    );
    check(
        "\u{feff}select 1;\r\nselect 'é', 2; select 3",
        expect![[r#"
        1:1 data: select 1
        2:1 data: select 'é', 2
        2:16 data: select 3
    "#]],
    );
    check("", expect![[""]]);
    check(" -- nothing\n;;; /* at all */", expect![[""]]);
}

#[test]
fn strings_hide_semicolons() {
    check(
        "select 'a;''b', E'c\\';', U&'d;', $$;$$, $x$ $$;$x$, \"e;\"\"\", 5; select 2",
        expect![[r#"
        1:1 data: select 'a;''b', E'c\';', U&'d;', $$;$$, $x$ $$;$x$, "e;""", 5
        1:64 data: select 2
    "#]],
    );
    check(
        "do $$ begin perform 1; end $$; select 1",
        expect![[r#"
        1:1 data: do $$ begin perform 1; end $$
        1:32 data: select 1
    "#]],
    );
    check(
        "set standard_conforming_strings = off; select 'a\\';'; set standard_conforming_strings = on; select '\\';",
        expect![[r#"
        1:1 data: set standard_conforming_strings = off
        1:40 data: select 'a\';'
        1:55 data: set standard_conforming_strings = on
        1:93 data: select '\'
    "#]],
    );
    check(
        "select 'open;\nselect 2;",
        expect![[r#"
        1:1 data: select 'open;⏎select 2;
    "#]],
    );
    check(
        "select $a$ open; select 2;",
        expect![[r#"
        1:1 data: select $a$ open; select 2;
    "#]],
    );
    check(
        "select 1; /* open; select 2;",
        expect![[r#"
        1:1 data: select 1
        1:11 note: a comment that never ends
    "#]],
    );
}

#[test]
fn bodies_keep_their_semicolons() {
    check(
        "create or replace function f() returns int begin atomic select case when true then 1 end as end; select 2; end; select 3;",
        expect![[r#"
            1:1 definition: create or replace function f() returns int begin atomic select case when true then 1 end as end; select 2; end
            1:113 data: select 3
        "#]],
    );
    check(
        "create procedure begin_it() language sql begin atomic insert into t values (1); end",
        expect![[r#"
        1:1 definition: create procedure begin_it() language sql begin atomic insert into t values (1); end
    "#]],
    );
    check(
        "create rule r as on insert to t do instead (insert into a values (1); insert into b values (2)); select 1",
        expect![[r#"
        1:1 definition: create rule r as on insert to t do instead (insert into a values (1); insert into b values (2))
        1:98 data: select 1
    "#]],
    );
    check(
        "create table t (a int; select 1;",
        expect![[r#"
        1:1 definition: create table t (a int
        1:24 data: select 1
    "#]],
    );
    check(
        "begin; select 1; end;",
        expect![[r#"
        1:1 begin: begin
        1:8 data: select 1
        1:18 commit: end
    "#]],
    );
}

#[test]
fn psql_commands_and_copy_data() {
    check(
        "\\restrict abc\n\\connect app\nCOPY public.t (a, b) FROM stdin;\n1\tx;'\n2\t\\\\.\n\\.\n\nselect 1;\n\\unrestrict abc\n",
        expect![[r#"
            1:1 psql: \restrict abc
            2:1 psql: \connect app
            3:1 copy 2: COPY public.t (a, b) FROM stdin
            8:1 data: select 1
            9:1 psql: \unrestrict abc
        "#]],
    );
    check(
        "copy t from stdin with (format csv);\r\na\r\n\\.\r\nselect 1;",
        expect![[r#"
        1:1 copy 1: copy t from stdin with (format csv)
        4:1 data: select 1
    "#]],
    );
    check(
        "copy t from stdin;\n1\n2\n",
        expect![[r#"
        1:1 copy 2: copy t from stdin
        2:1 note: COPY data that does not end with \.
    "#]],
    );
    check(
        "copy t from '/tmp/x'; copy (select 1) to stdout;",
        expect![[r#"
        1:1 data: copy t from '/tmp/x'
        1:23 data: copy (select 1) to stdout
    "#]],
    );
    check(
        "\\copy t from stdin csv\n1;2\n\\.\nselect 1",
        expect![[r#"
        1:1 copy 1: \copy t from stdin csv
        4:1 data: select 1
    "#]],
    );
    check(
        "\\set schema app\n\\set v 'it''s'\ncreate table :schema.t (a text default :'v', b int[]); select :'gone', a::int, x[1:2]",
        expect![[r#"
        1:1 psql: \set schema app
        2:1 psql: \set v 'it''s'
        3:1 definition: create table app.t (a text default 'it''s', b int[])
        3:56 data: select :'gone', a::int, x[1:2]
        3:63 note: the psql variable gone is not set here
    "#]],
    );
    check(
        "select 1 \\gset\nselect 'drop table ' || x\n\\gexec\nselect 2 \\echo hi\n, 3;",
        expect![[r#"
        1:1 data: select 1
        1:10 psql: \gset
        2:1 data: select 'drop table ' || x
        3:1 psql: \gexec
        4:10 psql: \echo hi
        4:1 data: select 2  ⏎, 3
        3:1 note: \gexec: the statements that the query makes are not known here
    "#]],
    );
    check(
        "select 1 \\; select 2;",
        expect![[r#"
        1:1 data: select 1
        1:13 data: select 2
    "#]],
    );
    check(
        "\\echo a \\\\ select 1;",
        expect![[r#"
        1:1 psql: \echo a
        1:12 data: select 1
    "#]],
    );
    check(
        "\\if :x\nselect 1;\n\\endif\n",
        expect![[r#"
        1:1 psql: \if :x
        2:1 data: select 1
        3:1 psql: \endif
        1:1 note: \if: every branch is read
    "#]],
    );
}

#[test]
fn kinds() {
    check(
        "begin work; start transaction; commit; end; rollback; abort; rollback to savepoint x; commit prepared 'x';
create extension if not exists \"uuid-ossp\" with schema extensions; create extension pgcrypto;
create index concurrently i on t (a); create unique index concurrently on t (a); create index on t (concurrently);
drop index concurrently if exists i; reindex (verbose, concurrently) table t; reindex table t; reindex database d;
vacuum full t; create database d; drop database if exists d; alter system set x = 1; create tablespace s location '/x';
cluster; cluster verbose; cluster t using i; alter table t detach partition p concurrently; alter table t detach partition p;
create subscription s connection '' publication p; create subscription s connection '' publication p with (connect = false);
alter subscription s disable; discard all; refresh materialized view concurrently m",
        expect![[r#"
            1:1 begin: begin work
            1:13 begin: start transaction
            1:32 commit: commit
            1:40 commit: end
            1:45 rollback: rollback
            1:55 rollback: abort
            1:62 data: rollback to savepoint x
            1:87 alone: commit prepared 'x'
            2:1 extension uuid-ossp extensions: create extension if not exists "uuid-ossp" with schema extensions
            2:68 extension pgcrypto -: create extension pgcrypto
            3:1 alone: create index concurrently i on t (a)
            3:39 alone: create unique index concurrently on t (a)
            3:82 definition: create index on t (concurrently)
            4:1 alone: drop index concurrently if exists i
            4:38 alone: reindex (verbose, concurrently) table t
            4:79 data: reindex table t
            4:96 alone: reindex database d
            5:1 alone: vacuum full t
            5:16 alone: create database d
            5:35 alone: drop database if exists d
            5:62 alone: alter system set x = 1
            5:86 alone: create tablespace s location '/x'
            6:1 alone: cluster
            6:10 alone: cluster verbose
            6:27 definition: cluster t using i
            6:46 alone: alter table t detach partition p concurrently
            6:93 definition: alter table t detach partition p
            7:1 alone: create subscription s connection '' publication p
            7:52 definition: create subscription s connection '' publication p with (connect = false)
            8:1 definition: alter subscription s disable
            8:31 alone: discard all
            8:44 data: refresh materialized view concurrently m
        "#]],
    );
    check(
        "create role r; alter user u set x = 1; drop group g; create user mapping for u server s; grant a, b to c; revoke a from b;
grant select on t to r; grant select (a, b), insert on table t to r; grant connect on database d to r; alter database d set x = 1;
comment on role r is 'x'; comment on table t is 'x'; alter default privileges in schema s grant all on tables to r;
insert into t values (1); with x as (select 1) select * from x; do $$ $$; select 1; truncate t; drop owned by x; explain select 1; frobnicate",
        expect![[r#"
            1:1 cluster: create role r
            1:16 cluster: alter user u set x = 1
            1:40 cluster: drop group g
            1:54 definition: create user mapping for u server s
            1:90 cluster: grant a, b to c
            1:107 cluster: revoke a from b
            2:1 definition: grant select on t to r
            2:25 definition: grant select (a, b), insert on table t to r
            2:70 cluster: grant connect on database d to r
            2:104 cluster: alter database d set x = 1
            3:1 cluster: comment on role r is 'x'
            3:27 definition: comment on table t is 'x'
            3:54 definition: alter default privileges in schema s grant all on tables to r
            4:1 data: insert into t values (1)
            4:27 data: with x as (select 1) select * from x
            4:65 data: do $$ $$
            4:75 data: select 1
            4:85 data: truncate t
            4:97 definition: drop owned by x
            4:114 data: explain select 1
            4:132 data: frobnicate
        "#]],
    );
}

#[test]
fn breakpoints_end_statements() {
    let options = SplitOptions { parse: false, breakpoint: Some("--> statement-breakpoint".into()), ..SplitOptions::default() };
    expect![[r#"
        1:1 data: select 1
        3:1 data: select 2
        4:1 data: select 3
    "#]]
    .assert_eq(&render(&split_with("select 1\n--> statement-breakpoint\nselect 2;--> statement-breakpoint\nselect 3", &options)));
}

#[test]
fn no_text_is_told() {
    let found = split_with("select\0 1", &SplitOptions::default());
    assert_eq!((found.not_text, found.statements.len()), (Some(6), 0));
}

#[test]
fn statements_and_gaps_cover_the_text() {
    let pieces = [
        "select 1;",
        "\n",
        "-- c;\n",
        "/* ; */",
        "create table t (a int, b text default ';');",
        "do $$ ; $$;",
        ";",
        "  ",
        "'x;y'",
        "E'\\';'",
        "create function f() returns int begin atomic select 1; end;",
        "\"q;\"",
        "\r\n",
        "é",
        "insert into x values ('ü;');",
    ];
    let mut seed = 7u32;
    for _ in 0..300 {
        let mut text = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12345);
            text.push_str(pieces[(seed >> 16) as usize % pieces.len()]);
        }
        let mut at = 0;
        for s in split_with(&text, &SplitOptions { parse: false, psql: false, ..SplitOptions::default() }).statements {
            assert_eq!(&text[s.offset..s.offset + s.text.len()], s.text);
            only_gaps(&text, at, s.offset);
            let before = &text[..s.offset];
            assert_eq!(s.line as usize, 1 + before.matches('\n').count(), "{text}");
            assert_eq!(s.column as usize, 1 + before.rsplit('\n').next().unwrap_or("").chars().count(), "{text}");
            at = s.offset + s.text.len();
        }
        only_gaps(&text, at, text.len());
    }
}

fn only_gaps(text: &str, from: usize, to: usize) {
    use crate::lex::{Lexer, TokenKind};
    let gap = &text[from..to];
    let gaps = [TokenKind::Space, TokenKind::LineComment, TokenKind::BlockComment, TokenKind::Semicolon];
    assert!(Lexer::new(gap).all(|t| gaps.contains(&t.kind)), "{gap:?} of {text:?}");
}

#[test]
fn broken_text_never_breaks_us() {
    let text = "\\set s 'x'\ncreate table :s.t (a int default E'\\'é' /* /* */ */, \"b\"\"\" text); copy t from stdin;\n1\n\\.\n\
        create function f() returns int begin atomic select case when true then $x$;$x$ end; end; select :'s' \\gset\n do $$ begin end $$; \\:s";
    for (cut, _) in text.char_indices() {
        for part in [&text[..cut], &text[cut..], &format!("{}{}", &text[..cut], text[cut..].chars().skip(1).collect::<String>())] {
            let found = split_with(part, &SplitOptions { parse: cut % 7 == 0, ..SplitOptions::default() });
            assert!(
                found
                    .statements
                    .windows(2)
                    .all(|w| (w[0].line, w[0].column) <= (w[1].line, w[1].column) || w[0].kind == StatementKind::PsqlCommand)
            );
            mask_literals(part);
            first_line(part, 20);
        }
    }
}

#[test]
fn data_behind_a_copy_is_data_for_every_runner() {
    let plain = SplitOptions { psql: false, ..SplitOptions::default() };
    let kinds = |text: &str| split_with(text, &plain).statements.into_iter().map(|s| s.kind).collect::<Vec<_>>();
    let with_data = kinds("copy t (a) from stdin;\n1;\n2\n\\.\nselect 1;");
    assert_eq!(with_data, [StatementKind::CopyData { rows: 2 }, StatementKind::Data]);
    assert_eq!(kinds("copy t from stdin; select 1"), [StatementKind::Data, StatementKind::Data]);
}
