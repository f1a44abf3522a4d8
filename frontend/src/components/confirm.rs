//! A question before something of consequence: a form in a popover, which
//! browsers open without any script.

use super::icon::Icon;
use leptos::prelude::*;

/// The button that opens the question with the same `id`.
#[component]
pub(crate) fn ConfirmButton(
    id: &'static str,
    #[prop(default = "btn")] class: &'static str,
    icon: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class=class popovertarget=id>
            <Icon name=icon />
            {children()}
        </button>
    }
}

/// The question. `children` is the form, with its own submit button; a way out
/// stands beside it.
#[component]
pub(crate) fn Confirm(id: &'static str, #[prop(into)] title: String, children: Children) -> impl IntoView {
    let heading = format!("{id}-title");
    view! {
        <div class="ask" id=id popover="auto" role="dialog" aria-labelledby=heading>
            <div class="card-head">
                <h2 id=heading.clone()>{title}</h2>
                <button
                    type="button"
                    class="btn-plain push"
                    aria-label="Close"
                    popovertarget=id
                    popovertargetaction="hide"
                >
                    <Icon name="x" />
                </button>
            </div>
            <div class="card-body">{children()}</div>
        </div>
    }
}
