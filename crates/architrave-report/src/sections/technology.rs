//! Section 8, Technology-Specific Recommendations: what this stack means for this database.

use super::{Facts, PartDef, SectionDef, has_api, para, table};
use crate::format::{plural, share};
use crate::placement::PartId;
use crate::report::Block;
use crate::scope;
use crate::text::{Text, code, codes, list, say, strong};
use architrave_model::catalog::{PolicyCommand, Table};
use architrave_model::platform::is_history_table;
use architrave_model::project::MigrationFormat;
use architrave_model::review::Target;
use architrave_model::stack::{StackFact, StackKind};
use architrave_model::webhook::{OrdersTried, Verification, WebhookHandler};
use std::collections::BTreeMap;

pub(super) static SECTION: SectionDef = SectionDef {
    key: "technology",
    title: "Technology-Specific Recommendations",
    intro: None,
    parts: &[
        PartDef { id: PartId::Supabase, key: "supabase", title: "Supabase", write: supabase },
        PartDef { id: PartId::NodeFlask, key: "nodejs-flask", title: "Node.js/Flask", write: node_flask },
        PartDef { id: PartId::Orm, key: "orm", title: "ORM", write: orm },
        PartDef { id: PartId::FrameworkSecurity, key: "framework-security", title: "Framework security", write: security },
    ],
};

fn supabase(facts: &Facts<'_>) -> Vec<Block> {
    if !has_api(facts.review) {
        return vec![para(
            "No sign of Supabase: no supabase folder, no schema served by a Data API, and no server of that platform. Row level security is counted under Framework security.",
        )];
    }
    facts.each_target(|target, blocks| {
        if target.exposure.is_none() {
            blocks.push(para(say!("No schema of {} is served by a Data API.", strong(&target.name))));
            return;
        }
        let reached: Vec<&Table> = scope::own_tables(target).into_iter().filter(|t| !target.exposure.of_table(t).is_empty()).collect();
        let open: Vec<_> = reached.iter().filter(|t| !t.rls_enabled).map(|t| &t.name).collect();
        let closed: Vec<_> = reached.iter().filter(|t| t.rls_enabled && t.policies.is_empty()).map(|t| &t.name).collect();
        blocks.push(para(say!(
            "The Data API serves {} as {}. {} of {} can be reached that way.",
            codes(&target.exposure.schemas, 8),
            codes(&target.exposure.roles, 6),
            reached.len(),
            plural(scope::own_tables(target).len(), "table", "tables")
        )));
        let with_rls = reached.len() - open.len();
        let mut items: Vec<Text> = vec![
            format!(
                "Row level security is on for {with_rls} of {} ({}).",
                plural(reached.len(), "reachable table", "reachable tables"),
                share(with_rls, reached.len())
            )
            .into(),
        ];
        if !open.is_empty() {
            items.push(say!("Off, so every row is open to those roles as far as the grants go: {}.", codes(open, 12)));
        }
        if !closed.is_empty() {
            items.push(say!("On without a policy, so no row is visible: {}.", codes(closed, 12)));
        }
        items.extend(policies(&reached));
        items.extend(exposed_code(target));
        blocks.push(Block::List { items });
    })
}

fn policies(tables: &[&Table]) -> Vec<Text> {
    let all: Vec<_> = tables.iter().flat_map(|t| t.policies.iter().map(move |p| (t, p))).collect();
    if all.is_empty() {
        return vec!["There is no policy.".into()];
    }
    let commands = [PolicyCommand::All, PolicyCommand::Select, PolicyCommand::Insert, PolicyCommand::Update, PolicyCommand::Delete];
    let counted: Vec<Text> = commands
        .into_iter()
        .map(|c| (all.iter().filter(|(_, p)| p.command == c).count(), c))
        .filter(|(n, _)| *n > 0)
        .map(|(n, c)| say!("{} for {}", n, code(c.sql())))
        .collect();
    let mut items = vec![say!("{}: {}.", plural(all.len(), "policy", "policies"), list(&counted, 5))];
    let per_row: Vec<String> = all
        .iter()
        .filter(|(_, p)| p.using.iter().chain(&p.with_check).any(|e| calls_per_row(e)))
        .map(|(t, p)| format!("{}: {}", t.name, p.name))
        .collect();
    items.push(if per_row.is_empty() {
        "Every policy that asks who the user is does so in a sub-select, once per query, or not at all.".into()
    } else {
        say!(
            "{} who the user is once for every row instead of once per query (select auth.uid()): {}.",
            plural(per_row.len(), "policy asks", "policies ask"),
            codes(per_row, 8)
        )
    });
    items
}

