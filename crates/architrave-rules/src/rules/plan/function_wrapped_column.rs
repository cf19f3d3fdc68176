//! `plan/function-wrapped-column`: see `function_wrapped_column.md` for the rule's page.

use super::expression::{Wrapped, index_on, is_relabel, wrapped};
use super::implicit_cast::{throws_away, visited};
use super::tree::{Seat, Tree};
use super::wording::rows;
use crate::figures::percent;
use crate::new_index::create_index;
use crate::statements::{Names, lock};
use architrave_model::catalog::{Table, TableKind};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::quote_ident;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/function-wrapped-column",
    summary: "a condition wraps a column in an expression that no index holds",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("function_wrapped_column.md"),
    check: Check::Plan(check),
};

struct Found<'t, 'a> {
    seat: &'t Seat<'a>,
    table: &'a Table,
    expression: Wrapped,
}

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let mut found: Vec<Found<'_, '_>> = tree.seats().iter().filter_map(|seat| expression(&tree, seat)).collect();
    found.sort_by(|a, b| tree.weight(b.seat).share().total_cmp(&tree.weight(a.seat).share()));
    let Some(worst) = found.first() else { return };
    let draft = draft(&tree, worst);
    sink.report(found.iter().skip(1).fold(draft, |draft, other| {
        draft.place(tree.object(other.seat), Some(format!("{} in {}", other.expression.sql, tree.label(other.seat))))
    }));
}

/// Whether this rule has something to say about the scan.
pub(super) fn speaks<'a>(tree: &Tree<'a>, seat: &Seat<'a>) -> bool {
    expression(tree, seat).is_some()
}

fn expression<'t, 'a>(tree: &'t Tree<'a>, seat: &'t Seat<'a>) -> Option<Found<'t, 'a>> {
    let filter = seat.node.filter.as_deref().filter(|_| seat.node.is_scan())?;
    let table = tree.table(seat)?;
    if !throws_away(tree, seat) || table.kind == TableKind::Foreign {
        return None;
    }
    let alias = seat.node.alias.as_deref().unwrap_or_default();
    let shape = tree.shape(seat);
    let expression = wrapped(filter, alias, table).into_iter().map(|w| w.told_by(shape)).find(|w| {
        // A cast of a column that has an index is `plan/implicit-cast`; a change of label is nothing.
        let cast = w.cast_to.as_deref().zip(w.columns.first()).and_then(|(to, c)| Some((to, table.column(c)?)));
        let of_another =
            cast.is_some_and(|(to, c)| is_relabel(tree.context.catalog, &c.base_type(), to) || index_on(table, &c.name).is_some());
        !of_another && w.index(table).is_none()
    })?;
    Some(Found { seat, table, expression })
}

fn draft(tree: &Tree<'_>, found: &Found<'_, '_>) -> Draft {
    let Found { seat, table, expression } = found;
    let weight = tree.weight(seat);
    let (visited, kept) = visited(tree, seat);
    let own = parent_of(tree, table);
    let sql = &expression.sql;
    let bare = expression.columns.first().and_then(|c| index_on(table, c));
    let message = format!("{} compares {sql}, which no index holds: {} read, {} kept", own.name, rows(visited), rows(kept));
    let indexable = expression.is_indexable(tree.context.catalog, table);
    let remedy = if expression.is_of_time(table) {
        let column = expression.columns_in_words();
        let served = bare.map_or_else(|| "an index on it".to_owned(), |i| format!("the index {}", i.name));
        format!(
            "Whether it holds depends on the session's time zone or a calendar, so an index on it is not the way. Written as a range of the bare column \
             ({column} >= the first moment AND {column} < the first moment after) the same condition is a short search in {served}."
        )
    } else if sql.contains('…') {
        format!(
            "An index over the expression itself (with the constant that is hidden here) answers it, if it is IMMUTABLE; else {} has to stand alone in the condition.",
            expression.columns_in_words()
        )
    } else if indexable {
        format!(
            "An index over the expression itself, ({}), answers it; ANALYZE then also gathers statistics on the expression, and the planner stops guessing.",
            expression.as_key()
        )
    } else {
        format!(
            "An index over the expression would need it to be IMMUTABLE, which cannot be said of it. Moving the work to the other side of the comparison, so that {} \
             stands alone, is what lets an index serve.",
            expression.columns_in_words()
        )
    };
    let unused = bare
        .map_or_else(String::new, |i| format!(" The index {} knows the column as it is, not the result, and cannot be searched.", i.name));
    let why = format!(
        "The condition asks about {sql}, not about {} itself. PostgreSQL does not take expressions apart: it reads {} and computes the expression for each, to keep \
         {} ({}).{unused} {remedy}",
        expression.columns_in_words(),
        rows(visited),
        rows(kept),
        percent(kept / visited.max(1.0)),
    );
    let mut draft = Draft::new(tree.explained.object(), message, why).severity(weight.severity()).confidence(weight.confidence());
    draft = tree.with_place(draft, seat, weight).evidence("expression", sql.clone(), tree.source());
    match fix(tree, own, expression, indexable) {
        Some(fix) => draft.fix(fix),
        None => draft.effort(Effort::Medium),
    }
}

/// Of a partition the index belongs on the partitioned table.
fn parent_of<'a>(tree: &Tree<'a>, table: &'a Table) -> &'a Table {
    table.parents.first().filter(|_| table.is_partition).and_then(|p| tree.context.catalog.table_named(p)).unwrap_or(table)
}

fn fix(tree: &Tree<'_>, table: &Table, expression: &Wrapped, indexable: bool) -> Option<Fix> {
    let context = tree.context;
    let mut names = Names::of(context.catalog);
    if expression.is_of_time(table) {
        let column = expression.columns.first()?;
        if index_on(table, column).is_some() {
            return None;
        }
        let mut fix = create_index(context.catalog, &mut names, context, table, std::slice::from_ref(column));
        fix.caution = Some(format!("serves only once the condition is a range of {column} itself"));
        return Some(fix);
    }
    if !indexable || table.kind == TableKind::Partitioned {
        return None;
    }
    let words: String = expression.sql.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    let words: Vec<String> = words.split_whitespace().filter(|w| *w != "text").take(4).map(str::to_owned).collect();
    let name = names.free(&table.name.schema, &table.name.name, &words, "idx");
    // An entry of a btree over a short value takes about 24 bytes at 90 % fill.
    let bytes = context.rows(&table.name).map(|rows| (rows * 24.0 / 0.9) as i64);
    Some(Fix {
        title: format!("create an index on {} ({})", table.name, expression.sql),
        up: vec![
            format!("create index concurrently {} on {} ({})", quote_ident(&name), table.name.sql(), expression.as_key()),
            format!("analyze {}", table.name.sql()),
        ],
        down: vec![format!("drop index concurrently {}", QualifiedName::new(&table.name.schema, &name).sql())],
        transactional: false,
        effect: Effect {
            locks: vec![lock(&table.name, "ShareUpdateExclusiveLock")],
            rewrites: Vec::new(),
            scans: vec![table.name.to_string()],
            bytes,
        },
        caution: Some("the statement must compare the very same expression, or the index is not considered".into()),
    })
}
