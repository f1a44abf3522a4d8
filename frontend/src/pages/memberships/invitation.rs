//! Taking an invitation.

use super::server::{self, Accept};
use crate::components::field::{Hidden, PostForm, TextField};
use crate::components::frame::Page;
use crate::components::gate::Gate;
use crate::session;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::identity::PASSWORD_MIN;

#[component]
pub(crate) fn InvitationPage() -> impl IntoView {
    let token = session::param("token");
    session::open_page(async move |ctx| {
        let shown = server::invitation(&ctx, &token).await?;
        let title = format!("Join {}", shown.place);
        let role = shown.role.as_str();
        let fields = if shown.has_login {
            view! {
                <p class="dim">{format!("You have a login as {} already: sign in with it.", shown.email)}</p>
                <TextField
                    name="password"
                    label="Your password"
                    kind="password"
                    autocomplete="current-password"
                    required=true
                />
            }
            .into_any()
        } else {
            view! {
                <TextField name="name" label="Your name" autocomplete="name" required=true max=200 />
                <TextField
                    name="password"
                    label="Choose a password"
                    kind="password"
                    autocomplete="new-password"
                    hint=format!("At least {PASSWORD_MIN} characters.")
                    min=PASSWORD_MIN
                    required=true
                />
            }
            .into_any()
        };
        let body = view! {
            <Gate title=title.clone() about=format!("{} is invited as {role}.", shown.email)>
                <PostForm action=Accept::PATH class="form" open=true>
                    <Hidden name="token" value=token />
                    {fields}
                    <button type="submit" class="btn btn-primary btn-wide">
                        "Join"
                    </button>
                </PostForm>
            </Gate>
        };
        Ok(Page::new(title, body))
    })
}
