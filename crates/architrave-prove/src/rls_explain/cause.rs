//! The one cause: the first gate on the statement's way that is shut, and what opens it.

use super::facts::Policy;
use super::walk::Stop;
use architrave_model::access::why::{
    AccessExplanation, Cause, CauseKind, Join, Operand, PartAccess, PolicyAccess, PolicyPart, PrivilegeCheck, RelationAccess, RowSecurity,
};
use architrave_model::access::{Command, StepOutcome};
use architrave_model::name::{ObjectKind, quote_ident};
use serde_json::Value;

/// Finds it.
pub(super) fn find(e: &AccessExplanation, stops: &[Stop], claims: &Value) -> Cause {
    let refused = match &e.outcome {
        StepOutcome::Refused { sqlstate, message } => Some((sqlstate.as_str(), message.as_str())),
        _ => None,
    };
    if let Some((sqlstate, message)) = refused {
        return not_granted(e).or_else(|| raised(e, stops, sqlstate)).or_else(|| new_row(e, sqlstate)).unwrap_or_else(|| Cause {
            kind: CauseKind::StatementFails,
            sentence: format!("PostgreSQL refuses it: {message} (SQLSTATE {sqlstate})"),
            advice: None,
            way_out: Vec::new(),
        });
    }
    rows_hidden(e, claims).unwrap_or_else(|| nothing_wrong(e))
}

/// Whether the statement reached any row.
fn reached(e: &AccessExplanation) -> bool {
    match e.outcome {
        StepOutcome::Rows { count } | StepOutcome::Changed { count } => count > 0,
        StepOutcome::Done => true,
        StepOutcome::Refused { .. } => false,
    }
}

fn cause(kind: CauseKind, sentence: impl Into<String>, advice: Option<String>, way_out: Vec<String>) -> Cause {
    Cause { kind, sentence: sentence.into(), advice, way_out }
}

/// A privilege that is missing.
fn not_granted(e: &AccessExplanation) -> Option<Cause> {
    let missing = |checks: &'_ [PrivilegeCheck]| checks.iter().find(|p| !p.held).cloned();
    for r in &e.relations {
        let Some(check) = missing(&r.privileges) else { continue };
        let by = r.read_by.as_ref().map_or_else(String::new, |by| format!(", which {by} reads"));
        let schema = check.object.kind == ObjectKind::Schema;
        let word = if schema { "the schema " } else { "" };
        let sentence = format!("{} has no {} on {word}{}{by}", r.as_role, check.privilege, check.object);
        let (kind, mut way_out) =
            (if schema { CauseKind::SchemaClosed } else { CauseKind::NotGranted }, check.grant.into_iter().collect::<Vec<_>>());
        let more = r.privileges.iter().filter(|p| !p.held).skip(1).filter_map(|p| p.grant.clone());
        way_out.extend(more);
        let unprotected = r.row_security == RowSecurity::Off && r.read_by.is_none() && !schema;
        let advice = unprotected.then(|| {
            format!("row level security is off on {}: with the privilege every row is open to {}; enable it first", r.relation, r.as_role)
        });
        let advice = advice.or_else(|| Some(format!("give the privilege, if {} is meant to do this", r.as_role)));
        return Some(cause(kind, sentence, advice, way_out));
    }
    let check = missing(&e.needs)?;
    let sentence = format!("{} has no {} on {} {}", e.role, check.privilege, check.object.kind.word(), check.object);
    Some(cause(CauseKind::NeedNotGranted, sentence, None, check.grant.into_iter().collect()))
}

