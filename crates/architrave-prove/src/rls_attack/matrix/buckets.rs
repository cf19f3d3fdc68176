//! Topics of realtime.
use super::super::AttackError;
use super::Desk;
pub(super) async fn topics(_desk: &mut Desk<'_, '_>) -> Result<(), AttackError> {
    Ok(())
}
