//! times
use architrave_postgres::server::*;
use std::time::Instant;
#[tokio::main]
async fn main() {
    let o = ServerOptions::from_env().with_major(std::env::args().nth(1).and_then(|m| m.parse().ok()));
    drop(PrivateServer::start(&o, &NoProgress).await.unwrap());
    for _ in 0..5 {
        let t = Instant::now();
        let s = PrivateServer::start(&o, &NoProgress).await.unwrap();
        let c = s.connect("postgres").await.unwrap();
        c.batch_execute("select 1").await.unwrap();
        let start = t.elapsed();
        let d = s.create_database("big").await.unwrap();
        let created = t.elapsed() - start;
        let dc = d.connect().await.unwrap();
        dc.batch_execute("do $$ begin for i in 1..200 loop execute format('create table t%s (id bigint generated always as identity primary key, a text, b int unique)', i); end loop; end $$").await.unwrap();
        drop(dc);
        let mut times = vec![];
        for _ in 0..5 {
            let t = Instant::now();
            let x = s.clone_database(d.name()).await.unwrap();
            times.push(t.elapsed());
            std::mem::forget(x);
        }
        let mut empty = vec![];
        for _ in 0..3 {
            let t = Instant::now();
            let x = s.create_database("e").await.unwrap();
            empty.push(t.elapsed());
            std::mem::forget(x);
        }
        let t = Instant::now();
        s.stop().await.unwrap();
        println!("start+query {start:?} create {created:?} clones {times:?} empty {empty:?} stop {:?}", t.elapsed());
    }
}
