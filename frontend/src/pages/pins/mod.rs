//! The watch on a language model's provider: a part of the model's page, and of
//! its versions'.

mod alerts;
mod form;
pub(crate) mod server;

pub(crate) use alerts::OpenAlerts;

use crate::components::chip::Chip;
use crate::components::command::Command;
use crate::components::field::{Hidden, PostForm};
use crate::components::icon::Icon;
use crate::components::note::{Empty, Note, Tone};
use crate::components::table::{Fact, Heads, Scroll};
use crate::components::time::When;
use alerts::Alerts;
use form::SetForm;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use server::{CheckPin, RemovePin};
use weighhouse_types::pins::{Golden, Observation, Pin, PinState, PinWatch};
use weighhouse_types::reference::ModelRef;

/// How a watch stands, at a glance.
#[component]
pub(crate) fn PinChip(state: PinState) -> impl IntoView {
    let (kind, icon, word) = match state {
        PinState::Unwatched => ("muted", "circle-minus", "Not watched"),
        PinState::New => ("muted", "circle-dashed", "Not looked at yet"),
        PinState::Steady => ("good", "circle-check", "As recorded"),
        PinState::Changed => ("bad", "triangle-alert", "Changed"),
        PinState::Unreachable => ("warn", "circle-slash", "Not reachable"),
    };
    view! { <Chip kind=kind icon=icon word=word /> }
}

/// The watch of a model: how it stands, its alerts, and how it is set.
#[component]
pub(crate) fn PinCard(
    pin: Pin,
    of: ModelRef,
    /// Whether the visitor sets it.
    sets: bool,
) -> impl IntoView {
    let Pin { state, watch, alerts } = pin;
    let watched = watch.is_some();
    let (model, push) = (of.to_string(), format!("wh pin set {of} --golden golden.toml"));
    let content = match watch.clone() {
        Some(watch) => view! { <Watch watch=watch /> }.into_any(),
        None => view! {
            <Empty icon="search" title="Nobody watches the provider">
                <p>
                    "A watch asks it who it is and a few golden prompts, and says when either is no longer as it was."
                </p>
                {sets.then(|| view! { <Command lines=vec![push] /> })}
            </Empty>
        }
        .into_any(),
    };
    view! {
        <section class="card" id="pin" aria-labelledby="pin-title">
            <div class="card-head">
                <h2 id="pin-title">"Provider"</h2>
                <PinChip state=state />
                    {(sets && watched).then(|| view! { <Buttons model=model /> })}
            </div>
            {content}
            <Alerts alerts=alerts />
            {sets
                .then(|| {
                    view! {
                        <details class="fold">
                            <summary>
                                <Icon name="chevron-right" />
                                <h3>{if watched { "Change the watch" } else { "Set a watch" }}</h3>
                            </summary>
                            <div class="card-body">
                                <SetForm watch=watch of=of />
                            </div>
                        </details>
                    }
                })}
        </section>
    }
}

#[component]
fn Buttons(model: String) -> impl IntoView {
    let again = model.clone();
    view! {
        <div class="push row">
            <PostForm action=CheckPin::PATH>
                <Hidden name="model" value=model />
                <button type="submit" class="btn btn-small">
                    "Look now"
                </button>
            </PostForm>
            <PostForm action=RemovePin::PATH>
                <Hidden name="model" value=again />
                <button type="submit" class="btn-plain">
                    "End the watch"
                </button>
            </PostForm>
        </div>
    }
}

#[component]
fn Watch(watch: PinWatch) -> impl IntoView {
    let PinWatch { endpoint, pinned, has_secret, every_minutes, seen_at, due_at, set_by, set_at, .. } =
        watch.clone();
    let trouble = watch.unreachable_since.zip(watch.trouble.clone());
    let facts = watch.observed.clone().map(|seen| seen.identity.facts()).unwrap_or_default();
    let facts = facts.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    let facts = facts
        .map(|(name, value)| view! { <Fact term=name><span class="mono">{value}</span></Fact> })
        .collect_view();
    let key = if has_secret { "with an API key that is kept sealed" } else { "without an API key" };
    view! {
        {trouble
            .map(|(since, trouble)| {
                view! {
                    <Note tone=Tone::Warn>
                        <p>"Not reachable since " <When at=since /> {format!(": the endpoint {trouble}.")}</p>
                        <p class="small">"That is no change, and no assurance either. It is asked again by itself."</p>
                    </Note>
                }
            })}
        <dl class="facts facts-plain">
            <Fact term="Watched">
                <span class="mono">{pinned}</span>
                " at "
                <span class="mono">{endpoint}</span>
                <p class="hint">{format!("{key}, every {every_minutes} minutes; set by {set_by}, ")} <When at=set_at /></p>
            </Fact>
            <Fact term="Last seen">
                {seen_at.map_or_else(|| "not yet".into_any(), |at| view! { <When at=at /> }.into_any())}
                <span class="faint">" · next " <When at=due_at /></span>
            </Fact>
            {facts}
        </dl>
        <GoldenTable golden=watch.golden observed=watch.observed />
    }
}

#[component]
fn GoldenTable(golden: Vec<Golden>, observed: Option<Observation>) -> impl IntoView {
    (!golden.is_empty()).then(|| {
        let answers = observed.map(|seen| seen.answers).unwrap_or_default();
        let rows = golden
            .into_iter()
            .map(|golden| {
                let answer = answers.get(&golden.name).cloned();
                let state = match &answer {
                    None => "not asked yet",
                    Some(answer) if answer.steady => "compared",
                    Some(_) => "different each time, not compared",
                };
                let said =
                    answer.map(|answer| answer.text.unwrap_or_else(|| format!("sha256:{}", answer.digest)));
                view! {
                    <tr>
                        <th scope="row">{golden.name}<span class="sub">{state}</span></th>
                        <td class="pre">{golden.prompt}</td>
                        <td class="pre">{said.unwrap_or_else(|| "–".into())}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <Scroll label="Table of golden prompts">
                <table class="table">
                    <Heads columns=&[("Golden prompt", ""), ("Asked", "wide"), ("Recorded answer", "wide")] />
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
        }
    })
}
