//! The reader as its callers see it: outcomes, origins, transactions, and input that nobody should write.

use super::*;
use architrave_model::name::{ObjectKind, QualifiedName};

fn statement(text: &str) -> Statement {
    Statement {
        text: text.to_owned(),
        line: 1,
        column: 1,
        offset: 0,
        kind: StatementKind::Definition,
        touches: Vec::new(),
        syntax_error: None,
    }
}

fn read(texts: &[&str]) -> (DdlReader, Vec<Applied>) {
    let mut reader = DdlReader::new(DdlOptions::default());
    let outcomes = texts.iter().map(|t| reader.apply(&statement(t))).collect();
    (reader, outcomes)
}

#[test]
fn outcomes_say_what_happened() {
    let (reader, outcomes) = read(&[
        "create table t (a int)",
        "create table if not exists t (a int)",
        "create table t (a int)",
        "do $$ begin execute format('x'); end $$",
        "create table u (a int check (a > ))",
        "insert into t values (1)",
        "drop table t",
    ]);
    assert!(matches!(
        outcomes.as_slice(),
        [
            Applied::Changed,
            Applied::NoEffect,
            Applied::WouldFail { .. },
            Applied::NotUnderstood { .. },
            Applied::NotUnderstood { .. },
            Applied::NoEffect,
            Applied::Changed,
        ]
    ));
    assert!(reader.into_catalog().tables.is_empty());
}

#[test]
fn a_failed_statement_changes_nothing() {
    let (reader, outcomes) = read(&["create table t (a int)", "alter table t add column b int, add column a int"]);
    assert!(matches!(&outcomes[1], Applied::WouldFail { sqlstate, .. } if sqlstate == "42701"));
    let catalog = reader.catalog();
    assert_eq!(catalog.tables[0].columns.len(), 1);
}

#[test]
fn origins_follow_the_statements() {
    let (reader, _) = read(&[
        "create schema s",
        "create table s.t (id int primary key, a int)",
        "create index t_a on s.t (a)",
        "alter table s.t alter a set not null",
        "alter table s.t drop column a",
    ]);
    let table = QualifiedName::new("s", "t");
    let origin = |object: &ObjectRef| reader.origins().get(object).map(|o| (o.created, o.changed));
    assert_eq!(origin(&ObjectRef::table(&table)), Some((1, 4)));
    assert_eq!(origin(&ObjectRef::column(&table, "id")), Some((1, 1)));
    assert_eq!(origin(&ObjectRef::column(&table, "a")), None);
    assert_eq!(origin(&ObjectRef::in_table(ObjectKind::Index, &table, "t_a")), None);
    assert_eq!(origin(&ObjectRef::in_table(ObjectKind::Constraint, &table, "t_pkey")), Some((1, 1)));
    assert_eq!(origin(&ObjectRef::global(ObjectKind::Schema, "s")), Some((0, 0)));
}

#[test]
fn what_is_rolled_back_has_no_origin() {
    let (reader, _) = read(&[
        "create table kept (a int)",
        "begin",
        "create table gone (a int)",
        "alter table kept add column b int",
        "rollback",
        "create table after (a int)",
    ]);
    let tables: Vec<String> = reader.catalog().tables.iter().map(|t| t.name.name.clone()).collect();
    assert_eq!(tables, ["after", "kept"]);
    let kept = QualifiedName::new("public", "kept");
    assert_eq!(reader.origins().get(&ObjectRef::table(&QualifiedName::new("public", "gone"))), None);
    assert_eq!(reader.origins().get(&ObjectRef::table(&kept)).map(|o| o.changed), Some(0));
}

#[test]
fn the_prelude_is_there_from_the_start() {
    let (first, _) = read(&["create role app", "create schema auth", "create table auth.users (id uuid primary key)"]);
    let mut reader = DdlReader::new(DdlOptions { prelude: Some(first.catalog()), ..DdlOptions::default() });
    let outcome = reader.apply(&statement("create table profiles (id uuid primary key references auth.users on delete cascade)"));
    assert_eq!(outcome, Applied::Changed);
    assert_eq!(reader.apply(&statement("grant select on profiles to app")), Applied::Changed);
    assert_eq!(reader.catalog().tables.len(), 2);
    assert_eq!(reader.origins().iter().filter(|(o, _)| o.kind == ObjectKind::Table).count(), 1);
}

