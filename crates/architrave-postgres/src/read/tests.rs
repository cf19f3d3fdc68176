//! Whole reads: every kind of object, every supported major, restricted roles, locks, and what a read must not do.

use super::*;
use crate::server::{NoProgress, test_server};
use crate::session::testing::{self, TestDatabase};
use expect_test::expect;

const KITCHEN_SINK: &str = include_str!("test_data/kitchen_sink.sql");

#[tokio::test]
async fn a_kitchen_sink_is_read_whole() {
    let Some(mut test) = TestDatabase::new(KITCHEN_SINK).await else { return };
    let reading = test.read().await;
    //println!("{:?}", reading.round_trips);
    //println!("{:#?}", reading.snapshot.gaps);
    //println!("{}", serde_json::to_string_pretty(&reading.snapshot).unwrap());
}
