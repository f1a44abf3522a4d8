//! Messages, and places where there is nothing yet.

use super::icon::Icon;
use crate::forms::Flash;
use leptos::prelude::*;

/// How a message is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    Warn,
    Bad,
}

/// A message with an icon.
#[component]
pub(crate) fn Note(tone: Tone, children: Children) -> impl IntoView {
    let (class, icon) = match tone {
        Tone::Plain => ("note", "info"),
        Tone::Good => ("note note-good", "check"),
        Tone::Warn => ("note note-warn", "triangle-alert"),
        Tone::Bad => ("note note-bad", "octagon-x"),
    };
    view! {
        <div class=class>
            <Icon name=icon />
            <div>{children()}</div>
        </div>
    }
}

/// What the form that was just sent led to, at the top of the page.
#[component]
pub(crate) fn FlashNote() -> impl IntoView {
    use_context::<Flash>().map(|flash| {
        let (tone, role) = if flash.good { (Tone::Good, "status") } else { (Tone::Bad, "alert") };
        view! {
            <div class="flash" role=role>
                <Note tone=tone>{flash.detail}</Note>
            </div>
        }
    })
}

/// Where there is nothing yet: what it is, and what fills it.
#[component]
pub(crate) fn Empty(
    #[prop(optional)] icon: Option<&'static str>,
    #[prop(into)] title: String,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="empty">
            {icon.map(|icon| view! { <Icon name=icon /> })}
            <p class="empty-title">{title}</p>
            {children()}
        </div>
    }
}