#[test]
fn deep_nesting_is_refused_or_read() {
    let nests = [
        format!("create table t (a int check ({}a > 0{}))", "(".repeat(100_000), ")".repeat(100_000)),
        format!("create table t (a int check ({} a))", "not ".repeat(100_000)),
        format!("create table t (a int default {}1)", "- ".repeat(100_000)),
        format!("create table t (a int default {}1)", "case when true then ".repeat(50_000)),
        format!("create table t (a int check (a > 0{}))", " or a > 1".repeat(100_000)),
        format!("create table t (a int check (a > 0{}))", " or a > 1".repeat(700)),
        format!("create table t (a text default 'a'{})", " || 'b'".repeat(140)),
        format!("create view v as select 1{}", " union select 1".repeat(50_000)),
        format!("create view v as select {}1{}", "array[".repeat(50_000), "]".repeat(50_000)),
        format!("create view v as {}select 1{}", "select * from (".repeat(50_000), ") x".repeat(50_000)),
        format!("create view v as select a{}", "::int".repeat(50_000)),
        format!("create view v as select a{}", "[1]".repeat(50_000)),
        format!("create view v as select a{}", ".b".repeat(50_000)),
        format!("create view v as select 1 from a{}", " join b on true".repeat(50_000)),
        format!("create table t (a int{})", "[]".repeat(50_000)),
        format!("create table {}t (a int)", "a.".repeat(50_000)),
        format!("create table t (a int check (a{} is null))", " is null".repeat(50_000)),
        format!("create table t (a int check (a{}))", " collate \"C\"".repeat(50_000)),
        format!("create table t (a int check (a{}))", " at time zone 'x'".repeat(50_000)),
        format!("create table t (a int check (a{} 1))", " between 1 and".repeat(50_000)),
        format!("create table t (a int check (a{} 1))", " like 'x' escape".repeat(50_000)),
        "(".repeat(100_000),
        format!("create schema s {}", "create table t (a int) ".repeat(20_000)),
        format!("create view v as select 1{}", " union select 1".repeat(950)),
        format!("create view v as select a{}", "[1]".repeat(950)),
        format!("create view v as select a{}", ".b".repeat(1400)),
        format!("create view v as select a{}", "::int".repeat(900)),
        format!("create view v as select 1 from a{}", " join b on true".repeat(700)),
        format!("create table t (a int{})", "[]".repeat(1400)),
        format!("create table {}t (a int)", "a.".repeat(1400)),
        format!("create table t (a int check (a{}))", " is null".repeat(1400)),
        format!("create table t (a int check (a{}))", " collate \"C\"".repeat(1400)),
        format!("create table t (a int check (a{}))", " at time zone 'x'".repeat(700)),
        format!("create table t (a int check (a{} 1))", " between 1 and".repeat(900)),
        format!("create table t (a int check (a{} 1))", " = ".repeat(1400)),
        format!("create table t (a int check (a{}))", " + 1".repeat(1400)),
        format!("create table t (a int check (a{}))", " ^ 1".repeat(1400)),
        format!("create table t (a int check (a{}))", " like 'x' escape 'y'".repeat(700)),
        format!("create table t (a int check ({}a > 0{}))", "(".repeat(140), ")".repeat(140)),
        format!("create table t (a int check ({}a{}))", "f(".repeat(140), ")".repeat(140)),
        format!("create table t (a int default {}1{})", "case when true then ".repeat(140), " end".repeat(140)),
        format!("create view v as {}select 1{}", "select * from (".repeat(140), ") x".repeat(140)),
    ];
    for text in &nests {
        let mut reader = DdlReader::new(DdlOptions::default());
        reader.apply(&statement(text));
        essence(&reader.catalog());
    }
}

#[test]
fn ten_thousand_statements_are_read() {
    let mut texts = Vec::new();
    for n in 0..2500 {
        texts.push(format!(
            "create table t{n} (id bigint generated always as identity primary key, parent_id bigint references t{}, \
             name text not null unique, price numeric(10,2) default 0 check (price >= 0), created_at timestamptz default now())",
            n / 2
        ));
        texts.push(format!("create index on t{n} (parent_id)"));
        texts.push(format!("alter table t{n} enable row level security"));
        texts.push(format!("create policy p on t{n} using (parent_id = 1)"));
    }
    let mut reader = DdlReader::new(DdlOptions::default());
    for text in &texts {
        assert_eq!(reader.apply(&statement(text)), Applied::Changed, "{text}");
    }
    let catalog = reader.into_catalog();
    assert_eq!(catalog.tables.len(), 2500);
}
