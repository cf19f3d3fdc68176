//! Scripts of a small report.

use super::{pgtap, psql};
use architrave_model::access::{
    Actor, ActorKind, Attack, AttackKind, AttackReport, Cell, CellVerdict, Command, Step, StepOutcome, Target, Transcript,
};
use architrave_model::finding::Severity;
use architrave_model::name::QualifiedName;

fn report() -> AttackReport {
    let steps = vec![
        Step {
            actor: Some(ActorKind::Outsider),
            sql: "select * from public.notes where id = 1".to_owned(),
            outcome: StepOutcome::Rows { count: 1 },
        },
        Step { actor: None, sql: "select 1 from public.notes".to_owned(), outcome: StepOutcome::Rows { count: 2 } },
    ];
    AttackReport {
        actors: vec![Actor {
            kind: ActorKind::Outsider,
            role: "authenticated".to_owned(),
            settings: vec![("request.jwt.claims".to_owned(), "{\"sub\":\"it's\"}".to_owned())],
            id: None,
            tenant: None,
        }],
        setup: vec!["insert into public.notes values (1), (2);".to_owned()],
        cells: vec![Cell {
            target: Target::Table { name: QualifiedName::new("public", "notes") },
            command: Command::Select,
            actor: ActorKind::Outsider,
            verdict: CellVerdict::Leak,
            reason: String::new(),
            at_fault: None,
            evidence: Some(0),
            control: None,
        }],
        attacks: vec![Attack {
            cell: 0,
            title: "outsider reads notes".to_owned(),
            length: 1,
            severity: Severity::High,
            transcript: 0,
            kind: AttackKind::Plain,
        }],
        transcripts: vec![Transcript { title: "outsider reads notes".to_owned(), steps, ..Transcript::default() }],
        ..AttackReport::default()
    }
}

#[test]
fn a_way_in_is_a_script_for_psql() {
    expect_test::expect![[r#"
        -- outsider reads notes
        \set ON_ERROR_STOP off
        begin;

        -- Rows of two tenants.
        insert into public.notes values (1), (2);

        -- As outsider.
        set local role authenticated;
        select pg_catalog.set_config('request.jwt.claims', '{"sub":"it''s"}', true) \g /dev/null
        select * from public.notes where id = 1;
        -- 1 row

        -- As the superuser, who looks.
        reset role;
        select pg_catalog.set_config('request.jwt.claims', '', true) \g /dev/null
        select 1 from public.notes;
        -- 2 rows

        reset role;
        rollback;
    "#]]
    .assert_eq(&psql(&report(), 0));
    assert_eq!(psql(&report(), 1), "");
}

#[test]
fn a_leak_fails_its_test_until_it_is_closed() {
    let script = pgtap(&report());
    assert!(script.starts_with("begin;\nselect plan(1);\n"), "{script}");
    assert!(script.contains("'1, 2', 'closed: outsider reads notes');"), "{script}");
    assert!(script.contains("select isnt(pg_temp.play(E'[{\"role\":\"authenticated\""), "{script}");
}
