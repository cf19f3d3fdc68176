//! Where findings stand: a path in the repository with its line, or a stand-in for what stands in no file.

use super::log::{ArtifactLocation, Location, LogicalLocation, Message, PhysicalLocation, Region};
use crate::format::visible;
use architrave_model::finding::Finding;
use architrave_model::name::ObjectRef;
use architrave_model::script;
use std::collections::BTreeMap;

/// What paths are relative to.
const BASE: &str = "%SRCROOT%";

/// Locations of one result that GitHub shows; beyond 1,000 it refuses the file.
const MOST_RELATED: usize = 99;

pub(super) fn base() -> BTreeMap<&'static str, ArtifactLocation> {
    let description = Message::new("The root of the repository.".to_owned());
    BTreeMap::from([(BASE, ArtifactLocation { uri: None, uri_base_id: None, description: Some(description) })])
}

/// The finding's own place (where it points to), and those of its other objects.
pub(super) fn of(finding: &Finding, at: Option<&script::Location>, repository_path: &str) -> (Location, Vec<Location>) {
    let own = Location {
        id: None,
        physical_location: physical(&finding.object, at, repository_path),
        logical_locations: [logical(&finding.object)],
        message: None,
    };
    let related = finding.places.iter().take(MOST_RELATED).enumerate().map(|(at, place)| Location {
        id: Some(at + 1),
        physical_location: physical(&place.object, place.location.as_ref(), repository_path),
        logical_locations: [logical(&place.object)],
        message: Some(Message::new(match &place.detail {
            Some(detail) => super::plain(&format!("{}: {}", visible(&place.object.to_string()), visible(detail))),
            None => super::plain(&visible(&place.object.to_string())),
        })),
    });
    (own, related.collect())
}

fn physical(object: &ObjectRef, at: Option<&script::Location>, repository_path: &str) -> PhysicalLocation {
    let (path, line, column) = match at {
        Some(at) => (format!("{repository_path}{}", at.path), at.line, at.column),
        None => (stand_in(object), 1, 0),
    };
    PhysicalLocation {
        artifact_location: ArtifactLocation { uri: Some(encoded(&path)), uri_base_id: Some(BASE), description: None },
        region: Region { start_line: line.max(1), start_column: (column > 0).then_some(column) },
    }
}

/// `database/<schema>/<table>` for what belongs to a table, `database/<kind>/<name>` for what belongs to none. The same in every run, so that
/// an alert is recognised; no such file needs to exist.
fn stand_in(object: &ObjectRef) -> String {
    let part = |text: &str| visible(text).replace('/', "∕");
    match (&object.schema, &object.table) {
        (Some(schema), Some(table)) => format!("database/{}/{}", part(schema), part(table)),
        (Some(schema), None) => format!("database/{}/{}", part(schema), part(&object.name)),
        (None, _) => format!("database/{}/{}", object.kind.word(), part(&object.name)),
    }
}

fn logical(object: &ObjectRef) -> LogicalLocation {
    LogicalLocation { name: visible(&object.name), fully_qualified_name: visible(&object.to_string()), kind: object.kind.word() }
}

/// The path as a relative reference of a URI: everything but unreserved characters and `/` is encoded.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.trim_start_matches("./").trim_start_matches('/').bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::name::{ObjectKind, QualifiedName};

    #[test]
    fn paths_become_uris() {
        assert_eq!(encoded("./db/migrate/20240101 add:index#1.sql"), "db/migrate/20240101%20add%3Aindex%231.sql");
        assert_eq!(encoded("größe.sql"), "gr%C3%B6%C3%9Fe.sql");
    }

    #[test]
    fn what_stands_in_no_file_has_a_path_of_its_table() {
        let orders = QualifiedName::new("public", "a/../b");
        assert_eq!(stand_in(&ObjectRef::column(&orders, "x")), "database/public/a∕..∕b");
        assert_eq!(stand_in(&ObjectRef::global(ObjectKind::Setting, "archive_mode")), "database/setting/archive_mode");
    }
}
