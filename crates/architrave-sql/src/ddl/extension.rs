//! Extensions: CREATE, ALTER and DROP EXTENSION, and where their best-known types and operator classes live.

use super::dependents;
use super::rename;
use super::state::State;
use super::syntax;
use super::{Effect, Stop};
use architrave_model::catalog::{Extension, Schema};
use architrave_model::name::QualifiedName;
use squawk_syntax::ast::{self, AstNode};

/// Types of well-known extensions.
static TYPES: &[(&str, &str)] = &[
    ("box2d", "postgis"),
    ("box3d", "postgis"),
    ("citext", "citext"),
    ("cube", "cube"),
    ("earth", "earthdistance"),
    ("ean13", "isn"),
    ("geography", "postgis"),
    ("geometry", "postgis"),
    ("ghstore", "hstore"),
    ("gtrgm", "pg_trgm"),
    ("halfvec", "vector"),
    ("hstore", "hstore"),
    ("isbn", "isn"),
    ("isbn13", "isn"),
    ("issn", "isn"),
    ("lo", "lo"),
    ("lquery", "ltree"),
    ("ltree", "ltree"),
    ("ltxtquery", "ltree"),
    ("query_int", "intarray"),
    ("raster", "postgis_raster"),
    ("seg", "seg"),
    ("semver", "semver"),
    ("sparsevec", "vector"),
    ("ulid", "ulid"),
    ("upc", "isn"),
    ("vector", "vector"),
];

/// The extension that makes that type.
pub(crate) fn home_of_type(name: &str) -> Option<&'static str> {
    TYPES.iter().find(|(ty, _)| *ty == name).map(|(_, extension)| *extension)
}

/// The extension that makes that function.
pub(crate) fn home_of_function(name: &str) -> Option<&'static str> {
    match name {
        "uuid_generate_v1" | "uuid_generate_v1mc" | "uuid_generate_v3" | "uuid_generate_v4" | "uuid_generate_v5" | "uuid_nil"
        | "uuid_ns_dns" | "uuid_ns_url" => Some("uuid-ossp"),
        "armor" | "crypt" | "dearmor" | "decrypt" | "digest" | "encrypt" | "gen_random_bytes" | "gen_salt" | "hmac" | "pgp_sym_decrypt"
        | "pgp_sym_encrypt" => Some("pgcrypto"),
        "show_trgm" | "similarity" | "word_similarity" | "strict_word_similarity" => Some("pg_trgm"),
        "unaccent" => Some("unaccent"),
        "gen_ulid" => Some("ulid"),
        "slugify" => Some("slugify"),
        _ => None,
    }
}

/// The extension that makes that operator class.
pub(crate) fn home_of_operator_class(name: &str) -> Option<&'static str> {
    match name {
        "gin_trgm_ops" | "gist_trgm_ops" => Some("pg_trgm"),
        "gin_hstore_ops" | "gist_hstore_ops" => Some("hstore"),
        "gist__int_ops" | "gin__int_ops" | "gist__intbig_ops" => Some("intarray"),
        "citext_ops" | "citext_pattern_ops" => Some("citext"),
        "gist_ltree_ops" | "gist__ltree_ops" => Some("ltree"),
        _ if ["vector_", "halfvec_", "sparsevec_"].iter().any(|p| name.starts_with(p)) => Some("vector"),
        _ if name.starts_with("gist_geometry") || name.starts_with("gist_geography") => Some("postgis"),
        _ => None,
    }
}

/// Types that an extension makes, as far as they are known here.
fn types_of(extension: &str) -> Vec<&'static str> {
    TYPES.iter().filter(|(_, e)| *e == extension).map(|(ty, _)| *ty).collect()
}

/// DROP EXTENSION of one extension; gives whether it was there.
pub(crate) fn drop(state: &mut State, name: &str, cascade: bool) -> Result<bool, Stop> {
    let Some(extension) = state.extensions.remove(&name.to_owned()) else { return Ok(false) };
    for ty in types_of(name) {
        dependents::drop_type(state, &QualifiedName::new(&extension.schema, ty), cascade)?;
    }
    Ok(true)
}

