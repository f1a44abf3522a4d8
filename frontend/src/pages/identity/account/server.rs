//! What the pages of one's own login need of core.

use crate::forms::{Done, Form, Posted, id, post, post_open};
use crate::{links, session};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_core::{Ctx, Result, identity};
use weighhouse_types::identity::{self as types, Session, User};

const ACCOUNT: &str = "/account";

/// What the page shows.
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) sessions: Vec<Session>,
}

pub(crate) async fn account(ctx: &Ctx) -> Result<Account> {
    Ok(Account { sessions: identity::session_list(ctx).await?, user: ctx.user()?.clone() })
}

/// The login that a link to choose a new password is for.
pub(crate) async fn reset_link(ctx: &Ctx, token: &str) -> Result<String> {
    identity::password_reset_link(ctx, token).await
}

/// The present address and the new one.
pub(crate) async fn email_link(ctx: &Ctx, token: &str) -> Result<(String, String)> {
    identity::email_link(ctx, token).await
}

/// The present address and the old one.
pub(crate) async fn email_undo_link(ctx: &Ctx, token: &str) -> Result<(String, String)> {
    identity::email_undo_link(ctx, token).await
}

fn form(back: impl Into<String>, name: &'static str) -> Form {
    Form { back: back.into(), name, kept: Vec::new() }
}

#[server(prefix = "/do", endpoint = "session-revoke")]
pub(crate) async fn session_revoke(
    #[server(default)] csrf: String,
    #[server(default)] session: String,
) -> Posted {
    post(form(ACCOUNT, SessionRevoke::PATH), &csrf, async move |ctx| {
        identity::session_revoke(&ctx, id(&session, "session")?).await?;
        Ok(Done::to(ACCOUNT).saying("That session has ended."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "session-revoke-others")]
pub(crate) async fn session_revoke_others(#[server(default)] csrf: String) -> Posted {
    post(form(ACCOUNT, SessionRevokeOthers::PATH), &csrf, async move |ctx| {
        let words = match identity::session_revoke_others(&ctx).await? {
            0 => "You were signed in nowhere else.".to_owned(),
            1 => "One other session has ended.".to_owned(),
            many => format!("{many} other sessions have ended."),
        };
        Ok(Done::to(ACCOUNT).saying(words))
    })
    .await
}

#[server(prefix = "/do", endpoint = "password-change")]
pub(crate) async fn password_change(
    #[server(default)] csrf: String,
    #[server(default)] current: String,
    #[server(default)] password: String,
) -> Posted {
    post(form(ACCOUNT, PasswordChange::PATH), &csrf, async move |ctx| {
        identity::password_change(&ctx, &types::PasswordChange { current, password }).await?;
        Ok(Done::to(ACCOUNT).saying("The password is changed. You are signed out everywhere else."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "email-change")]
pub(crate) async fn email_change(
    #[server(default)] csrf: String,
    #[server(default)] email: String,
    #[server(default)] password: String,
) -> Posted {
    let form = Form { kept: vec![("email", email.clone())], ..form(ACCOUNT, EmailChange::PATH) };
    post(form, &csrf, async move |ctx| {
        let words =
            format!("A link is on its way to {}. Your address changes once it is used.", email.trim());
        identity::email_change_ask(&ctx, &types::EmailChange { email, password }).await?;
        Ok(Done::to(ACCOUNT).saying(words))
    })
    .await
}

#[server(prefix = "/do", endpoint = "password-reset-ask")]
pub(crate) async fn password_reset_ask(#[server(default)] email: String) -> Posted {
    let form = Form { kept: vec![("email", email.clone())], ..form("/forgot", PasswordResetAsk::PATH) };
    post_open(form, async move |ctx| {
        identity::password_reset_ask(&ctx, &email).await?;
        let words = format!(
            "If {} has a login here, a link to choose a new password is on its way there. It works for an hour.",
            email.trim()
        );
        Ok(Done::to("/sign-in").saying(words))
    })
    .await
}

#[server(prefix = "/do", endpoint = "password-reset")]
pub(crate) async fn password_reset(
    #[server(default)] token: String,
    #[server(default)] password: String,
) -> Posted {
    let form = form(format!("/reset/{}", links::encode(&token)), PasswordReset::PATH);
    post_open(form, async move |ctx| {
        identity::password_reset(&ctx, &types::PasswordReset { token, password }).await?;
        // Its session has ended, should this browser have had one.
        session::session_end()?;
        Ok(Done::to("/sign-in").saying("The new password is set. Sign in with it."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "email-confirm")]
pub(crate) async fn email_confirm(#[server(default)] token: String) -> Posted {
    let form = form(format!("/email/confirm/{}", links::encode(&token)), EmailConfirm::PATH);
    post_open(form, async move |ctx| {
        identity::email_confirm(&ctx, &token).await?;
        Ok(Done::to("/sign-in").saying("The new address is set. Sign in with it from now on."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "email-undo")]
pub(crate) async fn email_undo(#[server(default)] token: String) -> Posted {
    let form = form(format!("/email/undo/{}", links::encode(&token)), EmailUndo::PATH);
    post_open(form, async move |ctx| {
        identity::email_undo(&ctx, &token).await?;
        session::session_end()?;
        let words =
            "The login has its old address back. A link to choose a new password is on its way there.";
        Ok(Done::to("/sign-in").saying(words))
    })
    .await
}
