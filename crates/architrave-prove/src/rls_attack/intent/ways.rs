//! The ways through a policy: its condition with helper functions looked through, as alternatives of facts that must all hold.

use super::routines::Routines;
use architrave_model::catalog::Catalog;
use architrave_model::{QualifiedName, catalog::Policy};
use architrave_sql::predicate::{self, Expression, Query};
use std::collections::{BTreeMap, BTreeSet};

/// Most alternatives of one policy; the rest is cut off.
const MOST_WAYS: usize = 64;
/// Helpers that call helpers are followed so far.
const DEEPEST_CALL: usize = 6;

/// Something that stands on one side of a comparison. Columns belong to an instance of [`Way::instances`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Term {
    /// Column of an instance.
    Column(usize, String),
    /// First folder of the name of a storage object.
    Folder(usize),
    /// Path in the claims: `["sub"]`; empty are all claims.
    Claim(Vec<String>),
    /// A setting: `app.user_id`.
    Setting(String),
    /// `current_user`.
    CurrentRole,
    Literal(String),
    True,
    False,
    Null,
    /// Anything else, as text.
    Other(String),
}

/// One thing that a way asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fact {
    /// Both are equal, or one is an element of the other.
    Same(Term, Term),
    /// Compared with literals: `=`, `<>`, `<` …; `=` with several is a list.
    Compare(Term, String, Vec<String>),
    /// Compared with a point in time: `published_at <= now()`.
    Moment(Term, String, String),
    /// IS NULL, or IS NOT NULL.
    Null(Term, bool),
    /// A boolean that is true or false.
    Flag(Term, bool),
    /// What is not understood, as text.
    Unknown(String),
}

/// One alternative.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Way {
    /// Relations that it reads; the first is the protected one.
    pub(crate) instances: Vec<QualifiedName>,
    pub(crate) facts: Vec<Fact>,
}

impl Way {
    fn with(mut self, fact: Fact) -> Self {
        if !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
        self
    }

    /// Terms that must be equal, class by class.
    pub(crate) fn classes(&self) -> Vec<BTreeSet<Term>> {
        let mut classes: Vec<BTreeSet<Term>> = Vec::new();
        for fact in &self.facts {
            let Fact::Same(left, right) = fact else { continue };
            let mut merged: BTreeSet<Term> = [left.clone(), right.clone()].into();
            classes.retain(|class| {
                let touches = class.contains(left) || class.contains(right);
                if touches {
                    merged.extend(class.iter().cloned());
                }
                !touches
            });
            classes.push(merged);
        }
        classes
    }
}

/// What a name in a FROM list stands for.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// Rows of an instance.
    Relation(usize),
    /// Columns of a subquery or of a function's result.
    Derived(BTreeMap<String, Term>),
}

/// Names that one level of a query knows.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    pub(super) origins: Vec<(String, Origin)>,
    /// Parameters of the function whose body this is.
    pub(super) parameters: BTreeMap<String, Term>,
    /// Variables of the function, by what was put into them.
    pub(super) locals: BTreeMap<String, Expression>,
}

/// Names that a condition knows, the innermost level last.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub(super) frames: Vec<Frame>,
    /// Functions that are being looked through.
    pub(super) calls: Vec<QualifiedName>,
}

/// Reads conditions of one catalogue.
pub(crate) struct Reader<'c> {
    pub(super) catalog: &'c Catalog,
    pub(super) routines: Routines<'c>,
}

impl<'c> Reader<'c> {
    pub(crate) fn new(catalog: &'c Catalog) -> Self {
        Self { catalog, routines: Routines::new(catalog) }
    }

    /// The ways through a policy's USING (or WITH CHECK); none when the text cannot be read.
    pub(crate) fn ways(&self, table: &QualifiedName, condition: &str) -> Option<Vec<Way>> {
        let read = predicate::expression(condition)?;
        let frame = Frame { origins: vec![(table.name.clone(), Origin::Relation(0))], ..Frame::default() };
        let scope = Scope { frames: vec![frame], calls: Vec::new() };
        let way = Way { instances: vec![table.clone()], facts: Vec::new() };
        Some(self.condition(&read, &scope, way))
    }

    /// The ways through both conditions of a policy, USING first.
    pub(crate) fn of_policy(&self, table: &QualifiedName, policy: &Policy) -> [Option<Vec<Way>>; 2] {
        let read = |text: &Option<String>| text.as_deref().and_then(|text| self.ways(table, text));
        [read(&policy.using), read(&policy.with_check)]
    }

