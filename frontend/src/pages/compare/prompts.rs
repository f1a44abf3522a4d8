//! Prompts as texts: what was removed and added, the words marked.

use crate::components::note::{Note, Tone};
use leptos::prelude::*;
use weighhouse_types::compare::{Comparison, Hunk, Line, LineChange, PromptDiff};

#[component]
pub(super) fn Prompts(comparison: Comparison) -> impl IntoView {
    let labels = comparison.labels();
    let list = comparison.prompts;
    (!list.items.is_empty()).then(|| {
        let prompts = list
            .items
            .into_iter()
            .map(|prompt| view! { <Prompt prompt=prompt labels=labels.clone() /> })
            .collect_view();
        let same = (list.same > 0).then(|| format!("{} the same", list.same));
        view! {
            <section class="card" id="prompts" aria-labelledby="prompts-title">
                <div class="card-head">
                    <h2 id="prompts-title">"Prompts"</h2>
                    <span class="push">{same}</span>
                </div>
                {prompts}
            </section>
        }
    })
}

#[component]
fn Prompt(prompt: PromptDiff, labels: Vec<String>) -> impl IntoView {
    let base = labels.first().cloned().unwrap_or_default();
    let diffs = labels.iter().enumerate().skip(1).map(|(of, label)| {
        let title = format!("{}: {base} → {label}, {}", prompt.name, prompt.change(of).word());
        let hunks = prompt.diffs.get(of).cloned().flatten();
        view! {
            <p class="set">
                <strong>{title}</strong>
            </p>
            {hunks.map(|hunks| view! { <Diff hunks=hunks too_long=prompt.too_long /> })}
        }
    });
    diffs.collect_view()
}

#[component]
fn Diff(hunks: Vec<Hunk>, too_long: bool) -> impl IntoView {
    if too_long {
        return view! {
            <div class="card-body">
                <Note tone=Tone::Plain>"The templates are too long to be shown line by line."</Note>
            </div>
        }
        .into_any();
    }
    let hunk = |(n, hunk): (usize, Hunk)| {
        let gap = (n > 0).then(|| view! { <span class="diff-line diff-gap">"…"</span> });
        let lines = hunk.lines.into_iter().map(|line| view! { <DiffLine line=line /> }).collect_view();
        view! {
            {gap}
            {lines}
        }
    };
    view! {
        <pre class="diff" tabindex="0">
            {hunks.into_iter().enumerate().map(hunk).collect_view()}
        </pre>
    }
    .into_any()
}

#[component]
fn DiffLine(line: Line) -> impl IntoView {
    let class = match line.change {
        LineChange::Same => "diff-line",
        LineChange::Removed => "diff-line diff-removed",
        LineChange::Added => "diff-line diff-added",
    };
    let sign = line.change.sign().to_string();
    let spans =
        line.spans
            .into_iter()
            .map(|span| {
                if span.changed {
                    view! { <mark>{span.text}</mark> }.into_any()
                } else {
                    span.text.into_any()
                }
            })
            .collect_view();
    view! {
        <span class=class>
            <span class="diff-sign">{sign}</span>
            {spans}
        </span>
    }
}
