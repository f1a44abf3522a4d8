//! The components of a context, each in its own form. What does not parse (an
//! older form) is shown as it stands.

use crate::components::command::Digest;
use crate::components::format::count;
use crate::components::table::Fact;
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use weighhouse_types::context::{
    CodeState, ComponentVersion, Dataset, Deployment, Environment, Features, Guardrail, Llm, Retrieval,
    System, Training,
};

/// Shows a component by its type.
fn typed<T: DeserializeOwned>(value: Value, show: impl FnOnce(T) -> AnyView) -> AnyView {
    match T::deserialize(&value) {
        Ok(part) => show(part),
        Err(_) => {
            let text = serde_json::to_string_pretty(&value).unwrap_or_default();
            view! { <pre class="raw">{text}</pre> }.into_any()
        }
    }
}

/// A list of facts; those without a value are left out.
fn facts(facts: Vec<(String, Option<AnyView>)>) -> AnyView {
    let facts: Vec<_> = facts
        .into_iter()
        .filter_map(|(term, value)| value.map(|value| view! { <Fact term=term>{value}</Fact> }))
        .collect();
    view! { <dl class="facts facts-plain">{facts}</dl> }.into_any()
}

fn text(value: Option<String>) -> Option<AnyView> {
    value.map(IntoAny::into_any)
}

fn mono(value: Option<String>) -> Option<AnyView> {
    value.map(|value| view! { <span class="mono">{value}</span> }.into_any())
}

/// A JSON value as people write it: texts without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn map_facts(map: Map<String, Value>) -> Vec<(String, Option<AnyView>)> {
    map.into_iter().map(|(key, value)| (key, mono(Some(plain(&value))))).collect()
}

/// Names with values in one line, such as libraries and their versions.
fn pairs<V: std::fmt::Display>(map: impl IntoIterator<Item = (String, V)>) -> Option<AnyView> {
    let items: Vec<String> = map.into_iter().map(|(name, value)| format!("{name} {value}")).collect();
    mono(Some(items.join(", ")).filter(|line| !line.is_empty()))
}

/// What a system holds, in short; its tab has the rest.
pub(super) fn system(value: Value) -> AnyView {
    typed(value, |part: System| {
        let held = |(role, held): (String, ComponentVersion)| {
            let digest =
                held.digest.map(|digest| view! { <Digest digest=digest of="the version" short=true /> });
            (role, Some(view! { <span class="mono">{held.version}</span> " " {digest} }.into_any()))
        };
        facts(part.components.into_iter().map(held).collect())
    })
}

pub(super) fn data(value: Value) -> AnyView {
    typed(value, |sets: Vec<Dataset>| {
        facts(sets.into_iter().map(|set| (set.name.clone(), Some(dataset(set)))).collect())
    })
}

fn dataset(set: Dataset) -> AnyView {
    let parts = [
        set.split,
        set.rows.map(|rows| format!("{} rows", count(rows))),
        set.time_range.map(|range| format!("{} to {}", range.from, range.until)),
        set.snapshot.map(|snapshot| format!("snapshot {snapshot}")),
        set.schema.map(|schema| format!("{} columns", schema.len())),
    ];
    let line: Vec<String> = parts.into_iter().flatten().collect();
    view! {
        <p>{line.join(" · ")}</p>
        {set.uri.map(|uri| view! { <p class="mono faint">{uri}</p> })}
        {set.digest.map(|digest| view! { <Digest digest=digest of="the data" /> })}
        {set.note.map(|note| view! { <p class="dim">{note}</p> })}
    }
    .into_any()
}

pub(super) fn features(value: Value) -> AnyView {
    typed(value, |part: Features| {
        let steps = part.steps.map(|steps| steps.join(", "));
        facts(vec![
            ("Pipeline".into(), text(Some(format!("{} {}", part.name, part.version)))),
            ("Reference".into(), mono(part.reference)),
            ("Steps".into(), text(steps)),
        ])
    })
}

pub(super) fn training(value: Value) -> AnyView {
    typed(value, |part: Training| {
        facts(map_facts(part.hyperparameters).into_iter().chain(map_facts(part.config)).collect())
    })
}

