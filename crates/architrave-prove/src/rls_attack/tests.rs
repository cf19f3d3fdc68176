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
    attack_within(AttackOptions::default(), schema, rows, relations).await
}

async fn attack_within(options: AttackOptions, schema: &str, rows: Vec<SeededRow>, relations: Vec<RelationIntent>) -> Option<AttackReport> {
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
        let scene = Scene::made(actors, setup, rows);
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
        let deadline = crate::Deadline::after(options.time_limit);
        attack_in_scene(&input, &database, admin, intent, &scene, (&options, deadline), &NoProgress).await.unwrap()
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

fn attacks(report: &AttackReport) -> Vec<String> {
    report.attacks.iter().filter(|a| !a.title.contains("empties")).map(|a| format!("{} {:?} {}", a.length, a.severity, a.title)).collect()
}

#[tokio::test]
async fn what_there_is_no_time_for_is_not_decided() {
    let policies = format!(
        "{NOTES} create policy own on public.notes using (owner = public.uid());
         create function public.note_body(p_note_id int) returns text language sql stable security definer set search_path = '' as
            $$select n.body from public.notes n where n.id = p_note_id$$;"
    );
    let options = AttackOptions { time_limit: std::time::Duration::ZERO, ..AttackOptions::default() };
    let Some(report) = attack_within(options, &policies, notes(), vec![owned("notes", "owner")]).await else { return };
    assert_eq!(report.decided().0, 0, "{}", dump(&report));
    assert!(!report.cells.is_empty() && report.attacks.is_empty());
    assert!(report.cells.iter().all(|c| c.reason == "time limit of 0 s reached"), "{}", dump(&report));
    assert_eq!(report.cut_short.as_deref(), Some("time limit of 0 s reached"));
    assert!(report.mutations.iter().all(|m| m.noticed == 0 && m.reason.is_some()));
}

#[tokio::test]
async fn a_policy_that_forgets_the_owner_is_a_leak_and_named_with_its_operand() {
    let policies = format!(
        "{NOTES} create policy own on public.notes for update using (owner = public.uid());
         create policy tell on public.notes for select using (owner = public.uid() or body is not null);"
    );
    let Some(report) = attack_on(&policies, notes(), vec![owned("notes", "owner")]).await else { return };
    let (read, reason) = verdict(&report, "notes", Command::Select, ActorKind::Outsider);
    assert_eq!(read, CellVerdict::Leak, "{}", dump(&report));
    assert_eq!(reason, "policy tell on public.notes lets 1 row of the victim's through");
    let cell = report.cells.iter().find(|c| c.actor == ActorKind::Outsider && c.command == Command::Select).unwrap();
    assert_eq!(cell.at_fault.as_ref().unwrap().operand, "body IS NOT NULL", "{}", dump(&report));
    assert_eq!(verdict(&report, "notes", Command::Update, ActorKind::Outsider).0, CellVerdict::Denied, "{}", dump(&report));
    assert_eq!(verdict(&report, "notes", Command::Delete, ActorKind::Owner).1, "no policy for DELETE that binds app_user");
}

#[tokio::test]
async fn who_promotes_himself_reads_what_admins_read() {
    let schema = format!(
        "{NOTES} create table public.profiles (id int primary key, role text not null default 'user');
         alter table public.profiles enable row level security;
         create policy own on public.profiles using (id = public.uid()) with check (id = public.uid());
         create function public.is_admin() returns boolean language sql stable as
            $$select exists (select 1 from public.profiles p where p.id = public.uid() and p.role = 'admin')$$;
         create policy notes_read on public.notes for select using (owner = public.uid() or public.is_admin());"
    );
    let mut rows = notes();
    rows.push(row("profiles", ActorKind::Owner, &[("id", "1"), ("role", "'user'")]));
    rows.push(row("profiles", ActorKind::Outsider, &[("id", "2"), ("role", "'user'")]));
    let mut profiles = owned("profiles", "id");
    profiles.privileged = vec!["role".to_owned()];
    let Some(report) = attack_on(&schema, rows, vec![owned("notes", "owner"), profiles]).await else { return };
    let found = attacks(&report);
    assert_eq!(
        found,
        [
            "1 High outsider sets role of his own row of public.profiles to 'admin'",
            "2 High outsider sets role of his own row of public.profiles to 'admin' and then reads a row of public.notes that is the victim's",
        ],
        "{}",
        dump(&report)
    );
    let (_, reason) = verdict(&report, "notes", Command::Select, ActorKind::Outsider);
    assert!(reason.starts_with("in 2 steps"), "{reason}");
    assert_eq!(verdict(&report, "notes", Command::Select, ActorKind::Anonymous).0, CellVerdict::Denied, "{}", dump(&report));
}

#[tokio::test]
async fn views_and_functions_with_the_rights_of_their_owner_leak() {
    let schema = format!(
        "{NOTES} create policy own on public.notes using (owner = public.uid());
         create view public.all_notes as select id, body from public.notes;
         create view public.my_notes with (security_barrier) as select id, body from public.notes where owner = public.uid();
         create function public.note_body(p_note_id int) returns text language sql stable security definer set search_path = '' as
            $$select n.body from public.notes n where n.id = p_note_id$$;
         create function public.my_note(p_note_id int) returns setof public.notes language sql stable security definer set search_path = '' as
            $$select * from public.notes n where n.id = p_note_id and n.owner = public.uid()$$;
         create function public.wipe(p_note_id int) returns void language plpgsql security definer set search_path = '' as
            $$begin delete from public.notes where id = p_note_id; end$$;"
    );
    let mut rows = notes();
    rows[0].values[2].1 = "'the victim''s words'".to_owned();
    let Some(report) = attack_on(&schema, rows, vec![owned("notes", "owner")]).await else { return };
    // What somebody does who is not signed in, the outsider does as well: that is not told twice.
    let found: Vec<String> = attacks(&report).into_iter().filter(|a| a.contains("all_notes") || a.contains("calling")).collect();
    assert_eq!(
        found,
        [
            "1 Critical anonymous reads a row of public.notes that is the victim's through public.all_notes",
            "1 Critical anonymous changes a row of public.notes that is the victim's through public.all_notes",
            "1 Critical anonymous deletes a row of public.notes that is the victim's through public.all_notes",
            "1 Critical anonymous gets values of a row of public.notes that is the victim's by calling public.note_body(p_note_id integer)",
            "1 Critical anonymous deletes a row of public.notes that is the victim's by calling public.wipe(p_note_id integer)",
        ],
        "{}",
        dump(&report)
    );
    let own = report
        .cells
        .iter()
        .find(|c| c.actor == ActorKind::Outsider && matches!(&c.target, Target::Function { name, .. } if name.name == "my_note"));
    assert_eq!(own.unwrap().verdict, CellVerdict::Denied, "{}", dump(&report));
    let view = report.cells.iter().find(|c| {
        c.actor == ActorKind::Outsider
            && c.command == Command::Select
            && matches!(&c.target, Target::View { name } if name.name == "my_notes")
    });
    assert_eq!(view.unwrap().verdict, CellVerdict::Denied, "{}", dump(&report));
}

#[tokio::test]
async fn a_helper_that_says_immutable_shows_the_owners_rows_to_the_next_on_the_connection() {
    let schema = format!(
        "{NOTES} create function public.fixed() returns int language plpgsql immutable as
            $$begin return nullif(current_setting('app.uid', true), '')::int; end$$;
         create policy own on public.notes using (owner = public.fixed());"
    );
    let Some(report) = attack_on(&schema, notes(), vec![owned("notes", "owner")]).await else { return };
    let (read, reason) = verdict(&report, "notes", Command::Select, ActorKind::Outsider);
    assert_eq!(read, CellVerdict::Leak, "{}", dump(&report));
    assert_eq!(reason, "function public.fixed() is IMMUTABLE: a prepared plan keeps what it returned to whoever ran it first");
}

#[tokio::test]
async fn a_policy_that_is_gone_or_true_is_noticed() {
    let schema = format!(
        "{NOTES} create policy own on public.notes for select using (owner = public.uid());
         create policy again on public.notes for select using (owner = public.uid());
         create policy nobody on public.notes for delete to pg_monitor using (true);"
    );
    let Some(report) = attack_on(&schema, notes(), vec![owned("notes", "owner")]).await else { return };
    let told: Vec<(String, String, bool, Option<String>)> =
        report.mutations.iter().map(|m| (m.policy.clone(), m.change.clone(), m.noticed > 0, m.reason.clone())).collect();
    let covered = |by: &str| Some(format!("other permissive policies let the same rows through: {by}"));
    let unbound = Some("it binds none of the actors' roles that have a privilege on the table".to_owned());
    assert_eq!(
        told,
        [
            ("again".to_owned(), "dropped".to_owned(), false, covered("own")),
            ("again".to_owned(), "replaced by true".to_owned(), true, None),
            ("nobody".to_owned(), "dropped".to_owned(), false, unbound.clone()),
            ("nobody".to_owned(), "replaced by true".to_owned(), false, unbound),
            ("own".to_owned(), "dropped".to_owned(), false, covered("again")),
            ("own".to_owned(), "replaced by true".to_owned(), true, None),
        ]
    );
}

#[tokio::test]
async fn recursion_is_denied_to_all_and_named() {
    let schema =
        format!("{NOTES} create policy own on public.notes using (exists (select from public.notes n where n.owner = public.uid()));");
    let Some(report) = attack_on(&schema, notes(), vec![owned("notes", "owner")]).await else { return };
    let (read, reason) = verdict(&report, "notes", Command::Select, ActorKind::Outsider);
    assert_eq!(read, CellVerdict::Denied, "{}", dump(&report));
    assert_eq!(reason, "42P17 infinite recursion detected in policy for relation \"notes\"");
}
