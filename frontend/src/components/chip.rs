//! Status: always an icon, a word and a colour.

use super::icon::Icon;
use leptos::prelude::*;
use weighhouse_types::promotions::PromotionState;
use weighhouse_types::versions::Stage;

/// A word with its icon and colour. `kind` is one of the `.chip-…` classes.
#[component]
pub(crate) fn Chip(kind: &'static str, icon: &'static str, #[prop(into)] word: String) -> impl IntoView {
    view! {
        <span class=format!("chip chip-{kind}")>
            <Icon name=icon />
            {word}
        </span>
    }
}

/// What a version is approved for.
#[component]
pub(crate) fn StageChip(
    stage: Stage,
    /// How many, where it stands for several.
    #[prop(optional)]
    count: Option<u32>,
) -> impl IntoView {
    let name = stage_name(stage);
    let word = count.map_or_else(|| name.to_owned(), |n| format!("{n} {}", name.to_lowercase()));
    view! { <Chip kind=stage.as_str() icon=stage_icon(stage) word=word /> }
}

/// A stage's name at the start of a sentence.
pub(crate) const fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Development => "Development",
        Stage::Staging => "Staging",
        Stage::Production => "Production",
        Stage::Archived => "Archived",
        Stage::Retired => "Retired",
    }
}

pub(crate) const fn stage_icon(stage: Stage) -> &'static str {
    match stage {
        Stage::Development => "circle-dashed",
        Stage::Staging => "flask-conical",
        Stage::Production => "circle-check",
        Stage::Archived => "archive",
        Stage::Retired => "circle-slash",
    }
}

/// Where a promotion request stands.
#[component]
pub(crate) fn StateChip(state: PromotionState) -> impl IntoView {
    let (icon, word) = match state {
        PromotionState::Open => ("git-pull-request-arrow", "Open"),
        PromotionState::Approved => ("circle-check", "Approved"),
        PromotionState::Rejected => ("circle-x", "Rejected"),
        PromotionState::Withdrawn => ("circle-minus", "Withdrawn"),
    };
    view! { <Chip kind=state.as_str() icon=icon word=word /> }
}

/// Says that everything here is made up.
#[component]
pub(crate) fn SyntheticChip(synthetic: bool) -> impl IntoView {
    synthetic.then(|| view! { <Chip kind="synthetic" icon="flask-conical" word="Synthetic" /> })
}
