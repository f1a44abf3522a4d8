//! API tokens: scoped, expiring, bound to one tenant, shown once.

use super::queries;
use crate::kernel::app::App;
use crate::kernel::authz;
use crate::kernel::ctx::{Actor, Ctx};
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::tx::{PlatformTx, TenantTx};
use std::sync::Arc;
use std::time::Instant;
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::identity::{Token, TokenCreate, TokenCreated};
use weighhouse_types::ids::{TokenId, UserId};
use weighhouse_types::permission::Action;

/// Makes a token of the caller in a tenant. Its secret is in the answer and
/// nowhere else.
///
/// # Errors
/// When the terms are wrong, or the caller may not have tokens here.
pub async fn token_create(ctx: &Ctx, tenant: &str, new: TokenCreate) -> Result<TokenCreated> {
    let tenant = authz::tenant(ctx, tenant, Action::TokenManageOwn).await?;
    let user = ctx.user()?;
    create(ctx, &tenant, user.id, &user.email, new).await
}

/// Makes a token of another person: the operator's command.
///
/// # Errors
/// When there is no such person or tenant, or the terms are wrong.
pub async fn token_create_for(
    ctx: &Ctx,
    email: &str,
    tenant: &str,
    new: TokenCreate,
) -> Result<TokenCreated> {
    if !matches!(ctx.actor, Actor::Console) {
        return Err(Error::refused(Code::Forbidden, "Only the operator makes tokens of others."));
    }
    let tenant = authz::tenant(ctx, tenant, Action::TokenManageOwn).await?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let login = queries::login_by_email(&mut tx, &email.to_lowercase()).await?;
    tx.finish().await?;
    let login = login.ok_or_else(|| Error::not_found("user"))?;
    create(ctx, &tenant, login.id.into(), &login.email, new).await
}

async fn create(
    ctx: &Ctx,
    tenant: &authz::Tenant,
    user: UserId,
    owner: &str,
    mut new: TokenCreate,
) -> Result<TokenCreated> {
    new.name = new.name.trim().to_owned();
    if !(1..=100).contains(&new.name.chars().count()) {
        return Err(Error::invalid(
            "name",
            "Give the token a name of 1 to 100 characters, to tell it from others.",
        ));
    }
    if new.scopes.is_empty() {
        return Err(Error::invalid(
            "scopes",
            "Choose at least one scope; without any, the token could do nothing.",
        ));
    }
    if !(1..=366).contains(&new.expires_days) {
        return Err(Error::invalid("expires_days", "A token expires after 1 to 366 days."));
    }
    new.scopes.sort_unstable();
    new.scopes.dedup();
    let token = secret::api_token();
    let mut tx = TenantTx::begin(ctx, tenant).await?;
    let info = queries::token_insert(&mut tx, user, &new, &token).await?;
    let event = Event::TokenCreated {
        token: info.id.to_string(),
        name: info.name.clone(),
        owner: owner.to_owned(),
        scopes: new.scopes.iter().map(ToString::to_string).collect(),
        expires: info.expires_at,
    };
    tx.commit(&event).await?;
    Ok(TokenCreated { token: Some(token), note: None, info })
}

/// The caller's tokens in a tenant, newest first.
///
/// # Errors
/// When the caller may not have tokens here.
pub async fn token_list(ctx: &Ctx, tenant: &str) -> Result<Vec<Token>> {
    let tenant = authz::tenant(ctx, tenant, Action::TokenManageOwn).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let tokens = queries::tokens_of(&mut tx, &tenant, ctx.user()?.id).await?;
    tx.finish().await?;
    Ok(tokens)
}

/// Revokes a token of the caller; from now on it is refused.
///
/// # Errors
/// When the caller has no such live token.
pub async fn token_revoke(ctx: &Ctx, tenant: &str, token: TokenId) -> Result<()> {
    let tenant = authz::tenant(ctx, tenant, Action::TokenManageOwn).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let revoked = queries::token_revoke(&mut tx, ctx.user()?.id, token).await?;
    let Some(revoked) = revoked else { return Err(Error::not_found("token")) };
    tx.commit(&Event::TokenRevoked { token: token.to_string(), name: revoked.name }).await
}

/// The context of a request that came with an API token, or with a JWT that
/// one was exchanged for.
///
/// # Errors
/// When the token is unknown, expired or revoked.
pub async fn bearer_ctx(app: &Arc<App>, token: &str, request_id: &str) -> Result<Ctx> {
    let refused = |detail: &str| Err(Error::refused(Code::Unauthenticated, detail));
    if token.matches('.').count() == 2 {
        return super::jwt::jwt_ctx(app, token, request_id).await;
    }
    if !secret::is_api_token(token) {
        return refused(
            "This is no API token: tokens look like wh_… and carry a checksum. Was it copied whole?",
        );
    }
    let Some(grant) = queries::token_use(app, token).await? else {
        return refused(
            "This API token is unknown, expired or revoked. Make a new one on the tenant's page.",
        );
    };
    Ok(Ctx::with(app, grant.actor(), request_id))
}

/// The same for training code, which calls thousands of times: an API token
/// that was found alive is taken to be so for a second.
///
/// # Errors
/// As [`bearer_ctx`].
pub async fn bearer_ctx_often(app: &Arc<App>, token: &str, request_id: &str) -> Result<Ctx> {
    let question = secret::sha256(token.as_bytes());
    if let Some(actor) = app.tokens.get(&question) {
        return Ok(Ctx::with(app, actor, request_id));
    }
    let asked = Instant::now();
    let ctx = bearer_ctx(app, token, request_id).await?;
    // A JWT ends by its own clock, and has its own second.
    if matches!(ctx.actor, Actor::Token { exchanged: false, .. }) {
        app.tokens.put(question, asked, ctx.actor.clone());
    }
    Ok(ctx)
}
