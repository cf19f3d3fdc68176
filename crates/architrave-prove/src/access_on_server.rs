//! The access matrix against PostgreSQL itself: every cell is compared with what the server says of the privilege, and with the rows that the role
//! really sees.

use architrave_advise::access_matrix;
use architrave_model::access::{AccessRow, Command, Reach};
use architrave_model::context::Exposure;
use architrave_model::name::{ObjectKind, QualifiedName, quote_ident};
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::server::{PrivateServer, ServerOptions, installations, test_server};
use std::collections::{BTreeSet, HashSet};
use tokio_postgres::Client;

/// Roles of the test begin with this: the server is shared.
const PREFIX: &str = "matrix_";

const ROLES: &str = "
create role matrix_owner; create role matrix_other_owner; create role matrix_anon; create role matrix_user;
create role matrix_service bypassrls; create role matrix_reader; create role matrix_writer;
create role matrix_gate login noinherit; create role matrix_app login; create role matrix_admin login superuser;
create role matrix_sees_all login; create role matrix_dba login;
grant matrix_anon, matrix_user, matrix_service to matrix_gate; grant matrix_reader to matrix_writer;
grant matrix_writer to matrix_app; grant matrix_owner to matrix_dba";

const SCHEMA: &str = "
create schema open; create schema closed; grant usage on schema open to public; grant usage on schema closed to matrix_user;
grant create, usage on schema open, closed to matrix_owner, matrix_other_owner;
set role matrix_owner;
create table open.plain (id int, note text);
create table open.guarded (id int, mine boolean, secret text);
create table open.forced (id int); create table open.silent (id int); create table open.some (id int, a text, b text);
create table open.parted (id int) partition by range (id);
create table open.part partition of open.parted for values from (0) to (100);
create table closed.hidden (id int);
insert into open.plain select g, 'x' from generate_series(1, 7) g;
insert into open.guarded select g, g % 2 = 0, 's' from generate_series(1, 10) g;
insert into open.forced select generate_series(1, 5); insert into open.silent select generate_series(1, 3);
insert into open.some values (1, 'a', 'b'), (2, 'a', 'b'); insert into open.parted select generate_series(1, 9);
insert into closed.hidden values (1), (2);
alter table open.guarded enable row level security; alter table open.forced enable row level security;
alter table open.forced force row level security; alter table open.silent enable row level security;
alter table open.parted enable row level security;
create policy mine on open.guarded for select to matrix_user, matrix_reader using (mine);
create policy narrow on open.guarded as restrictive for select to matrix_reader using (id > 4);
create policy writes on open.guarded for update to public using (mine);
create policy only_restrictive on open.silent as restrictive using (true);
create policy few on open.forced to matrix_owner using (id < 3);
create policy low on open.parted for select to matrix_user using (id < 5);
grant select on open.plain to public; grant insert, update, delete, truncate on open.plain to matrix_writer;
grant select, update on open.guarded to matrix_anon, matrix_user, matrix_service, matrix_reader;
grant all on open.silent, open.parted to matrix_user; grant select on open.part to matrix_user;
grant select, insert on open.forced to matrix_service; grant select (id, a), update (b) on open.some to matrix_anon;
grant select on closed.hidden to matrix_user, matrix_anon;
create view open.all_guarded as select id from open.guarded;
create view open.own_guarded as select id, mine from open.guarded where id is distinct from 3;
create view open.counted as select count(*) as n, now() as at from open.plain;
create view open.over_view as select id from open.own_guarded;
create view open.two as select p.id from open.plain p join open.guarded g on g.id = p.id;
create view open.forced_view as select id from open.forced;
create materialized view open.stored as select * from open.guarded;
grant all on open.all_guarded, open.own_guarded, open.counted, open.over_view, open.two, open.stored, open.forced_view to matrix_user, matrix_anon, matrix_reader;
reset role;
grant select on open.guarded, open.plain to matrix_other_owner;
set role matrix_other_owner;
create view open.foreign_owner as select id from open.guarded;
grant select, update on open.foreign_owner to matrix_user;
reset role;
create function open.to_all() returns int language sql as 'select 1';
create function open.to_some(int) returns int language sql security definer as 'select 1';
create function closed.behind() returns int language sql as 'select 1';
create function open.on_change() returns trigger language plpgsql as 'begin return new; end';
revoke execute on function open.to_some(int) from public; grant execute on function open.to_some(int) to matrix_writer;
create procedure open.work() language sql as 'select 1'";

