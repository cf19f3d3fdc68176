//! What helps, as statements: statistics, memory for a session, fresh counts, an index for a scan's conditions.

use super::tree::{Seat, Tree};
use super::wording::size;
use crate::condition::{self, Condition as Expression, Token};
use crate::figures::list;
use crate::new_index::{contained_in_new, create_index_in_order};
use crate::statements::{Names, columns_sql, lock};
use architrave_model::QualifiedName;
use architrave_model::catalog::{Table, TableKind};
use architrave_model::finding::{Effect, Fix};
use architrave_model::name::quote_ident;
use architrave_model::workload::{Comparison, ScanShape, Term};

/// Columns that a btree index for a scan would hold: those compared for equality first, then one range, or the wanted order. `more` are
/// conditions that stand on another node (a join's filter).
pub(crate) fn index_columns(tree: &Tree<'_>, seat: &Seat<'_>, more: &[&str]) -> Vec<String> {
    let Some(table) = tree.table(seat) else { return Vec::new() };
    let alias = seat.node.alias.as_deref().unwrap_or(&table.name.name);
    let mut columns = match tree.shape(seat) {
        Some(shape) => columns_of_shape(shape),
        None => columns_of_text(table, alias, &[&seat.conditions(), more].concat()),
    };
    columns.retain(|c| table.column(c).is_some_and(|c| has_btree_order(&c.base_type(), c.is_array())));
    // More than four columns rarely filter more and make every write dearer.
    columns.truncate(4);
    columns
}

/// A range by itself leads to the few rows only where nothing else can be what makes them few.
fn settled(equal: Vec<String>, mut range: Vec<String>, others: bool) -> Vec<String> {
    range = without_repeats(range);
    if equal.is_empty() && (others || range.len() > 1) {
        return Vec::new();
    }
    range.truncate(1);
    without_repeats(equal.into_iter().chain(range).collect())
}

fn columns_of_shape(shape: &ScanShape) -> Vec<String> {
    let of = |wanted: &dyn Fn(Comparison) -> bool| {
        let plain = shape.conditions.iter().filter(|c| wanted(c.comparison)).filter_map(|c| match &c.term {
            Term::Column(name) => Some(name.clone()),
            Term::Expression(_) => None,
        });
        plain.collect::<Vec<_>>()
    };
    let mut columns = of(&|c| matches!(c, Comparison::Equal | Comparison::AnyOf | Comparison::IsNull | Comparison::Boolean));
    let ordered = shape.order_by.iter().map_while(|item| match &item.term {
        Term::Column(name) => Some(name.clone()),
        Term::Expression(_) => None,
    });
    if shape.limited && !shape.order_by.is_empty() {
        columns.extend(ordered);
        return without_repeats(columns);
    }
    let range = of(&|c| matches!(c, Comparison::Range));
    let others = !shape.alternatives.is_empty() || shape.conditions.len() > columns.len() + range.len();
    settled(columns, range, others)
}

/// The same from EXPLAIN's text, where nobody resolved the statement: only conditions that are plain beyond doubt.
fn columns_of_text(table: &Table, alias: &str, conditions: &[&str]) -> Vec<String> {
    let (mut equal, mut range, mut others) = (Vec::new(), Vec::new(), false);
    for text in conditions {
        let parts = match condition::parse(text) {
            Expression::And(parts) => parts,
            atom @ Expression::Atom(_) => vec![atom],
            other => vec![other],
        };
        for part in parts {
            let tokens = if let Expression::Atom(tokens) = &part { tokens.as_slice() } else { &[] };
            let sides = ["=", "<", "<=", ">", ">="].into_iter().find_map(|sign| Some((sign, split_at(tokens, sign)?)));
            let Some((sign, (left, right))) = sides else {
                others = true;
                continue;
            };
            let own = |side| own_column(side, alias).filter(|c| table.column(c).is_some());
            match own(left).or_else(|| own(right)) {
                Some(column) if sign == "=" => equal.push(column.to_owned()),
                Some(column) => range.push(column.to_owned()),
                None => others = true,
            }
        }
    }
    settled(equal, range, others)
}

