//! Differences that need no server: what is said for small pairs of catalogues that the DDL reader makes of SQL.

use super::*;
use crate::ddl::{DdlOptions, DdlReader};

fn catalog(sql: &str) -> Catalog {
    let mut reader = DdlReader::new(DdlOptions::default());
    for statement in crate::split(sql) {
        let _applied = reader.apply(&statement);
    }
    reader.into_catalog()
}

fn between(from: &str, to: &str, plain: bool) -> Vec<String> {
    let options = DifferenceOptions { runner: "postgres".into(), major: 15, plain };
    changes(&catalog(from), &catalog(to), &options).steps.into_iter().map(|s| s.statement).collect()
}

#[test]
fn equal_sides_need_no_statement() {
    let sql = "create table t (id int primary key, note text default 'x'); create index on t (note); create view v as select id from t;";
    assert_eq!(between(sql, sql, false), Vec::<String>::new());
}

#[test]
fn renames_are_read_as_written() {
    let parsed = Rename::parse("public.\"My T\".a = b").unwrap();
    assert_eq!(parsed.to_string(), "public.\"My T\".a=b");
    assert_eq!(parsed.back().to_string(), "public.\"My T\".b=a");
    assert_eq!(Rename::parse("public.t=public.u").unwrap().new, "u");
    for wrong in ["", "a", "t=", "=b", "public.t", "t=u", "public.t=other.u", "a.b.c.d=e", "public.t=u=v", "public.'t'=u"] {
        assert!(Rename::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_column_of_another_name_is_asked_about_and_not_assumed() {
    let (from, to) = (catalog("create table t (id int, surname text)"), catalog("create table t (id int, last_name text)"));
    let asked: Vec<String> = suggestions(&from, &to).into_iter().map(|s| format!("{}: {}", s.rename, s.why)).collect();
    assert_eq!(asked, ["public.t.surname=last_name: both are text at the same place"]);
    let options = DifferenceOptions { runner: "postgres".into(), major: 15, plain: true };
    let steps = changes(&from, &to, &options).steps;
    assert_eq!(steps[0].statement, "alter table public.t drop column surname");
    assert_eq!(steps[0].loses.as_deref(), Some("column public.t.surname with its values"));
}

/// The catalogue with its columns of the table `t` numbered so.
fn numbered(sql: &str, numbers: &[i16]) -> Catalog {
    let mut catalog = catalog(sql);
    for (column, number) in catalog.tables[0].columns.iter_mut().zip(numbers) {
        column.number = architrave_model::catalog::AttributeNumber::new(*number);
    }
    catalog
}

fn asked(from: &Catalog, to: &Catalog) -> Vec<String> {
    suggestions(from, to).into_iter().map(|s| format!("{}: {}", s.rename, s.why)).collect()
}

#[test]
fn an_attribute_number_tells_which_column_goes_on_under_another_name() {
    let from = numbered("create table t (id int, a text, b text)", &[1, 2, 4]);
    let to = numbered("create table t (id int, c text, d text)", &[1, 4, 5]);
    assert_eq!(
        asked(&from, &to),
        [
            "public.t.b=c: both are text, attribute 4 of the table on both sides",
            "public.t.a=d: both are text; attribute 2 on one side and 5 on the other speak against it"
        ]
    );
    let other_history = numbered("create table t (id int, c text, d text)", &[2, 4, 5]);
    let by_place = ["public.t.a=c: both are text at the same place", "public.t.b=d: both are text at the same place"];
    assert_eq!(asked(&from, &other_history), by_place);
    assert_eq!(from, catalog("create table t (id int, a text, b text)"), "numbers are no difference");
    assert_eq!(between("create table t (id int)", "create table t (id int)", true), Vec::<String>::new());
}
