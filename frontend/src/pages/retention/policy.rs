//! The terms: how long each class of records is kept.

use super::server::SetRetention;
use crate::components::card::Card;
use crate::components::field::{Hidden, PostForm, TextField};
use crate::components::note::{Note, Tone};
use crate::components::table::Fact;
use crate::components::time::When;
use crate::links;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::retention::{RecordClass, Retention, Terms, days_words, term_words};

/// The field of a class in the form.
const fn field(class: RecordClass) -> &'static str {
    match class {
        RecordClass::AuditPayloads => "terms[audit_payloads]",
        RecordClass::ArchivedArtifacts => "terms[archived_artifacts]",
        RecordClass::RetiredArtifacts => "terms[retired_artifacts]",
        RecordClass::Mails => "terms[mails]",
        RecordClass::Sessions => "terms[sessions]",
    }
}

/// For who may read and not change them.
#[component]
pub(super) fn PolicyCard(retention: Retention) -> impl IntoView {
    let facts = RecordClass::ALL
        .iter()
        .map(|class| view! { <Fact term=class.title()>{term_words(retention.terms.of(*class))}</Fact> })
        .collect_view();
    view! {
        <Card id="policy" icon="clock" title="Policy">
            <dl class="facts facts-plain">{facts}</dl>
            <p class="card-foot">
                <LastSet retention=retention />
            </p>
        </Card>
    }
}

#[component]
fn LastSet(retention: Retention) -> impl IntoView {
    match retention.set_at {
        None => "Never set: everything is kept.".into_any(),
        Some(at) => {
            let who = retention.set_by.unwrap_or_else(|| "the operator".into());
            view! { {format!("Set by {who}, ")} <When at=at /> "." }.into_any()
        }
    }
}

/// For admins. A template fills the form in; it counts once it is saved.
#[component]
pub(super) fn PolicyForm(retention: Retention, tenant: String, template: Option<String>) -> impl IntoView {
    let chosen = retention.templates.iter().find(|known| Some(&known.name) == template.as_ref()).cloned();
    let terms = chosen.as_ref().map_or(retention.terms, |template| template.terms);
    let templates = retention
        .templates
        .iter()
        .map(|template| {
            let address = links::tenant_page(&tenant, "retention");
            let href = format!("{address}?template={}#policy", template.name);
            view! { <a href=href>{template.title.clone()}</a> }
        })
        .collect_view();
    view! {
        <Card id="policy" icon="clock" title="Policy">
            <div class="card-body stack-s">
                {chosen
                    .map(|template| {
                        let words = format!(
                            "“{}” is filled in below. It counts once it is saved.",
                            template.title,
                        );
                        view! { <Note tone=Tone::Plain>{words}</Note> }
                    })}
                <p class="row small">"Fill in a template:" {templates}</p>
                <PostForm action=SetRetention::PATH class="form">
                    <Hidden name="tenant" value=tenant.clone() />
                    <Hidden name="revision" value=retention.revision.to_string() />
                    <Fields terms=terms />
                    <button type="submit" class="btn btn-primary">
                        "Save the policy"
                    </button>
                    <p class="hint">
                        "Empty keeps for ever. Sweeps follow a change a day later; until then nothing is swept. "
                        <LastSet retention=retention.clone() />
                    </p>
                </PostForm>
            </div>
        </Card>
    }
}

/// A field a class. Inside of the form, whose refused values they show again.
#[component]
fn Fields(terms: Terms) -> impl IntoView {
    RecordClass::ALL
        .iter()
        .map(|class| {
            let days = terms.of(*class).map(|days| days.to_string()).unwrap_or_default();
            let hint = format!("{} At least {}.", class.meaning(), days_words(class.least()));
            view! {
                <TextField
                    name=field(*class)
                    label=format!("{}, days", class.title())
                    hint=hint
                    value=days
                    placeholder="for ever"
                    pattern="[0-9]{0,5}"
                    max=5
                />
            }
        })
        .collect_view()
}
