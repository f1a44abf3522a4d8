//! The API for people: the same document that machines read, part by part.

mod operation;
mod schema;
pub(crate) mod server;

use crate::components::card::Card;
use crate::components::command::Command;
use crate::components::frame::Page;
use crate::components::table::Fact;
use crate::session;
use leptos::prelude::*;
use operation::{OperationView, operations};
use serde_json::Value;
use weighhouse_types::error::Code;

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A part's name at the start of a sentence.
fn title(tag: &str) -> String {
    let mut letters = tag.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Text with `code` in it.
fn prose(text: &str) -> AnyView {
    let part = |(n, part): (usize, &str)| match n % 2 {
        0 => part.to_owned().into_any(),
        _ => view! { <code>{part.to_owned()}</code> }.into_any(),
    };
    text.split('`').enumerate().map(part).collect_view().into_any()
}

#[component]
pub(crate) fn DevelopersPage() -> impl IntoView {
    session::public_page(|ctx| {
        let url = server::url(&ctx);
        let document = server::document();
        let parts = server::tags(document)
            .map(|(tag, about)| view! { <Part document=document tag=tag about=about /> })
            .collect_view();
        let body = view! {
            <div class="head">
                <h1>"API"</h1>
                <p class="head-sub">
                    "Everything that people do here, scripts can do: JSON over HTTP under "
                    <code>"/api/v1"</code> ", described in OpenAPI 3.1 at "
                    <a href="/api/v1/openapi.json">"/api/v1/openapi.json"</a> "."
                </p>
            </div>
            <div class="stack">
                <Start url=url />
                <Rules />
                {parts}
            </div>
        };
        Ok(Page::new("API", body))
    })
}

#[component]
fn Start(url: String) -> impl IntoView {
    let lines = vec![
        "export WH_TOKEN=wh_…   # made on a client's page “Tokens”".to_owned(),
        format!("curl -H \"Authorization: Bearer $WH_TOKEN\" {url}/api/v1/me"),
    ];
    view! {
        <Card id="start" icon="terminal" title="Start">
            <div class="card-body">
                <Command lines=lines />
            </div>
        </Card>
    }
}

/// What holds for every operation.
#[component]
fn Rules() -> impl IntoView {
    let codes: Vec<String> =
        Code::ALL.iter().map(|code| format!("{} {}", code.status(), code.title().to_lowercase())).collect();
    view! {
        <Card id="rules" icon="info" title="What holds everywhere">
            <dl class="facts facts-plain">
                <Fact term="Who calls">
                    {prose(
                        "An API token, bound to one client and its scopes, as `Authorization: Bearer wh_…`. \
                         What is a person's act (deciding, members, tokens) needs the session of a browser.",
                    )}
                </Fact>
                <Fact term="Many calls">
                    {prose("`POST /api/v1/tokens/exchange` gives a JWT of ten minutes that does what the token does.")}
                </Fact>
                <Fact term="Sending again">
                    {prose(
                        "A POST with an `Idempotency-Key` (a new UUID for every new request) has one effect and one \
                         answer: the same request under the same key gets the answer of the first, marked \
                         `Idempotency-Replayed: true`, for 24 hours. Another body under it is refused with 422, and \
                         a request that is still at work with 409. What is shown once, such as a new token's secret, \
                         is not in an answer that is given again.",
                    )}
                </Fact>
                <Fact term="Lists">
                    {prose("Come in pages of at most 200 items: send an answer's `next` as `cursor` for the page after it.")}
                </Fact>
                <Fact term="Errors">
                    {prose(
                        "Are problem documents (RFC 9457): `detail` says what is wrong and what to do, `code` is for \
                         scripts, `field` names the place, `request_id` finds the server's log. ",
                    )} {codes.join(" · ")} "."
                </Fact>
                <Fact term="Names">
                    {prose("A version is `tenant/project/model@N`. What you do not reach answers as what does not exist.")}
                </Fact>
            </dl>
        </Card>
    }
}

/// A part of the API with its operations, as links.
#[component]
fn Part(document: &'static Value, tag: &'static str, about: &'static str) -> impl IntoView {
    let lines = operations(document, tag)
        .map(|operation| {
            view! {
                <li>
                    <a class="row-link" href=format!("/developers/{tag}#{}", operation.id())>
                        <span class="method">{operation.method.to_uppercase()}</span>
                        <span class="grow">{prose(operation.summary())}</span>
                        <code class="small faint path">{operation.path}</code>
                    </a>
                </li>
            }
        })
        .collect_view();
    let id = format!("{tag}-title");
    view! {
        <section class="card" aria-labelledby=id.clone()>
            <div class="card-head">
                <h2 id=id.clone()>
                    <a href=format!("/developers/{tag}")>{title(tag)}</a>
                </h2>
                <span class="push small faint">{about}</span>
            </div>
            <ul class="list">{lines}</ul>
        </section>
    }
}

#[component]
pub(crate) fn DevelopersPartPage() -> impl IntoView {
    let part = session::param("part");
    session::public_page(move |ctx| {
        let document = server::document();
        let (tag, about) = server::tag(document, &part)?;
        let url = server::url(&ctx);
        let views = operations(document, tag)
            .map(
                |operation| view! { <OperationView document=document operation=operation url=url.clone() /> },
            )
            .collect_view();
        let body = view! {
            <div class="head">
                <h1>{title(tag)}</h1>
                <p class="head-sub">{about}</p>
            </div>
            <div class="stack">{views}</div>
        };
        Ok(Page::new(title(tag), body).under("API", "/developers"))
    })
}
