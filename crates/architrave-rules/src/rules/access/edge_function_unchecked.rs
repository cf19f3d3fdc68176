//! `access/edge-function-unchecked`: see `edge_function_unchecked.md` for the rule's page.

use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "access/edge-function-unchecked",
    summary: "edge function that works as service_role for anybody who calls it",
    severity: Severity::High,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("edge_function_unchecked.md"),
    check: Check::Catalog(check),
};

fn check(_catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let open = context.stack.privileged.edge_functions.iter().filter(|f| f.service_key && f.checks.is_none());
    for function in open {
        let message =
            format!("edge function {} takes requests without a token, works as service_role and shows no check of its own", function.name);
        let why = "With verify_jwt = false the gateway lets every request through, and the function then acts with a key that row level security does not bind: what it does, anybody on the Internet makes it do. Verify the caller in it (the signature of \
                   a webhook, `auth.getUser()` with the caller's token), or leave verify_jwt on.";
        let draft = Draft::new(ObjectRef::global(ObjectKind::File, format!("edge function {}", function.name)), message, why)
            .at(function.location.clone())
            .evidence("verify_jwt", false, "supabase/config.toml")
            .evidence("reads the service key", true, "files of the function");
        sink.report(draft);
    }
}
