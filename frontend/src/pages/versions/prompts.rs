//! The prompts of a language model: each template with its variables marked,
//! and what becomes of it with values.

use crate::components::icon::Icon;
use crate::components::note::{Empty, Note, Tone};
use crate::links;
use crate::pages::pins::PinChip;
use leptos::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use weighhouse_types::context::llm::{Part, parts, render, variables};
use weighhouse_types::context::{Llm, Prompt};
use weighhouse_types::pins::{Pin, PinState};
use weighhouse_types::reference::VersionRef;

/// What the page's address says of values: by prompt and variable.
pub(super) type Given = BTreeMap<String, String>;

#[component]
pub(super) fn Prompts(
    llm: Option<Value>,
    of: VersionRef,
    pin: Option<Pin>,
    /// Why it may not go to production.
    block: Option<String>,
    given: Given,
) -> impl IntoView {
    let Some(llm) = llm.and_then(|llm| serde_json::from_value::<Llm>(llm).ok()) else {
        return view! {
            <section class="card">
                <Empty title="No prompts">
                    <p>"This version is of another kind."</p>
                </Empty>
            </section>
        }
        .into_any();
    };
    let none = llm.prompts.is_empty();
    let cards = llm
        .prompts
        .clone()
        .into_iter()
        .map(|(name, prompt)| view! { <PromptCard name=name prompt=prompt of=of.clone() given=given.clone() /> })
        .collect_view();
    view! {
        <ProviderLine llm=llm of=of pin=pin block=block />
        {cards}
        {none
            .then(|| {
                view! {
                    <section class="card">
                        <Empty title="No prompts">
                            <p>"The version names a model and no prompts."</p>
                        </Empty>
                    </section>
                }
            })}
    }
    .into_any()
}

/// Who serves it, and whether that is what was tested.
#[component]
fn ProviderLine(llm: Llm, of: VersionRef, pin: Option<Pin>, block: Option<String>) -> impl IntoView {
    let watched =
        pin.as_ref().and_then(|pin| pin.watch.as_ref()).is_some_and(|watch| watch.pinned == llm.model);
    let state = pin.map_or(PinState::Unwatched, |pin| if watched { pin.state } else { PinState::Unwatched });
    let fingerprint =
        llm.fingerprint.map(|fingerprint| format!(", tested with {fingerprint}")).unwrap_or_default();
    view! {
        <section class="card" aria-label="Provider">
            <div class="card-body stack-s">
                <p class="row">
                    <span>
                        <span class="mono">{llm.model}</span>
                        {format!(" of {}{fingerprint}", llm.provider)}
                    </span>
                    <PinChip state=state />
                    <a class="push" href=format!("{}#pin", links::model(&of.model))>
                        "The watch"
                    </a>
                </p>
                {block.map(|block| view! { <Note tone=Tone::Bad>{block}</Note> })}
            </div>
        </section>
    }
}

#[component]
fn PromptCard(name: String, prompt: Prompt, of: VersionRef, given: Given) -> impl IntoView {
    let id = format!("prompt-{name}");
    let title = format!("{id}-title");
    let heading = title.clone();
    let role = prompt.role.clone();
    view! {
        <section class="card" id=id aria-labelledby=heading>
            <div class="card-head">
                <h2 id=title>{name.clone()}</h2>
                {role.map(|role| view! { <span class="push">{format!("{role} message")}</span> })}
            </div>
            <pre class="raw">{template(&prompt.template)}</pre>
            <Preview name=name prompt=prompt of=of given=given />
        </section>
    }
}

/// A template with its variables marked.
fn template(text: &str) -> AnyView {
    let Ok(parts) = parts(text) else { return text.to_owned().into_any() };
    parts
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => text.to_owned().into_any(),
            Part::Variable(name) => view! { <mark class="var">{name.to_owned()}</mark> }.into_any(),
        })
        .collect_view()
        .into_any()
}

/// What the model is sent, with the version's examples or other values.
#[component]
fn Preview(name: String, prompt: Prompt, of: VersionRef, given: Given) -> impl IntoView {
    let used: Vec<String> =
        variables(&prompt.template).unwrap_or_default().into_iter().map(str::to_owned).collect();
    (!used.is_empty()).then(|| {
        let mut values = prompt.variables.clone();
        let typed = |variable: &String| given.get(&format!("{name}.{variable}")).filter(|value| !value.is_empty());
        values.extend(used.iter().filter_map(|variable| Some((variable.clone(), typed(variable)?.clone()))));
        let rendered = match render(&prompt.template, &values) {
            Ok(text) => view! { <pre class="raw rendered">{text}</pre> }.into_any(),
            Err(error) => view! { <Note tone=Tone::Warn>{format!("Not rendered: {error}.")}</Note> }.into_any(),
        };
        let fields = used
            .iter()
            .map(|variable| {
                let field = format!("{name}.{variable}");
                let id = format!("value-{field}");
                let value = values.get(variable).cloned().unwrap_or_default();
                view! {
                    <div class="field">
                        <label for=id.clone()>{variable.clone()}</label>
                        <textarea class="input" id=id name=field rows="2">
                            {value}
                        </textarea>
                    </div>
                }
            })
            .collect_view();
        view! {
            <details class="fold" open=true>
                <summary>
                    <Icon name="chevron-right" />
                    <h3>"With values"</h3>
                </summary>
                {rendered}
                <form method="get" action=format!("{}#prompt-{name}", links::version_tab(&of, "prompts")) class="card-body form">
                    {fields}
                    <div class="row">
                        <button type="submit" class="btn">
                            "Preview"
                        </button>
                        <a href=format!("{}#prompt-{name}", links::version_tab(&of, "prompts"))>"The version’s own examples"</a>
                    </div>
                </form>
            </details>
        }
    })
}
