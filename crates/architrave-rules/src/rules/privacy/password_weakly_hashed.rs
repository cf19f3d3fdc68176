//! `privacy/password-weakly-hashed`: see `password_weakly_hashed.md` for the rule's page.

use crate::body::{Token, tokens};
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Function, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "privacy/password-weakly-hashed",
    summary: "passwords hashed with MD5 or SHA, which can be guessed by the billion",
    severity: Severity::Medium,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("password_weakly_hashed.md"),
    check: Check::Catalog(check),
};

const PASSWORD: &[&str] = &["password", "passwd", "pwd", "pass", "passphrase"];
const WEAK: &[&str] = &["md5", "sha", "sha1", "sha256", "sha512"];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    for table in scope.tables() {
        for column in table.columns.iter().filter(|c| !c.inherited) {
            if let Some(sign) = sign(context, table, column) {
                sink.report(of_column(table, column, &sign));
            }
        }
    }
    for function in catalog.functions.iter().filter(|f| matches!(f.language.as_str(), "sql" | "plpgsql") && scope.covers(&f.name.schema)) {
        if let Some(hash) = hashes_password(function) {
            sink.report(of_function(function, hash));
        }
    }
}

/// What tells the weak hash: its name, or the length that it has in hexadecimal.
fn sign(context: &Context<'_>, table: &Table, column: &Column) -> Option<(String, Confidence)> {
    if !column.name.to_lowercase().contains("pass") && !column.name.to_lowercase().contains("pwd") {
        return None;
    }
    let words = words_of(&column.name);
    let any = |list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
    let text = matches!(column.base_type().as_str(), "text" | "character varying" | "character");
    let hashed = any(&["hash", "hashed", "digest", "crypted"]);
    if !any(PASSWORD) || !text || any(&["reset", "token", "at", "file"]) {
        return None;
    }
    if let Some(word) = words.iter().find(|w| WEAK.contains(&w.as_str())) {
        return Some((format!("its name says {word}"), Confidence::Likely));
    }
    let width = context.stats.and_then(|s| s.column(&table.name, &column.name)).map(|s| s.average_width);
    // A header byte comes on top of the characters.
    match (width, column.data_type.as_str()) {
        (Some(33), _) if hashed => Some(("32 characters on average, as MD5 has".into(), Confidence::Likely)),
        (Some(41), _) if hashed => Some(("40 characters on average, as SHA-1 has".into(), Confidence::Likely)),
        (None, "character(32)" | "character varying(32)") if hashed => {
            Some(("declared for 32 characters, as MD5 has".into(), Confidence::Possible))
        }
        (None, "character(40)" | "character varying(40)") if hashed => {
            Some(("declared for 40 characters, as SHA-1 has".into(), Confidence::Possible))
        }
        _ => None,
    }
}

/// `md5(password)`, `digest(p_password || salt, 'sha256')`: a plain hash around something called a password.
fn hashes_password(function: &Function) -> Option<&'static str> {
    let body = function.body.to_lowercase();
    if !body.contains("pass") && !body.contains("pwd") {
        return None;
    }
    let tokens = tokens(&function.body);
    tokens.windows(3).find_map(|w| {
        let [Token::Word(called), open, Token::Word(argument)] = w else { return None };
        let of_password = words_of(argument).iter().any(|w| PASSWORD.contains(&w.as_str())) && !argument.contains("hash");
        let name = match called.as_str() {
            "md5" => "md5()",
            "digest" => "digest()",
            "sha256" | "sha512" | "sha224" | "sha384" => "sha256() or its like",
            _ => return None,
        };
        (open.is_sign("(") && of_password).then_some(name)
    })
}

const WHY: &str = "MD5 and the SHA family are made to be fast: one graphics card tries billions of passwords per second against them, salt or not. A password hash (argon2id, scrypt, bcrypt: \
                   crypt() with gen_salt('bf') in pgcrypto) is slow by design. Hash anew at the next sign-in, or wrap the old hashes in the new one in one batch.";

fn of_column(table: &Table, column: &Column, (sign, confidence): &(String, Confidence)) -> Draft {
    let message = format!("{}.{} seems to hold weakly hashed passwords: {sign}", table.name, column.name);
    Draft::new(ObjectRef::column(&table.name, &column.name), message, WHY)
        .confidence(*confidence)
        .severity(if *confidence == Confidence::Likely { Severity::High } else { RULE.severity })
        .evidence(format!("type of {}", column.name), column.data_type.as_str(), "pg_attribute")
}

fn of_function(function: &Function, hash: &str) -> Draft {
    let message = format!("{}.{} hashes a password with {hash}", function.name.schema, function.signature());
    let object = ObjectRef::in_schema(ObjectKind::Function, &function.name.schema, function.signature());
    Draft::new(object, message, WHY).severity(Severity::High).confidence(Confidence::Likely).evidence("hash", hash, "pg_proc.prosrc")
}
