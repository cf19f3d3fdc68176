//! The document of `architrave rls explain`: the cause and the way out first, then every gate on the statement's way.

use super::explanation::capital;
use super::{Document, DocumentSection, column, listed, paragraph};
use crate::format;
use crate::report::{Block, Table};
use crate::text::{Text, code, prose, say, strong};
use architrave_model::access::StepOutcome;
use architrave_model::access::why::{
    AccessExplanation, CauseKind, Join, LiveCount, Operand, PartAccess, PolicyAccess, PolicyPart, PrivilegeCheck, RelationAccess,
    RowSecurity,
};

/// The document.
pub fn rls_explanation(e: &AccessExplanation) -> Document {
    let mut sections = vec![DocumentSection { title: String::new(), blocks: head(e) }];
    let mut section = |title: &str, blocks: Vec<Block>| {
        if !blocks.is_empty() {
            sections.push(DocumentSection { title: title.to_owned(), blocks });
        }
    };
    section("On its way", e.relations.iter().flat_map(relation).collect());
    section("Functions and sequences", privileges(&e.needs));
    section("On the live database", live(&e.live));
    section("What this could not know", listed(e.gaps.iter().map(gap).collect()));
    Document { title: "Access".to_owned(), subject: format!("{} as {}", e.command.sql(), e.role), sections }
}

fn gap(g: &architrave_model::Gap) -> Text {
    let remedy = g.remedy.as_deref().map_or_else(String::new, |r| format!("; {r}"));
    say!("{}: {}{}", g.what.clone(), prose(&g.why), remedy)
}

fn head(e: &AccessExplanation) -> Vec<Block> {
    let with = if e.settings.is_empty() { "with no settings".to_owned() } else { format!("with {}", e.settings.join(", ")) };
    let mut blocks = vec![
        Block::Sql { text: e.statement.clone() },
        paragraph(format!(
            "Run as {} {with}, on a private copy of {} with rows of ours (PostgreSQL {}): {}.",
            e.role,
            e.target,
            e.server_version,
            outcome(&e.outcome)
        )),
    ];
    if let Some(other) = e.without_policies.as_ref().filter(|o| **o != e.outcome) {
        blocks.push(paragraph(format!("Without policies and privileges in the way: {}.", outcome(other))));
    }
    blocks.extend(listed(e.claims.iter().map(|c| prose(c)).collect()));
    let lead = if e.cause.kind == CauseKind::NothingWrong { "" } else { "The cause: " };
    let sentence = if lead.is_empty() { capital(&e.cause.sentence) } else { e.cause.sentence.clone() };
    blocks.push(paragraph(say!("{}{}.", lead, strong(sentence))));
    if let Some(advice) = &e.cause.advice {
        let lead = if e.cause.kind == CauseKind::NothingWrong { "To compare: " } else { "The way out: " };
        blocks.push(paragraph(say!("{}{}.", lead, prose(advice.trim_end_matches('.')))));
    }
    if !e.cause.way_out.is_empty() {
        blocks.push(Block::Sql { text: e.cause.way_out.iter().map(|s| format!("{s};")).collect::<Vec<_>>().join("\n") });
    }
    blocks
}

fn outcome(outcome: &StepOutcome) -> String {
    match outcome {
        StepOutcome::Rows { count } => format!("it returns {}", format::plural_f(*count as f64, "row", "rows")),
        StepOutcome::Changed { count } => format!("it changes {}", format::plural_f(*count as f64, "row", "rows")),
        StepOutcome::Refused { sqlstate, message } => format!("refused, {message} (SQLSTATE {sqlstate})"),
        StepOutcome::Done => "it goes".to_owned(),
    }
}

fn privileges(checks: &[PrivilegeCheck]) -> Vec<Block> {
    let item = |p: &PrivilegeCheck| {
        let held = if p.held { "held" } else { "missing" };
        say!("{} on {} {}: {}", p.privilege.clone(), p.object.kind.word(), code(p.object.to_string()), held)
    };
    listed(checks.iter().map(item).collect())
}

