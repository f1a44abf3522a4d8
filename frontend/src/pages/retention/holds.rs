//! Legal holds.

use super::server::{AskLift, ConfirmLift, PlaceHold, WithdrawLift};
use crate::components::card::Card;
use crate::components::chip::Chip;
use crate::components::field::{Hidden, PostForm, TextArea, TextField};
use crate::components::note::Empty;
use crate::components::table::Heads;
use crate::components::time::When;
use crate::links;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::holds::{Hold, LiftAsked};
use weighhouse_types::page::Page;

#[component]
pub(super) fn Holds(
    holds: Page<Hold>,
    tenant: String,
    /// Whether the visitor places and lifts them.
    lifts: bool,
) -> impl IntoView {
    let in_force = holds.items.iter().filter(|hold| hold.lifted.is_none()).count();
    let more = holds.next.is_some();
    let content = if holds.items.is_empty() {
        view! {
            <Empty icon="shield-check" title="No legal hold">
                <p>"A hold stops every sweep of what it covers. One person places it, two lift it."</p>
            </Empty>
        }
        .into_any()
    } else {
        let rows = holds
            .items
            .into_iter()
            .map(|hold| view! { <HoldRow hold=hold tenant=tenant.clone() lifts=lifts /> })
            .collect_view();
        view! {
            <table class="table cards">
                <Heads columns=&[("Covers", ""), ("Reason and owner", "wide"), ("State", "")] />
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <section class="card" id="holds" aria-labelledby="holds-title">
            <div class="card-head">
                <h2 id="holds-title">"Legal holds"</h2>
                <span class="count">{in_force}</span>
                <span class="push">"newest first, with those lifted"</span>
            </div>
            {content}
            {more.then(|| view! { <p class="card-foot">"Older ones are in the API’s list of holds."</p> })}
        </section>
    }
}

#[component]
fn HoldRow(hold: Hold, tenant: String, lifts: bool) -> impl IntoView {
    let covers = match &hold.model {
        None => "Everything".into_any(),
        Some(model) => {
            let name = format!("{}/{}", model.project, model.model);
            view! { <a href=links::model(model)>{name}</a> }.into_any()
        }
    };
    let id = hold.id.to_string();
    let state = match (hold.lifted, hold.lift) {
        (Some(lifted), asked) => {
            let asked = asked.map(|asked| format!(", asked by {}", asked.by)).unwrap_or_default();
            view! {
                <Chip kind="muted" icon="circle-minus" word="Lifted" />
                <span class="sub">{format!("by {}{asked}, ", lifted.by)} <When at=lifted.at /></span>
            }
            .into_any()
        }
        (None, Some(asked)) => view! { <Asked asked=asked tenant=tenant hold=id lifts=lifts /> }.into_any(),
        (None, None) => view! {
            <Chip kind="warn" icon="shield-check" word="In force" />
            {lifts.then(|| view! { <AskForm tenant=tenant hold=id /> })}
        }
        .into_any(),
    };
    view! {
        <tr>
            <th scope="row">{covers}</th>
            <td data-label="Reason">
                {hold.reason}
                <span class="sub">
                    {format!("Owner: {}. Placed by {}, ", hold.owner, hold.placed_by)} <When at=hold.placed_at />
                </span>
            </td>
            <td data-label="State">{state}</td>
        </tr>
    }
}

#[component]
fn AskForm(tenant: String, hold: String) -> impl IntoView {
    view! {
        <details class="fold-btn">
            <summary class="btn btn-small">"Ask to lift it…"</summary>
            <PostForm action=AskLift::PATH class="form-inline">
                <Hidden name="tenant" value=tenant />
                <Hidden name="hold" value=hold />
                <input
                    class="input input-small"
                    name="reason"
                    aria-label="Why it is no longer needed"
                    placeholder="Why no longer?"
                    required=true
                    maxlength=2000
                />
                <button type="submit" class="btn btn-small">
                    "Ask"
                </button>
            </PostForm>
        </details>
    }
}

/// Somebody has asked: another confirms, or turns it down.
#[component]
fn Asked(asked: LiftAsked, tenant: String, hold: String, lifts: bool) -> impl IntoView {
    let LiftAsked { by, at, reason, by_caller } = asked;
    let (withdraw, plain) = (WithdrawLift::PATH, "btn btn-small");
    let forms = if !lifts {
        ().into_any()
    } else if by_caller {
        view! { <LiftButton action=withdraw tenant=tenant hold=hold class=plain word="Take it back" /> }
            .into_any()
    } else {
        view! {
            <div class="row">
                <LiftButton
                    action=ConfirmLift::PATH
                    tenant=tenant.clone()
                    hold=hold.clone()
                    class="btn btn-small btn-danger"
                    word="Confirm: lift it"
                />
                <LiftButton action=withdraw tenant=tenant hold=hold class=plain word="Keep the hold" />
            </div>
        }
        .into_any()
    };
    view! {
        <Chip kind="needs" icon="clock" word="In force, lifting asked" />
        <span class="sub">{format!("{by} asked, ")} <When at=at /> {format!(": “{reason}”")}</span>
        {forms}
    }
}

#[component]
fn LiftButton(
    action: &'static str,
    tenant: String,
    hold: String,
    class: &'static str,
    word: &'static str,
) -> impl IntoView {
    view! {
        <PostForm action=action>
            <Hidden name="tenant" value=tenant />
            <Hidden name="hold" value=hold />
            <button type="submit" class=class>
                {word}
            </button>
        </PostForm>
    }
}

#[component]
pub(super) fn PlaceHoldForm(tenant: String) -> impl IntoView {
    view! {
        <Card id="place-hold" icon="shield-check" title="Place a legal hold">
            <div class="card-body">
                <PostForm action=PlaceHold::PATH class="form">
                    <Hidden name="tenant" value=tenant.clone() />
                    <TextArea
                        name="reason"
                        label="Reason"
                        hint="Stands in the record for good."
                        required=true
                    />
                    <TextField
                        name="owner"
                        label="Owner"
                        hint="Who answers for it, such as a lawyer or a case. You, unless given."
                        max=200
                    />
                    <TextField
                        name="model"
                        label="Only one model"
                        hint="Empty covers everything."
                        placeholder="client/project/model"
                        max=400
                    />
                    <button type="submit" class="btn">
                        "Place the hold"
                    </button>
                    <p class="hint">"It is in force at once. To lift it takes two people."</p>
                </PostForm>
            </div>
        </Card>
    }
}
