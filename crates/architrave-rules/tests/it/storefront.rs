//! The example shop: every planted fault is found, nothing that only looks like one is reported, every fix holds.

use crate::facts::Facts;
use crate::fixes::try_fix;
use crate::server::Made;
use architrave_model::Finding;
use architrave_model::project::{MigrationFormat, ProjectDatabase};
use architrave_model::script::{Script, TransactionMode};
use architrave_postgres::replay::{ADMIN, Confined, Prelude, ReplayOptions, Replayed, replay};
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions, test_server};
use expect_test::expect;
use serde_json::json;
use std::path::PathBuf;

fn shop() -> ProjectDatabase {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/storefront/supabase/migrations");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().flatten().map(|e| e.path()).collect();
    files.sort();
    let script = |path: &PathBuf| Script {
        path: path.file_name().unwrap().to_string_lossy().into_owned(),
        version: path.file_stem().unwrap().to_string_lossy().into_owned(),
        transaction: TransactionMode::PerFile,
        statements: architrave_sql::split::split(&std::fs::read_to_string(path).unwrap()),
        ..Script::default()
    };
    ProjectDatabase {
        api_schemas: vec!["public".into()],
        ..ProjectDatabase::new(".", MigrationFormat::Supabase, "supabase/migrations", files.iter().map(script).collect())
    }
}

fn facts(server: &PrivateServer) -> Facts {
    let overlay = json!({
        "exposure": {"schemas": ["public", "graphql_public"], "roles": ["anon", "authenticated"]},
        "stack": {"facts": [
            {"kind": "auth", "name": "Clerk", "path": "package.json"},
            {"kind": "database", "name": "Supabase", "path": "package.json"}
        ]}
    });
    Facts::new(server.version_num(), Some(&overlay))
}

async fn replayed() -> Option<(PrivateServer, Replayed)> {
    test_server::shared().await?;
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let confined = Confined::new(&server).await.unwrap();
    let options = ReplayOptions { prelude: Prelude::SUPABASE, ..ReplayOptions::default() };
    let replayed = replay(&confined, &shop(), &options, &NoProgress).await.unwrap();
    assert_eq!(replayed.report.failed, Vec::new());
    Some((server, replayed))
}

