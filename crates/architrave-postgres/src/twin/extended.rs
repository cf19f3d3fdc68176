//! Extended statistics: put back as they are stored, with the numbers that differ between two databases exchanged.

use super::error::TwinError;
use super::statistic;
use architrave_model::stats::{ColumnStats, ExtendedStats};
use architrave_model::{Gap, QualifiedName};
use std::collections::BTreeMap;
use tokio_postgres::{Client, Row};

const DISTINCT_MAGIC: u32 = 0xA352_BFA4;
const DEPENDENCIES_MAGIC: u32 = 0xB454_9A2C;
const MOST_COMMON_MAGIC: u32 = 0xE1A6_51C2;

/// One statistics object of the twin.
struct Object {
    oid: u32,
    name: QualifiedName,
    relation: String,
    keys: Vec<i16>,
    types: Vec<u32>,
    expressions: Vec<String>,
    /// Object ids of enumerated values, by `type label`.
    labels: BTreeMap<String, u32>,
}

impl Object {
    fn read(row: &Row) -> Self {
        Self {
            oid: row.get("oid"),
            name: QualifiedName::new(row.get::<_, String>("schema"), row.get::<_, String>("name")),
            relation: row.get("relation"),
            keys: row.get("keys"),
            types: row.get("types"),
            expressions: row.try_get::<_, Option<Vec<String>>>("expressions").ok().flatten().unwrap_or_default(),
            labels: serde_json::from_str(row.get("labels")).unwrap_or_default(),
        }
    }
}

/// Puts all of them on the twin; what it cannot take comes back.
pub(super) async fn apply(admin: &Client, major: u16, all: &[ExtendedStats]) -> Result<Vec<Gap>, TwinError> {
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let sql: Vec<&str> = crate::session::lines_for(include_str!("extended_object.sql"), major).collect();
    let rows = admin.query(&sql.join("\n"), &[]).await.map_err(TwinError::sql("list statistics objects"))?;
    let objects: Vec<Object> = rows.iter().map(Object::read).collect();
    let own = || TwinError::sql("take extended statistics");
    let casts = ["pg_ndistinct", "pg_dependencies", "pg_mcv_list"];
    for name in casts {
        admin.batch_execute(&format!("create cast (bytea as pg_catalog.{name}) without function")).await.map_err(own())?;
    }
    let mut gaps = Vec::new();
    for stats in all {
        let Some(object) = objects.iter().find(|object| object.name == stats.name) else { continue };
        gaps.extend(put(admin, major, object, stats).await?);
    }
    for name in casts {
        admin.batch_execute(&format!("drop cast (bytea as pg_catalog.{name})")).await.map_err(own())?;
    }
    Ok(gaps)
}

async fn put(admin: &Client, major: u16, object: &Object, stats: &ExtendedStats) -> Result<Option<Gap>, TwinError> {
    let own = || TwinError::sql(format!("take the extended statistics {}", stats.name));
    let stored = stats.stored.as_ref();
    let numbers: BTreeMap<i16, i16> = stats.keys.iter().copied().zip(object.keys.iter().copied()).collect();
    let number = |attribute: i16| if attribute < 0 { Some(attribute) } else { numbers.get(&attribute).copied() };
    let bytes =
        |field: fn(&architrave_model::stats::StoredExtendedStats) -> Option<&String>| stored.and_then(field).and_then(|hex| decode(hex));
    let distinct = bytes(|s| s.distinct.as_ref()).and_then(|b| read_distinct(&b)).or_else(|| parse_distinct(stats.distinct.as_deref()?));
    let dependencies = bytes(|s| s.dependencies.as_ref())
        .and_then(|b| read_dependencies(&b))
        .or_else(|| parse_dependencies(stats.dependencies.as_deref()?));
    let types = expression_types(admin, object).await.map_err(own())?;
    let list = bytes(|s| s.most_common.as_ref()).and_then(|list| most_common(list, stored.map(|s| &s.labels)?, object, &types));
    let distinct = distinct.and_then(|items| write_distinct(&items, &number));
    let dependencies = dependencies.and_then(|items| write_dependencies(&items, &number));
    let expressions: Vec<(u32, &ColumnStats)> = types.iter().copied().zip(&stats.expressions).collect();
    let json = statistic::expressions_json(&expressions)?;
    let sql = statistic::expression_sql(major, stats.inherited);
    let inherit = if major >= 15 { format!(" and stxdinherit = {}", stats.inherited) } else { String::new() };
    let delete = format!("delete from pg_catalog.pg_statistic_ext_data where stxoid = $1{inherit}");
    admin.execute(&delete, &[&object.oid]).await.map_err(own())?;
    admin.execute(&sql, &[&json, &object.oid, &distinct, &dependencies, &list]).await.map_err(own())?;
    if stats.has_most_common && list.is_none() {
        let why = "the list of most-common combinations is told to superusers only, and not in masked snapshots";
        return Ok(Some(Gap::new(format!("extended statistics {}", stats.name), why, Some("read the source as a superuser"))));
    }
    Ok(None)
}

/// The types of the expressions, as the server sees them.
async fn expression_types(admin: &Client, object: &Object) -> Result<Vec<u32>, tokio_postgres::Error> {
    if object.expressions.is_empty() {
        return Ok(Vec::new());
    }
    let statement = admin.prepare(&format!("select {} from {}", object.expressions.join(", "), object.relation)).await?;
    Ok(statement.columns().iter().map(|column| column.type_().oid()).collect())
}

fn decode(hex: &str) -> Option<Vec<u8>> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()).collect()
}

