//! House rules: what is understood, what is exempted, and above all what is only quoted.

use super::markdown::{Sentence, blocks, split_text};
use super::understand_block;
use crate::testing::project;
use architrave_model::house::{HouseRule, NameCase};
use expect_test::{Expect, expect};

/// What a text of one block is understood as, shortly.
fn understood(text: &str) -> String {
    let block = split_text(&Sentence { text: text.to_owned(), line: 1, column: 1 });
    let sentences = understand_block("rules.md", &block);
    let short: Vec<String> = sentences
        .iter()
        .map(|s| {
            let exempt = if s.exempt.is_empty() { String::new() } else { format!(" except {}", s.exempt.join(",")) };
            s.rule.as_ref().map_or_else(|| "quoted".to_owned(), |rule| short(rule) + &exempt)
        })
        .collect();
    short.join("; ")
}

fn short(rule: &HouseRule) -> String {
    match rule {
        HouseRule::Naming { kind, case } => {
            let case = match case {
                NameCase::SnakeCase => "snake",
                NameCase::CamelCase => "camel",
                NameCase::PascalCase => "pascal",
                NameCase::KebabCase => "kebab",
            };
            format!("{kind} {case}")
        }
        HouseRule::TableNumber { plural } => if *plural { "plural" } else { "singular" }.to_owned(),
        HouseRule::Prefix { kind, prefix } => format!("{kind} {prefix}…"),
        HouseRule::Suffix { kind, suffix } => format!("{kind} …{suffix}"),
        HouseRule::ForbiddenType { data_type, instead: Some(instead) } => format!("no {data_type}, {instead}"),
        HouseRule::ForbiddenType { data_type, instead: None } => format!("no {data_type}"),
        HouseRule::KeyType { data_types } => format!("keys {}", data_types.join("|")),
        HouseRule::RequiredColumns { columns } => format!("columns {}", columns.join(",")),
        HouseRule::AllowsRule { rule } => format!("allows {rule}"),
    }
}

fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, expected)| understood(text) != *expected)
        .map(|(text, expected)| format!("{text}\n   is      {}\n   wanted  {expected}", understood(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn naming() {
    check(&[
        ("Table names are snake_case.", "table snake"),
        ("Tables are named in snake_case.", "table snake"),
        ("All tables and columns use snake_case.", "table snake; column snake"),
        ("Use snake_case for all table and column names.", "table snake; column snake"),
        ("Use snake_case for tables, columns and indexes.", "table snake; column snake; index snake"),
        ("Use `snake_case` for table names", "table snake"),
        ("Column names must be in snake case.", "column snake"),
        ("Columns: camelCase", "quoted"),
        ("Columns are written in **camelCase**.", "column camel"),
        ("All identifiers are lowercase snake_case.", "name snake"),
        ("Everything is snake_case.", "name snake"),
        ("snake_case everywhere.", "name snake"),
        ("Names are PascalCase.", "name pascal"),
        ("Table names should always be PascalCase (e.g. `OrderLine`).", "table pascal"),
        ("Table names are snake_case (`order_lines`, not `OrderLines`).", "table snake"),
        ("Function names follow the snake_case convention.", "function snake"),
    ]);
}

#[test]
fn number_of_tables() {
    check(&[
        ("Table names are plural.", "plural"),
        ("Tables are singular nouns.", "singular"),
        ("Use plural table names.", "plural"),
        ("Tables are named in the plural.", "plural"),
        ("Tables are named in snake_case, plural.", "table snake; plural"),
        ("Table names are plural, snake_case.", "table snake; plural"),
        ("Use plural snake_case table names.", "table snake; plural"),
        ("Table names must be singular and snake_case.", "table snake; singular"),
        ("Column names are plural.", "quoted"),
    ]);
}

#[test]
fn prefixes_and_suffixes() {
    check(&[
        ("Views start with `v_`.", "view v_…"),
        ("Prefix views with `v_`.", "view v_…"),
        ("All views are prefixed with `v_`.", "view v_…"),
        ("Index names end in `_idx`.", "index …_idx"),
        ("Indexes have the suffix `_idx`.", "index …_idx"),
        ("Foreign key columns end with `_id`.", "foreign key column …_id"),
        ("Foreign keys end in `_id`.", "foreign key column …_id"),
        ("Foreign keys end in `_fkey`.", "foreign key …_fkey"),
        ("Foreign keys start with `x_`.", "quoted"),
        ("Function names start with `fn_`", "function fn_…"),
        ("Boolean columns start with `is_`.", "quoted"),
        ("Tables have `id`.", "quoted"),
    ]);
}

#[test]
fn forbidden_types() {
    check(&[
        ("Never use type `money`.", "no money"),
        ("Never use `money`.", "no money"),
        ("Do not use `json`; use `jsonb` instead.", "no json, jsonb"),
        ("Don't use `json`, use `jsonb`.", "no json, jsonb"),
        ("Never use json columns.", "no json"),
        ("No `money` columns.", "no money"),
        ("No `float`, `real` or `double precision` columns.", "no double precision; no real; no double precision"),
        ("`varchar(n)` is forbidden; ", "no character varying"),
        ("Avoid `json`, use `jsonb` instead.", "no json, jsonb"),
        ("Use `jsonb`, never `json`.", "no json, jsonb"),
        ("Use `text` instead of `varchar(255)`.", "no character varying, text"),
        ("Use `text` instead of `varchar` and `char(n)`.", "no character varying, text; no character, text"),
        ("Always `jsonb`, never `json`.", "no json, jsonb"),
        ("Strings are `text`, not `varchar`.", "no character varying, text"),
        ("We never use `timestamp without time zone`.", "no timestamp without time zone"),
        ("Never use `timestamp` without time zone.", "no timestamp without time zone"),
        ("Never use `timestamp`; always use `timestamptz`.", "no timestamp without time zone, timestamp with time zone"),
        ("You must not use `hstore`.", "no hstore"),
        ("`xml` must not be used.", "no xml"),
        ("Forbidden types: `money`, `json`", "no money; no json"),
    ]);
}

#[test]
fn time_zones() {
    let zoned = "no timestamp without time zone, timestamp with time zone";
    for text in [
        "Every point in time is `timestamptz`.",
        "All timestamps are timestamptz.",
        "Timestamps are always stored as `timestamp with time zone`.",
        "All timestamp columns use `timestamptz`.",
        "Use timestamptz for all timestamps.",
        "Always use `timestamptz`.",
        "Timestamps must have a time zone.",
        "No timestamps without time zone.",
        "Never store timestamps without a time zone.",
        "`timestamptz` everywhere.",
        "Dates and times use `timestamptz`.",
        "Use `timestamptz`, not `timestamp`.",
    ] {
        assert_eq!(understood(text), zoned, "{text}");
    }
    check(&[("Always use `timestamp`.", "quoted"), ("All timestamps are UTC.", "quoted"), ("Dates are `date`.", "quoted")]);
}

#[test]
fn keys_and_required_columns() {
    check(&[
        ("Primary keys are `bigint generated always as identity` or `uuid`.", "keys bigint|uuid"),
        ("All primary keys must be UUIDs.", "keys uuid"),
        ("Primary keys are UUIDv7.", "keys uuid"),
        ("Use `bigint` for primary keys.", "keys bigint"),
        ("Every table has a `uuid` primary key.", "keys uuid"),
        ("Every table must have a primary key of type `uuid`.", "keys uuid"),
        ("Every table has `created_at` and `updated_at`.", "columns created_at,updated_at"),
        ("All tables must have created_at and updated_at columns.", "columns created_at,updated_at"),
        ("Every table needs a `tenant_id`.", "columns tenant_id"),
        ("Every table has `created_at timestamptz not null default now()`.", "columns created_at"),
        ("`created_at` on every table.", "columns created_at"),
        ("Every table in `public` has row level security.", "quoted"),
        ("Every tenant table has `tenant_id`.", "quoted"),
        ("Every table has a primary key.", "quoted"),
        ("Every table has a comment.", "quoted"),
    ]);
}

#[test]
fn allowed_rules() {
    check(&[
        ("Ignore rule `index/unused`.", "allows index/unused"),
        ("`types/char` is off here.", "allows types/char"),
        ("The rule `types/char` does not apply to this project.", "allows types/char"),
        ("Ignore `node_modules`.", "quoted"),
    ]);
}

#[test]
fn exemptions() {
    check(&[
        ("Tables are plural, except `staff` and `inventory`.", "plural except staff,inventory"),
        ("Tables are plural (except `staff`).", "plural except staff"),
        ("Tables are plural with the exception of `staff`, `news` and `audit_log`.", "plural except staff,news,audit_log"),
        ("Tables are plural. `inventory`, `staff` and `audit_log` may keep their names.", "plural except inventory,staff,audit_log"),
        ("Tables are plural. Exceptions: `staff`, `news`.", "plural except staff,news"),
        ("Tables are plural. `staff` is exempt.", "plural except staff"),
        ("Tables are named in snake_case, plural. `staff` is exempt.", "table snake except staff; plural except staff"),
        // What is exempted cannot be said: the demand is quoted too.
        ("Tables are plural, except in the reporting schema.", "quoted"),
        ("Tables are plural, except legacy ones.", "quoted"),
        ("Tables are plural. Legacy tables are exempt.", "quoted; quoted"),
        ("Tables are plural unless there is a reason.", "quoted"),
        ("Tables are named in snake_case, plural. Exceptions need a review.", "quoted; quoted"),
    ]);
}

#[test]
fn what_is_not_certain_is_quoted() {
    for text in [
        "Use `json`.",
        "We use `json` for settings.",
        "You must use `money`.",
        "Store money as `numeric(12,2)`.",
        "Never store passwords in plain text.",
        "Never use `select *`.",
        "Prices and totals are whole cents, in a column whose name ends in `_cents`.",
        "Prefer `text` over `varchar`.",
        "Avoid `json`.",
        "New tables are plural.",
        "Table names are not plural.",
        "Tables in the `audit` schema are singular.",
        "Table names are never in camelCase.",
        "Names are short.",
        "A migration that has been applied is never edited; write the next one.",
        "Use `varchar` instead of `varchar(255)`.",
        "Never use `serial`; use identity columns.",
        "No real names in test data.",
        "No text without review.",
        "Never use time off as an excuse.",
        "If you have to explain a migration at lunch, it is too clever.",
        "Primary keys are never reused.",
        "Columns are nullable only where needed.",
        "Every table has `created_at`, and every view has a comment.",
    ] {
        assert_eq!(understood(text).replace("quoted; quoted", "quoted"), "quoted", "{text}");
    }
}

#[test]
fn markdown_to_sentences() {
    let text = "---\ntitle: x\n---\n# Rules\n\nFirst one. Second one, e.g. this\ngoes on.\n\n- A bullet\n  continued. And `more. code` here!\n- [ ] Check this\n* Star **bold.** Next\n1. One\n2) Two\n\n```sql\n- not this\n```\n~~~\nnor this.\n~~~\n| a | b |\n|---|---|\n<!-- hidden.\nstill hidden. -->\n> Quoted line.\n***\nLast";
    let lines: Vec<String> = blocks(text)
        .iter()
        .map(|b| b.iter().map(|s| format!("{}:{} {}", s.line, s.column, s.text)).collect::<Vec<_>>().join(" | "))
        .collect();
    expect![[r#"
        6:1 First one. | 6:12 Second one, e.g. this goes on.
        9:3 A bullet continued. | 10:14 And `more. code` here!
        11:7 Check this
        12:3 Star **bold.** | 12:18 Next
        13:4 One
        14:4 Two
        26:3 Quoted line.
        28:1 Last"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn files_in_order_with_places() {
    let check = |files: &[(&str, &str)], expected: Expect| {
        let house = project(files).house;
        let lines: Vec<String> = house
            .sentences
            .iter()
            .map(|s| {
                format!(
                    "{}:{}:{} {} -> {}",
                    s.location.path,
                    s.location.line,
                    s.location.column,
                    s.text,
                    s.rule.as_ref().map_or("quoted".to_owned(), short)
                )
            })
            .collect();
        expected.assert_eq(&lines.join("\n"));
    };
    check(
        &[
            (".claude/rules.md", "# Rules\r\n\r\n- Table names are plural.\r\n- Be kind.\r\n"),
            (".claude/rules/b.md", "Never use `money`."),
            (".claude/rules/a.md", "* Use `jsonb`, never `json`."),
            (".claude/rules/notes.txt", "Never use `xml`."),
            (".claude/settings.json", "{}"),
            ("CLAUDE.md", "- Never use `xml`."),
            ("architrave.toml", "[house]\nrules = [\n  \"Every table has `created_at`. Be brief.\",\n]\n"),
        ],
        expect![[r#"
            .claude/rules.md:3:3 Table names are plural. -> plural
            .claude/rules.md:4:3 Be kind. -> quoted
            .claude/rules/a.md:1:3 Use `jsonb`, never `json`. -> no json, jsonb
            .claude/rules/b.md:1:1 Never use `money`. -> no money
            architrave.toml:3:3 Every table has `created_at`. -> columns created_at
            architrave.toml:3:3 Be brief. -> quoted"#]],
    );
}

#[test]
fn text_cut_anywhere_is_read() {
    let text = "---\nx\n---\n- [ ] **Täbles** are (e.g. `örders`) plural, except `ä`. `ß` may stay.\n```\n1. Never use `varchar(5, 2)`; use `text` instead — “ever”!";
    for (end, _) in text.char_indices() {
        for block in blocks(&text[..end]).iter().chain(&blocks(&text[end..])) {
            understand_block("rules.md", block);
        }
    }
}

#[test]
fn a_long_text_is_read_in_no_time() {
    let text = "never always all the tables use ".repeat(5000);
    assert_eq!(understood(&text), "quoted");
    let text = "always ".repeat(70) + "use `jsonb`, never `json`";
    assert_eq!(understood(&text), "quoted");
}
