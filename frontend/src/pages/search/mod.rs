//! Go to anything: the palette's list, and the page for who has no script.

pub(crate) mod server;

use crate::components::frame::Page;
use crate::components::icon::Icon;
use crate::session;
use leptos::prelude::*;
use leptos::reactive::owner::Owner;
use server::Found;

/// The palette's list, as a fragment of HTML.
fn fragment(found: Vec<Found>) -> String {
    Owner::new().with(|| view! { <FoundList found=found /> }.to_html())
}

#[component]
pub(crate) fn SearchPage() -> impl IntoView {
    let words = session::query("q").unwrap_or_default();
    session::page(async move |ctx| {
        let found = server::find(&ctx, &words).await?;
        let body = view! {
            <div class="middle stack">
                <h1>"Go to"</h1>
                <form method="get" action="/go" class="form-inline" role="search">
                    <div class="field grow">
                        <label for="q">"Name, commit, digest, data set, person, day or page"</label>
                        <input class="input" id="q" name="q" type="search" value=words />
                    </div>
                    <button type="submit" class="btn btn-primary">
                        "Search"
                    </button>
                </form>
                <section class="card" aria-label="Found">
                    <ul class="list">
                        <FoundList found=found />
                    </ul>
                </section>
            </div>
        };
        Ok(Page::new("Go to", body).under("Portfolio", "/"))
    })
}

/// What was found, under a line for each kind.
#[component]
fn FoundList(found: Vec<Found>) -> impl IntoView {
    if found.is_empty() {
        return view! { <li class="line dim">"Nothing that has all of these words."</li> }.into_any();
    }
    let mut group = "";
    found
        .into_iter()
        .map(|found| {
            let begins = (found.group != group).then_some(found.group);
            group = found.group;
            view! {
                {begins.map(|group| view! { <li class="list-head">{group}</li> })}
                <li>
                    <a class="row-link" href=found.address>
                        <Icon name=found.icon />
                        <span>{found.name}</span>
                        <span class="push small faint">{found.place}</span>
                    </a>
                </li>
            }
        })
        .collect_view()
        .into_any()
}
