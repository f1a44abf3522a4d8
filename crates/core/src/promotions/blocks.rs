//! What keeps a version from a stage, whoever approves: one line a reason.

use crate::kernel::authz;
use crate::kernel::error::Result;
use crate::kernel::tx::TenantTx;
use crate::{pins, systems};
use weighhouse_types::versions::Stage;

/// Refuses what may not go to a stage now. Asked when a request is opened, and
/// again when its last approval would complete it; under the model's lock.
pub(super) async fn refuse_blocked_in_tx(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    target: Stage,
) -> Result<()> {
    if target != Stage::Production {
        return Ok(());
    }
    pins::refuse_changed_in_tx(tx, version).await?;
    systems::refuse_breaking_in_tx(tx, version).await
}
