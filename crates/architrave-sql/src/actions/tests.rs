//! Tests of actions: SQL in, actions out.

use super::{Resolver, Session, actions, milliseconds};
use architrave_model::Catalog;
use architrave_model::catalog::{Schema, Table};
use architrave_model::name::QualifiedName;
use expect_test::{Expect, expect};
use std::collections::BTreeMap;

fn catalog() -> Catalog {
    let table = |schema: &str, name: &str| Table { name: QualifiedName::new(schema, name), ..Table::default() };
    let mut catalog = Catalog {
        schemas: ["app", "public"].map(|s| Schema { name: s.to_owned(), ..Schema::default() }).into(),
        tables: vec![table("app", "orders"), table("public", "t"), table("public", "Users"), table("app", "customers")],
        ..Catalog::default()
    };
    catalog.sort();
    catalog
}

/// Actions as one line each; names as `schema.name`, what is false, empty or none left out.
fn check(sql: &str, expect: Expect) {
    let catalog = catalog();
    let mut names = Resolver::with_search_path(&catalog, ["$user", "public", "app"]);
    let mut out = String::new();
    for statement in crate::split(sql) {
        let found = actions(&statement.text, &names);
        names.follow(&found);
        for action in &found {
            out.push_str(&brief(&format!("{action:?}")));
            out.push('\n');
        }
    }
    expect.assert_eq(&out);
}

/// Debug text without what says nothing.
fn brief(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(start) = text.find("QualifiedName { schema: \"") {
        let rest = &text[start..];
        let end = rest.find(" }").map_or(rest.len(), |e| e + 2);
        let parts: Vec<&str> = rest[..end].split('"').collect();
        let name = format!("{}.{}", parts[1], parts[3]);
        text.replace_range(start..start + end, &name);
    }
    let fields = ["false", "None", "[]", "\"\""];
    loop {
        let before = text.len();
        for value in fields {
            while let Some(at) = text.find(&format!(": {value}")) {
                let start = text[..at].rfind([' ', '{']).map_or(0, |s| s + 1);
                let mut end = at + 2 + value.len();
                if text[end..].starts_with(", ") {
                    end += 2;
                }
                text.replace_range(start..end, "");
            }
        }
        if text.len() == before {
            break;
        }
    }
    text.replace(",  }", " }").replace(", }", " }").replace("{  }", "{}")
}

