//! Keys and accounts with more rights than a visitor's, where a project's files use them: names of variables, kinds of literals and places. A key that
//! stands in a file is recognised and dropped.

use crate::path;
use crate::tree::Tree;
use architrave_model::privileged_use::{AccountUse, KeyReach, KeyUse, OpenEdgeFunction, PrivilegedUses};
use architrave_model::script::Location;
use std::collections::BTreeSet;

/// Larger files are data or generated.
const MOST_BYTES: usize = 512 * 1024;
/// Bytes read, all files together.
const MOST_BYTES_OF_ALL: usize = 96 * 1024 * 1024;
/// Longer lines are generated code.
const LONGEST_LINE: usize = 4000;
/// Places kept of each kind.
const MOST_PLACES: usize = 50;

/// What builds put into the page that every visitor loads.
const BUNDLED: &[&str] =
    &["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "GATSBY_", "PUBLIC_", "VUE_APP_", "NG_APP_"];
/// How the key's variables are called.
const SERVICE: &[&str] = &["SERVICE_ROLE", "SERVICEROLE", "SUPABASE_SERVICE_KEY", "SUPABASE_SECRET_KEY"];
/// Folders whose code runs in browsers.
const CLIENT_FOLDERS: &[&str] = &["components", "hooks", "screens"];
/// What a function that verifies its callers itself has in its text.
const CHECKS: &[&str] = &[
    "getUser(",
    "getClaims(",
    "jwtVerify(",
    "verifyJWT",
    "constructEvent",
    "createHmac",
    "timingSafeEqual",
    "crypto.subtle",
    "svix",
    "Webhook(",
    "Authorization",
    "authorization",
    "x-api-key",
    "apikey",
    "_SECRET",
    "signature",
];

/// Reads all files that may use one.
pub(super) fn read(tree: &Tree) -> PrivilegedUses {
    let mut found = PrivilegedUses::default();
    let mut left = MOST_BYTES_OF_ALL;
    for file in tree.files().filter(|f| !path::is_sample(f)) {
        let name = path::file_name(&file);
        let template = crate::tree::is_environment_template(name);
        if !(template || is_read(name)) {
            continue;
        }
        let Ok(read) = tree.read(&file) else { continue };
        if read.text.len() > MOST_BYTES.min(left) {
            continue;
        }
        left -= read.text.len();
        found.files += 1;
        if !may_hold(&read.text) {
            continue;
        }
        if template {
            names_of_template(&file, &read.text, &mut found);
        } else {
            uses(&file, &read.text, &mut found);
        }
    }
    for config in tree.named("config.toml").filter(|f| path::file_name(path::parent(f)) == "supabase" || f == "config.toml") {
        edge_functions(tree, &config, &mut found);
    }
    finish(&mut found);
    found
}

fn finish(found: &mut PrivilegedUses) {
    found.keys.sort_by(|a, b| b.reach.cmp(&a.reach).then_with(|| (&a.location, &a.what).cmp(&(&b.location, &b.what))));
    found.keys.dedup_by(|a, b| a.location.path == b.location.path && a.what == b.what);
    found.keys.truncate(MOST_PLACES);
    found.accounts.sort();
    found.accounts.dedup_by(|a, b| a.role == b.role && a.location.path == b.location.path);
    found.accounts.truncate(MOST_PLACES);
    found.edge_functions.sort();
}

fn is_read(name: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts", "vue", "svelte", "astro", "html", "dart", "swift", "kt", "py", "rb", "go",
        "rs", "java", "php", "cs", "json", "yml", "yaml", "toml",
    ];
    let lock = name.contains("lock") || name.contains(".min.");
    !lock && ENDINGS.iter().any(|e| path::has_extension(name, e))
}

/// A quick look, before lines are taken apart.
fn may_hold(text: &str) -> bool {
    text.contains("SERVICE")
        || text.contains("SUPABASE_SECRET_KEY")
        || text.contains("eyJ")
        || text.contains("sb_secret_")
        || text.contains("postgres://")
        || text.contains("postgresql://")
}

fn at(file: &str, line: usize) -> Location {
    Location { path: file.to_owned(), line: u32::try_from(line + 1).unwrap_or(u32::MAX), column: 1 }
}

