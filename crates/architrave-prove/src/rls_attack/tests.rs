//! Attacks on small schemas, with rows made by hand.

use super::scene::{Purpose, Scene, SeededRow};
use super::{AttackInput, AttackOptions, attack_in_scene};
use crate::ground::testing::with_ground;
use architrave_model::QualifiedName;
use architrave_model::access::{
    Actor, ActorKind, AttackReport, CellVerdict, Command, Intent, RelationIntent, Scope, Source, Stated, Target,
};
use architrave_model::context::Exposure;
use architrave_model::origin::Origins;
use architrave_postgres::server::NoProgress;

/// Roles and the identity; a project of an application whose role is `app`.
const HEAD: &str = "do $$ begin if not exists (select from pg_roles where rolname = 'app_user') then create role app_user; end if;
    if not exists (select from pg_roles where rolname = 'app_service') then create role app_service; end if;
    exception when duplicate_object or unique_violation then null; end $$;
    create function public.uid() returns int language sql stable as $$select nullif(current_setting('app.uid', true), '')::int$$;
    alter default privileges grant all on tables to app_user, app_service;\n";

fn actor(kind: ActorKind, role: &str, id: Option<&str>) -> Actor {
    let settings = vec![("app.uid".to_owned(), id.unwrap_or_default().to_owned())];
    Actor { kind, role: role.to_owned(), settings, id: id.map(str::to_owned), tenant: None }
}

fn pair(column: &str, value: &str) -> (String, String) {
    (column.to_owned(), value.to_owned())
}

pub(super) fn row(table: &str, of: ActorKind, values: &[(&str, &str)]) -> SeededRow {
    let values: Vec<(String, String)> = values.iter().map(|(c, v)| pair(c, v)).collect();
    let key = vec![values[0].clone()];
    SeededRow { table: QualifiedName::new("public", table), of, key, values, purpose: Purpose::Belongs }
}

fn owned(table: &str, column: &str) -> RelationIntent {
    RelationIntent {
        relation: QualifiedName::new("public", table),
        scope: Scope::Owner { column: column.to_owned() },
        public_when: None,
        read_by_all: false,
        writers: Vec::new(),
        privileged: Vec::new(),
        source: Source::Inferred { from: Vec::new() },
    }
}

async fn attack_on(schema: &str, rows: Vec<SeededRow>, relations: Vec<RelationIntent>) -> Option<AttackReport> {
    let sql = format!("{HEAD}{schema}");
    with_ground(&sql, async |ground| {
        let database = ground.server.clone_database(ground.base).await.unwrap();
        let mut admin = ground.server.admin(&database).await.unwrap();
        let setup: Vec<String> = rows
            .iter()
            .map(|r| {
                let columns: Vec<&str> = r.values.iter().map(|(c, _)| c.as_str()).collect();
                let values: Vec<&str> = r.values.iter().map(|(_, v)| v.as_str()).collect();
                format!("insert into {} ({}) values ({})", r.table, columns.join(", "), values.join(", "))
            })
            .collect();
        admin.batch_execute(&format!("set session_replication_role = replica; {}; reset all", setup.join(";"))).await.unwrap();
        let catalog = crate::ground::catalog_of(&mut admin, false).await.unwrap();
        let actors = vec![
            actor(ActorKind::Owner, "app_user", Some("1")),
            actor(ActorKind::Outsider, "app_user", Some("2")),
            actor(ActorKind::Anonymous, "app_user", None),
            actor(ActorKind::Service, "app_service", None),
        ];
        let scene = Scene { actors, setup, rows, gaps: Vec::new() };
        let intent = Intent { relations, ..Intent::default() };
        let input = AttackInput {
            server: ground.server,
            base: ground.base,
            catalog: &catalog,
            exposure: &Exposure::default(),
            stated: &Stated::default(),
            clerk: false,
            origins: &Origins::default(),
        };
        attack_in_scene(&input, &database, admin, intent, &scene, &AttackOptions::default(), &NoProgress).await.unwrap()
    })
    .await
}

fn verdict(report: &AttackReport, table: &str, command: Command, actor: ActorKind) -> (CellVerdict, String) {
    let target = Target::Table { name: QualifiedName::new("public", table) };
    let cell = report.cells.iter().find(|c| c.target == target && c.command == command && c.actor == actor).unwrap();
    (cell.verdict, cell.reason.clone())
}

fn dump(report: &AttackReport) -> String {
    let mut text = String::new();
    for c in &report.cells {
        text.push_str(&format!("{:?} {} {} {:?}: {}\n", c.target, c.command.sql(), c.actor.word(), c.verdict, c.reason));
    }
    for a in &report.attacks {
        text.push_str(&format!("{:?} {} ({})\n", a.severity, a.title, a.length));
        for s in &report.transcripts[a.transcript].steps {
            text.push_str(&format!("    {:?} {} -> {:?}\n", s.actor, s.sql, s.outcome));
        }
    }
    text
}

fn notes() -> Vec<SeededRow> {
    vec![
        row("notes", ActorKind::Owner, &[("id", "1"), ("owner", "1"), ("body", "'a'")]),
        row("notes", ActorKind::Outsider, &[("id", "2"), ("owner", "2"), ("body", "'b'")]),
    ]
}

const NOTES: &str = "create table public.notes (id int primary key, owner int not null, body text);
    alter table public.notes enable row level security;\n";

#[tokio::test]
async fn a_tight_table_is_denied_with_controls_and_its_owner_allowed() {
    let policies = format!("{NOTES} create policy own on public.notes using (owner = public.uid()) with check (owner = public.uid());");
    let Some(report) = attack_on(&policies, notes(), vec![owned("notes", "owner")]).await else { return };
    for command in [Command::Select, Command::Update, Command::Delete, Command::Upsert, Command::Returning] {
        assert_eq!(verdict(&report, "notes", command, ActorKind::Owner).0, CellVerdict::Allowed, "{}", dump(&report));
        assert_eq!(verdict(&report, "notes", command, ActorKind::Anonymous).0, CellVerdict::Denied, "{}", dump(&report));
    }
}
