//! Tests of generated statements that need no server; the round trip stands in `tests/it`.

use super::*;
use crate::split::{SplitOptions, split_with};
use architrave_model::catalog::*;

const HOSTILE: &str = "it's \"; drop table x; -- $body$ $$ \\ /* \n :v";

fn named(name: &str) -> QualifiedName {
    QualifiedName::new(HOSTILE, name)
}

fn grants() -> Vec<Grant> {
    vec![Grant { grantee: HOSTILE.into(), grantor: "x".into(), privileges: vec!["SELECT".into(), HOSTILE.into()], grantable: vec![] }]
}

fn hostile() -> Catalog {
    let text = || HOSTILE.to_owned();
    let column = Column { name: text(), data_type: "integer".into(), comment: Some(text()), grants: grants(), ..Column::default() };
    let policy = Policy {
        name: text(),
        command: PolicyCommand::All,
        permissive: true,
        roles: vec![text()],
        using: Some("true".into()),
        with_check: None,
        comment: Some(text()),
    };
    let table = Table {
        name: named(HOSTILE),
        owner: text(),
        columns: vec![column],
        policies: vec![policy],
        options: vec![format!("fillfactor={HOSTILE}"), text()],
        access_method: Some(text()),
        grants: grants(),
        comment: Some(text()),
        ..Table::default()
    };
    let kind = TypeKind::Enum { labels: vec![text(), String::new()] };
    let label = TypeDef { name: named("e"), owner: text(), kind, extension: None, grants: grants(), comment: Some(text()) };
    let publication = Publication { name: text(), operations: vec![text()], schemas: vec![text()], ..Publication::default() };
    let event = EventTrigger {
        name: text(),
        event: text(),
        function: named(HOSTILE),
        enabled: TriggerEnabled::Origin,
        tags: vec![text()],
        owner: text(),
        extension: None,
    };
    Catalog {
        schemas: vec![Schema { name: text(), owner: text(), grants: grants(), comment: Some(text()), extension: None }],
        tables: vec![table],
        views: vec![View { name: named("v"), definition: "SELECT 1".into(), owner: text(), options: vec![text()], ..View::default() }],
        sequences: vec![Sequence { name: named("s"), last_value: Some(1), comment: Some(text()), ..Sequence::default() }],
        types: vec![label],
        extensions: vec![Extension { name: text(), schema: text(), ..Extension::default() }],
        publications: vec![publication],
        event_triggers: vec![event],
        collations: vec![Collation { name: named("c"), provider: "icu".into(), locale: Some(text()), deterministic: true }],
        roles: vec![Role { name: text(), comment: Some(text()), ..Role::default() }],
        default_privileges: vec![DefaultPrivileges { role: text(), schema: None, kind: "TABLES".into(), grants: grants() }],
        ..Catalog::default()
    }
}

#[test]
fn every_string_of_the_model_is_quoted() {
    let statements = create_statements(&hostile(), &GenerateOptions::all()).statements;
    let options = SplitOptions { parse: true, psql: false, ..SplitOptions::default() };
    let script = statements.join(";\n");
    let found: Vec<String> = split_with(&script, &options).statements.into_iter().map(|s| s.text).collect();
    assert_eq!(found, statements);
    let complaints: Vec<_> = split_with(&script, &options).statements.into_iter().filter(|s| s.syntax_error.is_some()).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn only_what_was_asked_for() {
    let statements = create_statements(&hostile(), &GenerateOptions::default()).statements;
    for word in ["owner to", "grant ", "revoke ", "comment on"] {
        assert!(!statements.iter().any(|s| s.contains(word)), "{word}");
    }
    let only = GenerateOptions { only_tables: Some(BTreeSet::from([QualifiedName::new("no", "such")])), ..GenerateOptions::all() };
    let part = create_statements(&hostile(), &only).statements;
    assert!(!part.iter().any(|s| s.contains("create table") || s.contains("create type")), "{part:#?}");
}

#[test]
fn what_cannot_be_written_is_said() {
    let name = |n: &str| QualifiedName::new("public", n);
    let function = |n: &str, language: &str, kind, definition: Option<&str>| Function {
        name: name(n),
        language: language.into(),
        kind,
        definition: definition.map(str::to_owned),
        ..Function::default()
    };
    let view = |n: &str, definition: &str| View { name: name(n), definition: definition.into(), ..View::default() };
    let foreign = Table { name: name("f"), kind: TableKind::Foreign, foreign_server: Some("far".into()), ..Table::default() };
    let catalog = Catalog {
        tables: vec![foreign],
        functions: vec![
            function("a", "internal", FunctionKind::Aggregate, None),
            function("c", "c", FunctionKind::Function, Some("CREATE FUNCTION …")),
            function("locked", "sql", FunctionKind::Function, None),
        ],
        views: vec![view("hidden", ""), view("v1", "SELECT * FROM public.v2"), view("v2", "SELECT * FROM public.v1")],
        subscriptions: vec![Subscription { name: "s".into(), owner: "o".into(), enabled: true, publications: vec![] }],
        ..Catalog::default()
    };
    let said: Vec<String> = create_statements(&catalog, &GenerateOptions::all())
        .left_out
        .into_iter()
        .map(|(object, why)| format!("{} {object}: {}", object.kind.word(), why.split([':', ';', ',']).next().unwrap_or("")))
        .collect();
    assert_eq!(
        said,
        [
            "function public.a(): an aggregate",
            "function public.c(): a function written in C",
            "function public.locked(): its definition could not be read",
            "table public.f: a foreign table whose wrapper is no installed extension",
            "view public.hidden: its definition could not be read",
            "view public.v1: waits for objects that wait for it",
            "subscription s: a subscription",
        ]
    );
}

#[test]
fn a_default_waits_for_its_function() {
    let name = |n: &str| QualifiedName::new("public", n);
    let column = Column { name: "x".into(), data_type: "bigint".into(), default: Some("public.next_x()".into()), ..Column::default() };
    let definition = "CREATE FUNCTION public.next_x() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT max(x) FROM public.t; END";
    let next = Function { name: name("next_x"), language: "sql".into(), definition: Some(definition.into()), ..Function::default() };
    let catalog = Catalog {
        tables: vec![Table { name: name("t"), columns: vec![column], ..Table::default() }],
        functions: vec![next],
        ..Catalog::default()
    };
    let generated = create_statements(&catalog, &GenerateOptions::default());
    let place = |start: &str| generated.statements.iter().position(|s| s.starts_with(start)).unwrap();
    assert!(place("create table") < place("CREATE FUNCTION"));
    assert!(place("CREATE FUNCTION") < place("alter table only public.t alter column x set default"));
    assert!(generated.left_out.is_empty());
}
