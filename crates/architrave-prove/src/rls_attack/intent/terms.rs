//! What stands on the sides of comparisons in a policy, and the queries that it asks.

use super::routines::Body;
use super::ways::{Frame, Origin, Reader, Scope, Term, Way};
use architrave_model::QualifiedName;
use architrave_sql::predicate::{self, Call, Expression, FromItem, Query, Select};
use std::collections::BTreeMap;

impl Reader<'_> {
    /// What an expression stands for, once for each way to it.
    pub(super) fn term(&self, e: &Expression, scope: &Scope, way: Way) -> Vec<(Term, Way)> {
        let other = |way: Way| vec![(Term::Other(predicate::text(e)), way)];
        match e {
            Expression::Name(path) => self.name(path, scope, way),
            Expression::Value(word) => {
                let term = match word.as_str() {
                    "TRUE" => Term::True,
                    "FALSE" => Term::False,
                    "NULL" => Term::Null,
                    "CURRENT_USER" | "SESSION_USER" | "USER" | "CURRENT_ROLE" => Term::CurrentRole,
                    _ => Term::Other(word.to_lowercase()),
                };
                vec![(term, way)]
            }
            Expression::Text(text) | Expression::Number(text) => vec![(Term::Literal(text.clone()), way)],
            Expression::Cast(inner, _) | Expression::Collate(inner, _) => self.term(inner, scope, way),
            Expression::Query(query) => self.first_column(query, scope, way),
            Expression::Call(call) => self.call(call, scope, way),
            Expression::Subscript(inner, _) => match inner.as_ref() {
                Expression::Call(call) => self.call(call, scope, way),
                Expression::Cast(cast, _) => self.term(cast, scope, way),
                _ => other(way),
            },
            Expression::Array(items) if items.len() == 1 => items.iter().flat_map(|item| self.term(item, scope, way.clone())).collect(),
            Expression::Infix(left, operator, right) if matches!(operator.as_str(), "->" | "->>" | "#>" | "#>>") => {
                let Some(key) = key_of(right) else { return other(way) };
                let extend = |(term, way): (Term, Way)| match term {
                    Term::Claim(mut path) => {
                        path.extend(key.trim_matches(['{', '}']).split(',').map(|part| part.trim().to_owned()));
                        (Term::Claim(path), way)
                    }
                    _ => (Term::Other(predicate::text(e)), way),
                };
                self.term(left, scope, way).into_iter().map(extend).collect()
            }
            _ => other(way),
        }
    }

    fn name(&self, path: &[String], scope: &Scope, way: Way) -> Vec<(Term, Way)> {
        let Some((column, qualifier)) = path.split_last() else { return vec![(Term::Null, way)] };
        for (level, frame) in scope.frames.iter().enumerate().rev() {
            for (alias, origin) in &frame.origins {
                if qualifier.last().is_some_and(|q| q != alias) {
                    continue;
                }
                match origin {
                    Origin::Relation(at) => {
                        let has = way.instances.get(*at).is_some_and(|relation| self.has_column(relation, column));
                        if has || (!qualifier.is_empty() && column != "*") {
                            return vec![(Term::Column(*at, column.clone()), way)];
                        }
                    }
                    Origin::Derived(columns) => {
                        if let Some(term) =
                            columns.get(column).or_else(|| columns.values().next().filter(|_| columns.len() == 1 && column == alias))
                        {
                            return vec![(term.clone(), way)];
                        }
                    }
                }
            }
            if let Some(term) = frame.parameters.get(column) {
                return vec![(term.clone(), way)];
            }
            if qualifier.is_empty()
                && let Some(value) = frame.locals.get(column)
            {
                let mut outer = Scope { frames: scope.frames[..=level].to_vec(), calls: scope.calls.clone() };
                if let Some(frame) = outer.frames.last_mut() {
                    // A variable is never part of its own value.
                    frame.locals.remove(column);
                }
                return self.term(value, &outer, way);
            }
        }
        vec![(Term::Other(path.join(".")), way)]
    }

    pub(super) fn has_column(&self, relation: &QualifiedName, column: &str) -> bool {
        match self.catalog.table_named(relation) {
            Some(table) => table.column(column).is_some(),
            None => self.catalog.view(&relation.schema, &relation.name).is_some_and(|v| v.columns.iter().any(|c| c.name == column)),
        }
    }

    fn call(&self, call: &Call, scope: &Scope, way: Way) -> Vec<(Term, Way)> {
        let name: Vec<&str> = call.name.iter().map(String::as_str).collect();
        let claim = |path: &[&str]| Term::Claim(path.iter().map(|p| (*p).to_owned()).collect());
        match name.as_slice() {
            ["auth", "uid" | "user_id"] => return vec![(claim(&["sub"]), way)],
            ["auth", "jwt" | "session"] => return vec![(claim(&[]), way)],
            ["auth", "email"] => return vec![(claim(&["email"]), way)],
            ["auth", "role"] => return vec![(claim(&["role"]), way)],
            ["current_setting"] | ["pg_catalog", "current_setting"] => {
                let setting = call.arguments.first().and_then(key_of).unwrap_or_default();
                let term = match setting.strip_prefix("request.jwt.claim") {
                    Some("s") => claim(&[]),
                    Some(one) if one.starts_with('.') => claim(&[&one[1..]]),
                    _ => Term::Setting(setting),
                };
                return vec![(term, way)];
            }
            _ => {}
        }
        match (name.last().copied().unwrap_or_default(), call.arguments.as_slice()) {
            ("nullif" | "lower" | "upper" | "btrim" | "trim" | "to_jsonb" | "jsonb_array_elements_text" | "unnest", [first, ..]) => {
                self.term(first, scope, way)
            }
            ("coalesce", arguments) => {
                let mut found: Vec<(Term, Way)> = Vec::new();
                for argument in arguments {
                    found = self.term(argument, scope, way.clone());
                    let tells = |(term, _): &(Term, Way)| !matches!(term, Term::Other(_) | Term::Null | Term::Literal(_));
                    if found.iter().any(tells) {
                        return found;
                    }
                }
                found
            }
            ("foldername" | "split_part" | "string_to_array", [first, ..]) => {
                let of = |(term, way): (Term, Way)| match term {
                    Term::Column(at, column) if column == "name" && way.instances.get(at).is_some_and(|r| r.schema == "storage") => {
                        (Term::Folder(at), way)
                    }
                    other => (other, way),
                };
                self.term(first, scope, way).into_iter().map(of).collect()
            }
            ("jsonb_extract_path_text" | "json_extract_path_text" | "jsonb_extract_path" | "json_extract_path", [first, rest @ ..]) => {
                let keys: Vec<String> = rest.iter().filter_map(key_of).collect();
                let extend = |(term, way): (Term, Way)| match term {
                    Term::Claim(path) => (Term::Claim(path.into_iter().chain(keys.clone()).collect()), way),
                    other => (other, way),
                };
                self.term(first, scope, way).into_iter().map(extend).collect()
            }
            _ => self.result(call, scope, way),
        }
    }

    /// What a helper function returns.
    fn result(&self, call: &Call, scope: &Scope, way: Way) -> Vec<(Term, Way)> {
        let unknown = |way: Way| vec![(Term::Other(predicate::text(&Expression::Call(Box::new(call.clone())))), way)];
        let Some(entered) = self.enter(call, scope, way.clone()) else { return unknown(way) };
        let mut out = Vec::new();
        for (inner, way) in entered {
            match &inner.body {
                Body::Value(value) => out.extend(self.term(value, &inner.scope, way)),
                Body::Rows(query) => out.extend(self.first_column(query, &inner.scope, way)),
            }
        }
        if out.is_empty() { unknown(way) } else { out }
    }

    /// The first column of a query's result.
    pub(super) fn first_column(&self, query: &Query, scope: &Scope, way: Way) -> Vec<(Term, Way)> {
        let mut out = Vec::new();
        for part in parts(query) {
            let Query::Select(select) = &part else {
                out.push((Term::Other("query".to_owned()), way.clone()));
                continue;
            };
            for (scope, way) in self.select(select, scope, way.clone()) {
                match select.targets.first().map(|t| &t.expression) {
                    Some(Expression::Name(path)) if path.last().is_some_and(|p| p == "*") => out.push((star(&scope), way)),
                    Some(first) => out.extend(self.term(first, &scope, way)),
                    None => {}
                }
            }
        }
        out
    }

    /// The ways through a query's FROM and WHERE, with the names that its targets know.
    pub(super) fn query(&self, query: &Query, scope: &Scope, way: Way) -> Vec<(Scope, Way)> {
        let read = |part: Query| match part {
            Query::Select(select) => self.select(&select, scope, way.clone()),
            Query::Raw(words) => {
                let mut way = way.clone();
                way.facts.push(super::ways::Fact::Unknown(words.join(" ")));
                vec![(scope.clone(), way)]
            }
        };
        parts(query).into_iter().flat_map(read).collect()
    }

    fn select(&self, select: &Select, scope: &Scope, way: Way) -> Vec<(Scope, Way)> {
        let mut inner = scope.clone();
        inner.frames.push(Frame::default());
        let mut found = vec![(inner, way)];
        for item in &select.from {
            found = found.into_iter().flat_map(|(scope, way)| self.from(item, scope, way)).collect();
        }
        let Some(condition) = &select.condition else { return found };
        found
            .into_iter()
            .flat_map(|(scope, way)| self.condition(condition, &scope, way).into_iter().map(move |way| (scope.clone(), way)))
            .collect()
    }

    fn from(&self, item: &FromItem, mut scope: Scope, mut way: Way) -> Vec<(Scope, Way)> {
        match item {
            FromItem::Relation { name, alias } => {
                let relation = self.routines.relation(name);
                let alias = alias.clone().unwrap_or_else(|| relation.name.clone());
                way.instances.push(relation);
                let at = way.instances.len() - 1;
                push(&mut scope, alias, Origin::Relation(at));
                vec![(scope, way)]
            }
            FromItem::Join { left, right, on, .. } => {
                let lefts = self.from(left, scope, way);
                let both = lefts.into_iter().flat_map(|(scope, way)| self.from(right, scope, way));
                match on {
                    None => both.collect(),
                    Some(on) => both
                        .flat_map(|(scope, way)| self.condition(on, &scope, way).into_iter().map(move |way| (scope.clone(), way)))
                        .collect(),
                }
            }
            FromItem::Query { query, alias } => {
                let mut out = Vec::new();
                for part in parts(query) {
                    let Query::Select(select) = &part else { continue };
                    for (inner, way) in self.select(select, &scope, way.clone()) {
                        let mut columns = BTreeMap::new();
                        let mut way = way;
                        for target in &select.targets {
                            let Some((term, next)) = self.term(&target.expression, &inner, way.clone()).into_iter().next() else {
                                continue;
                            };
                            way = next;
                            columns.insert(target.alias.clone().unwrap_or_else(|| column_name(&target.expression)), term);
                        }
                        let mut scope = scope.clone();
                        push(&mut scope, alias.clone().unwrap_or_default(), Origin::Derived(columns));
                        out.push((scope, way));
                    }
                }
                out
            }
            FromItem::Raw(words) => self.function_rows(words, scope, way),
        }
    }

    /// `f(x) AS t(c)` in FROM.
    fn function_rows(&self, words: &[String], mut scope: Scope, way: Way) -> Vec<(Scope, Way)> {
        let mut depth = 0usize;
        let close = words.iter().position(|word| {
            match word.as_str() {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            word == ")" && depth == 0
        });
        let read = close.and_then(|close| words.get(..=close)).and_then(|call| predicate::expression(&call.join(" ")));
        let Some(Expression::Call(call)) = read else { return vec![(scope, way)] };
        let rest: Vec<&String> =
            words.iter().skip(close.map_or(words.len(), |c| c + 1)).filter(|w| !w.eq_ignore_ascii_case("as")).collect();
        let function = call.name.last().cloned().unwrap_or_default();
        let alias = rest.first().map_or(function, |a| (*a).clone());
        let column =
            if rest.get(1).is_some_and(|w| *w == "(") { rest.get(2).map_or(alias.clone(), |c| (*c).clone()) } else { alias.clone() };
        let mut out = Vec::new();
        for (term, way) in self.call(&call, &scope, way) {
            push(&mut scope, alias.clone(), Origin::Derived([(column.clone(), term)].into()));
            out.push((scope.clone(), way));
        }
        out
    }
}

