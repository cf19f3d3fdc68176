//! Open questions: what neither the project nor the server tells, with what an answer would change. Nothing is invented.

use crate::assessment::{own_tables, plural};
use architrave_model::brief::Question;
use architrave_model::review::{Review, TargetKind};
use architrave_model::stack::StackKind;

/// Questions that this input leaves open, most consequential first.
pub fn open(review: &Review) -> Vec<Question> {
    let live = review.targets.iter().any(|t| t.snapshot.stats.is_some());
    let tables = own_tables(review).len();
    if tables == 0 {
        return Vec::new();
    }
    let mut questions = Vec::new();
    let mut ask = |open: bool, key: &str, text: &str, changes: String, assumed: &str| {
        if open {
            questions.push(Question { key: key.to_owned(), text: text.to_owned(), changes, assumed: assumed.to_owned() });
        }
    };
    let sized = findings(review, &["index/foreign-key-unindexed", "index/redundant", "index/duplicate", "key/integer-primary-key"]);
    ask(
        !live && review.brief.rows.is_empty(),
        "rows",
        "How many rows do the largest tables have, or will they have in a year?",
        match sized {
            0 => "the assessment of size, and when keys and indexes start to matter".to_owned(),
            n => format!("the severity of {} about indexes and keys, which depends on size", plural(n, "finding")),
        },
        "nothing about size: each such finding keeps its rule's own severity",
    );
    let managed = review.targets.iter().any(|t| t.snapshot.server.platform.is_managed());
    ask(
        review.brief.recovery_point_minutes.is_none() && live,
        "recovery_point_minutes",
        "How much data, in minutes, may be lost in a disaster, and how long may recovery take?",
        if managed {
            "whether the provider's backups suffice or point-in-time recovery has to be bought".to_owned()
        } else {
            "whether nightly dumps suffice or WAL archiving is needed".to_owned()
        },
        "no loss target: archiving is judged by what the server's settings say",
    );
    let exposed = review.targets.iter().any(|t| !t.exposure.is_none());
    let open_policies = findings(review, &["rls/policy-always-true", "rls/disabled-on-exposed-table"]);
    ask(
        review.brief.visibility.is_none() && exposed,
        "visibility",
        "Who may see and change what: is each user's data private, shared within an organisation, or public?",
        match open_policies {
            0 => "whether the policies in force say what is meant; none of them is open to everybody".to_owned(),
            n => format!("which of {} about open tables and policies are mistakes and which are meant", plural(n, "finding")),
        },
        "data behind the Data API is private unless a policy for reading says otherwise",
    );
    let users = own_tables(review).iter().any(|t| matches!(t.name.name.as_str(), "users" | "user" | "profiles" | "accounts" | "customers"));
    ask(
        review.brief.auth.is_none() && users && review.stack.of(StackKind::Auth).next().is_none() && !exposed,
        "auth",
        "Who signs users in: Clerk, Supabase Auth, an own table, something else?",
        "which identity column must be unique and what policies may rely on".to_owned(),
        "an own users table",
    );
    let production = review.targets.iter().any(|t| t.kind == TargetKind::Database);
    ask(
        review.brief.environment.is_none() && production,
        "environment",
        "Is this database production, staging or development?",
        "the severity of findings about backups, connections and network".to_owned(),
        "production",
    );
    ask(
        review.brief.read_share.is_none() && !live,
        "read_share",
        "What share of the statements only reads?",
        "whether an index that speeds reads up is worth its cost on writes".to_owned(),
        "mostly reads",
    );
    questions
}

fn findings(review: &Review, rules: &[&str]) -> usize {
    review.all_findings().filter(|f| rules.contains(&f.rule.as_str())).count()
}