    pub(super) fn condition(&self, e: &Expression, scope: &Scope, way: Way) -> Vec<Way> {
        let mut ways = match e {
            Expression::Value(word) => match word.as_str() {
                "TRUE" => vec![way],
                _ => Vec::new(),
            },
            Expression::And(parts) => {
                let mut ways = vec![way];
                for part in parts {
                    ways = ways.into_iter().flat_map(|way| self.condition(part, scope, way)).take(MOST_WAYS).collect();
                }
                ways
            }
            Expression::Or(parts) => parts.iter().flat_map(|part| self.condition(part, scope, way.clone())).collect(),
            Expression::Not(inner) => self.negated(inner, scope, way),
            Expression::Cast(inner, ty) if ty.text == "boolean" => self.condition(inner, scope, way),
            Expression::Text(text) if text.starts_with(['t', 'T']) => vec![way],
            Expression::Text(_) => Vec::new(),
            Expression::Exists(query) => self.query(query, scope, way).into_iter().map(|(_, way)| way).collect(),
            Expression::InQuery(left, query) => self.in_query(left, query, scope, way),
            Expression::Quantified { left, operator, all, right } => self.quantified(left, (operator, *all), right, scope, way),
            Expression::Infix(left, operator, right) => self.compared(left, operator, right, scope, way),
            Expression::Test(inner, test) => self.tested(inner, test, scope, way),
            Expression::Call(call) if call.name.last().is_some_and(|n| n == "coalesce") => match call.arguments.first() {
                Some(first) => self.condition(first, scope, way),
                None => vec![way],
            },
            Expression::Call(call) => match self.boolean_call(call, scope, way.clone()) {
                Some(ways) => ways,
                None => vec![way.with(Fact::Unknown(predicate::text(e)))],
            },
            Expression::Query(query) => {
                let targets = query.as_select().map(|s| s.targets.clone()).unwrap_or_default();
                let found = self.query(query, scope, way);
                let first = targets.first().map(|t| t.expression.clone());
                match first {
                    Some(first) => found.into_iter().flat_map(|(scope, way)| self.condition(&first, &scope, way)).collect(),
                    None => found.into_iter().map(|(_, way)| way).collect(),
                }
            }
            other => self
                .term(other, scope, way)
                .into_iter()
                .filter_map(|(term, way)| match term {
                    Term::True => Some(way),
                    Term::False | Term::Null => None,
                    Term::Other(text) => Some(way.with(Fact::Unknown(text))),
                    term => Some(way.with(Fact::Flag(term, true))),
                })
                .collect(),
        };
        ways.truncate(MOST_WAYS);
        ways
    }

    fn negated(&self, e: &Expression, scope: &Scope, way: Way) -> Vec<Way> {
        match e {
            Expression::Not(inner) => self.condition(inner, scope, way),
            Expression::And(parts) => parts.iter().flat_map(|part| self.negated(part, scope, way.clone())).take(MOST_WAYS).collect(),
            Expression::Or(parts) => {
                let mut ways = vec![way];
                for part in parts {
                    ways = ways.into_iter().flat_map(|way| self.negated(part, scope, way)).take(MOST_WAYS).collect();
                }
                ways
            }
            Expression::Value(word) => {
                if word == "FALSE" {
                    vec![way]
                } else {
                    Vec::new()
                }
            }
            Expression::Infix(left, operator, right) if matches!(operator.as_str(), "=" | "<>") => {
                let turned = if operator == "=" { "<>" } else { "=" };
                self.compared(left, turned, right, scope, way)
            }
            Expression::Test(inner, test) if test == "IS NULL" => self.tested(inner, "IS NOT NULL", scope, way),
            Expression::Test(inner, test) if test == "IS NOT NULL" => self.tested(inner, "IS NULL", scope, way),
            Expression::Quantified { left, operator, all: false, right } if operator == "=" && matches!(**right, Expression::Array(_)) => {
                self.quantified(left, ("<>", true), right, scope, way)
            }
            Expression::Name(_) => self
                .term(e, scope, way)
                .into_iter()
                .map(|(term, way)| match term {
                    Term::Other(text) => way.with(Fact::Unknown(format!("not {text}"))),
                    term => way.with(Fact::Flag(term, false)),
                })
                .collect(),
            other => vec![way.with(Fact::Unknown(format!("not ({})", predicate::text(other))))],
        }
    }

    fn in_query(&self, left: &Expression, query: &Query, scope: &Scope, way: Way) -> Vec<Way> {
        let lefts = self.term(left, scope, way);
        lefts
            .into_iter()
            .flat_map(|(left, way)| self.first_column(query, scope, way).into_iter().map(move |(right, way)| same(&left, right, way)))
            .collect()
    }

