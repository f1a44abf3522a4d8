//! A token's short-lived stand-in, for machines that make many calls.

use super::queries;
use crate::kernel::app::App;
use crate::kernel::ctx::{Actor, Ctx};
use crate::kernel::error::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;
use weighhouse_types::error::Code;
use weighhouse_types::identity::{JWT_SECONDS, TokenExchanged};
use weighhouse_types::ids::{TenantId, TokenId, UserId};
use weighhouse_types::permission::Scope;

/// What a JWT says.
#[derive(Serialize, Deserialize)]
struct Claims {
    /// The installation that made it and takes it.
    iss: String,
    aud: String,
    sub: UserId,
    tenant: TenantId,
    /// The API token that it stands for, and with which it ends.
    token: TokenId,
    scopes: Vec<Scope>,
    iat: i64,
    exp: i64,
    jti: Uuid,
}

/// Exchanges the caller's API token for a JWT of ten minutes.
///
/// # Errors
/// When the caller did not come with an API token itself, or the installation
/// has no key to sign with.
pub async fn token_exchange(ctx: &Ctx) -> Result<TokenExchanged> {
    let Actor::Token { user, token, tenant, scopes, exchanged: false } = &ctx.actor else {
        return Err(Error::refused(
            Code::Forbidden,
            "Only an API token is exchanged: send it as “Authorization: Bearer wh_…”.",
        ));
    };
    let grant = queries::token_live(ctx.app(), *tenant, *token).await?;
    let ends = grant.ok_or_else(over)?.expires_at;
    let now = Utc::now();
    let expires_at = ends.min(now + Duration::seconds(JWT_SECONDS));
    let claims = Claims {
        iss: ctx.app().config.link(""),
        aud: audience(ctx.app()),
        sub: user.id,
        tenant: *tenant,
        token: *token,
        scopes: scopes.clone(),
        iat: now.timestamp(),
        exp: expires_at.timestamp(),
        jti: Uuid::now_v7(),
    };
    let jwt = ctx.app().jwt.sign(&claims)?.ok_or_else(|| {
        Error::conflict(
            "This installation has no key to sign JWTs with. Its operator sets one with --jwt-key; \
             until then use the API token itself, which does the same.",
        )
    })?;
    let expires_at = DateTime::from_timestamp(claims.exp, 0).unwrap_or(expires_at);
    Ok(TokenExchanged { jwt: Some(jwt), expires_at, scopes: claims.scopes, note: None })
}

/// The context of a request that came with a JWT. The API token behind it is
/// looked up again when the last look is a second old.
///
/// # Errors
/// When the JWT is not ours, has expired, or its API token is over.
pub(super) async fn jwt_ctx(app: &Arc<App>, jwt: &str, request_id: &str) -> Result<Ctx> {
    let claims: Claims = app.jwt.verify(jwt, &audience(app)).ok_or_else(|| {
        Error::refused(
            Code::Unauthenticated,
            "This JWT is expired, damaged, or not of this installation. Exchange the API token for a new one.",
        )
    })?;
    let actor = match app.token_ids.get(&claims.token) {
        Some(actor) => actor,
        None => look_up(app, &claims).await?,
    };
    match actor {
        Actor::Token { user, token, tenant, scopes, .. }
            if tenant == claims.tenant && user.id == claims.sub =>
        {
            let scopes = scopes.into_iter().filter(|scope| claims.scopes.contains(scope)).collect();
            let actor = Actor::Token { user, token, tenant, scopes, exchanged: true };
            Ok(Ctx::with(app, actor, request_id))
        }
        _ => Err(over()),
    }
}

async fn look_up(app: &App, claims: &Claims) -> Result<Actor> {
    let asked = Instant::now();
    let grant = queries::token_live(app, claims.tenant, claims.token).await?;
    let actor = grant.ok_or_else(over)?.actor();
    app.token_ids.put(claims.token, asked, actor.clone());
    Ok(actor)
}

/// A JWT of one installation is worth nothing at another.
fn audience(app: &App) -> String {
    app.config.link("/api/v1")
}

fn over() -> Error {
    Error::refused(
        Code::Unauthenticated,
        "The API token behind this JWT is expired or revoked. Make a new one on the tenant's page.",
    )
}
