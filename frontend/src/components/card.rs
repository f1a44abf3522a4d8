//! A part of a page, under a head of its own.

use super::icon::Icon;
use leptos::prelude::*;

/// A card. Addresses reach it by its `id`.
#[component]
pub(crate) fn Card(
    id: &'static str,
    #[prop(optional)] icon: Option<&'static str>,
    title: &'static str,
    children: Children,
) -> impl IntoView {
    let heading = format!("{id}-title");
    view! {
        <section class="card" id=id aria-labelledby=heading.clone()>
            <div class="card-head">
                {icon.map(|icon| view! { <Icon name=icon /> })} <h2 id=heading.clone()>{title}</h2>
            </div>
            {children()}
        </section>
    }
}
