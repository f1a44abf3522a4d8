//! What the links of mails lead to: a new password, another address. Opening
//! one changes nothing, since mail programs open links, too: its button does.

use super::server::{self, EmailConfirm, EmailUndo, PasswordReset, PasswordResetAsk};
use crate::components::field::{Hidden, PostForm, TextField};
use crate::components::frame::Page;
use crate::components::gate::Gate;
use crate::session;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::identity::PASSWORD_MIN;

#[component]
pub(crate) fn ForgotPage() -> impl IntoView {
    session::open_page(async move |_| {
        let about = "We mail you a link to choose a new one. It works for an hour.";
        let body = view! {
            <Gate title="Forgot your password?" about=about>
                <PostForm action=PasswordResetAsk::PATH class="form" open=true>
                    <TextField
                        name="email"
                        label="E-mail"
                        kind="email"
                        autocomplete="username"
                        required=true
                        autofocus=true
                    />
                    <button type="submit" class="btn btn-primary btn-wide">
                        "Mail the link"
                    </button>
                    <a class="small" href="/sign-in">
                        "Back to sign-in"
                    </a>
                </PostForm>
            </Gate>
        };
        Ok(Page::new("Forgot your password?", body))
    })
}

#[component]
pub(crate) fn ResetPage() -> impl IntoView {
    let token = session::param("token");
    session::open_page(async move |ctx| {
        let email = server::reset_link(&ctx, &token).await?;
        let about = format!("For the login {email}. All its sessions end.");
        let body = view! {
            <Gate title="Choose a new password" about=about>
                <PostForm action=PasswordReset::PATH class="form" open=true>
                    <Hidden name="token" value=token />
                    // Password managers look for the login's name.
                    <input type="hidden" name="username" autocomplete="username" value=email />
                    <NewPassword label="New password" />
                    <button type="submit" class="btn btn-primary btn-wide">
                        "Set the password"
                    </button>
                </PostForm>
            </Gate>
        };
        Ok(Page::new("Choose a new password", body))
    })
}

/// The field for a password that is chosen.
#[component]
pub(crate) fn NewPassword(label: &'static str) -> impl IntoView {
    view! {
        <TextField
            name="password"
            label=label
            kind="password"
            autocomplete="new-password"
            hint=format!("At least {PASSWORD_MIN} characters; four random words are a good one.")
            min=PASSWORD_MIN
            required=true
        />
    }
}

#[component]
pub(crate) fn EmailConfirmPage() -> impl IntoView {
    let token = session::param("token");
    session::open_page(async move |ctx| {
        let (from, to) = server::email_link(&ctx, &token).await?;
        let body = view! {
            <Gate title="Confirm your new address">
                <PostForm action=EmailConfirm::PATH class="form" open=true>
                    <Hidden name="token" value=token />
                    <p>
                        "You sign in with " <strong>{to}</strong> " from now on, in place of " <strong>{from}</strong> "."
                    </p>
                    <button type="submit" class="btn btn-primary btn-wide">
                        "Confirm the address"
                    </button>
                </PostForm>
            </Gate>
        };
        Ok(Page::new("Confirm your new address", body))
    })
}

#[component]
pub(crate) fn EmailUndoPage() -> impl IntoView {
    let token = session::param("token");
    session::open_page(async move |ctx| {
        let (from, to) = server::email_undo_link(&ctx, &token).await?;
        let body = view! {
            <Gate title="Take the change back">
                <PostForm action=EmailUndo::PATH class="form" open=true>
                    <Hidden name="token" value=token />
                    <p>
                        "The login with the address " <strong>{from}</strong> " gets back " <strong>{to.clone()}</strong>
                        ". Whoever changed it knew the password: it is void from then on, all sessions end, and a link to choose a new one goes to "
                        {to} "."
                    </p>
                    <button type="submit" class="btn btn-danger btn-wide">
                        "Take it back"
                    </button>
                </PostForm>
            </Gate>
        };
        Ok(Page::new("Take the change back", body))
    })
}
