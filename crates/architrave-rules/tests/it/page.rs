//! Reads a rule's page into its parts.

use architrave_model::script::TransactionMode;
use architrave_model::{Check, Rule};
use serde_json::Value;
use std::path::PathBuf;

/// The headings of every page, in order.
pub(crate) const SECTIONS: [&str; 5] = ["What it checks", "Why it matters", "Example", "When to allow it", "References"];

/// One side of the example.
#[derive(Debug, Default, Clone)]
pub(crate) struct Side {
    pub(crate) sql: String,
    /// JSON laid over the defaults.
    pub(crate) facts: Option<Value>,
    /// A recorded plan: EXPLAIN's output, text or JSON.
    pub(crate) plan: Option<String>,
    /// The least major version of PostgreSQL that the SQL needs.
    pub(crate) least: u16,
    /// Of a rule on migrations: what shows only when it is executed (`sql bad executed`).
    pub(crate) executed: bool,
}

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) rule: &'static str,
    pub(crate) path: PathBuf,
    /// Of a rule on migrations: what was applied before.
    pub(crate) before: String,
    pub(crate) bad: Side,
    pub(crate) good: Side,
    pub(crate) findings: Vec<String>,
}

/// The folder of the rules' sources.
pub(crate) fn rules_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/rules")
}

/// Where the page of a rule stands.
pub(crate) fn path_of(id: &str) -> PathBuf {
    rules_dir().join(format!("{}.md", id.replace('-', "_")))
}

/// All pages whose examples are judged as they stand; `ARCHITRAVE_PAGE=rls/` leaves only those whose id holds that.
pub(crate) fn all() -> Vec<Page> {
    wanted(|r| !matches!(r.check, Check::Migration(_))).into_iter().filter(|page| !needs_attack(page)).collect()
}

/// The pages of rules on an attack: their examples are attacked, unless the attack is written into the facts.
pub(crate) fn on_attacks() -> Vec<Page> {
    wanted(|r| matches!(r.check, Check::Attack(_))).into_iter().filter(needs_attack).collect()
}

fn wanted(of: impl Fn(&Rule) -> bool) -> Vec<Page> {
    let only = std::env::var("ARCHITRAVE_PAGE").unwrap_or_default();
    architrave_rules::registry::all().filter(|r| of(r) && r.id.contains(&only)).map(|r| read(r.id, r.docs)).collect()
}

fn needs_attack(page: &Page) -> bool {
    let of_attack = architrave_rules::registry::find(page.rule).is_some_and(|r| matches!(r.check, Check::Attack(_)));
    of_attack && page.bad.facts.as_ref().is_none_or(|facts| facts.get("attack").is_none())
}

/// The pages on migrations under judgement: their SQL is pending, not applied.
pub(crate) fn on_migrations() -> Vec<Page> {
    architrave_rules::registry::all().filter(|r| matches!(r.check, Check::Migration(_))).map(|r| read(r.id, r.docs)).collect()
}

/// One pending file of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageFile {
    pub(crate) name: String,
    pub(crate) transaction: TransactionMode,
    pub(crate) sql: String,
}

/// The pending files of a block: each begins with a line `-- file: NAME`, or `-- file: NAME no-transaction`; a block without such a line is
/// one file that runs in one transaction.
pub(crate) fn files(sql: &str) -> Vec<PageFile> {
    let mut files: Vec<PageFile> = Vec::new();
    for line in sql.lines() {
        if let Some(words) = line.strip_prefix("-- file: ") {
            let (name, outside) = words.split_once(' ').map_or((words, ""), |(name, rest)| (name, rest.trim()));
            assert!(["", "no-transaction"].contains(&outside), "-- file: {words}");
            let transaction = if outside.is_empty() { TransactionMode::PerFile } else { TransactionMode::PerStatement };
            files.push(PageFile { name: name.to_owned(), transaction, sql: String::new() });
            continue;
        }
        if files.is_empty() {
            files.push(PageFile { name: "1".to_owned(), transaction: TransactionMode::PerFile, sql: String::new() });
        }
        if let Some(file) = files.last_mut() {
            file.sql.push_str(line);
            file.sql.push('\n');
        }
    }
    files
}

