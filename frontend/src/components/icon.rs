//! Icons from one sprite, which `cargo xtask islands` builds from the names in
//! `style/icons.txt`.

use leptos::prelude::*;

/// An icon beside a word; hidden from screen readers, which read the word.
#[component]
pub fn Icon(
    /// A name from `style/icons.txt`.
    #[prop(into)]
    name: Signal<&'static str>,
    /// Further classes.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    view! {
        <svg class=format!("icon {class}") aria-hidden="true">
            <use_ href=move || format!("/pkg/icons.svg#{}", name.get())></use_>
        </svg>
    }
}
