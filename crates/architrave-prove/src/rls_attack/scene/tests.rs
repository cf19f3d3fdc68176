//! Rows of two tenants on the test server, for schemas of our own.

use super::{Purpose, Scene, SeededRow, build};
use crate::rls_attack::intent::infer;
use architrave_model::QualifiedName;
use architrave_model::access::{ActorKind, Intent, Stated};
use architrave_model::catalog::Catalog;
use architrave_model::context::Exposure;
use architrave_postgres::Client;
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::server::test_server;

/// What Supabase brings along, as far as it matters here.
const SUPABASE: &str = "create schema auth;
    do $$ begin create role anon; exception when others then null; end $$;
    do $$ begin create role authenticated; exception when others then null; end $$;
    do $$ begin create role service_role bypassrls; exception when others then null; end $$;
    create table auth.users (id uuid primary key, email text unique, role text, created_at timestamptz);
    create function auth.uid() returns uuid language sql stable as
        $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
    create function auth.jwt() returns jsonb language sql stable as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
    grant usage on schema auth, public to anon, authenticated;";

struct Stage {
    /// Dropped with its sessions when the stage goes.
    _database: architrave_postgres::server::Database,
    client: Client,
    catalog: Catalog,
    intent: Intent,
    scene: Scene,
}

impl Stage {
    fn rows(&self, table: &str) -> Vec<&SeededRow> {
        self.scene.rows.iter().filter(|r| r.table == QualifiedName::new("public", table)).collect()
    }

    fn value(&self, table: &str, of: ActorKind, column: &str) -> String {
        let row = self.rows(table).into_iter().find(|r| r.of == of && r.purpose == Purpose::Belongs);
        let row = row.unwrap_or_else(|| panic!("no row of {of:?} in {table}: {:?}", self.scene.gaps));
        row.values.iter().find(|(c, _)| c == column).map(|(_, v)| v.clone()).unwrap_or_default()
    }

    async fn count(&self, sql: &str) -> i64 {
        self.client.query_one(sql, &[]).await.unwrap().get(0)
    }
}

/// A database with that schema and its scene; none without a server.
async fn stage(sql: &str) -> Option<Stage> {
    stage_with(sql, false).await
}

async fn stage_with(sql: &str, clerk: bool) -> Option<Stage> {
    let server = test_server::shared().await?;
    let database = server.create_database("scene").await.unwrap();
    let mut client = database.connect().await.unwrap();
    client.batch_execute(sql).await.unwrap();
    let catalog = read_catalog(&mut client, &ReadOptions::default()).await.unwrap();
    let intent = infer(&catalog, &Exposure::default(), &Stated::default(), clerk);
    let scene = build(&client, &catalog, &intent, &crate::Deadline::after(std::time::Duration::from_secs(120))).await.unwrap();
    Some(Stage { _database: database, client, catalog, intent, scene })
}

const TEAMS: &str = "create table teams (id uuid primary key default gen_random_uuid(), name text not null);
    create type member_role as enum ('viewer', 'admin');
    create table team_members (team_id uuid not null references teams, user_id uuid not null references auth.users, role member_role not null,
        primary key (team_id, user_id));
    create table boards (id bigint generated always as identity primary key, team_id uuid not null references teams, title text);
    create policy b on boards using (team_id in (select team_id from team_members where user_id = auth.uid()));
    create table cards (id serial primary key, board_id bigint not null references boards, author_id uuid references auth.users, done boolean default false);
    alter table boards enable row level security;";

