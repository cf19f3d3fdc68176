//! The shop's database: catalogue, statistics, settings and scripts.

use super::planned;
use super::{DAY, HOSTILE, NOW, SECRET, at, name};
use architrave_model::catalog::{
    Catalog, Column, Constraint, ConstraintKind, Extension, ForeignKeyAction, Grant, Identity, Index, IndexKey, MatchType, NullsOrder,
    Policy, PolicyCommand, Reference, Role, Sequence, Table, TypeDef, TypeKind, View,
};
use architrave_model::context::Exposure;
use architrave_model::name::QualifiedName;
use architrave_model::platform::{Platform, Server, SessionRole};
use architrave_model::project::{MigrationFormat, Note, ProjectDatabase};
use architrave_model::review::{FailedStatement, Replay, Target, TargetKind};
use architrave_model::script::{Script, Statement, StatementKind, TransactionMode};
use architrave_model::settings::{HbaRule, Setting, Settings};
use architrave_model::snapshot::Snapshot;
use architrave_model::stats::{
    ActivityStats, ArchiverStats, ColumnStats, DatabaseFacts, DatabaseStats, IndexStats, SlotStats, StatementStats, Stats, TableStats,
};

fn col(name: &str, data_type: &str, not_null: bool) -> Column {
    Column { name: name.into(), data_type: data_type.into(), not_null, ..Column::default() }
}

fn references(own: &str, column: &str, table: &str) -> Constraint {
    let reference = Reference {
        table: name(table),
        columns: vec!["id".into()],
        on_update: ForeignKeyAction::NoAction,
        on_delete: ForeignKeyAction::Cascade,
        match_type: MatchType::Simple,
    };
    Constraint { references: Some(reference), ..Constraint::plain(&format!("{own}_{column}_fkey"), ConstraintKind::ForeignKey, &[column]) }
}

fn index(name: &str, columns: &[&str], unique: bool) -> Index {
    let keys = columns
        .iter()
        .map(|c| IndexKey {
            column: Some((*c).into()),
            expression: None,
            operator_class: None,
            collation: None,
            descending: false,
            nulls: NullsOrder::Last,
        })
        .collect();
    Index {
        name: name.into(),
        method: "btree".into(),
        keys,
        include: Vec::new(),
        predicate: None,
        unique,
        nulls_not_distinct: false,
        primary: name.ends_with("_pkey"),
        exclusion: false,
        immediate: true,
        valid: true,
        ready: true,
        replica_identity: false,
        clustered: false,
        constraint: name.ends_with("_pkey").then(|| name.into()),
        parent: None,
        options: Vec::new(),
        tablespace: None,
        definition: String::new(),
        comment: None,
    }
}

fn table(table: &str, columns: Vec<Column>, foreign_keys: &[(&str, &str)]) -> Table {
    let key = format!("{table}_pkey");
    let mut constraints = vec![Constraint::plain(&key, ConstraintKind::PrimaryKey, &["id"])];
    constraints.extend(foreign_keys.iter().map(|(column, to)| references(table, column, to)));
    let mut all = vec![Column { identity: Some(Identity::Always), ..col("id", "bigint", true) }];
    all.extend(columns);
    let grants = ["anon", "authenticated"].map(|role| Grant {
        grantee: role.into(),
        grantor: "postgres".into(),
        privileges: vec!["SELECT".into()],
        grantable: Vec::new(),
    });
    Table {
        name: name(table),
        owner: "postgres".into(),
        columns: all,
        constraints,
        indexes: vec![index(&key, &["id"], true)],
        rls_enabled: true,
        grants: grants.to_vec(),
        ..Table::default()
    }
}

fn tables() -> Vec<Table> {
    let timestamp = "timestamp without time zone";
    let mut customers = table(
        "customers",
        vec![col("clerk_user_id", "text", false), col("email", "text", true), col("phone1", "text", false), col("phone2", "text", false)],
        &[],
    );
    customers.comment = Some("People who buy".into());
    customers.policies.push(Policy {
        name: "own row".into(),
        command: PolicyCommand::Select,
        permissive: true,
        roles: vec!["authenticated".into()],
        using: Some("(auth.uid() = id)".into()),
        with_check: None,
        comment: None,
    });
    let orders = table(
        "orders",
        vec![col("customer_id", "bigint", true), col("placed_at", timestamp, true), col("total", "double precision", true)],
        &[("customer_id", "customers")],
    );
    let mut items = table(
        "order_items",
        vec![col("order_id", "bigint", true), col("product_id", "bigint", false), col("details", "jsonb", false)],
        &[("order_id", "orders"), ("product_id", "products")],
    );
    items.columns[0] = Column { default: Some("nextval('order_items_id_seq'::regclass)".into()), ..col("id", "integer", true) };
    items.indexes.push(index("order_items_order_id_idx", &["order_id"], false));
    items.indexes.push(index("idx_items_order", &["order_id"], false));
    let mut products = table(
        "products",
        vec![col("title", "text", true), col("tags", "text[]", false), col("parent_id", "bigint", false)],
        &[("parent_id", "products")],
    );
    products.indexes.push(index("products_title_idx", &["title"], false));
    let mut hostile = table("x", vec![col("a|b", "text", false)], &[]);
    hostile.name = name(HOSTILE);
    hostile.rls_enabled = false;
    let mut sessions = Table { name: QualifiedName::new("auth", "sessions"), ..table("sessions", vec![], &[]) };
    sessions.owner = "supabase_auth_admin".into();
    vec![customers, orders, items, products, hostile, sessions]
}