#[test]
fn files_of_a_block() {
    let read = |sql| files(sql).into_iter().map(|f| (f.name, f.transaction, f.sql)).collect::<Vec<_>>();
    assert_eq!(read("select 1;\n"), [("1".to_owned(), TransactionMode::PerFile, "select 1;\n".to_owned())]);
    let two = read("-- file: a no-transaction\nselect 1;\n-- file: b\nselect 2;\n");
    let expected = [("a", TransactionMode::PerStatement, "select 1;\n"), ("b", TransactionMode::PerFile, "select 2;\n")];
    assert_eq!(two, expected.map(|(name, mode, sql)| (name.to_owned(), mode, sql.to_owned())));
}

fn read(rule: &'static str, text: &str) -> Page {
    let mut page =
        Page { rule, path: path_of(rule), before: String::new(), bad: Side::default(), good: Side::default(), findings: Vec::new() };
    for (info, body) in blocks(text) {
        let words: Vec<&str> = info.split_whitespace().collect();
        let least = words.iter().find_map(|w| w.strip_prefix("pg>=")).map_or(0, |n| n.parse().unwrap());
        match words.as_slice() {
            ["sql", "before"] => page.before = body,
            ["sql", "bad", ..] => (page.bad.sql, page.bad.least, page.bad.executed) = (body, least, words.contains(&"executed")),
            ["sql", "good", ..] => (page.good.sql, page.good.least) = (body, least),
            ["facts", "bad"] => page.bad.facts = Some(json(rule, &body)),
            ["facts", "good"] => page.good.facts = Some(json(rule, &body)),
            ["plan", "bad"] => page.bad.plan = Some(body),
            ["plan", "good"] => page.good.plan = Some(body),
            ["finding"] => page.findings = body.lines().map(str::to_owned).collect(),
            other => panic!("{rule}: a block of kind {other:?}"),
        }
    }
    for side in [&mut page.bad, &mut page.good] {
        side.sql = format!("{}{}", platform_of(&side.sql), side.sql);
    }
    let told = |side: &Side| !side.sql.is_empty() || side.facts.is_some();
    assert!(told(&page.bad) && told(&page.good), "{rule}: an example needs a bad and a good block");
    page
}

/// What a Supabase project finds in its database before its first migration, as far as the example names it.
fn platform_of(sql: &str) -> String {
    const CLAIMS: &str = "nullif(current_setting('request.jwt.claims', true), '')::jsonb";
    let mut found = String::new();
    let mut make = |schema: &str, statements: String| {
        if sql.contains(&format!("{schema}.")) && !sql.contains(&format!("create schema {schema}")) {
            found.push_str(&format!("create schema {schema};\n{statements}\n"));
        }
    };
    let claim = |name: &str, returns: &str, value: String| {
        format!("create function auth.{name}() returns {returns} language sql stable as $$ select {value} $$;\n")
    };
    make(
        "auth",
        [
            claim("jwt", "jsonb", CLAIMS.to_owned()),
            claim("uid", "uuid", format!("({CLAIMS} ->> 'sub')::uuid")),
            claim("role", "text", format!("{CLAIMS} ->> 'role'")),
            claim("email", "text", format!("{CLAIMS} ->> 'email'")),
        ]
        .concat(),
    );
    make(
        "storage",
        "create table storage.objects (id uuid primary key, bucket_id text, name text, owner_id text);
         alter table storage.objects enable row level security;
         grant select, insert, update, delete on storage.objects to anon, authenticated;
         create function storage.foldername(name text) returns text[] language sql immutable as $$ select string_to_array(name, '/') $$;"
            .to_owned(),
    );
    make(
        "realtime",
        "create table realtime.messages (id uuid primary key, topic text not null, extension text not null);
         alter table realtime.messages enable row level security;
         grant select, insert on realtime.messages to anon, authenticated;
         create function realtime.topic() returns text language sql stable as $$ select nullif(current_setting('realtime.topic', true), '') $$;"
            .to_owned(),
    );
    found
}

fn json(rule: &str, text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{rule}: facts: {e}"))
}

/// Fenced blocks: what stands after the fence, and the body.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(info), None) => open = Some((info.to_owned(), String::new())),
            (Some(_), Some(block)) => found.push(block),
            (None, Some((info, body))) => open = Some((info, format!("{body}{line}\n"))),
            (None, None) => {}
        }
    }
    found
}

/// The page's text with the finding block replaced.
pub(crate) fn with_findings(text: &str, findings: &[String]) -> String {
    let (before, rest) = text.split_once("```finding\n").expect("a finding block");
    let (_, after) = rest.split_once("```").expect("its end");
    format!("{before}```finding\n{}\n```{after}", findings.join("\n"))
}
