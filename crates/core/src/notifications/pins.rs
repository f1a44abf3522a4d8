//! Mails about providers that changed.

use super::template::{Letter, Row, path_segment};
use super::{enqueue, to_approvers};
use crate::kernel::authz;
use crate::kernel::error::Result;
use crate::kernel::tx::TenantTx;
use crate::memberships;
use weighhouse_types::pins::{PinAlert, PinChange};

/// Tells those who build and those who approve that a provider no longer
/// serves what versions were tested with.
pub(crate) async fn pin_changed(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    alert: &PinAlert,
) -> Result<()> {
    let model = &alert.model;
    let path = format!("/t/{}/p/{}/m/{}#pin", tenant.slug(), model.project, path_segment(&model.model));
    let cut = |text: &Option<String>| {
        text.as_deref().map_or_else(|| "–".to_owned(), |text| text.chars().take(300).collect())
    };
    let row = |change: &PinChange| Row {
        head: false,
        cells: [change.what.clone(), cut(&change.before), cut(&change.after)],
    };
    let head = Row { head: true, cells: ["What".into(), "Before".into(), "Now".into()] };
    let letter = Letter {
        subject: format!("The provider of {model} changed {}", alert.pinned),
        paragraphs: vec![
            format!(
                "{} serves {} no longer as it was recorded. Seen at {}, twice in a row.",
                alert.endpoint,
                alert.pinned,
                alert.opened_at.format("%Y-%m-%d %H:%M:%S UTC")
            ),
            format!(
                "No version of {model} that uses it goes to production until it was evaluated again, or one was \
                 registered with what the provider is now. What is in production stays there: look whether it \
                 still does what it should, and roll back if it does not."
            ),
        ],
        rows: std::iter::once(head).chain(alert.changes.iter().take(40).map(row)).collect(),
        button: Some(("Open the alert".into(), tx.ctx().app().config.link(&path))),
    };
    to_approvers(tx, &letter).await?;
    for builder in memberships::builders(tx, tenant).await? {
        enqueue(tx, &builder, &letter).await?;
    }
    Ok(())
}