#[tokio::test]
async fn two_tenants() {
    let Some(stage) = stage(&format!("{SUPABASE} {TEAMS}")).await else { return };
    assert_eq!(stage.scene.gaps, []);
    let kinds: Vec<(ActorKind, &str)> = stage.scene.actors.iter().map(|a| (a.kind, a.role.as_str())).collect();
    let expected = [
        (ActorKind::Owner, "authenticated"),
        (ActorKind::Member, "authenticated"),
        (ActorKind::Outsider, "authenticated"),
        (ActorKind::Anonymous, "anon"),
        (ActorKind::Service, "service_role"),
    ];
    assert_eq!(kinds, expected);
    let of = |kind, column| stage.value("boards", kind, column);
    assert_ne!(of(ActorKind::Owner, "team_id"), of(ActorKind::Outsider, "team_id"));
    assert_eq!(of(ActorKind::Owner, "team_id"), format!("'{}'", stage.scene.actors[0].tenant.clone().unwrap()));
    let role = |kind| stage.value("team_members", kind, "role");
    assert_eq!([role(ActorKind::Owner), role(ActorKind::Member), role(ActorKind::Outsider)], ["'admin'", "'viewer'", "'admin'"]);
    assert_eq!(stage.value("cards", ActorKind::Owner, "board_id"), of(ActorKind::Owner, "id"));
    for key in ["team_members (team_id) references teams", "boards (team_id) references teams", "cards (board_id) references boards"] {
        let (from, to) = key.split_once(" references ").unwrap();
        let (table, column) = from.split_once(' ').unwrap();
        let column = column.trim_matches(['(', ')']);
        assert_eq!(stage.count(&format!("select count(*) from {table} where {column} not in (select id from {to})")).await, 0, "{key}");
    }
}

#[tokio::test]
async fn the_setup_makes_the_same_rows_again() {
    let sql = format!("{SUPABASE} {TEAMS}");
    let Some(first) = stage(&sql).await else { return };
    let server = test_server::shared().await.unwrap();
    let database = server.create_database("scene").await.unwrap();
    let client = database.connect().await.unwrap();
    client.batch_execute(&sql).await.unwrap();
    for statement in &first.scene.setup {
        client.batch_execute(statement).await.unwrap();
    }
    for row in &first.scene.rows {
        let named: Vec<String> = row.key.iter().map(|(c, v)| format!("{c} = {v}")).collect();
        let sql = format!("select count(*) from {} where {}", row.table.sql(), named.join(" and "));
        let found: i64 = client.query_one(&sql, &[]).await.unwrap().get(0);
        assert_eq!(found, 1, "{sql}");
    }
    assert_eq!(stage(&sql).await.unwrap().scene, first.scene);
}

#[tokio::test]
async fn values_that_checks_ask_for() {
    let sql = format!(
        "{SUPABASE}
        create domain zip as text check (value ~ '^[0-9]{{5}}$');
        create table things (
            id uuid primary key, user_id uuid not null references auth.users,
            code text not null unique check (code ~ '^[A-Z]{{3}}-[0-9]{{4}}$'),
            kind text not null check (kind in ('small', 'large')),
            stars int not null check (stars between 3 and 5),
            title text not null check (char_length(title) >= 40),
            short varchar(4) not null,
            options jsonb not null check (jsonb_typeof(options) = 'array'),
            starts timestamptz not null, ends timestamptz not null, check (ends > starts),
            low int not null, high int not null, check (low < high and high < 20),
            area zip not null,
            email text not null check (email like '%@%'),
            a int, b int, check (num_nonnulls(a, b) = 1),
            total int generated always as (low + high) stored,
            tags text[] not null check (cardinality(tags) > 0),
            percent numeric(5, 2) not null check (percent > 0 and percent <= 1),
            site text not null check (site ~* '^https?://')
        );"
    );
    let Some(stage) = stage(&sql).await else { return };
    assert_eq!(stage.scene.gaps, []);
    assert_eq!(stage.rows("things").len(), 2);
    assert_ne!(stage.value("things", ActorKind::Owner, "code"), stage.value("things", ActorKind::Outsider, "code"));
}

