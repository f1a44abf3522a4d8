//! What made the version what it is: its components, and what is missing.

use super::parts;
use crate::components::icon::Icon;
use crate::components::note::{Note, Tone};
use leptos::prelude::*;
use serde_json::Value;
use weighhouse_types::context::{Supply, component_title};

#[component]
pub(super) fn ContextSection(context: Value, supplies: Vec<Supply>, pushes: bool) -> impl IntoView {
    let part = |key: &str| context.get(key).cloned().filter(|value| !value.is_null());
    let section = |key: &'static str, show: fn(Value) -> AnyView| {
        part(key).map(|value| view! { <Component title=component_title(key)>{show(value)}</Component> })
    };
    let components = vec![
        section("system", parts::system),
        section("llm", parts::llm),
        section("data", parts::data),
        section("features", parts::features),
        section("training", parts::training),
        section("code", parts::code),
        section("environment", parts::environment),
        section("deployment", parts::deployment),
    ];
    let bare = components.iter().all(Option::is_none);
    view! {
        <section class="card" id="context" aria-labelledby="context-title">
            <div class="card-head">
                <h2 id="context-title">"Context"</h2>
                <span class="push">"what made this version what it is"</span>
            </div>
            {components}
            {bare
                .then(|| {
                    view! { <p class="card-body dim">"The version came with its files and nothing else."</p> }
                })}
            <Missing supplies=supplies pushes=pushes />
        </section>
    }
}

#[component]
fn Component(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <details class="fold" open=true>
            <summary>
                <Icon name="chevron-right" />
                <h3>{title}</h3>
            </summary>
            {children()}
        </details>
    }
}

/// What is missing, and for whom it concerns how the next version gets it.
#[component]
fn Missing(supplies: Vec<Supply>, pushes: bool) -> impl IntoView {
    let supplies: Vec<_> = supplies.into_iter().filter(|supply| supply.component != "approval").collect();
    (!supplies.is_empty()).then(|| {
        let items = supplies
            .into_iter()
            .map(|supply| view! { <MissingOne supply=supply pushes=pushes /> })
            .collect_view();
        view! {
            <div class="card-body" id="missing">
                <Note tone=Tone::Warn>
                    <p>
                        <strong>"Missing"</strong>
                    </p>
                    <ul class="plain stack-s">{items}</ul>
                    {pushes
                        .then(|| {
                            view! {
                                <p class="small">
                                    "A version cannot be changed. Push again with what is missing in "
                                    <code>"weighhouse.toml"</code> ": that is the next version."
                                </p>
                            }
                        })}
                </Note>
            </div>
        }
    })
}

#[component]
fn MissingOne(supply: Supply, pushes: bool) -> impl IntoView {
    let Supply { title, what, flag, toml, .. } = supply;
    let how = pushes.then(|| {
        view! {
            <details>
                <summary class="small">"How to supply it"</summary>
                {flag.map(|flag| view! { <p class="small">"By " <code>{flag}</code></p> })}
                {toml
                    .map(|toml| {
                        view! {
                            <p class="small">"In " <code>"weighhouse.toml"</code> ":"</p>
                            <pre class="raw">{toml}</pre>
                        }
                    })}
            </details>
        }
    });
    view! {
        <li>
            <strong>{title}</strong>
            {format!(": {what}")}
            {how}
        </li>
    }
}
