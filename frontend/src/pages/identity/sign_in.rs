//! Sign-in.

use super::server::{self, SignIn};
use crate::components::field::{Hidden, PostForm, TextField};
use crate::components::frame::Page;
use crate::components::mark::Mark;
use crate::components::note::{Note, Tone};
use crate::{links, session};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let next = links::local(&session::query("next").unwrap_or_default());
    session::open_page(async move |ctx| {
        if server::signed_in().await {
            session::redirect(&next);
        }
        let fresh = server::setup_needed(&ctx).await?;
        Ok(Page::new("Sign in", view! { <SignInForm next=next fresh=fresh /> }))
    })
}

#[component]
fn SignInForm(next: String, fresh: bool) -> impl IntoView {
    view! {
        <div class="narrow stack gate">
            <div class="gate-head">
                <Mark />
                <h1>"Sign in"</h1>
            </div>
            {fresh
                .then(|| {
                    view! {
                        <Note tone=Tone::Plain>
                            "Nobody has a login yet. The console of the server prints the one-time link that sets this installation up."
                        </Note>
                    }
                })}
            <div class="card card-body">
                <PostForm action=SignIn::PATH class="form" open=true>
                    <Hidden name="next" value=next />
                    <TextField
                        name="email"
                        label="E-mail"
                        kind="email"
                        autocomplete="username"
                        required=true
                        autofocus=true
                    />
                    <TextField
                        name="password"
                        label="Password"
                        kind="password"
                        autocomplete="current-password"
                        required=true
                    />
                    <button type="submit" class="btn btn-primary btn-wide">
                        "Sign in"
                    </button>
                </PostForm>
            </div>
            <p class="small gate-foot">
                <a href="/forgot">"Forgot your password?"</a>
            </p>
            <p class="small faint gate-foot">
                "No login yet? It comes with an invitation, from your agency or your client admin."
            </p>
        </div>
    }
}
