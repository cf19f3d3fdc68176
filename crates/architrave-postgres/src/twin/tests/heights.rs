//! Heights of trees and counters of GIN indexes, computed where the source does not tell them, beside real ones.

use super::Source;
use crate::replay::ADMIN;
use crate::session::testing::session;
use crate::twin::page;
use crate::twin::sizes::{IndexShape, index_pages, relations};

/// Keys of all widths, unique and not, with columns that need not be in inner pages.
const SQL: &str = "create table t (a int, b bigint, c text, d uuid, g int, k text, tags text[]);
insert into t select i, i, md5(i::text), md5(i::text)::uuid, i % 50, 'c' || i % 1000, array['x' || i % 60, 'y' || i % 7] from generate_series(1, 60000) i;
create unique index on t (a);
create index on t (b);
create index on t (c);
create index on t (d);
create index on t (g);
create index on t (k);
create index on t (g, a);
create index on t (c, d);
create index few on t (a) where a < 300;
create index tags on t using gin (tags);
vacuum analyze t;
";

/// The trees without entries are trees by PostgreSQL's own check, and can be searched.
#[tokio::test]
async fn the_trees_are_valid() {
    let Some(mut source) = Source::new(SQL).await else { return };
    let snapshot = source.snapshot().await;
    let twin = source.twin(&snapshot).await;
    let admin = session(twin.database.config().user(ADMIN)).await;
    if admin.batch_execute("create extension amcheck").await.is_ok() {
        let check = "select public.bt_index_check(c.oid) from pg_class c join pg_am a on a.oid = c.relam
            where a.amname = 'btree' and c.relnamespace = 'public'::regnamespace";
        admin.batch_execute(check).await.unwrap();
    }
    let client = twin.connect().await.unwrap();
    client.batch_execute("set enable_seqscan = off; set enable_bitmapscan = off").await.unwrap();
    for key in ["a = 7", "b > 59000", "c < 'a'", "g = 3 and a = 5", "k = 'c7'"] {
        let rows = client.query(&format!("select a from t where {key}"), &[]).await.unwrap();
        assert_eq!(rows.len(), 0, "{key}");
    }
    client.batch_execute("set enable_bitmapscan = on").await.unwrap();
    assert_eq!(client.query("select a from t where tags @> array['x1']", &[]).await.unwrap().len(), 0);
}

#[tokio::test]
async fn computed_heights_are_the_real_ones() {
    let Some(mut source) = Source::new(SQL).await else { return };
    let snapshot = source.snapshot().await;
    let stats = snapshot.stats.as_ref().unwrap();
    let twin = source.twin(&snapshot).await;
    let client = twin.connect().await.unwrap();
    let mut heights = Vec::new();
    for index in relations(&client, None).await.unwrap().iter().filter(|r| r.kind == 'i') {
        let own = stats.index("public", &index.name.name).unwrap();
        let shape = IndexShape { pages: index_pages(own), rows: own.rows, ..IndexShape::default() };
        if index.method == "btree" {
            let computed = index.tree_level(&shape, source.server.major());
            assert_eq!(Some(computed), own.tree_level, "{} of {} pages", index.name, shape.pages);
            heights.push(computed);
        } else {
            let (computed, real) = (page::gin_counters(shape.pages, shape.rows, &index.elements), own.gin.unwrap());
            assert_eq!((computed.entries, computed.total_pages), (real.entries, real.total_pages));
            assert!(computed.entry_pages.abs_diff(real.entry_pages) <= real.total_pages / 4, "{computed:?} {real:?}");
        }
    }
    heights.sort_unstable();
    heights.dedup();
    assert_eq!(heights, [0, 1, 2], "the test is about different ones");
}
