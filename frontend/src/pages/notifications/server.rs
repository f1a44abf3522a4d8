//! What the pages of this feature need of core.

use weighhouse_core::{Ctx, Result, notifications};
use weighhouse_types::notifications::FolderMail;

/// The mails that the installation wrote into its folder, newest first: for
/// the operator, while no SMTP server is configured.
pub(crate) async fn mails(ctx: &Ctx) -> Result<Vec<FolderMail>> {
    notifications::folder_mails(ctx).await
}