#[test]
fn add_column() {
    check(
        "alter table t add column a int8, add b character varying( 50 ) not null default 'x'::text, add c serial, add d bigint generated always as identity,
         add e timestamptz default (now() at time zone 'utc'), add f numeric(10, 2) default -1.5, add g uuid default gen_random_uuid() primary key,
         add h text generated always as (lower(b)) stored, add i int generated always as (a * 2) virtual, add j date default current_date,
         add k jsonb default '{}'::jsonb, add l text default null, add m timestamptz default pg_catalog.now(), add n date default date '2020-01-01';
         alter table if exists only app.orders add column if not exists customer_id int constraint fk references customers (id) on delete cascade check (customer_id > 0) unique,
         add z app.\"Kind\"[] default array[]::app.\"Kind\"[];",
        expect![[r#"
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "a", type_text: "int8" } }
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "b", type_text: "character varying(50)", not_null: true, default: Some(DefaultForm { text: "'x'::text", is_constant: true }) } }
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "c", type_text: "integer", serial: true } }
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "d", type_text: "bigint", identity: true } }
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "e", type_text: "timestamptz", default: Some(DefaultForm { text: "(now() at time zone 'utc')", functions: ["now"] }) } }
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "f", type_text: "numeric(10,2)", default: Some(DefaultForm { text: "-1.5", is_constant: true }) } }
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "g", type_text: "uuid", not_null: true, default: Some(DefaultForm { text: "gen_random_uuid()", functions: ["gen_random_uuid"] }), constraints: [ConstraintDraft { form: PrimaryKey, columns: ["g"], text: "primary key" }] } }
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "h", type_text: "text", stored: true } }
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "i", type_text: "int", virtual_column: true } }
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "j", type_text: "date", default: Some(DefaultForm { text: "current_date", functions: ["current_date"] }) } }
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "k", type_text: "jsonb", default: Some(DefaultForm { text: "'{}'::jsonb", is_constant: true }) } }
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "l", type_text: "text", default: Some(DefaultForm { text: "null", is_null: true, is_constant: true }) } }
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "m", type_text: "timestamptz", default: Some(DefaultForm { text: "pg_catalog.now()", functions: ["now"] }) } }
            AddColumn { table: Target { name: public.t }, column: ColumnDraft { name: "n", type_text: "date", default: Some(DefaultForm { text: "date '2020-01-01'", is_constant: true }) } }
            AddColumn { table: Target { name: app.orders, if_exists: true, only: true }, column: ColumnDraft { name: "customer_id", type_text: "int", constraints: [ConstraintDraft { name: Some("fk"), form: ForeignKey, columns: ["customer_id"], referenced: Some(app.customers), referenced_columns: ["id"], text: "references customers (id) on delete cascade" }, ConstraintDraft { form: Check, condition: Some("customer_id > 0"), text: "check (customer_id > 0)" }, ConstraintDraft { form: Unique, columns: ["customer_id"], text: "unique" }] }, if_not_exists: true }
            AddColumn { table: Target { name: app.orders, if_exists: true, only: true }, column: ColumnDraft { name: "z", type_text: "app.\"Kind\"[]", default: Some(DefaultForm { text: "array[]::app.\"Kind\"[]" }) } }
        "#]],
    );
}

