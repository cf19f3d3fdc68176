//! Publications.

use super::expression;
use super::print;
use super::state::State;
use super::syntax;
use super::{Effect, Stop};
use architrave_model::catalog::{Publication, PublishedTable};
use architrave_model::name::QualifiedName;
use squawk_syntax::ast::{self, AstNode};

fn objects(state: &State, list: impl Iterator<Item = ast::PublicationObject>) -> Result<(Vec<PublishedTable>, Vec<String>), Stop> {
    let (mut tables, mut schemas) = (Vec::new(), Vec::new());
    let mut in_schemas = false;
    for object in list {
        match object {
            ast::PublicationObject::PublicationObjectTable(table) => {
                // A name alone goes on with what came before: `TABLES IN SCHEMA a, b`.
                let path = syntax::path_opt(table.table_name_ref()).unwrap_or_default();
                if in_schemas && table.table_token().is_none() {
                    schemas.extend(path.last().cloned());
                    continue;
                }
                in_schemas = false;
                let name = state.table_name(&path)?;
                let found = state.table(&name)?;
                let written = table.column_ref_list().map(|l| syntax::column_names(l.syntax()));
                // PostgreSQL keeps the list as a set, in table order.
                let columns = written.map(|w| found.columns.iter().map(|c| c.name.clone()).filter(|c| w.contains(c)).collect());
                let filter = table.where_condition_clause().and_then(|w| w.expr()).map(|e| print::print(&expression::read(&e, state)));
                let mut names = vec![name];
                if table.only_token().is_none() {
                    descendants(state, &mut names);
                }
                tables.extend(names.into_iter().map(|table| PublishedTable { table, columns: columns.clone(), filter: filter.clone() }));
            }
            ast::PublicationObject::PublicationObjectTablesInSchema(schema) => {
                in_schemas = true;
                match schema.schema_ref() {
                    Some(name) => schemas.push(syntax::name(&name)),
                    None => schemas.push(state.creation_schema()?),
                }
            }
            ast::PublicationObject::PublicationObjectCurrentSchema(_) => schemas.push(state.creation_schema()?),
        }
    }
    Ok((tables, schemas))
}

/// Tables that inherit from the first one; partitions are published through their parent.
fn descendants(state: &State, names: &mut Vec<QualifiedName>) {
    let mut at = 0;
    while let Some(name) = names.get(at).cloned() {
        for heir in state.heirs_of(&name) {
            let partition = state.tables.get(&heir).is_none_or(|t| t.is_partition);
            if !partition && !names.contains(&heir) {
                names.push(heir);
            }
        }
        at += 1;
    }
}

fn apply_options(publication: &mut Publication, options: &[String]) {
    for option in options {
        match option.split_once('=') {
            Some(("publish", value)) => {
                publication.operations = value.split(',').map(|o| o.trim().to_ascii_lowercase()).filter(|o| !o.is_empty()).collect();
                publication.operations.sort();
            }
            Some(("publish_via_partition_root", value)) => publication.via_root = print::truth(value).unwrap_or(false),
            _ => {}
        }
    }
}

fn sort(publication: &mut Publication) {
    publication.tables.sort_by(|a, b| a.table.cmp(&b.table));
    publication.schemas.sort();
}

/// CREATE PUBLICATION.
pub(crate) fn create(state: &mut State, node: &ast::CreatePublication) -> Effect {
    let Some(name) = node.publication().map(|n| syntax::name(&n)) else {
        return Err(Stop::not_understood("the publication's name is missing"));
    };
    if state.publications.contains(&name) {
        return Err(Stop::fail("42710", format!("publication \"{name}\" already exists")));
    }
    let operations = ["delete", "insert", "truncate", "update"].map(str::to_owned).to_vec();
    let mut publication = Publication { name: name.clone(), owner: state.role(), operations, ..Publication::default() };
    match node.publication_for_clause() {
        Some(ast::PublicationForClause::ForAllPublicationObjects(all)) => {
            publication.all_tables = syntax::words(all.syntax()).iter().any(|w| w == "tables");
        }
        Some(ast::PublicationForClause::ForPublicationObjects(some)) => {
            (publication.tables, publication.schemas) = objects(state, some.publication_objects())?;
        }
        None => {}
    }
    apply_options(&mut publication, &node.with_params().map(|w| super::index::options(&w)).unwrap_or_default());
    sort(&mut publication);
    state.publications.insert(name, publication);
    Ok(())
}

/// ALTER PUBLICATION.
pub(crate) fn alter(state: &mut State, node: &ast::AlterPublication) -> Effect {
    let name = node.publication_ref().map(|n| syntax::name(&n)).unwrap_or_default();
    let Some(mut publication) = state.publications.get(&name).cloned() else {
        return Err(Stop::fail("42704", format!("publication \"{name}\" does not exist")));
    };
    match node.action() {
        Some(ast::AlterPublicationAction::AddPublicationObjects(add)) => {
            let (tables, schemas) = objects(state, add.publication_objects())?;
            publication.tables.extend(tables);
            publication.schemas.extend(schemas);
        }
        Some(ast::AlterPublicationAction::SetPublicationObjects(set)) => {
            (publication.tables, publication.schemas) = objects(state, set.publication_objects())?;
        }
        Some(ast::AlterPublicationAction::DropPublicationObjects(drop)) => {
            let (tables, schemas) = objects(state, drop.publication_objects())?;
            publication.tables.retain(|t| !tables.iter().any(|d| d.table == t.table));
            publication.schemas.retain(|s| !schemas.contains(s));
        }
        Some(ast::AlterPublicationAction::SetOptions(set)) => {
            let options = set.attribute_list().map(|l| super::index::option_list(&l)).unwrap_or_default();
            apply_options(&mut publication, &options);
        }
        Some(ast::AlterPublicationAction::OwnerTo(owner)) => {
            publication.owner = owner.role_ref().map(|r| super::role::of(&r, state)).unwrap_or_default();
        }
        Some(ast::AlterPublicationAction::PublicationRenameTo(to)) => {
            let new = to.publication().map(|n| syntax::name(&n)).unwrap_or_default();
            state.publications.remove(&name);
            publication.name = new;
        }
        _ => return Err(Stop::not_understood(syntax::plain_text(node.syntax()))),
    }
    sort(&mut publication);
    state.publications.insert(publication.name.clone(), publication);
    Ok(())
}