/// Whether an expression calls `auth.…()` or `current_setting()` outside of a sub-select.
fn calls_per_row(expression: &str) -> bool {
    let text: String = expression.to_ascii_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    ["auth.uid()", "auth.jwt()", "auth.role()", "auth.email()", "current_setting("].iter().any(|call| {
        text.match_indices(call).any(|(at, _)| {
            let before = text[..at].trim_end_matches(['(', ' ']);
            !before.ends_with("select")
        })
    })
}

/// Views and functions that outsiders reach.
fn exposed_code(target: &Target) -> Vec<Text> {
    let catalog = &target.snapshot.catalog;
    let mut items = Vec::new();
    let views: Vec<_> = catalog.views.iter().filter(|v| v.extension.is_none() && !target.exposure.of_view(v).is_empty()).collect();
    if !views.is_empty() {
        let as_owner = views.iter().filter(|v| !v.option_on("security_invoker")).count();
        items.push(
            format!(
                "{} of {} with their owner's rights (no security_invoker), past row level security.",
                as_owner,
                plural(views.len(), "reachable view runs", "reachable views run")
            )
            .into(),
        );
    }
    let definers: Vec<String> = catalog
        .functions
        .iter()
        .filter(|f| f.security_definer && !target.exposure.of_function(f).is_empty())
        .map(|f| format!("{}.{}", f.name.schema, f.signature()))
        .collect();
    if !definers.is_empty() {
        let n = plural(definers.len(), "reachable function runs", "reachable functions run");
        items.push(say!("{} with the owner's rights (SECURITY DEFINER): {}.", n, codes(definers, 8)));
    }
    items
}

/// `Prisma ^6.2 (package.json)`.
fn shown(fact: &StackFact) -> Text {
    let version = fact.version.as_deref().map_or_else(String::new, |v| format!(" {v}"));
    say!("{}{} ({})", strong(&fact.name), version, code(&fact.path))
}

fn no_project(facts: &Facts<'_>) -> Option<Block> {
    let no_files = facts.review.targets.iter().all(|t| t.database.is_none()) && facts.review.stack.facts.is_empty();
    no_files.then(|| para("No project directory was given, so there is no application code to speak about."))
}

fn node_flask(facts: &Facts<'_>) -> Vec<Block> {
    if let Some(block) = no_project(facts) {
        return vec![block];
    }
    let stack = &facts.review.stack;
    let mut blocks = Vec::new();
    for (kind, word) in [
        (StackKind::Language, "Language"),
        (StackKind::Framework, "Framework"),
        (StackKind::Driver, "Driver"),
        (StackKind::Hosting, "Hosting"),
    ] {
        let named: Vec<Text> = stack.of(kind).map(shown).collect();
        if !named.is_empty() {
            blocks.push(para(say!("{}: {}.", word, list(&named, 8))));
        }
    }
    if blocks.is_empty() {
        return vec![para("The project's files name neither Node.js nor Flask, nor any other framework or driver that Architrave knows.")];
    }
    let has = |name: &str| stack.environment_names.iter().any(|n| n == name);
    if has("DATABASE_URL") && has("DIRECT_URL") {
        blocks.push(para("The example environment has a pooled and a direct connection string (DATABASE_URL, DIRECT_URL), as migrations through a transaction pooler need."));
    } else if has("DATABASE_URL") {
        blocks.push(para("The example environment has one connection string (DATABASE_URL): application and migrations share it, so a transaction pooler in between would be in the way of migrations."));
    }
    blocks
}

