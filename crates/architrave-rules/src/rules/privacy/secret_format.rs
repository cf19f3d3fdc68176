//! Recognises secrets by the formats that their issuers give them. Says which format, never the text.

use crate::body::{Token, tokens};

/// Prefix, how many characters follow at least, whether they may be other than letters and digits, and what it is.
const PREFIXES: &[(&str, usize, &str)] = &[
    ("sk_live_", 16, "a Stripe secret key"),
    ("rk_live_", 16, "a Stripe restricted key"),
    ("whsec_", 24, "a webhook signing secret"),
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("ghp_", 30, "a GitHub token"),
    ("gho_", 30, "a GitHub token"),
    ("ghs_", 30, "a GitHub token"),
    ("github_pat_", 30, "a GitHub token"),
    ("glpat-", 20, "a GitLab token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("SG.", 40, "a SendGrid key"),
    ("AIza", 35, "a Google API key"),
    ("sb_secret_", 20, "a Supabase secret key"),
    ("npm_", 36, "an npm token"),
];

/// Functions whose second argument is a key.
const KEYED: &[&str] =
    &["pgp_sym_encrypt", "pgp_sym_decrypt", "pgp_sym_encrypt_bytea", "pgp_sym_decrypt_bytea", "encrypt", "decrypt", "hmac", "sign"];

/// What a text holds, sorted and each once.
pub(super) fn found(text: &str) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    // Nothing shorter is a secret of these formats; most defaults and comments end here.
    if text.len() < 16 {
        return kinds;
    }
    for (prefix, least, kind) in PREFIXES {
        if text.match_indices(prefix).any(|(at, _)| is_token(text, at, prefix.len(), *least)) {
            kinds.push(*kind);
        }
    }
    if text.contains("PRIVATE KEY-----") && text.contains("-----BEGIN") {
        kinds.push("a private key");
    }
    if text.match_indices("://").any(|(at, _)| has_password(text, at)) {
        kinds.push("a connection string with a password");
    }
    if text.match_indices("eyJ").any(|(at, _)| is_json_web_token(text, at)) {
        kinds.push("a JSON web token");
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The same for SQL, where a key may also stand as a literal argument.
pub(super) fn found_in_sql(text: &str) -> Vec<&'static str> {
    let mut kinds = found(text);
    if KEYED.iter().any(|name| text.contains(name)) && literal_key(&tokens(text)) {
        kinds.push("an encryption key");
    }
    kinds
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | '=')
}

/// A prefix at the beginning of a word, with enough of the rest, in which there is a digit: an example has `xxxx`.
fn is_token(text: &str, at: usize, prefix: usize, least: usize) -> bool {
    let starts = !text.get(..at).unwrap_or_default().ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let rest = text.get(at + prefix..).unwrap_or_default();
    let rest = rest.get(..rest.find(|c| !word(c)).unwrap_or(rest.len())).unwrap_or_default();
    let mut distinct: Vec<char> = rest.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    starts && rest.len() >= least && distinct.len() >= 8 && rest.contains(|c: char| c.is_ascii_digit())
}

/// `scheme://user:password@host`, with a password that is no placeholder.
fn has_password(text: &str, at: usize) -> bool {
    let rest = text.get(at + 3..).unwrap_or_default();
    let rest =
        rest.get(..rest.find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '/' | ')')).unwrap_or(rest.len())).unwrap_or_default();
    let Some((login, _)) = rest.rsplit_once('@') else { return false };
    let Some((user, password)) = login.split_once(':') else { return false };
    let placeholder = ["password", "pass", "secret", "xxx", "***", "changeme", "your"].iter().any(|p| password.to_lowercase().contains(p))
        || password.starts_with(['<', '$', '{', '%', '[', ':']);
    !user.is_empty() && password.len() >= 4 && !placeholder
}

