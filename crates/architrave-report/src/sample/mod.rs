//! One made-up shop for all tests: every severity, every verdict, many places, and names that try to break out.

mod database;
mod earlier;
mod findings;
mod planned;

use architrave_model::brief::{Brief, Question};
use architrave_model::coverage::Gap;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::house::{HouseRule, HouseRules, HouseSentence, NameCase, RuleSetting};
use architrave_model::limits::{KeyLimit, Limits, TransactionIds};
use architrave_model::name::{ObjectRef, QualifiedName};
use architrave_model::platform::Server;
use architrave_model::project::{MigrationFormat, Note, ProjectDatabase};
use architrave_model::review::{AssessmentLine, ChecklistLine, Replay, Review, Run, Score, State, Suggestion, Target, TargetKind};
use architrave_model::rule::{Area, Check, Rule};
use architrave_model::script::Location;
use architrave_model::snapshot::Snapshot;
use architrave_model::stack::{Stack, StackFact, StackKind};
use database::target;
use findings::{draft, findings, roadmap};

/// A table name that tries HTML, Markdown, a terminal and the reader's eye.
pub(crate) const HOSTILE: &str = "no</script><img src=x onerror=alert(1)>`|*_[a](b)\"'\n\u{1b}[31m\u{202e}🦀";

/// A value that stands in a row, and so must never be printed.
pub(crate) const SECRET: &str = "s3cr3t-row-value";

const NOW: f64 = 1_790_000_000.0;
const DAY: f64 = 86_400.0;

