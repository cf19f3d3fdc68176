//! Why a statement comes back empty or refused, on the oldest server, on 13, and on the newest: the catalogues that tell it differ.

use architrave_model::access::why::CauseKind;
use architrave_model::script::Script;
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::replay::{Confined, ReplayOptions, lay_ground, without_own_objects};
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions, installations, test_server};
use architrave_prove::rls_explain::{AccessQuestion, explain_access};

const SCHEMA: &str = "
    create role reader nologin;
    create function me() returns integer language sql stable as $$ select nullif(current_setting('app.user_id', true), '')::integer $$;
    create table teams (id integer primary key, name text not null);
    create table members (team_id integer references teams, user_id integer, primary key (team_id, user_id));
    create table notes (id integer generated always as identity primary key, team_id integer not null references teams, body text);
    insert into teams values (1, 'ours'), (2, 'theirs');
    insert into members values (1, 1), (2, 2);
    insert into notes (team_id, body) values (1, 'mine'), (2, 'theirs');
    alter table notes enable row level security;
    alter table members enable row level security;
    grant select on members, notes to reader;
    grant insert on notes to reader;
    create policy seen on members for select to reader using (user_id = me());
    create policy seen on notes for select to reader using (team_id in (select m.team_id from members m where m.user_id = me()));
    create policy added on notes for insert to reader with check (team_id in (select m.team_id from members m where m.user_id = me()));
    create view all_notes as select * from notes;";

/// Statement, the user who asks, the cause, and words of its sentence.
static QUESTIONS: [(&str, &str, CauseKind, &str); 6] = [
    ("select * from notes", "1", CauseKind::NothingWrong, ""),
    ("select * from notes", "3", CauseKind::HiddenFromPolicy, "members"),
    ("select * from teams", "1", CauseKind::NotGranted, "no SELECT on public.teams"),
    ("insert into notes (team_id, body) values (2, 'x')", "1", CauseKind::NewRowRefused, "notes"),
    ("update notes set body = 'x'", "1", CauseKind::NotGranted, "no UPDATE on public.notes"),
    ("select * from all_notes", "1", CauseKind::NotGranted, "no SELECT on public.all_notes"),
];

#[tokio::test]
async fn causes_are_found_on_old_and_new_servers() {
    let mut tried = test_server::majors().await;
    tried.extend(installations(&ServerOptions::from_env()).iter().map(|i| i.major).filter(|major| *major == 13));
    let mut wrong = Vec::new();
    for major in tried {
        let server = PrivateServer::start(&ServerOptions::from_env().with_major(Some(major)), &NoProgress).await.unwrap();
        let confined = Confined::new(&server).await.unwrap();
        let script =
            Script { path: "case.sql".into(), version: "1".into(), statements: architrave_sql::split(SCHEMA), ..Script::default() };
        let options = ReplayOptions { track: false, ..ReplayOptions::default() };
        let (database, failed) = lay_ground(&confined, &[script], &options).await.unwrap();
        assert!(failed.is_empty(), "PostgreSQL {major}: {failed:?}");
        let mut client = confined.owner(&database).await.unwrap();
        let mut catalog = read_catalog(&mut client, &ReadOptions::default()).await.unwrap();
        drop(client);
        without_own_objects(&mut catalog);
        for (sql, user, kind, words) in &QUESTIONS {
            let question = AccessQuestion {
                statement: (*sql).to_owned(),
                role: "reader".to_owned(),
                settings: vec![("app.user_id".to_owned(), (*user).to_owned())],
                target: "case".to_owned(),
                now: 1e9,
                ..AccessQuestion::default()
            };
            match explain_access(&confined, &database, &catalog, &question).await {
                Ok(said) if said.cause.kind == *kind && said.cause.sentence.contains(words) => {}
                Ok(said) => wrong.push(format!("PostgreSQL {major}: {sql} as {user}: {:?}: {}", said.cause.kind, said.cause.sentence)),
                Err(error) => wrong.push(format!("PostgreSQL {major}: {sql} as {user}: {error}")),
            }
        }
        drop(database);
        server.stop().await.unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
