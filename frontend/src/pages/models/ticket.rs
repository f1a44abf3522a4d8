//! The weigh ticket: what is or was in production, on what data, by whose
//! approval, what it replaced, and the way back.

use crate::components::chip::Chip;
use crate::components::command::Digest;
use crate::components::format::{count, names};
use crate::components::table::Fact;
use crate::components::time::{FullMoment, When};
use crate::links;
use leptos::prelude::*;
use weighhouse_types::context::{CodeState, Dataset};
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::{PeriodCause, ProductionAnswer, ProductionPeriod, Version};

/// The five-minute question, answered for one moment.
#[component]
pub(super) fn Ticket(
    reference: ModelRef,
    answer: ProductionAnswer,
    version: Option<Version>,
    before: Option<ProductionPeriod>,
    /// Whether the answer is for a moment that was asked about, not for now.
    asked: bool,
) -> impl IntoView {
    let moment =
        if asked { view! { "as of " <FullMoment at=answer.at /> }.into_any() } else { "now".into_any() };
    let content = match answer.production {
        Some(period) => {
            let target = answer.rollback_target.filter(|_| !asked);
            view! {
                <Answer
                    reference=reference
                    period=period
                    version=version
                    before=before
                    target=target
                    asked=asked
                    moment=moment
                />
            }
            .into_any()
        }
        None => view! { <NoAnswer asked=asked moment=moment /> }.into_any(),
    };
    view! {
        <section class="ticket" aria-label="In production">
            {content}
        </section>
    }
}

#[component]
fn NoAnswer(asked: bool, moment: AnyView) -> impl IntoView {
    let words = if asked {
        "No version was approved for production at that moment."
    } else {
        "No version is approved for production. A version gets there by way of staging, and by an approval."
    };
    view! {
        <div class="ticket-head">
            <h2 class="figure">"Nothing in production"</h2>
            <span class="push faint small">{moment}</span>
        </div>
        <p class="card-body dim">{words}</p>
    }
}

#[component]
fn Answer(
    reference: ModelRef,
    period: ProductionPeriod,
    version: Option<Version>,
    before: Option<ProductionPeriod>,
    target: Option<u32>,
    asked: bool,
    moment: AnyView,
) -> impl IntoView {
    let of = |number| links::version(&VersionRef { model: reference.clone(), number });
    let address = of(period.number);
    let word = if asked { "Was approved for production" } else { "Approved for production" };
    let before = before.map(|before| (before.number, of(before.number)));
    let back = target.map(|number| (number, address.clone()));
    let (number, digest) = (period.number, period.digest.clone());
    view! {
        <div class="ticket-head">
            <h2 class="figure">
                <a href=address>{format!("version {number}")}</a>
            </h2>
            <Chip kind="production" icon="circle-check" word=word />
            <span class="push faint small">{moment}</span>
        </div>
        <dl class="facts">
            <Fact term="Digest">
                <Digest digest=digest of="the version" />
            </Fact>
            <PeriodFacts period=period />
            {version.map(|version| view! { <ContextFacts version=version /> })}
            <Fact term="Before it">
                {match before {
                    Some((number, href)) => {
                        view! { <a href=href>{format!("version {number}")}</a> }.into_any()
                    }
                    None => view! { <span class="faint">"nothing"</span> }.into_any(),
                }}
            </Fact>
            {(!asked).then(|| view! { <WayBack back=back /> })}
        </dl>
    }
}

#[component]
fn PeriodFacts(period: ProductionPeriod) -> impl IntoView {
    let ended = match period.ended_by {
        Some(PeriodCause::Promotion) => "replaced ",
        Some(PeriodCause::Rollback) => "rolled back ",
        None => "",
    };
    let until = period.until.map(|until| {
        view! {
            <Fact term="Until">{ended} <FullMoment at=until /></Fact>
        }
    });
    view! {
        <Fact term="Since">
            <FullMoment at=period.from />
            <span class="faint">" (" <When at=period.from /> ")"</span>
        </Fact>
        {until}
        <CauseFacts
            cause=period.began_by
            by=period.requested_by
            approvers=period.approved_by
            reason=period.reason
        />
    }
}

/// Who put the version into production, and who agreed.
#[component]
fn CauseFacts(cause: PeriodCause, by: String, approvers: Vec<String>, reason: String) -> impl IntoView {
    let reason = (!reason.is_empty()).then(|| format!(" “{reason}”"));
    let (approved, people) = (!approvers.is_empty(), names(&approvers));
    match cause {
        PeriodCause::Promotion => view! {
            <Fact term="Approved by">
                {people} <span class="faint">{format!(", asked by {by}")}</span> {reason}
            </Fact>
        }
        .into_any(),
        PeriodCause::Rollback => view! {
            <Fact term="Rolled back by">{by} {reason}</Fact>
            {approved
                .then(|| {
                    view! {
                        <Fact term="Approved by">
                            {people} <span class="faint">", when it was promoted before"</span>
                        </Fact>
                    }
                })}
        }
        .into_any(),
    }
}

#[component]
fn WayBack(back: Option<(u32, String)>) -> impl IntoView {
    view! {
        <Fact term="Way back">
            {match back {
                Some((number, href)) => {
                    view! { <a href=format!("{href}#roll-back")>{format!("Roll back to version {number}")}</a> }
                        .into_any()
                }
                None => view! { <span class="faint">"there is no earlier version to go back to"</span> }.into_any(),
            }}
        </Fact>
    }
}

/// The data and the code that the version was made of.
#[component]
fn ContextFacts(version: Version) -> impl IntoView {
    let part = |key: &str| version.context.get(key).cloned().unwrap_or_default();
    let data: Vec<Dataset> = serde_json::from_value(part("data")).unwrap_or_default();
    let code: Option<CodeState> = serde_json::from_value(part("code")).unwrap_or_default();
    let datasets = data
        .into_iter()
        .map(|set| {
            let rows = set.rows.map(|rows| format!(", {} rows", count(rows)));
            let range = set.time_range.map(|range| format!(", {} to {}", range.from, range.until));
            view! {
                <div>
                    {set.name} <span class="faint">{rows} {range}</span> " "
                    {set.digest.map(|digest| view! { <Digest digest=digest of="the data" short=true /> })}
                </div>
            }
        })
        .collect::<Vec<_>>();
    let no_data = datasets.is_empty();
    view! {
        <Fact term="Trained on">
            {datasets} {no_data.then(|| view! { <span class="faint">"not recorded"</span> })}
        </Fact>
        <Fact term="Code">
            {match code {
                Some(code) => {
                    view! {
                        <span class="mono">{code.repository}</span>
                        " at "
                        <Digest digest=code.commit of="the commit" />
                        {code.dirty.unwrap_or_default().then(|| view! { <span class="faint">" with local changes"</span> })}
                    }
                        .into_any()
                }
                None => view! { <span class="faint">"not recorded"</span> }.into_any(),
            }}
        </Fact>
    }
}
