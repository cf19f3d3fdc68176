//! Values for types that have no order known here and no statistics: a few that their input functions take.

use architrave_model::Catalog;
use architrave_model::catalog::TypeKind;

/// Texts that the type accepts; empty when nothing is known about it.
pub(super) fn samples(catalog: &Catalog, data_type: &str) -> Vec<String> {
    let number = data_type.split_once('(').and_then(|(_, rest)| rest.split_once(')')).and_then(|(n, _)| n.parse::<usize>().ok());
    let bare = data_type.split('(').next().unwrap_or(data_type);
    let bare = bare.rsplit('.').next().unwrap_or(bare).trim();
    let some = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<String>>();
    match bare {
        "interval" => (1..100).map(|n| format!("{} days {:02}:{:02}:00", n % 30, n % 24, n * 7 % 60)).collect(),
        "time with time zone" => (0..96).map(|n| format!("{:02}:{:02}:00+00", n / 4, n % 4 * 15)).collect(),
        "macaddr" => (0..100).map(|n| format!("08:00:2b:00:00:{n:02x}")).collect(),
        "macaddr8" => (0..100).map(|n| format!("08:00:2b:00:00:00:00:{n:02x}")).collect(),
        "inet" | "cidr" => (0..100).map(|n| format!("10.0.{n}.0/24")).collect(),
        "money" => (1..100).map(|n| format!("{n}.50")).collect(),
        "point" => (0..100).map(|n| format!("({n},{})", n * 7 % 100)).collect(),
        "line" => some(&["{1,-1,0}", "{1,1,0}"]),
        "lseg" | "box" | "path" | "polygon" => some(&["(1,1),(0,0)", "(3,4),(1,2)"]),
        "circle" => some(&["<(0,0),1>", "<(1,2),3>"]),
        "bit" => vec!["0".repeat(number.unwrap_or(1)), "1".repeat(number.unwrap_or(1))],
        "bit varying" => some(&["0", "1"]),
        "xml" => (0..100).map(|n| format!("<item>{n}</item>")).collect(),
        "pg_lsn" => (1..100).map(|n| format!("0/{n:X}")).collect(),
        "tsquery" => some(&["'one'", "'two' & 'three'"]),
        "hstore" => (0..100).map(|n| format!("\"key\"=>\"{n}\"")).collect(),
        "ltree" => (0..100).map(|n| format!("top.branch{}.leaf{n}", n % 10)).collect(),
        "vector" | "halfvec" => {
            let vector =
                |n: usize| (0..number.unwrap_or(3)).map(|at| format!("0.{}", (n * 31 + at * 17) % 1000)).collect::<Vec<_>>().join(",");
            (0..100).map(|n| format!("[{}]", vector(n))).collect()
        }
        "geometry" | "geography" => (0..100).map(|n| format!("SRID=4326;POINT({} {})", n % 90, n * 7 % 90)).collect(),
        _ => composite(catalog, data_type).into_iter().collect(),
    }
}

/// A row of NULLs.
fn composite(catalog: &Catalog, data_type: &str) -> Option<String> {
    let own = catalog.types.iter().find(|t| t.name.sql() == data_type || t.name.name == data_type)?;
    match &own.kind {
        TypeKind::Composite { attributes } => Some(format!("({})", ",".repeat(attributes.len().saturating_sub(1)))),
        _ => None,
    }
}
