//! One's own login: where it is signed in, its password and its address.

pub(crate) mod recovery;
pub(crate) mod server;

use crate::components::card::Card;
use crate::components::chip::Chip;
use crate::components::field::{PostForm, TextField};
use crate::components::frame::Page;
use crate::components::table::{Heads, TakeAway};
use crate::components::time::When;
use crate::session;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use recovery::NewPassword;
use server::{Account, EmailChange, PasswordChange, SessionRevoke, SessionRevokeOthers};
use weighhouse_types::identity::Session;

#[component]
pub(crate) fn AccountPage() -> impl IntoView {
    session::page(async move |ctx| {
        let Account { user, sessions } = server::account(&ctx).await?;
        let body = view! {
            <div class="head">
                <h1>"Your account"</h1>
                <p class="head-sub">{format!("{}, {}", user.name, user.email)}</p>
            </div>
            <div class="cols">
                <Sessions sessions=sessions />
                <aside class="rail">
                    <PasswordForm />
                    <EmailForm />
                </aside>
            </div>
        };
        Ok(Page::new("Your account", body).under("Portfolio", "/"))
    })
}

#[component]
fn Sessions(sessions: Vec<Session>) -> impl IntoView {
    let others = sessions.len() > 1;
    let rows = sessions.into_iter().map(|session| view! { <SessionRow session=session /> }).collect_view();
    view! {
        <Card id="sessions" icon="monitor" title="Where you are signed in">
            <table class="table cards">
                <Heads columns=&[("Browser", "wide"), ("Since", ""), ("Last seen", ""), ("Ends", ""), ("", "fit")] />
                <tbody>{rows}</tbody>
            </table>
            {others
                .then(|| {
                    view! {
                        <div class="card-foot row">
                            <PostForm action=SessionRevokeOthers::PATH class="push">
                                <button type="submit" class="btn btn-small">
                                    "Sign out everywhere else"
                                </button>
                            </PostForm>
                        </div>
                    }
                })}
        </Card>
    }
}

#[component]
fn SessionRow(session: Session) -> impl IntoView {
    let device = device(&session.agent);
    let label = format!("Sign out {device}");
    view! {
        <tr>
            <th scope="row">
                <span title=session.agent>{device}</span>
                {session
                    .current
                    .then(|| {
                        view! {
                            " "
                            <Chip kind="good" icon="check" word="This one" />
                        }
                    })}
            </th>
            <td data-label="Since">
                <When at=session.created_at />
            </td>
            <td data-label="Last seen">
                <When at=session.last_seen_at />
            </td>
            <td data-label="Ends">
                <When at=session.expires_at />
            </td>
            <td>
                <TakeAway
                    action=SessionRevoke::PATH
                    place="back"
                    tenant="/account".to_owned()
                    field=("session", session.id.to_string())
                    word="Sign out"
                    label=label
                />
            </td>
        </tr>
    }
}

/// What a browser calls itself, in words: most of it is history.
fn device(agent: &str) -> String {
    const BROWSERS: &[(&str, &str)] = &[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
        ("wh/", "wh"),
    ];
    const SYSTEMS: &[(&str, &str)] = &[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Macintosh", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(BROWSERS), find(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) if agent.is_empty() => "Unknown".into(),
        (None, None) => agent.chars().take(60).collect(),
    }
}

#[component]
fn PasswordForm() -> impl IntoView {
    view! {
        <Card id="password" icon="key-round" title="Password">
            <div class="card-body">
                <PostForm action=PasswordChange::PATH class="form">
                    <TextField
                        name="current"
                        label="Present password"
                        kind="password"
                        autocomplete="current-password"
                        required=true
                    />
                    <NewPassword label="New password" />
                    <button type="submit" class="btn">
                        "Change the password"
                    </button>
                </PostForm>
            </div>
        </Card>
    }
}

#[component]
fn EmailForm() -> impl IntoView {
    view! {
        <Card id="email" icon="mail" title="E-mail address">
            <div class="card-body">
                <PostForm action=EmailChange::PATH class="form">
                    <TextField
                        name="email"
                        label="New address"
                        kind="email"
                        hint="A link goes there. Once it is used, you sign in with this address."
                        required=true
                    />
                    <TextField
                        name="password"
                        label="Your password"
                        kind="password"
                        autocomplete="current-password"
                        required=true
                    />
                    <button type="submit" class="btn">
                        "Change the address"
                    </button>
                </PostForm>
            </div>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn browsers_have_names() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
                "Firefox on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5.0", "curl"),
            ("", "Unknown"),
            ("my script", "my script"),
        ] {
            assert_eq!(device(agent), name);
        }
    }
}
