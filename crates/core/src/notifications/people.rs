//! Mails about a person's own login, and invitations to an agency.

use super::invitation_letter;
use super::template::Letter;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::Result;
use crate::kernel::outbox::mail_enqueue;
use crate::kernel::tx::PlatformTx;
use chrono::{DateTime, Utc};
use weighhouse_types::memberships::StaffInvitation;

/// The link to choose a new password.
pub(crate) async fn password_reset(
    tx: &mut PlatformTx<'_>,
    ctx: &Ctx,
    email: &str,
    token: &str,
) -> Result<()> {
    let letter = Letter {
        subject: "Choose a new password".into(),
        paragraphs: vec![
            format!("Here is the link to choose a new password for the login {email}."),
            "It works once, for an hour. All sessions end when it is used.".into(),
            "If you did not ask for it, leave it: the password stays as it is.".into(),
        ],
        rows: Vec::new(),
        button: Some(("Choose a new password".into(), ctx.app().config.link(&format!("/reset/{token}")))),
    };
    enqueue(tx, ctx, email, &letter).await
}

/// That the password was changed.
pub(crate) async fn password_changed(tx: &mut PlatformTx<'_>, ctx: &Ctx, email: &str) -> Result<()> {
    let letter = Letter {
        subject: "Your password was changed".into(),
        paragraphs: vec![
            format!(
                "The login {email} has a new password. Its sessions elsewhere have ended; its API tokens work on."
            ),
            "If that was not you, choose another one now, and tell an admin.".into(),
        ],
        rows: Vec::new(),
        button: Some(("Choose another password".into(), ctx.app().config.link("/forgot"))),
    };
    enqueue(tx, ctx, email, &letter).await
}

/// The link that gives a login this address.
pub(crate) async fn email_confirm(
    tx: &mut PlatformTx<'_>,
    ctx: &Ctx,
    name: &str,
    to: &str,
    token: &str,
) -> Result<()> {
    let letter = Letter {
        subject: "Confirm your new address".into(),
        paragraphs: vec![
            format!("{name} wants to sign in with the address {to} from now on."),
            "The link works once, for a day. An address that has a login of its own already cannot be taken."
                .into(),
            "If that was not you, leave it: nothing changes.".into(),
        ],
        rows: Vec::new(),
        button: Some((
            "Confirm the address".into(),
            ctx.app().config.link(&format!("/email/confirm/{token}")),
        )),
    };
    enqueue(tx, ctx, to, &letter).await
}

/// Tells the old address, with the way to take the change back.
pub(crate) async fn email_changed(
    tx: &mut PlatformTx<'_>,
    ctx: &Ctx,
    from: &str,
    to: &str,
    token: &str,
    until: DateTime<Utc>,
) -> Result<()> {
    let letter = Letter {
        subject: "The address of your login was changed".into(),
        paragraphs: vec![
            format!("Your login has the address {to} from now on, in place of {from}."),
            format!(
                "If that was not you, take it back: the login gets this address again, its password is void, \
                 all its sessions end, and you get a link to choose a new password. That works until {}.",
                until.format("%Y-%m-%d %H:%M UTC")
            ),
        ],
        rows: Vec::new(),
        button: Some(("That was not me".into(), ctx.app().config.link(&format!("/email/undo/{token}")))),
    };
    enqueue(tx, ctx, from, &letter).await
}

/// An invitation to work at an agency.
pub(crate) async fn staff_invitation(
    tx: &mut PlatformTx<'_>,
    ctx: &Ctx,
    agency: &str,
    invitation: &StaffInvitation,
    token: &str,
) -> Result<()> {
    let link = ctx.app().config.link(&format!("/invitation/{token}"));
    let (inviter, role) = (&ctx.user()?.name, invitation.role.as_str());
    let letter = invitation_letter(inviter, agency, role, invitation.expires_at, link);
    enqueue(tx, ctx, &invitation.email, &letter).await
}

async fn enqueue(tx: &mut PlatformTx<'_>, ctx: &Ctx, recipient: &str, letter: &Letter) -> Result<()> {
    mail_enqueue(tx.conn_for_job()?, None, ctx.request_id(), &letter.to(recipient)).await
}
