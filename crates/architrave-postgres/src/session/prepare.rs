//! Turns the text of a `.sql` file into the query for one server: version markers, and a few words that stand for conditions.
//!
//! A line that ends with `--@ >=15` or `--@ >=13 <17` is kept for those versions only. `:user_schema(n)` is true for rows `n` of
//! `pg_namespace` that are not the system's; `:relation(oid)` and `:function(name)` for those that are wanted where a part of the
//! catalogue is read (then they are the parameters `$1` and `$2`); `:unlocked(oid)` for objects that no other session's exclusive lock affects;
//! `:alive(oid)` for relations that nobody dropped since our snapshot was taken; `:openable(oid)` for both; `:portion(oid)` for this
//! message's share of a query that is sent in several; `:members(pg_class)` is the objects of that catalogue that an extension owns.

use architrave_model::name::quote_literal;

/// What to do about relations that another session holds exclusively.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum LockCare {
    /// Wait for them, up to the time-out.
    #[default]
    Wait,
    /// Leave these relations out of everything that would open them.
    Avoid(Vec<u32>),
    /// Open no relation at all.
    OpenNothing,
}

/// What the words stand for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    /// What the markers compare with: the server's major version, or an extension's version where its file says so.
    pub(crate) version: u16,
    /// Schemas that the user wants left out.
    pub(crate) exclude_schemas: Vec<String>,
    /// Only a part is wanted, which the parameters of the query tell.
    pub(crate) is_part: bool,
    /// Locked relations.
    pub(crate) lock_care: LockCare,
    /// Which portion of how many.
    pub(crate) portion: (u32, u32),
    /// The qualified and quoted name of `pg_stat_statements`.
    pub(crate) statements: String,
}

/// The query for one server.
pub(crate) fn prepare(text: &str, words: &Words) -> String {
    let mut query = String::with_capacity(text.len());
    for line in lines_for(text, words.version) {
        expand(line.trim_end(), words, &mut query);
        query.push('\n');
    }
    query
}

/// A query about tables of a server of ours that has no other words than these; every row of its answer is one JSON object.
pub(crate) fn table_query(text: &str, major: u16) -> String {
    let words = Words { version: major, ..Words::default() };
    format!("select row_to_json(q)::text from (\n{}) q", prepare(text, &words))
}

/// The lines that stay for one version, without comments.
pub(crate) fn lines_for(text: &str, version: u16) -> impl Iterator<Item = &str> {
    text.lines().filter_map(move |line| match line.split_once("--@") {
        Some((body, marker)) => applies(marker, version).then_some(body),
        None => (!line.trim_start().starts_with("--")).then_some(line),
    })
}

/// Whether every condition of a marker (`>=13 <17`) holds.
fn applies(marker: &str, version: u16) -> bool {
    marker.split_whitespace().all(|condition| {
        let bound = |text: &str| text.parse::<u16>().ok();
        if let Some(least) = condition.strip_prefix(">=").and_then(bound) {
            version >= least
        } else if let Some(limit) = condition.strip_prefix('<').and_then(bound) {
            version < limit
        } else {
            false
        }
    })
}

/// Replaces the words of one line.
fn expand(line: &str, words: &Words, query: &mut String) {
    let mut rest = line;
    while let Some(at) = rest.find(':') {
        query.push_str(&rest[..at]);
        let tail = &rest[at..];
        rest = if let Some(after) = tail.strip_prefix("::") {
            query.push_str("::");
            after
        } else if let Some(after) = tail.strip_prefix(":statements") {
            query.push_str(&words.statements);
            after
        } else if let Some((word, argument, after)) = call(tail) {
            query.push_str(&condition(word, argument, words));
            after
        } else {
            query.push(':');
            &tail[1..]
        };
    }
    query.push_str(rest);
}

