//! Logins, sessions, API tokens, and the first visit.

mod jwt;
mod queries;
mod setup;
mod tokens;
mod users;

pub use jwt::token_exchange;
pub use setup::{SetupForm, setup, setup_code, setup_needed};
pub use tokens::{bearer_ctx, token_create, token_create_for, token_list, token_revoke};
pub use users::{UserCreate, UserRole, user_create};

pub(crate) use users::{email_normalise, login_create};

use crate::kernel::app::App;
use crate::kernel::ctx::{Actor, Ctx};
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::tx::PlatformTx;
use std::sync::Arc;
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::identity::{User, WhoAmI};

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
/// the same work.
pub async fn sign_in(ctx: &Ctx, email: &str, password: &str, agent: &str) -> Result<SignedIn> {
    let app = ctx.app();
    let mut tx = PlatformTx::begin(app).await?;
    let login = queries::login_by_email(&mut tx, &email.trim().to_lowercase()).await?;
    tx.finish().await?;
    let hash = login.as_ref().map(|login| login.password_hash.as_str());
    let matches = app.passwords.verify(password, hash).await?;
    match login {
        Some(login) if matches => session_start(ctx, login, agent).await,
        _ => Err(Error::refused(
            Code::Unauthenticated,
            "E-mail address and password do not match. Check both, or ask an admin for a new invitation.",
        )),
    }
}

/// Starts a session for a login whose right was established.
pub(crate) async fn session_start(ctx: &Ctx, login: queries::Login, agent: &str) -> Result<SignedIn> {
    let cookie = secret::opaque();
    let agent: String = agent.chars().take(200).collect();
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let session = queries::session_insert(&mut tx, login.id, &cookie, &agent).await?;
    let user = login.user();
    let event = Event::SessionStarted { email: user.email.clone(), session: session.to_string() };
    let actor = Actor::Session { user: user.clone(), session, cookie: cookie.clone() };
    let acting = ctx.acting(actor);
    tx.commit(&acting, login.agency_id.into(), &event).await?;
    Ok(SignedIn { cookie, user })
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
    let mut tx = PlatformTx::begin(app).await?;
    let found = queries::session_use(&mut tx, cookie).await?;
    tx.commit_bookkeeping().await?;
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
    fn user(&self) -> User {
        User {
            id: self.id.into(),
            email: self.email.clone(),
            name: self.name.clone(),
            operator: self.operator,
        }
    }
}
