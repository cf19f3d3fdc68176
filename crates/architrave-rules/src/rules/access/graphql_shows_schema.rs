//! `access/graphql-shows-schema`: see `graphql_shows_schema.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::catalog::{PolicyCommand, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "access/graphql-shows-schema",
    summary: "tables whose columns GraphQL shows to people who may see no row of them",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("graphql_shows_schema.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let served = context.exposure.schemas.iter().any(|s| s == "graphql_public");
    let visitor = context.exposure.roles.iter().find(|r| *r != "authenticated");
    let (true, Some(visitor), Some(extension)) = (served, visitor, catalog.extension("pg_graphql")) else { return };
    // Nothing that this role may see: the privilege is there, a policy is not.
    let blind = |t: &&Table| {
        let may = t.grants.iter().any(|g| (g.is_public() || &g.grantee == visitor) && g.has("SELECT"));
        let lets_in = t.policies.iter().any(|p| {
            p.permissive
                && matches!(p.command, PolicyCommand::Select | PolicyCommand::All)
                && p.roles.iter().any(|r| r == "PUBLIC" || r == visitor)
        });
        may && t.rls_enabled && !lets_in
    };
    let found: Vec<&Table> =
        Scope::of(catalog, context).tables().filter(|t| context.exposure.schemas.contains(&t.name.schema)).filter(blind).collect();
    if found.is_empty() {
        return;
    }
    let names: Vec<String> = found.iter().map(|t| t.name.to_string()).collect();
    let message = format!(
        "{visitor} learns the columns of {} from GraphQL without seeing a row: {}",
        counted(found.len(), "table", "tables"),
        list_of(&names, 3)
    );
    let why = "The introspection of pg_graphql lists every table and column that the role has a privilege on, with comments, whatever policies say about the rows. Revoke SELECT from the role on tables that are not for it: it sees nothing in them anyway.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Extension, &extension.name), message, why).evidence(
        "tables",
        found.len(),
        "pg_class.relacl",
    );
    for table in found {
        draft = draft.place(ObjectRef::table(&table.name), None);
    }
    sink.report(draft);
}
