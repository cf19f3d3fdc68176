//! Which servers are read.

use crate::connect::check_supported;

#[test]
fn versions() {
    let debian = "PostgreSQL on x86_64-pc-linux-gnu, compiled by gcc";
    for version in [120_000, 150_018, 180_003] {
        assert_eq!(check_supported(version, debian), Ok(None));
    }
    let message = |version: u32, text: &str| check_supported(version, text).unwrap_err().to_string();
    assert_eq!(
        message(110_022, debian),
        "PostgreSQL 11.22 is older than 12, the oldest major that architrave reads; it gets no fixes any more: upgrade, or review a \
         schema dump instead (pg_dump --schema-only > schema.sql)"
    );
    assert!(message(90_624, debian).starts_with("PostgreSQL 9.6.24 is older than 12"));
    assert!(message(80_002, "PostgreSQL 8.0.2, Redshift 1.0.12103").starts_with("this is Amazon Redshift, not PostgreSQL: "));
    assert_eq!(
        message(130_000, "CockroachDB CCL v23.1.11"),
        "this is CockroachDB, not PostgreSQL: it speaks the same protocol but has other catalogues, locks and storage, so a review would \
         be wrong; give the address of a PostgreSQL server"
    );
    assert_eq!(
        check_supported(190_000, debian).unwrap().unwrap(),
        "PostgreSQL 19 is newer than 18, the newest major that was tested; what it has added is not read"
    );
}
