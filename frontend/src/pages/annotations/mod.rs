//! What people say of a model or a version: shown beside it, with forms to
//! change it. Each form carries what the page showed, so that nobody writes over
//! what they have not seen.

pub(crate) mod server;

use crate::components::card::Card;
use crate::components::field::{Hidden, PostForm, TextArea, TextField};
use crate::components::icon::Icon;
use crate::components::table::TakeAway;
use crate::components::time::When;
use crate::forms::Flash;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use server::{AliasGive, AliasTake, Describe, Tag, Untag};
use weighhouse_types::annotations::{AnnotationChange, Annotations, ChangeOf, Tags};
use weighhouse_types::models::DESCRIPTION_MAX;
use weighhouse_types::reference::VersionRef;

/// Tags, each with its name and value, and a way to take it away.
#[component]
fn TagList(of: String, tags: Tags, edits: bool) -> impl IntoView {
    let rows = tags
        .into_iter()
        .map(|(key, value)| {
            let remove =
                edits.then(|| view! { <RemoveTag of=of.clone() name=key.clone() value=value.clone() /> });
            view! {
                <li class="row">
                    <span class="said-tag">
                        <strong>{key}</strong>
                        " "
                        {value}
                    </span>
                    {remove}
                </li>
            }
        })
        .collect_view();
    view! { <ul class="plain">{rows}</ul> }
}

/// The button that takes a tag away, as the page shows it.
#[component]
fn RemoveTag(of: String, name: String, value: String) -> impl IntoView {
    let label = format!("Remove the tag {name}");
    view! {
        <PostForm action=Untag::PATH class="table-actions">
            <Hidden name="of" value=of />
            <Hidden name="key" value=name />
            <Hidden name="seen" value=value />
            <button type="submit" class="btn-plain" aria-label=label>
                <Icon name="x" />
            </button>
        </PostForm>
    }
}

/// Description and tags, with their forms.
#[component]
pub(crate) fn SaidCard(
    /// The model's or version's reference.
    of: String,
    said: Annotations,
    /// Whether the visitor may change it.
    edits: bool,
) -> impl IntoView {
    let Annotations { description, tags, .. } = said;
    let nothing = description.is_empty() && tags.is_empty();
    let forms = edits.then(|| {
        view! { <SaidForms of=of.clone() description=description.clone() tags=tags.clone() /> }
    });
    let tags = (!tags.is_empty()).then(|| view! { <TagList of=of tags=tags edits=edits /> });
    view! {
        <Card id="said" icon="tag" title="Description and tags">
            <div class="card-body stack-s">
                {nothing.then(|| view! { <p class="dim">"Nothing is said of it yet."</p> })}
                {(!description.is_empty()).then(|| view! { <p class="said-text">{description}</p> })}
                {tags}
                {forms}
            </div>
        </Card>
    }
}

#[component]
fn SaidForms(of: String, description: String, tags: Tags) -> impl IntoView {
    let tagged = of.clone();
    let seen = serde_json::to_string(&tags).unwrap_or_default();
    // What was refused is shown again with what was typed.
    let refused = [(Describe::PATH, "description"), (Tag::PATH, "key")];
    let open = refused.into_iter().any(|(form, field)| Flash::kept(form, field).is_some());
    view! {
        <details class="fold-btn" open=open>
            <summary class="btn btn-small">"Edit"</summary>
            <div class="stack">
                <PostForm action=Describe::PATH class="form">
                    <Hidden name="of" value=of />
                    <Hidden name="seen" value=description.clone() />
                    <TextArea
                        name="description"
                        label="Description"
                        value=description
                        max=DESCRIPTION_MAX
                        hint="Stands beside the digest, which does not cover it."
                    />
                    <div class="row">
                        <button type="submit" class="btn">
                            "Save the description"
                        </button>
                    </div>
                </PostForm>
                <PostForm action=Tag::PATH class="form">
                    <Hidden name="of" value=tagged />
                    <Hidden name="seen" value=seen />
                    <TextField name="key" label="Tag" placeholder="owner" required=true max=250 />
                    <TextField name="value" label="Value" placeholder="Ann Ashe" max=5000 />
                    <div class="row">
                        <button type="submit" class="btn">
                            "Set the tag"
                        </button>
                    </div>
                </PostForm>
            </div>
        </details>
    }
}