/// The column of `c`, `alias.c` or `(c)::text` (what EXPLAIN makes of a varchar), unless it belongs to another table.
fn own_column<'t>(tokens: &'t [Token], alias: &str) -> Option<&'t str> {
    let mut side = condition::without_parentheses(tokens);
    if let [inner @ .., cast, kind] = side
        && cast.is_sign("::")
        && kind.text == "text"
    {
        side = condition::without_parentheses(inner);
    }
    match side {
        [column] if column.is_name() => Some(&column.text),
        [table, dot, column] if table.is_name() && table.text == alias && dot.is_sign(".") && column.is_name() => Some(&column.text),
        _ => None,
    }
}

fn split_at<'t>(tokens: &'t [Token], sign: &str) -> Option<(&'t [Token], &'t [Token])> {
    let tokens = condition::without_parentheses(tokens);
    let at = tokens.iter().position(|t| t.is_sign(sign))?;
    Some((tokens.get(..at)?, tokens.get(at + 1..)?))
}

fn without_repeats(columns: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        if !kept.contains(&column) {
            kept.push(column);
        }
    }
    kept
}

fn has_btree_order(base_type: &str, array: bool) -> bool {
    !array && !matches!(base_type, "json" | "xml" | "point" | "polygon" | "box" | "line" | "path" | "circle" | "tsvector" | "jsonb")
}

/// Whether an index already starts with these columns, in any order: then another one is not what is missing.
pub(crate) fn is_indexed(table: &Table, columns: &[String]) -> bool {
    table.indexes.iter().any(|i| i.is_complete() && i.method == "btree" && i.leads_with_set(columns))
}

/// A btree index on these columns of the scanned table; none where its conditions are not plain or an index is there already.
pub(crate) fn index(tree: &Tree<'_>, seat: &Seat<'_>, columns: &[String]) -> Option<Fix> {
    let context = tree.context;
    let table = tree.table(seat)?;
    if columns.is_empty() || is_indexed(table, columns) || table.kind == TableKind::Foreign {
        return None;
    }
    // Of a partition the index belongs on the partitioned table.
    let table = table.parents.first().filter(|_| table.is_partition).and_then(|p| context.catalog.table_named(p)).unwrap_or(table);
    let mut fix = create_index_in_order(context.catalog, &mut Names::of(context.catalog), context, table, columns);
    if fix.caution.is_none() {
        let idle: Vec<&str> = contained_in_new(table, columns).iter().map(|i| i.name.as_str()).collect();
        let idle =
            if idle.is_empty() { String::new() } else { format!("; {} is contained in it and can go once it is there", list(&idle)) };
        fix.caution =
            Some(format!("every further index makes writes to the table dearer; weigh it together with the other statements{idle}"));
    }
    Some(fix)
}

/// Refreshes the planner's statistics of tables.
pub(crate) fn analyze(tables: &[QualifiedName]) -> Fix {
    let names: Vec<String> = tables.iter().map(ToString::to_string).collect();
    Fix {
        title: format!("analyze {}", list(&names)),
        up: tables.iter().map(|t| format!("analyze {}", t.sql())).collect(),
        down: Vec::new(),
        transactional: true,
        effect: Effect { locks: tables.iter().map(|t| lock(t, "ShareUpdateExclusiveLock")).collect(), ..Effect::default() },
        caution: None,
    }
}

/// Statistics that show the planner how these columns of one table hang together; of a single column a finer histogram.
pub(crate) fn statistics(table: &Table, columns: &[String], names: &mut Names<'_>) -> Option<Fix> {
    let effect = Effect { locks: vec![lock(&table.name, "ShareUpdateExclusiveLock")], ..Effect::default() };
    let analyze = format!("analyze {}", table.name.sql());
    if let [only] = columns {
        let column = table.column(only)?;
        let alter = |target: i32| format!("alter table {} alter column {} set statistics {target}", table.name.sql(), quote_ident(only));
        // The default target is 100; 1,000 keeps ten times as many common values and histogram bounds.
        if column.statistics_target.is_some_and(|t| t >= 1000) {
            return None;
        }
        return Some(Fix {
            title: format!("gather finer statistics on {}.{only}", table.name),
            up: vec![alter(1000), analyze.clone()],
            down: vec![alter(column.statistics_target.unwrap_or(-1)), analyze],
            transactional: true,
            effect,
            caution: None,
        });
    }
    // PostgreSQL takes eight columns at most.
    let columns = columns.get(..columns.len().min(8)).filter(|c| c.len() >= 2)?;
    let known = |c: &Vec<String>| columns.iter().all(|column| c.contains(column));
    if table.statistics.iter().any(|s| known(&s.columns)) {
        return None;
    }
    let name = QualifiedName::new(&table.name.schema, names.free(&table.name.schema, &table.name.name, columns, "stat"));
    Some(Fix {
        title: format!("gather statistics on {} of {} together", list(columns), table.name),
        up: vec![format!("create statistics {} on {} from {}", name.sql(), columns_sql(columns), table.name.sql()), analyze],
        down: vec![format!("drop statistics {}", name.sql())],
        transactional: true,
        effect,
        caution: None,
    })
}