fn relation(r: &RelationAccess) -> Vec<Block> {
    let by = r.read_by.as_ref().map_or_else(String::new, |by| format!(", read by {by}"));
    let mut blocks = vec![Block::Heading {
        text: say!("{} {} as {}{}", r.command.sql(), code(r.relation.to_string()), r.as_role.clone(), by),
        anchor: None,
    }];
    let missing: Vec<&PrivilegeCheck> = r.privileges.iter().filter(|p| !p.held).collect();
    if missing.is_empty() {
        let held: Vec<&str> = r.privileges.iter().map(|p| p.privilege.as_str()).collect();
        let mut held: Vec<&str> = held.into_iter().collect();
        held.dedup();
        blocks.push(paragraph(format!("Privileges: {}, all held.", held.join(", "))));
    } else {
        let item = |p: &&PrivilegeCheck| format!("{} on {}", p.privilege, p.object);
        blocks.push(paragraph(format!("Missing: {}.", missing.iter().map(item).collect::<Vec<_>>().join(", "))));
    }
    let seen = match (r.visible, r.rows, &r.refused) {
        (_, _, Some(refused)) => format!(" A plain SELECT on it is refused: {refused}."),
        (Some(visible), Some(rows), None) => format!(" A plain SELECT sees {visible} of {rows} rows of ours."),
        _ => String::new(),
    };
    let security = match &r.row_security {
        RowSecurity::Off => "Row level security is off: every row.".to_owned(),
        RowSecurity::Bypassed { because } => format!("Row level security is on and does not bind {}: {because}.", r.as_role),
        RowSecurity::NoPolicy => "Row level security is on, and no permissive policy is meant for it: no row.".to_owned(),
        RowSecurity::Policies => "Policies decide.".to_owned(),
    };
    blocks.push(paragraph(format!("{security}{seen}")));
    blocks.extend(listed(r.policies.iter().flat_map(policy).collect()));
    blocks
}

/// One item per expression, parts below it.
fn policy(p: &PolicyAccess) -> Vec<Text> {
    let kind = if p.permissive { "" } else { " (restrictive)" };
    let name = || say!("policy {}{}", code(&p.name), kind);
    if let Some(why) = &p.not_for {
        return vec![name().then(format!(": not asked, {why}"))];
    }
    if p.parts.is_empty() {
        return vec![name().then(": not evaluated")];
    }
    let mut items = Vec::new();
    for part in &p.parts {
        let lead = name().then(format!(", {}: ", part_word(part)));
        match &part.operand {
            None => items.push(lead.then("it has no expression, which admits no row")),
            Some(operand) => operands(operand, 0, lead, &mut items),
        }
    }
    items
}

fn part_word(part: &PartAccess) -> String {
    match part.part {
        PolicyPart::Using => format!("USING for {}", part.of.sql()),
        PolicyPart::WithCheck => format!("the new row, {}", part.of.sql()),
    }
}

fn operands(operand: &Operand, depth: usize, lead: Text, items: &mut Vec<Text>) {
    let indent = "· ".repeat(depth);
    items.push(say!("{}", indent).then(lead).then(code(operand.text.clone())).then(format!(" holds for {}", holds(operand))));
    for (at, part) in operand.parts.iter().enumerate() {
        let word = match operand.join {
            Join::And if at > 0 => "and ",
            Join::Or if at > 0 => "or ",
            Join::Inlined => "that is, ",
            _ => "",
        };
        operands(part, depth + 1, word.into(), items);
    }
}

fn holds(operand: &Operand) -> String {
    if let Some((sqlstate, message)) = &operand.error {
        return format!("nothing: it raises {sqlstate}, {message}");
    }
    let all = operand.holds + operand.fails + operand.unknown;
    let mut said = if all == 0 { "no rows to ask".to_owned() } else { format!("{} of {all}", operand.holds) };
    if !operand.rows.is_empty() {
        let more = if operand.holds as usize > operand.rows.len() { ", …" } else { "" };
        said.push_str(&format!(" ({}{more})", operand.rows.join("; ")));
    }
    if operand.unknown > 0 {
        said.push_str(&format!(", NULL for {}", operand.unknown));
    }
    for null in &operand.nulls {
        said.push_str(&format!("; {null}"));
    }
    said
}

