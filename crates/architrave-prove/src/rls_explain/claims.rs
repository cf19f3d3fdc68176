//! The claims of the request and the settings that carry them; what is odd about them is said before anything is run.

use super::AccessQuestion;
use super::error::ExplainError;
use serde_json::Value;

/// PostgREST's setting for the claims of a request.
const CLAIMS: &str = "request.jwt.claims";

/// The claims as JSON; no claims are an empty object.
pub(super) fn parse(text: Option<&str>) -> Result<Value, ExplainError> {
    let Some(text) = text else { return Ok(Value::Object(serde_json::Map::new())) };
    let value: Value = serde_json::from_str(text).map_err(|e| {
        ExplainError::Asked(format!("--claims is no JSON ({e}); give an object such as '{{\"sub\": \"…\", \"role\": \"authenticated\"}}'"))
    })?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(ExplainError::Asked("--claims must be a JSON object such as '{\"sub\": \"…\", \"role\": \"authenticated\"}'".to_owned()))
    }
}

/// Settings of the transaction, in order.
pub(super) fn settings(question: &AccessQuestion) -> Vec<(String, String)> {
    let claims = question.claims.iter().map(|c| (CLAIMS.to_owned(), c.clone()));
    claims.chain(question.settings.iter().cloned()).collect()
}

/// The role must exist, and be one that a request may have.
pub(super) fn check_role(role: &str, roles: &[(String, bool)]) -> Result<(), ExplainError> {
    match roles.iter().find(|(name, _)| name == role) {
        Some((_, false)) => Ok(()),
        Some((_, true)) => {
            Err(ExplainError::Asked(format!("{role} is a superuser: no policy and no privilege binds it, so there is nothing to explain")))
        }
        None => {
            let near = roles.iter().map(|(name, _)| (distance(name, role), name)).min().filter(|(d, _)| *d <= 3);
            let hint = match near {
                Some((_, name)) => format!("did you mean {name}?"),
                None => format!("there are {}", roles.iter().map(|(n, _)| n.as_str()).take(12).collect::<Vec<_>>().join(", ")),
            };
            Err(ExplainError::Asked(format!("there is no role {role}; {hint}")))
        }
    }
}

/// Letters to change, add or take away.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let here = (diagonal + usize::from(x != *y)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = here;
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// What is odd about the claims.
pub(super) fn oddities(question: &AccessQuestion, claims: &Value) -> Vec<String> {
    let mut odd = Vec::new();
    let signed_in = !["anon", "web_anon", "anonymous"].contains(&question.role.as_str());
    match claims.as_object() {
        Some(object) if object.is_empty() && question.settings.is_empty() && signed_in => {
            odd.push("there are no claims: whoever asks is nobody in particular".to_owned());
        }
        Some(object) if !object.is_empty() && object.get("sub").is_none_or(Value::is_null) && signed_in => {
            odd.push("the claims have no sub: they name no user".to_owned());
        }
        _ => {}
    }
    if let Some(role) = claims.get("role").and_then(Value::as_str).filter(|r| *r != question.role) {
        odd.push(format!("the claim role is {role}, and --as is {}: PostgREST would become {role}", question.role));
    }
    if let Some(exp) = claims.get("exp").and_then(Value::as_f64).filter(|exp| question.now > 0.0 && *exp < question.now) {
        let hours = (question.now - exp) / 3600.0;
        odd.push(format!(
            "the claim exp is {} in the past: PostgREST would refuse the token (the database does not look at it)",
            ago(hours)
        ));
    }
    odd
}

fn ago(hours: f64) -> String {
    match hours {
        h if h < 1.0 => format!("{:.0} minutes", h * 60.0),
        h if h < 48.0 => format!("{h:.0} hours"),
        h => format!("{:.0} days", h / 24.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_must_be_an_object() {
        assert!(parse(Some("{oops")).unwrap_err().to_string().contains("no JSON"));
        assert!(parse(Some("[1]")).unwrap_err().to_string().contains("JSON object"));
        assert_eq!(parse(None).unwrap(), serde_json::json!({}));
    }

    #[test]
    fn the_nearest_role_is_named() {
        let roles = [("anon".to_owned(), false), ("authenticated".to_owned(), false), ("root".to_owned(), true)];
        let why = |role: &str| check_role(role, &roles).unwrap_err().to_string();
        assert!(why("authentcated").contains("did you mean authenticated?"), "{}", why("authentcated"));
        assert!(why("webuser_of_the_house").contains("there are anon"));
        assert!(why("root").contains("superuser"));
        assert!(check_role("anon", &roles).is_ok());
    }

    #[test]
    fn odd_claims_are_named() {
        let question = AccessQuestion { role: "authenticated".into(), now: 10_000.0, ..AccessQuestion::default() };
        let odd = |claims: &str| oddities(&question, &parse(Some(claims)).unwrap()).join(" | ");
        assert!(odd("{}").contains("no claims"));
        assert!(odd(r#"{"role": "authenticated"}"#).contains("no sub"));
        let said = odd(r#"{"sub": "a", "role": "anon", "exp": 2800}"#);
        assert!(said.contains("claim role is anon") && said.contains("2 hours in the past"), "{said}");
        assert_eq!(odd(r#"{"sub": "a", "role": "authenticated", "exp": 20000}"#), "");
    }
}
