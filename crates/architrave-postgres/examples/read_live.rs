//! bench
use architrave_postgres::{
    read::{ReadOptions, read_catalog, read_live},
    server::NoProgress,
};
use std::time::Instant;
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let url = std::env::args().nth(1).unwrap();
    let t = Instant::now();
    let (mut client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    println!("connect {:?}", t.elapsed());
    for _ in 0..2 {
        let t = Instant::now();
        let r = read_live(&mut client, &ReadOptions::default(), &NoProgress).await.unwrap();
        println!(
            "live {:?} {:?} tables {} indexes {} gaps {:?}",
            t.elapsed(),
            r.round_trips,
            r.snapshot.catalog.tables.len(),
            r.snapshot.catalog.tables.iter().map(|t| t.indexes.len()).sum::<usize>(),
            r.snapshot.gaps
        );
        let t = Instant::now();
        let c = read_catalog(&mut client, &ReadOptions::default()).await.unwrap();
        println!("catalog {:?} {}", t.elapsed(), c.tables.len());
        let s = std::fs::read_to_string("/proc/self/status").unwrap();
        println!("{}", s.lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS")).collect::<Vec<_>>().join(" "));
    }
}