#[tokio::test]
async fn every_built_in_type() {
    let types = "smallint, integer, bigint, numeric(4, 1), real, double precision, money, text, varchar(2), char(3), name, bytea, date, timestamp, timestamptz, \
         time, timetz, interval, boolean, uuid, json, jsonb, inet, cidr, macaddr, macaddr8, bit(3), varbit, xml, point, line, lseg, box, path, polygon, circle, \
         tsvector, tsquery, int4range, int8range, numrange, tsrange, tstzrange, daterange, int4multirange, text[], int[], pair, mood, mood[], floats, jsonpath, pg_lsn, regclass, oid";
    let columns: Vec<String> = types
        .replace("numeric(4, 1)", "numeric(4_1)")
        .split(',')
        .enumerate()
        .map(|(at, t)| format!("c{at} {} not null", t.replace("(4_1)", "(4, 1)")))
        .collect();
    let sql = format!(
        "{SUPABASE} create type mood as enum ('glad', 'sad'); create type pair as (a int, b text); create type floats as range (subtype = float8);
        create table wide (id int primary key, user_id uuid references auth.users, {});",
        columns.join(", ")
    );
    let Some(stage) = stage(&sql).await else { return };
    assert_eq!(stage.scene.gaps, []);
    assert_eq!(stage.rows("wide").len(), 2);
}

#[tokio::test]
async fn keys_cycles_partitions_and_exclusions() {
    let sql = format!(
        "{SUPABASE}
        create table a (id int primary key, b_id int, user_id uuid references auth.users);
        create table b (id int primary key, a_id int not null references a);
        alter table a add foreign key (b_id) references b;
        create table tree (id int primary key, parent int references tree, user_id uuid references auth.users);
        create table booked (user_id uuid references auth.users, during tsrange not null, exclude using gist (during with &&));
        create table logs (at date not null, user_id uuid references auth.users) partition by range (at);
        create table logs_26 partition of logs for values from ('2026-01-01') to ('2027-01-01');
        create table parts (region text not null, user_id uuid) partition by list (region);
        create table parts_eu partition of parts for values in ('eu', 'uk');
        create table friends (user_id uuid not null references auth.users, friend_id uuid not null references auth.users, check (user_id <> friend_id),
            primary key (user_id, friend_id));
        create table twins (team int not null, slot int not null, user_id uuid unique references auth.users, primary key (team, slot));
        create function no() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
        create trigger t before insert on twins for each row execute function no();"
    );
    let Some(stage) = stage(&sql).await else { return };
    assert_eq!(stage.scene.gaps, []);
    for table in ["a", "b", "tree", "booked", "logs", "parts", "friends", "twins"] {
        assert_eq!(stage.rows(table).iter().filter(|r| r.purpose == Purpose::Belongs).count(), 2, "{table}");
    }
    assert_eq!(stage.value("friends", ActorKind::Owner, "user_id"), format!("'{}'", stage.scene.actors[0].id.clone().unwrap()));
}

#[tokio::test]
async fn rows_for_everybody_and_for_policies() {
    let sql = format!(
        "{SUPABASE}
        create table posts (id int primary key, user_id uuid not null references auth.users, status text not null default 'draft', archived boolean not null default false);
        alter table posts enable row level security;
        create policy own on posts using (user_id = auth.uid());
        create policy seen on posts for select using (status = 'published');
        create policy old on posts for delete using (user_id = auth.uid() and archived);
        create table plans (id int primary key, name text); alter table plans enable row level security;
        create policy all_read on plans for select using (true);
        insert into plans values (1, 'free');
        create table kept (id int primary key, user_id uuid not null references auth.users, deleted_at timestamptz);
        alter table kept enable row level security;
        create policy k on kept for select using (user_id = auth.uid() or deleted_at is not null);
        create table notes (id int primary key, user_id uuid not null references auth.users, post_id int not null references posts);
        alter table notes enable row level security;
        create policy own on notes using (user_id = auth.uid());
        create policy seen on notes for select using (post_id in (select id from posts where status = 'published'));
        create policy never on notes for delete using (false);
        create function small() returns text language sql immutable as $$ select 'small' $$;
        create table shirts (id int primary key, user_id uuid references auth.users, size text not null check (size = small()));
        create table steps (id int primary key, plan int not null references plans, other int not null references plans, check (plan is distinct from other));
        create table single (id int primary key, user_id uuid references auth.users, plan int unique references plans);"
    );
    let Some(stage) = stage(&sql).await else { return };
    assert_eq!(stage.scene.gaps, []);
    assert_eq!(stage.value("posts", ActorKind::Owner, "status"), "'draft'");
    let purposes: Vec<&Purpose> = stage.rows("posts").iter().map(|r| &r.purpose).collect();
    let satisfies = Purpose::Satisfies { policy: "old".into() };
    assert_eq!(purposes, [&Purpose::Belongs, &Purpose::Belongs, &Purpose::Public, &satisfies]);
    assert_eq!(
        stage.rows("notes").iter().map(|r| &r.purpose).collect::<Vec<_>>(),
        [&Purpose::Belongs, &Purpose::Belongs, &Purpose::Public]
    );
    let kept = stage.rows("kept");
    assert_eq!(
        kept.iter().map(|r| r.purpose.clone()).collect::<Vec<_>>(),
        [Purpose::Belongs, Purpose::Belongs, Purpose::Satisfies { policy: "k".into() }]
    );
    assert!(kept[2].values.iter().any(|(c, _)| c == "deleted_at"));
    assert_eq!([stage.rows("shirts").len(), stage.rows("single").len()], [2, 2]);
    assert_eq!(stage.rows("plans").iter().map(|r| &r.purpose).collect::<Vec<_>>(), [&Purpose::Public]);
}

