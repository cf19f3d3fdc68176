//! The statement that was asked about: what it does, what it writes to, and what PostgreSQL says that it reads. It is analysed here, not run.

use super::error::ExplainError;
use super::words::{Word, words};
use architrave_model::access::Command;
use architrave_model::script::StatementKind;
use architrave_postgres::Client;
use architrave_sql::lex::{TokenKind, name_of};
use serde::Deserialize;

/// A statement, by its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) text: String,
    pub(super) command: Command,
    /// What it writes to, as written.
    pub(super) target: Option<String>,
    /// Columns that it writes; empty for all.
    pub(super) columns: Vec<String>,
    /// It has a WHERE, a RETURNING, or something else that reads the rows it writes to.
    pub(super) reads: bool,
    pub(super) returning: bool,
    /// SELECT … FOR UPDATE and its kin.
    pub(super) locks: bool,
}

/// Understands the text as one statement that reads or writes rows.
pub(super) fn understand(sql: &str) -> Result<Asked, ExplainError> {
    let asked = |sentence: &str| ExplainError::Asked(sentence.to_owned());
    let mut statements = architrave_sql::split(sql).into_iter().filter(|s| s.kind != StatementKind::PsqlCommand);
    let Some(statement) = statements.next() else {
        return Err(asked("there is no statement to explain; give one SELECT, INSERT, UPDATE or DELETE"));
    };
    let more = statements.count();
    if more > 0 {
        return Err(ExplainError::Asked(format!("{} statements were given; one at a time is explained", more + 1)));
    }
    if let Some(error) = statement.syntax_error.as_ref().filter(|_| statement.kind == StatementKind::Data) {
        return Err(ExplainError::Asked(format!("the statement cannot be parsed: {error}")));
    }
    let text = statement.text;
    let words = words(&text);
    if words.iter().any(|w| w.token.kind == TokenKind::Parameter) {
        return Err(asked("the statement has parameters ($1); write values in their places"));
    }
    let starts = ["select", "insert", "update", "delete", "merge", "values", "table", "truncate"];
    let main = words.iter().position(|w| w.depth == 0 && starts.iter().any(|s| w.is(&text, s)));
    let first_ok =
        words.first().is_some_and(|w| w.token.kind == TokenKind::OpenParen || w.is(&text, "with") || starts.iter().any(|s| w.is(&text, s)));
    let Some(main) =
        main.or((first_ok && words.first().is_some_and(|w| w.token.kind == TokenKind::OpenParen)).then_some(0)).filter(|_| first_ok)
    else {
        return Err(asked("only statements about rows are explained: SELECT, INSERT, UPDATE, DELETE, TRUNCATE"));
    };
    let rest = words.get(main..).unwrap_or_default();
    Ok(describe(&text, rest))
}

fn describe(text: &str, rest: &[Word]) -> Asked {
    let outer = |word: &str| rest.iter().any(|w| w.depth == 0 && w.is(text, word));
    let after = |word: &str| rest.iter().position(|w| w.depth == 0 && w.is(text, word)).map(|at| at + 1);
    let is = |word: &str| rest.first().is_some_and(|w| w.is(text, word));
    let returning = outer("returning");
    let conflict =
        outer("conflict") && after("conflict").is_some_and(|at| rest.iter().skip(at).any(|w| w.depth == 0 && w.is(text, "update")));
    let (command, from) = if is("insert") {
        (if conflict { Command::Upsert } else { Command::Insert }, after("into"))
    } else if is("update") {
        (Command::Update, Some(1))
    } else if is("delete") {
        (Command::Delete, after("from"))
    } else if is("merge") {
        (Command::Upsert, after("into"))
    } else if is("truncate") {
        (Command::Truncate, Some(1))
    } else {
        (Command::Select, None)
    };
    let (target, next) = from.map_or((None, 0), |from| name_at(text, rest, from));
    let columns = match command {
        Command::Insert | Command::Upsert if is("insert") => column_list(text, rest, next),
        Command::Update => architrave_sql::set_list::set_lists(text).into_iter().last().map(|s| s.columns).unwrap_or_default(),
        _ => Vec::new(),
    };
    let reads = match command {
        Command::Update | Command::Delete => outer("where") || returning || (command == Command::Update && outer("from")) || outer("using"),
        Command::Insert => returning,
        Command::Upsert => true,
        _ => false,
    };
    let locks = command == Command::Select
        && after("for").is_some_and(|at| rest.get(at).is_some_and(|w| ["update", "share", "no", "key"].iter().any(|k| w.is(text, k))));
    Asked { text: text.to_owned(), command, target, columns, reads, returning, locks }
}

/// A name with its dots, and where the words go on.
fn name_at(text: &str, rest: &[Word], mut at: usize) -> (Option<String>, usize) {
    while rest.get(at).is_some_and(|w| ["only", "table"].iter().any(|k| w.is(text, k))) {
        at += 1;
    }
    let mut name = String::new();
    while let Some(word) = rest.get(at).filter(|w| w.is_name()) {
        name.push_str(word.text(text));
        at += 1;
        if rest.get(at).is_some_and(|w| w.token.kind == TokenKind::Dot) {
            name.push('.');
            at += 1;
        } else {
            break;
        }
    }
    ((!name.is_empty()).then_some(name), at)
}

