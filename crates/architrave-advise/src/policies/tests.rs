//! Repairs that are proposed for attacks written by hand: their statements.

use super::propose;
use architrave_model::access::attack::Fault;
use architrave_model::access::{
    Actor, ActorKind, Attack, AttackKind, AttackReport, Cell, CellVerdict, Command, Identity, IdentitySource, Intent, Membership,
    RelationIntent, Scope, Source, Step, StepOutcome, Target, Transcript,
};
use architrave_model::catalog::{Column, Function, Grant, Policy, PolicyCommand, Table};
use architrave_model::{Catalog, QualifiedName, Severity};

fn name(table: &str) -> QualifiedName {
    QualifiedName::new("public", table)
}

fn column(name: &str, data_type: &str) -> Column {
    Column { name: name.into(), data_type: data_type.into(), ..Column::default() }
}

fn table(named: &str, columns: &[(&str, &str)], policies: Vec<Policy>) -> Table {
    let grant = |grantee: &str| Grant {
        grantee: grantee.into(),
        grantor: "postgres".into(),
        privileges: ["DELETE", "INSERT", "SELECT", "TRUNCATE", "UPDATE"].map(String::from).to_vec(),
        grantable: Vec::new(),
    };
    Table {
        name: name(named),
        columns: columns.iter().map(|(n, t)| column(n, t)).collect(),
        rls_enabled: true,
        policies,
        grants: vec![grant("anon"), grant("authenticated")],
        ..Table::default()
    }
}

fn policy(name: &str, command: PolicyCommand, using: &str) -> Policy {
    Policy {
        name: name.into(),
        command,
        permissive: true,
        roles: vec!["PUBLIC".into()],
        using: Some(using.into()),
        with_check: None,
        comment: None,
    }
}

fn catalog(tables: Vec<Table>) -> Catalog {
    let uid = Function { name: QualifiedName::new("auth", "uid"), result: Some("uuid".into()), ..Function::default() };
    let mut catalog = Catalog { tables, functions: vec![uid], ..Catalog::default() };
    catalog.sort();
    catalog
}

fn meant(relation: &str, scope: Scope) -> RelationIntent {
    RelationIntent {
        relation: name(relation),
        scope,
        public_when: None,
        read_by_all: false,
        writers: Vec::new(),
        privileged: Vec::new(),
        source: Source::Inferred { from: Vec::new() },
    }
}

/// A report with one attack per target: command, who is at fault, statements on the way.
fn report(relations: Vec<RelationIntent>, memberships: Vec<Membership>, ways: &[(Target, Command, &str, &[&str])]) -> AttackReport {
    let actor = |kind: ActorKind, role: &str| Actor { kind, role: role.into(), settings: Vec::new(), id: None, tenant: None };
    let identity = Identity { source: IdentitySource::Claims, id_type: "uuid".into(), ..Identity::default() };
    let mut report = AttackReport {
        intent: Intent { identity, memberships, relations, ..Intent::default() },
        actors: vec![
            actor(ActorKind::Owner, "authenticated"),
            actor(ActorKind::Outsider, "authenticated"),
            actor(ActorKind::Anonymous, "anon"),
        ],
        ..AttackReport::default()
    };
    for (at, (target, command, fault, steps)) in ways.iter().enumerate() {
        let fault = Fault { what: (*fault).into(), operand: String::new(), location: None };
        report.cells.push(Cell {
            target: target.clone(),
            command: *command,
            actor: ActorKind::Outsider,
            verdict: CellVerdict::Leak,
            reason: String::new(),
            at_fault: Some(fault),
            evidence: Some(at),
            control: None,
        });
        report.attacks.push(Attack {
            cell: at,
            title: format!("way {at}"),
            length: 1,
            severity: Severity::High,
            transcript: at,
            kind: AttackKind::Plain,
        });
        let step = |sql: &&str| Step { actor: Some(ActorKind::Outsider), sql: (*sql).into(), outcome: StepOutcome::Done };
        report.transcripts.push(Transcript { steps: steps.iter().map(step).collect(), ..Transcript::default() });
    }
    report
}

