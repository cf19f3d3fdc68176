//! Whether two catalogues are the same: every object, owners and privileges included; where columns stand is told apart.

use architrave_model::Catalog;
use architrave_model::catalog::compare::{Change, Difference, Ignore, differences as compare};
use architrave_model::catalog::{DefaultPrivileges, Grant};
use std::collections::{BTreeMap, BTreeSet};

/// What differs, one line each; and tables whose columns are the same in another order.
pub(super) fn differences(left: &Catalog, right: &Catalog) -> (Vec<String>, Vec<String>) {
    let ignore = Ignore { roles: true, privileges: false, comments: false };
    let (mut lines, mut order) = (Vec::new(), Vec::new());
    for mut difference in compare(left, right, ignore) {
        if let Change::Changed(aspects) = &mut difference.change {
            let before = aspects.len();
            let set = |list: &str| list.split(", ").map(str::to_owned).collect::<BTreeSet<String>>();
            aspects.retain(|a| !(a.name == "columns" && set(&a.before) == set(&a.after)));
            if aspects.len() < before {
                order.push(difference.object.to_string());
            }
            // Columns that come and go are lines of their own.
            aspects.retain(|a| a.name != "columns");
            if aspects.is_empty() {
                continue;
            }
        }
        lines.push(Difference::line(&difference));
    }
    lines.extend(beside(left, right));
    (lines, order)
}

/// What no object of the comparison stands for.
fn beside(left: &Catalog, right: &Catalog) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(changed("default privileges of", &default_privileges(left), &default_privileges(right)));
    let collations = |c: &Catalog| c.collations.iter().map(|c| (c.name.to_string(), format!("{c:?}"))).collect();
    lines.extend(changed("collation", &collations(left), &collations(right)));
    let servers = |c: &Catalog| c.foreign_servers.iter().map(|s| (s.name.clone(), s.wrapper.clone())).collect();
    lines.extend(changed("foreign server", &servers(left), &servers(right)));
    lines
}

fn changed(what: &str, left: &BTreeMap<String, String>, right: &BTreeMap<String, String>) -> Vec<String> {
    let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let line = |name: &&String| match (left.get(*name), right.get(*name)) {
        (Some(a), Some(b)) if a == b => None,
        (Some(_), Some(_)) => Some(format!("{what} {name} differ")),
        (Some(_), None) => Some(format!("{what} {name} removed")),
        _ => Some(format!("{what} {name} added")),
    };
    names.iter().filter_map(line).collect()
}

fn default_privileges(catalog: &Catalog) -> BTreeMap<String, String> {
    let grants = |grants: &[Grant]| {
        let mut list: Vec<String> = grants.iter().map(|g| format!("{} {:?} {:?}", g.grantee, g.privileges, g.grantable)).collect();
        list.sort();
        list.join(", ")
    };
    let name = |d: &DefaultPrivileges| {
        let place = d.schema.as_ref().map(|s| format!(" in schema {s}")).unwrap_or_default();
        format!("{}{place} on {}", d.role, d.kind.to_lowercase())
    };
    catalog.default_privileges.iter().map(|d| (name(d), grants(&d.grants))).collect()
}