/// Extensions whose control file fixes their schema, which they make when it is missing.
static FIXED_SCHEMAS: &[(&str, &str)] = &[
    ("pg_cron", "pg_catalog"),
    ("pg_net", "net"),
    ("pgsodium", "pgsodium"),
    ("postgis_tiger_geocoder", "tiger"),
    ("postgis_topology", "topology"),
];

/// CREATE EXTENSION.
pub(crate) fn create(state: &mut State, node: &ast::CreateExtension) -> Effect {
    let Some(name) = node.extension().map(|n| syntax::name(&n)) else {
        return Err(Stop::not_understood("the extension's name is missing"));
    };
    if state.extensions.contains(&name) {
        return if node.if_not_exists().is_some() {
            Err(Stop::NoEffect)
        } else {
            Err(Stop::fail("42710", format!("extension \"{name}\" already exists")))
        };
    }
    let asked = node.extension_schema().and_then(|s| s.schema_ref()).map(|s| syntax::name(&s));
    let fixed = FIXED_SCHEMAS.iter().find(|(extension, _)| *extension == name).map(|(_, schema)| (*schema).to_owned());
    if let Some(schema) = &fixed
        && schema != "pg_catalog"
        && !state.schemas.contains(schema)
    {
        let owner = state.role();
        let grants = state.initial_grants(super::acl::AclKind::Schema, None);
        state.schemas.insert(schema.clone(), Schema { name: schema.clone(), owner, grants, extension: Some(name.clone()), comment: None });
    }
    let schema = match fixed.or(asked) {
        Some(schema) if schema == "pg_catalog" || state.schemas.contains(&schema) => schema,
        Some(schema) => return Err(Stop::fail("3F000", format!("schema \"{schema}\" does not exist"))),
        None => state.creation_schema()?,
    };
    let version = node.extension_version_clause().map(|v| {
        v.literal().and_then(|l| syntax::string(&l)).or_else(|| v.extension_version().map(|n| syntax::name(&n))).unwrap_or_default()
    });
    let extension = Extension { name: name.clone(), schema, version: version.unwrap_or_default(), available_version: None, stub: false };
    state.extensions.insert(name, extension);
    Ok(())
}

/// ALTER EXTENSION.
pub(crate) fn alter(state: &mut State, node: &ast::AlterExtension) -> Effect {
    let Some(name) = node.extension_ref().map(|n| syntax::name(&n)) else {
        return Err(Stop::not_understood("the extension's name is missing"));
    };
    let Some(extension) = state.extensions.get_mut(&name) else {
        return Err(Stop::fail("42704", format!("extension \"{name}\" does not exist")));
    };
    match node.action() {
        Some(ast::AlterExtensionAction::SetSchema(set)) => {
            let schema = set.schema_ref().map(|s| syntax::name(&s)).unwrap_or_default();
            let old = std::mem::replace(&mut extension.schema, schema.clone());
            if !state.schemas.contains(&schema) {
                return Err(Stop::fail("3F000", format!("schema \"{schema}\" does not exist")));
            }
            for ty in types_of(&name) {
                rename::type_everywhere(state, &QualifiedName::new(&old, ty), &QualifiedName::new(&schema, ty));
            }
            Ok(())
        }
        Some(ast::AlterExtensionAction::AlterExtensionUpdate(update)) => {
            if let Some(version) = update.update_to() {
                extension.version = version
                    .literal()
                    .and_then(|l| syntax::string(&l))
                    .unwrap_or_else(|| version.extension_version().map(|v| syntax::name(&v)).unwrap_or_default());
            }
            Ok(())
        }
        _ => Err(Stop::not_understood(format!("ALTER EXTENSION {}", syntax::plain_text(node.syntax())))),
    }
}
