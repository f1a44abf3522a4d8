//! What people copy: digests, commands, secrets.

use super::islands::copy::CopyButton;
use leptos::prelude::*;

/// How much of a digest identifies it to people.
const SHORT: usize = 12;

/// A digest: whole, or its beginning where there is little room.
#[component]
pub(crate) fn Digest(
    #[prop(into)] digest: String,
    /// What it is the digest of.
    #[prop(optional)]
    of: &'static str,
    #[prop(optional)] short: bool,
) -> impl IntoView {
    let shown = if short {
        let bare = digest.split_once(':').map_or(digest.as_str(), |(_, bare)| bare);
        format!("{}…", bare.get(..SHORT).unwrap_or(bare))
    } else {
        digest.clone()
    };
    let what = if of.is_empty() { "digest".to_owned() } else { format!("digest of {of}") };
    let class = if short { "digest digest-short" } else { "digest" };
    view! {
        <span class=class>
            <code title=short.then(|| digest.clone())>{shown}</code>
            <CopyButton text=digest.clone() what=what />
        </span>
    }
}

/// Commands for a terminal, a line each, ready to be copied.
#[component]
pub(crate) fn Command(#[prop(into)] lines: Vec<String>) -> impl IntoView {
    let text = lines.join("\n");
    let what = if lines.len() == 1 { "command" } else { "commands" };
    view! {
        <div class="cmd">
            <pre>
                {lines
                    .into_iter()
                    .map(|line| view! { <span class="cmd-line">{line}</span> })
                    .collect_view()}
            </pre>
            <CopyButton text=text what=what.to_owned() />
        </div>
    }
}

/// A secret that is shown once.
#[component]
pub(crate) fn Secret(#[prop(into)] secret: String) -> impl IntoView {
    view! {
        <div class="cmd secret">
            <pre>
                <code id="secret">{secret.clone()}</code>
            </pre>
            <CopyButton text=secret what="token".to_owned() />
        </div>
    }
}
