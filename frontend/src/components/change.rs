//! How a metric's change looks, and what many of them say in words.

use super::icon::Icon;
use super::metrics::{Finding, look, summary};
use super::note::{Note, Tone};
use leptos::prelude::*;
use weighhouse_types::compare::MetricChange;

/// How large a change is, and whether for the better.
#[component]
pub(crate) fn ChangeMark(change: MetricChange) -> impl IntoView {
    let (class, icon) = look(change.delta.verdict);
    view! {
        <span class=class>
            <Icon name=icon />
            <span class="sr">{change.delta.verdict.words()} " "</span>
            {change.size()}
        </span>
    }
}

/// The worst change and the best, in words.
#[component]
pub(crate) fn Findings(changes: Vec<MetricChange>) -> impl IntoView {
    let found = summary(&changes);
    let line = |tone, finding: Option<Finding>| {
        finding.map(|finding| {
            view! {
                <Note tone=tone>
                    <strong>{finding.headline}</strong>
                    " "
                    {finding.detail}
                </Note>
            }
        })
    };
    let same = found.worse.is_none() && found.better.is_none();
    view! {
        <div class="card-body stack-s">
            {line(Tone::Bad, found.worse)} {line(Tone::Good, found.better)}
            {same.then(|| view! { <Note tone=Tone::Plain>"No metric gets better or worse."</Note> })}
        </div>
    }
}
