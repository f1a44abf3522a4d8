use crate::components::icon::Icon;
use leptos::prelude::*;
use std::time::Duration;

/// How long the button says that it copied.
const SHOWN: Duration = Duration::from_secs(2);

/// Copies a digest, command or secret to the clipboard.
#[island]
pub fn CopyButton(
    /// What is copied.
    text: String,
    /// What it is, such as “digest”.
    what: String,
) -> impl IntoView {
    let done = RwSignal::new(false);
    let copy = move |_| {
        let written = window().navigator().clipboard().write_text(&text);
        leptos::task::spawn_local(async move {
            if wasm_bindgen_futures::JsFuture::from(written).await.is_ok() {
                done.set(true);
                set_timeout(move || done.set(false), SHOWN);
            }
        });
    };
    view! {
        <button
            type="button"
            class="btn-plain copy"
            aria-label=format!("Copy {what}")
            data-done=move || done.get().then_some("")
            on:click=copy
        >
            <Icon name=Signal::derive(move || if done.get() { "check" } else { "copy" }) />
            <span class="sr" role="status">
                {move || if done.get() { "Copied" } else { "" }}
            </span>
        </button>
    }
}
