//! The matrix over catalogues made by hand; what PostgreSQL itself says is compared where a server is (`architrave-prove`).

use super::{of, roles};
use architrave_model::access::{Command, Reach};
use architrave_model::catalog::{Catalog, Column, Grant, Membership, Policy, PolicyCommand, Role, Schema, Table, View};
use architrave_model::context::Exposure;
use architrave_model::name::QualifiedName;

fn grant(grantee: &str, privileges: &[&str]) -> Grant {
    Grant {
        grantee: grantee.into(),
        grantor: "owner".into(),
        privileges: privileges.iter().map(|p| (*p).to_owned()).collect(),
        grantable: Vec::new(),
    }
}

fn role(name: &str, login: bool) -> Role {
    Role { name: name.into(), login, inherit: true, ..Role::default() }
}

fn policy(name: &str, command: PolicyCommand, roles: &[&str], permissive: bool) -> Policy {
    Policy {
        name: name.into(),
        command,
        permissive,
        roles: roles.iter().map(|r| (*r).to_owned()).collect(),
        using: Some("true".into()),
        with_check: None,
        comment: None,
    }
}

fn shop() -> (Catalog, Exposure) {
    let orders = QualifiedName::new("public", "orders");
    let name = Column { name: "note".into(), grants: vec![grant("anon", &["UPDATE"])], ..Column::default() };
    let table = Table {
        name: orders.clone(),
        owner: "owner".into(),
        columns: vec![name],
        rls_enabled: true,
        policies: vec![
            policy("own", PolicyCommand::Select, &["authenticated"], true),
            policy("limits", PolicyCommand::All, &["PUBLIC"], false),
        ],
        grants: vec![grant("PUBLIC", &["SELECT"]), grant("authenticated", &["DELETE", "TRUNCATE"])],
        ..Table::default()
    };
    let view = View {
        name: QualifiedName::new("public", "all_orders"),
        owner: "owner".into(),
        definition: "SELECT note FROM public.orders".into(),
        depends_on: vec![orders],
        grants: vec![grant("anon", &["SELECT"])],
        ..View::default()
    };
    let member = Membership { role: "authenticated".into(), member: "app".into(), admin: false, inherit: true, set: true };
    let switch = Membership { role: "worker".into(), member: "gate".into(), admin: false, inherit: false, set: true };
    let mut catalog = Catalog {
        schemas: vec![Schema { name: "public".into(), grants: vec![grant("PUBLIC", &["USAGE"])], ..Schema::default() }],
        tables: vec![table],
        views: vec![view],
        roles: vec![
            role("anon", false),
            role("authenticated", false),
            role("worker", false),
            role("app", true),
            role("gate", true),
            role("owner", false),
        ],
        memberships: vec![member, switch],
        ..Catalog::default()
    };
    catalog.sort();
    (catalog, Exposure { schemas: vec!["public".into()], roles: vec!["anon".into(), "authenticated".into()] })
}

fn cell(catalog: &Catalog, exposure: &Exposure, role: &str, object: &str, command: Command) -> Reach {
    let rows = of(catalog, exposure);
    rows.into_iter().find(|r| r.role == role && r.object.name == object && r.command == command).unwrap().reach
}

#[test]
fn outsiders_come_first_then_who_can_become_another_then_who_logs_in() {
    let (catalog, exposure) = shop();
    assert_eq!(roles(&catalog, &exposure), ["anon", "authenticated", "worker", "app", "gate"]);
}

#[test]
fn cells_tell_privilege_policy_and_reason() {
    let (catalog, exposure) = shop();
    let of = |role: &str, object: &str, command| cell(&catalog, &exposure, role, object, command);
    let own = Reach::Policies { permissive: vec!["own".into()], restrictive: vec!["limits".into()] };
    assert_eq!(of("authenticated", "orders", Command::Select), own);
    assert_eq!(of("app", "orders", Command::Select), own);
    assert_eq!(of("anon", "orders", Command::Select), Reach::NoPolicy);
    assert_eq!(of("anon", "orders", Command::Delete), Reach::NotGranted);
    assert_eq!(of("authenticated", "orders", Command::Delete), Reach::NoPolicy);
    let truncate = Reach::Everything { because: "TRUNCATE does not ask row level security".into() };
    assert_eq!(of("app", "orders", Command::Truncate), truncate);
    let note = Reach::Columns { columns: vec!["note".into()], rows: Box::new(Reach::NoPolicy) };
    assert_eq!(of("anon", "orders", Command::Update), note);
}

#[test]
fn views_read_with_the_rights_of_their_owner_or_of_the_caller() {
    let (mut catalog, exposure) = shop();
    let seen = |catalog: &Catalog| cell(catalog, &exposure, "anon", "all_orders", Command::Select);
    assert_eq!(seen(&catalog), Reach::Everything { because: "view with the rights of its owner owner".into() });
    catalog.views[0].options.push("security_invoker=true".into());
    assert_eq!(seen(&catalog), Reach::NoPolicy);
    catalog.tables[0].rls_forced = true;
    catalog.views[0].options.clear();
    assert_eq!(seen(&catalog), Reach::NoPolicy);
    catalog.schemas[0].grants.clear();
    assert_eq!(seen(&catalog), Reach::SchemaClosed);
}

#[test]
fn views_in_a_circle_end() {
    let (mut catalog, exposure) = shop();
    catalog.views[0].depends_on = vec![catalog.views[0].name.clone()];
    assert_eq!(cell(&catalog, &exposure, "anon", "all_orders", Command::Select), Reach::NotGranted);
}
