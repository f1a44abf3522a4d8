//! API tokens: one's own, in one client.

use super::server::{self, NewToken, TokenRevoke, Tokens};
use crate::components::card::Card;
use crate::components::chip::Chip;
use crate::components::command::{Command, Secret};
use crate::components::field::{Hidden, PostForm, SelectField, TextField};
use crate::components::frame::{Page, Tab};
use crate::components::note::Empty;
use crate::components::table::{Heads, TakeAway};
use crate::components::time::When;
use crate::session;
use chrono::Utc;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::identity::Token;
use weighhouse_types::permission::Scope;

#[component]
pub(crate) fn TokensPage() -> impl IntoView {
    let tenant = session::param("tenant");
    session::page(async move |ctx| {
        let Tokens { tenant, tokens, secret, url } = server::tokens(&ctx, &tenant).await?;
        let slug = tenant.slug.clone();
        let body = view! {
            <div class="head">
                <h1>"API tokens"</h1>
                <p class="head-sub">
                    "For scripts, CI and the " <code>"wh"</code>
                    " command. A token acts as you, in this client only, within its scopes, and never approves."
                </p>
            </div>
            <div class="cols">
                <div class="stack">
                    {secret
                        .map(|secret| view! { <NewSecret secret=secret url=url tenant=slug.clone() /> })}
                    <TokenTable tokens=tokens tenant=slug.clone() />
                </div>
                <aside class="rail">
                    <NewTokenForm tenant=slug />
                </aside>
            </div>
        };
        Ok(Page::of(tenant, Tab::Tokens, "API tokens", body))
    })
}

/// The one time that a token's secret is shown.
#[component]
fn NewSecret(secret: String, url: String, tenant: String) -> impl IntoView {
    let lines = vec![
        format!("export WH_TOKEN={secret}"),
        format!("wh login {url}"),
        format!("wh push ./my-model --model {tenant}/PROJECT/my-model"),
    ];
    view! {
        <section class="ticket" aria-labelledby="new-token">
            <div class="ticket-head">
                <h2 id="new-token">"The token is made"</h2>
            </div>
            <div class="card-body stack-s">
                <p>
                    <strong>"This is the only time it is shown."</strong>
                    " Keep it where your secrets live."
                </p>
                <Secret secret=secret />
                <p class="dim">"Sign the command in, then push:"</p>
                <Command lines=lines />
            </div>
        </section>
    }
}

#[component]
fn TokenTable(tokens: Vec<Token>, tenant: String) -> impl IntoView {
    if tokens.is_empty() {
        return view! {
            <section class="card">
                <Empty icon="key-round" title="No token yet">
                    <p>
                        "Make one here, then sign the command in with it: it is what pushes models and what CI uses."
                    </p>
                </Empty>
            </section>
        }
        .into_any();
    }
    let rows = tokens
        .into_iter()
        .map(|token| view! { <TokenRow token=token tenant=tenant.clone() /> })
        .collect_view();
    view! {
        <section class="card" aria-label="Your tokens">
            <table class="table cards">
                <Heads columns=&[
                    ("Name", ""),
                    ("Begins with", ""),
                    ("Scopes", ""),
                    ("Expires", ""),
                    ("Last used", ""),
                    ("", "fit"),
                ] />
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}

#[component]
fn TokenRow(token: Token, tenant: String) -> impl IntoView {
    let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let over = token.expires_at <= Utc::now();
    let ends = if token.revoked_at.is_some() {
        view! { <Chip kind="retired" icon="circle-slash" word="Revoked" /> }.into_any()
    } else if over {
        view! { <Chip kind="retired" icon="clock" word="Expired" /> }.into_any()
    } else {
        view! { <When at=token.expires_at /> }.into_any()
    };
    let label = format!("Revoke the token {}", token.name);
    let live = token.revoked_at.is_none() && !over;
    view! {
        <tr>
            <th scope="row">{token.name}</th>
            <td data-label="Begins with">
                <code>{token.prefix}</code>
            </td>
            <td data-label="Scopes">{scopes.join(", ")}</td>
            <td data-label="Expires">{ends}</td>
            <td data-label="Last used">
                {match token.last_used_at {
                    Some(at) => view! { <When at=at /> }.into_any(),
                    None => "never".into_any(),
                }}
            </td>
            <td>
                {live
                    .then(|| {
                        view! {
                            <TakeAway
                                action=TokenRevoke::PATH
                                tenant=tenant
                                field=("token", token.id.to_string())
                                word="Revoke"
                                label=label
                            />
                        }
                    })}
            </td>
        </tr>
    }
}

/// What a scope lets a token do.
const fn scope_words(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "see and download",
        Scope::Track => "log runs",
        Scope::Register => "push versions",
        Scope::Promote => "ask for promotions",
        Scope::Deploy => "roll back and retire",
        Scope::Predict => "send predictions",
    }
}

#[component]
fn NewTokenForm(tenant: String) -> impl IntoView {
    let scopes = Scope::ALL
        .iter()
        .map(|scope| {
            let usual = matches!(scope, Scope::Read | Scope::Register);
            view! {
                <label class="choice">
                    <input type="checkbox" name="scopes[]" value=scope.as_str() checked=usual />
                    <span>{scope.as_str()} " " <span class="hint">{scope_words(*scope)}</span></span>
                </label>
            }
        })
        .collect_view();
    let days = [7, 30, 90, 365].map(|days| (days.to_string(), format!("{days} days"))).to_vec();
    view! {
        <Card id="make" icon="key-round" title="New token">
            <div class="card-body">
                <PostForm action=NewToken::PATH class="form">
                    <Hidden name="tenant" value=tenant />
                    <TextField
                        name="name"
                        label="Name"
                        hint="What it is for, to tell it from others."
                        required=true
                        max=100
                    />
                    <fieldset>
                        <legend class="label">"Scopes"</legend>
                        <div class="choices">{scopes}</div>
                    </fieldset>
                    <SelectField name="expires_days" label="Expires after" options=days value="30" />
                    <button type="submit" class="btn btn-primary">
                        "Make the token"
                    </button>
                </PostForm>
            </div>
        </Card>
    }
}
