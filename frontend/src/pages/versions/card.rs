//! The model card: what the model is for, how it was made, where it fails.

use crate::components::markdown::Markdown;
use crate::components::note::Empty;
use crate::components::time::When;
use leptos::prelude::*;
use weighhouse_types::attestations::{Attestation, ModelCard};
use weighhouse_types::reference::VersionRef;

#[component]
pub(super) fn CardSection(of: VersionRef, cards: Vec<Attestation>) -> impl IntoView {
    let mut cards = cards.into_iter();
    let Some(newest) = cards.next() else {
        return view! {
            <section class="card" aria-label="Model card">
                <Empty title="No model card">
                    <p>
                        "A card says what the model is for, how it was made and where it fails. Attach one in CommonMark:"
                    </p>
                    <p>
                        <code>{format!("wh attest card \"{of}\" README.md")}</code>
                    </p>
                </Empty>
            </section>
        }
        .into_any();
    };
    let older = cards.map(|card| view! { <Older card=card /> }).collect_view();
    view! {
        <section class="card" aria-labelledby="model-card">
            <div class="card-head">
                <h2 id="model-card">"Model card"</h2>
                <span class="push">
                    {format!("by {}, ", newest.by.clone().unwrap_or_else(|| "the operator".into()))}
                    <When at=newest.at />
                </span>
            </div>
            <div class="card-body">
                <Markdown text=markdown(&newest) />
            </div>
        </section>
        {older}
    }
    .into_any()
}

fn markdown(card: &Attestation) -> String {
    serde_json::from_value::<ModelCard>(card.body.clone()).map(|card| card.markdown).unwrap_or_default()
}

#[component]
fn Older(card: Attestation) -> impl IntoView {
    view! {
        <details class="card card-body">
            <summary>
                {format!("Earlier card by {}, ", card.by.clone().unwrap_or_else(|| "the operator".into()))}
                <When at=card.at />
            </summary>
            <Markdown text=markdown(&card) />
        </details>
    }
}
