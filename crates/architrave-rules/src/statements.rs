//! SQL that fixes are made of: exact, quoted, without final semicolon.

use crate::relations::Indexed;
use architrave_model::catalog::{Index, Policy, Table};
use architrave_model::finding::{Effect, Fix, Lock};
use architrave_model::name::{quote_ident, quote_literal};
use architrave_model::{Catalog, QualifiedName};
use std::collections::BTreeSet;

/// Names of relations that are taken, to find free ones.
pub(crate) struct Names<'a> {
    taken: BTreeSet<(&'a str, &'a str)>,
    given: BTreeSet<(String, String)>,
}

/// PostgreSQL cuts identifiers at this many bytes.
const MAX_NAME: usize = 63;

impl<'a> Names<'a> {
    pub(crate) fn of(catalog: &'a Catalog) -> Self {
        let mut taken = BTreeSet::new();
        for table in &catalog.tables {
            taken.insert((table.name.schema.as_str(), table.name.name.as_str()));
            taken.extend(table.indexes.iter().map(|i| (table.name.schema.as_str(), i.name.as_str())));
            taken.extend(table.constraints.iter().map(|c| (table.name.schema.as_str(), c.name.as_str())));
        }
        for view in &catalog.views {
            taken.insert((view.name.schema.as_str(), view.name.name.as_str()));
            taken.extend(view.indexes.iter().map(|i| (view.name.schema.as_str(), i.name.as_str())));
        }
        taken.extend(catalog.sequences.iter().map(|s| (s.name.schema.as_str(), s.name.name.as_str())));
        taken.extend(catalog.types.iter().map(|t| (t.name.schema.as_str(), t.name.name.as_str())));
        Self { taken, given: BTreeSet::new() }
    }

    /// `table_column_idx`, cut to fit and numbered when taken, as PostgreSQL itself would choose it. Each name is given once.
    pub(crate) fn free(&mut self, schema: &str, table: &str, columns: &[String], suffix: &str) -> String {
        let mut stem = table.to_owned();
        for column in columns {
            stem.push('_');
            stem.push_str(column);
        }
        let name = (0..10_000)
            .map(|n| {
                let tail = if n == 0 { format!("_{suffix}") } else { format!("_{suffix}{n}") };
                format!("{}{tail}", cut(&stem, MAX_NAME - tail.len()))
            })
            .find(|name| !self.taken.contains(&(schema, name.as_str())) && !self.given.contains(&(schema.to_owned(), name.clone())))
            .unwrap_or(stem);
        self.given.insert((schema.to_owned(), name.clone()));
        name
    }
}

/// At most so many bytes, whole characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// `a, "B"`.
pub(crate) fn columns_sql<S: AsRef<str>>(columns: &[S]) -> String {
    columns.iter().map(|c| quote_ident(c.as_ref())).collect::<Vec<_>>().join(", ")
}

pub(crate) fn lock(relation: &QualifiedName, mode: &str) -> Lock {
    Lock { relation: relation.to_string(), mode: mode.to_owned() }
}

/// The effect of brief DDL on one relation.
pub(crate) fn exclusive(relation: &QualifiedName) -> Effect {
    Effect { locks: vec![lock(relation, "AccessExclusiveLock")], ..Effect::default() }
}

/// Takes an index away without blocking anybody, and brings it back the same way.
pub(crate) fn drop_index(of: &Indexed<'_>, index: &Index, bytes: Option<i64>) -> Fix {
    let name = QualifiedName::new(&of.name.schema, &index.name).sql();
    let blocking = of.is_partitioned();
    let mode = if blocking { "AccessExclusiveLock" } else { "ShareUpdateExclusiveLock" };
    Fix {
        title: format!("drop index {}", index.name),
        up: vec![if blocking { format!("drop index {name}") } else { format!("drop index concurrently {name}") }],
        down: recreate_index(of, index),
        transactional: blocking,
        effect: Effect { locks: vec![lock(of.name, mode)], bytes: bytes.map(|b| -b), ..Effect::default() },
        caution: None,
    }
}

/// Statements that make the index anew, with its comment.
pub(crate) fn recreate_index(of: &Indexed<'_>, index: &Index) -> Vec<String> {
    let definition = if of.is_partitioned() {
        index.definition.replacen(" ON ONLY ", " ON ", 1)
    } else {
        let (create, rest) = index.definition.split_once(" INDEX ").unwrap_or(("", ""));
        if rest.is_empty() { index.definition.clone() } else { format!("{create} INDEX CONCURRENTLY {rest}") }
    };
    let comment = index
        .comment
        .as_ref()
        .map(|text| format!("comment on index {} is {}", QualifiedName::new(&of.name.schema, &index.name).sql(), quote_literal(text)));
    std::iter::once(definition).chain(comment).collect()
}

/// `create policy …` as it is now.
pub(crate) fn create_policy(table: &Table, policy: &Policy) -> String {
    let kind = if policy.permissive { "" } else { " as restrictive" };
    format!(
        "create policy {} on {}{kind} for {} to {}{}",
        quote_ident(&policy.name),
        table.name.sql(),
        policy.command.sql(),
        roles_sql(&policy.roles),
        policy_conditions(policy)
    )
}

/// ` using (…) with check (…)`, as far as they are there.
pub(crate) fn policy_conditions(policy: &Policy) -> String {
    let part = |word: &str, expression: &Option<String>| expression.as_ref().map_or_else(String::new, |e| format!(" {word} ({e})"));
    format!("{}{}", part("using", &policy.using), part("with check", &policy.with_check))
}

fn roles_sql(roles: &[String]) -> String {
    if roles.is_empty() {
        return "public".to_owned();
    }
    let sql = |role: &String| if role == "PUBLIC" { "public".to_owned() } else { quote_ident(role) };
    roles.iter().map(sql).collect::<Vec<_>>().join(", ")
}

/// `drop policy …`.
pub(crate) fn drop_policy(table: &Table, policy: &Policy) -> String {
    format!("drop policy {} on {}", quote_ident(&policy.name), table.name.sql())
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::catalog::Sequence;

    #[test]
    fn free_names_fit_and_do_not_collide() {
        let mut catalog = Catalog::default();
        catalog.sequences.push(Sequence { name: QualifiedName::new("public", "orders_a_idx"), ..Sequence::default() });
        let mut names = Names::of(&catalog);
        assert_eq!(names.free("public", "orders", &["a".into()], "idx"), "orders_a_idx1");
        assert_eq!(names.free("public", "orders", &["a".into()], "idx"), "orders_a_idx2");
        assert_eq!(names.free("other", "orders", &["a".into()], "idx"), "orders_a_idx");
        let long = names.free("public", &"é".repeat(60), &["b".into()], "idx");
        assert!(long.len() <= MAX_NAME && long.ends_with("_idx"), "{long}");
    }
}