/// Reads numbers one after the other.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn i16(&mut self) -> Option<i16> {
        self.take().map(i16::from_le_bytes)
    }

    fn f64(&mut self) -> Option<f64> {
        self.take().map(f64::from_le_bytes)
    }
}

/// A figure about a combination of attributes.
type Item = (f64, Vec<i16>);

fn read_distinct(bytes: &[u8]) -> Option<Vec<Item>> {
    let mut reader = Reader(bytes);
    (reader.u32()? == DISTINCT_MAGIC && reader.u32()? == 1).then_some(())?;
    let count = reader.u32()?;
    (0..count)
        .map(|_| {
            let value = reader.f64()?;
            let attributes = reader.u32()?;
            Some((value, (0..attributes).map(|_| reader.i16()).collect::<Option<_>>()?))
        })
        .collect()
}

fn read_dependencies(bytes: &[u8]) -> Option<Vec<Item>> {
    let mut reader = Reader(bytes);
    (reader.u32()? == DEPENDENCIES_MAGIC && reader.u32()? == 1).then_some(())?;
    let count = reader.u32()?;
    (0..count)
        .map(|_| {
            let degree = reader.f64()?;
            let attributes = reader.i16()?;
            Some((degree, (0..attributes).map(|_| reader.i16()).collect::<Option<_>>()?))
        })
        .collect()
}

/// `{"2, 3": 11}`.
fn parse_distinct(text: &str) -> Option<Vec<Item>> {
    let items: BTreeMap<String, f64> = serde_json::from_str(text).ok()?;
    let item = |(key, value): (String, f64)| Some((value, key.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?));
    items.into_iter().map(item).collect()
}

/// `{"2, 3 => 4": 0.5}`.
fn parse_dependencies(text: &str) -> Option<Vec<Item>> {
    parse_distinct(&text.replace(" => ", ", "))
}

fn write_distinct(items: &[Item], number: &dyn Fn(i16) -> Option<i16>) -> Option<Vec<u8>> {
    let mut out = header(DISTINCT_MAGIC, items.len())?;
    for (value, attributes) in items {
        out.extend(value.to_le_bytes());
        out.extend(u32::try_from(attributes.len()).ok()?.to_le_bytes());
        attributes.iter().try_for_each(|a| number(*a).map(|n| out.extend(n.to_le_bytes())))?;
    }
    Some(out)
}

fn write_dependencies(items: &[Item], number: &dyn Fn(i16) -> Option<i16>) -> Option<Vec<u8>> {
    let mut out = header(DEPENDENCIES_MAGIC, items.len())?;
    for (degree, attributes) in items {
        out.extend(degree.to_le_bytes());
        out.extend(i16::try_from(attributes.len()).ok()?.to_le_bytes());
        attributes.iter().try_for_each(|a| number(*a).map(|n| out.extend(n.to_le_bytes())))?;
    }
    Some(out)
}

fn header(magic: u32, count: usize) -> Option<Vec<u8>> {
    Some([magic, 1, u32::try_from(count).ok()?].iter().flat_map(|n| n.to_le_bytes()).collect())
}

/// The list with the twin's own types, and its own ids of enumerated values.
fn most_common(mut list: Vec<u8>, labels: &BTreeMap<u32, String>, object: &Object, expressions: &[u32]) -> Option<Vec<u8>> {
    /// `DimensionInfo`: four integers and a flag.
    const DIMENSION: usize = 20;
    let mut reader = Reader(&list);
    (reader.u32()? == MOST_COMMON_MAGIC && reader.u32()? == 1).then_some(())?;
    reader.u32()?;
    let dimensions = usize::try_from(reader.i16()?).ok()?;
    let types: Vec<u32> = object.types.iter().chain(expressions).copied().collect();
    (types.len() == dimensions).then_some(())?;
    let sizes_at = 14 + 4 * dimensions;
    let mut values_at = sizes_at + DIMENSION * dimensions;
    for (dimension, own) in types.iter().enumerate() {
        let mut info = Reader(list.get(sizes_at + DIMENSION * dimension..)?);
        let (count, bytes) = (info.u32()? as usize, info.u32()? as usize);
        let type_at = 14 + 4 * dimension;
        list.get_mut(type_at..type_at + 4)?.copy_from_slice(&own.to_le_bytes());
        let prefix = format!("{own} ");
        let is_enum = object.labels.keys().any(|label| label.starts_with(&prefix));
        for at in (0..count).filter(|_| is_enum).map(|value| values_at + 4 * value) {
            let there = u32::from_le_bytes(list.get(at..at + 4)?.try_into().ok()?);
            let here = object.labels.get(&format!("{prefix}{}", labels.get(&there)?))?;
            list.get_mut(at..at + 4)?.copy_from_slice(&here.to_le_bytes());
        }
        values_at += bytes;
    }
    Some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_bytes_say_the_same() {
        let distinct = parse_distinct(r#"{"2, 3": 11, "-1, 2": 5}"#).unwrap();
        let same = |attribute: i16| Some(attribute);
        assert_eq!(read_distinct(&write_distinct(&distinct, &same).unwrap()), Some(distinct));
        let dependencies = parse_dependencies(r#"{"2 => 3": 0.5, "2, 3 => 4": 1.000000}"#).unwrap();
        assert_eq!(dependencies, [(0.5, vec![2, 3]), (1.0, vec![2, 3, 4])]);
        let written = write_dependencies(&dependencies, &|a| Some(a - 1)).unwrap();
        assert_eq!(read_dependencies(&written), Some(vec![(0.5, vec![1, 2]), (1.0, vec![1, 2, 3])]));
        assert_eq!(write_distinct(&[(1.0, vec![9])], &|_| None), None);
        assert_eq!(read_distinct(b"\x01\x02"), None);
    }
}
