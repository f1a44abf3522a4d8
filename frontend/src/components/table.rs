//! Parts of lists and tables.

use leptos::prelude::*;

/// A wide table scrolls inside this, and can be scrolled by keyboard.
#[component]
pub(crate) fn Scroll(
    /// What the table holds.
    #[prop(into)]
    label: String,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=label>
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

/// The way to a list's next page, where it has one.
#[component]
pub(crate) fn NextPage(
    /// The page's own path.
    #[prop(into)]
    path: String,
    next: Option<String>,
    #[prop(default = "More")] words: &'static str,
) -> impl IntoView {
    next.map(|cursor| {
        let href = format!("{path}?cursor={}", crate::links::encode(&cursor));
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
