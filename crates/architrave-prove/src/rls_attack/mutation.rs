//! Whether the attack would notice a policy that is gone or holds nothing back.

use super::AttackError;
use super::arena::Arena;
use super::book::Book;
use super::case::Case;
use architrave_model::access::Mutation;

pub(super) async fn check(_case: &Case<'_>, _arena: &mut Arena, _book: &Book) -> Result<Vec<Mutation>, AttackError> {
    Ok(Vec::new())
}