#[test]
fn alter_column() {
    check(
        "alter table t alter column a set data type int8, alter a type varchar(20) collate \"C\" using a::varchar(20), alter a set default 5, alter a drop default,
         alter a set not null, alter a drop not null, alter a add generated by default as identity, alter a drop identity if exists, alter a set generated always,
         alter a set expression as (b + 1), alter a drop expression, alter a set statistics 100, alter a set storage external, alter a set compression lz4,
         alter a set (n_distinct = 5), rename column a to \"B b\", drop column if exists c cascade;
         alter table t rename a to b; alter table t drop c;",
        expect![[r#"
            SetType { table: Target { name: public.t }, column: "a", type_text: "int8" }
            SetType { table: Target { name: public.t }, column: "a", type_text: "varchar(20)", using: Some("a::varchar(20)"), collation: true }
            SetDefault { table: Target { name: public.t }, column: "a", default: DefaultForm { text: "5", is_constant: true } }
            DropDefault { table: Target { name: public.t }, column: "a" }
            SetNotNull { table: Target { name: public.t }, column: "a" }
            DropNotNull { table: Target { name: public.t }, column: "a" }
            AlterIdentity { table: Target { name: public.t }, column: "a", add: true }
            AlterIdentity { table: Target { name: public.t }, column: "a", drop: true }
            AlterIdentity { table: Target { name: public.t }, column: "a" }
            SetExpression { table: Target { name: public.t }, column: "a" }
            DropExpression { table: Target { name: public.t }, column: "a" }
            SetOptions { table: Target { name: public.t }, options: ["statistics"] }
            SetOptions { table: Target { name: public.t }, options: ["storage"] }
            SetOptions { table: Target { name: public.t }, options: ["compression"] }
            SetOptions { table: Target { name: public.t }, options: ["n_distinct"] }
            RenameColumn { table: Target { name: public.t }, from: "a", to: "B b" }
            DropColumn { table: Target { name: public.t }, column: "c", if_exists: true, cascade: true }
            RenameColumn { table: Target { name: public.t }, from: "a", to: "b" }
            DropColumn { table: Target { name: public.t }, column: "c" }
        "#]],
    );
}

#[test]
fn constraints() {
    check(
        "alter table t add constraint k check (a > 0 and b is not null) not valid, add check (a > 1), add constraint fk foreign key (a, b) references orders (x, y) not valid,
         add foreign key (a) references app.customers, add constraint u unique using index i deferrable, add primary key using index j, add unique (a, b), add primary key (a),
         add constraint e exclude using gist (a with =, tsrange(b, c) with &&), add constraint n not null a not valid, add constraint ne check (a > 3) not enforced,
         validate constraint k, drop constraint if exists k cascade, alter constraint fk not enforced, alter constraint fk deferrable, rename constraint k to l;",
        expect![[r#"
            AddConstraint { table: Target { name: public.t }, constraint: ConstraintDraft { name: Some("k"), form: Check, condition: Some("a > 0 and b is not null"), not_valid: true, text: "check (a > 0 and b is not null) not valid" } }
            AddConstraint { table: Target { name: public.t }, constraint: ConstraintDraft { form: Check, condition: Some("a > 1"), text: "check (a > 1)" } }
            AddConstraint { table: Target { name: public.t }, constraint: ConstraintDraft { name: Some("fk"), form: ForeignKey, columns: ["a", "b"], referenced: Some(app.orders), referenced_columns: ["x", "y"], not_valid: true, text: "foreign key (a, b) references orders (x, y) not valid" } }
            AddConstraint { table: Target { name: public.t }, constraint: ConstraintDraft { form: ForeignKey, columns: ["a"], referenced: Some(app.customers), text: "foreign key (a) references app.customers" } }
            AddConstraint { table: Target { name: public.t }, constraint: ConstraintDraft { name: Some("u"), form: Unique, using_index: Some("i"), text: "unique using index i deferrable" } }
            AddConstraint { table: Target { name: public.t }, constraint: ConstraintDraft { form: PrimaryKey, using_index: Some("j"), text: "primary key using index j" } }
            AddConstraint { table: Target { name: public.t }, constraint: ConstraintDraft { form: Unique, columns: ["a", "b"], text: "unique (a, b)" } }
            AddConstraint { table: Target { name: public.t }, constraint: ConstraintDraft { form: PrimaryKey, columns: ["a"], text: "primary key (a)" } }
            AddConstraint { table: Target { name: public.t }, constraint: ConstraintDraft { name: Some("e"), form: Exclude, columns: ["a"], text: "exclude using gist (a with =, tsrange(b, c) with &&)" } }
            AddConstraint { table: Target { name: public.t }, constraint: ConstraintDraft { name: Some("n"), form: NotNull, columns: ["a"], not_valid: true, text: "not null a not valid" } }
            AddConstraint { table: Target { name: public.t }, constraint: ConstraintDraft { name: Some("ne"), form: Check, condition: Some("a > 3"), not_enforced: true, text: "check (a > 3) not enforced" } }
            ValidateConstraint { table: Target { name: public.t }, name: "k" }
            DropConstraint { table: Target { name: public.t }, name: "k", if_exists: true, cascade: true }
            AlterConstraint { table: Target { name: public.t }, name: "fk", enforced: Some(false) }
            AlterConstraint { table: Target { name: public.t }, name: "fk" }
            RenameConstraint { table: Target { name: public.t }, from: "k", to: "l" }
        "#]],
    );
}

#[test]
fn tables() {
    check(
        "create table if not exists app.x (id int primary key, b text not null constraint q unique, like t including all, constraint c check (id > 0), foreign key (b) references orders);
         create table p1 partition of orders for values from (1) to (2); create temp table w as select 1; select * into y from t; create unlogged table z (a int);
         create table zz partition of t default; alter table z rename to z2; alter table z2 set schema app; drop table if exists app.z2, y cascade;
         alter table t set logged, set unlogged, set access method heap, set tablespace x, set without oids, set (fillfactor = 70, toast.autovacuum_enabled = false), reset (fillfactor),
         cluster on i, set without cluster, replica identity full, replica identity using index i, enable row level security, no force row level security,
         owner to admin, disable trigger all, enable trigger trg, enable always trigger trg, inherit orders, no inherit orders;
         alter table orders attach partition t for values in (1, 2); alter table orders attach partition t default; alter table orders detach partition t concurrently;
         alter table orders detach partition t finalize; truncate table only t, orders cascade; create foreign table ft (a int) server s; drop foreign table ft;",
        expect![[r#"
            CreateTable { table: app.x, if_not_exists: true, columns: [ColumnDraft { name: "id", type_text: "int", not_null: true, constraints: [ConstraintDraft { form: PrimaryKey, columns: ["id"], text: "primary key" }] }, ColumnDraft { name: "b", type_text: "text", not_null: true, constraints: [ConstraintDraft { name: Some("q"), form: Unique, columns: ["b"], text: "unique" }] }], constraints: [ConstraintDraft { name: Some("c"), form: Check, condition: Some("id > 0"), text: "check (id > 0)" }, ConstraintDraft { form: ForeignKey, columns: ["b"], referenced: Some(app.orders), text: "foreign key (b) references orders" }] }
            CreateTable { table: public.p1, partition_of: Some(app.orders) }
            CreateTable { table: pg_temp.w, temporary: true, as_query: true }
            CreateTable { table: public.y, as_query: true }
            CreateTable { table: public.z, columns: [ColumnDraft { name: "a", type_text: "int" }] }
            CreateTable { table: public.zz, partition_of: Some(public.t) }
            RenameTable { table: Target { name: public.z }, to: "z2" }
            SetSchema { object: ObjectRef { kind: Table, schema: Some("public"), name: "z2" }, schema: "app" }
            DropTable { table: app.z2, if_exists: true, cascade: true }
            DropTable { table: public.y, if_exists: true, cascade: true }
            SetStorageOf { table: Target { name: public.t }, what: "SET LOGGED" }
            SetStorageOf { table: Target { name: public.t }, what: "SET UNLOGGED" }
            SetStorageOf { table: Target { name: public.t }, what: "SET ACCESS METHOD" }
            SetStorageOf { table: Target { name: public.t }, what: "SET TABLESPACE" }
            SetStorageOf { table: Target { name: public.t }, what: "SET WITHOUT OIDS" }
            SetOptions { table: Target { name: public.t }, options: ["fillfactor", "toast.autovacuum_enabled"] }
            SetOptions { table: Target { name: public.t }, options: ["fillfactor"] }
            SetOptions { table: Target { name: public.t }, options: ["cluster on"] }
            SetOptions { table: Target { name: public.t }, options: ["without cluster"] }
            ReplicaIdentity { table: Target { name: public.t }, what: "full" }
            ReplicaIdentity { table: Target { name: public.t }, what: "using index i" }
            RowSecurity { table: Target { name: public.t }, enable: Some(true) }
            RowSecurity { table: Target { name: public.t }, force: Some(false) }
            OwnerTo { object: ObjectRef { kind: Table, schema: Some("public"), name: "t" }, owner: "admin" }
            SwitchTrigger { table: Target { name: public.t }, what: "ALL" }
            SwitchTrigger { table: Target { name: public.t }, what: "trg", enable: true }
            SwitchTrigger { table: Target { name: public.t }, what: "trg", enable: true }
            Inherit { table: Target { name: public.t }, parent: app.orders }
            Inherit { table: Target { name: public.t }, parent: app.orders, no: true }
            AttachPartition { table: Target { name: app.orders }, partition: public.t }
            AttachPartition { table: Target { name: app.orders }, partition: public.t, default: true }
            DetachPartition { table: Target { name: app.orders }, partition: public.t, concurrently: true }
            DetachPartition { table: Target { name: app.orders }, partition: public.t, finalize: true }
            Truncate { tables: [public.t, app.orders], cascade: true }
            CreateTable { table: public.ft, columns: [ColumnDraft { name: "a", type_text: "int" }] }
            DropTable { table: public.ft }
        "#]],
    );
}

#[test]
fn indexes() {
    check(
        "create index on only t (a, lower(b) desc) where a > 0; create unique index concurrently if not exists i on app.orders using gin (a);
         drop index concurrently if exists i, app.j; alter index app.i rename to i2; alter index i attach partition j; alter index i set (fillfactor = 50);
         reindex index i; reindex (concurrently) index i; reindex (concurrently false, verbose) table t; reindex table concurrently t; reindex schema app; reindex database d;",
        expect![[r#"
            CreateIndex { table: Target { name: public.t, only: true }, method: "btree", columns: ["a", "lower(b)"], partial: true }
            CreateIndex { index: Some(app.i), table: Target { name: app.orders }, unique: true, concurrently: true, if_not_exists: true, method: "gin", columns: ["a"] }
            DropIndex { index: app.i, concurrently: true, if_exists: true }
            DropIndex { index: app.j, concurrently: true, if_exists: true }
            AlterIndex { index: app.i, rename_to: Some("i2") }
            AlterIndex { index: public.i, attach: Some(public.j) }
            AlterIndex { index: public.i }
            Reindex { kind: "INDEX", name: public.i }
            Reindex { kind: "INDEX", name: public.i, concurrently: true }
            Reindex { kind: "TABLE", name: public.t }
            Reindex { kind: "TABLE", name: public.t, concurrently: true }
            Reindex { kind: "SCHEMA", name: app. }
            Reindex { kind: "DATABASE", name: .d }
        "#]],
    );
}

#[test]
fn views_and_sequences() {
    check(
        "create or replace view v as select 1; create materialized view mv as select 1 with no data; refresh materialized view concurrently mv; refresh materialized view mv with no data;
         drop view v, w cascade; drop materialized view mv; alter view v rename to w; alter materialized view mv set schema app; alter view w owner to x;
         create sequence s; alter sequence s as bigint; alter sequence s owner to x; drop sequence s cascade;",
        expect![[r#"
            CreateView { view: public.v, or_replace: true }
            CreateView { view: public.mv, materialized: true }
            RefreshMaterializedView { view: public.mv, concurrently: true }
            RefreshMaterializedView { view: public.mv, with_no_data: true }
            DropView { view: public.v, cascade: true }
            DropView { view: public.w, cascade: true }
            DropView { view: public.mv, materialized: true }
            RenameTable { table: Target { name: public.v }, to: "w" }
            SetSchema { object: ObjectRef { kind: MaterializedView, schema: Some("public"), name: "mv" }, schema: "app" }
            OwnerTo { object: ObjectRef { kind: View, schema: Some("public"), name: "w" }, owner: "x" }
            CreateSequence { name: public.s }
            AlterSequence { name: public.s }
            OwnerTo { object: ObjectRef { kind: Sequence, schema: Some("public"), name: "s" }, owner: "x" }
            DropSequence { name: public.s, cascade: true }
        "#]],
    );
}

#[test]
fn types_and_functions() {
    check(
        "create type e as enum ('a', 'b'); alter type e add value if not exists 'c' before 'a'; alter type e rename value 'a' to 'z'; alter type e owner to x; drop type if exists e cascade;
         create type c as (a int); create domain d as int not null check (value > 0); create domain d2 text; alter domain d add constraint k check (value > 1) not valid;
         alter domain d validate constraint k; alter domain d drop constraint k; alter domain d set not null; alter domain d drop not null; alter domain d set default 3; drop domain d;
         create or replace function f(a int) returns int language sql as 'select 1'; create procedure app.p() language sql as ''; drop function if exists f(int), g cascade;
         alter function f(int) owner to x; alter function f(int) set schema app; alter function f(int) immutable;",
        expect![[r#"
            CreateEnum { name: public.e, values: ["a", "b"] }
            AddEnumValue { name: public.e, value: "c", if_not_exists: true }
            RenameEnumValue { name: public.e, from: "a", to: "z" }
            OwnerTo { object: ObjectRef { kind: Type, schema: Some("public"), name: "e" }, owner: "x" }
            DropType { name: public.e, cascade: true }
            Other { what: "create type" }
            CreateDomain { name: public.d, constrained: true }
            CreateDomain { name: public.d2 }
            AlterDomain { name: public.d, what: AddConstraint { name: Some("k"), not_valid: true } }
            AlterDomain { name: public.d, what: ValidateConstraint { name: "k" } }
            AlterDomain { name: public.d, what: DropConstraint { name: "k" } }
            AlterDomain { name: public.d, what: SetNotNull }
            AlterDomain { name: public.d, what: DropNotNull }
            AlterDomain { name: public.d, what: SetDefault }
            DropType { name: public.d, domain: true }
            CreateFunction { name: public.f, or_replace: true }
            CreateFunction { name: app.p, procedure: true }
            DropFunction { name: public.f, cascade: true }
            DropFunction { name: public.g, cascade: true }
            OwnerTo { object: ObjectRef { kind: Function, schema: Some("public"), name: "f(int)" }, owner: "x" }
            SetSchema { object: ObjectRef { kind: Function, schema: Some("public"), name: "f(int)" }, schema: "app" }
            Other { what: "alter function f" }
        "#]],
    );
}

#[test]
fn policies_triggers_rules() {
    check(
        "create policy p on t using (true); alter policy p on t to x; drop policy if exists p on app.orders; create trigger tr after insert on t for each row execute function f();
         drop trigger tr on t; create rule r as on insert to t do instead nothing; drop rule r on t; alter trigger tr on t rename to x;",
        expect![[r#"
            CreatePolicy { table: public.t, name: "p" }
            AlterPolicy { table: public.t, name: "p" }
            DropPolicy { table: app.orders, name: "p" }
            CreateTrigger { table: public.t, name: "tr" }
            DropTrigger { table: public.t, name: "tr" }
            CreateRule { table: public.t, name: "r" }
            Other { what: "drop rule r" }
            Other { what: "alter trigger tr" }
        "#]],
    );
}

#[test]
fn other_objects() {
    check(
        "create extension if not exists pgcrypto; drop extension a, b cascade; create schema s create table inner_table (a int); drop schema s cascade; alter schema s rename to s2;
         alter schema s owner to x; create publication p for table t; alter publication p add table t; drop publication p; create statistics st on a, b from t;
         grant select, insert on t, app.orders to a, public; revoke all on schema app from x; grant r1 to r2; grant execute on function f(int) to a; grant usage on all tables in schema app to a;
         alter default privileges grant select on tables to x; create role r; alter user u password 'x'; drop database d; alter system set work_mem = '1GB'; create user mapping for x server s;
         comment on table t is 'x'; comment on column app.orders.a is null; comment on index i is ''; comment on constraint k on t is ''; comment on materialized view mv is '';",
        expect![[r#"
            CreateExtension { name: "pgcrypto", if_not_exists: true }
            DropExtension { name: "a", cascade: true }
            DropExtension { name: "b", cascade: true }
            CreateSchema { name: "s" }
            CreateTable { table: s.inner_table, columns: [ColumnDraft { name: "a", type_text: "int" }] }
            DropSchema { name: "s", cascade: true }
            RenameSchema { from: "s", to: "s2" }
            OwnerTo { object: ObjectRef { kind: Schema, name: "s" }, owner: "x" }
            CreatePublication { name: "p" }
            AlterPublication { name: "p" }
            DropPublication { name: "p" }
            CreateStatistics { tables: [public.t] }
            Grant { objects: [ObjectRef { kind: Table, schema: Some("public"), name: "t" }, ObjectRef { kind: Table, schema: Some("app"), name: "orders" }], roles: ["a", "public"] }
            Grant { revoke: true, objects: [ObjectRef { kind: Schema, name: "app" }], roles: ["x"] }
            Grant { roles: ["r2"] }
            Grant { objects: [ObjectRef { kind: Function, schema: Some("public"), name: "f(int)" }], roles: ["a"] }
            Grant { objects: [ObjectRef { kind: Schema, name: "app" }], roles: ["a"] }
            AlterDefaultPrivileges
            ClusterWide { what: "create role" }
            ClusterWide { what: "alter user" }
            ClusterWide { what: "drop database" }
            ClusterWide { what: "alter system" }
            Other { what: "create user mapping" }
            Comment { object: ObjectRef { kind: Table, schema: Some("public"), name: "t" } }
            Comment { object: ObjectRef { kind: Column, schema: Some("app"), table: Some("orders"), name: "a" } }
            Comment { object: ObjectRef { kind: Index, schema: Some("public"), name: "i" } }
            Comment { object: ObjectRef { kind: Constraint, schema: Some("public"), table: Some("t"), name: "k" } }
            Comment { object: ObjectRef { kind: MaterializedView, schema: Some("public"), name: "mv" } }
        "#]],
    );
}

#[test]
fn rows() {
    check(
        "insert into t values (1); insert into t select * from orders on conflict do nothing; insert into t default values; update t set a = 1, (b, c) = (1, 2);
         update only t set a = 2 where id in (select id from t limit 10); delete from orders where a = 1; delete from t;
         with d as (delete from t returning *) insert into orders select * from d; select 1; select * from t for update; table t; values (1);
         merge into t using orders o on o.a = t.a when matched then update set b = 1; copy t (a) from '/x'; copy (select 1) to stdout;
         lock table only t, orders in share row exclusive mode nowait; lock t; vacuum; vacuum (full, analyze) t; vacuum full t; vacuum (full false) t; analyze verbose t (a), orders; cluster t using i; cluster;",
        expect![[r#"
            Insert { table: public.t }
            Insert { table: public.t, from_query: true, on_conflict: true }
            Insert { table: public.t }
            Update { table: public.t, columns: ["a", "b", "c"] }
            Update { table: public.t, columns: ["a"], has_where: true, limited: true }
            Delete { table: app.orders, has_where: true, limited: true }
            Delete { table: public.t }
            Delete { table: public.t }
            Insert { table: app.orders, from_query: true }
            Select {}
            Select { locks_rows: true }
            Select {}
            Select {}
            Update { table: public.t, columns: ["b"], has_where: true }
            Copy { table: Some(public.t), from: true }
            Copy {}
            LockTable { tables: [public.t, app.orders], mode: ShareRowExclusive, nowait: true }
            LockTable { tables: [public.t], mode: AccessExclusive }
            Vacuum {}
            Vacuum { tables: [public.t], full: true }
            Vacuum { tables: [public.t], full: true }
            Vacuum { tables: [public.t] }
            Analyze { tables: [public.t, app.orders] }
            Cluster { table: Some(public.t) }
            Cluster {}
        "#]],
    );
}

#[test]
fn session_and_control() {
    check(
        "begin; start transaction; commit; end; rollback; savepoint s; rollback to s; set local lock_timeout = '2s'; set session statement_timeout to 5000; set lock_timeout to default;
         reset all; reset Lock_Timeout; set search_path to app, \"B b\", public; set time zone 'UTC'; set role admin; reset role; set schema 'app';
         select set_config('lock_timeout', '2s', true); do $$ begin end $$; call p(1); notify x; ; explain select 1",
        expect![[r#"
            Begin
            Begin
            Commit
            Commit
            Rollback
            Other { what: "savepoint s" }
            Other { what: "rollback to s" }
            Set { name: "lock_timeout", value: Some("2s"), local: true }
            Set { name: "statement_timeout", value: Some("5000") }
            Set { name: "lock_timeout" }
            Set { name: "all" }
            Set { name: "lock_timeout" }
            Set { name: "search_path", value: Some("app, \"B b\", public") }
            Set { name: "timezone", value: Some("UTC") }
            Set { name: "role", value: Some("admin") }
            Set { name: "role" }
            Set { name: "search_path", value: Some("app") }
            Set { name: "lock_timeout", value: Some("2s"), local: true }
            Select {}
            Dynamic { what: "DO" }
            Dynamic { what: "CALL p" }
            Other { what: "notify x" }
            Other { what: "explain select 1" }
        "#]],
    );
}

#[test]
fn names_follow_what_statements_make() {
    check(
        "create schema fresh; create table fresh.a (id int); set search_path = fresh, public; alter table a add b int; create table c (id int); alter table c rename to d; alter table d add x int;
         alter table \"Users\" add y int; alter table Users add y int; alter table nowhere.z add y int; create index i on a (b); drop index i;",
        expect![[r#"
            CreateSchema { name: "fresh" }
            CreateTable { table: fresh.a, columns: [ColumnDraft { name: "id", type_text: "int" }] }
            Set { name: "search_path", value: Some("fresh, public") }
            AddColumn { table: Target { name: fresh.a }, column: ColumnDraft { name: "b", type_text: "int" } }
            CreateTable { table: fresh.c, columns: [ColumnDraft { name: "id", type_text: "int" }] }
            RenameTable { table: Target { name: fresh.c }, to: "d" }
            AddColumn { table: Target { name: fresh.d }, column: ColumnDraft { name: "x", type_text: "int" } }
            AddColumn { table: Target { name: public.Users }, column: ColumnDraft { name: "y", type_text: "int" } }
            AddColumn { table: Target { name: fresh.users }, column: ColumnDraft { name: "y", type_text: "int" } }
            AddColumn { table: Target { name: nowhere.z }, column: ColumnDraft { name: "y", type_text: "int" } }
            CreateIndex { index: Some(fresh.i), table: Target { name: fresh.a }, method: "btree", columns: ["b"] }
            DropIndex { index: fresh.i }
        "#]],
    );
}

#[test]
fn what_cannot_be_read_is_other_and_nothing_fails() {
    check(
        "alter table; create; garbage in here; alter table t add; create table;",
        expect![[r#"
        Other { what: "alter all in tablespace" }
        Other { what: "create" }
        Other { what: "garbage" }
        AddColumn { table: Target { name: public.t }, column: ColumnDraft {} }
        CreateTable { table: public. }
    "#]],
    );
    let catalog = catalog();
    let names = Resolver::new(&catalog);
    assert_eq!(actions("", &names), []);
    assert_eq!(actions("-- nothing", &names), []);
    assert_eq!(actions(&format!("select {}", "(".repeat(5000)), &names).len(), 1);
    let rows = format!("insert into t values {}", "(1, 'ä'), ".repeat(20_000));
    assert_eq!(brief(&format!("{:?}", actions(&rows, &names))), "[Insert { table: public.t }]");
}

#[test]
fn time_outs_follow_transactions() {
    let mut session = Session::new(BTreeMap::from([("statement_timeout".to_owned(), "1min".to_owned())]));
    let catalog = catalog();
    let mut run = |sql: &str| {
        for statement in crate::split(sql) {
            for action in actions(&statement.text, &Resolver::new(&catalog)) {
                session.follow(&action);
            }
        }
        (session.lock_timeout_ms(), session.statement_timeout_ms())
    };
    assert_eq!(run("set local lock_timeout = '5s'"), (0, 60_000));
    assert_eq!(run("begin; set local lock_timeout = '5s'; set statement_timeout = 0"), (5_000, 0));
    assert_eq!(run("rollback"), (0, 60_000));
    assert_eq!(run("begin; set lock_timeout = '500ms'; commit"), (500, 60_000));
    assert_eq!(run("set lock_timeout to default; set statement_timeout = 250"), (0, 250));
    assert_eq!(run("reset all"), (0, 60_000));
    assert_eq!(milliseconds("1.5s"), Some(1_500));
    assert_eq!(milliseconds("soon"), None);
}