/// Of a template only names are looked at.
fn names_of_template(file: &str, text: &str, found: &mut PrivilegedUses) {
    for (number, line) in text.lines().enumerate() {
        let name = line.trim().trim_start_matches('#').trim().trim_start_matches("export ").split('=').next().unwrap_or_default().trim();
        if is_bundled_service_key(name) {
            found.keys.push(KeyUse { location: at(file, number), what: name.to_owned(), literal: false, reach: KeyReach::Bundled });
        }
    }
}

fn is_service_key(name: &str) -> bool {
    SERVICE.iter().any(|s| name.contains(s))
        && (name.contains("KEY") || name.contains("TOKEN") || name.contains("SECRET") || name.ends_with("SERVICE_ROLE"))
}

fn is_bundled_service_key(name: &str) -> bool {
    BUNDLED.iter().any(|prefix| name.starts_with(prefix)) && is_service_key(name)
}

fn uses(file: &str, text: &str, found: &mut PrivilegedUses) {
    let client = is_client(file, text);
    let on_the_server = is_program(file, text);
    for (number, line) in text.lines().enumerate().filter(|(_, l)| l.len() <= LONGEST_LINE) {
        let code = line.trim_start();
        let comment = code.starts_with("//") || code.starts_with('*') || code.starts_with("/*");
        for name in line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|w| !comment && is_service_key(w)) {
            let bundled = is_bundled_service_key(name);
            let reach = match bundled {
                true if !client && (on_the_server || is_read_by_node(line, name)) => KeyReach::Named,
                true => KeyReach::Bundled,
                false => KeyReach::Client,
            };
            if bundled || (client && read_from_environment(line, name)) {
                found.keys.push(KeyUse { location: at(file, number), what: name.to_owned(), literal: false, reach });
            }
        }
        if let Some(what) = literal(line) {
            let reach = if client { KeyReach::Bundled } else { KeyReach::Source };
            found.keys.push(KeyUse { location: at(file, number), what: what.to_owned(), literal: true, reach });
        }
        found.accounts.extend(account(line).map(|role| AccountUse { role, location: at(file, number) }));
    }
}

fn read_from_environment(line: &str, name: &str) -> bool {
    line.contains(&format!("env.{name}"))
        || line.contains(&format!("env['{name}']"))
        || line.contains(&format!("env[\"{name}\"]"))
        || line.contains("env.get(")
}

/// Vite and its relatives put `import.meta.env` into the page, and leave `process.env` to Node.
fn is_read_by_node(line: &str, name: &str) -> bool {
    const OF_VITE: &[&str] = &["VITE_", "PUBLIC_"];
    OF_VITE.iter().any(|prefix| name.starts_with(prefix)) && line.contains("process.env") && !line.contains("import.meta")
}

/// Whether the file is a program that somebody starts by hand: it reads its own environment file, or has an interpreter's line.
fn is_program(file: &str, text: &str) -> bool {
    let loads = ["'dotenv", "\"dotenv", "load_dotenv", "loadEnvFile"].iter().any(|how| text.contains(how));
    let on_top = !file.contains('/') && ["mjs", "cjs", "py", "rb"].iter().any(|e| path::has_extension(file, e));
    loads || on_top || text.starts_with("#!") || file.split('/').any(|part| part == "scripts")
}

/// Whether the file says or shows that it runs in browsers.
fn is_client(file: &str, text: &str) -> bool {
    let name = path::file_name(file);
    let server = name.contains("server")
        || file.split('/').any(|part| matches!(part, "api" | "server" | "functions" | "scripts" | "supabase" | "backend" | "workers"));
    if server {
        return false;
    }
    let directive = text.lines().take(8).any(|l| matches!(l.trim().trim_end_matches(';'), "\"use client\"" | "'use client'"));
    let single_file = ["vue", "svelte", "html", "dart", "swift"].iter().any(|e| path::has_extension(name, e));
    let script = ["tsx", "jsx", "ts", "js"].iter().any(|e| path::has_extension(name, e));
    let folder = path::parent(file).split('/').any(|part| CLIENT_FOLDERS.contains(&part));
    directive || single_file || (script && folder && !text.contains("\"use server\"") && !text.contains("'use server'"))
}

/// A key that stands in the line, as its kind.
fn literal(line: &str) -> Option<&'static str> {
    if let Some(rest) = line.split("sb_secret_").nth(1) {
        let length = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).count();
        if length >= 20 && !is_placeholder(rest) {
            return Some("a secret key (sb_secret_)");
        }
    }
    let token = |start: usize| {
        line.get(start..)
            .map(|t| t.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))).next().unwrap_or_default())
    };
    let tokens = line.match_indices("eyJ").filter_map(|(start, _)| token(start));
    tokens.filter(|t| t.split('.').count() == 3).any(is_service_token).then_some("a token of service_role")
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["xxxx", "your", "...", "placeholder", "example"].iter().any(|w| lower.contains(w))
}

