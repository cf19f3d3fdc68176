//! `schema/encoding-sql-ascii`: see `encoding_sql_ascii.md` for the rule's page.

use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "schema/encoding-sql-ascii",
    summary: "database without an encoding",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Large,
    area: Area::Modeling,
    docs: include_str!("encoding_sql_ascii.md"),
    check: Check::Stats(check),
};

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let _ = catalog;
    let Some(database) = stats.databases.iter().find(|d| d.name == context.server.database) else {
        return sink.not_checked("the facts of the current database were not read");
    };
    if !database.encoding.eq_ignore_ascii_case("SQL_ASCII") {
        return;
    }
    let message = format!("database {} has the encoding SQL_ASCII", database.name);
    let why = "SQL_ASCII is no encoding but the absence of one: bytes are stored as they come and never checked or converted, so that programs with different encodings mix theirs in one column, and nothing can tell afterwards which is \
               which. lower(), length(), LIKE and sorting go byte by byte. The encoding of a database cannot be changed: it takes a dump, a repair and a new database.";
    sink.report(Draft::new(ObjectRef::global(ObjectKind::Database, &database.name), message, why).evidence(
        "encoding",
        database.encoding.clone(),
        "pg_database.encoding",
    ));
}
