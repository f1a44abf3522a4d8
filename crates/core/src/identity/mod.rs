//! Logins, sessions, API tokens, and the first visit.

mod address;
mod attempts;
mod jwt;
mod passwords;
mod queries;
mod rules;
mod sessions;
mod setup;
mod tokens;
mod users;

pub use address::{email_change_ask, email_confirm, email_link, email_undo, email_undo_link};
pub use jwt::token_exchange;
pub use passwords::{
    password_change, password_reset, password_reset_ask, password_reset_link, password_reset_send, prune,
};
pub use sessions::{session_list, session_revoke, session_revoke_others};
pub use setup::{SetupForm, setup, setup_code, setup_needed};
pub use tokens::{bearer_ctx, bearer_ctx_often, token_create, token_create_for, token_list, token_revoke};
pub use users::{UserCreate, UserRole, user_create};

pub(crate) use attempts::link_found;
pub(crate) use queries::agency_member_insert;
pub(crate) use users::{email_normalise, login_create, login_made_up};

use crate::kernel::app::App;
use crate::kernel::ctx::{Actor, Ctx};
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::PlatformTx;
use crate::kernel::{secret, throttle};
use attempts::Attempt;
use std::sync::Arc;
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::identity::{PASSWORD_MAX, User, WhoAmI};

/// A session that was just started.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The secret for the browser's cookie.
    pub cookie: String,
    pub user: User,
}

/// Starts a session for a login and its password.
///
/// # Errors
/// One and the same refusal for an unknown login and a wrong password, after
/// the same work; and when there were too many attempts.
pub async fn sign_in(ctx: &Ctx, email: &str, password: &str, agent: &str) -> Result<SignedIn> {
    let login = authenticate(ctx, email, password).await?;
    if !login.reaches {
        return Err(Error::refused(
            Code::Forbidden,
            "Your login works, but it does not reach any client any more. Ask an admin there for a new invitation.",
        ));
    }
    session_start(ctx, login, agent).await
}

/// The login whose password this is. Counts failures.
pub(crate) async fn authenticate(ctx: &Ctx, email: &str, password: &str) -> Result<queries::Login> {
    let app = ctx.app();
    // What no login can look like finds none, at the same price.
    let email = Some(email.trim().to_lowercase()).filter(|email| email.len() <= 254 && !email.contains('\0'));
    let email = email.unwrap_or_default();
    let password = if password.len() > PASSWORD_MAX { "" } else { password };
    let counters = Attempt::of(ctx, &email).begin(app).await?.counters();
    let mut tx = PlatformTx::begin(app).await?;
    let allowed = throttle::check(&mut tx, &counters).await;
    let login = queries::login_by_email(&mut tx, &email).await?;
    tx.finish().await?;
    allowed?;

    let hash = login.as_ref().map(|login| login.password_hash.as_str());
    let matches = app.passwords.verify(password, hash).await?;
    if let Some(login) = login.filter(|_| matches) {
        return Ok(login);
    }
    let mut tx = PlatformTx::begin(app).await?;
    throttle::count(&mut tx, &counters).await?;
    tx.commit_bookkeeping().await?;
    Err(Error::refused(
        Code::Unauthenticated,
        "E-mail address and password do not match. Check both, or choose a new password by mail.",
    ))
}

/// Starts a session for a login whose right was established.
pub(crate) async fn session_start(ctx: &Ctx, login: queries::Login, agent: &str) -> Result<SignedIn> {
    let cookie = secret::opaque();
    let agent: String = agent.chars().filter(|c| !c.is_control()).take(200).collect();
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let session = queries::session_insert(&mut tx, login.id, &cookie, &agent).await?;
    Attempt::of(ctx, &login.email).succeeded(&mut tx).await?;
    let user = login.user();
    let event = Event::SessionStarted { email: user.email.clone(), session: session.to_string() };
    let actor = Actor::Session { user: user.clone(), session, cookie: cookie.clone() };
    tx.commit(&ctx.acting(actor), login.agency_id.into(), &event).await?;
    Ok(SignedIn { cookie, user })
}

/// Remembers the browser in which somebody just signed in: what others fail
/// at does not hold it up from now on. Gives the secret for its cookie.
///
/// # Errors
/// When the database fails.
pub async fn device_remember(ctx: &Ctx, signed_in: &SignedIn) -> Result<String> {
    let device = ctx.origin.device.clone().filter(|device| secret::is_opaque(device));
    let device = device.unwrap_or_else(secret::opaque);
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    queries::links::device_remember(&mut tx, signed_in.user.id.0, &device).await?;
    tx.commit_bookkeeping().await?;
    Ok(device)
}

/// Starts a session for a person by their address: for operations that have
/// established the right by other means than a password.
pub(crate) async fn session_start_by_email(ctx: &Ctx, email: &str, agent: &str) -> Result<SignedIn> {
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let login = queries::login_by_email(&mut tx, email).await?;
    tx.finish().await?;
    let login = login.ok_or_else(|| Error::not_found("login"))?;
    session_start(ctx, login, agent).await
}

/// The context of a request that came with a session's cookie.
///
/// # Errors
/// When the session is unknown, over, or was idle for too long.
pub async fn session_ctx(app: &Arc<App>, cookie: &str, request_id: &str) -> Result<Ctx> {
    let found = queries::session_use(app, cookie).await?;
    let (session, user) =
        found.ok_or_else(|| Error::refused(Code::Unauthenticated, "Your session is over. Sign in again."))?;
    let actor = Actor::Session { user, session, cookie: cookie.into() };
    Ok(Ctx::with(app, actor, request_id))
}

/// Ends the caller's session at once.
///
/// # Errors
/// When there is no session.
pub async fn sign_out(ctx: &Ctx) -> Result<()> {
    let Actor::Session { user, session, .. } = &ctx.actor else {
        return Err(Error::refused(Code::Unauthenticated, "There is no session to end."));
    };
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let agency = queries::session_revoke(&mut tx, *session).await?;
    let event = Event::SessionEnded { email: user.email.clone(), session: session.to_string() };
    tx.commit(ctx, agency, &event).await
}

/// Who the credential speaks for.
///
/// # Errors
/// When nobody is signed in.
pub async fn whoami(ctx: &Ctx) -> Result<WhoAmI> {
    let user = ctx.user()?.clone();
    let Actor::Token { scopes, .. } = &ctx.actor else {
        return Ok(WhoAmI { user, tenant: None, scopes: None });
    };
    let tenants = crate::kernel::authz::tenants(ctx).await?;
    let tenant = tenants.first().map(|tenant| tenant.slug().to_owned());
    Ok(WhoAmI { user, tenant, scopes: Some(scopes.clone()) })
}

impl queries::Login {
    pub(crate) fn user(&self) -> User {
        User {
            id: self.id.into(),
            email: self.email.clone(),
            name: self.name.clone(),
            operator: self.operator,
        }
    }
}