/// A token whose payload says `service_role`. The key that every local Supabase has is nobody's secret.
fn is_service_token(token: &str) -> bool {
    let payload = token.split('.').nth(1).and_then(base64url).and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let says = |p: &serde_json::Value, key: &str, value: &str| p.get(key).and_then(|v| v.as_str()) == Some(value);
    payload.is_some_and(|p| says(&p, "role", "service_role") && !says(&p, "iss", "supabase-demo"))
}

fn base64url(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut held) = (Vec::with_capacity(text.len()), 0_u32, 0_u32);
    for byte in text.bytes().filter(|b| *b != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from((bits >> held) & 0xff).unwrap_or_default());
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}

/// The role of a connection string, unless it is a placeholder or leads to the developer's own machine.
fn account(line: &str) -> Option<String> {
    const PLACEHOLDERS: &[&str] = &["user", "username", "db_user", "dbuser", "myuser", "johndoe", "your_user", "name", "usr", "u"];
    let rest = line.split_once("postgres://").or_else(|| line.split_once("postgresql://")).map(|(_, rest)| rest)?;
    let authority = rest.split(['/', '?', '"', '\'', '`', ' ', '\\']).next()?;
    let (credentials, host) = authority.rsplit_once('@')?;
    if ["localhost", "127.0.0.1", "host.docker.internal", "[::1]"].iter().any(|own| host.starts_with(own)) {
        return None;
    }
    let user = credentials.split(':').next()?;
    // Poolers tell projects apart by a suffix.
    let role = user.split('.').next()?;
    let plain = !role.is_empty() && role.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    (plain && !PLACEHOLDERS.contains(&role.to_lowercase().as_str())).then(|| role.to_owned())
}

/// `[functions.NAME] verify_jwt = false` beside what the function's files show.
fn edge_functions(tree: &Tree, config: &str, found: &mut PrivilegedUses) {
    let Ok(file) = tree.read(config) else { return };
    let mut current: Option<String> = None;
    for (number, line) in file.text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(section) = line.strip_prefix('[') {
            let name = section.trim_end_matches(']').strip_prefix("functions.");
            current = name.map(|n| n.trim_matches('"').to_owned());
        } else if let (Some(name), Some((key, value))) = (&current, line.split_once('='))
            && key.trim() == "verify_jwt"
            && value.trim() == "false"
        {
            let folder = path::join(&path::join(path::parent(config), "functions"), name);
            let texts = texts_of(tree, &folder);
            if !texts.is_empty() {
                let service_key = texts.iter().any(|t| SERVICE.iter().any(|s| t.contains(s)));
                let checks = CHECKS
                    .iter()
                    .find(|c| texts.iter().any(|t| code(t).any(|l| l.contains(**c) && !l.contains("Access-Control"))))
                    .map(|c| (*c).to_owned());
                found.edge_functions.push(OpenEdgeFunction { name: name.clone(), location: at(config, number), service_key, checks });
            }
        }
    }
}

/// Lines that are no comments, and not the call that makes the service's own client.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_start).filter(|l| !l.starts_with("//") && !l.starts_with('*') && !SERVICE.iter().any(|s| l.contains(s)))
}

