//! What PostgreSQL does with policies in nineteen cases that are often told wrong: executed on the oldest, the default and the newest server.

use architrave_model::script::Script;
use architrave_postgres::replay::{Confined, ReplayOptions, lay_ground};
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions, installations, test_server};
use architrave_postgres::{Client, SimpleQueryMessage};
use std::collections::BTreeSet;

/// One case: tables and policies, and what statements come to, one after the other in one transaction.
struct Case {
    title: &'static str,
    /// First major that can do it.
    since: u16,
    schema: &'static str,
    /// Who (a user's id; nothing for a superuser who looks), what, and how it ends: `2 rows`, `42501`.
    steps: &'static [(&'static str, &'static str, &'static str)],
}

/// Before each schema: the application's role, and a table of notes whose rows 1 and 2 are of the users 1 and 2.
const BEFORE: &str = "
    create role reader nologin;
    create function me() returns integer language sql stable as $$ select nullif(current_setting('app.user_id', true), '')::integer $$;
    create table notes (id integer primary key, owner_id integer not null, body text not null);
    insert into notes values (1, 1, 'mine'), (2, 2, 'theirs');
    alter table notes enable row level security;
    grant select, insert, update, delete on notes to reader;";

static CASES: [Case; 19] = [
    Case {
        title: "a policy without USING and WITH CHECK lets nothing through",
        since: 12,
        schema: "create policy seen on notes for select to reader; create policy added on notes for insert to reader;",
        steps: &[("1", "select from notes", "0 rows"), ("1", "insert into notes values (3, 1, 'x')", "42501")],
    },
    Case {
        title: "UPDATE with USING only: USING is the check of the new row, too",
        since: 12,
        schema: "create policy seen on notes for select to reader using (owner_id = me());
                 create policy edited on notes for update to reader using (owner_id = me());",
        steps: &[("1", "update notes set owner_id = 2 where id = 1", "42501"), ("1", "update notes set body = 'x' where id = 1", "1 row")],
    },
    Case {
        title: "UPDATE WITH CHECK (true), the new row may be read: the row is given away",
        since: 12,
        schema: "create policy seen on notes for select to reader using (true);
                 create policy edited on notes for update to reader using (owner_id = me()) with check (true);",
        steps: &[
            ("1", "update notes set owner_id = 2 where id = 1", "1 row"),
            ("", "select from notes where id = 1 and owner_id = 2", "1 row"),
            ("1", "update notes set body = 'x' where id = 2", "0 rows"),
        ],
    },
    Case {
        title: "the same, the new row may not be read: the read policy refuses it",
        since: 12,
        schema: "create policy seen on notes for select to reader using (owner_id = me());
                 create policy edited on notes for update to reader using (owner_id = me()) with check (true);",
        steps: &[("1", "update notes set owner_id = 2 where id = 1", "42501")],
    },
    Case {
        title: "an UPDATE policy without a read policy: nothing with a condition, the own row without",
        since: 12,
        schema: "create policy edited on notes for update to reader using (owner_id = me());",
        steps: &[("1", "update notes set body = 'x' where id = 1", "0 rows"), ("1", "update notes set body = 'x'", "1 row")],
    },
    Case {
        title: "a DELETE policy without a read policy: nothing with a condition, and no error",
        since: 12,
        schema: "create policy dropped on notes for delete to reader using (owner_id = me());",
        steps: &[("1", "delete from notes where id = 1", "0 rows"), ("1", "delete from notes", "1 row")],
    },
    Case {
        title: "RETURNING needs a read policy",
        since: 12,
        schema: "create policy added on notes for insert to reader with check (owner_id = me());",
        steps: &[
            ("1", "insert into notes values (3, 1, 'x')", "1 row"),
            ("1", "insert into notes values (4, 1, 'x') returning id", "42501"),
            ("1", "insert into notes values (5, 2, 'x')", "42501"),
        ],
    },
    Case {
        title: "a unique key tells of rows that stay unseen",
        since: 12,
        schema: "create policy own on notes to reader using (owner_id = me()) with check (owner_id = me());",
        steps: &[("1", "select from notes where id = 2", "0 rows"), ("1", "insert into notes values (2, 1, 'x')", "23505")],
    },
    Case {
        title: "a foreign key tells of rows that stay unseen, and links to them",
        since: 12,
        schema: "create policy own on notes to reader using (owner_id = me()) with check (owner_id = me());
                 create table marks (id integer primary key, owner_id integer not null, note_id integer not null references notes (id));
                 alter table marks enable row level security;
                 create policy own on marks to reader using (owner_id = me()) with check (owner_id = me());
                 grant select, insert on marks to reader;",
        steps: &[("1", "insert into marks values (1, 1, 2)", "1 row"), ("1", "insert into marks values (2, 1, 99)", "23503")],
    },
    Case {
        title: "ON DELETE CASCADE asks no policy",
        since: 12,
        schema: "create policy own on notes to reader using (owner_id = me()) with check (owner_id = me());
                 create table replies (id integer primary key, owner_id integer not null, note_id integer not null references notes (id) on delete cascade);
                 insert into replies values (50, 2, 1);
                 alter table replies enable row level security;
                 create policy own on replies to reader using (owner_id = me()) with check (owner_id = me());
                 grant select, insert, update, delete on replies to reader;",
        steps: &[
            ("1", "delete from replies where id = 50", "0 rows"),
            ("1", "delete from notes where id = 1", "1 row"),
            ("", "select from replies where id = 50", "0 rows"),
        ],
    },
    Case {
        title: "a view has the rights of its owner, with security_invoker those of the caller",
        since: 15,
        schema: "create policy own on notes to reader using (owner_id = me()) with check (owner_id = me());
                 create view all_notes as select * from notes;
                 create view own_notes with (security_invoker = on) as select * from notes;
                 grant select on all_notes, own_notes to reader;",
        steps: &[("1", "select from all_notes", "2 rows"), ("1", "select from own_notes", "1 row")],
    },
    Case {
        title: "TRUNCATE asks no policy",
        since: 12,
        schema: "create policy own on notes to reader using (owner_id = me()) with check (owner_id = me()); grant truncate on notes to reader;",
        steps: &[("1", "truncate notes", "0 rows"), ("", "select from notes", "0 rows")],
    },
    Case {
        title: "restrictive policies alone let nothing through",
        since: 12,
        schema: "create policy own on notes as restrictive to reader using (true) with check (true);",
        steps: &[("1", "select from notes", "0 rows"), ("1", "insert into notes values (3, 1, 'x')", "42501")],
    },
    Case {
        title: "a role in one's own row, trusted by another table: who may write it, is what he writes",
        since: 12,
        schema: "create table people (id integer primary key, role text not null default 'user');
                 insert into people values (1), (2);
                 alter table people enable row level security;
                 create policy seen on people for select to reader using (id = me());
                 create policy edited on people for update to reader using (id = me()) with check (id = me());
                 grant select, update on people to reader;
                 create policy seen on notes for select to reader
                     using (owner_id = me() or exists (select 1 from people p where p.id = me() and p.role = 'admin'));",
        steps: &[
            ("1", "select from notes where owner_id = 2", "0 rows"),
            ("1", "update people set role = 'admin' where id = 1", "1 row"),
            ("1", "select from notes where owner_id = 2", "1 row"),
        ],
    },
    Case {
        title: "a policy that reads its own table recurses",
        since: 12,
        schema: "create policy seen on notes for select to reader using (exists (select 1 from notes n where n.owner_id = me()));",
        steps: &[("1", "select from notes", "42P17")],
    },
    Case {
        title: "a materialized view has no policies",
        since: 12,
        schema: "create policy own on notes to reader using (owner_id = me()) with check (owner_id = me());
                 create materialized view kept_notes as select * from notes;
                 grant select on kept_notes to reader;",
        steps: &[("1", "select from notes", "1 row"), ("1", "select from kept_notes", "2 rows")],
    },
    Case {
        title: "policies bind the owner of a table only with FORCE",
        since: 12,
        schema: "create table free (id integer primary key, owner_id integer not null);
                 create table bound (id integer primary key, owner_id integer not null);
                 insert into free values (1, 1), (2, 2);
                 insert into bound values (1, 1), (2, 2);
                 alter table free enable row level security;
                 alter table bound enable row level security;
                 alter table bound force row level security;
                 create policy own on free using (owner_id = me());
                 create policy own on bound using (owner_id = me());
                 grant reader to postgres;
                 grant create on schema public to reader;
                 alter table free owner to reader;
                 alter table bound owner to reader;",
        steps: &[("1", "select from free", "2 rows"), ("1", "select from bound", "1 row")],
    },
    Case {
        title: "an IMMUTABLE helper in a cached plan keeps the user who came first",
        since: 12,
        schema: "create function first_come() returns integer language plpgsql immutable as
                     $$ begin return nullif(current_setting('app.user_id', true), '')::integer; end $$;
                 create policy seen on notes for select to reader using (owner_id = first_come());",
        steps: &[
            ("1", "set local plan_cache_mode = force_generic_plan; prepare of_user_1 as select from notes where owner_id = 1", "0 rows"),
            ("1", "execute of_user_1", "1 row"),
            ("2", "execute of_user_1", "1 row"),
            ("2", "select from notes where owner_id = 1", "0 rows"),
        ],
    },
    Case {
        title: "a view that is no barrier shows hidden rows to a cheap function of the caller's",
        since: 12,
        schema: "create view leaky as select * from notes where owner_id = me();
                 create view tight with (security_barrier = on) as select * from notes where owner_id = me();
                 grant select on leaky, tight to reader;",
        steps: &[
            (
                "1",
                "create function pg_temp.tells(body text) returns boolean language plpgsql cost 0.0001 as
                     $$ begin if body = 'theirs' then raise exception 'seen'; end if; return true; end $$",
                "0 rows",
            ),
            ("1", "select from tight where pg_temp.tells(body)", "1 row"),
            ("1", "select from leaky where pg_temp.tells(body)", "P0001"),
        ],
    },
];

