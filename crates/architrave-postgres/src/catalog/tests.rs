//! Every kind of object, from SQL to the model.

use crate::session::testing::{TestDatabase, lines};
use architrave_model::Catalog;
use architrave_model::catalog::{Index, Table};
use expect_test::{Expect, expect};

/// Runs the SQL in a new database, reads it, and compares what `show` makes of it.
async fn check(sql: &str, show: impl Fn(&Catalog) -> String, expected: Expect) {
    let Some(mut test) = TestDatabase::new(sql).await else { return };
    expected.assert_eq(&show(&test.catalog().await));
}

fn table<'a>(catalog: &'a Catalog, name: &str) -> &'a Table {
    catalog.table("public", name).unwrap()
}

/// The tables without their parts.
fn bare(tables: &[Table]) -> String {
    let bare = |t: &Table| Table { columns: vec![], constraints: vec![], indexes: vec![], triggers: vec![], ..t.clone() };
    lines(&tables.iter().map(bare).collect::<Vec<_>>())
}

#[tokio::test]
async fn schemas() {
    let sql = r#"create schema "Shop"; comment on schema "Shop" is 'sells'; grant usage on schema "Shop" to public;"#;
    let show = |c: &Catalog| {
        let shop = c.schemas.iter().find(|s| s.name == "Shop").unwrap();
        lines([shop]) + &serde_json::to_string(&shop.grants).unwrap()
    };
    check(sql, show, expect![[r#"
        {"comment":"sells","name":"Shop","owner":"postgres"}
        [{"grantee":"PUBLIC","grantor":"postgres","privileges":["USAGE"],"grantable":[]},{"grantee":"postgres","grantor":"postgres","privileges":["CREATE","USAGE"],"grantable":[]}]"#]]).await;
}

#[tokio::test]
async fn tables() {
    let sql = "create table plain (a int) with (fillfactor = 70);
        comment on table plain is 'a \"b\" ''c''';
        create unlogged table scratch (a int);
        create temporary table hidden (a int);
        create type row as (a int); create table typed of row;
        alter table plain replica identity full;
        create foreign data wrapper w; create server s foreign data wrapper w; create foreign table far (a int) server s;
        create table safe (a int); alter table safe enable row level security, force row level security;";
    check(sql, |c| bare(&c.tables), expect![[r#"
        {"foreign_server":"s","kind":"foreign","name":{"name":"far","schema":"public"},"owner":"postgres","persistence":"permanent","replica_identity":"nothing"}
        {"comment":"a \"b\" 'c'","kind":"ordinary","name":{"name":"plain","schema":"public"},"options":["fillfactor=70"],"owner":"postgres","persistence":"permanent","replica_identity":"full"}
        {"kind":"ordinary","name":{"name":"safe","schema":"public"},"owner":"postgres","persistence":"permanent","replica_identity":"default","rls_enabled":true,"rls_forced":true}
        {"kind":"ordinary","name":{"name":"scratch","schema":"public"},"owner":"postgres","persistence":"unlogged","replica_identity":"default"}
        {"kind":"ordinary","name":{"name":"typed","schema":"public"},"of_type":{"name":"row","schema":"public"},"owner":"postgres","persistence":"permanent","replica_identity":"default"}
    "#]]).await;
}

#[tokio::test]
async fn partitions_and_inheritance() {
    let sql = "create table by_day (day date, id int, primary key (id, day)) partition by range (day);
        create table day_1 partition of by_day for values from ('2024-01-01') to ('2024-01-02');
        create table day_rest partition of by_day default partition by hash (id);
        create table day_hash partition of day_rest for values with (modulus 2, remainder 0);
        create table by_region (region text) partition by list (lower(region));
        create table parent_a (a int); create table parent_b (b int); create table child () inherits (parent_b, parent_a);
        create index on by_day (day);
        create table refers (id int, day date, foreign key (id, day) references by_day);";
    let show = |c: &Catalog| {
        let parent = |i: &Index| format!("{} <- {:?}\n", i.name, i.parent);
        let parents = c.tables.iter().flat_map(|t| &t.indexes).map(parent).collect::<Vec<_>>().concat();
        bare(&c.tables) + &parents + &lines(&table(c, "refers").constraints) + &lines(&table(c, "day_1").constraints)
    };
    check(sql, show, expect![[r#"
        {"kind":"partitioned","name":{"name":"by_day","schema":"public"},"owner":"postgres","partitioning":{"columns":["day"],"definition":"RANGE (day)","strategy":"RANGE"},"persistence":"permanent","replica_identity":"default"}
        {"kind":"partitioned","name":{"name":"by_region","schema":"public"},"owner":"postgres","partitioning":{"definition":"LIST (lower(region))","strategy":"LIST"},"persistence":"permanent","replica_identity":"default"}
        {"kind":"ordinary","name":{"name":"child","schema":"public"},"owner":"postgres","parents":[{"name":"parent_b","schema":"public"},{"name":"parent_a","schema":"public"}],"persistence":"permanent","replica_identity":"default"}
        {"is_partition":true,"kind":"ordinary","name":{"name":"day_1","schema":"public"},"owner":"postgres","parents":[{"name":"by_day","schema":"public"}],"partition_bound":"FOR VALUES FROM ('2024-01-01') TO ('2024-01-02')","persistence":"permanent","replica_identity":"default"}
        {"is_partition":true,"kind":"ordinary","name":{"name":"day_hash","schema":"public"},"owner":"postgres","parents":[{"name":"day_rest","schema":"public"}],"partition_bound":"FOR VALUES WITH (modulus 2, remainder 0)","persistence":"permanent","replica_identity":"default"}
        {"is_partition":true,"kind":"partitioned","name":{"name":"day_rest","schema":"public"},"owner":"postgres","parents":[{"name":"by_day","schema":"public"}],"partition_bound":"DEFAULT","partitioning":{"columns":["id"],"definition":"HASH (id)","strategy":"HASH"},"persistence":"permanent","replica_identity":"default"}
        {"kind":"ordinary","name":{"name":"parent_a","schema":"public"},"owner":"postgres","persistence":"permanent","replica_identity":"default"}
        {"kind":"ordinary","name":{"name":"parent_b","schema":"public"},"owner":"postgres","persistence":"permanent","replica_identity":"default"}
        {"kind":"ordinary","name":{"name":"refers","schema":"public"},"owner":"postgres","persistence":"permanent","replica_identity":"default"}
        by_day_day_idx <- None
        by_day_pkey <- None
        day_1_day_idx <- Some(QualifiedName { schema: "public", name: "by_day_day_idx" })
        day_1_pkey <- Some(QualifiedName { schema: "public", name: "by_day_pkey" })
        day_hash_day_idx <- Some(QualifiedName { schema: "public", name: "day_rest_day_idx" })
        day_hash_pkey <- Some(QualifiedName { schema: "public", name: "day_rest_pkey" })
        day_rest_day_idx <- Some(QualifiedName { schema: "public", name: "by_day_day_idx" })
        day_rest_pkey <- Some(QualifiedName { schema: "public", name: "by_day_pkey" })
        {"columns":["id","day"],"definition":"FOREIGN KEY (id, day) REFERENCES public.by_day(id, day)","enforced":true,"kind":"foreign_key","name":"refers_id_day_fkey","references":{"columns":["id","day"],"match_type":"simple","on_delete":"no_action","on_update":"no_action","table":{"name":"by_day","schema":"public"}},"validated":true}
        {"columns":["id","day"],"definition":"PRIMARY KEY (id, day)","enforced":true,"index":"day_1_pkey","inherited":true,"kind":"primary_key","name":"day_1_pkey","validated":true}
    "#]]).await;
}

#[tokio::test]
async fn columns() {
    let sql = r#"create type mood as enum ('ok'); create domain loud as text collate "C";
        create table t (
            a bigint generated always as identity, b int generated by default as identity, c serial,
            d varchar(10) collate "C" default 'x', e numeric(12, 2)[] not null default '{}', f mood default 'ok',
            g int generated always as (b * 2) stored, h timestamptz default '2000-01-01 00:00+00', i loud, j text, gone int,
            k interval(3) default '1 day');
        alter table t drop column gone, alter column j set storage external, alter column j set statistics 7;
        comment on column t.a is 'first'; create table child (z int) inherits (t);"#;
    check(
        sql,
        |c| lines(&table(c, "t").columns) + &lines(&table(c, "child").columns),
        expect![[r#"
        {"comment":"first","data_type":"bigint","identity":"always","name":"a","not_null":true}
        {"data_type":"integer","identity":"by_default","name":"b","not_null":true}
        {"data_type":"integer","default":"nextval('public.t_c_seq'::regclass)","name":"c","not_null":true}
        {"collation":"C","data_type":"character varying(10)","default":"'x'::character varying","name":"d"}
        {"data_type":"numeric(12,2)[]","default":"'{}'::numeric[]","name":"e","not_null":true}
        {"data_type":"public.mood","default":"'ok'::public.mood","name":"f"}
        {"data_type":"integer","default":"(b * 2)","generated":"stored","name":"g"}
        {"data_type":"timestamp with time zone","default":"'2000-01-01 00:00:00+00'::timestamp with time zone","name":"h"}
        {"data_type":"public.loud","name":"i"}
        {"data_type":"text","name":"j","statistics_target":7,"storage":"EXTERNAL"}
        {"data_type":"interval(3)","default":"'1 day'::interval(3)","name":"k"}
        {"data_type":"bigint","inherited":true,"name":"a","not_null":true}
        {"data_type":"integer","inherited":true,"name":"b","not_null":true}
        {"data_type":"integer","default":"nextval('public.t_c_seq'::regclass)","inherited":true,"name":"c","not_null":true}
        {"collation":"C","data_type":"character varying(10)","default":"'x'::character varying","inherited":true,"name":"d"}
        {"data_type":"numeric(12,2)[]","default":"'{}'::numeric[]","inherited":true,"name":"e","not_null":true}
        {"data_type":"public.mood","default":"'ok'::public.mood","inherited":true,"name":"f"}
        {"data_type":"integer","default":"(b * 2)","generated":"stored","inherited":true,"name":"g"}
        {"data_type":"timestamp with time zone","default":"'2000-01-01 00:00:00+00'::timestamp with time zone","inherited":true,"name":"h"}
        {"data_type":"public.loud","inherited":true,"name":"i"}
        {"data_type":"text","inherited":true,"name":"j","storage":"EXTERNAL"}
        {"data_type":"interval(3)","default":"'1 day'::interval(3)","inherited":true,"name":"k"}
        {"data_type":"integer","name":"z"}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn virtual_and_compressed_columns() {
    let sql = "create table t (a int);
        alter table t add b text compression pglz; --@ >=14
        alter table t add v int generated always as (a + 1) virtual; --@ >=18
        create table n (a int, b int not null);
        alter table n add constraint a_set not null a not valid; --@ >=18";
    let Some(mut test) = TestDatabase::new(sql).await else { return };
    let catalog = test.catalog().await;
    let column = |name: &str| table(&catalog, "t").column(name);
    if test.major >= 14 {
        assert_eq!(column("b").unwrap().compression.as_deref(), Some("pglz"));
    }
    if test.major >= 18 {
        expect![[r#"
            {"data_type":"integer","default":"(a + 1)","generated":"virtual","name":"v"}
        "#]]
        .assert_eq(&lines(column("v")));
    }
    // Of named NOT NULL constraints only the one that is not validated says more than its column.
    assert_eq!(table(&catalog, "n").constraints.len(), usize::from(test.major >= 18));
}

#[tokio::test]
async fn constraints() {
    let sql = "create table a (id int primary key, x int, y int, unique (x, y), unique (y) deferrable initially deferred, check (x > y), check (x <> 1) no inherit);
        create table b (x int, y int, during tsrange,
            constraint two foreign key (y, x) references a (y, x) match full on delete cascade on update set null deferrable,
            constraint \"to one\" foreign key (x) references a on delete set default on update restrict,
            constraint apart exclude using gist (during with &&));
        alter table b add constraint late check (x > 0) not valid;
        comment on constraint late on b is 'soon';";
    check(sql, |c| lines(&table(c, "a").constraints) + &lines(&table(c, "b").constraints), expect![[r#"
        {"columns":["x","y"],"definition":"CHECK ((x > y))","enforced":true,"expression":"(x > y)","kind":"check","name":"a_check","validated":true}
        {"columns":["id"],"definition":"PRIMARY KEY (id)","enforced":true,"index":"a_pkey","kind":"primary_key","name":"a_pkey","validated":true}
        {"columns":["x"],"definition":"CHECK ((x <> 1)) NO INHERIT","enforced":true,"expression":"(x <> 1)","kind":"check","name":"a_x_check","no_inherit":true,"validated":true}
        {"columns":["x","y"],"definition":"UNIQUE (x, y)","enforced":true,"index":"a_x_y_key","kind":"unique","name":"a_x_y_key","validated":true}
        {"columns":["y"],"deferrable":true,"deferred":true,"definition":"UNIQUE (y) DEFERRABLE INITIALLY DEFERRED","enforced":true,"index":"a_y_key","kind":"unique","name":"a_y_key","validated":true}
        {"columns":["during"],"definition":"EXCLUDE USING gist (during WITH &&)","enforced":true,"index":"apart","kind":"exclusion","name":"apart","validated":true}
        {"columns":["x"],"comment":"soon","definition":"CHECK ((x > 0)) NOT VALID","enforced":true,"expression":"(x > 0)","kind":"check","name":"late"}
        {"columns":["x"],"definition":"FOREIGN KEY (x) REFERENCES public.a(id) ON UPDATE RESTRICT ON DELETE SET DEFAULT","enforced":true,"kind":"foreign_key","name":"to one","references":{"columns":["id"],"match_type":"simple","on_delete":"set_default","on_update":"restrict","table":{"name":"a","schema":"public"}},"validated":true}
        {"columns":["y","x"],"deferrable":true,"definition":"FOREIGN KEY (y, x) REFERENCES public.a(y, x) MATCH FULL ON UPDATE SET NULL ON DELETE CASCADE DEFERRABLE","enforced":true,"kind":"foreign_key","name":"two","references":{"columns":["y","x"],"match_type":"full","on_delete":"cascade","on_update":"set_null","table":{"name":"a","schema":"public"}},"validated":true}
    "#]]).await;
}

#[tokio::test]
async fn indexes() {
    let sql = r#"create table t (id int primary key, a text, b text collate "C", c int[], d int, e varchar(9));
        create index plain on t (a desc, d desc nulls last, e);
        create unique index partial on t (d) include (a, b) where d > 0;
        create index expression on t (lower(a), (d + 1) desc, b);
        create index classes on t (a text_pattern_ops, b collate "POSIX", e varchar_pattern_ops) with (fillfactor = 50);
        create index "expression collation" on t (lower(a) collate "C");
        create index arrays on t using gin (c); create index flat on t using brin (d) with (pages_per_range = 4);
        create index hashed on t using hash (a);
        alter table t replica identity using index t_pkey; alter table t cluster on plain;
        comment on index plain is 'fast';
        create materialized view m as select 1 as x; create unique index on m (x);"#;
    check(sql, |c| lines(&table(c, "t").indexes) + &lines(&c.views[0].indexes), expect![[r#"
        {"definition":"CREATE INDEX arrays ON public.t USING gin (c)","immediate":true,"keys":[{"column":"c","nulls":"last"}],"method":"gin","name":"arrays","ready":true,"valid":true}
        {"definition":"CREATE INDEX classes ON public.t USING btree (a text_pattern_ops, b COLLATE \"POSIX\", e varchar_pattern_ops) WITH (fillfactor='50')","immediate":true,"keys":[{"column":"a","nulls":"last","operator_class":"text_pattern_ops"},{"collation":"POSIX","column":"b","nulls":"last"},{"column":"e","nulls":"last","operator_class":"varchar_pattern_ops"}],"method":"btree","name":"classes","options":["fillfactor=50"],"ready":true,"valid":true}
        {"definition":"CREATE INDEX expression ON public.t USING btree (lower(a), ((d + 1)) DESC, b)","immediate":true,"keys":[{"expression":"lower(a)","nulls":"last"},{"descending":true,"expression":"(d + 1)","nulls":"first"},{"column":"b","nulls":"last"}],"method":"btree","name":"expression","ready":true,"valid":true}
        {"definition":"CREATE INDEX \"expression collation\" ON public.t USING btree (lower(a) COLLATE \"C\")","immediate":true,"keys":[{"collation":"C","expression":"lower(a)","nulls":"last"}],"method":"btree","name":"expression collation","ready":true,"valid":true}
        {"definition":"CREATE INDEX flat ON public.t USING brin (d) WITH (pages_per_range='4')","immediate":true,"keys":[{"column":"d","nulls":"last"}],"method":"brin","name":"flat","options":["pages_per_range=4"],"ready":true,"valid":true}
        {"definition":"CREATE INDEX hashed ON public.t USING hash (a)","immediate":true,"keys":[{"column":"a","nulls":"last"}],"method":"hash","name":"hashed","ready":true,"valid":true}
        {"definition":"CREATE UNIQUE INDEX partial ON public.t USING btree (d) INCLUDE (a, b) WHERE (d > 0)","immediate":true,"include":["a","b"],"keys":[{"column":"d","nulls":"last"}],"method":"btree","name":"partial","predicate":"(d > 0)","ready":true,"unique":true,"valid":true}
        {"clustered":true,"comment":"fast","definition":"CREATE INDEX plain ON public.t USING btree (a DESC, d DESC NULLS LAST, e)","immediate":true,"keys":[{"column":"a","descending":true,"nulls":"first"},{"column":"d","descending":true,"nulls":"last"},{"column":"e","nulls":"last"}],"method":"btree","name":"plain","ready":true,"valid":true}
        {"constraint":"t_pkey","definition":"CREATE UNIQUE INDEX t_pkey ON public.t USING btree (id)","immediate":true,"keys":[{"column":"id","nulls":"last"}],"method":"btree","name":"t_pkey","primary":true,"ready":true,"replica_identity":true,"unique":true,"valid":true}
        {"definition":"CREATE UNIQUE INDEX m_x_idx ON public.m USING btree (x)","immediate":true,"keys":[{"column":"x","nulls":"last"}],"method":"btree","name":"m_x_idx","ready":true,"unique":true,"valid":true}
    "#]]).await;
}

#[tokio::test]
async fn index_states() {
    let sql = "create table t (a int); insert into t values (1), (1);
        create unique index n on t ((a + 1)) nulls not distinct where a > 5; --@ >=15
        create table p (a int) partition by list (a); create table p1 partition of p for values in (1);
        create index unattached on only p (a);";
    let Some(mut test) = TestDatabase::new(sql).await else { return };
    test.client.batch_execute("create unique index concurrently broken on t (a)").await.unwrap_err();
    let catalog = test.catalog().await;
    let broken = table(&catalog, "t").index("broken").unwrap();
    assert!(!broken.valid && broken.unique);
    assert!(!table(&catalog, "p").index("unattached").unwrap().valid);
    if test.major >= 15 {
        assert!(table(&catalog, "t").index("n").unwrap().nulls_not_distinct);
    }
}

#[tokio::test]
async fn triggers_and_rules() {
    let sql = "create table t (a int, b int); create view v as select * from t; create table p (a int) partition by list (a);
        create table p1 partition of p for values in (1);
        create function f() returns trigger language plpgsql as $$ begin return null; end $$;
        create trigger one before insert or update of b, a on t for each row when (new.a > 1) execute function f();
        create trigger two after truncate on t execute function f();
        create constraint trigger three after delete on t deferrable for each row execute function f();
        create trigger four instead of insert on v for each row execute function f();
        create trigger five after insert on p for each row execute function f();
        alter table t disable trigger one; alter table t enable always trigger two;
        comment on trigger two on t is 'rare';
        create rule quiet as on delete to t do instead nothing;";
    let show = |c: &Catalog| {
        let of = |name: &str| lines(&table(c, name).triggers);
        of("t") + &of("p") + &of("p1") + &lines(&c.views[0].triggers) + &lines(&table(c, "t").rules)
    };
    check(sql, show, expect![[r#"
        {"columns":["b","a"],"definition":"CREATE TRIGGER one BEFORE INSERT OR UPDATE OF b, a ON public.t FOR EACH ROW WHEN ((new.a > 1)) EXECUTE FUNCTION public.f()","enabled":"disabled","events":["insert","update"],"function":{"name":"f","schema":"public"},"name":"one","row":true,"timing":"before"}
        {"constraint":true,"definition":"CREATE CONSTRAINT TRIGGER three AFTER DELETE ON public.t DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION public.f()","enabled":"origin","events":["delete"],"function":{"name":"f","schema":"public"},"name":"three","row":true,"timing":"after"}
        {"comment":"rare","definition":"CREATE TRIGGER two AFTER TRUNCATE ON public.t FOR EACH STATEMENT EXECUTE FUNCTION public.f()","enabled":"always","events":["truncate"],"function":{"name":"f","schema":"public"},"name":"two","timing":"after"}
        {"definition":"CREATE TRIGGER five AFTER INSERT ON public.p FOR EACH ROW EXECUTE FUNCTION public.f()","enabled":"origin","events":["insert"],"function":{"name":"f","schema":"public"},"name":"five","row":true,"timing":"after"}
        {"definition":"CREATE TRIGGER five AFTER INSERT ON public.p1 FOR EACH ROW EXECUTE FUNCTION public.f()","enabled":"origin","events":["insert"],"function":{"name":"f","schema":"public"},"inherited":true,"name":"five","row":true,"timing":"after"}
        {"definition":"CREATE TRIGGER four INSTEAD OF INSERT ON public.v FOR EACH ROW EXECUTE FUNCTION public.f()","enabled":"origin","events":["insert"],"function":{"name":"f","schema":"public"},"name":"four","row":true,"timing":"instead_of"}
        {"definition":"CREATE RULE quiet AS\n    ON DELETE TO public.t DO INSTEAD NOTHING;","name":"quiet"}
    "#]]).await;
}

#[tokio::test]
async fn policies() {
    let sql = "create table t (a int, owner text); create table other (a int); alter table t enable row level security;
        create policy everybody on t using (true);
        create policy mine on t as restrictive for update to public using (owner = current_user) with check (a > 0);
        create policy add on t for insert with check (exists (select from other o where o.a = t.a));
        comment on policy mine on t is 'own rows';";
    check(sql, |c| lines(&table(c, "t").policies), expect![[r#"
        {"command":"insert","name":"add","permissive":true,"roles":["PUBLIC"],"with_check":"(EXISTS ( SELECT\n   FROM public.other o\n  WHERE (o.a = t.a)))"}
        {"command":"all","name":"everybody","permissive":true,"roles":["PUBLIC"],"using":"true"}
        {"command":"update","comment":"own rows","name":"mine","roles":["PUBLIC"],"using":"(owner = CURRENT_USER)","with_check":"(a > 0)"}
    "#]]).await;
}

#[tokio::test]
async fn statistics_objects() {
    let sql = "create table t (a int, b int, c int); create statistics s (mcv, ndistinct) on b, a from t;
        create schema other; create statistics other.d (dependencies) on c, b from t;";
    check(sql, |c| lines(&table(c, "t").statistics), expect![[r#"
        {"columns":["b","c"],"definition":"CREATE STATISTICS other.d (dependencies) ON b, c FROM public.t","kinds":["dependencies"],"name":{"name":"d","schema":"other"}}
        {"columns":["a","b"],"definition":"CREATE STATISTICS public.s (ndistinct, mcv) ON a, b FROM public.t","kinds":["mcv","ndistinct"],"name":{"name":"s","schema":"public"}}
    "#]]).await;
}

#[tokio::test]
async fn views() {
    let sql = "create table t (a int, b text); comment on table t is 'x';
        create view v with (security_barrier) as select a as \"A\", b from t where a > 0 with cascaded check option;
        comment on view v is 'some'; comment on column v.b is 'text';
        create view over as select v.*, (select count(*) from t) from v;
        create materialized view m as select a from t; create materialized view later as select 1 as one with no data;
        create view invoked with (security_invoker = true) as select 1 as x; --@ >=15
        create view nothing as select;";
    // Later majors leave out the table's name where it is not needed.
    let show = |c: &Catalog| {
        let views: Vec<_> = c.views.iter().filter(|v| v.name.name != "invoked").cloned().collect();
        ["t.a", "t.b", "v.\\\"A", "v.b"].iter().fold(lines(&views), |text, long| text.replace(long, &long[2..]))
    };
    check(sql, show, expect![[r#"
        {"columns":[{"data_type":"integer","name":"one"}],"definition":"SELECT 1 AS one","materialized":true,"name":{"name":"later","schema":"public"},"owner":"postgres"}
        {"columns":[{"data_type":"integer","name":"a"}],"definition":"SELECT a\n   FROM public.t","depends_on":[{"name":"t","schema":"public"}],"materialized":true,"name":{"name":"m","schema":"public"},"owner":"postgres","populated":true}
        {"definition":"SELECT","name":{"name":"nothing","schema":"public"},"owner":"postgres","populated":true}
        {"columns":[{"data_type":"integer","name":"A"},{"data_type":"text","name":"b"},{"data_type":"bigint","name":"count"}],"definition":"SELECT \"A\",\n    b,\n    ( SELECT count(*) AS count\n           FROM public.t) AS count\n   FROM public.v","depends_on":[{"name":"t","schema":"public"},{"name":"v","schema":"public"}],"name":{"name":"over","schema":"public"},"owner":"postgres","populated":true}
        {"columns":[{"data_type":"integer","name":"A"},{"comment":"text","data_type":"text","name":"b"}],"comment":"some","definition":"SELECT a AS \"A\",\n    b\n   FROM public.t\n  WHERE (a > 0)","depends_on":[{"name":"t","schema":"public"}],"name":{"name":"v","schema":"public"},"options":["security_barrier=true","check_option=cascaded"],"owner":"postgres","populated":true}
    "#]]).await;
}

#[tokio::test]
async fn sequences() {
    let sql = "create sequence free as smallint increment -2 minvalue -10 maxvalue 10 start 8 cache 3 cycle; select nextval('free');
        create table t (a serial, b int generated always as identity, c int);
        insert into t (c) values (1), (2); create sequence unused owned by t.c; comment on sequence unused is 'idle';";
    check(sql, |c| lines(&c.sequences), expect![[r#"
        {"cache":3,"cycle":true,"data_type":"smallint","increment":-2,"last_value":4,"max":10,"min":-10,"name":{"name":"free","schema":"public"},"owner":"postgres","start":8}
        {"cache":1,"data_type":"integer","increment":1,"last_value":2,"max":2147483647,"min":1,"name":{"name":"t_a_seq","schema":"public"},"owned_by_column":"a","owned_by_table":{"name":"t","schema":"public"},"owner":"postgres","start":1}
        {"cache":1,"data_type":"integer","identity":true,"increment":1,"last_value":2,"max":2147483647,"min":1,"name":{"name":"t_b_seq","schema":"public"},"owned_by_column":"b","owned_by_table":{"name":"t","schema":"public"},"owner":"postgres","start":1}
        {"cache":1,"comment":"idle","data_type":"bigint","increment":1,"max":9223372036854775807,"min":1,"name":{"name":"unused","schema":"public"},"owned_by_column":"c","owned_by_table":{"name":"t","schema":"public"},"owner":"postgres","start":1}
    "#]]).await;
}

#[tokio::test]
async fn types() {
    let sql = r#"create type mood as enum ('sad', 'it''s "ok"'); alter type mood add value 'first' before 'sad';
        create domain positive as numeric(5, 1) default 1 not null check (value > 0) constraint small check (value < 100);
        create domain word as text collate "C"; create domain nested as word;
        create type pair as (a int, b varchar(3) collate "C"); create table not_a_type (a int);
        create type span as range (subtype = timestamptz); create type shell; comment on type mood is 'how';"#;
    let show = |c: &Catalog| lines(&c.types).replace(r#","multirange":"span_multirange""#, "");
    check(sql, show, expect![[r#"
        {"comment":"how","kind":{"is":"enum","labels":["first","sad","it's \"ok\""]},"name":{"name":"mood","schema":"public"},"owner":"postgres"}
        {"kind":{"base":"public.word","is":"domain"},"name":{"name":"nested","schema":"public"},"owner":"postgres"}
        {"kind":{"attributes":[{"data_type":"integer","name":"a"},{"collation":"C","data_type":"character varying(3)","name":"b"}],"is":"composite"},"name":{"name":"pair","schema":"public"},"owner":"postgres"}
        {"kind":{"base":"numeric(5,1)","constraints":[{"definition":"CHECK ((VALUE > (0)::numeric))","enforced":true,"expression":"(VALUE > (0)::numeric)","kind":"check","name":"positive_check","validated":true},{"definition":"CHECK ((VALUE < (100)::numeric))","enforced":true,"expression":"(VALUE < (100)::numeric)","kind":"check","name":"small","validated":true}],"default":"1","is":"domain","not_null":true},"name":{"name":"positive","schema":"public"},"owner":"postgres"}
        {"kind":{"is":"base"},"name":{"name":"shell","schema":"public"},"owner":"postgres"}
        {"kind":{"is":"range","subtype":"timestamp with time zone"},"name":{"name":"span","schema":"public"},"owner":"postgres"}
        {"kind":{"base":"text","collation":"C","is":"domain"},"name":{"name":"word","schema":"public"},"owner":"postgres"}
    "#]]).await;
}

#[tokio::test]
async fn functions() {
    let sql = "create function plain(a int, out b text, variadic c int[]) language sql as 'select 1::text';
        create function guarded() returns setof int language plpgsql stable strict leakproof security definer parallel restricted
            set search_path = '' set statement_timeout = '5s' as $$ begin return; end $$;
        create procedure work(inout x int) language sql as 'select 1';
        create aggregate product(int) (sfunc = int4mul, stype = int);
        create function ranked() returns bigint language internal window as 'window_row_number';
        comment on function guarded() is 'careful'; create type span as range (subtype = int);
        revoke execute on function guarded() from public;";
    let show = |c: &Catalog| {
        let guarded = c.functions.iter().find(|f| f.name.name == "guarded").unwrap();
        lines(&c.functions) + &serde_json::to_string(&guarded.grants).unwrap()
    };
    check(sql, show, expect![[r#"
        {"body":" begin return; end ","comment":"careful","config":["search_path=\"\"","statement_timeout=5s"],"definition":"CREATE OR REPLACE FUNCTION public.guarded()\n RETURNS SETOF integer\n LANGUAGE plpgsql\n STABLE PARALLEL RESTRICTED STRICT SECURITY DEFINER LEAKPROOF\n SET search_path TO ''\n SET statement_timeout TO '5s'\nAS $function$ begin return; end $function$\n","identity_arguments":"","kind":"function","language":"plpgsql","leakproof":true,"name":{"name":"guarded","schema":"public"},"owner":"postgres","parallel":"restricted","result":"SETOF integer","security_definer":true,"strict":true,"volatility":"stable"}
        {"body":"select 1::text","definition":"CREATE OR REPLACE FUNCTION public.plain(a integer, OUT b text, VARIADIC c integer[])\n RETURNS text\n LANGUAGE sql\nAS $function$select 1::text$function$\n","identity_arguments":"a integer, OUT b text, VARIADIC c integer[]","kind":"function","language":"sql","name":{"name":"plain","schema":"public"},"owner":"postgres","parallel":"unsafe","result":"text","volatility":"volatile"}
        {"body":"aggregate_dummy","identity_arguments":"integer","kind":"aggregate","language":"internal","name":{"name":"product","schema":"public"},"owner":"postgres","parallel":"unsafe","result":"integer","volatility":"immutable"}
        {"body":"window_row_number","definition":"CREATE OR REPLACE FUNCTION public.ranked()\n RETURNS bigint\n LANGUAGE internal\n WINDOW\nAS $function$window_row_number$function$\n","identity_arguments":"","kind":"window","language":"internal","name":{"name":"ranked","schema":"public"},"owner":"postgres","parallel":"unsafe","result":"bigint","volatility":"volatile"}
        {"body":"select 1","definition":"CREATE OR REPLACE PROCEDURE public.work(INOUT x integer)\n LANGUAGE sql\nAS $procedure$select 1$procedure$\n","identity_arguments":"INOUT x integer","kind":"procedure","language":"sql","name":{"name":"work","schema":"public"},"owner":"postgres","parallel":"unsafe","volatility":"volatile"}
        [{"grantee":"postgres","grantor":"postgres","privileges":["EXECUTE"],"grantable":[]}]"#]]).await;
}

#[tokio::test]
async fn standard_function_bodies() {
    let Some(mut test) = TestDatabase::new("create table t (a int);").await else { return };
    if test.major >= 14 {
        test.client.batch_execute("create function f() returns bigint begin atomic select count(*) from t; end").await.unwrap();
        let catalog = test.catalog().await;
        assert!(catalog.functions[0].body.contains("SELECT count(*)"), "{}", catalog.functions[0].body);
        assert!(catalog.functions[0].definition.as_deref().unwrap().contains("BEGIN ATOMIC"));
    }
}

#[tokio::test]
async fn event_triggers_and_extensions() {
    let sql = "create extension hstore; create function f() returns event_trigger language plpgsql as $$ begin end $$;
        create event trigger watch on ddl_command_end when tag in ('CREATE TABLE', 'DROP TABLE') execute function f();
        alter event trigger watch disable;";
    let show = |c: &Catalog| {
        let hstore = c.extension("hstore").unwrap();
        assert_eq!(Some(&hstore.version), hstore.available_version.as_ref());
        format!("{}{} {}\n{} functions, {} types", lines(&c.event_triggers), hstore.name, hstore.schema, c.functions.len(), c.types.len())
    };
    check(sql, show, expect![[r#"
        {"enabled":"disabled","event":"ddl_command_end","function":{"name":"f","schema":"public"},"name":"watch","owner":"postgres","tags":["CREATE TABLE","DROP TABLE"]}
        hstore public
        1 functions, 0 types"#]]).await;
}

#[tokio::test]
async fn publications_and_subscriptions() {
    let sql = "create table a (x int, y int); create table b (x int);
        create publication few for table b, a with (publish = 'insert, delete');
        create publication rooted for table a with (publish_via_partition_root = true); --@ >=13
        create publication picked for table a (y, x) where (x > 5); --@ >=15
        create publication whole for tables in schema public; --@ >=15
        create publication everything for all tables;
        create subscription follow connection 'host=nowhere password=hunter2' publication p2, p1
            with (connect = false, enabled = false, slot_name = none);";
    let Some(mut test) = TestDatabase::new(sql).await else { return };
    let catalog = test.catalog().await;
    test.client.batch_execute("drop subscription follow").await.unwrap();
    let has = |least: u16, names: &[&str]| -> String {
        let wanted = catalog.publications.iter().filter(|p| test.major >= least && names.contains(&p.name.as_str()));
        lines(wanted)
    };
    expect![[r#"
        {"all_tables":true,"name":"everything","operations":["delete","insert","truncate","update"],"owner":"postgres"}
        {"name":"few","operations":["delete","insert"],"owner":"postgres","tables":[{"table":{"name":"a","schema":"public"}},{"table":{"name":"b","schema":"public"}}]}
        {"name":"follow","owner":"postgres","publications":["p2","p1"]}
    "#]].assert_eq(&(has(12, &["everything", "few"]) + &lines(&catalog.subscriptions)));
    if test.major >= 15 {
        expect![[r#"
            {"name":"picked","operations":["delete","insert","truncate","update"],"owner":"postgres","tables":[{"columns":["x","y"],"filter":"(x > 5)","table":{"name":"a","schema":"public"}}]}
            {"name":"rooted","operations":["delete","insert","truncate","update"],"owner":"postgres","tables":[{"table":{"name":"a","schema":"public"}}],"via_root":true}
            {"name":"whole","operations":["delete","insert","truncate","update"],"owner":"postgres","schemas":["public"]}
        "#]].assert_eq(&has(15, &["picked", "rooted", "whole"]));
    }
    assert!(!serde_json::to_string(&catalog).unwrap().contains("hunter2"));
}

#[tokio::test]
async fn collations_and_foreign_servers() {
    let sql = "create collation plain (provider = libc, locale = 'C');
        create foreign data wrapper w; create server far foreign data wrapper w options (host 'h', password 'hunter2');
        create user mapping for public server far options (password 'hunter2');
        create foreign table t (a int) server far options (token 'hunter2');";
    let show = |c: &Catalog| {
        assert!(!serde_json::to_string(c).unwrap().contains("hunter2"));
        lines(&c.collations) + &lines(&c.foreign_servers)
    };
    check(
        sql,
        show,
        expect![[r#"
        {"deterministic":true,"locale":"C","name":{"name":"plain","schema":"public"},"provider":"libc"}
        {"name":"far","owner":"postgres","wrapper":"w"}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn roles_memberships_and_grants() {
    let Some(mut test) = TestDatabase::new("create table t (a int, b int); create view v as select 1 as x;").await else { return };
    // Roles belong to the cluster, which other tests share.
    let (group, user) = (format!("{}_group", test.database.name()), format!("{}_user", test.database.name()));
    let sql = format!(
        "create role {group} nologin createrole connection limit 3;
         create role {user} login noinherit password 'hunter2' valid until '2030-01-01 00:00+00';
         alter role {user} set search_path = app; alter role {user} set app.jwt_secret = 'hunter2';
         comment on role {user} is 'someone'; grant {group} to {user} with admin option; grant pg_monitor to {user};
         grant select, insert on t to {user} with grant option; grant select (a) on t to {group}, public;
         alter default privileges for role {group} grant select on tables to {user};"
    );
    test.client.batch_execute(&sql).await.unwrap();
    let catalog = test.catalog().await;
    let end = format!("drop owned by {group}; drop owned by {user}; drop role {group}; drop role {user};");
    test.client.batch_execute(&end).await.unwrap();
    let json = |value: &dyn Fn() -> serde_json::Value| value().to_string().replace(test.database.name(), "DB") + "\n";
    let to_user: Vec<_> = table(&catalog, "t").grants.iter().filter(|g| g.grantee == user).collect();
    let of_group = catalog.default_privileges.iter().find(|d| d.role == group).unwrap();
    let defaults = (&of_group.schema, &of_group.kind, of_group.grants.iter().find(|g| g.grantee == user));
    let mut text = lines([catalog.role(&group).unwrap(), catalog.role(&user).unwrap()]).replace(test.database.name(), "DB");
    text += &json(&|| serde_json::to_value(catalog.memberships.iter().filter(|m| m.member == user).collect::<Vec<_>>()).unwrap());
    text += &json(&|| serde_json::to_value(&to_user).unwrap());
    text += &json(&|| serde_json::to_value(&table(&catalog, "t").column("a").unwrap().grants).unwrap());
    text += &json(&|| serde_json::to_value(defaults).unwrap());
    expect![[r#"
        {"connection_limit":3,"create_role":true,"inherit":true,"name":"DB_group"}
        {"comment":"someone","config":["search_path=app","app.jwt_secret=<hidden>"],"connection_limit":-1,"login":true,"name":"DB_user","valid_until":1893456000.0}
        [{"admin":false,"inherit":false,"member":"DB_user","role":"pg_monitor","set":true},{"admin":true,"inherit":false,"member":"DB_user","role":"DB_group","set":true}]
        [{"grantable":["INSERT","SELECT"],"grantee":"DB_user","grantor":"postgres","privileges":["INSERT","SELECT"]}]
        [{"grantable":[],"grantee":"PUBLIC","grantor":"postgres","privileges":["SELECT"]},{"grantable":[],"grantee":"DB_group","grantor":"postgres","privileges":["SELECT"]}]
        [null,"TABLES",{"grantable":[],"grantee":"DB_user","grantor":"DB_group","privileges":["SELECT"]}]
    "#]].assert_eq(&text);
    assert!(!serde_json::to_string(&catalog).unwrap().contains("hunter2"));
}

#[tokio::test]
async fn awkward_names() {
    let sql = "create schema \"Weird \"\"schema\"\"\nwith newline 🐘 </script>\";
        set search_path = \"Weird \"\"schema\"\"\nwith newline 🐘 </script>\";
        create table \"Tab le\" (\"sel'ect\" int primary key, \"</script>\" text, \"emoji 🐘\" int generated always as identity references \"Tab le\");
        create index \":unlocked(oid)\" on \"Tab le\" (\"</script>\" desc); create sequence \"a:portion(b);--\"; select nextval('\"a:portion(b);--\"');
        create view \"a -- comment\" as select * from \"Tab le\"; create function \"f(x)\"(\"a b\" int) returns int language sql as 'select 1';
        comment on table \"Tab le\" is E'tab\\t \\\\ \\u2028 \\x01';";
    let show = |c: &Catalog| {
        let [t] = c.tables.as_slice() else { panic!() };
        let views: Vec<_> = c.views.iter().map(|v| (&v.name.name, &v.depends_on)).collect();
        let used = c.sequences.iter().find(|s| s.name.name.starts_with("a:")).unwrap();
        let functions: Vec<_> = c.functions.iter().map(architrave_model::catalog::Function::signature).collect();
        lines([t]) + &format!("{views:?}\n{:?}\n{functions:?}\n", used.last_value)
    };
    check(sql, show, expect![[r#"
        {"columns":[{"data_type":"integer","name":"sel'ect","not_null":true},{"data_type":"text","name":"</script>"},{"data_type":"integer","identity":"always","name":"emoji 🐘","not_null":true}],"comment":"tab\t \\   \u0001","constraints":[{"columns":["emoji 🐘"],"definition":"FOREIGN KEY (\"emoji 🐘\") REFERENCES \"Weird \"\"schema\"\"\nwith newline 🐘 </script>\".\"Tab le\"(\"sel'ect\")","enforced":true,"kind":"foreign_key","name":"Tab le_emoji 🐘_fkey","references":{"columns":["sel'ect"],"match_type":"simple","on_delete":"no_action","on_update":"no_action","table":{"name":"Tab le","schema":"Weird \"schema\"\nwith newline 🐘 </script>"}},"validated":true},{"columns":["sel'ect"],"definition":"PRIMARY KEY (\"sel'ect\")","enforced":true,"index":"Tab le_pkey","kind":"primary_key","name":"Tab le_pkey","validated":true}],"indexes":[{"definition":"CREATE INDEX \":unlocked(oid)\" ON \"Weird \"\"schema\"\"\nwith newline 🐘 </script>\".\"Tab le\" USING btree (\"</script>\" DESC)","immediate":true,"keys":[{"column":"</script>","descending":true,"nulls":"first"}],"method":"btree","name":":unlocked(oid)","ready":true,"valid":true},{"constraint":"Tab le_pkey","definition":"CREATE UNIQUE INDEX \"Tab le_pkey\" ON \"Weird \"\"schema\"\"\nwith newline 🐘 </script>\".\"Tab le\" USING btree (\"sel'ect\")","immediate":true,"keys":[{"column":"sel'ect","nulls":"last"}],"method":"btree","name":"Tab le_pkey","primary":true,"ready":true,"unique":true,"valid":true}],"kind":"ordinary","name":{"name":"Tab le","schema":"Weird \"schema\"\nwith newline 🐘 </script>"},"owner":"postgres","persistence":"permanent","replica_identity":"default"}
        [("a -- comment", [QualifiedName { schema: "Weird \"schema\"\nwith newline 🐘 </script>", name: "Tab le" }])]
        Some(1)
        ["f(x)(\"a b\" integer)"]
    "#]]).await;
}

#[tokio::test]
async fn an_empty_database() {
    let show = |c: &Catalog| {
        let names: Vec<_> = c.schemas.iter().map(|s| s.name.as_str()).chain(c.extensions.iter().map(|e| e.name.as_str())).collect();
        assert!(c.tables.is_empty() && c.views.is_empty() && c.functions.is_empty() && c.types.is_empty() && c.sequences.is_empty());
        format!("{names:?}")
    };
    check("", show, expect![[r#"["public", "plpgsql"]"#]]).await;
}
