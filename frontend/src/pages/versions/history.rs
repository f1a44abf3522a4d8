//! The stages that a version went through.

use crate::components::chip::{stage_icon, stage_name};
use crate::components::icon::Icon;
use crate::components::time::When;
use leptos::prelude::*;
use weighhouse_types::versions::StageChange;

#[component]
pub(super) fn History(history: Vec<StageChange>) -> impl IntoView {
    let steps = history
        .into_iter()
        .rev()
        .map(|step| {
            view! {
                <li>
                    <Icon name=stage_icon(step.to) />
                    <p>
                        <strong>{stage_name(step.to)}</strong>
                        <span class="faint">{format!(" by {}, ", step.by)} <When at=step.at /></span>
                    </p>
                    <p class="said">{step.why}</p>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="card" id="history" aria-labelledby="history-title">
            <div class="card-head">
                <h2 id="history-title">"History"</h2>
                <span class="push">"newest first"</span>
            </div>
            <div class="card-body">
                <ol class="thread">{steps}</ol>
            </div>
        </section>
    }
}