#[tokio::test]
async fn what_cannot_be_filled_is_a_gap() {
    let sql = format!(
        "{SUPABASE}
        create table never (id int primary key, user_id uuid references auth.users, n int not null check (n > 3 and n < 3));
        create table fine (id int primary key, user_id uuid references auth.users);"
    );
    let Some(stage) = stage(&sql).await else { return };
    let gaps: Vec<String> = stage.scene.gaps.iter().map(|g| format!("{}: {}", g.what, g.why)).collect();
    assert_eq!(gaps, ["rows of public.never: no values were found that satisfy (((n > 3) AND (n < 3)))"]);
    assert_eq!(stage.rows("fine").len(), 2);
}

#[tokio::test]
async fn clerk_and_settings_and_roles() {
    let clerk = format!(
        "{SUPABASE} create table users (id uuid primary key, clerk_id text unique not null check (clerk_id ~ '^user_'));
        create table pages (id int primary key, user_id uuid references users, org_id text);
        create policy p on pages using (org_id = (auth.jwt() -> 'o' ->> 'id'));"
    );
    let Some(stage) = stage_with(&clerk, true).await else { return };
    assert_eq!(stage.scene.gaps, []);
    assert_eq!(stage.value("users", ActorKind::Owner, "clerk_id"), "'user_owner'");
    assert_eq!(stage.value("pages", ActorKind::Owner, "user_id"), stage.value("users", ActorKind::Owner, "id"));
    assert!(stage.scene.actors[0].settings[0].1.contains("\"o\":{\"id\":\"org_first\",\"rol\":\"admin\"}"), "{:?}", stage.scene.actors[0]);
    let settings = "create table bills (id int primary key, tenant_id int not null, holder bigint not null);
        alter table bills enable row level security;
        create policy t on bills using (tenant_id = current_setting('app.tenant_id')::int);
        do $$ begin create role scene_app; exception when duplicate_object then null; end $$; grant select on bills to scene_app;";
    let stage = stage_with(settings, false).await.unwrap();
    assert_eq!(stage.scene.gaps, []);
    let owner = &stage.scene.actors[0];
    assert_eq!(
        (owner.role.as_str(), owner.settings.as_slice()),
        ("scene_app", [("app.tenant_id".to_owned(), "700101".to_owned())].as_slice())
    );
    assert_eq!(stage.value("bills", ActorKind::Outsider, "tenant_id"), "'700102'");
    let roles = "create table sheets (id int primary key, keeper name not null default current_user);
        alter table sheets enable row level security; create policy k on sheets using (keeper = current_user);
        do $$ begin create role scene_app; exception when others then null; end $$; grant select on sheets to scene_app;";
    let stage = stage_with(roles, false).await.unwrap();
    assert_eq!(stage.value("sheets", ActorKind::Owner, "keeper"), "'architrave_owner'");
    let sql = "set role architrave_outsider; select keeper::text from sheets";
    let seen = crate::ground::rows(&stage.client.simple_query(sql).await.unwrap());
    assert_eq!(seen, [[Some("architrave_outsider".to_owned())]]);
}

