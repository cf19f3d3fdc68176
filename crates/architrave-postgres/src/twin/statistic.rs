//! Rows of `pg_stats` back into `pg_statistic`.

use super::error::TwinError;
use architrave_model::Gap;
use architrave_model::stats::ColumnStats;
use tokio_postgres::Client;

/// Rows that are written together.
const BATCH: usize = 2000;

fn sql(found: &str, target: &str) -> String {
    include_str!("statistic.sql").replace("    :found\n", found).replace(":target\n", target)
}

/// Writes the statistics of columns and of the expressions of indexes; those that the twin does not take come back.
pub(super) async fn write(admin: &Client, columns: &[ColumnStats]) -> Result<Vec<Gap>, TwinError> {
    let insert = sql(include_str!("statistic_column.sql"), "insert into pg_catalog.pg_statistic select (r.statistic).* from result r");
    let statement = admin.prepare(&insert).await.map_err(TwinError::sql("take the columns' statistics"))?;
    let mut gaps = Vec::new();
    for batch in columns.chunks(BATCH) {
        if admin.execute(&statement, &[&serde_json::to_string(batch)?]).await.is_ok() {
            continue;
        }
        // Some value is not one of its type here: find out whose.
        for column in batch {
            let Err(error) = admin.execute(&statement, &[&serde_json::to_string(&[column])?]).await else { continue };
            if admin.is_closed() {
                return Err(TwinError::Lost { what: format!("take the statistics of {}.{}", column.table, column.column) });
            }
            let what = format!("statistics of column {}.{}", column.table, column.column);
            gaps.push(Gap::new(what, crate::replay::confine::describe(&error), None));
        }
    }
    Ok(gaps)
}

/// The statistics of expressions with their types, as [`expression_sql`] takes them.
pub(super) fn expressions_json(expressions: &[(u32, &ColumnStats)]) -> Result<String, TwinError> {
    let mut rows = Vec::with_capacity(expressions.len());
    for (kind, statistics) in expressions {
        let mut row = serde_json::to_value(statistics)?;
        if let Some(fields) = row.as_object_mut() {
            fields.insert("type_oid".to_owned(), (*kind).into());
            fields.insert("inherited".to_owned(), false.into());
        }
        rows.push(row);
    }
    Ok(serde_json::to_string(&rows)?)
}

/// The row of extended statistics: `$1` expressions, `$2` the object's id, `$3` to `$5` what is stored of distinct combinations,
/// dependencies and most-common combinations.
pub(super) fn expression_sql(major: u16, inherited: bool) -> String {
    let all = ", (select array_agg(r.statistic order by r.number::int4) from result r)";
    let (expressions, their_values) = if major >= 14 { (", stxdexpr", all) } else { ("", "") };
    let (inherit, flag) = if major >= 15 { (", stxdinherit", format!(", {inherited}")) } else { ("", String::new()) };
    let target = format!(
        "insert into pg_catalog.pg_statistic_ext_data (stxoid, stxdndistinct, stxddependencies, stxdmcv{expressions}{inherit})
         select $2, $3::bytea::pg_catalog.pg_ndistinct, $4::bytea::pg_catalog.pg_dependencies, $5::bytea::pg_catalog.pg_mcv_list{their_values}{flag}"
    );
    sql(include_str!("statistic_expression.sql"), &target)
}
