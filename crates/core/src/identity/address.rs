//! Another address for a login: it takes a link mailed to the new one, and
//! for a week the old one can take it back.

use super::passwords::{confirm, gone, open};
use super::queries::links::{self, Link, LinkKind, NewLink};
use super::queries::sessions;
use super::sessions::own;
use super::users::email_normalise;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::password::UNUSABLE;
use crate::kernel::throttle::{self, Limit};
use crate::kernel::tx::PlatformTx;
use crate::notifications;
use std::time::Duration;
use weighhouse_types::audit::Event;
use weighhouse_types::identity::EmailChange;

/// Mails to addresses of the caller's choice.
static ASKED: Limit = Limit {
    name: "email-change",
    burst: 5,
    every: Duration::from_mins(10),
    words: "You asked for several changes of the address lately. Any of the links that arrived works. For another one, wait {wait}.",
};

/// Mails a link to the new address, which makes the change. Whether that
/// address has a login already shows only to whoever opens the link.
///
/// # Errors
/// When the password is not the present one, or the address is none or the
/// same as before.
pub async fn email_change_ask(ctx: &Ctx, form: &EmailChange) -> Result<()> {
    let (user, _) = own(ctx)?;
    let to = email_normalise(&form.email)?;
    if to == user.email {
        return Err(Error::invalid("email", "This is your address already."));
    }
    let login = confirm(ctx, &form.password).await?;
    let counter = ASKED.of(&[&login.id.to_string()]);
    let mut tx = throttle::take(PlatformTx::begin(ctx.app()).await?, &[counter]).await?;
    let new = NewLink {
        user: login.id,
        kind: LinkKind::EmailConfirm,
        email: Some(&to),
        request_id: ctx.request_id(),
    };
    let (token, _) =
        links::link_insert(&mut tx, &new).await?.ok_or_else(|| Error::internal("asked twice"))?;
    notifications::email_confirm(&mut tx, ctx, &login.name, &to, &token).await?;
    tx.commit(ctx, login.agency_id.into(), &Event::EmailChangeAsked { email: login.email, to }).await
}

/// The present address of a login and the one that a link would give it.
///
/// # Errors
/// When the link does not work any more.
pub async fn email_link(ctx: &Ctx, token: &str) -> Result<(String, String)> {
    both(open(ctx, token, LinkKind::EmailConfirm).await?)
}

/// The same for the link that takes a change back.
///
/// # Errors
/// As [`email_link`].
pub async fn email_undo_link(ctx: &Ctx, token: &str) -> Result<(String, String)> {
    both(open(ctx, token, LinkKind::EmailUndo).await?)
}

fn both(link: Link) -> Result<(String, String)> {
    let to = link.to.ok_or_else(|| Error::internal("a link without an address"))?;
    Ok((link.email, to))
}

/// Gives a login the address that a link was sent to. The old address is told,
/// and can take it back.
///
/// # Errors
/// When the link does not work any more, or the address has a login by now.
pub async fn email_confirm(ctx: &Ctx, token: &str) -> Result<()> {
    open(ctx, token, LinkKind::EmailConfirm).await?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let Some(link) = links::link_open(&mut tx, token, LinkKind::EmailConfirm).await? else {
        tx.finish().await?;
        return Err(gone());
    };
    let (user, agency) = (link.user_id, link.agency_id);
    let (from, to) = both(link)?;
    links::links_void(&mut tx, user, false).await?;
    links::email_set(&mut tx, user, &to).await?;
    let new = NewLink { user, kind: LinkKind::EmailUndo, email: Some(&from), request_id: ctx.request_id() };
    let made = links::link_insert(&mut tx, &new).await?;
    let (undo, until) = made.ok_or_else(|| Error::internal("confirmed twice"))?;
    notifications::email_changed(&mut tx, ctx, &from, &to, &undo, until).await?;
    tx.commit(ctx, agency.into(), &Event::EmailChanged { from, to }).await
}

/// Gives a login its old address back. Somebody else may have made the change,
/// with the password: it is void, all sessions end, and a link to choose a new
/// one goes to the old address.
///
/// # Errors
/// When the link does not work any more, or the old address has another login.
pub async fn email_undo(ctx: &Ctx, token: &str) -> Result<()> {
    open(ctx, token, LinkKind::EmailUndo).await?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let Some(link) = links::link_open(&mut tx, token, LinkKind::EmailUndo).await? else {
        tx.finish().await?;
        return Err(gone());
    };
    let (user, agency) = (link.user_id, link.agency_id);
    let (from, to) = both(link)?;
    links::links_void(&mut tx, user, true).await?;
    links::email_set(&mut tx, user, &to).await?;
    links::password_set(&mut tx, user, UNUSABLE).await?;
    links::devices_forget(&mut tx, user, None).await?;
    let ended = sessions::sessions_revoke(&mut tx, user.into(), None, None).await?;
    let new = NewLink { user, kind: LinkKind::PasswordReset, email: None, request_id: ctx.request_id() };
    let made = links::link_insert(&mut tx, &new).await?;
    let (reset, _) = made.ok_or_else(|| Error::internal("undone twice"))?;
    notifications::password_reset(&mut tx, ctx, &to, &reset).await?;
    let event = Event::EmailChangeUndone { from, to, sessions_ended: fit(ended.len())? };
    tx.commit(ctx, agency.into(), &event).await
}
