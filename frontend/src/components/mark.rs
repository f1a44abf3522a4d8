//! The mark: a balance.

use leptos::prelude::*;

/// The balance, in the colour of the text around it.
#[component]
pub(crate) fn Mark() -> impl IntoView {
    view! {
        <svg
            class="mark"
            viewBox="0 0 32 32"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d="M16 5v20M10 27h12M5 9h22"></path>
            <path d="M7 9 3 19M7 9l4 10M25 9l-4 10M25 9l4 10" stroke-width="1.5"></path>
            <path
                d="M2.5 19h9a4.500 4.500 0 0 1-9 0zM20.500 19h9a4.500 4.500 0 0 1-9 0z"
                fill="currentColor"
                fill-opacity=".3"
            ></path>
            <circle cx="16" cy="5" r="1.5" fill="currentColor"></circle>
        </svg>
    }
}