/// What `SELECT *` from one derived table stands for.
fn star(scope: &Scope) -> Term {
    let derived = scope.frames.last().and_then(|f| f.origins.first()).and_then(|(_, origin)| match origin {
        Origin::Derived(columns) => columns.values().next().cloned(),
        Origin::Relation(_) => None,
    });
    derived.unwrap_or_else(|| Term::Other("*".to_owned()))
}

fn push(scope: &mut Scope, alias: String, origin: Origin) {
    if let Some(frame) = scope.frames.last_mut() {
        frame.origins.push((alias, origin));
    }
}

fn column_name(e: &Expression) -> String {
    match e {
        Expression::Name(path) => path.last().cloned().unwrap_or_default(),
        Expression::Call(call) => call.name.last().cloned().unwrap_or_default(),
        Expression::Cast(inner, _) => column_name(inner),
        _ => "?column?".to_owned(),
    }
}

/// A literal used as a key or name, casts taken off.
fn key_of(e: &Expression) -> Option<String> {
    match e {
        Expression::Text(text) => Some(text.clone()),
        Expression::Cast(inner, _) => key_of(inner),
        _ => None,
    }
}

/// The selects that UNION puts together.
fn parts(query: &Query) -> Vec<Query> {
    let Query::Raw(words) = query else { return vec![query.clone()] };
    let mut depth = 0usize;
    let mut pieces: Vec<Vec<&str>> = vec![Vec::new()];
    for word in words {
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && word.eq_ignore_ascii_case("union") {
            pieces.push(Vec::new());
        } else if !(word.eq_ignore_ascii_case("all") && pieces.last().is_some_and(Vec::is_empty)) {
            pieces.last_mut().into_iter().for_each(|piece| piece.push(word));
        }
    }
    if pieces.len() < 2 {
        return vec![query.clone()];
    }
    let read = |piece: &Vec<&str>| predicate::query(&piece.join(" ")).unwrap_or_else(|| query.clone());
    pieces.iter().map(read).collect()
}
