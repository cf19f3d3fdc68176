//! Cases of the rules on relations between tables.

use super::{check, severities};

#[tokio::test]
async fn types_of_foreign_keys() {
    let parent = |t: &str| format!("create table p (id {t} primary key);");
    let cases = [
        ("a wider child costs nothing", format!("{} create table c (a bigint references p)", parent("integer")), None),
        ("text beside varchar neither", format!("{} create table c (a text references p)", parent("varchar(20)")), None),
        ("a domain is not known", format!("create domain d as integer; {} create table c (a d references p)", parent("bigint")), None),
        (
            "a narrower child, with a policy on the column",
            format!(
                "{} create table c (a integer references p); create index on c (a); alter table c enable row level security;
                 create policy own on c using (a = current_setting('app.p')::integer)",
                parent("bigint")
            ),
            Some("1 column that refers to public.p.id (bigint) is of another type: public.c.a (integer)"),
        ),
        (
            "a shorter text",
            format!("{} create table c (a varchar(5) references p); create index on c (a)", parent("varchar(20)")),
            Some("1 column that refers to public.p.id (character varying(20)) is of another type: public.c.a (character varying(5))"),
        ),
    ];
    for (says, sql, expected) in &cases {
        let expected: Vec<&str> = expected.iter().copied().collect();
        check("relation/type-mismatch", &[(*says, sql.as_str(), "", expected.as_slice())]).await;
    }
}

#[tokio::test]
async fn keys_declared_twice() {
    let base = "create table p (a int, b int, primary key (a, b), unique (b, a)); create table c (a int, b int);";
    let with = |rest: &str| format!("{base} {rest}");
    check(
        "relation/duplicate",
        &[
            (
                "the order of the columns says nothing",
                &with("alter table c add constraint x foreign key (a, b) references p (a, b), add constraint y foreign key (b, a) references p (b, a); create index on c (a, b)"),
                "",
                &["y on public.c repeats x: (a, b) refers to public.p twice"],
            ),
            (
                "crossed columns are another reference",
                &with("alter table c add constraint x foreign key (a, b) references p (a, b), add constraint y foreign key (b, a) references p (a, b)"),
                "",
                &[],
            ),
            (
                "of two actions nobody knows which is meant",
                &with("alter table c add constraint x foreign key (a, b) references p on delete cascade, add constraint y foreign key (a, b) references p on delete restrict"),
                "",
                &["y on public.c repeats x: (a, b) refers to public.p twice, with different actions"],
            ),
            (
                "the validated one stays",
                "create table p (a int primary key); create table c (a int); create index on c (a);
                 alter table c add constraint x foreign key (a) references p not valid, add constraint y foreign key (a) references p",
                "",
                &["x on public.c repeats y: (a) refers to public.p twice"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn circles() {
    check(
        "relation/cycle-not-null",
        &[
            (
                "three tables",
                "create table a (id int primary key, x int not null); create table b (id int primary key, x int not null references a); create table c (id int primary key, x int not null references b);
                 alter table a add constraint a_c foreign key (x) references c; create index on a (x); create index on b (x); create index on c (x); create table d (id int primary key, x int not null references a); create index on d (x)",
                "",
                &["public.a, public.c and public.b need each other's rows first: no key of the circle may be null or wait"],
            ),
            ("a chain is none", "create table a (id int primary key); create table b (id int primary key references a); create table c (id int primary key references b, a int not null references a)", "", &[]),
            ("a row may be its own parent", "create table a (id int primary key, x int not null references a)", "", &[]),
            (
                "half of a key may be null",
                "create table a (id int, t int, b int, primary key (id, t)); create table b (id int, t int not null, a int not null, primary key (id, t), foreign key (a, t) references a);
                 alter table a add foreign key (b, t) references b",
                "",
                &[],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn cascades_that_come_back() {
    let sql = "create table a (id int primary key, c int); create table b (id int primary key, a int references a on delete cascade);
               alter table a add constraint back foreign key (c) references b on delete cascade; create index on a (c); create index on b (a);
               create table self (id int primary key, up int references self on delete cascade); create index on self (up)";
    let rows = |n: &str| {
        format!(
            r#"{{"stats": {{"tables": [{{"name": {{"schema": "public", "name": "a"}}, "rows": 10}}, {{"name": {{"schema": "public", "name": "b"}}, "rows": {n}}},
                {{"name": {{"schema": "public", "name": "self"}}, "rows": 90000000}}]}}}}"#
        )
    };
    check("relation/cascade-reach", &[("few rows are no matter", sql, &rows("500"), &[])]).await;
    assert_eq!(severities("relation/cascade-reach", sql, &rows("2000000")).await, ["low likely"]);
    assert_eq!(severities("relation/cascade-reach", sql, &rows("20000000")).await, ["medium likely"]);
}

#[tokio::test]
async fn references_by_name() {
    let base = "create table users (id uuid primary key); create table sorts (id uuid primary key, user_id uuid not null references users); create index on sorts (user_id);";
    let with = |rest: &str| format!("{base} {rest}");
    check(
        "relation/foreign-key-absent",
        &[
            ("camel case", &with("create table orders (id uuid primary key, \"userId\" uuid not null)"), "", &["1 column of schema public names another table's key and has no foreign key: orders.userId (users)"]),
            ("another type is another thing", &with("create table orders (id uuid primary key, user_id text)"), "", &[]),
            ("an id of somebody else's", &with("create table orders (id uuid primary key, clerk_user_id uuid, github_user_id uuid)"), "", &[]),
            ("a table that outlives its users", &with("create table user_events (id uuid primary key, user_id uuid); create table order_history (id uuid primary key, user_id uuid)"), "", &[]),
            ("two tables of that name", &with("create table \"user\" (id uuid primary key); create table orders (id uuid primary key, user_id uuid)"), "", &[]),
            ("in another schema", &with("create schema s; create table s.orders (id uuid primary key, user_id uuid)"), "", &[]),
            ("a shared key", &with("create table profiles (user_id uuid primary key)"), "", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn halves_of_references() {
    let base = "create table p (a int, b int, primary key (a, b));";
    let with = |rest: &str| format!("{base} {rest}");
    check(
        "relation/half-null-unchecked",
        &[
            ("all null or none is checked", &with("create table c (a int, b int, check (num_nulls(a, b) in (0, 2)), foreign key (a, b) references p)"), "", &[]),
            ("only one may be null", &with("create table c (a int not null, b int, foreign key (a, b) references p)"), "", &[]),
            (
                "two of three",
                "create table p (a int, b int, t int, primary key (t, a, b)); create table c (a int, b int, t int not null, constraint k foreign key (t, a, b) references p); create index on c (t, a, b)",
                "",
                &["k on public.c is not checked where one of a and b is null and the other is not"],
            ),
        ],
    )
    .await;
}
