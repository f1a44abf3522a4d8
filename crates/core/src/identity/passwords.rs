//! Another password: by the link of a mail, or in place of the present one.

use super::queries::links::{self, Link, LinkKind, NewLink};
use super::queries::{self, sessions};
use super::rules::password_check;
use super::sessions::own;
use super::users::email_normalise;
use super::{attempts, authenticate, link_found};
use crate::kernel::app::App;
use crate::kernel::ctx::{Actor, Ctx};
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::jobs::{self, Job, Leased};
use crate::kernel::throttle::{self, Limit};
use crate::kernel::tx::PlatformTx;
use crate::notifications;
use std::sync::Arc;
use std::time::Duration;
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::identity::{PasswordChange, PasswordReset};

/// Links to one address: a stranger can ask for them, too.
static ASKED_FOR: Limit = Limit {
    name: "reset",
    burst: 3,
    every: Duration::from_mins(10),
    words: "Several links were asked for this address lately. Any of them that arrived works; look among unwanted mail as well. For another one, wait {wait}.",
};
/// Links asked for from one network, whichever the address.
static ASKED_FROM: Limit = Limit {
    name: "reset-from",
    burst: 20,
    every: Duration::from_mins(1),
    words: "Too many links were asked for from your network. Wait {wait}, then try again.",
};

/// Has a link to choose a new password mailed to the owner of a login. The
/// answer is the same, after the same work, whether there is such a login: the
/// worker looks.
///
/// # Errors
/// When the address is malformed, or links were asked for too often.
pub async fn password_reset_ask(ctx: &Ctx, email: &str) -> Result<()> {
    let email = email_normalise(email)?;
    let network = ctx.origin.network();
    let from = network.as_deref().map(|network| ASKED_FROM.of(&[network]));
    let counters: Vec<_> = from.into_iter().chain([ASKED_FOR.of(&[&email])]).collect();
    let mut tx = throttle::take(PlatformTx::begin(ctx.app()).await?, &counters).await?;
    jobs::enqueue(tx.conn_for_job()?, None, ctx.request_id(), &Job::PasswordResetSend { email }).await?;
    tx.commit_bookkeeping().await?;
    Ok(())
}

/// Mails the link, where the address has a login. Running twice mails once.
///
/// # Errors
/// When the database fails.
pub async fn password_reset_send(app: &Arc<App>, leased: &Leased, email: &str) -> Result<()> {
    let ctx = Ctx::with(app, Actor::Worker, &leased.request_id);
    let mut tx = PlatformTx::begin(app).await?;
    let Some(login) = queries::login_by_email(&mut tx, email).await? else { return tx.finish().await };
    let new =
        NewLink { user: login.id, kind: LinkKind::PasswordReset, email: None, request_id: ctx.request_id() };
    let Some((token, _)) = links::link_insert(&mut tx, &new).await? else { return tx.finish().await };
    notifications::password_reset(&mut tx, &ctx, email, &token).await?;
    tx.commit(&ctx, login.agency_id.into(), &Event::PasswordResetAsked { email: email.to_owned() }).await
}

/// The address of the login that a link is for.
///
/// # Errors
/// When the link does not work any more.
pub async fn password_reset_link(ctx: &Ctx, token: &str) -> Result<String> {
    Ok(open(ctx, token, LinkKind::PasswordReset).await?.email)
}

/// Gives a login the password chosen by the link of a mail. All its sessions
/// end, and whatever failed attempts had been counted against it is forgotten.
///
/// # Errors
/// When the link does not work any more, or the password is none.
pub async fn password_reset(ctx: &Ctx, form: &PasswordReset) -> Result<()> {
    let link = open(ctx, &form.token, LinkKind::PasswordReset).await?;
    password_check(&form.password, &[&link.email, &link.name, &link.agency])?;
    let hash = ctx.app().passwords.hash(&form.password).await?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    // Of two at one moment, the second finds it used.
    let Some(link) = links::link_open(&mut tx, &form.token, LinkKind::PasswordReset).await? else {
        tx.finish().await?;
        return Err(gone());
    };
    links::links_void(&mut tx, link.user_id, false).await?;
    links::password_set(&mut tx, link.user_id, &hash).await?;
    links::devices_forget(&mut tx, link.user_id, None).await?;
    let ended = sessions::sessions_revoke(&mut tx, link.user_id.into(), None, None).await?;
    attempts::forgive(&mut tx, ctx, &link.email).await?;
    notifications::password_changed(&mut tx, ctx, &link.email).await?;
    let event = Event::PasswordReset { email: link.email, sessions_ended: fit(ended.len())? };
    tx.commit(ctx, link.agency_id.into(), &event).await
}

/// Puts another password in place of the present one. The caller's other
/// sessions end.
///
/// # Errors
/// When the present password is not the one given, or the new one is none.
pub async fn password_change(ctx: &Ctx, form: &PasswordChange) -> Result<()> {
    let (user, session) = own(ctx)?;
    let login = confirm(ctx, &form.current).await?;
    password_check(&form.password, &[&login.email, &login.name, &login.agency])?;
    if form.password == form.current {
        return Err(Error::invalid("password", "This is the present password. Choose another."));
    }
    let hash = ctx.app().passwords.hash(&form.password).await?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    links::password_set(&mut tx, login.id, &hash).await?;
    links::links_void(&mut tx, login.id, false).await?;
    links::devices_forget(&mut tx, login.id, ctx.origin.device.as_deref()).await?;
    let ended = sessions::sessions_revoke(&mut tx, user.id, None, Some(session)).await?;
    notifications::password_changed(&mut tx, ctx, &login.email).await?;
    let event = Event::PasswordChanged { email: login.email, sessions_ended: fit(ended.len())? };
    tx.commit(ctx, login.agency_id.into(), &event).await
}

/// The caller's login, once they gave its password again.
pub(super) async fn confirm(ctx: &Ctx, password: &str) -> Result<queries::Login> {
    let (user, _) = own(ctx)?;
    authenticate(ctx, &user.email, password).await.map_err(|error| match error.code() {
        Code::Unauthenticated => {
            Error::refused(Code::Forbidden, "This is not your present password. Nothing was changed.")
        }
        _ => error,
    })
}

/// The open link of a kind.
pub(super) async fn open(ctx: &Ctx, token: &str, kind: LinkKind) -> Result<Link> {
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let found = links::link_open(&mut tx, token, kind).await?;
    tx.finish().await?;
    link_found(ctx, found, gone).await
}

pub(super) fn gone() -> Error {
    Error::refused(Code::NotFound, "This link was used already or is too old. Ask for a new one.")
}

/// Forgets links and known browsers whose time is over.
///
/// # Errors
/// When the database fails.
pub async fn prune(app: &App) -> Result<()> {
    let mut tx = PlatformTx::begin(app).await?;
    links::prune(&mut tx).await?;
    tx.commit_bookkeeping().await
}
