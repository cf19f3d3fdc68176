//! One made-up shop for all tests: every severity, every verdict, many places, and names that try to break out.

use architrave_model::brief::{Brief, Question};
use architrave_model::catalog::{
    Catalog, Column, Constraint, ConstraintKind, Extension, ForeignKeyAction, Grant, Identity, Index, IndexKey, MatchType, Policy, PolicyCommand,
    Reference, Role, Sequence, Table, TypeDef, TypeKind, View,
};
use architrave_model::context::Exposure;
use architrave_model::coverage::Gap;
use architrave_model::finding::{
    Confidence, Effect, Effort, Evidence, Finding, Fix, Link, Lock, Place, Proof, Severity, Value, Verdict,
};
use architrave_model::fingerprint::fingerprint;
use architrave_model::house::{HouseRule, HouseRules, HouseSentence, NameCase, RuleSetting};
use architrave_model::name::{ObjectKind, ObjectRef, QualifiedName};
use architrave_model::origin::Origins;
use architrave_model::platform::{Platform, Server, SessionRole};
use architrave_model::project::{MigrationFormat, Note, ProjectDatabase};
use architrave_model::review::{
    AssessmentLine, ChecklistLine, FailedStatement, Replay, Review, Run, Score, State, Suggestion, Target, TargetKind,
};
use architrave_model::roadmap::{Action, Phase, ProofCount, Step};
use architrave_model::rule::{Area, Check, Rule};
use architrave_model::script::{Location, Script, Statement, StatementKind, TransactionMode};
use architrave_model::settings::{HbaRule, Setting, Settings};
use architrave_model::snapshot::Snapshot;
use architrave_model::stack::{Stack, StackFact, StackKind};
use architrave_model::stats::{
    ActivityStats, ArchiverStats, ColumnStats, DatabaseFacts, DatabaseStats, IndexStats, SlotStats, StatementStats, Stats, TableStats,
};
use std::collections::BTreeMap;

/// A table name that tries HTML, Markdown, a terminal and the reader's eye.
pub(crate) const HOSTILE: &str = "no</script><img src=x onerror=alert(1)>`|*_[a](b)\"'\n\u{1b}[31m\u{202e}🦀";

/// A value that stands in a row, and so must never be printed.
pub(crate) const SECRET: &str = "s3cr3t-row-value";

const NOW: f64 = 1_790_000_000.0;
const DAY: f64 = 86_400.0;

