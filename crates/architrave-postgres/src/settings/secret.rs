//! Hides what looks like a secret in the value of a setting, before it can reach any output.

/// What stands in place of a secret.
const HIDDEN: &str = "<hidden>";

/// Words in the name of a setting of somebody's own (`app.jwt_secret`) that say that its value is a secret.
const SECRET_WORDS: [&str; 10] = ["secret", "password", "passwd", "passphrase", "token", "jwt", "credential", "apikey", "api_key", "_key"];

/// Words before `=` or `:` in a command or a connection string that say so.
const SECRET_KEYS: [&str; 7] = ["password", "passwd", "secret", "token", "access_key", "api_key", "credential"];

/// Hides the value of a setting when it is a secret, or the secret parts of it.
pub(crate) fn hide(name: &str, value: &mut String) {
    if value.is_empty() {
        return;
    }
    let name = name.to_ascii_lowercase();
    let own = name.contains('.');
    if name == "primary_conninfo" || name == "ssl_passphrase_command" || (own && SECRET_WORDS.iter().any(|word| name.contains(word))) {
        HIDDEN.clone_into(value);
    } else if own || name.ends_with("_command") {
        *value = without_secrets(value);
    }
}

/// The same for `name=value`.
pub(crate) fn hide_secret_of(entry: &mut String) {
    if let Some((name, value)) = entry.split_once('=') {
        let mut hidden = value.to_owned();
        hide(name, &mut hidden);
        if hidden != value {
            *entry = format!("{name}={hidden}");
        }
    }
}

/// Hides the words that follow `password=`, `…_SECRET_KEY=` and the like, and the password of a URL.
fn without_secrets(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let space = &word[bare.len()..];
        match (bare.split_once('='), url_password(bare)) {
            (Some((key, value)), _) if !value.is_empty() && SECRET_KEYS.iter().any(|k| key.to_ascii_lowercase().contains(k)) => {
                result.extend([key, "=", HIDDEN]);
            }
            (_, Some((before, after))) => result.extend([before, HIDDEN, after]),
            _ => result.push_str(bare),
        }
        result.push_str(space);
    }
    result
}

/// Splits `scheme://user:password@host` around the password.
fn url_password(word: &str) -> Option<(&str, &str)> {
    let start = word.find("://")? + 3;
    let end = start + word[start..].find('@')?;
    let colon = start + word[start..end].find(':')?;
    Some((&word[..=colon], &word[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(name: &str, value: &str) -> String {
        let mut value = value.to_owned();
        hide(name, &mut value);
        value
    }

    #[test]
    fn secrets_are_hidden_and_the_rest_stays() {
        assert_eq!(hidden("primary_conninfo", "host=a password=b"), "<hidden>");
        assert_eq!(hidden("app.settings.jwt_secret", "abc"), "<hidden>");
        assert_eq!(hidden("app.settings.jwt_exp", ""), "");
        assert_eq!(hidden("app.mode", "fast"), "fast");
        assert_eq!(hidden("archive_command", "cp %p /wal/%f"), "cp %p /wal/%f");
        assert_eq!(
            hidden("archive_command", "AWS_SECRET_ACCESS_KEY=abc  wal-g wal-push %p"),
            "AWS_SECRET_ACCESS_KEY=<hidden>  wal-g wal-push %p"
        );
        assert_eq!(hidden("restore_command", "curl https://u:p@h/%f"), "curl https://u:<hidden>@h/%f");
        assert_eq!(hidden("password_encryption", "scram-sha-256"), "scram-sha-256");
    }

    #[test]
    fn entries_keep_their_names() {
        let mut entry = "app.token=xyz".to_owned();
        hide_secret_of(&mut entry);
        assert_eq!(entry, "app.token=<hidden>");
        let mut entry = "search_path=\"$user\", public".to_owned();
        hide_secret_of(&mut entry);
        assert_eq!(entry, "search_path=\"$user\", public");
    }
}
