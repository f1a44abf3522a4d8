//! The first visit: a one-time link makes operator, agency and owner.

use super::server::{self, SetUp};
use crate::components::field::{Hidden, PostForm, SLUG_HINT, SLUG_PATTERN, TextField};
use crate::components::frame::Page;
use crate::components::note::Empty;
use crate::session;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::identity::PASSWORD_MIN;

#[component]
pub(crate) fn SetupPage() -> impl IntoView {
    let code = session::query("code").unwrap_or_default();
    session::open_page(async move |ctx| {
        if !server::setup_needed(&ctx).await? {
            return Ok(Page::new("Set up", view! { <SetUpAlready /> }));
        }
        Ok(Page::new("Set up", view! { <SetupForm code=code /> }))
    })
}

#[component]
fn SetUpAlready() -> impl IntoView {
    view! {
        <div class="middle card">
            <Empty icon="circle-check" title="This installation is set up already">
                <p>"The one-time link worked once, as it should."</p>
                <a class="btn" href="/sign-in">
                    "Sign in"
                </a>
            </Empty>
        </div>
    }
}

#[component]
fn SetupForm(code: String) -> impl IntoView {
    view! {
        <div class="middle stack">
            <div class="stack-s">
                <h1>"Set up this installation"</h1>
                <p class="dim">
                    "You came by the one-time link from the console. You become the operator of this installation and the owner of its first agency."
                </p>
            </div>
            <div class="card card-body">
                <PostForm action=SetUp::PATH class="form" open=true>
                    <Hidden name="code" value=code />
                    <h2>"Your agency"</h2>
                    <div class="form-row">
                        <TextField name="agency_name" label="Name" required=true max=200 />
                        <TextField
                            name="agency_slug"
                            label="Short name"
                            hint=SLUG_HINT
                            required=true
                            min=2
                            max=63
                            pattern=SLUG_PATTERN
                        />
                    </div>
                    <h2>"You"</h2>
                    <div class="form-row">
                        <TextField name="name" label="Name" autocomplete="name" required=true max=200 />
                        <TextField
                            name="email"
                            label="E-mail"
                            kind="email"
                            autocomplete="username"
                            required=true
                        />
                    </div>
                    <TextField
                        name="password"
                        label="Password"
                        kind="password"
                        autocomplete="new-password"
                        hint=format!("At least {PASSWORD_MIN} characters.")
                        min=PASSWORD_MIN
                        required=true
                    />
                    <div class="row">
                        <button type="submit" class="btn btn-primary">
                            "Set it up"
                        </button>
                    </div>
                </PostForm>
            </div>
        </div>
    }
}