/// An error that a policy raises.
fn raised(e: &AccessExplanation, stops: &[Stop], sqlstate: &str) -> Option<Cause> {
    if sqlstate == "42P17" {
        let cycle = cycle(stops).unwrap_or_else(|| "a policy reads its own table".to_owned());
        let advice = "put the membership test into a SECURITY DEFINER function with an empty search_path, in a schema that the API does not expose: it reads \
                      the table without its policies";
        return Some(cause(
            CauseKind::Recursion,
            format!("the policies go round in a circle: {cycle}"),
            Some(advice.to_owned()),
            Vec::new(),
        ));
    }
    let (relation, policy, operand, (state, said)) = e.relations.iter().find_map(|r| {
        r.policies.iter().find_map(|p| {
            let operand = p.parts.iter().filter_map(|part| part.operand.as_ref()).find_map(failing)?;
            operand.error.clone().filter(|(state, _)| state == sqlstate).map(|error| (r, p, operand, error))
        })
    })?;
    let sentence =
        format!("policy {} on {} raises an error in {}: {said} (SQLSTATE {state})", policy.name, relation.relation, operand.text);
    let advice = match state.as_str() {
        "22P02" if operand.text.contains("auth.uid()") => Some(
            "auth.uid() casts the claim sub to uuid, and this sub is none: ids of Clerk and the like are text; compare a text column with (select auth.jwt() ->> 'sub')"
                .to_owned(),
        ),
        "22P02" => Some("the text of a claim or setting is cast to a type that it does not fit: test it with nullif(…, '') or keep the column as text".to_owned()),
        "42883" | "42P01" => Some("a function that the policy calls names something that is not there, or not in its search_path".to_owned()),
        "54001" => Some("a function that the policy calls reads the policy's own table; make it SECURITY DEFINER".to_owned()),
        _ => None,
    };
    Some(cause(CauseKind::PolicyError, sentence, advice, Vec::new()))
}

/// The innermost operand that raised an error.
fn failing(operand: &Operand) -> Option<&Operand> {
    operand.parts.iter().find_map(failing).or_else(|| operand.error.is_some().then_some(operand))
}

/// Which policies read each other's tables, in words.
fn cycle(stops: &[Stop]) -> Option<String> {
    // Policies reading a table whose policies are on the path already.
    fn walk(at: &Stop, stops: &[Stop], path: &mut Vec<(String, String)>) -> Option<String> {
        let name = at.relation.qualified().to_string();
        if let Some(first) = path.iter().position(|(table, _)| *table == name) {
            let hops: Vec<String> = path.iter().skip(first).map(|(table, policy)| format!("policy {policy} on {table}")).collect();
            let reads = hops.join(" reads the table of ");
            return Some(format!("{reads} reads {name}"));
        }
        for policy in at.relation.policies().iter().filter(|p| p.applies && selects(p)) {
            for oid in policy.reads() {
                let Some(next) = stops.iter().find(|s| s.relation.oid == *oid && s.as_role == at.as_role) else { continue };
                path.push((name.clone(), policy.name.clone()));
                if let Some(found) = walk(next, stops, path) {
                    return Some(found);
                }
                path.pop();
            }
        }
        None
    }
    let found = stops.iter().find_map(|stop| walk(stop, stops, &mut Vec::new()));
    found.or_else(|| {
        let own = |s: &&Stop| s.relation.policies().iter().any(|p| reads_itself(s, p));
        let stop = stops.iter().find(own)?;
        let policy = stop.relation.policies().iter().find(|p| reads_itself(stop, p))?;
        Some(format!("policy {} on {} reads {} itself", policy.name, stop.relation.qualified(), stop.relation.qualified().name))
    })
}

fn selects(policy: &Policy) -> bool {
    matches!(policy.command, 'r' | '*')
}

fn reads_itself(stop: &Stop, policy: &Policy) -> bool {
    let name = stop.relation.qualified();
    let text = format!("{} {}", policy.using.as_deref().unwrap_or_default(), policy.check.as_deref().unwrap_or_default());
    [format!("FROM {}", name.sql()), format!("FROM ({}", name.sql()), format!("JOIN {}", name.sql())]
        .iter()
        .any(|f| text.contains(f.as_str()))
}

