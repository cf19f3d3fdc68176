//! A source with rows, its statistics read, a scratch database filled from them: both must look alike to the planner.

use super::facts::Facts;
use super::owner_session;
use super::*;
use architrave_model::Catalog;
use architrave_postgres::read::{ReadOptions, read_snapshot};
use architrave_postgres::server::{NoProgress, PrivateServer, test_server};
use architrave_postgres::{Client, SimpleQueryMessage};
use architrave_sql::{GenerateOptions, SplitOptions, create_statements, split_with};

/// Executes a script statement by statement.
pub(crate) async fn run(client: &Client, script: &str) {
    for statement in split_with(script, &SplitOptions { parse: false, ..SplitOptions::default() }).statements {
        client.batch_execute(&statement.text).await.unwrap_or_else(|error| panic!("{}\n{error:?}", statement.text));
    }
}

/// All values of the first column.
pub(crate) async fn column(client: &Client, query: &str) -> Vec<String> {
    let answer = client.simple_query(query).await.unwrap_or_else(|error| panic!("{query}\n{error:?}"));
    let first = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("(null)").to_owned()),
        _ => None,
    };
    answer.iter().filter_map(first).collect()
}

async fn number(client: &Client, query: &str) -> f64 {
    column(client, query).await.pop().unwrap().parse().unwrap_or(f64::NAN)
}

/// A database made by a script, and what is read of it.
pub(crate) async fn source(server: &PrivateServer, script: &str) -> (Database, Client, Snapshot) {
    let database = server.create_database("source").await.unwrap();
    let mut client = database.connect().await.unwrap();
    run(&client, script).await;
    let snapshot = read_snapshot(&mut client, &ReadOptions::default(), &NoProgress).await.unwrap();
    client.batch_execute("set datestyle = iso; set timezone = 'UTC'").await.unwrap();
    (database, client, snapshot)
}

/// A scratch database with the snapshot's schema, filled.
pub(crate) async fn scratch(server: &PrivateServer, snapshot: &Snapshot, options: &FillOptions) -> (Database, Client, Filled) {
    let database = server.create_database("scratch").await.unwrap();
    let client = owner_session(&database).await.unwrap();
    for statement in create_statements(&snapshot.catalog, &GenerateOptions::default()).statements {
        client.batch_execute(&statement).await.unwrap_or_else(|error| panic!("{statement}\n{error:?}"));
    }
    let filled = fill(&database, snapshot, options, &NoProgress).await.unwrap();
    (database, client, filled)
}

/// Takes every foreign key away and puts it back: the server checks all rows.
async fn validate_foreign_keys(client: &Client, catalog: &Catalog) {
    for table in &catalog.tables {
        for (key, _) in table.foreign_keys() {
            let (table, name) = (table.name.sql(), architrave_model::name::quote_ident(&key.name));
            let statement =
                format!("alter table {table} drop constraint {name}; alter table {table} add constraint {name} {}", key.definition);
            client.batch_execute(&statement).await.unwrap_or_else(|error| panic!("{statement}\n{error:?}"));
        }
    }
}

/// Complaints about a column whose statistics differ.
fn compare(before: &Snapshot, after: &Snapshot, unlike: &[&str]) -> Vec<String> {
    let (old, new) = (before.stats.as_ref().unwrap(), after.stats.as_ref().unwrap());
    let mut complaints = Vec::new();
    for stats in old.columns.iter().filter(|c| c.table.name != "totals") {
        let name = format!("{}.{}", stats.table.name, stats.column);
        if unlike.contains(&name.as_str()) {
            continue;
        }
        let rows = old.table(&stats.table).map_or(8000.0, |t| t.rows.max(1.0));
        let Some(fresh) = new.columns.iter().find(|c| c.table == stats.table && c.column == stats.column && c.inherited == stats.inherited)
        else {
            complaints.push(format!("{name}: no statistics"));
            continue;
        };
        let (a, b) = (Facts::of(stats), Facts::of(fresh));
        let mut complain = |what: &str, was: f64, is: f64| complaints.push(format!("{name}: {what} {was} → {is}"));
        if (a.nulls - b.nulls).abs() > 0.02 {
            complain("share of NULLs", a.nulls, b.nulls);
        }
        let (was, is) = (a.distinct_of(rows as u64) as f64, b.distinct_of(rows as u64) as f64);
        if (is / was - 1.0).abs() > 0.2 {
            complain("distinct values", was, is);
        }
        if (a.correlation - b.correlation).abs() > 0.2 {
            complain("correlation", a.correlation, b.correlation);
        }
        for (value, share) in a.common.iter().take(5).filter(|(_, share)| *share > 0.01) {
            let now = b.common.iter().find(|(v, _)| v == value).map_or(0.0, |(_, share)| *share);
            if (now - share).abs() > 0.05 * share + 0.004 {
                complain(&format!("frequency of {value}"), *share, now);
            }
        }
        for (element, share) in a.elements.iter().take(4) {
            let now = b.elements.iter().find(|(v, _)| v == element).map_or(0.0, |(_, share)| *share);
            if (now - share).abs() > 0.15 * share {
                complain(&format!("frequency of the element {element}"), *share, now);
            }
        }
    }
    complaints
}

