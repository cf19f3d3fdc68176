//! What the founder's role may. Where roles have permissions in tables, a schema alone often has none: the scene makes those that the project's texts ask
//! for, and gives them to the roles that founders are given, so that there is somebody who may.

use super::actors::Person;
use super::build::Builder;
use super::fill::Order;
use super::search::Values;
use super::{Purpose, SceneError, SeededRow};
use crate::ground::rows;
use crate::rls_attack::parameters::Uses;
use architrave_model::QualifiedName;
use architrave_model::access::Scope;
use architrave_model::catalog::Table;
use architrave_model::name::quote_ident;

/// Most permissions that are made.
const PERMISSIONS: usize = 80;

/// A table that gives permissions to roles.
struct Gives<'c> {
    table: &'c Table,
    role: String,
    permission: String,
    permissions: &'c Table,
    /// Column of the permissions that it refers to.
    key: String,
    /// The roles, and the column of theirs that it refers to.
    roles: (QualifiedName, String),
}

impl<'a> Builder<'a> {
    /// Gives the roles in these rows of founders what the project's texts ask for.
    pub(super) async fn permissions(&mut self, founded: &[SeededRow]) -> Result<(), SceneError> {
        let gives: Vec<Gives<'a>> = self.filler.catalog.tables.iter().flat_map(|t| self.gives(t)).collect();
        if gives.is_empty() || founded.is_empty() {
            return Ok(());
        }
        let uses = Uses::read(self.filler.catalog);
        for give in gives {
            let roles = self.roles(founded, &give);
            if roles.is_empty() {
                continue;
            }
            self.asked_for(&uses, give.permissions).await?;
            let sql =
                format!("select {}::text from {} order by 1 limit {PERMISSIONS}", quote_ident(&give.key), give.permissions.name.sql());
            let answer = self.filler.client.simple_query(&sql).await.map_err(SceneError::doing("list permissions"))?;
            let all: Vec<Option<String>> = rows(&answer).into_iter().filter_map(|row| row.into_iter().next()).collect();
            for role in &roles {
                for permission in &all {
                    let fixed = [(give.role.clone(), Some(role.clone())), (give.permission.clone(), permission.clone())].into();
                    self.nobodys(give.table, fixed).await?;
                }
            }
        }
        Ok(())
    }

    /// How a table gives permissions to roles, when its key is two references.
    fn gives(&self, table: &'a Table) -> Vec<Gives<'a>> {
        let single: Vec<(&String, &QualifiedName, &String)> = table
            .foreign_keys()
            .filter_map(|(key, reference)| match (key.columns.as_slice(), reference.columns.as_slice()) {
                ([own], [theirs]) => Some((own, &reference.table, theirs)),
                _ => None,
            })
            .collect();
        let mut found = Vec::new();
        for (role, roles, role_key) in &single {
            for (permission, permissions, key) in single.iter().filter(|(c, to, _)| c != role && to != roles) {
                let Some(target) = self.filler.catalog.table_named(permissions) else { continue };
                let scope = self.filler.intent.of(permissions).map(|i| &i.scope);
                let owned = matches!(scope, Some(Scope::Owner { .. } | Scope::Tenant { .. } | Scope::Through { .. }));
                let tenants = self.filler.intent.identity.tenants.as_ref().is_some_and(|(t, _)| t == *permissions);
                if owned
                    || tenants
                    || self.filler.drafting().is_people(permissions)
                    || !table.is_unique_over(&[role.as_str(), permission.as_str()])
                {
                    continue;
                }
                found.push(Gives {
                    table,
                    role: (*role).clone(),
                    permission: (*permission).clone(),
                    permissions: target,
                    key: (*key).clone(),
                    roles: ((*roles).clone(), (*role_key).clone()),
                });
            }
        }
        found
    }

    /// The roles that those rows give somebody.
    fn roles(&self, founded: &[SeededRow], give: &Gives<'_>) -> Vec<String> {
        let mut found = Vec::new();
        for row in founded {
            let Some(table) = self.filler.catalog.table_named(&row.table) else { continue };
            let (roles, role) = &give.roles;
            for (key, _) in table.foreign_keys().filter(|(_, r)| r.table == *roles && r.columns.first() == Some(role)) {
                let literal = key.columns.first().and_then(|c| row.values.iter().find(|(name, _)| name == c)).map(|(_, v)| v.as_str());
                if let Some(value) = literal.and_then(super::fresh::plain).filter(|v| !found.contains(v)) {
                    found.push(value);
                }
            }
        }
        found
    }

    /// Makes the permissions by the names that the project's texts have for them.
    async fn asked_for(&mut self, uses: &Uses, permissions: &Table) -> Result<(), SceneError> {
        for column in permissions.columns.iter().filter(|c| permissions.is_unique_over(&[c.name.as_str()])) {
            let texts = uses.texts_for(self.filler.catalog, &permissions.name.name, &column.name);
            for text in texts.into_iter().filter(|t| !t.is_empty()).take(PERMISSIONS) {
                self.nobodys(permissions, [(column.name.clone(), Some(text))].into()).await?;
            }
        }
        Ok(())
    }

    /// Makes a row that belongs to nobody and is not attacked by itself; one that cannot be made is left out.
    async fn nobodys(&mut self, table: &Table, fixed: Values) -> Result<(), SceneError> {
        let (wanted, hints) = (Vec::new(), Vec::new());
        let order = Order { table, person: Person::Bystander, purpose: Purpose::Public, fixed, wanted, hints };
        self.filler.make(&order).await?;
        Ok(())
    }
}