/// 42501 about a new row.
fn new_row(e: &AccessExplanation, sqlstate: &str) -> Option<Cause> {
    let relation = e.relations.iter().find(|r| r.read_by.is_none() && r.command == e.command).filter(|_| sqlstate == "42501")?;
    let checked = || {
        relation
            .policies
            .iter()
            .flat_map(|p| p.parts.iter().map(move |part| (p, part)))
            .filter(|(_, part)| part.part == PolicyPart::WithCheck)
    };
    let commands = [Command::Insert, Command::Update, Command::Select];
    for of in commands {
        let own: Vec<(&PolicyAccess, &PartAccess)> = checked().filter(|(_, part)| part.of == of).collect();
        let expected = match of {
            Command::Select => e.relations.iter().any(|r| r.policies.iter().flat_map(|p| &p.parts).any(|part| part.of == Command::Select)),
            other => other == e.command || (e.command == Command::Upsert),
        };
        if own.is_empty() {
            if expected && of != Command::Select && !(of == Command::Update && e.command == Command::Upsert) {
                return Some(no_policy(relation, of));
            }
            continue;
        }
        let passes = own.iter().any(|(p, part)| p.permissive && part.operand.as_ref().is_some_and(|o| o.holds > 0));
        let blocked = own.iter().find(|(p, part)| !p.permissive && part.operand.as_ref().is_none_or(|o| o.holds == 0));
        let (policy, part) = match (passes, blocked) {
            (true, None) => continue,
            (_, Some(found)) => *found,
            (false, None) => *own.iter().min_by_key(|(_, part)| part.operand.as_ref().map_or(9, shut_terms))?,
        };
        let shut = part.operand.as_ref().map_or_else(|| "it has no expression".to_owned(), |o| said(shut(o)));
        let why = if of == Command::Select { " (the new row must be visible to SELECT, since the statement reads it)" } else { "" };
        let sentence = format!("the new row does not pass policy {} on {}: {shut}{why}", policy.name, relation.relation);
        let advice =
            "write values that the policy admits (owner columns best get theirs from a default), or widen its WITH CHECK".to_owned();
        return Some(cause(CauseKind::NewRowRefused, sentence, Some(advice), Vec::new()));
    }
    // Nothing that was evaluated says no: RETURNING without a policy for SELECT.
    let returning = e.statement.to_lowercase().contains("returning");
    (returning && !checked().any(|(_, part)| part.of == Command::Select)).then(|| {
        let mut found = no_policy(relation, Command::Select);
        found.sentence.push_str(", and RETURNING reads the new row");
        found
    })
}

fn no_policy(relation: &RelationAccess, command: Command) -> Cause {
    let others: Vec<&PolicyAccess> = relation
        .policies
        .iter()
        .filter(|p| p.permissive && p.not_for.as_ref().is_some_and(|n| n.starts_with("it is for ") && !is_command(n)))
        .collect();
    let check = if command == Command::Insert { "with check" } else { "using" };
    let way_out = vec![format!(
        "create policy {} on {} for {} to {} {check} (…)",
        quote_ident(&format!("{}_{}", relation.relation.name, command.sql().to_lowercase())),
        relation.relation.sql(),
        command.sql().to_lowercase(),
        quote_ident(&relation.as_role)
    )];
    if let Some(policy) = others.first() {
        let whom = policy.not_for.as_deref().unwrap_or_default().trim_start_matches("it is for ");
        let sentence = format!(
            "no policy of {} for {} is meant for {}: policy {} is for {whom}",
            relation.relation,
            command.sql(),
            relation.as_role,
            policy.name
        );
        let advice = if relation.as_role == "anon" {
            format!("sign in first: the request came as anon, not as {whom}")
        } else {
            format!("ask as {whom}, or write a policy for {}", relation.as_role)
        };
        return cause(CauseKind::PoliciesForOthers, sentence, Some(advice), way_out);
    }
    let sentence =
        format!("row level security is on for {}, and no policy lets {} {} anything", relation.relation, relation.as_role, command.sql());
    let advice = format!(
        "write one that says which rows; {} in it is yours to decide",
        if check == "using" { "the condition" } else { "the check" }
    );
    cause(CauseKind::NoPolicy, sentence, Some(advice), way_out)
}

fn is_command(not_for: &str) -> bool {
    ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|c| not_for.ends_with(c))
}

