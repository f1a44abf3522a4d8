//! The narrow card of pages for people who are not signed in.

use super::mark::Mark;
use leptos::prelude::*;

/// A card under the mark and the page's title.
#[component]
pub(crate) fn Gate(
    #[prop(into)] title: String,
    /// What stands under the title.
    #[prop(optional, into)]
    about: String,
    children: Children,
) -> impl IntoView {
    let about = (!about.is_empty()).then(|| view! { <p class="dim">{about}</p> });
    view! {
        <div class="narrow stack gate">
            <div class="gate-head">
                <Mark />
                <h1>{title}</h1>
                {about}
            </div>
            <div class="card card-body">{children()}</div>
        </div>
    }
}
