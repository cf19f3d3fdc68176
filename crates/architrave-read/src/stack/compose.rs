//! Images of compose files and Dockerfiles, line by line: only `image:` and `FROM` lines are looked at, so no secret can be.

use super::{Facts, products};
use architrave_model::stack::StackKind;

pub(super) fn compose(text: &str, path: &str, facts: &mut Facts) {
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if let Some(value) = line.strip_prefix("image:") {
            image(value.trim().trim_matches(['"', '\'']), path, facts);
        }
    }
}

pub(super) fn dockerfile(text: &str, path: &str, facts: &mut Facts) {
    facts.add(StackKind::Hosting, "Docker", None, path);
    for line in text.lines() {
        let mut words = line.split_whitespace();
        if words.next().is_some_and(|w| w.eq_ignore_ascii_case("from"))
            && let Some(name) = words.find(|w| !w.starts_with("--"))
        {
            image(name, path, facts);
        }
    }
}

/// `registry/owner/name:tag@digest`, with `${NAME:-default}` read as its default.
fn image(text: &str, path: &str, facts: &mut Facts) {
    let text = with_defaults(text);
    let text = text.split('@').next().unwrap_or_default();
    let (repository, tag) = match text.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (text, None),
    };
    let name = repository.rsplit('/').next().unwrap_or_default();
    let found = products::of(products::IMAGES, name);
    for (kind, product) in found {
        facts.add(*kind, product, tag.map(str::to_owned), path);
    }
    if repository == "supabase/postgres" {
        facts.add(StackKind::Database, "Supabase", None, path);
    }
}

fn with_defaults(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(end) = rest[start..].find('}').map(|n| start + n) else { break };
        out.push_str(&rest[..start]);
        let inside = &rest[start + 2..end];
        let default = inside.split_once(":-").or_else(|| inside.split_once('-')).map(|(_, default)| default);
        out.push_str(default.unwrap_or(&rest[start..=end]));
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

/// The major version of PostgreSQL that an image tag names: `16-alpine`, `0.8.0-pg17`, `pg16`, `15.1.0.117`.
pub(crate) fn postgres_major(tag: &str) -> Option<u16> {
    let number = |text: &str| text.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u16>().ok();
    let major = match tag.find("pg") {
        Some(at) => number(&tag[at + 2..]),
        None => number(tag.trim_start_matches('v')),
    };
    major.filter(|m| (9..=99).contains(m))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn majors_of_tags() {
        for (tag, major) in [("16-alpine", 16), ("0.8.0-pg17", 17), ("pg16", 16), ("15.1.0.117", 15), ("latest-pg14", 14), ("16-3.4", 16)] {
            assert_eq!(postgres_major(tag), Some(major), "{tag}");
        }
        assert_eq!(postgres_major("latest"), None);
        assert_eq!(postgres_major("${PG}"), None);
    }

    #[test]
    fn defaults_are_read() {
        assert_eq!(with_defaults("postgres:${PG_VERSION:-16}-alpine"), "postgres:16-alpine");
        assert_eq!(with_defaults("${IMAGE:-postgres:15}"), "postgres:15");
        assert_eq!(with_defaults("postgres:${PG}"), "postgres:${PG}");
    }
}