/// The files of a function, and those of its own project that they import.
fn texts_of(tree: &Tree, folder: &str) -> Vec<String> {
    let own = tree.folder(folder).map(|f| f.files.clone()).unwrap_or_default();
    let mut texts = Vec::new();
    let mut imported: BTreeSet<String> = BTreeSet::new();
    for name in own.iter().filter(|n| is_read(n)) {
        let Ok(file) = tree.read(&path::join(folder, name)) else { continue };
        for target in file.text.lines().filter(|l| l.contains("import") || l.contains("from")).filter_map(|l| l.split(['"', '\'']).nth(1)) {
            if let Some(shared) = target.strip_prefix("../") {
                imported.insert(path::join(path::parent(folder), shared));
            }
        }
        texts.push(file.text);
    }
    texts.extend(imported.iter().filter_map(|p| tree.read(p).ok()).map(|f| f.text));
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::project;

    /// `{"alg":"HS256"}` and `{"role":"service_role","iss":"supabase"}`, signed with nothing.
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiaXNzIjoic3VwYWJhc2UifQ.c2ln";

    #[test]
    fn keys_are_found_by_name_and_by_payload_and_never_kept() {
        let client = format!("'use client'\nconst a = process.env.NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY\nconst k = '{TOKEN}'\n");
        let uses = project(&[
            ("app/page.tsx", &client),
            ("app/api/route.ts", "const k = process.env.SUPABASE_SERVICE_ROLE_KEY\n"),
            ("components/list.tsx", "const k = process.env.SUPABASE_SERVICE_ROLE_KEY\n"),
            ("lib/admin.ts", &format!("const k = \"{TOKEN}\"\n")),
            ("tests/a.ts", &format!("const k = \"{TOKEN}\"\n")),
            (".env.example", "SUPABASE_SERVICE_ROLE_KEY=\nVITE_SUPABASE_SERVICE_ROLE_KEY=abc\n"),
            (".env", &format!("VITE_SUPABASE_SERVICE_ROLE_KEY={TOKEN}\n")),
        ])
        .stack
        .privileged;
        let told: Vec<String> =
            uses.keys.iter().map(|k| format!("{:?} {} {}:{}", k.reach, k.what, k.location.path, k.location.line)).collect();
        assert_eq!(
            told,
            [
                "Bundled VITE_SUPABASE_SERVICE_ROLE_KEY .env.example:2",
                "Bundled NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY app/page.tsx:2",
                "Bundled a token of service_role app/page.tsx:3",
                "Client SUPABASE_SERVICE_ROLE_KEY components/list.tsx:1",
                "Source a token of service_role lib/admin.ts:1",
            ]
        );
        assert!(!serde_json::to_string(&uses).unwrap().contains("eyJ"));
    }

    #[test]
    fn demo_keys_anonymous_keys_and_placeholders_are_nothing() {
        let demo = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiaXNzIjoic3VwYWJhc2UtZGVtbyJ9.c2ln";
        let anon = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiIsImlzcyI6InN1cGFiYXNlIn0.c2ln";
        for line in
            [demo, anon, "eyJ", "eyJ.eyJ.x", "sb_secret_xxxxxxxxxxxxxxxxxxxxxxxx", "sb_secret_", "sb_publishable_abcdefghijklmnopqrstuvwx"]
        {
            assert_eq!(literal(line), None, "{line}");
        }
        assert_eq!(literal("key: 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz'"), Some("a secret key (sb_secret_)"));
    }

    #[test]
    fn accounts_are_told_without_password_and_suffix() {
        assert_eq!(account("url = \"postgresql://postgres.abcdef:secret@pooler.example.com:6543/postgres\"").as_deref(), Some("postgres"));
        assert_eq!(account("postgres://app_rw:p%40ss@db/shop").as_deref(), Some("app_rw"));
        for line in [
            "postgres://user:password@localhost/db",
            "postgres://${USER}:x@h/d",
            "postgres://postgres:postgres@localhost:54322/db",
            "postgres://<name>:x@h/d",
        ] {
            assert_eq!(account(line), None, "{line}");
        }
    }

    #[test]
    fn open_edge_functions_are_told_with_what_they_check() {
        let config = "[functions.hook]\nverify_jwt = false\n[functions.open]\nverify_jwt = false # public\n[functions.shut]\nverify_jwt = true\n[functions.shared]\nverify_jwt = false\n";
        let key = "const k = Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')\n";
        let uses = project(&[
            ("supabase/config.toml", config),
            ("supabase/functions/hook/index.ts", &format!("{key}const e = stripe.webhooks.constructEvent(body)\n")),
            (
                "supabase/functions/open/index.ts",
                &format!("// Authorization is not needed\n{key}'Access-Control-Allow-Headers': 'authorization'\n"),
            ),
            ("supabase/functions/shut/index.ts", key),
            ("supabase/functions/shared/index.ts", &format!("import {{ who }} from '../_shared/who.ts'\n{key}")),
            ("supabase/functions/_shared/who.ts", "export const who = (c) => c.auth.getUser()\n"),
            ("supabase/migrations/20240101000000_a.sql", "create table t (id int);"),
        ])
        .stack
        .privileged;
        let told: Vec<String> =
            uses.edge_functions.iter().map(|f| format!("{} {} {:?} {}", f.name, f.service_key, f.checks, f.location.line)).collect();
        assert_eq!(told, ["hook true Some(\"constructEvent\") 2", "open true None 4", "shared true Some(\"getUser(\") 8"]);
    }
}
