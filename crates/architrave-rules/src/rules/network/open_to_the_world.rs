//! `network/open-to-the-world`: see `open_to_the_world.md` for the rule's page.

use super::hba::{listens_outside, open_lines};
use crate::figures::list;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::platform::Platform;
use architrave_model::rule::{Area, Draft};
use architrave_model::settings::{HbaRule, Settings};
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "network/open-to-the-world",
    summary: "server that lets connections in from any address",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("open_to_the_world.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let platform = context.server.platform;
    if platform == Platform::Private {
        return sink.not_checked("the server is the private one of this run");
    }
    if platform.is_managed() {
        return sink.not_checked(format!("{}'s own network rules decide who reaches the server: look there", platform.title()));
    }
    let Some(addresses) = settings.text("listen_addresses") else {
        return sink.not_checked("listen_addresses is not readable");
    };
    let Some(outside) = listens_outside(addresses) else { return };
    let Some(rules) = &settings.hba else {
        return sink.not_checked(
            "the lines of pg_hba.conf are not readable: the role needs pg_read_all_settings or EXECUTE on pg_hba_file_rules()",
        );
    };
    let open = open_lines(rules);
    let tls = settings.on("ssl").unwrap_or(false);
    if let Some(worst) = open.iter().max_by_key(|r| (danger(r, tls), -r.line)) {
        sink.report(draft(settings, addresses, outside, &open, worst, tls));
    }
}

/// How bad it is that anybody may try.
fn danger(rule: &HbaRule, tls: bool) -> Severity {
    let encrypted = tls && rule.kind == "hostssl";
    match rule.method.as_str() {
        "trust" => Severity::Critical,
        "password" if !encrypted => Severity::Critical,
        "password" | "ident" | "md5" => Severity::High,
        "cert" => Severity::Low,
        _ if encrypted => Severity::Medium,
        _ => RULE.severity,
    }
}

fn draft(settings: &Settings, addresses: &str, outside: &str, open: &[&HbaRule], worst: &HbaRule, tls: bool) -> Draft {
    let lines: Vec<String> = open.iter().map(|r| r.line.to_string()).collect();
    let who = if worst.users.iter().any(|u| u == "all") { "any user".to_owned() } else { list(&worst.users) };
    let message = format!(
        "line {} of pg_hba.conf lets {who} in from any address by {}, and the server listens on {addresses}",
        worst.line, worst.method
    );
    let mut why = match worst.method.as_str() {
        "trust" => "Whoever reaches the port is in, without a password, as whatever user they name: a superuser, for instance, who may run programs on the machine.".to_owned(),
        "password" => "Passwords travel as they are typed; whoever listens on the way has them.".to_owned(),
        "md5" => "Whoever reaches the port may try passwords without end, and md5 hashes are weak: a copied one can be used to log in.".to_owned(),
        _ => "Whoever reaches the port may try passwords without end, and is a bug in the protocol's first messages away from the data.".to_owned(),
    };
    if worst.kind != "hostssl" {
        why.push_str(if tls { " The line admits sessions without TLS." } else { " TLS is off: all of it can be read on the way." });
    }
    why.push_str(
        " A firewall or a private network may stand in front; from here that cannot be seen. Steps: name the networks of the applications in pg_hba.conf instead of 0.0.0.0/0, use hostssl and \
         scram-sha-256, listen only on the address that they use, select pg_reload_conf(). No SQL statement does this, so nothing was tried.",
    );
    let confidence = if matches!(outside, "*" | "0.0.0.0" | "::") { RULE.confidence } else { Confidence::Possible };
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::HbaRule, "pg_hba.conf"), message, why)
        .severity(danger(worst, tls))
        .confidence(confidence)
        .evidence("listen_addresses", addresses, "pg_settings")
        .evidence("lines open to any address", lines.join(", "), "pg_hba_file_rules");
    if let Some(ssl) = settings.text("ssl") {
        draft = draft.evidence("ssl", ssl, "pg_settings");
    }
    for rule in open {
        let detail = format!("{} {} {} {}", rule.kind, rule.databases.join(","), rule.users.join(","), rule.method);
        draft = draft.place(ObjectRef::global(ObjectKind::HbaRule, format!("line {}", rule.line)), Some(detail));
    }
    draft
}