/// Three parts, of which the second says that it is not for everybody: keys that a browser gets (`anon`) are no secrets.
fn is_json_web_token(text: &str, at: usize) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    let rest = rest.get(..rest.find(|c| !word(c)).unwrap_or(rest.len())).unwrap_or_default();
    let mut parts = rest.split('.');
    let (Some(head), Some(payload), Some(signature)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let long = head.len() >= 16 && payload.len() >= 16 && signature.len() >= 20 && payload.starts_with("eyJ");
    let payload = decoded(payload);
    // The second is the key that every local Supabase comes with: published, and replaced in production.
    long && !payload.contains("\"role\":\"anon\"") && !payload.contains("supabase-demo")
}

/// The text of base64 (the URL's alphabet); what is no text is dropped.
fn decoded(text: &str) -> String {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => Some(u32::from(c - b'A')),
        b'a'..=b'z' => Some(u32::from(c - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(c - b'0') + 52),
        b'-' | b'+' => Some(62),
        b'_' | b'/' => Some(63),
        _ => None,
    };
    let (mut out, mut bits, mut held) = (String::new(), 0_u32, 0);
    for value in text.bytes().filter_map(digit) {
        bits = (bits << 6 | value) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.extend(char::from_u32(bits >> held & 0xff).filter(|c| !c.is_whitespace()));
        }
    }
    out
}

/// `pgp_sym_encrypt(value, 'literal')`.
fn literal_key(body: &[Token]) -> bool {
    body.windows(2).enumerate().any(|(at, pair)| {
        let called = matches!(pair, [name, open] if name.word().is_some_and(|w| KEYED.contains(&w)) && open.is_sign("("));
        called && second_argument(body, at + 2).is_some_and(|text| text.len() >= 6)
    })
}

/// The second argument of a call, when it is a literal.
fn second_argument(body: &[Token], start: usize) -> Option<&str> {
    let mut depth = 0;
    for at in start..body.len() {
        match body.get(at)? {
            t if t.is_sign("(") => depth += 1,
            t if t.is_sign(")") && depth == 0 => return None,
            t if t.is_sign(")") => depth -= 1,
            t if t.is_sign(",") && depth == 0 => {
                return if let Token::Text(text) = body.get(at + 1)? { Some(text) } else { None };
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that no scanner takes this file for a leak.
    fn stripe() -> String {
        format!("sk_{}_{}", "live", "4eC39HqLyjWDarjtT1zdp7dc")
    }

    #[test]
    fn formats_are_known_and_examples_are_none() {
        assert_eq!(found(&format!("key := '{}'", stripe())), ["a Stripe secret key"]);
        assert_eq!(found("sk_live_xxxxxxxxxxxxxxxxxxxxxxxx or sk_test_4eC39HqLyjWDarjtT1zdp7dc"), Vec::<&str>::new());
        assert_eq!(found("dblink('postgres://app:Tr0ub4dor@db.internal/shop')"), ["a connection string with a password"]);
        for harmless in
            ["postgres://app:password@localhost/x", "https://example.org/a:b@c", "postgres://$USER:$PASS@h", "http://host:8080/x@y"]
        {
            assert_eq!(found(harmless), Vec::<&str>::new(), "{harmless}");
        }
    }

    #[test]
    fn a_web_token_for_everybody_is_no_secret() {
        let token = |payload: &str| format!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{payload}.c2lnbmF0dXJlc2lnbmF0dXJlc2ln");
        // {"role":"service_role"} and {"role":"anon","iss":"x"}
        assert_eq!(found(&token("eyJyb2xlIjoic2VydmljZV9yb2xlIn0")), ["a JSON web token"]);
        assert_eq!(found(&token("eyJyb2xlIjoiYW5vbiIsImlzcyI6IngifQ")), Vec::<&str>::new());
    }

    #[test]
    fn a_literal_key_is_told_from_one_that_comes_from_elsewhere() {
        assert_eq!(found_in_sql("select pgp_sym_encrypt(f(a, b), 'correct horse')"), ["an encryption key"]);
        assert_eq!(found_in_sql("select pgp_sym_encrypt(a, current_setting('app.key')), hmac(a, key, 'sha256')"), Vec::<&str>::new());
    }
}
