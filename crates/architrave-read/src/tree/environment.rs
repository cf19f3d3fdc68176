//! Which files hold environment variables with real values (never opened) and which are templates of them (names are read).

const TEMPLATE_WORDS: &[&str] = &["example", "sample", "template", "dist", "tmpl", "tpl", "defaults", "schema"];

/// A file with variables of an environment that is no template: `.env`, `.env.local`, `db.env`, `.envrc`.
pub(crate) fn is_environment_file(name: &str) -> bool {
    is_environment_like(name) && !has_template_word(name)
}

/// A template: `.env.example`, `.env.sample`, `example.env`, `env.template`.
pub(crate) fn is_environment_template(name: &str) -> bool {
    is_environment_like(name) && has_template_word(name)
}

fn is_environment_like(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.starts_with(".env")
        || has_word(&lower, "env") && (crate::path::has_extension(&lower, "env") || lower.starts_with("env.") || has_template_word(&lower))
}

fn has_template_word(name: &str) -> bool {
    let lower = name.to_lowercase();
    TEMPLATE_WORDS.iter().any(|word| has_word(&lower, word)) && !is_source(&lower)
}

fn has_word(name: &str, word: &str) -> bool {
    name.split(['.', '-', '_']).any(|part| part == word)
}

/// `env.schema.ts` is a program.
fn is_source(name: &str) -> bool {
    ["ts", "js", "mjs", "cjs", "tsx", "py", "rs", "go", "json", "yml", "yaml", "toml", "md", "sql"]
        .iter()
        .any(|ext| crate::path::has_extension(name, ext))
}
