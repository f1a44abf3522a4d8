//! The completeness gauge: a rule with a graduation for each component.

use leptos::prelude::*;
use weighhouse_types::context::{Completeness, component_title, components};

/// The missing components by their titles, as a list in words.
pub(crate) fn missing_words(completeness: &Completeness) -> String {
    let titles: Vec<_> = completeness.missing.iter().map(|key| component_title(key)).collect();
    titles.join(", ")
}

#[component]
fn Rule(completeness: Completeness) -> impl IntoView {
    let within = |list: &[String], key: &str| list.iter().any(|listed| listed == key);
    let graduations = components()
        .filter(|(key, _)| within(&completeness.present, key) || within(&completeness.missing, key))
        .map(|(key, _)| view! { <i class=within(&completeness.present, key).then_some("on")></i> })
        .collect_view();
    view! {
        <span class="gauge-rule" aria-hidden="true">
            {graduations}
        </span>
    }
}

/// The gauge in full: the number, the rule, and what is missing.
#[component]
pub(crate) fn Gauge(completeness: Completeness) -> impl IntoView {
    let missing = missing_words(&completeness);
    view! {
        <div class="gauge">
            <p class="gauge-value">
                {completeness.present.len()} " " <small>{format!("of {} components", completeness.total())}</small>
            </p>
            <Rule completeness=completeness />
        </div>
        {(!missing.is_empty()).then(|| view! { <p class="small dim">"Missing: " {missing} "."</p> })}
    }
}

/// The gauge in one line, for tables.
#[component]
pub(crate) fn GaugeLine(completeness: Completeness) -> impl IntoView {
    let title = match missing_words(&completeness) {
        missing if missing.is_empty() => "Nothing is missing".to_owned(),
        missing => format!("Missing: {missing}"),
    };
    let words = format!("{} of {}", completeness.present.len(), completeness.total());
    view! {
        <span class="gauge-small" title=title>
            <Rule completeness=completeness />
            <span class="num">{words}</span>
        </span>
    }
}