fn catalog() -> Catalog {
    let mut catalog = Catalog {
        tables: tables(),
        views: vec![View { name: name("daily_sales"), materialized: true, populated: true, ..View::default() }],
        sequences: vec![Sequence {
            name: name("order_items_id_seq"),
            data_type: "integer".into(),
            max: 2_147_483_647,
            increment: 1,
            last_value: Some(1_932_735_283),
            owned_by_table: Some(name("order_items")),
            owned_by_column: Some("id".into()),
            ..Sequence::default()
        }],
        types: vec![TypeDef {
            name: name("order_state"),
            owner: String::new(),
            kind: TypeKind::Enum { labels: vec!["new".into(), "paid".into()] },
            extension: None,
            grants: Vec::new(),
            comment: None,
        }],
        extensions: vec![Extension {
            name: "pg_stat_statements".into(),
            schema: "extensions".into(),
            version: "1.10".into(),
            ..Extension::default()
        }],
        roles: vec![Role { name: "postgres".into(), superuser: true, login: true, ..Role::default() }],
        ..Catalog::default()
    };
    catalog.sort();
    catalog
}

fn table_stats(table: &str, rows: f64, bytes: i64, index_bytes: i64) -> TableStats {
    TableStats {
        name: name(table),
        rows,
        table_bytes: Some(bytes),
        index_bytes: Some(index_bytes),
        live_rows: rows as i64,
        index_scans: 90_000,
        index_rows_fetched: 4_000_000,
        seq_scans: 12,
        seq_rows_read: (rows as i64) * 12,
        inserted: rows as i64,
        updated: 1000,
        xid_age: Some(180_000_000),
        last_autovacuum: Some(NOW - DAY),
        ..TableStats::default()
    }
}

fn stats() -> Stats {
    let mut items = table_stats("order_items", 48_120_000.0, 4_900_000_000, 5_100_000_000);
    items.dead_rows = 15_000_000;
    let mut stats = Stats {
        captured_at: NOW,
        tables: vec![
            items,
            table_stats("orders", 4_812_000.0, 700_000_000, 310_000_000),
            table_stats("customers", 310_000.0, 60_000_000, 21_000_000),
            table_stats("products", 1200.0, 900_000, 300_000),
        ],
        indexes: vec![
            IndexStats {
                name: name("idx_items_order"),
                table: "order_items".into(),
                scans: 0,
                bytes: Some(1_073_741_824),
                ..IndexStats::default()
            },
            IndexStats {
                name: name("order_items_order_id_idx"),
                table: "order_items".into(),
                scans: 91_000,
                bytes: Some(1_073_741_824),
                ..IndexStats::default()
            },
        ],
        columns: vec![ColumnStats {
            table: name("customers"),
            column: "email".into(),
            most_common_values: Some(format!("{{{SECRET}}}")),
            histogram_bounds: Some(format!("{{{SECRET}}}")),
            ..ColumnStats::default()
        }],
        database: Some(counters()),
        databases: vec![DatabaseFacts {
            name: "shop".into(),
            collation_version: Some("2.36".into()),
            actual_collation_version: Some("2.36".into()),
            ..DatabaseFacts::default()
        }],
        archiver: Some(ArchiverStats { archived: 0, ..ArchiverStats::default() }),
        slots: vec![SlotStats {
            name: "old".into(),
            kind: "logical".into(),
            active: false,
            retained_bytes: Some(9_000_000_000),
            wal_status: None,
            ..SlotStats::default()
        }],
        activity: Some(ActivityStats {
            clients: 92,
            active: 4,
            idle: 80,
            idle_in_transaction: 8,
            waiting_for_lock: 1,
            oldest_idle_in_transaction_seconds: Some(4000.0),
            tls: 92,
            ..ActivityStats::default()
        }),
        statements: statements(),
        ..Stats::default()
    };
    stats.sort();
    stats
}

fn counters() -> DatabaseStats {
    DatabaseStats {
        bytes: Some(11_100_000_000),
        backends: 30,
        commits: 9_000_000,
        rollbacks: 20_000,
        blocks_read: 4_000_000,
        blocks_hit: 196_000_000,
        temp_files: 31,
        temp_bytes: 5_000_000_000,
        deadlocks: 2,
        stats_reset: Some(NOW - 61.0 * DAY),
        ..DatabaseStats::default()
    }
}

