//! `plan/default-selectivity`: see `default_selectivity.md` for the rule's page.

use super::expression::{Wrapped, atoms, columns_in, comparison, functions_in, wrapped};
use super::tree::{Seat, Tree};
use super::wording::{rows, times};
use crate::condition::{Token, TokenKind, plain_column, without_parentheses};
use crate::figures::count;
use crate::statements::{Names, lock};
use architrave_model::catalog::Table;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::workload::ScanShape;
use architrave_model::{Check, Context, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/default-selectivity",
    summary: "an estimate is a constant built into the planner, because it has no statistics on the condition",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("default_selectivity.md"),
    check: Check::Plan(check),
};

/// `DEFAULT_EQ_SEL` and 1 / `DEFAULT_NUM_DISTINCT` of PostgreSQL's `selfuncs.h`.
const EQUAL: f64 = 0.005;
/// `DEFAULT_INEQ_SEL`; also what a function that answers true or false is taken for.
const INEQUAL: f64 = 1.0 / 3.0;
/// How near the estimate has to be: rounding, and a row count a little older than the plan.
const NEAR: f64 = 0.03;
/// Off by less than this, the guess did no harm (the first of pev2's marks).
const HARMLESS: f64 = 10.0;
/// Rows of the table below which a wrong estimate changes little.
const LEAST_ROWS: f64 = 10_000.0;

/// What the planner had to guess.
enum Guess {
    Expression(Wrapped),
    Function(String),
    Unknown(String),
}

struct Guessed<'t, 'a> {
    seat: &'t Seat<'a>,
    table: &'a Table,
    guess: Guess,
    selectivity: f64,
    table_rows: f64,
    /// Rows that one run is expected to deliver, all processes together.
    planned: f64,
    /// Rows that it did deliver, when it was run to its end.
    actual: Option<f64>,
}

impl Guessed<'_, '_> {
    /// Times that the estimate is off, when the statement was run.
    fn off(&self) -> Option<f64> {
        let (planned, actual) = (self.planned.max(1.0), self.actual?.max(1.0));
        Some((actual / planned).max(planned / actual))
    }
}

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let mut found: Vec<Guessed<'_, '_>> = tree.seats().iter().filter_map(|s| guessed(&tree, s)).collect();
    found.retain(|g| g.off().is_none_or(|off| off >= HARMLESS));
    found.sort_by(|a, b| b.off().unwrap_or(0.0).total_cmp(&a.off().unwrap_or(0.0)).then(b.table_rows.total_cmp(&a.table_rows)));
    let Some(worst) = found.first() else { return };
    let draft = draft(&tree, worst);
    sink.report(found.iter().skip(1).fold(draft, |draft, other| {
        draft.place(tree.object(other.seat), Some(format!("{}: {}", tree.label(other.seat), about(&other.guess))))
    }));
}

/// Whether this rule has something to say about the scan.
pub(super) fn speaks<'a>(tree: &Tree<'a>, seat: &Seat<'a>) -> bool {
    guessed(tree, seat).is_some_and(|g| g.off().is_none_or(|off| off >= HARMLESS))
}

fn about(guess: &Guess) -> String {
    match guess {
        Guess::Expression(w) => w.sql.clone(),
        Guess::Function(name) => format!("{name}(…)"),
        Guess::Unknown(column) => format!("{column} against a value that is not known when planning"),
    }
}

fn draft(tree: &Tree<'_>, worst: &Guessed<'_, '_>) -> Draft {
    let Guessed { seat, table, guess, selectivity, table_rows, planned, actual } = worst;
    let off = worst.off();
    let share = if *selectivity < 0.1 { "0.5 %" } else { "a third" };
    let what = about(guess);
    let told = actual.map_or_else(String::new, |n| format!(", {} come", count(n.round())));
    let message = format!("the estimate for {what} is a guess of {share}: {} of {} expected{told}", count(*planned), table.name);
    let reason = match guess {
        Guess::Expression(w) => format!("ANALYZE gathers statistics on columns, not on {}", w.sql),
        Guess::Function(name) => format!("the planner cannot look into {name}"),
        Guess::Unknown(column) => format!("{column} is compared with a value that is only known when the statement runs"),
    };
    let harm = match off {
        Some(off) => format!("Here it is {} off. ", times(off)),
        None => String::new(),
    };
    let joins = tree.ancestors(seat).filter(|s| s.node.is_join()).count();
    let above = if joins > 0 {
        format!(
            "{joins} join{} above it {} chosen by that figure",
            if joins == 1 { "" } else { "s" },
            if joins == 1 { "was" } else { "were" }
        )
    } else {
        "Sorts, hash tables and the choice of parallel workers above it follow that figure".to_owned()
    };
    let why = format!(
        "The planner multiplies the rows of {} ({}) by the share it believes the condition keeps. For this one it has no figure, because {reason}, and takes the one that \
         is built in: {share}. {harm}{above}: too few expected rows lead to nested loops that run far too often, too many to reading whole tables.",
        table.name,
        rows(*table_rows),
    );
    let severity = match off {
        Some(off) if off >= 100.0 && joins > 0 => Severity::Medium,
        Some(_) => Severity::Low,
        None => Severity::Info,
    };
    let confidence = if off.is_some() { Confidence::Certain } else { Confidence::Possible };
    let mut draft = Draft::new(tree.explained.object(), message, why).severity(severity).confidence(confidence);
    draft = tree.with_place(draft, seat, tree.weight(seat)).evidence("rows expected", planned.round(), "EXPLAIN");
    draft = draft.evidence(format!("rows in {}", table.name), *table_rows, "pg_class.reltuples");
    if let Some(actual) = actual {
        draft = draft.evidence("rows delivered", actual.round(), "EXPLAIN ANALYZE");
    }
    match (guess, statistics(tree, table, guess)) {
        (Guess::Expression(_), Some(fix)) => draft.fix(fix),
        _ => draft,
    }
}

