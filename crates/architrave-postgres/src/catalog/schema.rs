//! Schemas.

use super::grant::GrantBook;
use crate::session::{Question, Rows};
use architrave_model::catalog::Schema;

pub(super) static QUESTION: Question = Question::essential("schemas", include_str!("schema.sql"));

pub(super) fn build(rows: Rows<Schema>, grants: &GrantBook) -> Vec<Schema> {
    let with_grants = |(keys, schema)| Schema { grants: grants.of(&keys), ..schema };
    rows.rows.into_iter().map(with_grants).collect()
}