macro_rules! rules {
    ($($name:ident = $id:literal, $severity:ident, $area:ident;)*) => {
        $(static $name: Rule = Rule {
            id: $id, summary: concat!("what ", $id, " looks for"), severity: Severity::$severity, confidence: Confidence::Certain, effort: Effort::Small,
            area: Area::$area, docs: concat!("# ", $id, "\n\nWhy it matters.\n"), check: Check::Catalog(|_, _, _| {}),
        };)*
        static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    CONSTRAINT_NO_EFFECT = "constraint/unique-without-effect", Medium, Modeling;
    KEY_MISSING = "key/primary-key-missing", High, Modeling;
    NULLABLE = "column/nullable-foreign-key", Low, Modeling;
    EXHAUSTION = "key/integer-exhaustion", High, Scaling;
    TIMESTAMP = "type/timestamp-without-zone", Medium, Types;
    FLOAT = "type/float-for-money", High, Types;
    CHAR = "type/char-padded", Low, Types;
    FK_INDEX = "index/foreign-key-unindexed", Medium, Performance;
    DUPLICATE = "index/duplicate", Medium, Performance;
    UNUSED = "index/unused", Low, Performance;
    SEQ = "table/sequential-scans", Medium, Performance;
    RLS_OFF = "rls/disabled-on-exposed-table", Critical, Security;
    CLERK = "clerk/user-id-not-unique", High, Security;
    ARCHIVE = "backup/archiving-off", High, Recovery;
    MINOR = "server/out-of-date-minor", Medium, Operations;
    COMMENT = "table/comment-missing", Info, Documentation;
}

/// A rule whose input is missing.
static XID: Rule = Rule {
    id: "server/wraparound-age",
    summary: "",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: "",
    check: Check::Stats(|_, _, _, _| {}),
};

/// The shop: a live database together with the project that defines it.
pub(crate) fn review() -> Review {
    let findings = findings();
    Review {
        tool_version: "0.1.0".into(),
        run: Run {
            started_at: "2026-11-21T10:00:00Z".into(),
            duration_ms: 2345,
            steps_ms: vec![("read".into(), 345), ("prove".into(), 2000)],
            round_trips: 19,
            speed: None,
        },
        targets: vec![target()],
        house: house(),
        overruled: vec!["type/char-padded is off: “country codes are char(2) here”".into()],
        stack: stack(),
        title: "storefront".into(),
        notes: vec![Note { location: at("supabase/migrations/readme.txt", 1), text: "skipped: not a migration".into(), kind: None }],
        brief: Brief { growth_per_year: Some(2.0), recovery_point_minutes: Some(5.0), ..Brief::default() },
        questions: vec![Question {
            key: "read_share".into(),
            text: "How large is the share of reads?".into(),
            changes: "the advice on standbys and caches".into(),
            assumed: "nothing".into(),
        }],
        assessment: assessment(),
        checklist: checklist(),
        scorecard: scorecard(),
        rules_run: RULES.to_vec(),
        rules_not_run: vec![&XID],
        roadmap: roadmap(&findings),
        findings,
        hidden: Vec::new(),
        baselined: 2,
        hidden_as_old: 1,
        allowances: earlier::allowances(),
        changes: earlier::changes(),
        baseline: Vec::new(),
        repository_path: "services/shop/".into(),
        allowed: vec![(
            draft("type/char-padded", Severity::Low, column("addresses", "country_code"), "public.addresses.country_code is char(2)"),
            "ISO 3166 codes have two letters".into(),
        )],
        coverage: vec![
            Gap::new("pg_hba rules", "role reader may not read pg_hba_file_rules", Some("grant pg_read_all_settings to reader")),
            Gap::new(format!("statistics of public.{HOSTILE}"), "it was locked for more than 250 ms", None),
        ],
        suggestions: vec![Suggestion {
            title: "Separate staff from customers".into(),
            text: "Both sign in with the same role; who may see what is not for a tool to decide.".into(),
        }],
        earlier: None,
        limits: vec![limits()],
    }
}

/// The shop between two readings, 30 days apart.
fn limits() -> Limits {
    Limits {
        target: "shop on db.example.com".into(),
        since: Some(NOW - 30.0 * DAY),
        until: NOW,
        keys: vec![KeyLimit {
            sequence: name("order_items_id_seq"),
            table: Some(name("order_items")),
            column: Some("id".into()),
            last_value: 1_932_735_283,
            limit: 2_147_483_647,
            used: 0.9,
            per_day: Some(1_100_000.0),
            exhausted_at: Some(NOW + 195.0 * DAY),
        }],
        transaction_ids: Some(TransactionIds {
            age: 150_000_000,
            per_day_at_least: Some(1_200_000.0),
            transactions_per_day: Some(3_000_000.0),
            refuses_writes_at: Some(NOW + 665.0 * DAY),
        }),
        bytes_per_day: Some(262_144_000.0),
    }
}

/// The same without a single table.
pub(crate) fn empty() -> Review {
    let mut review = review();
    let replay = Replay { server_version: "15.18".into(), executed: true, ..Replay::default() };
    let database = ProjectDatabase::new(".", MigrationFormat::NumberedSql, "db", Vec::new());
    review.targets = vec![Target {
        database: Some(database),
        replay: Some(replay),
        ..Target::new("db", TargetKind::Project, "db", Snapshot::default())
    }];
    review.house = HouseRules::default();
    review.overruled.clear();
    review.stack = Stack::default();
    review.notes.clear();
    review.brief = Brief::default();
    review.questions.clear();
    review.rules_run.clear();
    review.rules_not_run = RULES.to_vec();
    review.roadmap.clear();
    review.findings.clear();
    review.allowed.clear();
    review.allowances.clear();
    review.changes.clear();
    review.repository_path.clear();
    review.coverage.clear();
    review.suggestions.clear();
    review.limits.clear();
    review.baselined = 0;
    for score in &mut review.scorecard {
        (score.points, score.checked, score.not_checked) = (None, 0, 4);
        score.findings.clear();
    }
    for line in &mut review.checklist {
        line.state = State::Unknown;
        line.evidence = "no table".into();
    }
    review
}

/// The project by itself, and the live database beside it.
pub(crate) fn several() -> Review {
    let mut review = review();
    let live = target();
    let mut project = target();
    project.name = "supabase".into();
    project.kind = TargetKind::Project;
    project.source = "supabase/migrations".into();
    project.snapshot.server = Server::default();
    project.snapshot.stats = None;
    project.snapshot.settings = None;
    (project.explained, project.on_twin) = (Vec::new(), None);
    review.targets = vec![project, Target { database: None, replay: None, ..live }];
    let mut twice = review.findings[1].clone();
    twice.target = "supabase".into();
    review.findings.insert(2, twice);
    review
}

fn at(path: &str, line: u32) -> Location {
    Location { path: path.into(), line, column: 1 }
}

fn name(table: &str) -> QualifiedName {
    QualifiedName::new("public", table)
}

fn column(table: &str, column: &str) -> ObjectRef {
    ObjectRef::column(&name(table), column)
}

fn house() -> HouseRules {
    let line =
        |text: &str, line, rule| HouseSentence { text: text.into(), location: at(".claude/rules.md", line), rule, exempt: Vec::new() };
    HouseRules {
        sentences: vec![
            line("Tables are named in snake_case, plural.", 3, Some(HouseRule::Naming { kind: "table".into(), case: NameCase::SnakeCase })),
            line(
                "Never use type `money`.",
                4,
                Some(HouseRule::ForbiddenType { data_type: "money".into(), instead: Some("bigint".into()) }),
            ),
            line("# Be kind to <customers> & each other", 9, None),
        ],
        rules: vec![RuleSetting {
            rule: "type/char-padded".into(),
            severity: None,
            reason: "country codes".into(),
            location: at("architrave.toml", 2),
        }],
        allowed: earlier::allowed(),
    }
}

fn stack() -> Stack {
    let fact = |kind, name: &str, version: Option<&str>| StackFact {
        kind,
        name: name.into(),
        version: version.map(Into::into),
        path: "package.json".into(),
    };
    Stack {
        facts: vec![
            fact(StackKind::Language, "TypeScript", Some("^5.6")),
            fact(StackKind::Framework, "Next.js", Some("^15.1")),
            fact(StackKind::Orm, "Drizzle ORM", Some("^0.38")),
            fact(StackKind::Driver, "postgres.js", None),
            fact(StackKind::Auth, "Clerk", Some("^6")),
        ],
        environment_names: vec!["CLERK_SECRET_KEY".into(), "DATABASE_URL".into()],
        source_files: vec![("ts".into(), 41), ("tsx".into(), 30)],
        ..Stack::default()
    }
}

fn assessment() -> Vec<AssessmentLine> {
    let line = |key: &str, value: &str, because: &str| AssessmentLine { key: key.into(), value: value.into(), because: because.into() };
    vec![
        line("size", "medium", "10 GiB, 53 million rows"),
        line("scope", "5 tables in 1 schema", "18 columns, 4 foreign keys"),
        line("complexity", "low", "0.8 foreign keys per table, longest chain 2"),
        line("context", "web shop on Supabase with Clerk", "package.json, server"),
        line("stage", "scaling", "key order_items.id is used up to 90%"),
    ]
}

fn checklist() -> Vec<ChecklistLine> {
    let line = |text: &str, state, evidence: &str| ChecklistLine { text: text.into(), state, evidence: evidence.into() };
    vec![
        line("Schema: every table has a primary key and its foreign keys", State::Pass, "5 of 5 tables have a primary key"),
        line("Indexes for WHERE and JOIN", State::Fail, "1 foreign key without index: F5"),
        line("RLS shows users only their own data", State::Fail, "1 table reachable without row level security"),
        line("Timestamps are TIMESTAMPTZ", State::Fail, "22 columns of type timestamp without time zone"),
        line("Clerk user id unique and indexed", State::Fail, "public.customers.clerk_user_id is neither"),
        line("EXPLAIN cost acceptable", State::Unknown, "no query was explained in this review"),
        line("10× traffic without locking", State::Unknown, "no load was simulated"),
    ]
}

fn scorecard() -> Vec<Score> {
    let score = |area: Area, points, checked, not_checked, findings: &[(Severity, u32)]| Score {
        area: area.title().into(),
        points,
        checked,
        not_checked,
        findings: findings.to_vec(),
    };
    vec![
        score(Area::Modeling, Some(72), 3, 0, &[(Severity::Low, 1)]),
        score(Area::Types, Some(55), 3, 0, &[(Severity::High, 1), (Severity::Medium, 1)]),
        score(Area::Performance, Some(61), 4, 0, &[(Severity::Medium, 2), (Severity::Low, 1)]),
        score(Area::Scaling, Some(40), 1, 2, &[(Severity::High, 1)]),
        score(Area::Security, Some(20), 2, 1, &[(Severity::Critical, 1), (Severity::High, 1)]),
        score(Area::Migrations, None, 0, 3, &[]),
        score(Area::Recovery, Some(50), 1, 0, &[(Severity::High, 1)]),
        score(Area::Operations, Some(90), 1, 0, &[(Severity::Medium, 1)]),
        score(Area::Documentation, Some(95), 1, 0, &[(Severity::Info, 1)]),
    ]
}
