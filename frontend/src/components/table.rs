//! Parts of lists and tables.

use super::field::{Hidden, PostForm};
use super::icon::Icon;
use leptos::prelude::*;

/// A wide table scrolls inside this, and can be scrolled by keyboard.
#[component]
pub(crate) fn Scroll(
    /// What the table holds.
    #[prop(into)]
    label: String,
    /// Long ones scroll within the window, under their heads.
    #[prop(optional)]
    tall: bool,
    children: Children,
) -> impl IntoView {
    let class = if tall { "scroll scroll-tall" } else { "scroll" };
    view! {
        <div class=class tabindex="0" role="region" aria-label=label>
            {children()}
        </div>
    }
}

/// The heads of a table's columns: a text (none above buttons), and its class
/// where it has one.
#[component]
pub(crate) fn Heads(columns: &'static [(&'static str, &'static str)]) -> impl IntoView {
    let heads = columns
        .iter()
        .map(|(text, class)| {
            let text = match *text {
                "" => view! { <span class="sr">"Actions"</span> }.into_any(),
                text => text.into_any(),
            };
            view! {
                <th scope="col" class=*class>
                    {text}
                </th>
            }
        })
        .collect_view();
    view! {
        <thead>
            <tr>{heads}</tr>
        </thead>
    }
}

/// The button at a row's end that takes away what the row is about.
#[component]
pub(crate) fn TakeAway(
    /// The server function's `PATH`.
    action: &'static str,
    /// The client, or what else `place` names.
    tenant: String,
    #[prop(default = "tenant")] place: &'static str,
    /// The field that says which, and what it says.
    field: (&'static str, String),
    word: &'static str,
    /// The button's name where there is no row around it.
    label: String,
) -> impl IntoView {
    let (name, value) = field;
    view! {
        <PostForm action=action class="table-actions">
            <Hidden name=place value=tenant />
            <Hidden name=name value=value />
            <button type="submit" class="btn-plain" aria-label=label>
                <Icon name="x" />
                {word}
            </button>
        </PostForm>
    }
}

/// The way to a list's next page, where it has one.
#[component]
pub(crate) fn NextPage(
    /// The page's own path, with the query that filters it.
    #[prop(into)]
    path: String,
    next: Option<String>,
    #[prop(default = "More")] words: &'static str,
) -> impl IntoView {
    next.map(|cursor| {
        let joint = if path.contains('?') { '&' } else { '?' };
        let href = format!("{path}{joint}cursor={}", crate::links::encode(&cursor));
        view! {
            <div class="card-foot row">
                <a class="btn btn-small push" href=href rel="next">
                    {words}
                </a>
            </div>
        }
    })
}

/// A term and what it is, in a list of facts.
#[component]
pub(crate) fn Fact(#[prop(into)] term: String, children: Children) -> impl IntoView {
    view! {
        <dt>{term}</dt>
        <dd>{children()}</dd>
    }
}