fn statements() -> Vec<StatementStats> {
    let statements = [
        ("select * from orders where customer_id = $1", 8_123, 900_400.0),
        ("alter role shop password 's3cr3t-row-value'", 1, 12.0),
        ("select count(*) from order_items where details ->> $1 = $2", 41, 320_000.5),
    ];
    statements
        .iter()
        .enumerate()
        .map(|(at, (query, calls, total))| StatementStats {
            query_id: i64::try_from(at).unwrap(),
            query: (*query).into(),
            role: "shop".into(),
            calls: *calls,
            total_ms: *total,
            mean_ms: total / *calls as f64,
            max_ms: total / *calls as f64 * 3.0,
            blocks_hit: 900,
            blocks_read: 100,
            temp_blocks_written: if at == 2 { 4000 } else { 0 },
            ..StatementStats::default()
        })
        .collect()
}

fn settings() -> Settings {
    let set = |name: &str, value: &str, boot: &str, unit: Option<&str>| Setting {
        name: name.into(),
        value: value.into(),
        unit: unit.map(Into::into),
        boot_value: Some(boot.into()),
        source: if value == boot { "default" } else { "configuration file" }.into(),
        context: "sighup".into(),
        pending_restart: false,
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
        ..Settings::default()
    }
}

fn statement(text: &str, line: u32, kind: StatementKind) -> Statement {
    Statement { text: text.into(), line, column: 1, offset: 0, kind, touches: Vec::new(), syntax_error: None }
}

fn project() -> ProjectDatabase {
    let script = |path: &str, version: &str, statements| Script {
        path: format!("supabase/migrations/{path}"),
        version: version.into(),
        transaction: TransactionMode::PerFile,
        statements,
        ..Script::default()
    };
    ProjectDatabase {
        postgres_major: Some(15),
        api_schemas: vec!["public".into()],
        notes: vec![Note {
            location: at("supabase/migrations/x.sql", 1),
            text: "the runner skips this file: no timestamp".into(),
            kind: None,
        }],
        ..ProjectDatabase::new(
            "supabase",
            MigrationFormat::Supabase,
            "supabase/migrations",
            vec![
                script("20250506_customers.sql", "20250506", vec![statement("create table customers ()", 1, StatementKind::Definition)]),
                script(
                    "20250618_orders.sql",
                    "20250618",
                    vec![
                        statement("create table orders ()", 3, StatementKind::Definition),
                        statement("create index orders_i on orders (customer_id)", 17, StatementKind::Definition),
                        statement("create index concurrently orders_j on orders (total)", 18, StatementKind::NonTransactional),
                        statement("-- tidy up\nupdate orders set total = 0", 21, StatementKind::Data),
                    ],
                ),
                script(
                    "20260108_cleanup.sql",
                    "20260108",
                    vec![statement("alter table customers drop column fax", 2, StatementKind::Definition)],
                ),
            ],
        )
    }
}

pub(super) fn target() -> Target {
    let server = Server {
        version_num: 150_018,
        version: "15.18".into(),
        version_text: "PostgreSQL 15.18".into(),
        platform: Platform::Supabase,
        platform_evidence: Some("role supabase_admin".into()),
        pooler: None,
        in_recovery: false,
        started_at: Some(NOW - 90.0 * DAY),
        tls: true,
        database: "postgres".into(),
        database_owner: "postgres".into(),
        role: SessionRole {
            name: "postgres".into(),
            create_role: true,
            bypass_rls: true,
            owned_tables: 5,
            writable_tables: 5,
            ..SessionRole::default()
        },
    };
    let replay = Replay {
        server_version: "15.18".into(),
        executed: true,
        scripts: 3,
        applied: 5,
        failed: vec![FailedStatement {
            location: at("supabase/migrations/20250618_orders.sql", 18),
            sqlstate: "25001".into(),
            message: "CREATE INDEX CONCURRENTLY cannot run inside a transaction block".into(),
            statement: "create index concurrently orders_j on orders (total)".into(),
        }],
        skipped: vec![("psql meta-command".into(), 2)],
        stubbed_extensions: vec!["vector".into()],
        prelude: Some("Supabase roles and schemas".into()),
        ..Replay::default()
    };
    Target {
        database: Some(project()),
        replay: Some(replay),
        exposure: Exposure { schemas: vec!["public".into()], roles: vec!["anon".into(), "authenticated".into()] },
        explained: planned::explained(),
        on_twin: Some(planned::on_twin()),
        ..Target::new(
            "shop on db.example.com",
            TargetKind::Database,
            "postgres://postgres@db.example.com:5432/postgres",
            Snapshot {
                snapshot_version: 1,
                server,
                catalog: catalog(),
                stats: Some(stats()),
                settings: Some(settings()),
                ..Snapshot::default()
            },
        )
    }
}
