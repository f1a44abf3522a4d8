//! What a promotion would do to systems, said before it does.

use super::{KnownChip, in_words};
use crate::components::card::Card;
use crate::components::chip::StageChip;
use crate::components::note::{Note, Tone};
use crate::links;
use leptos::prelude::*;
use weighhouse_types::reference::VersionRef;
use weighhouse_types::systems::AffectedSystem;

#[component]
pub(crate) fn AffectedCard(
    affected: Vec<AffectedSystem>,
    /// Whether it is still to come.
    open: bool,
) -> impl IntoView {
    let endangered = affected.iter().filter(|system| system.endangered()).count();
    let words = match (endangered, open) {
        (0, _) => None,
        (1, true) => Some("This would take a part away from one system in production that is not known to work with what comes instead.".to_owned()),
        (n, true) => Some(format!("This would take a part away from {n} systems in production that are not known to work with what comes instead.")),
        (_, false) => Some("Systems in production hold another version of this model, and are not known to work with this one.".to_owned()),
    };
    let items = affected.into_iter().map(|system| view! { <Affected system=system /> }).collect_view();
    view! {
        <Card id="affected" icon="boxes" title="What it does to systems">
            {words
                .map(|words| {
                    view! {
                        <div class="card-body">
                            <Note tone=Tone::Warn>{words}</Note>
                        </div>
                    }
                })}
            <ul class="card-body plain stack-s">{items}</ul>
        </Card>
    }
}

#[component]
fn Affected(system: AffectedSystem) -> impl IntoView {
    let AffectedSystem { system, stage, role, holds, instead, known, because, successor } = system;
    let next = successor.map(|number| VersionRef { model: system.model.clone(), number });
    view! {
        <li>
            <p class="row">
                <a href=links::version(&system)>{in_words(&system)}</a>
                <StageChip stage=stage />
                <KnownChip known=known />
            </p>
            <p class="small">
                {format!("Holds {} as ‘{role}’; {} would be there instead. ", in_words(&holds), in_words(&instead))}
                <span class="dim">{sentence(&because)}</span>
            </p>
            {next
                .map(|next| {
                    view! {
                        <p class="small">
                            <a href=links::version(&next)>{in_words(&next)}</a>
                            " holds it: promote that, and both move as one."
                        </p>
                    }
                })}
        </li>
    }
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