/// The names that stand for a version, with a form to give it one.
#[component]
pub(crate) fn AliasCard(version: VersionRef, aliases: Vec<String>, edits: bool) -> impl IntoView {
    let named = !aliases.is_empty();
    (edits || named).then(|| {
        let rows = aliases
            .into_iter()
            .map(|alias| {
                let remove = edits.then(|| {
                    view! {
                        <TakeAway
                            action=AliasTake::PATH
                            tenant=version.to_string()
                            place="version"
                            field=("alias", alias.clone())
                            word=""
                            label=format!("Take the alias {alias} away")
                        />
                    }
                });
                view! {
                    <li class="row">
                        <code>{format!("@{alias}")}</code>
                        {remove}
                    </li>
                }
            })
            .collect_view();
        view! {
            <Card id="aliases" icon="at-sign" title="Aliases">
                <div class="card-body stack-s">
                    {named.then(|| view! { <ul class="plain">{rows}</ul> })}
                    {edits
                        .then(|| {
                            view! {
                                <details class="fold-btn" open=Flash::kept(AliasGive::PATH, "alias").is_some()>
                                    <summary class="btn btn-small">"Give an alias"</summary>
                                    <AliasForm version=version.to_string() />
                                </details>
                            }
                        })}
                </div>
            </Card>
        }
    })
}

#[component]
fn AliasForm(version: String) -> impl IntoView {
    view! {
        <PostForm action=AliasGive::PATH class="form">
            <Hidden name="version" value=version />
            <TextField
                name="alias"
                label="Name"
                hint="Stands for this version in references: model@champion."
                placeholder="champion"
                required=true
                max=100
                pattern="[A-Za-z][A-Za-z0-9_.\\-]*"
            />
            <label class="choice">
                <input type="checkbox" name="moves" value="yes" />
                <span>"Move it, if another version has it"</span>
            </label>
            <div class="row">
                <button type="submit" class="btn">
                    "Give the alias"
                </button>
            </div>
        </PostForm>
    }
}

/// Who said what, newest first.
#[component]
pub(crate) fn SaidHistory(changes: Vec<AnnotationChange>) -> impl IntoView {
    (!changes.is_empty()).then(|| {
        let steps = changes.into_iter().map(|change| view! { <SaidStep change=change /> }).collect_view();
        view! {
            <section class="card" id="said-history" aria-labelledby="said-history-title">
                <div class="card-head">
                    <h2 id="said-history-title">"Description, tags and aliases"</h2>
                    <span class="push">"newest first"</span>
                </div>
                <div class="card-body">
                    <ol class="thread">{steps}</ol>
                </div>
            </section>
        }
    })
}

#[component]
fn SaidStep(change: AnnotationChange) -> impl IntoView {
    let AnnotationChange { change, at, by, .. } = change;
    // The sentence of a tag or an alias holds both values; of a text it does not.
    let text = (change.what == ChangeOf::Description).then(|| {
        let [before, after] = [change.before.clone(), change.after.clone()];
        view! {
            {before.map(|text| view! { <p class="said">"Before: " {text}</p> })}
            {after.map(|text| view! { <p class="said">"After: " {text}</p> })}
        }
    });
    view! {
        <li>
            <Icon name="tag" />
            <p>
                <strong>{by}</strong>
                {format!(" {}, ", change.words())}
                <span class="faint">
                    <When at=at />
                </span>
            </p>
            {text}
        </li>
    }
}