/// The scan whose only condition is one that the planner cannot estimate, when the estimate is the constant.
fn guessed<'t, 'a>(tree: &'t Tree<'a>, seat: &'t Seat<'a>) -> Option<Guessed<'t, 'a>> {
    let node = seat.node;
    if !seat.ran() || !matches!(node.kind.as_str(), "Seq Scan" | "Index Scan" | "Bitmap Heap Scan") {
        return None;
    }
    let table = tree.table(seat)?;
    let alias = node.alias.as_deref().unwrap_or_default();
    let text = match (node.filter.as_deref(), node.index_cond.as_deref().or(node.recheck_cond.as_deref())) {
        (Some(filter), None) => filter,
        (None, Some(cond)) => cond,
        _ => return None,
    };
    let whole = node.kind == "Seq Scan" && seat.executions() <= 1.0;
    let cut = tree.may_stop_early(seat);
    let met = (whole && !cut).then(|| Some(seat.rows()? + seat.in_all(node.rows_removed_by_filter))).flatten();
    let table_rows = tree.table_rows(seat).or(met)?;
    let (guess, selectivity) = guess_of(text, alias, table, tree.shape(seat))?;
    // Below 200 distinct values the planner knows better than to divide by 200.
    let planned = if node.parallel_aware == Some(true) { seat.planned_rows() / seat.runs } else { node.rows };
    let near = (planned / table_rows / selectivity - 1.0).abs() <= NEAR;
    if !near || table_rows < LEAST_ROWS {
        return None;
    }
    // A scan that was cut short tells nothing about what would have come.
    let actual = seat.rows().filter(|_| !cut).map(|rows| rows / seat.executions());
    // Where nothing was run, only what PostgreSQL could know and does not is worth a word.
    let mendable = matches!(guess, Guess::Expression(_)) && tree.ancestors(seat).any(|s| s.node.is_join());
    (actual.is_some() || mendable).then_some(Guessed { seat, table, guess, selectivity, table_rows, planned, actual })
}

fn guess_of(text: &str, alias: &str, table: &Table, shape: Option<&ScanShape>) -> Option<(Guess, f64)> {
    let atoms = atoms(text);
    let [atom] = atoms.as_slice() else { return None };
    if let Some(found) = wrapped(text, alias, table).pop().map(|w| w.told_by(shape)) {
        let relabelled = found.cast_to.is_some();
        if relabelled || found.index(table).is_some() || has_statistics(table, &found) || text.contains(" ANY ") {
            return None;
        }
        let selectivity = if found.operator == "=" { EQUAL } else { INEQUAL };
        return Some((Guess::Expression(found), selectivity));
    }
    if let Some((left, operator, right)) = comparison(atom) {
        let column = plain_column(left).filter(|c| table.column(c).is_some())?;
        return (operator != "=" && is_unknown(right)).then(|| (Guess::Unknown(format!("{}.{column}", table.name)), INEQUAL));
    }
    let bare = without_parentheses(atom);
    let [first, open, ..] = bare else { return None };
    let call = first.is_name() && open.is_sign("(") && !columns_in(bare, alias, table).is_empty();
    let (_, name) = functions_in(bare).into_iter().next()?;
    (call && bare.last().is_some_and(|t| t.is_sign(")"))).then_some((Guess::Function(name), INEQUAL))
}

/// `$1`, `(InitPlan 1).col1`: a value that the planner does not have.
fn is_unknown(tokens: &[Token]) -> bool {
    match without_parentheses(tokens) {
        [dollar, number] => dollar.is_sign("$") && number.kind == TokenKind::Number,
        [first, ..] => {
            first.kind == TokenKind::Word && first.text == "initplan" || first.is_sign("(") && tokens.iter().any(|t| t.text == "initplan")
        }
        [] => false,
    }
}

fn has_statistics(table: &Table, expression: &Wrapped) -> bool {
    table.statistics.iter().any(|s| s.definition.to_lowercase().contains(&expression.sql.to_lowercase()))
}

/// Statistics on the expression, from 14 on; none where PostgreSQL or a masked literal forbids it.
fn statistics(tree: &Tree<'_>, table: &Table, guess: &Guess) -> Option<Fix> {
    let Guess::Expression(expression) = guess else { return None };
    if tree.context.server.version_num < 140_000 || expression.sql.contains('…') || expression.sql.contains('$') {
        return None;
    }
    let mut names = Names::of(tree.context.catalog);
    let words: Vec<String> = expression.columns.clone();
    let name = QualifiedName::new(&table.name.schema, names.free(&table.name.schema, &table.name.name, &words, "stat"));
    let key = if expression.as_key().starts_with('(') { expression.as_key() } else { format!("({})", expression.sql) };
    Some(Fix {
        title: format!("gather statistics on {} of {}", expression.sql, table.name),
        up: vec![format!("create statistics {} on {key} from {}", name.sql(), table.name.sql()), format!("analyze {}", table.name.sql())],
        down: vec![format!("drop statistics {}", name.sql())],
        transactional: true,
        effect: Effect { locks: vec![lock(&table.name, "ShareUpdateExclusiveLock")], ..Effect::default() },
        caution: None,
    })
}