/// A relation whose rows are there and stay unseen.
fn rows_hidden(e: &AccessExplanation, claims: &Value) -> Option<Cause> {
    if reached(e) {
        return None;
    }
    let own: Vec<&RelationAccess> =
        e.relations.iter().filter(|r| r.read_by.is_none() || r.read_by.as_ref().is_some_and(|b| b.starts_with("view "))).collect();
    for relation in own {
        match relation.row_security {
            RowSecurity::NoPolicy => return Some(no_policy(relation, relation.command)),
            RowSecurity::Policies => {}
            RowSecurity::Off | RowSecurity::Bypassed { .. } => continue,
        }
        // An UPDATE or DELETE that reads asks the policies of SELECT first.
        for of in [Command::Select, relation.command] {
            if let Some(found) = nothing_passes(e, relation, of, claims) {
                return Some(found);
            }
        }
        let reads = matches!(relation.command, Command::Update | Command::Delete);
        let asked = relation.policies.iter().flat_map(|p| &p.parts).any(|p| p.part == PolicyPart::Using && p.of == Command::Select);
        let lower = e.statement.to_lowercase();
        if reads && !asked && (lower.contains("where") || lower.contains("returning")) {
            let mut found = no_policy(relation, Command::Select);
            found.sentence.push_str(
                &format!(", and an {} with WHERE or RETURNING reads the rows first", relation.command.sql())
                    .replace("an DELETE", "a DELETE"),
            );
            return Some(found);
        }
    }
    None
}

/// No row passes the policies for that command: the operand that is shut, and why.
fn nothing_passes(e: &AccessExplanation, relation: &RelationAccess, of: Command, claims: &Value) -> Option<Cause> {
    let parts: Vec<(&PolicyAccess, &PartAccess)> = relation
        .policies
        .iter()
        .flat_map(|p| p.parts.iter().map(move |part| (p, part)))
        .filter(|(_, part)| part.part == PolicyPart::Using && part.of == of)
        .collect();
    let permissive: Vec<_> = parts.iter().filter(|(p, _)| p.permissive).collect();
    if permissive.is_empty() {
        return None;
    }
    let any_row = relation.rows.unwrap_or(0) > 0;
    let open = permissive.iter().any(|(_, part)| part.operand.as_ref().is_some_and(|o| o.holds > 0));
    let restricted =
        parts.iter().find(|(p, part)| !p.permissive && part.operand.as_ref().is_none_or(|o| o.holds == 0 && (any_row || o.same_for_all)));
    let (policy, part) = match (open, restricted) {
        (_, Some(found)) if any_row => *found,
        (true, None) => return None,
        (_, Some(found)) => *found,
        (false, None) => **permissive.iter().min_by_key(|(_, part)| part.operand.as_ref().map_or(9, shut_terms))?,
    };
    let Some(operand) = &part.operand else {
        let sentence = format!("policy {} on {} has no USING, which admits no row", policy.name, relation.relation);
        return Some(cause(CauseKind::NoRowPasses, sentence, None, Vec::new()));
    };
    let leaf = shut(operand);
    if let Some(null) = deepest_nulls(operand) {
        let sentence = format!("{null}, so policy {} on {} admits no row ({})", policy.name, relation.relation, leaf.text);
        let advice = match null.split_once(": the claims have no ") {
            Some((_, claim)) => format!("send a token whose claims have {claim}; here: {}", given(claims)),
            None => match null.split_once(": the setting ").and_then(|(_, rest)| rest.strip_suffix(" is not there")) {
                Some(setting) => format!("set it in the transaction, as the application does: --set {setting}=…"),
                None => "ask with the claims or settings that the policy reads".to_owned(),
            },
        };
        return Some(cause(CauseKind::ClaimMissing, sentence, Some(advice), Vec::new()));
    }
    let mention = format!("policy {} on {}", policy.name, relation.relation);
    let hidden = e.relations.iter().find(|r| r.read_by.as_deref() == Some(&mention) && r.rows.unwrap_or(0) > 0 && r.visible == Some(0));
    if let Some(hidden) = hidden {
        let why = match hidden.row_security {
            RowSecurity::NoPolicy => {
                format!("row level security is on for {}, and no policy lets {} read it", hidden.relation, hidden.as_role)
            }
            _ => format!("the policies of {} admit no row for {}", hidden.relation, hidden.as_role),
        };
        let sentence = format!("{mention} reads {}, of which {} sees no row: {why}", hidden.relation, hidden.as_role);
        let advice = format!("let everybody read the own rows of {}, or put the test into a SECURITY DEFINER function", hidden.relation);
        let mut way_out = no_policy(hidden, Command::Select).way_out;
        way_out.truncate(1);
        return Some(cause(CauseKind::HiddenFromPolicy, sentence, Some(advice), way_out));
    }
    if !any_row && !leaf.same_for_all {
        return None;
    }
    let rows = relation.rows.unwrap_or(0);
    let whom =
        if leaf.same_for_all { "it does not depend on the row".to_owned() } else { format!("it holds for none of {rows} rows of ours") };
    let sentence = format!("policy {} on {} admits no row: {} ({whom})", policy.name, relation.relation, leaf.text);
    Some(cause(
        CauseKind::NoRowPasses,
        sentence,
        Some("ask as somebody for whom it holds, or write a policy that says what is meant".to_owned()),
        Vec::new(),
    ))
}