fn live(counts: &[LiveCount]) -> Vec<Block> {
    if counts.is_empty() {
        return Vec::new();
    }
    let number = |n: &Result<u64, String>| match n {
        Ok(n) => format::exact(i64::try_from(*n).unwrap_or(i64::MAX)),
        Err(why) if why.len() == 5 && why.chars().all(|c| c.is_ascii_alphanumeric()) => format!("refused, {why}"),
        Err(why) => why.clone(),
    };
    let rows = counts.iter().map(|c| {
        let what = c.relation.as_ref().map_or_else(|| "the statement".to_owned(), ToString::to_string);
        vec![what.into(), number(&c.visible).into(), number(&c.all).into()]
    });
    let columns = vec![column("What", false), column("Rows for the role", true), column("Rows in all", true)];
    vec![
        paragraph("Counted in one read-only transaction; no row has left the database."),
        Block::Table(Table { columns, rows: rows.collect(), more: None }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::renderers::text::Style;
    use architrave_model::access::Command;
    use architrave_model::access::why::Cause;
    use architrave_model::{ObjectRef, QualifiedName};

    fn sample() -> AccessExplanation {
        let leaf = |text: &str, holds: u64, nulls: &[&str]| Operand {
            text: text.into(),
            join: Join::Atom,
            holds,
            fails: 2 - holds,
            unknown: 0,
            rows: (0..holds).map(|n| format!("id = {n}")).collect(),
            same_for_all: false,
            error: None,
            nulls: nulls.iter().map(|n| (*n).to_owned()).collect(),
            parts: Vec::new(),
        };
        let name = QualifiedName::new("public", "notes");
        let whole = Operand {
            join: Join::And,
            parts: vec![leaf("user_id = auth.uid()", 0, &["auth.uid() is NULL: the claims have no sub"]), leaf("body IS NOT NULL", 2, &[])],
            ..leaf("(user_id = auth.uid()) AND (body IS NOT NULL)", 0, &[])
        };
        let part = PartAccess { part: PolicyPart::Using, of: Command::Select, operand: Some(whole) };
        let held = PrivilegeCheck { privilege: "SELECT".into(), object: ObjectRef::table(&name), held: true, grant: None };
        AccessExplanation {
            statement: "select * from notes".into(),
            command: Command::Select,
            role: "authenticated".into(),
            target: "shop".into(),
            server_version: "15.1".into(),
            settings: vec!["request.jwt.claims".into()],
            outcome: StepOutcome::Rows { count: 0 },
            without_policies: Some(StepOutcome::Rows { count: 2 }),
            claims: vec!["the claims have no sub: they name no user".into()],
            needs: Vec::new(),
            relations: vec![RelationAccess {
                relation: name,
                as_role: "authenticated".into(),
                read_by: None,
                command: Command::Select,
                privileges: vec![held],
                row_security: RowSecurity::Policies,
                rows: Some(2),
                visible: Some(0),
                refused: None,
                policies: vec![
                    PolicyAccess { name: "mine".into(), permissive: true, not_for: None, parts: vec![part] },
                    PolicyAccess {
                        name: "back".into(),
                        permissive: true,
                        not_for: Some("it is for service_role".into()),
                        parts: Vec::new(),
                    },
                ],
            }],
            live: vec![LiveCount { relation: None, visible: Err("42501".into()), all: Ok(1200) }],
            cause: Cause {
                kind: CauseKind::ClaimMissing,
                sentence: "auth.uid() is NULL: the claims have no sub, so policy mine on public.notes admits no row".into(),
                advice: Some("send a token whose claims have sub".into()),
                way_out: vec!["grant select on public.notes to authenticated".into()],
            },
            gaps: Vec::new(),
        }
    }

    #[test]
    fn the_cause_stands_before_the_gates() {
        let document = rls_explanation(&sample());
        let text = document.text(Style { color: false, width: 140 });
        for words in [
            "The cause: auth.uid() is NULL: the claims have no sub",
            "The way out: send a token",
            "grant select on public.notes to authenticated;",
            "· user_id = auth.uid() holds for 0 of 2",
            "2 of 2 (id = 0; id = 1)",
            "not asked, it is for service_role",
            "refused, 42501",
        ] {
            assert!(text.contains(words), "{words}\n{text}");
        }
        assert!(text.find("The cause").unwrap() < text.find("On its way").unwrap());
        assert!(document.html().contains("<code>"));
        assert!(document.markdown().contains("`user_id = auth.uid()`"), "{}", document.markdown());
    }
}