/// Beyond this a single operation is not kept in memory by a setting but by asking for less.
const MOST_WORK_MEM: f64 = 1_073_741_824.0;

/// More `work_mem` for the session that runs the statement, a power of two; none where so much should not be given.
pub(crate) fn work_mem(tree: &Tree<'_>, needed_bytes: f64) -> Option<Fix> {
    let mb = 1_048_576.0;
    let wanted = (needed_bytes / mb).max(1.0).log2().ceil().exp2() * mb;
    let now = tree.work_mem();
    if wanted > MOST_WORK_MEM || wanted <= now {
        return None;
    }
    let value = format!("{}MB", (wanted / mb) as i64);
    let connections = tree.setting("max_connections").and_then(|v| v.parse::<f64>().ok()).unwrap_or(100.0);
    let caution = format!(
        "give it to the session or to the role that runs this statement (alter role … set work_mem = '{value}'), not to the server: every sort and hash of \
         every connection may take so much at once, {} connections with one each {}",
        crate::figures::count(connections),
        size(wanted * connections)
    );
    Some(Fix {
        title: format!("raise work_mem from {} to {value} for this statement", size(now)),
        up: vec![format!("set work_mem = '{value}'")],
        down: vec!["reset work_mem".to_owned()],
        transactional: true,
        effect: Effect::default(),
        caution: Some(caution),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::catalog::Column;

    fn columns(alias: &str, conditions: &[&str]) -> Vec<String> {
        let column = |name: &&str| Column { name: (*name).to_owned(), data_type: "text".into(), ..Column::default() };
        let table = Table { columns: ["id", "status", "placed_at", "Total"].iter().map(column).collect(), ..Table::default() };
        columns_of_text(&table, alias, conditions)
    }

    #[test]
    fn equality_comes_before_the_range() {
        assert_eq!(columns("o", &["((placed_at > $1) AND (status = 'paid'::text))"]), ["status", "placed_at"]);
        assert_eq!(
            columns("o", &["((o.placed_at > '2023-01-01'::date) AND ((o.status)::text = ANY ('{a,b}'::text[])))"]),
            ["status", "placed_at"]
        );
        assert_eq!(columns("o", &["(o.id = c.id)", "(o.\"Total\" >= 3)"]), ["id", "Total"]);
    }

    #[test]
    fn other_tables_columns_and_masked_values_are_none_of_ours() {
        assert_eq!(columns("o", &["(c.id = o.status)"]), ["status"]);
        assert_eq!(columns("o", &["(c.id = c.status)"]), Vec::<String>::new());
        assert_eq!(columns("orders", &["(status = ?)"]), ["status"]);
    }

    #[test]
    fn a_range_alone_is_trusted_only_when_nothing_else_is_asked() {
        assert_eq!(columns("o", &["(placed_at < now())"]), ["placed_at"]);
        assert_eq!(columns("o", &["((placed_at > $1) AND (placed_at < $2))"]), ["placed_at"]);
        assert_eq!(columns("o", &["((placed_at > $1) AND (\"Total\" > 5))"]), Vec::<String>::new());
        assert_eq!(columns("o", &["((placed_at > $1) AND (lower(status) = 'x'::text))"]), Vec::<String>::new());
        assert_eq!(columns("o", &["((status = 'a'::text) OR (id = 4))"]), Vec::<String>::new());
    }
}