fn up(alternatives: &super::Alternatives) -> String {
    alternatives[0].up.join("\n")
}

#[test]
fn an_owner_gets_policies_with_his_id_computed_once() {
    let open = vec![policy("read all", PolicyCommand::Select, "true"), policy("own", PolicyCommand::Insert, "x")];
    let catalog = catalog(vec![table("notes", &[("id", "uuid"), ("user_id", "uuid")], open)]);
    let target = Target::Table { name: name("notes") };
    let report = report(
        vec![meant("notes", Scope::Owner { column: "user_id".into() })],
        vec![],
        &[(target, Command::Select, "policy read all on public.notes", &[])],
    );
    let proposed = propose(&catalog, &report);
    assert_eq!(
        up(&proposed[0]),
        "drop policy \"read all\" on public.notes\n\
         create policy notes_select on public.notes for select to authenticated using (user_id = (select auth.uid()))\n\
         create index notes_user_id_idx on public.notes (user_id)"
    );
    assert_eq!(
        proposed[0][0].down,
        [
            "drop policy notes_select on public.notes",
            "create policy \"read all\" on public.notes for select to public using (true)",
            "drop index public.notes_user_id_idx"
        ]
    );
    assert_eq!(proposed[0][0].closes, [0]);
}

#[test]
fn members_are_asked_for_in_a_shape_that_an_index_answers() {
    let open = vec![policy("all", PolicyCommand::All, "true")];
    let members = table("members", &[("team_id", "bigint"), ("user_id", "uuid"), ("role", "text")], vec![]);
    let catalog = catalog(vec![members, table("docs", &[("id", "bigint"), ("team_id", "bigint")], open)]);
    let membership = Membership {
        table: name("members"),
        user: "user_id".into(),
        tenant: "team_id".into(),
        tenants: Some(name("teams")),
        role: Some("role".into()),
        roles: vec!["owner".into(), "member".into()],
    };
    let mut docs = meant("docs", Scope::Tenant { column: "team_id".into(), membership: Some(0) });
    docs.writers = vec!["owner".into()];
    let target = Target::Table { name: name("docs") };
    let report = report(vec![docs], vec![membership], &[(target, Command::Select, "policy all on public.docs", &[])]);
    let sql = up(&propose(&catalog, &report)[0]);
    assert!(sql.contains("for select to authenticated using (team_id = any (array(select private.my_teams())))"), "{sql}");
    assert!(sql.contains("for delete to authenticated using (team_id = any (array(select private.my_teams_as_owner())))"), "{sql}");
    assert!(sql.contains("security definer set search_path = ''"), "{sql}");
    assert!(sql.contains("revoke execute on function private.my_teams() from public"), "{sql}");
}

#[test]
fn privileged_columns_truncate_and_nothing_without_an_intent() {
    let catalog = catalog(vec![
        table("profiles", &[("id", "uuid"), ("name", "text"), ("role", "text")], vec![]),
        table("odd", &[("id", "int")], vec![]),
    ]);
    let mut profiles = meant("profiles", Scope::Owner { column: "id".into() });
    profiles.privileged = vec!["role".into()];
    let of = |t: &str| Target::Table { name: name(t) };
    let report = report(
        vec![profiles, meant("odd", Scope::Unknown)],
        vec![],
        &[
            (of("odd"), Command::Select, "policy x on public.odd", &["update public.profiles set role = 'admin'", "select * from odd"]),
            (of("profiles"), Command::Truncate, "privilege TRUNCATE on public.profiles", &["truncate public.profiles"]),
        ],
    );
    let proposed = propose(&catalog, &report);
    let all: Vec<String> = proposed.iter().map(up).collect();
    assert!(all[0].contains("grant update (id, name) on public.profiles to anon, authenticated"), "{all:?}");
    assert_eq!(all[1], "revoke truncate on public.profiles from anon, authenticated");
    assert_eq!(all.len(), 2);
    assert!(proposed[0].last().unwrap().up.join(" ").contains("new.role is distinct from old.role"));
}
