//! Types: enums, domains, composite types, ranges, base types.

use super::grant::GrantBook;
use crate::session::{Question, Rows};
use architrave_model::catalog::TypeDef;
use std::collections::HashMap;

pub(super) static QUESTION: Question = Question::essential("types", include_str!("type_def.sql"));

/// The types, and where each one is by object id.
pub(super) fn build(rows: Rows<TypeDef>, grants: &GrantBook) -> (Vec<TypeDef>, HashMap<u32, usize>) {
    let at = rows.rows.iter().enumerate().map(|(at, (keys, _))| (keys.oid, at)).collect();
    let types = rows.rows.into_iter().map(|(keys, def)| TypeDef { grants: grants.of(&keys), ..def }).collect();
    (types, at)
}