#[tokio::test]
async fn a_fresh_row_can_be_inserted() {
    let sql = format!(
        "{SUPABASE} {TEAMS} create table slugs (slug text primary key check (slug ~ '^[a-z]{{3}}[0-9]+$'), user_id uuid references auth.users);"
    );
    let Some(stage) = stage(&sql).await else { return };
    for (table, of) in
        [("boards", ActorKind::Outsider), ("cards", ActorKind::Member), ("slugs", ActorKind::Outsider), ("teams", ActorKind::Owner)]
    {
        let name = QualifiedName::new("public", table);
        let set = if table == "cards" { vec![("done".to_owned(), "true".to_owned())] } else { Vec::new() };
        let row = stage.scene.fresh_row(&stage.catalog, &stage.intent, &name, of, &set).unwrap();
        let columns: Vec<&str> = row.iter().map(|(c, _)| c.as_str()).collect();
        let values: Vec<&str> = row.iter().map(|(_, v)| v.as_str()).collect();
        let sql = format!("begin; insert into {table} ({}) values ({}); rollback", columns.join(", "), values.join(", "));
        stage.client.batch_execute(&sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    }
    assert_eq!(stage.scene.fresh_row(&stage.catalog, &stage.intent, &QualifiedName::new("public", "none"), ActorKind::Owner, &[]), None);
}

const DUTIES: &str = "create table teams (id uuid primary key default gen_random_uuid(), founder uuid not null references auth.users, title text not null);
    create table team_members (team_id uuid references teams, user_id uuid references auth.users, primary key (team_id, user_id));
    create table roles (id int primary key, name text not null unique);
    create table permissions (id int generated always as identity primary key, name text not null unique check (name ~ '^[a-z]+[.][a-z]+$'));
    create table role_permissions (role_id int references roles, permission_id int references permissions, primary key (role_id, permission_id));
    create table bindings (id bigint generated always as identity primary key, team_id uuid not null references teams, holder uuid not null,
        role_id int not null references roles, since timestamptz not null default now());
    insert into roles values (1, 'guest'), (2, 'boss');
    create function founded() returns trigger language plpgsql as
        $$ begin insert into bindings (team_id, holder, role_id) values (new.id, auth.uid(), 2); return new; end $$;
    create trigger founded after insert on teams for each row execute function founded();
    create function read_boards() returns text language sql immutable as $$ select 'boards.read' $$;
    create function may(team uuid, wanted text) returns boolean language sql stable as $$ select exists (select 1 from bindings b
        join role_permissions r using (role_id) join permissions p on p.id = r.permission_id
        where b.team_id = team and b.holder = auth.uid() and p.name = wanted) $$;
    create table boards (id bigint generated always as identity primary key, team_id uuid not null references teams, title text);
    alter table boards enable row level security;
    create policy b on boards using (may(team_id, read_boards()));";

#[tokio::test]
async fn founders_are_given_what_the_projects_triggers_give_them_and_their_roles_what_its_texts_ask_for() {
    let Some(stage) = stage(&format!("{SUPABASE} {DUTIES}")).await else { return };
    let of = |of: ActorKind| {
        stage.rows("bindings").into_iter().filter(|r| r.of == of && r.values.iter().any(|(c, v)| c == "role_id" && v == "'2'")).count()
    };
    assert_eq!((of(ActorKind::Owner), of(ActorKind::Outsider), of(ActorKind::Member)), (1, 1, 0), "{:?}", stage.scene.setup);
    let given = "select count(*) from role_permissions r join permissions p on p.id = r.permission_id where p.name = 'boards.read' and r.role_id = 2";
    assert_eq!(stage.count(given).await, 1, "{:?}", stage.scene.setup);
    let moved = "select count(*) from bindings where role_id = 2 and since = '2020-01-01 00:00:00+00'";
    assert_eq!(stage.count(moved).await, 2);
}