fn orm(facts: &Facts<'_>) -> Vec<Block> {
    let named: Vec<Text> = facts.review.stack.of(StackKind::Orm).map(shown).collect();
    let mut blocks = Vec::new();
    blocks.push(para(if !named.is_empty() {
        say!("{}.", list(&named, 6))
    } else if facts.review.stack.facts.is_empty() {
        "Whether an ORM is in use is not known from the input; what the schema itself shows:".into()
    } else {
        "The project's files name no ORM that Architrave knows; what the schema itself shows:".into()
    }));
    blocks.extend(facts.each_target(|target, blocks| {
        let tables = scope::own_tables(target);
        if tables.is_empty() {
            blocks.push(para(say!("{} has no table that could show one.", strong(&target.name))));
            return;
        }
        let quoted = tables.iter().filter(|t| t.name.name.chars().any(char::is_uppercase)).count();
        let columns: Vec<_> = tables.iter().flat_map(|t| &t.columns).collect();
        let quoted_columns = columns.iter().filter(|c| c.name.chars().any(char::is_uppercase)).count();
        let mut items: Vec<Text> = Vec::new();
        items.push(if quoted + quoted_columns == 0 {
            "No table or column needs quotes for capitals in its name.".into()
        } else {
            format!(
                "{} and {} carry capitals and must be quoted in every hand-written query.",
                plural(quoted, "table", "tables"),
                plural(quoted_columns, "column", "columns")
            )
            .into()
        });
        let milliseconds = columns.iter().filter(|c| c.data_type.starts_with("timestamp(3)")).count();
        if milliseconds > 0 {
            items.push(say!(
                "{} of type {}, the default of Prisma, round to milliseconds.",
                plural(milliseconds, "column", "columns"),
                code("timestamp(3)")
            ));
        }
        let books: Vec<_> = target.snapshot.catalog.tables.iter().filter(|t| is_history_table(&t.name.name)).map(|t| &t.name).collect();
        if !books.is_empty() {
            items.push(say!("Bookkeeping of migration tools: {}.", codes(books, 6)));
        }
        if let Some(database) = target.database.as_ref().filter(|d| matches!(d.format, MigrationFormat::Prisma | MigrationFormat::Drizzle))
        {
            items.push(
                format!(
                    "The schema of record is what {} generated, {}.",
                    database.format.title(),
                    plural(database.scripts.len(), "script", "scripts")
                )
                .into(),
            );
        }
        blocks.push(Block::List { items });
    }));
    blocks
}

fn security(facts: &Facts<'_>) -> Vec<Block> {
    let named: Vec<Text> = facts.review.stack.of(StackKind::Auth).map(shown).collect();
    let told: Text = if named.is_empty() {
        "The project's files name no authentication service.".into()
    } else {
        say!("Authentication: {}.", list(&named, 6))
    };
    let mut blocks = vec![para(told)];
    let handlers: Vec<Text> = facts.review.stack.webhooks.handlers.iter().map(handler).collect();
    if !handlers.is_empty() {
        blocks.push(para("Webhook handlers by which Clerk reports about its users:"));
        blocks.push(Block::List { items: handlers });
    }
    blocks.extend(facts.each_target(|target, blocks| {
        let mut items: Vec<Text> = Vec::new();
        items.extend(clerk(target));
        let tables = scope::own_tables(target);
        items.push(row_security(&tables));
        items.extend(public_grants(&tables));
        items.extend(mighty_roles(target));
        blocks.push(Block::List { items });
        network(target, blocks);
    }));
    blocks
}

/// A webhook handler: where it is, what it acts on, and what delivering its events in all orders has shown.
fn handler(handler: &WebhookHandler) -> Text {
    let signature = match &handler.verification {
        Verification::Verified { .. } => "the signature is verified".to_owned(),
        Verification::Rewritten { .. } => "the signature is verified over a body that was written again".to_owned(),
        Verification::Missing => "no signature is verified".to_owned(),
        Verification::Unknown { why } => format!("whether the signature is verified is not known: {why}"),
    };
    let orders = match &handler.orders {
        Some(OrdersTried::Tried { orders, divergences }) if divergences.is_empty() => {
            format!("delivered in {orders} orders on a private server, all of which end alike")
        }
        Some(OrdersTried::Tried { orders, divergences }) => {
            format!(
                "delivered in {orders} orders on a private server, {} go wrong",
                plural(divergences.len(), "kind of which", "kinds of which")
            )
        }
        Some(OrdersTried::NotChecked { why }) => format!("orders of delivery not checked: {why}"),
        None => "orders of delivery not checked".to_owned(),
    };
    let place = code(format!("{}:{}", handler.location.path, handler.location.line));
    let events = if handler.events.is_empty() { "no event that leads to a statement".to_owned() } else { handler.events.join(", ") };
    say!("{} ({}): acts on {}; {}; {}.", place, handler.language.clone(), events, signature, orders)
}