/// A session that may give databases away: the owner of a database owns its schema public.
async fn as_admin(server: &PrivateServer) -> tokio_postgres::Client {
    let (client, connection) = server.config("postgres").user(ADMIN).connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn line(finding: &Finding) -> String {
    let fix = if finding.fix.is_some() { "" } else { " (no fix)" };
    let places = finding.places.iter().map(|p| format!("    {}", p.object));
    let first = format!("{} {}: {}{fix}", finding.severity.word(), finding.rule, finding.message);
    std::iter::once(first).chain(places).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn planted_faults_and_nothing_else() {
    let Some((server, replayed)) = replayed().await else { return };
    let mut facts = facts(&server);
    // Without it, what the platform has given is taken for the project's.
    facts.replay = Some(replayed.report);
    let catalog = Made::of(replayed.database).await.catalog().await;
    let findings = architrave_rules::run(&facts.context(&catalog), None).findings;
    expect![[r#"
        critical rls/disabled-on-exposed-table: public.newsletter_signup is open to anon and authenticated (select, insert, update, delete, truncate): row level security is off
        high clerk/user-id-not-unique: public.staff.clerk_user_id is neither unique nor indexed
        high column/password-plain-text: public.staff.password is a text column for passwords, and nothing in the schema says that they are hashed (no fix)
        high rls/policy-always-true: policy "tickets can be closed and reopened" on public.support_tickets lets authenticated update every row
        high schema/public-create-granted: every role may create objects in schema public
        high type/float-for-money: discount_amount of public.coupons is double precision
            public.coupons.discount_amount
        high view/security-invoker-missing: public.order_summaries shows anon and authenticated every row of public.customers, public.order_items and public.orders
        medium access/deletion-of-user-refused: public.stock_counts keeps accounts of auth.users from being deleted (no fix)
            public.stock_counts
        medium clerk/required-column-not-sent: public.staff requires email and full_name, which Clerk may not send
            public.staff.full_name
        medium constraint/unique-without-effect: reviews_one_per_customer on public.reviews: unique (id, product_id, customer_id) forbids nothing that reviews_pkey (id) allows
        medium function/security-definer-search-path: public.is_staff() runs as postgres and sets no search_path
        medium index/foreign-key-unindexed: no index of public.order_items starts with (variant_id)
        medium index/foreign-key-unindexed: no index of public.support_tickets starts with (order_id)
        medium key/primary-key-missing: public.audit_log has no primary key
        medium rls/policy-column-unindexed: public.support_tickets.requester_id has no index, and policy "customers read their own tickets" compares it in every query
        medium trigger/updated-at-unmaintained: no trigger maintains public.support_tickets.updated_at, as one does in 7 other tables
        medium type/money: 1 column of schema public is money: coupons.minimum_order (no fix)
            public.coupons.minimum_order
        medium type/timestamp-without-zone: 4 columns of schema public are timestamp without time zone: coupons.starts_at, coupons.ends_at, shipments.shipped_at and 1 more
            public.coupons.starts_at
            public.coupons.ends_at
            public.shipments.shipped_at
            public.shipments.delivered_at
        low index/duplicate: reviews_product_id_idx on public.reviews repeats idx_reviews_product, btree (product_id)
        low index/redundant: orders_customer_id_idx on public.orders is contained in orders_customer_id_placed_at_idx, btree (customer_id)
        low key/integer-primary-key: public.order_items.id is a generated integer key and ends at 2,147,483,647
        low key/serial-over-identity: 1 column of schema public is serial: order_items.id
            public.order_items.id
        low privacy/erasure-blocked: a row of public.customers cannot be erased: 6 foreign keys stand in the way: public.coupon_redemptions.coupon_redemptions_order_id_fkey, public.payments.payments_order_id_fkey, public.shipments.shipments_order_id_fkey and 3 more (no fix)
            public.orders
            public.addresses
            public.cart_items
            public.carts
            public.coupon_redemptions
            public.order_items
            public.payments
            public.shipments
            public.support_tickets
            public.orders
            public.reviews
            public.customers
        low rls/index-not-leakproof: products_name_trgm_idx on public.products cannot be used by anon and authenticated for LIKE, ILIKE and similarity: policies come first (no fix)
        low role/default-privileges-outside: functions and tables that postgres makes in schema public will be open to anon and authenticated
        low table/truncate-granted: anon and authenticated may empty 21 tables of schema public: public.addresses, public.audit_log, public.cart_items and 18 more
            public.addresses
            public.audit_log
            public.cart_items
            public.carts
            public.categories
            public.coupon_redemptions
            public.coupons
            public.customers
            public.inventory
            public.newsletter_signup
            public.order_items
            public.orders
            public.payments
            public.product_images
            public.product_variants
            public.products
            public.reviews
            public.shipments
            public.staff
            public.stock_counts
            public.support_tickets
        low type/char-padded: 1 column of schema public is char(n): addresses.country_code
            public.addresses.country_code
        low type/json-over-jsonb: 1 column of schema public is json, not jsonb: payments.provider_payload
            public.payments.provider_payload
        info function/security-definer-exposed: outsiders may call 1 SECURITY DEFINER function of schema public that asks who calls or for a secret: public.is_staff() (no fix)
            public.is_staff()
        info privacy/personal-data: 6 columns of schema public in 4 tables by name and type hold personal data: name of a person (2), e-mail address (3) and postal address (1) (no fix)
            public.addresses.street
            public.customers.email
            public.customers.full_name
            public.newsletter_signup.email
            public.staff.email
            public.staff.full_name
        info rls/policy-always-true: policy "everybody sees the menu" on public.categories lets anon and authenticated read every row (no fix)
        info rls/policy-missing: 2 granted tables of schema public have no policy under row level security: coupon_redemptions and coupons (no fix)
            public.coupon_redemptions
            public.coupons
        info rls/write-granted-without-policy: 15 tables of schema public grant writes that no policy lets through: audit_log (insert, update and delete to authenticated), categories (insert, update and delete to anon and insert, update and delete to authenticated), customers (insert and delete to authenticated) and 12 more (no fix)
            public.audit_log
            public.categories
            public.customers
            public.inventory
            public.order_items
            public.orders
            public.payments
            public.product_images
            public.product_variants
            public.products
            public.reviews
            public.shipments
            public.staff
            public.stock_counts
            public.support_tickets
        info table/comment-missing: 3 of 21 tables in schema public have no comment: coupon_redemptions, newsletter_signup and stock_counts (no fix)
            public.coupon_redemptions
            public.newsletter_signup
            public.stock_counts
    "#]].assert_eq(&findings.iter().map(|f| line(f) + "\n").collect::<String>());
}

#[tokio::test]
async fn every_fix_holds() {
    let Some((server, replayed)) = replayed().await else { return };
    let facts = facts(&server);
    let template = replayed.database;
    let catalog = Made::of(server.clone_database(template.name()).await.unwrap()).await.catalog().await;
    let admin = as_admin(&server).await;
    let mut wrong = Vec::new();
    for finding in architrave_rules::run(&facts.context(&catalog), None).findings {
        let clone = server.clone_database(template.name()).await.unwrap();
        admin.batch_execute(&format!("alter database {} owner to postgres", clone.name())).await.unwrap();
        let made = Made::of(clone).await;
        let found = try_fix(made, &facts, &finding).await;
        wrong.extend(found.into_iter().map(|w| format!("{}: {w}\n{:#?}", finding.message, finding.fix.as_ref().map(|f| (&f.up, &f.down)))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
