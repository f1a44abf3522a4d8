//! What made the version what it is: its components, and what is missing.

use super::parts;
use crate::components::icon::Icon;
use crate::components::note::{Note, Tone};
use leptos::prelude::*;
use serde_json::Value;
use weighhouse_types::context::{Completeness, component_title};

#[component]
pub(super) fn ContextSection(context: Value, completeness: Completeness, pushes: bool) -> impl IntoView {
    let part = |key: &str| context.get(key).cloned().filter(|value| !value.is_null());
    let section = |key: &'static str, show: fn(Value) -> AnyView| {
        part(key).map(|value| view! { <Component title=component_title(key)>{show(value)}</Component> })
    };
    let components = vec![
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
            <Missing completeness=completeness pushes=pushes />
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

/// What a component is for, where it is missing.
fn purpose(key: &str) -> &'static str {
    match key {
        "artifact" => "the files themselves",
        "data" => "name, digest and rows of the data it was trained on",
        "features" => "the pipeline between data and model",
        "training" => "hyperparameters and configuration",
        "evaluation" => "metrics on test sets, by slice",
        "code" => "repository and commit",
        "environment" => "hardware, libraries and seeds",
        "deployment" => "runtime, resources, port and health check",
        _ => "given by a promotion, never typed in",
    }
}

#[component]
fn Missing(completeness: Completeness, pushes: bool) -> impl IntoView {
    let typed: Vec<&String> = completeness.missing.iter().filter(|key| *key != "approval").collect();
    (!typed.is_empty()).then(|| {
        let items = typed
            .into_iter()
            .map(|key| {
                view! {
                    <li>
                        <strong>{component_title(key)}</strong>
                        {format!(": {}", purpose(key))}
                    </li>
                }
            })
            .collect_view();
        view! {
            <div class="card-body">
                <Note tone=Tone::Warn>
                    <p>
                        <strong>"Missing"</strong>
                    </p>
                    <ul class="plain">{items}</ul>
                    {pushes
                        .then(|| {
                            view! {
                                <p class="small">
                                    "A version cannot be changed. Push again with what is missing in "
                                    <code>"--context context.toml"</code> ": that is the next version."
                                </p>
                            }
                        })}
                </Note>
            </div>
        }
    })
}
