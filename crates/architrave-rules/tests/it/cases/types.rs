//! Cases of the rules on types, comments and passwords.

use super::{check, severities};

#[tokio::test]
async fn timestamps() {
    check(
        "type/timestamp-without-zone",
        &[
            ("defaults are set anew", "create table t (id int primary key, a timestamp default now(), b timestamp(3) default (now() at time zone 'utc'), c timestamp default '2020-01-01')", "", &["3 columns of schema public are timestamp without time zone: t.a, t.b and t.c"]),
            (
                "policies and triggers that name a column are put back",
                "create table t (id int primary key, deleted_at timestamp, owner text);
                 alter table t enable row level security;
                 create policy \"not deleted\" on t as restrictive for select to authenticated using (deleted_at is null);
                 comment on policy \"not deleted\" on t is 'soft';
                 create table u (id int primary key, t_id int);
                 alter table u enable row level security;
                 create policy through on u using (exists (select 1 from t where t.id = u.t_id and t.deleted_at is null));
                 create function f() returns trigger language plpgsql as $$ begin return new; end $$;
                 create trigger w before update of deleted_at on t for each row when (new.deleted_at is not null) execute function f();",
                "",
                &["1 column of schema public is timestamp without time zone: t.deleted_at"],
            ),
            ("a birthday becomes a date", "create table t (id int primary key, birth_date timestamp, hired timestamp)", "", &["2 columns of schema public are timestamp without time zone: t.birth_date and t.hired"]),
            ("indexes follow", "create table t (id int primary key, a timestamp not null); create index on t (a desc); alter table t add check (a > '2000-01-01')", "", &["1 column of schema public is timestamp without time zone: t.a"]),
            ("a view stands in the way", "create table t (id int primary key, a timestamp); create view v as select a from t", "", &["1 column of schema public is timestamp without time zone: t.a"]),
            ("so does an index expression", "create table t (id int primary key, a timestamp); create index on t (date_trunc('day', a))", "", &["1 column of schema public is timestamp without time zone: t.a"]),
            ("so does a partition key", "create table t (a timestamp not null) partition by range (a)", "", &["1 column of schema public is timestamp without time zone: t.a"]),
            ("so does a generated column", "create table t (id int primary key, a timestamp, b date generated always as (a::date) stored)", "", &["1 column of schema public is timestamp without time zone: t.a"]),
            ("inherited columns belong to the parent", "create table t (a timestamp); create table c () inherits (t)", "", &["1 column of schema public is timestamp without time zone: t.a"]),
            ("partitions to theirs", "create table t (a timestamp, b int) partition by list (b); create table t1 partition of t default", "", &["1 column of schema public is timestamp without time zone: t.a"]),
            ("wall clocks are meant", "create table t (id int primary key, local_time timestamp)", "", &[]),
            ("dates and times of day are something else", "create table t (id int primary key, a date, b time, c timestamptz)", "", &[]),
            ("arrays are named", "create table t (id int primary key, a timestamp[])", "", &["1 column of schema public is timestamp without time zone: t.a"]),
            ("a schema of its own", "create schema s; create table s.t (id int primary key, a timestamp)", "", &["1 column of schema s is timestamp without time zone: t.a"]),
        ],
    )
    .await;
    let prisma = r#"{"stack": {"facts": [{"kind": "orm", "name": "Prisma", "path": "package.json"}]}}"#;
    assert_eq!(severities("type/timestamp-without-zone", "create table t (a timestamp(3))", prisma).await, ["low likely"]);
    assert_eq!(
        severities("type/timestamp-without-zone", "create table t (a timestamp(3), b timestamptz)", prisma).await,
        ["medium likely"]
    );
}