/// What all rows of a database come to: a checksum for each table.
async fn checksums(client: &Client, catalog: &Catalog) -> Vec<String> {
    let mut sums = Vec::new();
    for table in catalog.base_tables() {
        let name = table.name.sql();
        sums.extend(
            column(client, &format!("select '{name} ' || count(*) || ' ' || sum(hashtextextended(t::text, 0)) from {name} t")).await,
        );
    }
    sums
}

#[tokio::test(flavor = "multi_thread")]
async fn scaled_down_rows_still_refer_to_each_other_and_are_the_same_every_time() {
    let Some(server) = test_server::shared().await else { return };
    let (_source, _old, mut before) = source(server, include_str!("test_data/shop.sql")).await;
    let options = FillOptions { rows_per_table_limit: Some(3000), bytes_limit: None, seed: 7 };
    let (_first, client, filled) = scratch(server, &before, &options).await;
    validate_foreign_keys(&client, &before.catalog).await;
    let size = |name: &str| filled.tables.iter().find(|t| t.name.name == name).map(|t| t.rows);
    assert_eq!((size("orders"), size("order_lines"), size("countries")), (Some(3000), Some(3000), Some(200)));
    assert!(filled.factor() < 0.1 && filled.tables.iter().all(|t| (t.rows as f64 / t.source_rows - t.factor).abs() < 1e-9), "{filled:?}");
    let again = scratch(server, &before, &options).await;
    assert_eq!(filled, again.2);
    let sums = checksums(&client, &before.catalog).await;
    assert_eq!(sums, checksums(&again.1, &before.catalog).await);
    let other = scratch(server, &before, &FillOptions { seed: 8, ..options.clone() }).await;
    assert_ne!(sums, checksums(&other.1, &before.catalog).await);
    // Without any value the frequencies still hold, and so do the keys.
    before.mask();
    let (_masked, client, filled) = scratch(server, &before, &options).await;
    validate_foreign_keys(&client, &before.catalog).await;
    assert!(filled.notes.iter().any(|n| n.text.contains("values are invented, their frequencies kept")), "{:?}", filled.notes);
    // Which of the two is the common one cannot be known: the first one is.
    assert!(number(&client, "select avg((not active)::int) from app.customers").await > 0.7);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_scratch_database_lacks_is_said() {
    let Some(server) = test_server::shared().await else { return };
    let (_source, _client, before) =
        source(server, "create table a (id int primary key); create table b (id serial, a int references a)").await;
    let database = server.create_database("scratch").await.unwrap();
    owner_session(&database).await.unwrap().batch_execute("create table a (id int primary key)").await.unwrap();
    let filled = fill(&database, &before, &FillOptions::default(), &NoProgress).await.unwrap();
    assert_eq!(filled.tables.iter().map(|t| t.rows).collect::<Vec<_>>(), [1000, 0]);
    assert!(filled.notes.iter().any(|n| n.text.starts_with("stays empty: relation \"public.b\" does not exist")), "{:?}", filled.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_column_gets_rows_without_statistics() {
    let Some(server) = test_server::shared().await else { return };
    let kinds = include_str!("test_data/kinds.sql");
    let (_source, _old, before) = source(server, kinds).await;
    let (_database, client, filled) = scratch(server, &before, &FillOptions::default()).await;
    for table in &filled.tables {
        assert!(table.rows >= 900, "{table:?}\n{:?}", filled.notes);
    }
    validate_foreign_keys(&client, &before.catalog).await;
    for note in &filled.notes {
        println!("{}: {}", note.object, note.text);
        assert!(!note.text.contains("stays empty") && !note.text.contains("could not be built"), "{note:?}");
    }
    for check in [
        "select bool_and(level between 3 and 9) from kinds",
        "select bool_and(ends >= starts) from kinds",
        "select count(distinct code) = 1000 from kinds",
        "select bool_and(grade in ('a', 'b')) from kinds",
    ] {
        assert_eq!(column(&client, check).await, ["t"], "{check}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_come_back() {
    let Some(server) = test_server::shared().await else { return };
    let (_source, old, before) = source(server, include_str!("test_data/shop.sql")).await;
    let options = FillOptions { rows_per_table_limit: None, bytes_limit: None, seed: 7 };
    let (database, new, filled) = scratch(server, &before, &options).await;
    let mut reader = database.connect().await.unwrap();
    let after = read_snapshot(&mut reader, &ReadOptions::default(), &NoProgress).await.unwrap();
    for note in &filled.notes {
        println!("{}: {}", note.object, note.text);
    }
    assert!((filled.factor() - 1.0).abs() < 1e-9, "{:?}", filled.tables);
    // Pairs that refer together follow the referenced rows; ranges have no statistics to follow.
    let complaints = compare(&before, &after, &["profiles.seen"]);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    validate_foreign_keys(&new, &before.catalog).await;
    assert_eq!(column(&new, "select indexrelid::regclass from pg_index where not (indisready and indisvalid)").await, Vec::<String>::new());

    // Quantiles: as many rows lie below the source's bounds.
    for (table, name) in [
        ("customers", "score"),
        ("customers", "created_at"),
        ("customers", "born"),
        ("customers", "balance"),
        ("orders", "placed"),
        ("orders", "total"),
        ("orders", "customer_id"),
        ("order_lines", "product"),
        ("events", "at"),
    ] {
        let all = before.stats.as_ref().unwrap();
        let bounds = all.columns.iter().find(|c| c.table.name == table && c.column == name).unwrap();
        let bounds = Facts::of(bounds).bounds;
        for at in [1, 3, 5, 8] {
            let bound = &bounds[at * (bounds.len() - 1) / 10];
            let query = format!("select avg(({name} <= '{bound}')::int) from app.{table}");
            let (was, is) = (number(&old, &query).await, number(&new, &query).await);
            assert!((was - is).abs() < 0.03, "{table}.{name} <= {bound}: {was} → {is}");
        }
    }
    // A city follows from its postal code.
    let cities = "select count(distinct (zip, city)) from app.places";
    assert!((number(&new, cities).await / number(&old, cities).await - 1.0).abs() < 0.2, "{}", number(&new, cities).await);
    // Joins meet as many rows.
    for query in [
        "select count(*) from app.orders o join app.customers c on c.id = o.customer_id where c.active",
        "select count(*) from app.order_lines l join app.orders o on o.id = l.order_id where o.status = 'paid'",
        "select count(*) from app.order_lines l join app.orders o on o.id = l.order_id join app.customers c on c.id = o.customer_id",
        "select count(*) from app.shipments s join app.order_lines l using (order_id, line)",
        "select count(*) from app.profile_views v join app.profiles p on p.customer_id = v.profile_id join app.customers c on c.id = p.customer_id",
        "select count(*) from app.hens h join app.eggs e on e.hen_id = h.id",
        "select count(*) from app.customers where profile->>'plan' = 'pro'",
        "select count(*) from app.customers where tags @> '{vip}'",
        "select count(*) from app.totals",
    ] {
        let (was, is) = (number(&old, query).await, number(&new, query).await);
        assert!((is / was - 1.0).abs() < 0.2, "{query}: {was} → {is}");
    }
    // Nobody is an ancestor of himself.
    let roots = "with recursive up as (select id, referred_by, 1 as depth from app.customers union all \
        select u.id, c.referred_by, depth + 1 from up u join app.customers c on c.id = u.referred_by where depth < 7000) select max(depth) < 7000 from up";
    assert_eq!(column(&new, roots).await, ["t"]);
    // Sequences go on.
    assert_eq!(
        column(&new, "insert into app.orders (customer_id, status, placed, total) values (1, 'new', now(), 1) returning id > 20000").await,
        ["t"]
    );
    println!("{:?}", filled.tables);
}

#[tokio::test(flavor = "multi_thread")]
async fn code_of_the_schema_never_runs_as_superuser() {
    let Some(server) = test_server::shared().await else { return };
    let script = "create function public.harmless(x int) returns int immutable language plpgsql as $$ begin
            if current_database() like 'scratch%' and current_setting('is_superuser') = 'on' then raise exception 'it runs as superuser'; end if;
            return x; end $$;
        create table public.guarded (id int primary key, v int check (public.harmless(v) is not null), w int generated always as (public.harmless(1)) stored);
        create index guarded_idx on public.guarded (public.harmless(v));
        insert into public.guarded (id, v) select n, n % 10 from generate_series(1, 500) n;
        create materialized view public.seen as select public.harmless(v) as v from public.guarded;
        analyze;";
    let (_source, _client, snapshot) = source(server, script).await;
    let (_scratch, client, filled) = scratch(server, &snapshot, &FillOptions::default()).await;
    assert_eq!(filled.rows, 500, "{:?}", filled.notes);
    let said: Vec<&str> = filled.notes.iter().map(|n| n.text.as_str()).filter(|t| t.contains("superuser")).collect();
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(column(&client, "select count(*) from public.seen").await, ["500"]);
}
