//! Systems on the pages of versions, models and requests: what a version
//! holds, who holds it, what is known of combinations, what would break.

mod affected;
mod matrix;
mod policy;
pub(crate) mod server;

pub(crate) use affected::AffectedCard;
pub(crate) use matrix::Compatibility;
pub(crate) use policy::SystemPolicyCard;

use crate::components::card::Card;
use crate::components::chip::{Chip, StageChip};
use crate::components::command::Digest;
use crate::components::field::{Hidden, PostForm, SelectField, TextArea, TextField};
use crate::components::note::{Empty, Note, Tone};
use crate::components::table::{Heads, Scroll};
use crate::links;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use server::StateCompatibility;
use weighhouse_types::context::System;
use weighhouse_types::reference::VersionRef;
use weighhouse_types::systems::{Composition, Known, SystemPart, SystemUse, Verdict};
use weighhouse_types::versions::Stage;

/// The tab of a version's page.
#[component]
pub(crate) fn SystemsSection(
    version: VersionRef,
    stage: Stage,
    composition: Composition,
    /// The system's component of the context, where it is one.
    system: Option<System>,
    states: bool,
) -> impl IntoView {
    let Composition { parts, used_by, affected } = composition;
    view! {
        {(!parts.is_empty()).then(|| view! { <Parts stage=stage parts=parts system=system /> })}
        {(!affected.is_empty()).then(|| view! { <AffectedCard affected=affected open=stage != Stage::Production /> })}
        <Uses uses=used_by />
        {states.then(|| view! { <StateForm version=version /> })}
    }
}

/// What a system holds. One in production of which a part is not there any
/// more is not whole, and says so.
#[component]
fn Parts(stage: Stage, parts: Vec<SystemPart>, system: Option<System>) -> impl IntoView {
    let gone =
        |part: &&SystemPart| stage == Stage::Production && part.production != Some(part.version.number);
    let gone: Vec<String> = parts.iter().filter(gone).map(|part| part.version.to_string()).collect();
    let rows = parts
        .into_iter()
        .map(|part| {
            let now = part.production.map_or_else(|| "none".to_owned(), |n| format!("version {n}"));
            view! {
                <tr>
                    <th scope="row">{part.role}</th>
                    <td data-label="Version">
                        <a href=links::version(&part.version)>{in_words(&part.version)}</a>
                    </td>
                    <td data-label="Stage">
                        <StageChip stage=part.stage />
                    </td>
                    <td data-label="In production">{now}</td>
                    <td data-label="Digest">
                        <Digest digest=part.digest of="the version" short=true />
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card id="parts" icon="boxes" title="What it holds">
            {(!gone.is_empty())
                .then(|| {
                    view! {
                        <div class="card-body">
                            <Note tone=Tone::Bad>
                                <strong>"Not whole. "</strong>
                                {format!(
                                    "In production without {}: another version took its place. Promote a version of this system that holds it, or roll back.",
                                    gone.join(" and "),
                                )}
                            </Note>
                        </div>
                    }
                })}
            <Scroll label="Table of parts">
                <table class="table cards">
                    <Heads columns=&[
                        ("Role", ""),
                        ("Version", ""),
                        ("Stage", ""),
                        ("In production", ""),
                        ("Digest", ""),
                    ] />
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
            {system.map(|system| view! { <Orchestration system=system /> })}
            <p class="card-foot small dim">
                "It goes into production together with what it holds, at one moment, and is rolled back so."
            </p>
        </Card>
    }
}

/// How work goes through the parts.
#[component]
fn Orchestration(system: System) -> impl IntoView {
    let ways = system
        .edges
        .into_iter()
        .map(|edge| {
            let when = edge.when.map(|when| format!(" when {when}"));
            view! {
                <li>
                    <strong>{edge.from}</strong>
                    " → "
                    <strong>{edge.to}</strong>
                    {when}
                </li>
            }
        })
        .collect::<Vec<_>>();
    let rest = (!system.orchestration.is_empty()).then(|| {
        let text = serde_json::to_string_pretty(&system.orchestration).unwrap_or_default();
        view! { <pre class="raw">{text}</pre> }
    });
    view! {
        {(!ways.is_empty())
            .then(|| view! { <ul class="card-body plain" aria-label="How work goes through the parts">{ways}</ul> })}
        {rest}
    }
}

#[component]
fn Uses(uses: Vec<SystemUse>) -> impl IntoView {
    let content = if uses.is_empty() {
        view! {
            <Empty title="In no system">
                <p>
                    "A system names versions in the component " <code>"system"</code>
                    " of its context, and is pushed without files: " <code>"wh push --model … --context system.toml"</code>
                    "."
                </p>
            </Empty>
        }
        .into_any()
    } else {
        let rows = uses
            .into_iter()
            .map(|using| {
                view! {
                    <tr>
                        <th scope="row">
                            <a href=links::version(&using.system)>{in_words(&using.system)}</a>
                        </th>
                        <td data-label="As">{using.role}</td>
                        <td data-label="Stage">
                            <StageChip stage=using.stage />
                        </td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <table class="table cards">
                <Heads columns=&[("System", ""), ("As", ""), ("Stage", "")] />
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <Card id="uses" icon="boxes" title="Systems that hold it">
            {content}
        </Card>
    }
}

/// Says whether two versions work together.
#[component]
fn StateForm(version: VersionRef) -> impl IntoView {
    let verdicts = Verdict::ALL.iter().map(|v| (v.as_str().to_owned(), v.as_str().to_owned())).collect();
    view! {
        <Card id="state" title="Say what works together">
            <div class="card-body">
                <PostForm action=StateCompatibility::PATH class="form">
                    <Hidden name="version" value=version.to_string() />
                    <TextField
                        name="with"
                        label="This version and"
                        hint="project/model@N. Of a system and a version: the system with that version in place of what it holds."
                        placeholder="claims/summary@5"
                        required=true
                        max=400
                    />
                    <SelectField name="verdict" label="are" options=verdicts />
                    <TextArea
                        name="reason"
                        label="On what does that rest?"
                        hint="It stays on record. Said again, the latest counts."
                        required=true
                    />
                    <button type="submit" class="btn">
                        "Put it on record"
                    </button>
                </PostForm>
            </div>
        </Card>
    }
}

/// A version inside of its client: `project/model@N`.
pub(crate) fn in_words(version: &VersionRef) -> String {
    format!("{}/{}@{}", version.model.project, version.model.model, version.number)
}

/// What is known of versions together.
#[component]
pub(crate) fn KnownChip(known: Known) -> impl IntoView {
    let (kind, icon, word) = match known {
        Known::Compatible => ("good", "circle-check", "Compatible"),
        Known::Observed => ("good", "circle-dot", "Seen together"),
        Known::Unknown => ("muted", "circle-dashed", "Unknown"),
        Known::Incompatible => ("bad", "circle-x", "Incompatible"),
    };
    view! { <Chip kind=kind icon=icon word=word /> }
}