/// Since 15 views may read with the rights of their caller; since 14 there are roles for all data.
fn more(major: u16) -> String {
    let mut sql = String::new();
    if major >= 14 {
        sql.push_str("grant pg_read_all_data, pg_write_all_data to matrix_sees_all;");
    }
    if major >= 15 {
        sql.push_str("alter view open.own_guarded set (security_invoker = true);");
    }
    if major >= 16 {
        sql.push_str("grant matrix_user to matrix_app with inherit false, set true;");
    }
    sql
}

async fn says(client: &Client, question: &str) -> bool {
    client.query_one(question, &[]).await.unwrap_or_else(|e| panic!("{question}: {e:?}")).get(0)
}

/// What the role gets for a statement: rows counted, or the SQLSTATE.
async fn as_role(client: &Client, role: &str, statement: &str) -> Result<Option<i64>, String> {
    client.batch_execute(&format!("begin; set local role {role}")).await.unwrap();
    let answer = client.query(statement, &[]).await;
    client.batch_execute("rollback").await.unwrap();
    match answer {
        Ok(rows) => Ok(rows.first().and_then(|r| r.try_get::<_, i64>(0).ok())),
        Err(error) => Err(error.code().map_or_else(|| error.to_string(), |c| c.code().to_owned())),
    }
}

/// What the server says about a privilege on a table differs from this cell.
async fn table_differs(client: &Client, row: &AccessRow, name: &QualifiedName) -> Option<String> {
    let (role, command, relation) = (&row.role, row.command.sql(), name.sql());
    let whole = says(client, &format!("select has_table_privilege('{role}', '{relation}', '{command}')")).await;
    let by_column = matches!(row.command, Command::Select | Command::Insert | Command::Update);
    let some = by_column && says(client, &format!("select has_any_column_privilege('{role}', '{relation}', '{command}')")).await;
    let usage = says(client, &format!("select has_schema_privilege('{role}', '{}', 'USAGE')", name.schema)).await;
    let expected = match (whole || some, usage, whole) {
        (false, ..) => matches!(row.reach, Reach::NotGranted),
        (true, false, _) => matches!(row.reach, Reach::SchemaClosed),
        (true, true, false) => matches!(row.reach, Reach::Columns { .. }),
        (true, true, true) => matches!(row.reach, Reach::NoPolicy | Reach::Policies { .. } | Reach::Everything { .. }),
    };
    let mut columns_wrong = false;
    if let Reach::Columns { columns, .. } = &row.reach {
        for column in columns {
            columns_wrong |= !says(client, &format!("select has_column_privilege('{role}', '{relation}', '{column}', '{command}')")).await;
        }
    }
    (!expected || columns_wrong).then(|| format!("whole {whole}, some columns {some}, usage {usage}"))
}

/// What the server lets the role do with a view differs from this cell: a plan is made, and privileges are checked, but nothing is written.
async fn view_differs(client: &Client, row: &AccessRow, name: &QualifiedName) -> Option<String> {
    let (relation, column) = (name.sql(), if name.name == "counted" { "at" } else { "id" });
    let statement = match row.command {
        Command::Select => format!("explain select {column} from {relation}"),
        Command::Insert => format!("explain insert into {relation} ({column}) values (null)"),
        Command::Update => format!("explain update {relation} set {column} = null"),
        _ => format!("explain delete from {relation}"),
    };
    let answer = as_role(client, &row.role, &statement).await;
    let closed = matches!(row.reach, Reach::NotGranted | Reach::SchemaClosed);
    (closed != answer.is_err()).then(|| format!("{answer:?}"))
}