/// Number of rows of the last statement, or the SQLSTATE.
async fn outcome(client: &Client, who: &str, sql: &str) -> String {
    let role = if who.is_empty() { "reset role" } else { "set local role reader" };
    client.batch_execute(&format!("savepoint step; set local app.user_id = '{who}'; {role}")).await.unwrap();
    match client.simple_query(sql).await {
        Ok(messages) => {
            client.batch_execute("reset role; release savepoint step").await.unwrap();
            let count = |m: &SimpleQueryMessage| if let SimpleQueryMessage::CommandComplete(n) = m { Some(*n) } else { None };
            match messages.iter().rev().find_map(count).unwrap_or_default() {
                1 => "1 row".to_owned(),
                n => format!("{n} rows"),
            }
        }
        Err(error) => {
            client.batch_execute("rollback to savepoint step").await.unwrap();
            error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned())
        }
    }
}

/// The majors that are tried: oldest, default and newest, all under `ARCHITRAVE_ALL_MAJORS=1`.
async fn majors() -> BTreeSet<u16> {
    let Some(shared) = test_server::shared().await else { return BTreeSet::new() };
    let options = ServerOptions::from_env();
    let mut majors: BTreeSet<u16> = installations(&options).iter().map(|i| i.major).filter(|m| (12..=18).contains(m)).collect();
    if !options.bin_dirs.is_empty() {
        majors.clear();
    } else if std::env::var_os("ARCHITRAVE_ALL_MAJORS").is_none_or(|v| v != "1") {
        majors = [majors.first(), majors.last()].into_iter().flatten().copied().collect();
    }
    majors.insert(shared.major());
    majors
}