macro_rules! rules {
    ($($name:ident = $id:literal, $severity:ident, $area:ident;)*) => {
        $(static $name: Rule = Rule {
            id: $id, summary: "", severity: Severity::$severity, confidence: Confidence::Certain, effort: Effort::Small,
            area: Area::$area, docs: "", check: Check::Catalog(|_, _, _| {}),
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
        },
        targets: vec![target()],
        house: house(),
        overruled: vec!["type/char-padded is off: “country codes are char(2) here”".into()],
        stack: stack(),
        title: "storefront".into(),
        notes: vec![Note { location: at("supabase/migrations/readme.txt", 1), text: "skipped: not a migration".into() }],
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
        rules_not_run: Vec::new(),
        roadmap: roadmap(&findings),
        findings,
        baselined: 2,
        allowed: vec![(
            draft("type/char-padded", Severity::Low, column("addresses", "country_code"), "public.addresses.country_code is char(2)"),
            "ISO 3166 codes have two letters".into(),
        )],
        coverage: vec![
            Gap::new("pg_hba rules", "role reader may not read pg_hba_file_rules", Some("grant pg_read_all_settings to reader")),
            Gap::new(format!("statistics of public.{HOSTILE}"), "it was locked for more than 250 ms", None),
        ],
        suggestions: vec![Suggestion { title: "Separate staff from customers".into(), text: "Both sign in with the same role; who may see what is not for a tool to decide.".into() }],
    }
}

/// The same without a single table.
pub(crate) fn empty() -> Review {
    let mut review = review();
    let replay = Replay { server_version: "15.18".into(), executed: true, ..Replay::default() };
    let database = ProjectDatabase {
        name: ".".into(), format: MigrationFormat::NumberedSql, path: "db".into(), scripts: Vec::new(), postgres_major: None, api_schemas: Vec::new(), notes: Vec::new(),
    };
    review.targets = vec![Target {
        name: "db".into(), kind: TargetKind::Project, source: "db".into(), snapshot: Snapshot::default(), database: Some(database),
        replay: Some(replay), origins: Origins::default(), exposure: Exposure::default(),
    }];
    review.house = HouseRules::default();
    review.overruled.clear();
    review.stack = Stack::default();
    review.notes.clear();
    review.brief = Brief::default();
    review.questions.clear();
    review.rules_run.clear();
    review.roadmap.clear();
    review.findings.clear();
    review.allowed.clear();
    review.coverage.clear();
    review.suggestions.clear();
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

fn col(name: &str, data_type: &str, not_null: bool) -> Column {
    Column { name: name.into(), data_type: data_type.into(), not_null, ..Column::default() }
}

fn constraint(name: &str, kind: ConstraintKind, columns: &[&str]) -> Constraint {
    Constraint {
        name: name.into(), kind, columns: columns.iter().map(|c| (*c).into()).collect(), references: None, expression: None,
        definition: String::new(), validated: true, enforced: true, deferrable: false, deferred: false, no_inherit: false, inherited: false,
        index: None, comment: None,
    }
}

fn references(own: &str, column: &str, table: &str) -> Constraint {
    let reference = Reference {
        table: name(table), columns: vec!["id".into()], on_update: ForeignKeyAction::NoAction, on_delete: ForeignKeyAction::Cascade,
        match_type: MatchType::Simple,
    };
    Constraint { references: Some(reference), ..constraint(&format!("{own}_{column}_fkey"), ConstraintKind::ForeignKey, &[column]) }
}

fn index(name: &str, columns: &[&str], unique: bool) -> Index {
    let keys = columns
        .iter()
        .map(|c| IndexKey { column: Some((*c).into()), expression: None, operator_class: None, collation: None, descending: false, nulls: architrave_model::catalog::NullsOrder::Last })
        .collect();
    Index {
        name: name.into(), method: "btree".into(), keys, include: Vec::new(), predicate: None, unique, nulls_not_distinct: false,
        primary: name.ends_with("_pkey"), exclusion: false, immediate: true, valid: true, ready: true, replica_identity: false, clustered: false,
        constraint: name.ends_with("_pkey").then(|| name.into()), parent: None, options: Vec::new(), tablespace: None, definition: String::new(),
        comment: None,
    }
}

fn table(table: &str, columns: Vec<Column>, foreign_keys: &[(&str, &str)]) -> Table {
    let key = format!("{table}_pkey");
    let mut constraints = vec![constraint(&key, ConstraintKind::PrimaryKey, &["id"])];
    constraints.extend(foreign_keys.iter().map(|(column, to)| references(table, column, to)));
    let mut all = vec![Column { identity: Some(Identity::Always), ..col("id", "bigint", true) }];
    all.extend(columns);
    let grants = ["anon", "authenticated"]
        .map(|role| Grant { grantee: role.into(), grantor: "postgres".into(), privileges: vec!["SELECT".into()], grantable: Vec::new() });
    Table {
        name: name(table), owner: "postgres".into(), columns: all, constraints, indexes: vec![index(&key, &["id"], true)], rls_enabled: true,
        grants: grants.to_vec(), ..Table::default()
    }
}

fn catalog() -> Catalog {
    let timestamp = "timestamp without time zone";
    let mut customers = table("customers", vec![col("clerk_user_id", "text", false), col("email", "text", true), col("phone1", "text", false), col("phone2", "text", false)], &[]);
    customers.comment = Some("People who buy".into());
    customers.policies.push(Policy {
        name: "own row".into(), command: PolicyCommand::Select, permissive: true, roles: vec!["authenticated".into()],
        using: Some("(auth.uid() = id)".into()), with_check: None, comment: None,
    });
    let orders = table("orders", vec![col("customer_id", "bigint", true), col("placed_at", timestamp, true), col("total", "double precision", true)], &[("customer_id", "customers")]);
    let mut items = table("order_items", vec![col("order_id", "bigint", true), col("product_id", "bigint", false), col("details", "jsonb", false)], &[("order_id", "orders"), ("product_id", "products")]);
    items.columns[0] = Column { default: Some("nextval('order_items_id_seq'::regclass)".into()), ..col("id", "integer", true) };
    items.indexes.push(index("order_items_order_id_idx", &["order_id"], false));
    items.indexes.push(index("idx_items_order", &["order_id"], false));
    let mut products = table("products", vec![col("title", "text", true), col("tags", "text[]", false), col("parent_id", "bigint", false)], &[("parent_id", "products")]);
    products.indexes.push(index("products_title_idx", &["title"], false));
    let mut hostile = table("x", vec![col("a|b", "text", false)], &[]);
    hostile.name = name(HOSTILE);
    hostile.rls_enabled = false;
    let mut sessions = Table { name: QualifiedName::new("auth", "sessions"), ..table("sessions", vec![], &[]) };
    sessions.owner = "supabase_auth_admin".into();
    let mut catalog = Catalog {
        tables: vec![customers, orders, items, products, hostile, sessions],
        views: vec![View { name: name("daily_sales"), materialized: true, populated: true, ..View::default() }],
        sequences: vec![Sequence { name: name("order_items_id_seq"), data_type: "integer".into(), max: 2_147_483_647, increment: 1, last_value: Some(1_932_735_283), owned_by_table: Some(name("order_items")), owned_by_column: Some("id".into()), ..Sequence::default() }],
        types: vec![TypeDef { name: name("order_state"), owner: String::new(), kind: TypeKind::Enum { labels: vec!["new".into(), "paid".into()] }, extension: None, grants: Vec::new(), comment: None }],
        extensions: vec![Extension { name: "pg_stat_statements".into(), schema: "extensions".into(), version: "1.10".into(), ..Extension::default() }],
        roles: vec![Role { name: "postgres".into(), superuser: true, login: true, ..Role::default() }],
        ..Catalog::default()
    };
    catalog.sort();
    catalog
}

fn table_stats(table: &str, rows: f64, bytes: i64, index_bytes: i64) -> TableStats {
    TableStats {
        name: name(table), rows, table_bytes: Some(bytes), index_bytes: Some(index_bytes), live_rows: rows as i64, index_scans: 90_000, index_rows_fetched: 4_000_000,
        seq_scans: 12, seq_rows_read: (rows as i64) * 12, inserted: rows as i64, updated: 1000, xid_age: Some(180_000_000), last_autovacuum: Some(NOW - DAY),
        ..TableStats::default()
    }
}

fn stats() -> Stats {
    let mut items = table_stats("order_items", 48_120_000.0, 4_900_000_000, 5_100_000_000);
    items.dead_rows = 15_000_000;
    let statements = [
        ("select * from orders where customer_id = $1", 8_123, 900_400.0),
        ("alter role shop password 's3cr3t-row-value'", 1, 12.0),
        ("select count(*) from order_items where details ->> $1 = $2", 41, 320_000.5),
    ];
    let mut stats = Stats {
        captured_at: NOW,
        tables: vec![items, table_stats("orders", 4_812_000.0, 700_000_000, 310_000_000), table_stats("customers", 310_000.0, 60_000_000, 21_000_000), table_stats("products", 1200.0, 900_000, 300_000)],
        indexes: vec![
            IndexStats { name: name("idx_items_order"), table: "order_items".into(), scans: 0, bytes: Some(1_073_741_824), ..IndexStats::default() },
            IndexStats { name: name("order_items_order_id_idx"), table: "order_items".into(), scans: 91_000, bytes: Some(1_073_741_824), ..IndexStats::default() },
        ],
        columns: vec![ColumnStats {
            table: name("customers"), column: "email".into(), most_common_values: Some(format!("{{{SECRET}}}")), histogram_bounds: Some(format!("{{{SECRET}}}")),
            ..ColumnStats::default()
        }],
        database: Some(DatabaseStats {
            bytes: Some(11_100_000_000), backends: 30, commits: 9_000_000, rollbacks: 20_000, blocks_read: 4_000_000, blocks_hit: 196_000_000, temp_files: 31,
            temp_bytes: 5_000_000_000, deadlocks: 2, stats_reset: Some(NOW - 61.0 * DAY), ..DatabaseStats::default()
        }),
        databases: vec![DatabaseFacts { name: "shop".into(), collation_version: Some("2.36".into()), actual_collation_version: Some("2.36".into()), ..DatabaseFacts::default() }],
        archiver: Some(ArchiverStats { archived: 0, ..ArchiverStats::default() }),
        slots: vec![SlotStats { name: "old".into(), kind: "logical".into(), active: false, retained_bytes: Some(9_000_000_000), wal_status: None }],
        activity: Some(ActivityStats { clients: 92, active: 4, idle: 80, idle_in_transaction: 8, waiting_for_lock: 1, oldest_idle_in_transaction_seconds: Some(4000.0), tls: 92, ..ActivityStats::default() }),
        statements: statements
            .iter()
            .enumerate()
            .map(|(at, (query, calls, total))| StatementStats {
                query_id: at as i64, query: (*query).into(), role: "shop".into(), calls: *calls, total_ms: *total, mean_ms: total / *calls as f64,
                max_ms: total / *calls as f64 * 3.0, blocks_hit: 900, blocks_read: 100, temp_blocks_written: if at == 2 { 4000 } else { 0 }, ..StatementStats::default()
            })
            .collect(),
        ..Stats::default()
    };
    stats.sort();
    stats
}

fn settings() -> Settings {
    let set = |name: &str, value: &str, boot: &str, unit: Option<&str>| Setting {
        name: name.into(), value: value.into(), unit: unit.map(Into::into), boot_value: Some(boot.into()),
        source: if value == boot { "default" } else { "configuration file" }.into(), context: "sighup".into(), pending_restart: false,
    };
    Settings {
        values: vec![
            set("app.settings.jwt_secret", SECRET, "", None),
            set("archive_command", SECRET, "", None),
            set("archive_mode", "off", "off", None),
            set("archive_timeout", "0", "0", Some("s")),
            set("autovacuum_freeze_max_age", "200000000", "200000000", None),
            set("data_checksums", "on", "off", None),
            set("effective_cache_size", "786432", "524288", Some("8kB")),
            set("fsync", "on", "on", None),
            set("full_page_writes", "on", "on", None),
            set("listen_addresses", "*", "localhost", None),
            set("max_connections", "100", "100", None),
            set("max_wal_senders", "10", "10", None),
            set("shared_buffers", "131072", "16384", Some("8kB")),
            set("ssl", "on", "off", None),
            set("wal_level", "replica", "replica", None),
        ],
        hba: Some(vec![HbaRule { line: 1, kind: "host".into(), method: "scram-sha-256".into(), ..HbaRule::default() }]),
    }
}

fn statement(text: &str, line: u32, kind: StatementKind) -> Statement {
    Statement { text: text.into(), line, column: 1, offset: 0, kind, touches: Vec::new(), syntax_error: None }
}

fn project() -> ProjectDatabase {
    let script = |path: &str, version: &str, statements| Script {
        path: format!("supabase/migrations/{path}"), version: version.into(), transaction: TransactionMode::PerFile, statements, has_down: false,
    };
    ProjectDatabase {
        name: "supabase".into(), format: MigrationFormat::Supabase, path: "supabase/migrations".into(),
        scripts: vec![
            script("20250506_customers.sql", "20250506", vec![statement("create table customers ()", 1, StatementKind::Definition)]),
            script("20250618_orders.sql", "20250618", vec![
                statement("create table orders ()", 3, StatementKind::Definition),
                statement("create index orders_i on orders (customer_id)", 17, StatementKind::Definition),
                statement("create index concurrently orders_j on orders (total)", 18, StatementKind::NonTransactional),
                statement("-- tidy up\nupdate orders set total = 0", 21, StatementKind::Data),
            ]),
            script("20260108_cleanup.sql", "20260108", vec![statement("alter table customers drop column fax", 2, StatementKind::Definition)]),
        ],
        postgres_major: Some(15), api_schemas: vec!["public".into()],
        notes: vec![Note { location: at("supabase/migrations/x.sql", 1), text: "the runner skips this file: no timestamp".into() }],
    }
}

fn target() -> Target {
    let server = Server {
        version_num: 150_018, version: "15.18".into(), version_text: "PostgreSQL 15.18".into(), platform: Platform::Supabase,
        platform_evidence: Some("role supabase_admin".into()), pooler: None, in_recovery: false, started_at: Some(NOW - 90.0 * DAY), tls: true,
        database: "postgres".into(), database_owner: "postgres".into(),
        role: SessionRole { name: "postgres".into(), create_role: true, bypass_rls: true, owned_tables: 5, writable_tables: 5, ..SessionRole::default() },
    };
    let replay = Replay {
        server_version: "15.18".into(), executed: true, scripts: 3, applied: 5,
        failed: vec![FailedStatement { location: at("supabase/migrations/20250618_orders.sql", 18), sqlstate: "25001".into(), message: "CREATE INDEX CONCURRENTLY cannot run inside a transaction block".into(), statement: "create index concurrently orders_j on orders (total)".into() }],
        skipped: vec![("psql meta-command".into(), 2)], stubbed_extensions: vec!["vector".into()], prelude: Some("Supabase roles and schemas".into()),
    };
    Target {
        name: "shop on db.example.com".into(), kind: TargetKind::Database, source: "postgres://postgres@db.example.com:5432/postgres".into(),
        snapshot: Snapshot { snapshot_version: 1, server, catalog: catalog(), stats: Some(stats()), settings: Some(settings()), ..Snapshot::default() },
        database: Some(project()), replay: Some(replay), origins: Origins::default(),
        exposure: Exposure { schemas: vec!["public".into()], roles: vec!["anon".into(), "authenticated".into()] },
    }
}

fn house() -> HouseRules {
    let line = |text: &str, line, rule| HouseSentence { text: text.into(), location: at(".claude/rules.md", line), rule };
    HouseRules {
        sentences: vec![
            line("Tables are named in snake_case, plural.", 3, Some(HouseRule::Naming { kind: "table".into(), case: NameCase::SnakeCase })),
            line("Never use type `money`.", 4, Some(HouseRule::ForbiddenType { data_type: "money".into(), instead: Some("bigint".into()) })),
            line("# Be kind to <customers> & each other", 9, None),
        ],
        rules: vec![RuleSetting { rule: "type/char-padded".into(), severity: None, reason: "country codes".into() }],
        allowed: Vec::new(),
    }
}

fn stack() -> Stack {
    let fact = |kind, name: &str, version: Option<&str>| StackFact { kind, name: name.into(), version: version.map(Into::into), path: "package.json".into() };
    Stack {
        facts: vec![
            fact(StackKind::Language, "TypeScript", Some("^5.6")), fact(StackKind::Framework, "Next.js", Some("^15.1")), fact(StackKind::Orm, "Drizzle ORM", Some("^0.38")),
            fact(StackKind::Driver, "postgres.js", None), fact(StackKind::Auth, "Clerk", Some("^6")),
        ],
        environment_names: vec!["CLERK_SECRET_KEY".into(), "DATABASE_URL".into()],
        source_files: vec![("ts".into(), 41), ("tsx".into(), 30)],
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
    let score = |area: Area, points, checked, not_checked, findings: &[(Severity, u32)]| Score { area: area.title().into(), points, checked, not_checked, findings: findings.to_vec() };
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

fn draft(rule: &str, severity: Severity, object: ObjectRef, message: &str) -> Finding {
    Finding {
        rule: rule.into(), fingerprint: fingerprint(rule, &object), severity, confidence: Confidence::Certain, engine: "postgresql".into(),
        target: "shop on db.example.com".into(), object, places: Vec::new(), location: None, message: message.into(),
        why: format!("This matters here because {}.", message.split(' ').next().unwrap_or_default()), evidence: Vec::new(), fix: None, proof: None,
        effort: Effort::Small, references: Vec::new(),
    }
}

fn fix(title: &str, up: &[&str], down: &[&str], lock: (&str, &str)) -> Option<Fix> {
    let concurrent = up.iter().any(|s| s.contains("concurrently"));
    Some(Fix {
        title: title.into(), up: up.iter().map(|s| (*s).into()).collect(), down: down.iter().map(|s| (*s).into()).collect(), transactional: !concurrent,
        effect: Effect { locks: vec![Lock { relation: lock.0.into(), mode: lock.1.into() }], ..Effect::default() }, caution: None,
    })
}

fn proof(verdict: Verdict, reason: Option<&str>) -> Option<Proof> {
    Some(Proof {
        verdict, by: "round-trip".into(), before: BTreeMap::new(), after: BTreeMap::new(),
        transcript: if verdict == Verdict::Unknown { Vec::new() } else { vec!["> apply fix".into(), "ok".into(), String::new(), "finding gone: yes".into()] },
        reason: reason.map(Into::into),
    })
}

fn findings() -> Vec<Finding> {
    let mut all = serious();
    all.extend(lesser());
    all
}

fn serious() -> Vec<Finding> {
    let mut rls = draft("rls/disabled-on-exposed-table", Severity::Critical, ObjectRef::table(&name(HOSTILE)), &format!("public.{HOSTILE} is open to anon without row level security"));
    rls.why = "Anybody with the public key of the project may read this table.".into();
    rls.location = Some(at("supabase/migrations/20250618_orders.sql", 30));
    rls.fix = fix("Switch row level security on", &[&format!("alter table {} enable row level security", name(HOSTILE).sql())], &[&format!("alter table {} disable row level security", name(HOSTILE).sql())], (HOSTILE, "AccessExclusiveLock"));
    rls.proof = proof(Verdict::Proved, None);
    let mut exhaustion = draft("key/integer-exhaustion", Severity::High, column("order_items", "id"), "public.order_items.id has used 90% of its integer range");
    exhaustion.evidence = vec![
        Evidence { fact: "last value of public.order_items_id_seq".into(), value: Value::Int(1_932_735_283), source: "pg_sequences".into() },
        Evidence { fact: "size of public.order_items".into(), value: Value::Int(10_000_000_000), source: "pg_total_relation_size".into() },
    ];
    exhaustion.fix = fix("Make the key a bigint", &["alter table order_items alter column id type bigint"], &[], ("public.order_items", "AccessExclusiveLock"));
    if let Some(fix) = &mut exhaustion.fix {
        fix.effect.rewrites.push("public.order_items".into());
        fix.effect.bytes = Some(10_000_000_000);
        fix.caution = Some("Rewriting 10 GB blocks the shop; plan a window or a shadow column.".into());
    }
    exhaustion.proof = proof(Verdict::Unknown, Some("the private server holds no rows, so the time cannot be measured"));
    exhaustion.effort = Effort::Large;
    let mut float = draft("type/float-for-money", Severity::High, column("orders", "total"), "public.orders.total is double precision, which cannot hold cents exactly");
    float.location = Some(at("supabase/migrations/20250618_orders.sql", 6));
    float.fix = fix("Store cents as bigint", &["alter table orders alter column total type bigint using round(total * 100)"], &[], ("public.orders", "AccessExclusiveLock"));
    float.proof = proof(Verdict::Refuted, Some("view public.daily_sales depends on the column, the server refuses the change"));
    let clerk = draft("clerk/user-id-not-unique", Severity::High, column("customers", "clerk_user_id"), "public.customers.clerk_user_id is neither unique nor indexed");
    let archive = draft("backup/archiving-off", Severity::High, ObjectRef::global(ObjectKind::Setting, "archive_mode"), "archive_mode is off, 10 GiB cannot be brought back to a moment");
    vec![rls, exhaustion, float, clerk, archive]
}

fn lesser() -> Vec<Finding> {
    let mut index = draft("index/foreign-key-unindexed", Severity::Medium, ObjectRef::in_table(ObjectKind::Constraint, &name("orders"), "orders_customer_id_fkey"), "no index of public.orders starts with (customer_id)");
    index.evidence = vec![Evidence { fact: "rows in public.orders".into(), value: Value::Int(4_812_000), source: "pg_class.reltuples".into() }];
    index.fix = fix("Create the index", &["create index concurrently orders_customer_id_idx on public.orders (customer_id)"], &["drop index concurrently public.orders_customer_id_idx"], ("public.orders", "ShareUpdateExclusiveLock"));
    if let Some(fix) = &mut index.fix {
        fix.effect.scans.push("public.orders".into());
        fix.effect.bytes = Some(105_226_698);
    }
    index.proof = proof(Verdict::Proved, None);
    if let Some(proof) = &mut index.proof {
        proof.before.insert("cost".into(), Value::Float(21_421.3));
        proof.after.insert("cost".into(), Value::Float(363.8));
    }
    index.references = vec![
        Link { title: "Indexes and foreign keys".into(), url: "https://www.postgresql.org/docs/current/ddl-constraints.html".into() },
        Link { title: "evil".into(), url: "javascript:alert(1)".into() },
    ];
    let mut duplicate = draft("index/duplicate", Severity::Medium, ObjectRef::in_table(ObjectKind::Index, &name("order_items"), "idx_items_order"), "public.idx_items_order equals public.order_items_order_id_idx, 1 GiB");
    duplicate.fix = fix("Drop the duplicate", &["drop index concurrently public.idx_items_order"], &["create index concurrently idx_items_order on public.order_items (order_id)"], ("public.order_items", "ShareUpdateExclusiveLock"));
    if let Some(fix) = &mut duplicate.fix {
        fix.effect.bytes = Some(-1_073_741_824);
    }
    duplicate.proof = proof(Verdict::Proved, None);
    let mut zone = draft("type/timestamp-without-zone", Severity::Medium, ObjectRef::global(ObjectKind::Database, "postgres"), "22 columns are timestamp without time zone");
    zone.places = (1..=22).map(|n| Place { object: column("orders", &format!("at_{n}")), location: Some(at("supabase/migrations/20250618_orders.sql", n)), detail: Some("timestamp(3) without time zone".into()) }).collect();
    let minor = draft("server/out-of-date-minor", Severity::Medium, ObjectRef::global(ObjectKind::Cluster, "15.18"), "PostgreSQL 15.18 is 2 minor releases behind");
    let failed = draft("migration/statement-failed", Severity::Medium, ObjectRef::global(ObjectKind::File, "supabase/migrations/20250618_orders.sql"), "1 statement of 20250618_orders.sql fails on an empty server");
    let unused = draft("index/unused", Severity::Low, ObjectRef::in_table(ObjectKind::Index, &name("products"), "products_title_idx"), "public.products_title_idx was not scanned in 61 days");
    let mut nullable = draft("column/nullable-foreign-key", Severity::Low, column("order_items", "product_id"), "public.order_items.product_id may be null and never is");
    nullable.confidence = Confidence::Likely;
    let comment = draft("table/comment-missing", Severity::Info, ObjectRef::table(&name("orders")), "4 tables have no comment");
    vec![index, duplicate, zone, minor, failed, unused, nullable, comment]
}

fn roadmap(findings: &[Finding]) -> Vec<Action> {
    let action = |order: u32, phase, title: &str, on: &[usize], sql: &[&str], rollback: &[&str], verdict| {
        let settles: Vec<&Finding> = on.iter().map(|n| &findings[n - 1]).collect();
        let count = |v| settles.iter().filter(|f| f.proof.as_ref().is_some_and(|p| p.verdict == v)).count() as u32;
        Action {
            order, phase, title: title.into(), why: format!("Removes what {} findings cost.", settles.len()), severity: settles.iter().map(|f| f.severity).max().unwrap_or_default(), effort: Effort::Small,
            score: 12.5 / f64::from(order), findings: settles.iter().map(|f| f.fingerprint.clone()).collect(),
            steps: vec![Step { title: title.into(), sql: sql.iter().map(|s| (*s).into()).collect(), transactional: !sql.iter().any(|s| s.contains("concurrently")) }],
            effect: settles.iter().filter_map(|f| f.fix.as_ref()).map(|f| f.effect.clone()).next().unwrap_or_default(), verdict,
            proofs: ProofCount { proved: count(Verdict::Proved), refuted: count(Verdict::Refuted), unknown: count(Verdict::Unknown) },
            risk: "A long transaction keeps the lock waiting; set lock_timeout and try again.".into(), test: "Run the review again: the findings are gone.".into(),
            rollback: rollback.iter().map(|s| (*s).into()).collect(), would_change: "A table that nobody reads.".into(),
        }
    };
    let enable = format!("alter table {} enable row level security", name(HOSTILE).sql());
    let disable = format!("alter table {} disable row level security", name(HOSTILE).sql());
    vec![
        action(1, Phase::Now, &format!("Close public.{HOSTILE} to outsiders"), &[1], &[&enable], &[&disable], Verdict::Proved),
        action(2, Phase::Now, "Index the foreign key, drop the duplicate", &[6, 7], &["create index concurrently orders_customer_id_idx on public.orders (customer_id)", "drop index concurrently public.idx_items_order"], &["drop index concurrently public.orders_customer_id_idx", "create index concurrently idx_items_order on public.order_items (order_id)"], Verdict::Proved),
        action(3, Phase::Next, "Switch WAL archiving on", &[5], &[], &["set archive_mode back and restart"], Verdict::Unknown),
        action(4, Phase::Later, "Widen the key of order_items", &[2], &["alter table order_items alter column id type bigint"], &[], Verdict::Unknown),
    ]
}
