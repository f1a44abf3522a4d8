//! Who calls, and API tokens.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use crate::idempotency::shown_once;
use actix_web::http::StatusCode;
use actix_web::web::{Json, Path};
use actix_web::{HttpResponse, delete, get, post};
use weighhouse_core::identity;
use weighhouse_types::identity::{Token, TokenCreate, TokenCreated, TokenExchanged, WhoAmI};
use weighhouse_types::ids::TokenId;

/// Who the credential speaks for.
#[utoipa::path(tag = "identity", responses((status = 200, body = WhoAmI)))]
#[get("/me")]
pub(crate) async fn me(ctx: Caller) -> Result<Json<WhoAmI>> {
    identity::whoami(&ctx).await.or_problem(&ctx).map(Json)
}

/// Your API tokens in a tenant, without their secrets.
#[utoipa::path(tag = "identity", responses((status = 200, body = Vec<Token>)))]
#[get("/tenants/{tenant}/tokens")]
pub(crate) async fn token_list(ctx: Caller, tenant: Path<String>) -> Result<Json<Vec<Token>>> {
    identity::token_list(&ctx, &tenant).await.or_problem(&ctx).map(Json)
}

/// Make an API token. Its secret is shown this once. A person's act: a
/// token cannot make tokens.
#[utoipa::path(tag = "identity", responses((status = 201, body = TokenCreated)))]
#[post("/tenants/{tenant}/tokens")]
pub(crate) async fn token_create(
    ctx: Caller,
    tenant: Path<String>,
    new: Json<TokenCreate>,
) -> Result<HttpResponse> {
    let created = identity::token_create(&ctx, &tenant, new.into_inner()).await.or_problem(&ctx)?;
    let note = "The secret was shown in the first answer, and is nowhere else. If it is lost, revoke this token and make another.";
    let rest = TokenCreated { token: None, note: Some(note.into()), ..created.clone() };
    shown_once(StatusCode::CREATED, &created, &rest).or_problem(&ctx)
}

/// Exchange your API token for a JWT of ten minutes. It does what the token
/// does, costs the server no look at the token but once a second, and ends
/// within a second of the token's revocation.
#[utoipa::path(tag = "identity", responses((status = 200, body = TokenExchanged)))]
#[post("/tokens/exchange")]
pub(crate) async fn token_exchange(ctx: Caller) -> Result<HttpResponse> {
    let exchanged = identity::token_exchange(&ctx).await.or_problem(&ctx)?;
    let note = "The JWT was in the first answer, and is nowhere else. Exchange the token under a new key.";
    let rest = TokenExchanged { jwt: None, note: Some(note.into()), ..exchanged.clone() };
    shown_once(StatusCode::OK, &exchanged, &rest).or_problem(&ctx)
}

/// Revoke one of your API tokens; it is refused from now on.
#[utoipa::path(tag = "identity", responses((status = 204)))]
#[delete("/tenants/{tenant}/tokens/{token}")]
pub(crate) async fn token_revoke(ctx: Caller, path: Path<(String, TokenId)>) -> Result<HttpResponse> {
    let (tenant, token) = path.into_inner();
    identity::token_revoke(&ctx, &tenant, token).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}
