//! Scaffolds a rule: two files and its lines in the registry, sorted in.

use anyhow::{Context as _, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// Where the rules' sources are, from the root.
const SOURCES: &str = "crates/architrave-rules/src";
/// Longest line, as in `rustfmt.toml`.
const WIDTH: usize = 140;

/// Writes the files of the rule `group/name`; gives the files that were written or changed.
pub(crate) fn scaffold(root: &Path, id: &str) -> anyhow::Result<Vec<PathBuf>> {
    let (group, name) = id.split_once('/').context("an id is group/problem-name")?;
    check_id(group, name)?;
    let sources = root.join(SOURCES);
    let module = name.replace('-', "_");
    let folder = sources.join("rules").join(group);
    let (rule, page) = (folder.join(format!("{module}.rs")), folder.join(format!("{module}.md")));
    ensure!(!rule.exists() && !page.exists(), "{id} exists already: {}", rule.display());
    let mut written = Vec::new();
    let group_file = folder.join("mod.rs");
    if !group_file.exists() {
        written.extend(new_group(&sources, &folder, group)?);
    }
    edit(&group_file, |text| {
        let text = with_sorted_line(&text, &format!("mod {module};"), "mod ");
        with_rule(&text, &module)
    })?;
    fs::write(&rule, source(id, &module)).with_context(|| format!("cannot write {}", rule.display()))?;
    fs::write(&page, page_text(name)).with_context(|| format!("cannot write {}", page.display()))?;
    written.extend([rule, page, group_file]);
    Ok(written)
}

fn check_id(group: &str, name: &str) -> anyhow::Result<()> {
    let is_kebab = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.split('-').all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
    };
    ensure!(is_kebab(group) && is_kebab(name), "an id is group/problem-name in lower case, words with hyphens between them");
    ensure!(!group.contains('-'), "a group is one word");
    if let Some(word) = ["no-", "ban-", "prefer-", "require-", "missing-"].iter().find(|word| name.starts_with(**word)) {
        bail!("a name says the problem (foreign-key-unindexed), so that allowing it reads right; {name} starts with {word}");
    }
    Ok(())
}

/// The group's folder, its `mod.rs` and its two lines.
fn new_group(sources: &Path, folder: &Path, group: &str) -> anyhow::Result<Vec<PathBuf>> {
    let (all, registry, own) = (sources.join("rules/mod.rs"), sources.join("registry.rs"), folder.join("mod.rs"));
    let module = identifier(group);
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let text = format!(
        "//! Rules on {group}.\n\nuse architrave_model::Rule;\n\n/// All of them, by id.\npub(crate) static RULES: &[&Rule] = &[];\n"
    );
    fs::write(&own, text).with_context(|| format!("cannot write {}", own.display()))?;
    edit(&all, |text| Ok(with_sorted_line(&text, &format!("pub(crate) mod {module};"), "pub(crate) mod ")))?;
    let line = format!("    Group {{ name: \"{group}\", rules: rules::{module}::RULES }},");
    edit(&registry, |text| Ok(with_sorted_line(&text, &line, "    Group { name: ")))?;
    Ok(vec![all, registry])
}

