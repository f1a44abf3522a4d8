//! What keeps a version from a stage, whoever approves: one line a reason.

use crate::kernel::authz;
use crate::kernel::error::Result;
use crate::kernel::tx::TenantTx;
use crate::{pins, systems};
use weighhouse_types::versions::Stage;

/// Refuses what may not go to a stage now, with every reason. Asked when a
/// request is opened, and again when its last approval would complete it;
/// under the model's lock.
pub(super) async fn refuse_blocked_in_tx(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    target: Stage,
) -> Result<()> {
    let mut reasons = Vec::new();
    reasons.extend(pins::blocks_in_tx(tx, version, target).await?);
    reasons.extend(systems::blocks_in_tx(tx, version, target).await?);
    if reasons.is_empty() {
        return Ok(());
    }
    pins::refuse_changed_in_tx(tx, version).await
}
