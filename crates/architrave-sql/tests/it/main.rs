//! Tests of architrave-sql against a real server.

mod round_trip;
