//! Views and materialized views: rows traced to the victim by their values.
use super::super::AttackError;
use super::Desk;
pub(super) async fn fill(_desk: &mut Desk<'_, '_>) -> Result<(), AttackError> { Ok(()) }
