//! What stands in the way of a promotion besides its stage: asked when a
//! request is opened, and again when the last approval would complete it.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use crate::pins;
use weighhouse_types::versions::Stage;

/// Refuses a promotion that something blocks, with every reason.
pub(super) async fn refuse_blocked_in_tx(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    target: Stage,
) -> Result<()> {
    let mut reasons = Vec::new();
    reasons.extend(pins::blocks_in_tx(tx, version, target).await?);
    if reasons.is_empty() {
        return Ok(());
    }
    let reference = version.reference();
    Err(Error::conflict(format!("{reference} cannot go to {target} now. {}", reasons.join(" "))))
}