#[tokio::test]
async fn padded_columns() {
    check(
        "type/char-padded",
        &[
            ("both sides of a foreign key", "create table p (code char(3) primary key); create table c (id int primary key, code char(3) references p); create index on c (code)", "", &["2 columns of schema public are char(n): c.code and p.code"]),
            ("defaults, checks and indexes follow", "create table t (id int primary key, a char(2) not null default 'PT' check (a in ('PT', 'ES'))); create index on t (a) where a <> 'PT'", "", &["1 column of schema public is char(n): t.a"]),
            ("a check over two of them is put back once", "create table t (id int primary key, a char(2), b char(3) check (a <> b))", "", &["2 columns of schema public are char(n): t.a and t.b"]),
            ("a collation stays", "create table t (id int primary key, a char(2) collate \"C\")", "", &["1 column of schema public is char(n): t.a"]),
            ("arrays too", "create table t (id int primary key, a char(2)[])", "", &["1 column of schema public is char(n): t.a"]),
            ("varchar is another matter", "create table t (id int primary key, a varchar(2), b text)", "", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn json_columns() {
    check(
        "type/json-over-jsonb",
        &[
            ("with a default and a policy", "create table t (id int primary key, a json not null default '{}'); alter table t enable row level security; create policy p on t using ((a ->> 'owner') = current_user)", "", &["1 column of schema public is json, not jsonb: t.a"]),
            ("a check with a function of json", "create table t (id int primary key, a json check (json_typeof(a) = 'object'))", "", &["1 column of schema public is json, not jsonb: t.a"]),
            ("an index on a field follows", "create table t (id int primary key, a json); create index on t ((a ->> 'x'))", "", &["1 column of schema public is json, not jsonb: t.a"]),
            ("jsonb is right", "create table t (id int primary key, a jsonb)", "", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn money() {
    check(
        "type/float-for-money",
        &[
            (
                "one finding per table",
                "create table t (id int primary key, price real, total double precision); create table u (id int primary key, fee real)",
                "",
                &["price and total of public.t are floating point", "fee of public.u is real"],
            ),
            (
                "beside a currency a vague word is money",
                "create table t (id int primary key, amount_gross double precision, currency text)",
                "",
                &["amount_gross of public.t is double precision"],
            ),
            ("without it is not", "create table t (id int primary key, amount_gross double precision)", "", &[]),
            ("a bare discount is as often a share", "create table t (id int primary key, discount real, currency text)", "", &[]),
            ("numeric is right", "create table t (id int primary key, price numeric(12, 2), price_cents bigint)", "", &[]),
            (
                "a view stands in the way",
                "create table t (id int primary key, price real); create view v as select sum(price) from t",
                "",
                &["price of public.t is real"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn comments() {
    check(
        "table/comment-missing",
        &[
            ("per schema", "create table a (id int primary key); create schema s; create table s.b (id int primary key); create table s.c (id int primary key); comment on table s.c is 'x'", "", &["1 of 1 table in schema public has no comment: a", "1 of 2 tables in schema s has no comment: b"]),
            ("a blank one says nothing", "create table a (id int primary key); comment on table a is ' '", "", &["1 of 1 table in schema public has no comment: a"]),
            ("partitions need none", "create table a (id int) partition by list (id); create table a1 partition of a default; comment on table a is 'x'", "", &[]),
            ("an empty schema neither", "create schema s", "", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn passwords() {
    let width = |n: u32| {
        format!(
            r#"{{"stats": {{"columns": [{{"table": {{"schema": "public", "name": "t"}}, "column": "password", "average_width": {n}}}]}}}}"#
        )
    };
    let sql = "create table t (id int primary key, password text)";
    check(
        "column/password-plain-text",
        &[
            ("bcrypt is 60 wide", sql, &width(61), &[]),
            (
                "ten are no hash",
                sql,
                &width(10),
                &["public.t.password is a text column for passwords, 10 bytes wide on average: too short for a hash"],
            ),
            (
                "those known by their names only are one finding per schema",
                "create table t (id int primary key, password text); create table mail (id int primary key, smtp_password varchar(200))",
                "",
                &["2 text columns of schema public are for passwords, and nothing in the schema says that they are hashed: mail.smtp_password and t.password"],
            ),
            ("bytea holds hashes", "create table t (id int primary key, password bytea)", "", &[]),
            ("a check on the hash", "create table t (id int primary key, password text check (password ~ '^\\$2[aby]\\$'))", "", &[]),
        ],
    )
    .await;
    assert_eq!(severities("column/password-plain-text", sql, "{}").await, ["low possible"]);
    assert_eq!(severities("column/password-plain-text", sql, &width(10)).await, ["high likely"]);
    let exposed = format!("{sql}; grant select on t to anon");
    let api = r#"{"exposure": {"schemas": ["public"], "roles": ["anon"]}}"#;
    assert_eq!(severities("column/password-plain-text", &exposed, api).await, ["critical possible"]);
}
