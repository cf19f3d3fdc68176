//! Functions that actors may call.
use super::super::AttackError;
use super::Desk;
pub(super) async fn fill(_desk: &mut Desk<'_, '_>) -> Result<(), AttackError> { Ok(()) }
