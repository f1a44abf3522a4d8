//! One's own login: sessions, password, address.

use crate::error::{Answer, Result};
use crate::extract::{Anyone, Caller, agent, session_cookie};
use actix_web::web::{Json, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use weighhouse_core::identity;
use weighhouse_types::identity::{
    EmailChange, LinkUse, PasswordChange, PasswordReset, PasswordResetAsk, Session, SignIn, WhoAmI,
};
use weighhouse_types::ids::SessionId;

/// Sign in: starts a session, whose cookie is in the answer. Unsafe requests
/// with that cookie need the header `Origin` with this installation's origin.
/// After too many failures, 429 with `Retry-After`.
#[utoipa::path(tag = "account", security(()), responses((status = 201, body = WhoAmI)))]
#[post("/session")]
pub(crate) async fn session_create(
    ctx: Anyone,
    request: HttpRequest,
    form: Json<SignIn>,
) -> Result<HttpResponse> {
    let signed_in =
        identity::sign_in(&ctx, &form.email, &form.password, agent(&request)).await.or_problem(&ctx)?;
    let cookie = session_cookie(&ctx, &signed_in.cookie, None);
    let answer = WhoAmI { user: signed_in.user, tenant: None, scopes: None };
    Ok(HttpResponse::Created().insert_header(cookie).json(answer))
}

/// Sign out: ends the session of the request's cookie.
#[utoipa::path(tag = "account", responses((status = 204)))]
#[delete("/session")]
pub(crate) async fn session_delete(ctx: Caller) -> Result<HttpResponse> {
    identity::sign_out(&ctx).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().insert_header(session_cookie(&ctx, "", Some(0))).finish())
}

/// Where you are signed in, this session first.
#[utoipa::path(tag = "account", responses((status = 200, body = Vec<Session>)))]
#[get("/me/sessions")]
pub(crate) async fn session_list(ctx: Caller) -> Result<Json<Vec<Session>>> {
    identity::session_list(&ctx).await.or_problem(&ctx).map(Json)
}

/// End one of your sessions at once.
#[utoipa::path(tag = "account", params(("session" = SessionId, Path)), responses((status = 204)))]
#[delete("/me/sessions/{session}")]
pub(crate) async fn session_revoke(ctx: Caller, session: Path<SessionId>) -> Result<HttpResponse> {
    identity::session_revoke(&ctx, *session).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}

/// End all of your sessions but this one.
#[utoipa::path(tag = "account", responses((status = 204)))]
#[delete("/me/sessions")]
pub(crate) async fn session_revoke_others(ctx: Caller) -> Result<HttpResponse> {
    identity::session_revoke_others(&ctx).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Change your password. Your other sessions end.
#[utoipa::path(tag = "account", responses((status = 204)))]
#[put("/me/password")]
pub(crate) async fn password_change(ctx: Caller, form: Json<PasswordChange>) -> Result<HttpResponse> {
    identity::password_change(&ctx, &form).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Have a link to choose a new password mailed. The answer is the same
/// whether the address has a login or not.
#[utoipa::path(tag = "account", security(()), responses((status = 202)))]
#[post("/password-reset")]
pub(crate) async fn password_reset_ask(ctx: Anyone, form: Json<PasswordResetAsk>) -> Result<HttpResponse> {
    identity::password_reset_ask(&ctx, &form.email).await.or_problem(&ctx)?;
    Ok(HttpResponse::Accepted().finish())
}

/// Choose a new password by the link of a mail. All sessions end.
#[utoipa::path(tag = "account", security(()), responses((status = 204)))]
#[post("/password-reset/confirm")]
pub(crate) async fn password_reset(ctx: Anyone, form: Json<PasswordReset>) -> Result<HttpResponse> {
    identity::password_reset(&ctx, &form).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ask for another address. A link goes there, which makes the change.
#[utoipa::path(tag = "account", responses((status = 202)))]
#[put("/me/email")]
pub(crate) async fn email_change_ask(ctx: Caller, form: Json<EmailChange>) -> Result<HttpResponse> {
    identity::email_change_ask(&ctx, &form).await.or_problem(&ctx)?;
    Ok(HttpResponse::Accepted().finish())
}

/// Take the new address, by the link of the mail that went to it.
#[utoipa::path(tag = "account", security(()), responses((status = 204)))]
#[post("/email-change/confirm")]
pub(crate) async fn email_confirm(ctx: Anyone, link: Json<LinkUse>) -> Result<HttpResponse> {
    identity::email_confirm(&ctx, &link.token).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Take a change of address back, by the link of the mail to the old one. The
/// password is void, all sessions end, and a reset link is mailed.
#[utoipa::path(tag = "account", security(()), responses((status = 204)))]
#[post("/email-change/undo")]
pub(crate) async fn email_undo(ctx: Anyone, link: Json<LinkUse>) -> Result<HttpResponse> {
    identity::email_undo(&ctx, &link.token).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}