/// A group's or rule's name as a module: keywords of Rust need `r#`.
fn identifier(name: &str) -> String {
    if ["type", "match", "move", "loop", "static", "use", "where", "trait", "enum", "const", "ref", "box"].contains(&name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

fn edit(path: &Path, change: impl FnOnce(String) -> anyhow::Result<String>) -> anyhow::Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let changed = change(text).with_context(|| format!("{} does not look as expected", path.display()))?;
    fs::write(path, changed).with_context(|| format!("cannot write {}", path.display()))
}

/// Puts a line among those that start alike, in order (`r#` counts for nothing); where there are none, before the first `use`.
fn with_sorted_line(text: &str, line: &str, start: &str) -> String {
    let key = |line: &str| line.replace("r#", "");
    let mut lines: Vec<&str> = text.lines().collect();
    let alike: Vec<usize> = (0..lines.len()).filter(|n| lines[*n].starts_with(start)).collect();
    let next = alike.iter().copied().find(|n| key(lines[*n]) > key(line));
    let at = next.or_else(|| alike.last().map(|last| last + 1)).unwrap_or_else(|| {
        let at = lines.iter().position(|l| l.starts_with("use ")).unwrap_or(lines.len());
        lines.insert(at, "");
        at
    });
    lines.insert(at, line);
    lines.join("\n") + "\n"
}

/// Puts a rule into `RULES`, sorted, laid out as rustfmt does.
fn with_rule(text: &str, module: &str) -> anyhow::Result<String> {
    const HEAD: &str = "pub(crate) static RULES: &[&Rule] = &[";
    let text = text.replace("&[&Rule] =\n    &[", "&[&Rule] = &[");
    let start = text.find(HEAD).with_context(|| format!("no `{HEAD}`"))?;
    let inside = start + HEAD.len();
    let length = text[inside..].find("];").context("RULES does not end")?;
    let new = format!("&{module}::RULE");
    let mut rules: Vec<&str> = text[inside..inside + length].split(',').map(str::trim).filter(|rule| !rule.is_empty()).collect();
    rules.push(&new);
    rules.sort_unstable();
    let head = HEAD.trim_end_matches(" &[");
    let on_one_line = format!("&[{}];", rules.join(", "));
    let list = if head.len() + 1 + on_one_line.len() <= WIDTH {
        format!("{head} {on_one_line}")
    } else if 4 + on_one_line.len() <= WIDTH {
        format!("{head}\n    {on_one_line}")
    } else {
        format!("{HEAD}\n    {},\n];", rules.join(",\n    "))
    };
    Ok(format!("{}{list}{}", &text[..start], &text[inside + length + 2..]))
}

fn source(id: &str, module: &str) -> String {
    format!(
        r#"//! `{id}`: see `{module}.md` for the rule's page.

use architrave_model::finding::{{Confidence, Effort, Severity}};
use architrave_model::rule::{{Area, Draft}};
use architrave_model::scope::Scope;
use architrave_model::{{Catalog, Check, Context, ObjectRef, Rule, Sink}};

pub(crate) static RULE: Rule = Rule {{
    id: "{id}",
    summary: "what is wrong, in one line without full stop",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("{module}.md"),
    check: Check::Catalog(check),
}};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {{
    for table in Scope::of(catalog, context).tables() {{
        if table.columns.is_empty() {{
            let message = format!("{{}} has no columns", table.name);
            sink.report(Draft::new(ObjectRef::table(&table.name), message, "Why it matters, in full sentences."));
        }}
    }}
}}
"#
    )
}

fn page_text(name: &str) -> String {
    let mut title = name.replace('-', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!(
        "# {title}\n\n## What it checks\n\nThe exact condition, and what is left alone.\n\n## Why it matters\n\nThe effect on correctness, locks or time, with the \
         manual's fact.\n\n## Example\n\n```sql bad\ncreate table things ();\n```\n\n```finding\npublic.things has no columns\n```\n\n```sql \
         good\ncreate table things (id bigint primary key);\n```\n\n## When to allow it\n\nThe case in which it is right.\n\n## References\n\n- \
         [CREATE TABLE](https://www.postgresql.org/docs/current/sql-createtable.html)\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A copy of the rules' registry, as far as scaffolding touches it.
    fn small_house() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let rules = root.path().join(SOURCES).join("rules");
        fs::create_dir_all(rules.join("index")).unwrap();
        fs::write(rules.join("mod.rs"), "//! The rules.\n\npub(crate) mod index;\npub(crate) mod view;\n").unwrap();
        let group = "//! Rules on indexes.\n\nmod duplicate;\nmod unused;\n\nuse architrave_model::Rule;\n\n/// All.\npub(crate) static RULES: &[&Rule] = &[&duplicate::RULE, &unused::RULE];\n";
        fs::write(rules.join("index/mod.rs"), group).unwrap();
        let registry = "pub static GROUPS: &[Group] = &[\n    Group { name: \"index\", rules: rules::index::RULES },\n    Group { name: \"view\", rules: rules::view::RULES },\n];\n";
        fs::write(root.path().join(SOURCES).join("registry.rs"), registry).unwrap();
        root
    }

    fn read(root: &tempfile::TempDir, path: &str) -> String {
        fs::read_to_string(root.path().join(SOURCES).join(path)).unwrap()
    }

    #[test]
    fn a_rule_of_a_known_group_costs_two_files_and_two_lines() {
        let root = small_house();
        let written = scaffold(root.path(), "index/foreign-key-unindexed").unwrap();
        assert_eq!(written.len(), 3);
        let group = read(&root, "rules/index/mod.rs");
        assert!(group.contains("mod duplicate;\nmod foreign_key_unindexed;\nmod unused;\n"), "{group}");
        assert!(group.contains("&[&duplicate::RULE, &foreign_key_unindexed::RULE, &unused::RULE];"), "{group}");
        let rule = read(&root, "rules/index/foreign_key_unindexed.rs");
        assert!(rule.starts_with("//! `index/foreign-key-unindexed`: see"), "{rule}");
        assert!(rule.contains("include_str!(\"foreign_key_unindexed.md\")"), "{rule}");
        assert!(read(&root, "rules/index/foreign_key_unindexed.md").starts_with("# Foreign key unindexed\n"));
    }

    #[test]
    fn a_new_group_is_registered_in_order_and_keywords_are_escaped() {
        let root = small_house();
        scaffold(root.path(), "type/char-padded").unwrap();
        assert!(read(&root, "rules/mod.rs").ends_with("pub(crate) mod index;\npub(crate) mod r#type;\npub(crate) mod view;\n"));
        let registry = read(&root, "registry.rs");
        let index = registry.find("\"index\"").unwrap();
        let new = registry.find("Group { name: \"type\", rules: rules::r#type::RULES },").unwrap();
        assert!(index < new && new < registry.find("\"view\"").unwrap());
        let group = read(&root, "rules/type/mod.rs");
        assert!(group.contains("\nmod char_padded;\n\nuse architrave_model::Rule;\n"), "{group}");
        assert!(group.contains("&[&char_padded::RULE];"), "{group}");
    }

    #[test]
    fn long_lists_are_laid_out_as_rustfmt_does() {
        let text = |names: &str| format!("pub(crate) static RULES: &[&Rule] = &[{names}];\n");
        let short = with_rule(&text("&b::RULE"), "a").unwrap();
        assert_eq!(short, text("&a::RULE, &b::RULE"));
        let two = "&a_rule_with_quite_a_long_name_indeed::RULE, &b_rule_with_quite_a_long_name::RULE";
        let longer = with_rule(&text(two), "c_rule_with_a_name").unwrap();
        assert!(longer.contains("=\n    &[&a_rule") && longer.ends_with("::RULE, &c_rule_with_a_name::RULE];\n"), "{longer}");
        let longest = with_rule(&text(&format!("{two}, &c_rule_with_quite_a_long_name::RULE")), "d_rule_with_a_name").unwrap();
        assert!(longest.contains("= &[\n    &a_rule") && longest.ends_with("    &d_rule_with_a_name::RULE,\n];\n"), "{longest}");
    }

    #[test]
    fn ids_that_do_not_name_a_problem_are_refused() {
        let root = small_house();
        for id in
            ["index", "index/", "Index/Unused", "index/no-duplicates", "index/missing-index", "in-dex/unused", "index/a--b", "index/../x"]
        {
            assert!(scaffold(root.path(), id).is_err(), "{id}");
        }
        scaffold(root.path(), "index/bloated").unwrap();
        assert!(scaffold(root.path(), "index/bloated").unwrap_err().to_string().contains("exists already"));
    }
}