/// The column list of an INSERT, after its table's name.
fn column_list(text: &str, rest: &[Word], mut at: usize) -> Vec<String> {
    if rest.get(at).is_some_and(|w| w.is(text, "as")) {
        at += 2;
    }
    let Some(open) = rest.get(at).filter(|w| w.token.kind == TokenKind::OpenParen) else { return Vec::new() };
    let inside: Vec<&Word> = rest.iter().skip(at + 1).take_while(|w| w.depth > open.depth).collect();
    if inside.first().is_some_and(|w| ["select", "with", "values"].iter().any(|k| w.is(text, k))) {
        return Vec::new();
    }
    inside.iter().filter(|w| w.depth == open.depth + 1 && w.is_name()).map(|w| name_of(w.text(text))).collect()
}

/// What PostgreSQL says that the statement depends on.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Dependencies {
    pub(super) relations: Vec<Read>,
    /// Object ids.
    pub(super) functions: Vec<u32>,
    /// Object id of what it writes to.
    pub(super) target: Option<u32>,
}

/// A relation and the columns of it that are named.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Read {
    pub(super) oid: u32,
    pub(super) columns: Vec<String>,
}

static DEPENDENCIES: &str = include_str!("dependencies.sql");

/// Has PostgreSQL resolve the statement's names, without running it: as the body of a function (before 14 as a rule's action) that is never called.
pub(super) async fn dependencies(admin: &Client, major: u16, asked: &Asked) -> Result<Dependencies, ExplainError> {
    let what = "resolve the names of the statement";
    admin.batch_execute("begin; create schema architrave_asked").await.map_err(ExplainError::doing(what))?;
    let (made, catalog, object) = if asked.command == Command::Truncate {
        (Ok(()), "pg_class", "0".to_owned())
    } else if major >= 14 {
        let sql = format!("create function architrave_asked.statement() returns void language sql begin atomic\n{}\n; end", asked.text);
        (
            admin.batch_execute(&sql).await,
            "pg_proc",
            "(select oid from pg_catalog.pg_proc where proname = 'statement' and pronamespace = 'architrave_asked'::regnamespace)"
                .to_owned(),
        )
    } else {
        let sql = format!(
            "create table architrave_asked.t (); create rule statement as on insert to architrave_asked.t do also (\n{}\n)",
            asked.text
        );
        (
            admin.batch_execute(&sql).await,
            "pg_rewrite",
            "(select oid from pg_catalog.pg_rewrite where rulename = 'statement' and ev_class = 'architrave_asked.t'::regclass)".to_owned(),
        )
    };
    let answer = match made {
        Ok(()) => {
            let name = asked.target.as_deref().map_or("null".to_owned(), architrave_model::name::quote_literal);
            let sql = DEPENDENCIES.replace("$catalog", catalog).replace("$object", &object).replace("$target", &name);
            Some(admin.simple_query(&sql).await.map_err(ExplainError::doing(what))?)
        }
        Err(error) => {
            let refused = error.as_db_error().map(|db| (db.message().to_owned(), db.hint().map(str::to_owned)));
            admin.batch_execute("rollback").await.map_err(ExplainError::doing(what))?;
            let Some((message, hint)) = refused else { return Err(ExplainError::Statement { what, source: error }) };
            let hint = hint.map_or_else(String::new, |h| format!(" ({h})"));
            return Err(ExplainError::Asked(format!("PostgreSQL does not accept the statement: {message}{hint}")));
        }
    };
    admin.batch_execute("rollback").await.map_err(ExplainError::doing(what))?;
    let text = answer.as_deref().map(crate::ground::rows).and_then(|rows| rows.into_iter().flatten().flatten().next()).unwrap_or_default();
    let mut found: Dependencies =
        serde_json::from_str(&text).map_err(|source| ExplainError::Answer { what: "the names of the statement", source })?;
    if let (Command::Truncate, Some(oid)) = (asked.command, found.target) {
        found.relations.push(Read { oid, columns: Vec::new() });
    }
    if asked.target.is_some() && found.target.is_none() {
        let name = asked.target.as_deref().unwrap_or_default();
        return Err(ExplainError::Asked(format!("PostgreSQL does not accept the statement: relation {name} does not exist")));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(sql: &str) -> (Command, Option<String>, Vec<String>, bool) {
        let asked = understand(sql).unwrap();
        (asked.command, asked.target, asked.columns, asked.reads)
    }

    #[test]
    fn statements_are_known_by_their_words() {
        let text = |t: &str| Some(t.to_owned());
        assert_eq!(about("select * from t where a = 1"), (Command::Select, None, vec![], false));
        assert_eq!(
            about("with x as (select 1) insert into a.t (b, \"C\") select 1, 2"),
            (Command::Insert, text("a.t"), vec!["b".into(), "C".into()], false)
        );
        assert!(about("insert into t values (1) returning id").3);
        assert_eq!(about("insert into t (a) values (1) on conflict (a) do update set a = 2").0, Command::Upsert);
        assert_eq!(about("update only t set a = 1, b = 2 where c"), (Command::Update, text("t"), vec!["a".into(), "b".into()], true));
        assert_eq!(about("delete from t"), (Command::Delete, text("t"), vec![], false));
        assert!(understand("select 1 for update").unwrap().locks);
    }

    #[test]
    fn what_cannot_be_explained_is_said() {
        let why = |sql: &str| understand(sql).unwrap_err().to_string();
        assert!(why("").contains("no statement"));
        assert!(why("select 1; select 2").contains("2 statements"));
        assert!(why("select * from t where a = $1").contains("parameters"));
        assert!(why("drop table t").contains("only statements about rows"));
        assert!(why("selec 1 from").contains("only statements about rows") || why("selec 1 from").contains("parsed"));
    }
}
