//! The operator's look at mail.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::get;
use actix_web::web::Json;
use weighhouse_core::notifications;
use weighhouse_types::notifications::FolderMail;

/// The newest mails that were written into the installation's folder. Only for
/// its operator, signed in on the machine itself, while no mail server is set:
/// mails hold links that sign in.
#[utoipa::path(tag = "installation", responses((status = 200, body = Vec<FolderMail>)))]
#[get("/operator/mails")]
pub(crate) async fn mail_list(ctx: Caller) -> Result<Json<Vec<FolderMail>>> {
    notifications::folder_mails(&ctx).await.or_problem(&ctx).map(Json)
}
