//! TPC-DS: its tables as `tpcdsgen` makes them. Its queries are not free to copy: a directory with them is given, or DuckDB is asked for them.

use super::{Chunks, Query, Table};
use crate::say;
use anyhow::{Context as _, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tpcdsgen::config::{SessionBuilder, Table as Source};
use tpcdsgen::csv::{
    CallCenterCsv, CatalogPageCsv, CatalogReturnsCsv, CatalogSalesCsv, CsvRow, CustomerAddressCsv, CustomerCsv, CustomerDemographicsCsv,
    DateDimCsv, HouseholdDemographicsCsv, IncomeBandCsv, InventoryCsv, ItemCsv, PromotionCsv, ReasonCsv, ShipModeCsv, StoreCsv,
    StoreReturnsCsv, StoreSalesCsv, TimeDimCsv, WarehouseCsv, WebPageCsv, WebReturnsCsv, WebSalesCsv, WebSiteCsv,
};
use tpcdsgen::row::{
    CallCenterRowGenerator, CatalogPageRowGenerator, CatalogReturnsRowGenerator, CatalogSalesRowGenerator, CustomerAddressRowGenerator,
    CustomerDemographicsRowGenerator, CustomerRowGenerator, DateDimRowGenerator, HouseholdDemographicsRowGenerator, IncomeBandRowGenerator,
    InventoryRowGenerator, ItemRowGenerator, PromotionRowGenerator, ReasonRowGenerator, ShipModeRowGenerator, StoreReturnsRowGenerator,
    StoreRowGenerator, StoreSalesRowGenerator, TimeDimRowGenerator, WarehouseRowGenerator, WebPageRowGenerator, WebReturnsRowGenerator,
    WebSalesRowGenerator, WebSiteRowGenerator,
};

/// A table from its generator and its formatter; returns are generated from the rows of their sales.
macro_rules! table {
    ($name:literal, $source:ident, $generator:ident, $csv:ident) => {
        Table {
            name: $name,
            write: |scale, out| {
                let session = SessionBuilder::new().with_scale_factor(scale).build().map_err(|error| anyhow::anyhow!("{error}"))?;
                let rows = session.get_scaling().get_row_count(Source::$source);
                for row in $generator::new(session, rows) {
                    Chunks::line(out, &$csv::new(&row))?;
                }
                Ok(())
            },
        }
    };
}

/// The tables.
pub(super) static TABLES: &[Table] = &[
    table!("call_center", CallCenter, CallCenterRowGenerator, CallCenterCsv),
    table!("catalog_page", CatalogPage, CatalogPageRowGenerator, CatalogPageCsv),
    table!("catalog_returns", CatalogSales, CatalogReturnsRowGenerator, CatalogReturnsCsv),
    table!("catalog_sales", CatalogSales, CatalogSalesRowGenerator, CatalogSalesCsv),
    table!("customer", Customer, CustomerRowGenerator, CustomerCsv),
    table!("customer_address", CustomerAddress, CustomerAddressRowGenerator, CustomerAddressCsv),
    table!("customer_demographics", CustomerDemographics, CustomerDemographicsRowGenerator, CustomerDemographicsCsv),
    table!("date_dim", DateDim, DateDimRowGenerator, DateDimCsv),
    table!("household_demographics", HouseholdDemographics, HouseholdDemographicsRowGenerator, HouseholdDemographicsCsv),
    table!("income_band", IncomeBand, IncomeBandRowGenerator, IncomeBandCsv),
    table!("inventory", Inventory, InventoryRowGenerator, InventoryCsv),
    table!("item", Item, ItemRowGenerator, ItemCsv),
    table!("promotion", Promotion, PromotionRowGenerator, PromotionCsv),
    table!("reason", Reason, ReasonRowGenerator, ReasonCsv),
    table!("ship_mode", ShipMode, ShipModeRowGenerator, ShipModeCsv),
    table!("store", Store, StoreRowGenerator, StoreCsv),
    table!("store_returns", StoreSales, StoreReturnsRowGenerator, StoreReturnsCsv),
    table!("store_sales", StoreSales, StoreSalesRowGenerator, StoreSalesCsv),
    table!("time_dim", TimeDim, TimeDimRowGenerator, TimeDimCsv),
    table!("warehouse", Warehouse, WarehouseRowGenerator, WarehouseCsv),
    table!("web_page", WebPage, WebPageRowGenerator, WebPageCsv),
    table!("web_returns", WebSales, WebReturnsRowGenerator, WebReturnsCsv),
    table!("web_sales", WebSales, WebSalesRowGenerator, WebSalesCsv),
    table!("web_site", WebSite, WebSiteRowGenerator, WebSiteCsv),
];

/// The version of DuckDB whose Python package has the queries compiled in.
const DUCKDB: &str = "duckdb==1.1.3";

/// Writes the queries as `1.sql` … `99.sql` into the directory that is its first argument.
const EXPORT: &str = "
import duckdb, pathlib, sys
connection = duckdb.connect()
connection.execute('load tpcds')
for number, text in connection.execute('select query_nr, query from tpcds_queries()').fetchall():
    (pathlib.Path(sys.argv[1]) / f'{number}.sql').write_text(text)
";

/// The queries `1.sql` … `99.sql` (or `query1.sql`, `01.sql`) of `directory`; without one, of the cache, which is filled with Python's help.
pub(super) fn queries(directory: Option<&Path>, cache: &Path) -> anyhow::Result<Vec<Query>> {
    let directory = match directory {
        Some(directory) => directory.to_owned(),
        None => export(cache)?,
    };
    let mut queries = Vec::new();
    for entry in std::fs::read_dir(&directory).with_context(|| format!("cannot read {}", directory.display()))? {
        let path = entry?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let Ok(number) = stem.trim_start_matches(|c: char| !c.is_ascii_digit()).parse() else { continue };
        if path.extension().is_some_and(|extension| extension == "sql") {
            let sql = std::fs::read_to_string(&path)?.trim().trim_end_matches(';').to_owned();
            queries.push(Query { number, sql });
        }
    }
    ensure!(!queries.is_empty(), "{} has no files 1.sql … 99.sql", directory.display());
    queries.sort_by_key(|query| query.number);
    Ok(queries)
}

/// Asks DuckDB's Python package for the queries, once.
fn export(cache: &Path) -> anyhow::Result<PathBuf> {
    let directory = cache.join("tpcds-queries");
    if directory.join("99.sql").exists() {
        return Ok(directory);
    }
    let work = tempfile::tempdir()?;
    let python = work.path().join("bin/python");
    let run = |command: &mut Command| match command.stdin(Stdio::null()).stdout(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        _ => bail!(
            "the texts of TPC-DS's queries are not here, and Python with {DUCKDB} to export them is not either: name a directory that has 1.sql … 99.sql with --tpcds-queries"
        ),
    };
    say(&format!("<!-- exporting the queries of TPC-DS from {DUCKDB} -->"));
    run(Command::new("python3").args(["-m", "venv"]).arg(work.path()))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", DUCKDB]))?;
    let exported = work.path().join("queries");
    std::fs::create_dir(&exported)?;
    run(Command::new(&python).args(["-c", EXPORT]).arg(&exported))?;
    std::fs::create_dir_all(&directory)?;
    for entry in std::fs::read_dir(&exported)? {
        let entry = entry?;
        std::fs::copy(entry.path(), directory.join(entry.file_name()))?;
    }
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn postgresql_accepts_tables_and_keys() {
        use architrave_postgres::server::test_server;
        let Some(server) = test_server::shared().await else { return };
        let database = server.create_database("tpcds").await.unwrap();
        let client = database.connect().await.unwrap();
        client.batch_execute(include_str!("tpcds.sql")).await.unwrap();
        client.batch_execute(include_str!("tpcds_keys.sql")).await.unwrap();
        for table in TABLES {
            client.batch_execute(&format!("table {}", table.name)).await.unwrap();
        }
    }

    #[test]
    fn files_of_queries_are_found_by_their_number() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("query10.sql"), "select 10;\n").unwrap();
        std::fs::write(folder.path().join("02.sql"), "select 2;\n").unwrap();
        std::fs::write(folder.path().join("readme.txt"), "no query").unwrap();
        let queries = queries(Some(folder.path()), folder.path()).unwrap();
        let found: Vec<(usize, &str)> = queries.iter().map(|query| (query.number, query.sql.as_str())).collect();
        assert_eq!(found, [(2, "select 2"), (10, "select 10")]);
    }
}