pub(super) fn code(value: Value) -> AnyView {
    typed(value, |part: CodeState| {
        let tree = part.dirty.map(|dirty| if dirty { "with local changes" } else { "clean" }.to_owned());
        let commit = view! { <Digest digest=part.commit of="the commit" /> }.into_any();
        let lock = part.lock.map(|lock| lock.into_keys().collect::<Vec<_>>().join(", "));
        facts(vec![
            ("Repository".into(), mono(part.repository)),
            ("Commit".into(), Some(commit)),
            ("Working tree".into(), text(tree)),
            ("Local changes".into(), mono(part.diff_digest)),
            ("Entry point".into(), mono(part.entry_point)),
            ("Lock files".into(), mono(lock)),
        ])
    })
}

pub(super) fn environment(value: Value) -> AnyView {
    typed(value, |part: Environment| {
        let hardware = part.hardware.map(|map| map.into_iter().map(|(k, v)| (k, plain(&v))));
        facts(vec![
            ("Hardware".into(), hardware.and_then(pairs)),
            ("System".into(), text(part.os)),
            ("Languages".into(), part.languages.and_then(pairs)),
            ("Libraries".into(), part.libraries.and_then(pairs)),
            ("Seeds".into(), part.seeds.and_then(pairs)),
        ])
    })
}

pub(super) fn deployment(value: Value) -> AnyView {
    typed(value, |part: Deployment| {
        let resources = part.resources.map(|map| map.into_iter().map(|(k, v)| (k, plain(&v))));
        facts(vec![
            ("Flavour".into(), text(part.flavour)),
            ("Runtime".into(), mono(part.runtime)),
            ("Resources".into(), resources.and_then(pairs)),
            ("Port".into(), text(part.port.map(|port| port.to_string()))),
            ("Health check".into(), mono(part.health_check)),
        ])
    })
}

pub(super) fn llm(value: Value) -> AnyView {
    typed(value, |part: Llm| {
        let prompts: Vec<String> = part.prompts.into_keys().collect();
        let guardrails: Vec<String> = part.guardrails.iter().map(guardrail).collect();
        let checkpoint = part.checkpoint.map(|checkpoint| {
            let how = checkpoint.method.map(|method| format!(" by {method}")).unwrap_or_default();
            let base = checkpoint.base.map(|base| format!(", tuned from {base}{how}")).unwrap_or(how);
            view! {
                <p class="mono">{checkpoint.uri}{base}</p>
                {checkpoint.digest.map(|digest| view! { <Digest digest=digest of="the checkpoint" /> })}
            }
            .into_any()
        });
        facts(vec![
            ("Provider".into(), text(Some(part.provider))),
            ("Pinned model".into(), mono(Some(part.model))),
            ("Endpoint".into(), mono(part.endpoint)),
            ("Fingerprint".into(), mono(part.fingerprint)),
            ("Checkpoint".into(), checkpoint),
            ("Prompts".into(), text(Some(prompts.join(", ")).filter(|names| !names.is_empty()))),
            ("Decoding".into(), pairs(part.decoding.into_iter().map(|(k, v)| (k, plain(&v))))),
            ("Retrieval".into(), part.retrieval.map(retrieval)),
            ("Guardrails".into(), text(Some(guardrails.join(", ")).filter(|all| !all.is_empty()))),
            ("Orchestration".into(), pairs(part.orchestration.into_iter().map(|(k, v)| (k, plain(&v))))),
        ])
    })
}

fn guardrail(guardrail: &Guardrail) -> String {
    let version = guardrail.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let does = guardrail.action.as_ref().map(|does| format!(", {does}s")).unwrap_or_default();
    format!("{}{version} (on the {}{does})", guardrail.name, guardrail.stage)
}

fn retrieval(part: Retrieval) -> AnyView {
    let facts = [
        part.top_k.map(|k| format!("top {k}")),
        part.embedding_model.map(|model| format!("embedded by {model}")),
        part.reranker.map(|model| format!("ranked again by {model}")),
        part.chunk_size.map(|size| format!("chunks of {} tokens", count(u64::from(size)))),
        part.chunk_overlap.map(|size| format!("{} shared", count(u64::from(size)))),
    ];
    let line: Vec<String> = facts.into_iter().flatten().collect();
    view! {
        <p>{part.index}</p>
        <p class="dim">{line.join(" · ")}</p>
        {part.index_digest.map(|digest| view! { <Digest digest=digest of="the index" /> })}
        {pairs(part.config.into_iter().map(|(k, v)| (k, plain(&v))))}
    }
    .into_any()
}
