//! A person's own sessions, wherever they are signed in.

use super::queries;
use crate::kernel::ctx::{Actor, Ctx};
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::PlatformTx;
use queries::sessions;
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::identity::{Session, User};
use weighhouse_types::ids::SessionId;

/// The person and their present session.
///
/// # Errors
/// For everybody who did not sign in with a password.
pub(super) fn own(ctx: &Ctx) -> Result<(&User, SessionId)> {
    match &ctx.actor {
        Actor::Session { user, session, .. } => Ok((user, *session)),
        Actor::Token { .. } => Err(Error::refused(
            Code::Forbidden,
            "An API token does not reach the login behind it: that is a person's act. Sign in with a password.",
        )),
        _ => Err(Error::refused(Code::Unauthenticated, "Sign in with your password first.")),
    }
}

/// Where the caller is signed in, the present session first.
///
/// # Errors
/// Without a session.
pub async fn session_list(ctx: &Ctx) -> Result<Vec<Session>> {
    let (user, current) = own(ctx)?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let sessions = sessions::sessions_of(&mut tx, user.id, current).await?;
    tx.finish().await?;
    Ok(sessions)
}

/// Ends one of the caller's sessions at once; it may be the present one.
///
/// # Errors
/// When the caller has no such live session.
pub async fn session_revoke(ctx: &Ctx, session: SessionId) -> Result<()> {
    let ended = end(ctx, Some(session), None).await?;
    if ended == 0 { Err(Error::not_found("session")) } else { Ok(()) }
}

/// Ends all of the caller's sessions but the present one; gives how many.
///
/// # Errors
/// Without a session.
pub async fn session_revoke_others(ctx: &Ctx) -> Result<usize> {
    let (_, current) = own(ctx)?;
    end(ctx, None, Some(current)).await
}

async fn end(ctx: &Ctx, only: Option<SessionId>, except: Option<SessionId>) -> Result<usize> {
    let (user, _) = own(ctx)?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let ended = sessions::sessions_revoke(&mut tx, user.id, only, except).await?;
    if ended.is_empty() {
        tx.finish().await?;
        return Ok(0);
    }
    let agency = queries::agency_of(&mut tx, user.id).await?;
    let sessions = ended.iter().map(ToString::to_string).collect();
    tx.commit(ctx, agency, &Event::SessionsRevoked { email: user.email.clone(), sessions }).await?;
    Ok(ended.len())
}
