//! Plans of a real server, and what it refuses.

use super::PlanSession;
use crate::server::test_server;

const SCHEMA: &str =
    "create table t (id bigint primary key, name text, at timestamptz); create schema other; create table other.hidden (id int);
    create function fails() returns int language plpgsql immutable as $$ begin raise exception 'executed'; end $$";

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_planned_and_refused_one_by_one() {
    for major in [None, Some(12), Some(18)] {
        let server = match major {
            None => test_server::shared().await,
            Some(major) => test_server::shared_major(major).await,
        };
        let Some(server) = server else { continue };
        let database = server.create_database("plans").await.unwrap();
        let client = database.connect().await.unwrap();
        client.batch_execute(SCHEMA).await.unwrap();
        let session = PlanSession::open(&client).await.unwrap();
        let text = "select name from t where id = $1 and at > $2::timestamptz order by name limit $3";
        assert_eq!(session.parameter_types(text).await.unwrap().unwrap(), ["bigint", "timestamp with time zone", "bigint"]);
        let generic = session.generic(text, 3).await.unwrap().unwrap();
        assert!(generic.nodes().iter().any(|n| n.index_cond.as_deref() == Some("(t.id = $1)")), "{generic:?}");
        let bare = session.bare_generic(text, 3).await.unwrap().unwrap();
        assert_eq!(bare.nodes().iter().map(|n| n.kind.as_str()).collect::<Vec<_>>(), ["Limit", "Sort", "Seq Scan"]);
        let refusal = session.parameter_types("select 'é' from t where nome = $1").await.unwrap().unwrap_err();
        assert_eq!((refusal.sqlstate.as_str(), refusal.position), ("42703", Some("select 'é' from t where ".len())), "{refusal:?}");
        assert_eq!(session.plan("select * from hidden").await.unwrap().unwrap_err().sqlstate, "42P01");
        let commented = "select name from t where id = $1 -- by its key";
        assert_eq!(session.parameter_types(commented).await.unwrap().unwrap(), ["bigint"]);
        session.generic(commented, 1).await.unwrap().unwrap();
        for broken in ["select from where", "select 1)", "'"] {
            assert_eq!(session.plan(broken).await.unwrap().unwrap_err().sqlstate, "42601", "{broken}");
        }
        session.set_search_path("other, public").await.unwrap().unwrap();
        assert_eq!(session.plan("select * from hidden").await.unwrap().unwrap().root.schema.as_deref(), Some("other"));
        for writes in ["insert into t values (1)", "update t set name = 'x' where id = 5", "delete from t", "select * from t for update"] {
            session.plan(writes).await.unwrap().unwrap();
        }
        assert_eq!(session.plan("select fails()").await.unwrap().unwrap_err().message, "executed");
        assert_eq!(session.bare_plan("select * from t where id = 5").await.unwrap().unwrap().root.kind, "Seq Scan");
        assert!(session.plan("select * from public.t where id = 5").await.unwrap().unwrap().root.kind.starts_with("Index"));
        session.close().await.unwrap();
    }
}