#[tokio::test]
async fn nineteen_cases_come_out_as_told() {
    for major in majors().await {
        let server = PrivateServer::start(&ServerOptions::from_env().with_major(Some(major)), &NoProgress).await.unwrap();
        let confined = Confined::new(&server).await.unwrap();
        for case in CASES.iter().filter(|case| case.since <= major) {
            let statements = architrave_sql::split(&format!("{BEFORE}{}", case.schema));
            let script = Script { path: "case.sql".into(), version: "1".into(), statements, ..Script::default() };
            let (database, failed) = lay_ground(&confined, &[script], &ReplayOptions::default()).await.unwrap();
            assert!(failed.is_empty(), "PostgreSQL {major}: {}: {failed:?}", case.title);
            let client = confined.admin(&database).await.unwrap();
            client.batch_execute("begin").await.unwrap();
            for (who, sql, told) in case.steps {
                assert_eq!(outcome(&client, who, sql).await, *told, "PostgreSQL {major}: {}: {sql}", case.title);
            }
            client.batch_execute("rollback; drop owned by reader cascade").await.unwrap();
            drop(client);
            drop(database);
            let cluster = confined.admin_of_cluster().await.unwrap();
            cluster.batch_execute("drop role reader").await.unwrap();
        }
        server.stop().await.unwrap();
    }
}
