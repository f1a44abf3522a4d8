//! What the pages of this feature need of core.

use crate::forms::{Done, Form, Posted, post, post_open};
use crate::links;
use crate::session::{self, agent};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_core::identity;
use weighhouse_core::identity::SetupForm;
use weighhouse_core::tenancy;
use weighhouse_core::{Ctx, Error, Result};
use weighhouse_types::identity::{Token, TokenCreate};
use weighhouse_types::permission::Scope;
use weighhouse_types::tenancy::Tenant;

/// Holds a new token's secret from the form's answer to the page after it.
const SECRET: &str = "wh_new_token";
const SECRET_SECONDS: u32 = 60;

/// Whether nobody has a login yet.
pub(crate) async fn setup_needed(ctx: &Ctx) -> Result<bool> {
    identity::setup_needed(ctx).await
}

/// Whether somebody is signed in already.
pub(crate) async fn signed_in() -> bool {
    session::ctx().await.is_ok()
}

#[server(prefix = "/do", endpoint = "sign-in")]
pub(crate) async fn sign_in(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Posted {
    let form = Form {
        back: links::sign_in(&links::local(&next)),
        name: SignIn::PATH,
        kept: vec![("email", email.clone())],
    };
    post_open(form, async move |ctx| {
        let signed_in = identity::sign_in(&ctx, &email, &password, &agent()).await?;
        session::session_start(&ctx, &signed_in).await?;
        Ok(Done::to(links::local(&next)))
    })
    .await
}

#[server(prefix = "/do", endpoint = "sign-out")]
pub(crate) async fn sign_out(#[server(default)] csrf: String) -> Posted {
    let form = Form { back: "/".into(), name: SignOut::PATH, kept: Vec::new() };
    post(form, &csrf, async move |ctx| {
        identity::sign_out(&ctx).await?;
        session::session_end()?;
        Ok(Done::to("/sign-in").saying("You are signed out."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "setup")]
pub(crate) async fn set_up(
    #[server(default)] code: String,
    #[server(default)] agency_name: String,
    #[server(default)] agency_slug: String,
    #[server(default)] name: String,
    #[server(default)] email: String,
    #[server(default)] password: String,
) -> Posted {
    let form = Form {
        back: format!("/setup?code={}", links::encode(&code)),
        name: SetUp::PATH,
        kept: vec![
            ("agency_name", agency_name.clone()),
            ("agency_slug", agency_slug.clone()),
            ("name", name.clone()),
            ("email", email.clone()),
        ],
    };
    post_open(form, async move |ctx| {
        let filled = SetupForm { agency_name, agency_slug, name, email, password };
        let signed_in = identity::setup(&ctx, &code, filled).await?;
        session::session_start(&ctx, &signed_in).await?;
        Ok(Done::to("/"))
    })
    .await
}

/// What the page of tokens shows.
pub(crate) struct Tokens {
    pub(crate) tenant: Tenant,
    pub(crate) tokens: Vec<Token>,
    /// The secret of the token that was just made.
    pub(crate) secret: Option<String>,
    /// Where this installation is reached.
    pub(crate) url: String,
}

pub(crate) async fn tokens(ctx: &Ctx, tenant: &str) -> Result<Tokens> {
    let tokens = identity::token_list(ctx, tenant).await?;
    let secret = session::cookie(&*session::request()?, SECRET).filter(|secret| !secret.is_empty());
    if secret.is_some() {
        session::set_cookie(ctx.app(), SECRET, "", &links::tenant_page(tenant, "tokens"), Some(0))?;
    }
    Ok(Tokens {
        tenant: tenancy::tenant_get(ctx, tenant).await?,
        tokens,
        secret,
        url: ctx.app().config.link(""),
    })
}

#[server(prefix = "/do", endpoint = "token-create")]
pub(crate) async fn new_token(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] name: String,
    #[server(default)] scopes: Vec<String>,
    #[server(default)] expires_days: String,
) -> Posted {
    let back = links::tenant_page(&links::encode(&tenant), "tokens");
    let form = Form { back: back.clone(), name: NewToken::PATH, kept: vec![("name", name.clone())] };
    post(form, &csrf, async move |ctx| {
        let scopes: Vec<Scope> = scopes
            .iter()
            .map(|scope| scope.parse().map_err(|e: String| Error::invalid("scopes", e)))
            .collect::<Result<_>>()?;
        let expires_days = expires_days.parse().map_err(|e: std::num::ParseIntError| {
            Error::invalid("expires_days", format!("‘{expires_days}’ is no number of days: {e}"))
        })?;
        let new = TokenCreate { name, scopes, expires_days };
        let created = identity::token_create(&ctx, &tenant, new).await?;
        // The page after this one shows it once and takes the cookie away.
        session::set_cookie(
            ctx.app(),
            SECRET,
            created.token.as_deref().unwrap_or_default(),
            &back,
            Some(SECRET_SECONDS),
        )?;
        Ok(Done::to(back))
    })
    .await
}

#[server(prefix = "/do", endpoint = "token-revoke")]
pub(crate) async fn token_revoke(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] token: String,
) -> Posted {
    let back = links::tenant_page(&links::encode(&tenant), "tokens");
    let form = Form { back: back.clone(), name: TokenRevoke::PATH, kept: Vec::new() };
    post(form, &csrf, async move |ctx| {
        let id = crate::forms::id(&token, "token")?;
        identity::token_revoke(&ctx, &tenant, id).await?;
        Ok(Done::to(back).saying("The token is revoked. Whatever used it is refused from now on."))
    })
    .await
}
