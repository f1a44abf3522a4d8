//! What providers changed.

use crate::components::chip::Chip;
use crate::components::icon::Icon;
use crate::components::table::{Heads, Scroll};
use crate::components::time::{FullMoment, When};
use crate::links;
use leptos::prelude::*;
use weighhouse_types::pins::{PinAlert, PinChange};

/// A model's alerts, newest first; those that are open stand open.
#[component]
pub(super) fn Alerts(alerts: Vec<PinAlert>) -> impl IntoView {
    alerts.into_iter().map(|alert| view! { <Alert alert=alert /> }).collect_view()
}

#[component]
fn Alert(alert: PinAlert) -> impl IntoView {
    let PinAlert { id, pinned, endpoint, opened_at, changes, closed, .. } = alert;
    let open = closed.is_none();
    let state = match closed {
        None => view! {
            <p>
                "No version that uses it goes to production until it was evaluated again, or one is registered with \
                 what the provider is now. What is in production stays."
            </p>
        }
        .into_any(),
        Some(closed) => view! {
            <p>
                "Closed " <When at=closed.at /> ": "
                <a href=links::version(&closed.by)>{format!("version {}", closed.by.number)}</a>
                " was looked at as the provider is since."
            </p>
        }
        .into_any(),
    };
    let rows = changes.into_iter().map(|change| view! { <ChangeRow change=change /> }).collect_view();
    view! {
        <details class="fold" id=format!("alert-{id}") open=open>
            <summary>
                <Icon name="chevron-right" />
                <h3>"Changed " <When at=opened_at /></h3>
                {if open {
                    view! { <Chip kind="bad" icon="triangle-alert" word="Open" /> }
                } else {
                    view! { <Chip kind="muted" icon="circle-check" word="Closed" /> }
                }}
            </summary>
            <div class="card-body stack-s">
                <p class="dim">
                    <span class="mono">{endpoint}</span>
                    " serves "
                    <span class="mono">{pinned}</span>
                    " no longer as it was recorded. Seen twice in a row, "
                    <FullMoment at=opened_at />
                    "."
                </p>
                {state}
            </div>
            <Scroll label="Table of what changed">
                <table class="table">
                    <Heads columns=&[("What", ""), ("Before", "wide"), ("Now", "wide")] />
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
        </details>
    }
}

#[component]
fn ChangeRow(change: PinChange) -> impl IntoView {
    let side = |text: Option<String>| text.unwrap_or_else(|| "–".into());
    view! {
        <tr>
            <th scope="row">{change.what}</th>
            <td class="pre">{side(change.before)}</td>
            <td class="pre">{side(change.after)}</td>
        </tr>
    }
}

/// The open alerts of a client, at the top of its home.
#[component]
pub(crate) fn OpenAlerts(alerts: Vec<PinAlert>) -> impl IntoView {
    (!alerts.is_empty()).then(|| {
        let lines = alerts
            .into_iter()
            .map(|alert| {
                let address = format!("{}#alert-{}", links::model(&alert.model), alert.id);
                let changes: Vec<_> = alert.changes.iter().map(ToString::to_string).collect();
                view! {
                    <li class="line">
                        <span class="line-when">
                            <When at=alert.opened_at />
                        </span>
                        <span>
                            <a href=address>{format!("{}/{}", alert.model.project, alert.model.model)}</a>
                            {format!(": the provider changed {}; {}.", alert.pinned, changes.join("; "))}
                        </span>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="card" aria-labelledby="alerts">
                <div class="card-head">
                    <Icon name="triangle-alert" />
                    <h2 id="alerts">"Providers that changed"</h2>
                    <span class="push">"blocked from production until evaluated again"</span>
                </div>
                <ul class="list">{lines}</ul>
            </section>
        }
    })
}