    fn quantified(&self, left: &Expression, (operator, all): (&str, bool), right: &Expression, scope: &Scope, way: Way) -> Vec<Way> {
        if let Expression::ArrayQuery(query) = right
            && operator == "="
        {
            return self.in_query(left, query, scope, way);
        }
        let literals = literals_of(right);
        let items = match right {
            Expression::Array(items) if literals.is_none() && operator == "=" && !all => Some(items),
            _ => None,
        };
        let mut out = Vec::new();
        for (left, way) in self.term(left, scope, way) {
            if let Some(literals) = &literals {
                out.push(way.with(Fact::Compare(left, operator.to_owned(), literals.clone())));
            } else if let Some(items) = items {
                for item in items {
                    out.extend(self.term(item, scope, way.clone()).into_iter().map(|(right, way)| same(&left, right, way)));
                }
            } else if operator == "=" && !all {
                out.extend(self.term(right, scope, way).into_iter().map(|(right, way)| same(&left, right, way)));
            } else {
                out.push(way.with(Fact::Unknown(format!("{operator} {}", predicate::text(right)))));
            }
        }
        out
    }

    fn compared(&self, left: &Expression, operator: &str, right: &Expression, scope: &Scope, way: Way) -> Vec<Way> {
        if let ("=" | "<>", Expression::Value(word)) = (operator, right)
            && matches!(word.as_str(), "TRUE" | "FALSE")
        {
            let wanted = (operator == "=") == (word == "TRUE");
            return if wanted { self.condition(left, scope, way) } else { self.negated(left, scope, way) };
        }
        let mut out = Vec::new();
        for (left, way) in self.term(left, scope, way) {
            for (right, way) in self.term(right, scope, way) {
                let (a, b) = if is_constant(&left) { (&right, &left) } else { (&left, &right) };
                out.push(match (operator, b) {
                    ("=" | "?" | "<@" | "@>", _) if !is_constant(b) && !matches!(b, Term::Other(text) if is_moment(text)) => {
                        same(a, b.clone(), way)
                    }
                    ("=", Term::True) | ("<>", Term::False) => way.with(Fact::Flag(a.clone(), true)),
                    ("=", Term::False) | ("<>", Term::True) => way.with(Fact::Flag(a.clone(), false)),
                    // A comparison with NULL is never true.
                    ("=" | "<>", Term::Null) => continue,
                    (_, Term::Literal(text)) => way.with(Fact::Compare(a.clone(), operator.to_owned(), vec![text.clone()])),
                    (_, Term::Other(text)) if is_moment(text) => way.with(Fact::Moment(a.clone(), operator.to_owned(), text.clone())),
                    _ => way.with(Fact::Unknown(format!("{} {operator} {}", shown(a), shown(b)))),
                });
            }
        }
        out
    }

    fn tested(&self, inner: &Expression, test: &str, scope: &Scope, way: Way) -> Vec<Way> {
        let flag = |value: bool| move |(term, way): (Term, Way)| way.with(Fact::Flag(term, value));
        let null = |value: bool| {
            move |(term, way): (Term, Way)| match term {
                Term::Null => value.then_some(way),
                Term::Literal(_) | Term::True | Term::False => (!value).then_some(way),
                term => Some(way.with(Fact::Null(term, value))),
            }
        };
        match test {
            "IS NULL" => self.term(inner, scope, way).into_iter().filter_map(null(true)).collect(),
            "IS NOT NULL" => self.term(inner, scope, way).into_iter().filter_map(null(false)).collect(),
            "IS TRUE" => self.condition(inner, scope, way),
            "IS NOT FALSE" => self.term(inner, scope, way).into_iter().map(flag(true)).collect(),
            "IS FALSE" | "IS NOT TRUE" => self.term(inner, scope, way).into_iter().map(flag(false)).collect(),
            _ => vec![way.with(Fact::Unknown(format!("{} {}", predicate::text(inner), test.to_lowercase())))],
        }
    }

    /// A function in the place of a condition; none when it cannot be looked through.
    fn boolean_call(&self, call: &predicate::Call, scope: &Scope, way: Way) -> Option<Vec<Way>> {
        let mut ways = Vec::new();
        for (inner, way) in self.enter(call, scope, way)? {
            match &inner.body {
                super::routines::Body::Value(value) => ways.extend(self.condition(value, &inner.scope, way)),
                super::routines::Body::Rows(query) => {
                    ways.extend(self.condition(&Expression::Query(Box::new(query.clone())), &inner.scope, way));
                }
            }
        }
        Some(ways)
    }