/// The rows that the role sees differ from what this cell says.
async fn rows_differ(client: &Client, row: &AccessRow, name: &QualifiedName) -> Option<String> {
    let (reach, counted) = match &row.reach {
        Reach::Columns { columns, rows } => (rows.as_ref(), quote_ident(columns.first()?)),
        reach => (reach, "*".to_owned()),
    };
    let count = format!("select count({counted}) from {}", name.sql());
    let all = client.query_one(&count, &[]).await.unwrap().get::<_, i64>(0);
    let seen = as_role(client, &row.role, &count).await;
    let holds = match (reach, &seen) {
        (Reach::NotGranted | Reach::SchemaClosed, Err(state)) => state == "42501",
        (Reach::NoPolicy, Ok(Some(n))) => *n == 0,
        // Of this view a superuser, too, sees only what policies let its owner see.
        (Reach::Policies { .. }, Ok(Some(n))) => 0 < *n && (*n < all || name.name == "forced_view"),
        (Reach::Everything { .. }, Ok(Some(n))) => *n == all,
        _ => false,
    };
    (!holds).then(|| format!("sees {seen:?} of {all}"))
}

async fn function_differs(client: &Client, row: &AccessRow) -> Option<String> {
    let (role, schema) = (&row.role, row.object.schema.as_deref().unwrap_or_default());
    let may = says(client, &format!("select has_function_privilege('{role}', '{schema}.{}', 'EXECUTE')", row.object.name)).await;
    let usage = says(client, &format!("select has_schema_privilege('{role}', '{schema}', 'USAGE')")).await;
    let holds = match &row.reach {
        Reach::NotGranted => !may,
        Reach::SchemaClosed => may && !usage,
        _ => may && usage,
    };
    (!holds).then(|| format!("may {may}, usage {usage}"))
}

async fn compare(server: &PrivateServer) {
    let database = server.create_database("matrix").await.unwrap();
    let mut client = database.connect().await.unwrap();
    for script in [ROLES, SCHEMA, &more(server.major())] {
        client.batch_execute(script).await.unwrap_or_else(|e| panic!("{e:?}"));
    }
    let catalog = read_catalog(&mut client, &ReadOptions::default()).await.unwrap();
    let exposure = Exposure { schemas: vec!["open".into()], roles: vec!["matrix_anon".into(), "matrix_user".into()] };
    let rows: Vec<AccessRow> = access_matrix::of(&catalog, &exposure).into_iter().filter(|r| r.role.starts_with(PREFIX)).collect();
    let (mut wrong, mut kinds) = (Vec::new(), HashSet::new());
    for row in &rows {
        let name = QualifiedName::new(row.object.schema.as_deref().unwrap_or_default(), &row.object.name);
        let mut differs = match row.object.kind {
            ObjectKind::Function => function_differs(&client, row).await,
            ObjectKind::Table => table_differs(&client, row, &name).await,
            _ => view_differs(&client, row, &name).await,
        };
        if differs.is_none() && row.command == Command::Select {
            differs = rows_differ(&client, row, &name).await;
        }
        kinds.insert(std::mem::discriminant(&row.reach));
        wrong.extend(differs.map(|d| format!("{} {} {}: {:?}; the server: {d}", row.role, row.command.sql(), row.object, row.reach)));
    }
    assert!(wrong.is_empty(), "PostgreSQL {}: {} of {} cells\n{}", server.major(), wrong.len(), rows.len(), wrong.join("\n"));
    assert!(rows.len() > 400 && kinds.len() == 6, "{} cells of {} kinds", rows.len(), kinds.len());
}

#[tokio::test]
async fn every_cell_is_what_the_server_says_and_shows() {
    let Some(server) = test_server::shared().await else { return };
    compare(server).await;
    let installed: BTreeSet<u16> = installations(&ServerOptions::from_env()).iter().map(|i| i.major).collect();
    // Before 15 views have no rights of their callers, from 16 on inheriting is a matter of each membership.
    for major in [12, 15, 16].into_iter().filter(|m| installed.contains(m) && *m != server.major()) {
        let Some(server) = test_server::shared_major(major).await else { return };
        compare(server).await;
    }
}