/// The claims that were given, by name.
fn given(claims: &Value) -> String {
    let keys: Vec<&str> = claims.as_object().map(|o| o.keys().map(String::as_str).collect()).unwrap_or_default();
    if keys.is_empty() { "none were given".to_owned() } else { format!("given were {}", keys.join(", ")) }
}

/// How many terms are in the way: the policy with the fewest is the one that was meant.
fn shut_terms(operand: &Operand) -> usize {
    if operand.holds > 0 {
        return 0;
    }
    match operand.join {
        Join::And => operand.parts.iter().map(shut_terms).sum::<usize>().max(1),
        Join::Or => operand.parts.iter().map(shut_terms).min().unwrap_or(1),
        Join::Atom | Join::Inlined => 1,
    }
}

/// The operand at the bottom that is shut.
fn shut(operand: &Operand) -> &Operand {
    let next = match operand.join {
        Join::And => operand.parts.iter().find(|p| p.holds == 0),
        Join::Or => operand.parts.iter().min_by_key(|p| shut_terms(p)),
        Join::Atom | Join::Inlined => None,
    };
    next.map_or(operand, shut)
}

/// What is NULL whatever the row, in the operand that is shut or in the helper that it calls.
fn deepest_nulls(operand: &Operand) -> Option<&str> {
    fn inside(operand: &Operand) -> Option<&str> {
        let own = operand.nulls.iter().max_by_key(|n| n.contains(": the "));
        own.map(String::as_str)
            .filter(|n| n.contains(": the "))
            .or_else(|| operand.parts.iter().find_map(inside))
            .or(own.map(String::as_str))
    }
    let leaf = shut(operand);
    inside(leaf)
}

fn said(operand: &Operand) -> String {
    let outcome = if operand.error.is_some() {
        "raises an error"
    } else if operand.unknown > 0 {
        "is NULL"
    } else {
        "is false"
    };
    let nulls = if operand.nulls.is_empty() { String::new() } else { format!(" ({})", operand.nulls.join("; ")) };
    format!("{} {outcome}{nulls}", operand.text)
}

fn nothing_wrong(e: &AccessExplanation) -> Cause {
    let sentence = match &e.outcome {
        _ if reached(e) => {
            let n = match e.outcome {
                StepOutcome::Rows { count } | StepOutcome::Changed { count } => count,
                _ => 0,
            };
            format!("nothing is in the way: it reaches {n} of our rows")
        }
        _ => match e.relations.iter().find(|r| r.visible.is_some_and(|v| v > 0)) {
            Some(r) => format!(
                "nothing shuts {} out of {}: {} of {} rows of ours pass the policies, and the statement's own conditions leave none of them",
                r.as_role,
                r.relation,
                r.visible.unwrap_or(0),
                r.rows.unwrap_or(0)
            ),
            None => "no gate is shut; there are no rows to reach here".to_owned(),
        },
    };
    let hidden: Vec<String> = e
        .relations
        .iter()
        .filter(|r| r.read_by.is_none() && r.row_security == RowSecurity::Policies && r.visible < r.rows)
        .flat_map(|r| {
            r.policies.iter().filter(|p| p.not_for.is_none() && p.permissive).map(move |p| format!("{} of {}", p.name, r.relation))
        })
        .collect();
    let advice = (!hidden.is_empty())
        .then(|| format!("a row that you miss must satisfy one of {}: compare its columns with the operands", hidden.join(", ")));
    Cause { kind: CauseKind::NothingWrong, sentence, advice, way_out: Vec::new() }
}