    /// The body of a helper function with the names that it knows, once for each way to its arguments.
    pub(super) fn enter(&self, call: &predicate::Call, scope: &Scope, way: Way) -> Option<Vec<(Entered, Way)>> {
        let routine = self.routines.find(&call.name, call.arguments.len())?;
        if scope.calls.len() >= DEEPEST_CALL || scope.calls.contains(&routine.name) {
            return None;
        }
        let mut alternatives = vec![(Vec::<(Option<String>, Term)>::new(), way)];
        for argument in &call.arguments {
            let (name, value) = match argument {
                Expression::Infix(name, arrow, value) if arrow == "=>" => match name.as_ref() {
                    Expression::Name(path) => (path.last().cloned(), value.as_ref()),
                    _ => (None, value.as_ref()),
                },
                value => (None, value),
            };
            let mut next = Vec::new();
            for (terms, way) in alternatives {
                for (term, way) in self.term(value, scope, way) {
                    let mut terms = terms.clone();
                    terms.push((name.clone(), term));
                    next.push((terms, way));
                }
            }
            next.truncate(MOST_WAYS);
            alternatives = next;
        }
        let mut calls = scope.calls.clone();
        calls.push(routine.name.clone());
        let enter = |(terms, way): (Vec<(Option<String>, Term)>, Way)| {
            // A parameter that is left out has its default, which nearly always is NULL.
            let left_out = routine.parameters.iter().skip(terms.len()).filter(|p| !p.is_empty());
            let mut parameters: BTreeMap<String, Term> = left_out.map(|p| (p.clone(), Term::Null)).collect();
            for (at, (named, term)) in terms.into_iter().enumerate() {
                let declared = routine.parameters.get(at).cloned().unwrap_or_default();
                let name = named.unwrap_or(declared);
                parameters.insert(format!("${}", at + 1), term.clone());
                if !name.is_empty() {
                    parameters.insert(name, term);
                }
            }
            let frame = Frame { parameters, locals: routine.locals.clone(), ..Frame::default() };
            (Entered { body: routine.body.clone(), scope: Scope { frames: vec![frame], calls: calls.clone() } }, way)
        };
        Some(alternatives.into_iter().map(enter).collect())
    }
}

/// A function's body and the names in it.
pub(super) struct Entered {
    pub(super) body: super::routines::Body,
    pub(super) scope: Scope,
}

fn same(left: &Term, right: Term, way: Way) -> Way {
    let names_a_value = |t: &Term| matches!(t, Term::Column(..) | Term::Claim(_) | Term::Setting(_) | Term::Folder(_));
    match (left, &right) {
        (Term::Literal(text), term) | (term, Term::Literal(text)) if names_a_value(term) => {
            way.with(Fact::Compare(term.clone(), "=".to_owned(), vec![text.clone()]))
        }
        _ => way.with(Fact::Same(left.clone(), right)),
    }
}

fn is_moment(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "now()" | "current_timestamp" | "current_date" | "localtimestamp" | "statement_timestamp()"
    )
}

fn is_constant(term: &Term) -> bool {
    matches!(term, Term::Literal(_) | Term::True | Term::False | Term::Null)
}

/// For messages and unknown facts.
pub(crate) fn shown(term: &Term) -> String {
    match term {
        Term::Column(_, name) => name.clone(),
        Term::Folder(_) => "first folder of the name".to_owned(),
        Term::Claim(path) if path.is_empty() => "the claims".to_owned(),
        Term::Claim(path) => format!("claim {}", path.join(".")),
        Term::Setting(name) => format!("setting {name}"),
        Term::CurrentRole => "current_user".to_owned(),
        Term::Literal(text) | Term::Other(text) => text.clone(),
        Term::True => "true".to_owned(),
        Term::False => "false".to_owned(),
        Term::Null => "null".to_owned(),
    }
}

/// The literals of a list, when it holds nothing else.
fn literals_of(list: &Expression) -> Option<Vec<String>> {
    match list {
        Expression::Array(items) => items.iter().map(literal_of).collect(),
        Expression::Cast(inner, _) => match inner.as_ref() {
            Expression::Text(text) => {
                let inside = text.strip_prefix('{')?.strip_suffix('}')?;
                Some(inside.split(',').map(|item| item.trim_matches('"').to_owned()).collect())
            }
            other => literals_of(other),
        },
        _ => None,
    }
}

fn literal_of(e: &Expression) -> Option<String> {
    match e {
        Expression::Text(text) | Expression::Number(text) => Some(text.clone()),
        Expression::Cast(inner, _) | Expression::Collate(inner, _) => literal_of(inner),
        _ => None,
    }
}
