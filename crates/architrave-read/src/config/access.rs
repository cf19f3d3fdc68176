//! `[access]`: who is meant to see what, where the schema does not tell it.

use super::{Config, Item, Source, Table};
use crate::error::ReadError;
use architrave_model::QualifiedName;
use architrave_model::access::{IdentitySource, Stated, StatedScope, StatedTable};
use std::ops::Range;
use toml::de::DeValue;

const KEYS: &[&str] = &["identity", "id_type", "users", "tenants", "tenant_key", "table"];
const TABLE_KEYS: &[&str] = &[
    "table",
    "owner",
    "tenant",
    "through",
    "public",
    "signed_in",
    "internal",
    "public_when",
    "read_by_all",
    "writers",
    "privileged",
    "reason",
];

pub(super) fn section(source: &Source<'_>, value: &Item<'_>, config: &mut Config) -> Result<(), ReadError> {
    let mut stated = Stated::default();
    for (key, value) in source.table(value, "[access]")? {
        match key.get_ref().as_ref() {
            "identity" => stated.identity = Some(identity(source, value)?),
            "id_type" => stated.id_type = Some(source.string(value, "id_type")?),
            "users" => stated.users = Some(relation(source, value, "users")?),
            "tenants" => stated.tenants = Some(relation(source, value, "tenants")?),
            "tenant_key" => stated.tenant_key = Some(source.string(value, "tenant_key")?),
            "table" => {
                if !matches!(value.get_ref(), DeValue::Array(_)) {
                    return Err(source.error(value.span(), "table is a list of tables: write [[access.table]]"));
                }
                for item in source.array(value, "[[access.table]]")? {
                    let read = table(source, item.span(), source.table(item, "[[access.table]]")?)?;
                    if let Some(first) = stated.tables.iter().find(|t| t.table == read.table) {
                        let message = format!("{} has an [[access.table]] already, in line {}", read.table, first.location.line);
                        return Err(source.error(item.span(), message));
                    }
                    stated.tables.push(read);
                }
            }
            other => return Err(source.unknown(key.span(), "key of [access]", other, KEYS)),
        }
    }
    config.access = stated;
    Ok(())
}

fn identity(source: &Source<'_>, value: &Item<'_>) -> Result<IdentitySource, ReadError> {
    let text = source.string(value, "identity")?;
    match text.split_once(' ') {
        None if text == "claims" => Ok(IdentitySource::Claims),
        None if text == "role" => Ok(IdentitySource::Role),
        Some(("setting", name)) if name.contains('.') && !name.contains(' ') => Ok(IdentitySource::Setting { name: name.to_owned() }),
        _ => Err(source.error(value.span(), format!("identity is \"claims\", \"role\" or \"setting NAME\", not {text:?}"))),
    }
}

/// `schema.name`; a bare name is one of `public`.
fn relation(source: &Source<'_>, value: &Item<'_>, what: &str) -> Result<QualifiedName, ReadError> {
    let text = source.string(value, what)?;
    let (schema, name) = text.split_once('.').unwrap_or(("public", &text));
    if schema.is_empty() || name.is_empty() {
        return Err(source.error(value.span(), format!("{text:?} is no name of a table; write \"public.notes\"")));
    }
    Ok(QualifiedName::new(schema, name))
}

fn table(source: &Source<'_>, span: Range<usize>, keys: &Table<'_>) -> Result<StatedTable, ReadError> {
    let mut name = None;
    let mut scope: Option<(String, StatedScope)> = None;
    let (mut public_when, mut read_by_all, mut writers, mut privileged, mut reason) = (None, None, None, None, None);
    for (key, value) in keys {
        let word: &str = key.get_ref();
        let said = match word {
            "owner" => Some(StatedScope::Owner(source.string(value, word)?)),
            "tenant" => Some(StatedScope::Tenant(source.string(value, word)?)),
            "through" => Some(StatedScope::Through(source.string(value, word)?)),
            "public" => Some(only_true(source, value, word, StatedScope::Public)?),
            "signed_in" => Some(only_true(source, value, word, StatedScope::SignedIn)?),
            "internal" => Some(only_true(source, value, word, StatedScope::Internal)?),
            _ => None,
        };
        if let Some(said) = said {
            if let Some((before, _)) = &scope {
                let message = format!("this table has {before} already; one of both is meant");
                return Err(source.error(key.span(), message));
            }
            scope = Some((word.to_owned(), said));
            continue;
        }
        match word {
            "table" => name = Some(relation(source, value, "table")?),
            "public_when" => public_when = Some(source.string(value, word)?),
            "read_by_all" => read_by_all = Some(source.flag(value, word)?),
            "writers" => writers = Some(source.strings(value, word)?),
            "privileged" => privileged = Some(source.strings(value, word)?),
            "reason" => reason = Some(source.string(value, word)?),
            other => return Err(source.unknown(key.span(), "key of [[access.table]]", other, TABLE_KEYS)),
        }
    }
    let name = name.ok_or_else(|| source.error(span.clone(), "this [[access.table]] has no table"))?;
    let scope = scope.map(|(_, scope)| scope);
    let silent = scope.is_none() && public_when.is_none() && read_by_all.is_none() && writers.is_none() && privileged.is_none();
    if silent {
        return Err(source.error(span, format!("this [[access.table]] says nothing about {}", name.name)));
    }
    Ok(StatedTable { table: name, scope, public_when, read_by_all, writers, privileged, reason, location: source.location(span) })
}

fn only_true(source: &Source<'_>, value: &Item<'_>, word: &str, scope: StatedScope) -> Result<StatedScope, ReadError> {
    if source.flag(value, word)? { Ok(scope) } else { Err(source.error(value.span(), format!("{word} is only said when it is true"))) }
}