/// How many tables have row level security.
fn row_security(tables: &[&Table]) -> Text {
    let rls = tables.iter().filter(|t| t.rls_enabled).count();
    let forced = tables.iter().filter(|t| t.rls_forced).count();
    let policies = plural(tables.iter().map(|t| t.policies.len()).sum(), "policy", "policies");
    match tables.len() {
        0 => "There is no table to protect.".into(),
        n => format!(
            "{rls} of {} row level security ({forced} forced on the owner too), with {policies}.",
            plural(n, "table has", "tables have")
        )
        .into(),
    }
}

/// Columns that hold a Clerk user id, and whether the database keeps them unique and findable.
fn clerk(target: &Target) -> Vec<Text> {
    let mut found = Vec::new();
    for table in scope::own_tables(target) {
        for column in
            table.columns.iter().filter(|c| c.name.to_ascii_lowercase().contains("clerk") && !c.base_type().starts_with("timestamp"))
        {
            let unique = table.is_unique_over(&[&column.name]);
            let indexed = table.indexes.iter().any(|i| i.is_complete() && i.leading_columns().next() == Some(&column.name));
            let state = match (unique, indexed) {
                (true, _) => "unique and indexed",
                (false, true) => "indexed, not unique",
                (false, false) => "neither unique nor indexed",
            };
            found.push(say!("{} ({})", code(format!("{}.{}", table.name, column.name)), state));
        }
    }
    if found.is_empty() { Vec::new() } else { vec![say!("Clerk user ids: {}.", list(&found, 8))] }
}

fn public_grants(tables: &[&Table]) -> Option<Text> {
    let open: Vec<_> =
        tables.iter().filter(|t| t.grants.iter().any(|g| g.is_public() && !g.privileges.is_empty())).map(|t| &t.name).collect();
    Some(if open.is_empty() {
        "No table grants anything to PUBLIC.".into()
    } else {
        say!("Granting something to PUBLIC, that is to every role: {}.", codes(open, 10))
    })
    .filter(|_| !tables.is_empty())
}

fn mighty_roles(target: &Target) -> Option<Text> {
    if !scope::is_live(target) {
        return None;
    }
    let names = |test: fn(&architrave_model::catalog::Role) -> bool| -> Vec<&String> {
        target.snapshot.catalog.roles.iter().filter(|r| r.login && test(r)).map(|r| &r.name).collect()
    };
    let (superusers, bypass) = (names(|r| r.superuser), names(|r| r.bypass_rls && !r.superuser));
    let mut parts: Vec<Text> = Vec::new();
    if !superusers.is_empty() {
        parts.push(say!("superusers {}", codes(superusers, 6)));
    }
    if !bypass.is_empty() {
        parts.push(say!("past row level security {}", codes(bypass, 6)));
    }
    (!parts.is_empty()).then(|| say!("Roles that may log in and stand above policies: {}.", list(&parts, 2)))
}

fn network(target: &Target, blocks: &mut Vec<Block>) {
    let Some(settings) = target.snapshot.settings.as_ref().filter(|_| scope::is_live(target)) else { return };
    let mut rows: Vec<Vec<Text>> = Vec::new();
    for name in ["listen_addresses", "ssl", "password_encryption", "row_security", "log_connections"] {
        if let Some(value) = settings.text(name) {
            rows.push(vec![code(name), code(value)]);
        }
    }
    if !rows.is_empty() {
        blocks.push(table(&["Setting", "Value"], rows));
    }
    match &settings.hba {
        None => blocks.push(para("The rules of pg_hba.conf could not be read by this role.")),
        Some(rules) => {
            let mut methods: BTreeMap<&str, usize> = BTreeMap::new();
            for rule in rules {
                *methods.entry(&rule.method).or_default() += 1;
            }
            let counted: Vec<Text> = methods.into_iter().map(|(m, n)| say!("{} {}", n, code(m))).collect();
            blocks.push(para(say!("{} in pg_hba.conf: {}.", plural(rules.len(), "rule", "rules"), list(&counted, 8))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::calls_per_row;

    #[test]
    fn a_sub_select_asks_once() {
        assert!(calls_per_row("(auth.uid() = user_id)"));
        assert!(!calls_per_row("(user_id = ( SELECT auth.uid() AS uid))"));
        assert!(!calls_per_row("(user_id = (SELECT (auth.uid())))"));
        assert!(calls_per_row("((SELECT auth.uid()) = a) OR (auth.uid() = b)"));
        assert!(!calls_per_row("visible"));
    }
}
