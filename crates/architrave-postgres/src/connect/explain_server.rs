//! What a server or a pooler says when it refuses a session, by SQLSTATE and, where poolers use one code for all, by text.

use tokio_postgres::error::DbError;

use super::ConnectError;
use super::explain::{Situation, tidy};
use super::hints;

/// The error for a refusal.
pub(super) fn explain(situation: &Situation<'_>, said: &DbError) -> ConnectError {
    let text = said.message().to_ascii_lowercase();
    let reason = reason(said);
    let place = situation.place.clone();
    match said.code().code() {
        _ if wants_tls(&text) => ConnectError::TlsRequired { place, mode: situation.target.tls.mode.word() },
        "28P01" => wrong_password(situation),
        "28000" => authorization(situation, said, &text, reason),
        "3D000" => database(situation, reason, hints::unknown_database()),
        "55000" => database(situation, reason, "the database has ALLOW_CONNECTIONS false; name another one".to_owned()),
        "42501" => database(situation, reason, format!("grant it: GRANT CONNECT ON DATABASE … TO {}", situation.target.user)),
        "53300" => ConnectError::TooManyConnections { place, reason, hint: hints::too_many() },
        "57P03" | "57P01" | "57P02" => ConnectError::NotReady { place, hint: hints::not_ready(&text), reason },
        _ => pooler(situation, &text, reason, said),
    }
}

/// The message and its detail in one line.
fn reason(said: &DbError) -> String {
    match said.detail() {
        Some(detail) => tidy(&format!("{}: {detail}", said.message())),
        None => tidy(said.message()),
    }
}

fn wants_tls(text: &str) -> bool {
    (text.contains("ssl") && text.contains("required")) || text.contains("connection is insecure")
}

fn wrong_password(situation: &Situation<'_>) -> ConnectError {
    let source = situation.host.password.as_ref().map_or("nowhere", |password| password.source.as_str());
    ConnectError::WrongPassword {
        place: situation.place.clone(),
        user: situation.target.user.clone(),
        source_of_password: source.to_owned(),
        hint: hints::wrong_password(&situation.host.name(), &situation.target.user),
    }
}

fn database(situation: &Situation<'_>, reason: String, hint: String) -> ConnectError {
    ConnectError::Database { place: situation.place.clone(), reason, hint }
}

/// SQLSTATE 28000 stands for the host-based rules, for the role, and for methods without a password.
fn authorization(situation: &Situation<'_>, said: &DbError, text: &str, reason: String) -> ConnectError {
    let place = situation.place.clone();
    match said.routine() {
        _ if text.contains("pg_hba.conf") => ConnectError::NotAllowed { place, hint: hints::not_allowed(situation, text), reason },
        Some("ClientAuthentication") if !text.contains("certificate") => {
            ConnectError::NotAllowed { place, hint: hints::not_allowed(situation, text), reason }
        }
        Some("InitializeSessionUserId") => ConnectError::Role { place, hint: hints::role(text), reason },
        _ if text.contains("does not exist") || text.contains("not permitted to log in") => {
            ConnectError::Role { place, hint: hints::role(text), reason }
        }
        _ => ConnectError::Authentication { place, hint: hints::authentication(text), reason },
    }
}

/// Poolers and proxies have few codes; their texts are stable.
fn pooler(situation: &Situation<'_>, text: &str, reason: String, said: &DbError) -> ConnectError {
    let place = situation.place.clone();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["password authentication failed", "auth failed", "authentication failed"]) {
        return wrong_password(situation);
    }
    if has(&["tenant or user not found", "tenant/user", "no such user"]) {
        return ConnectError::Role { place, reason, hint: hints::pooler_user(&situation.host.name()) };
    }
    if has(&["no such database"]) {
        return database(situation, reason, hints::unknown_database());
    }
    if has(&["no more connections allowed", "max clients reached", "max client connections", "too many connections"]) {
        return ConnectError::TooManyConnections { place, reason, hint: hints::too_many() };
    }
    if has(&[
        "cannot connect to server",
        "server login has been failing",
        "query_wait_timeout",
        "server conn crashed",
        "server_login_retry",
    ]) {
        let hint = "the pooler is there but cannot reach its server; connect to the server directly or try again".to_owned();
        return ConnectError::NotReady { place, reason, hint };
    }
    if has(&["endpoint id is not specified", "inconsistent project name"]) {
        let hint = "leave sslsni at its default, or add options=endpoint%3DENDPOINT-ID to the connection string".to_owned();
        return ConnectError::Authentication { place, reason, hint };
    }
    ConnectError::Server { place, sqlstate: said.code().code().to_owned(), message: reason }
}
