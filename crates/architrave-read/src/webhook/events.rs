//! Events of our own making, in the shape in which Clerk sends them.

use architrave_model::webhook::SampleEvent;
use serde_json::{Value, json};

/// An id: they begin as Clerk's do, and are known again by the word.
fn id(prefix: &str, number: u32) -> String {
    format!("{prefix}_architrave{number:017}")
}

/// The types that a handler is tried with.
pub(crate) const TYPES: &[&str] = &[
    "user.created",
    "user.updated",
    "user.deleted",
    "organization.created",
    "organization.updated",
    "organization.deleted",
    "organizationMembership.created",
    "organizationMembership.updated",
    "organizationMembership.deleted",
];

/// Milliseconds of the first event.
const BEGIN: u64 = 1_767_225_600_123;

/// An event of a type, about the first person.
pub(crate) fn of_type(kind: &str) -> Value {
    event(&SampleEvent { kind: kind.to_owned(), person: 1, version: 1, email: Some("grace@example.com".to_owned()) })
}

/// An event as Clerk would send it.
pub(crate) fn event(sample: &SampleEvent) -> Value {
    let at = BEGIN + sample.version * 60_000;
    let data = match sample.kind.split_once('.').unwrap_or((&sample.kind, "")) {
        ("user", "deleted") => json!({"id": id("user", sample.person), "object": "user", "deleted": true}),
        ("organization", "deleted") => json!({"id": id("org", 1), "object": "organization", "deleted": true}),
        ("organization", _) => organization(at),
        ("organizationMembership", _) => membership(at, sample),
        _ => user(at, sample),
    };
    json!({
        "type": sample.kind, "object": "event", "data": data, "timestamp": at, "instance_id": id("ins", 1),
        "event_attributes": {"http_request": {"client_ip": "192.0.2.1", "user_agent": "example"}},
    })
}

fn user(at: u64, sample: &SampleEvent) -> Value {
    let (person, version) = (sample.person, sample.version);
    let mail = format!("idn_{person}_{version}");
    let picture = format!("https://img.example.com/{person}-{version}.png");
    let named = sample.email.is_some();
    let addresses: Vec<Value> = sample
        .email
        .iter()
        .map(|e| json!({"id": mail, "object": "email_address", "email_address": e, "verification": {"status": "verified", "strategy": "email_code"}, "linked_to": []}))
        .collect();
    json!({
        "id": id("user", person), "object": "user", "external_id": null, "locale": null,
        "username": named.then(|| format!("grace{person}_{version}")),
        "first_name": named.then(|| format!("Grace {version}")), "last_name": named.then_some("Hopper"),
        "image_url": picture, "has_image": true, "profile_image_url": picture,
        "primary_email_address_id": named.then_some(mail), "primary_phone_number_id": (!named).then_some("idn_9"), "primary_web3_wallet_id": null,
        "email_addresses": addresses,
        "phone_numbers": if named { json!([]) } else { json!([{"id": "idn_9", "object": "phone_number", "phone_number": "+15555550100", "linked_to": []}]) },
        "web3_wallets": [], "external_accounts": [], "organization_memberships": null,
        "public_metadata": {}, "private_metadata": {}, "unsafe_metadata": {},
        "password_enabled": true, "two_factor_enabled": false, "banned": false, "locked": false,
        "last_sign_in_at": null, "last_active_at": null, "created_at": BEGIN, "updated_at": at,
    })
}

fn organization(at: u64) -> Value {
    json!({
        "id": id("org", 1), "object": "organization", "name": "Harbour", "slug": "harbour", "image_url": "https://img.example.com/o.png", "has_image": true,
        "members_count": 1, "max_allowed_memberships": 5, "admin_delete_enabled": true, "public_metadata": {}, "private_metadata": {},
        "created_by": id("user", 1), "created_at": BEGIN, "updated_at": at,
    })
}

fn membership(at: u64, sample: &SampleEvent) -> Value {
    json!({
        "id": id("orgmem", sample.person), "object": "organization_membership", "role": "org:admin", "permissions": [], "organization": organization(at),
        "public_user_data": {
            "user_id": id("user", sample.person), "identifier": "grace@example.com", "first_name": "Grace", "last_name": "Hopper", "image_url": null, "has_image": false,
        },
        "public_metadata": {}, "created_at": BEGIN, "updated_at": at,
    })
}