/// Splits `:word(argument)rest`.
fn call(tail: &str) -> Option<(&str, &str, &str)> {
    let (word, rest) = tail.strip_prefix(':')?.split_once('(')?;
    let (argument, after) = rest.split_once(')')?;
    (!word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')).then_some((word, argument, after))
}

fn condition(word: &str, argument: &str, words: &Words) -> String {
    match word {
        "user_schema" => {
            let mut condition = format!("{argument}.nspname not like 'pg\\_%' and {argument}.nspname <> 'information_schema'");
            for schema in &words.exclude_schemas {
                let other = format!(" and {argument}.nspname <> {}", quote_literal(schema));
                condition.push_str(&other);
            }
            format!("({condition})")
        }
        "relation" if words.is_part => format!("({argument} = any ($1))"),
        "function" if words.is_part => format!("({argument} = any ($2))"),
        "relation" | "function" => "true".to_owned(),
        "unlocked" => match &words.lock_care {
            LockCare::Wait => "true".to_owned(),
            LockCare::Avoid(relations) if relations.is_empty() => "true".to_owned(),
            LockCare::Avoid(relations) => {
                let list: Vec<String> = relations.iter().map(u32::to_string).collect();
                format!("({argument} <> all ('{{{}}}'::oid[]))", list.join(","))
            }
            LockCare::OpenNothing => "false".to_owned(),
        },
        // Our snapshot still shows what was dropped since; this function looks at the catalogue as it is now.
        "alive" => match words.lock_care {
            LockCare::Wait => "true".to_owned(),
            LockCare::Avoid(_) | LockCare::OpenNothing => format!("(pg_table_is_visible({argument}) is not null)"),
        },
        "openable" => format!("({} and {})", condition("alive", argument, words), condition("unlocked", argument, words)),
        "portion" => match words.portion {
            (_, 0 | 1) => "true".to_owned(),
            (number, of) => format!("({argument}::int8 % {of} = {number})"),
        },
        "members" => format!(
            "(select m.objid, x.extname from pg_catalog.pg_extension x join pg_catalog.pg_depend m \
             on m.refclassid = 'pg_catalog.pg_extension'::regclass and m.refobjid = x.oid and m.deptype = 'e' \
             and m.classid = 'pg_catalog.{argument}'::regclass)"
        ),
        _ => format!(":{word}({argument})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(version: u16) -> Words {
        Words { version, ..Words::default() }
    }

    #[test]
    fn lines_are_kept_for_their_versions_only() {
        let text = "-- what this is\nselect a,\n  b, --@ >=15\n  c, --@ >=13 <17\n  d --@ <13\n";
        assert_eq!(prepare(text, &words(12)), "select a,\n  d\n");
        assert_eq!(prepare(text, &words(13)), "select a,\n  c,\n");
        assert_eq!(prepare(text, &words(16)), "select a,\n  b,\n  c,\n");
        assert_eq!(prepare(text, &words(18)), "select a,\n  b,\n");
    }

    #[test]
    fn a_marker_that_is_not_understood_drops_its_line() {
        assert_eq!(prepare("a --@ 15\nb --@ >=x\n", &words(15)), "");
    }

    #[test]
    fn words_become_conditions_and_casts_stay() {
        let mut words = words(15);
        words.exclude_schemas = vec!["it's".into()];
        assert_eq!(
            prepare("x::int8 and :user_schema(rn)", &words).trim_end(),
            "x::int8 and (rn.nspname not like 'pg\\_%' and rn.nspname <> 'information_schema' and rn.nspname <> 'it''s')"
        );
        assert_eq!(prepare(":unlocked(c.oid) :portion(c.oid)", &words).trim_end(), "true true");
        words.lock_care = LockCare::Avoid(vec![7, 9]);
        words.portion = (1, 3);
        assert_eq!(prepare(":unlocked(c.oid) :portion(c.oid)", &words).trim_end(), "(c.oid <> all ('{7,9}'::oid[])) (c.oid::int8 % 3 = 1)");
        words.lock_care = LockCare::OpenNothing;
        assert_eq!(prepare(":unlocked(c.oid)", &words).trim_end(), "false");
        words.lock_care = LockCare::Avoid(vec![7]);
        assert_eq!(
            prepare(":openable(c.oid)", &words).trim_end(),
            "((pg_table_is_visible(c.oid) is not null) and (c.oid <> all ('{7}'::oid[])))"
        );
    }

    #[test]
    fn a_part_is_told_by_parameters() {
        let mut words = words(15);
        assert_eq!(prepare(":relation(c.oid) :function(p.proname)", &words).trim_end(), "true true");
        words.is_part = true;
        assert_eq!(prepare(":relation(c.oid) :function(p.proname)", &words).trim_end(), "(c.oid = any ($1)) (p.proname = any ($2))");
    }

    #[test]
    fn every_file_is_asked_and_leaves_no_word_on_any_major() {
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for folder in ["catalog", "stats", "settings", "session"] {
            let paths = || std::fs::read_dir(source.join(folder)).unwrap().map(|entry| entry.unwrap().path());
            let with = |extension: &'static str| paths().filter(move |path| path.extension().is_some_and(|e| e == extension));
            let code: String = with("rs").chain([source.join("read.rs")]).map(|path| std::fs::read_to_string(path).unwrap()).collect();
            for path in with("sql") {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                assert!(code.contains(&format!("{name}\")")), "nobody asks {folder}/{name}");
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(text.starts_with("-- "), "{folder}/{name} says what it asks");
                for version in 12..=18 {
                    let query = prepare(&text, &words(version)).replace("::", "");
                    assert!(!query.contains("--") && !query.contains(" :"), "{folder}/{name} for {version}: {query}");
                }
            }
        }
    }
}
