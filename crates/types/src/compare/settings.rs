//! What a version was made of and with, as flat settings: a path and a value
//! for each version.

use super::{Change, Listed, differs};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One part of the context, as settings.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Part {
    pub key: String,
    /// What it is called on a page.
    pub title: String,
    #[serde(flatten)]
    pub list: Listed<Row>,
}

/// One setting of every version.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Row {
    /// Where it stands, such as `optimizer.rate`.
    pub path: String,
    /// In the order of the versions; null where it is not set.
    #[schema(value_type = Vec<Object>)]
    pub values: Vec<Option<Value>>,
}

impl Row {
    /// What became of it from the first version to another.
    #[must_use]
    pub fn change(&self, of: usize) -> Change {
        Change::between(&self.values, of)
    }

    /// A version's value as people write it: texts without quotes.
    #[must_use]
    pub fn text(&self, of: usize) -> Option<String> {
        let value = self.values.get(of)?.as_ref()?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }
}

type Settings = BTreeMap<String, Value>;
type Extract = fn(&Value, &mut Settings);

/// The parts in the order of a page; each takes what is its own of a context.
const PARTS: [(&str, &str, Extract); 9] = [
    ("system", "Composition", system),
    ("llm", "Language model", llm),
    ("data", "Training data", data),
    ("features", "Feature pipeline", |context, out| flatten_all(context, "features", &[], out)),
    ("training", "Training configuration", training),
    ("code", "Code", |context, out| flatten_all(context, "code", &["lock"], out)),
    ("dependencies", "Dependencies", dependencies),
    ("environment", "Environment", |context, out| {
        flatten_all(context, "environment", &["languages", "libraries"], out);
    }),
    ("deployment", "Deployment configuration", |context, out| flatten_all(context, "deployment", &[], out)),
];

/// Every part that a version has something in.
pub(super) fn parts(contexts: &[&Value], all: bool) -> Vec<Part> {
    let part = |(key, title, extract): (&str, &str, Extract)| {
        let settings: Vec<Settings> = contexts.iter().map(|context| settings(context, extract)).collect();
        let paths: BTreeSet<&String> = settings.iter().flat_map(Settings::keys).collect();
        let row = |path: &&String| Row {
            path: (*path).clone(),
            values: settings.iter().map(|of| of.get(*path).cloned()).collect(),
        };
        let rows: Vec<Row> = paths.iter().map(row).collect();
        let list = Listed::of(rows, all, |row| differs(&row.values));
        (list.items.len() + list.same > 0).then(|| Part { key: key.into(), title: title.into(), list })
    };
    PARTS.into_iter().filter_map(part).collect()
}

/// The settings of one part of a context, by path; none of a part that is not known.
#[must_use]
pub fn settings_of(context: &Value, part: &str) -> BTreeMap<String, Value> {
    let known = PARTS.into_iter().find(|(key, _, _)| *key == part);
    known.map(|(_, _, extract)| settings(context, extract)).unwrap_or_default()
}

fn settings(context: &Value, extract: Extract) -> Settings {
    let mut settings = Settings::new();
    extract(context, &mut settings);
    settings
}

/// A component's fields but some.
fn flatten_all(context: &Value, component: &str, without: &[&str], out: &mut Settings) {
    for (key, value) in fields(context.get(component)).filter(|(key, _)| !without.contains(&key.as_str())) {
        flatten(key.clone(), value, out);
    }
}

fn training(context: &Value, out: &mut Settings) {
    let Some(training) = context.get("training") else { return };
    for part in ["hyperparameters", "config"] {
        for (key, value) in fields(training.get(part)) {
            flatten(key.clone(), value, out);
        }
    }
}

fn dependencies(context: &Value, out: &mut Settings) {
    let component = |name: &str| context.get(name).unwrap_or(&Value::Null);
    for (of, key) in [("environment", "languages"), ("environment", "libraries"), ("code", "lock")] {
        for (name, value) in fields(component(of).get(key)) {
            let path = if key == "lock" { format!("lock file {name}") } else { name.clone() };
            flatten(path, value, out);
        }
    }
}

/// Data sets are known by their names and splits, not by their order.
fn data(context: &Value, out: &mut Settings) {
    keyed(context.get("data"), "", &["name", "split"], out);
}

fn llm(context: &Value, out: &mut Settings) {
    flatten_all(context, "llm", &["prompts", "guardrails"], out);
    let Some(llm) = context.get("llm") else { return };
    keyed(llm.get("guardrails"), "guardrail ", &["name", "stage"], out);
    // Templates are compared as texts.
    for (name, prompt) in fields(llm.get("prompts")) {
        for (key, value) in fields(Some(prompt)).filter(|(key, _)| *key != "template") {
            flatten(format!("prompt {name}.{key}"), value, out);
        }
    }
}

fn system(context: &Value, out: &mut Settings) {
    flatten_all(context, "system", &["edges"], out);
    let Some(system) = context.get("system") else { return };
    keyed(system.get("edges"), "edge ", &["from", "to"], out);
}

/// A list whose items are known by some of their fields.
fn keyed(list: Option<&Value>, prefix: &str, by: &[&str], out: &mut Settings) {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for item in list.and_then(Value::as_array).into_iter().flatten() {
        let names: Vec<&str> = by.iter().filter_map(|key| item.get(*key)?.as_str()).collect();
        let mut name = format!("{prefix}{}", names.join(" / "));
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            name = format!("{name} #{count}");
        }
        // What has nothing but its name is there as well.
        let before = out.len();
        for (key, value) in fields(Some(item)).filter(|(key, _)| !by.contains(&key.as_str())) {
            flatten(format!("{name}.{key}"), value, out);
        }
        if out.len() == before {
            out.insert(name, Value::Bool(true));
        }
    }
}

fn fields(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// Nested objects as paths; `null` is the same as absent.
fn flatten(path: String, value: &Value, out: &mut Settings) {
    match value {
        Value::Null => {}
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(key, value)| flatten(format!("{path}.{key}"), value, out));
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().enumerate().for_each(|(n, item)| flatten(format!("{path}[{n}]"), item, out));
        }
        leaf => {
            out.insert(path, leaf.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(before: &Value, after: &Value) -> Vec<String> {
        let parts = parts(&[before, after], false);
        let line = |part: &Part, row: &Row| {
            let value = |of| row.text(of).unwrap_or_else(|| "–".into());
            format!("{}: {} {} → {} ({})", part.key, row.path, value(0), value(1), row.change(1).word())
        };
        parts.iter().flat_map(|part| part.list.items.iter().map(move |row| line(part, row))).collect()
    }

    #[test]
    fn every_component_is_compared_by_what_it_is_known_by() {
        let before = json!({
            "data": [{"name": "claims", "split": "train", "rows": 10, "schema": {"age": "int"}}, {"name": "old"}],
            "training": {"hyperparameters": {"deep": {"rate": 0.1}, "layers": [1, 2]}, "config": {"x": null}},
            "code": {"commit": "a", "lock": {"uv.lock": "1"}},
            "environment": {"os": "linux", "libraries": {"numpy": "1"}},
            "llm": {"model": "m-1", "guardrails": [{"name": "pii", "stage": "input", "config": {"at": 1}}],
                    "prompts": {"system": {"template": "x", "role": "system"}}},
        });
        let after = json!({
            "data": [{"name": "claims", "split": "train", "rows": 12, "schema": {"age": "float"}}],
            "training": {"hyperparameters": {"deep": {"rate": 0.2}, "layers": [1, 3]}, "config": {}},
            "code": {"commit": "a", "lock": {"uv.lock": "2"}},
            "environment": {"os": "linux", "libraries": {"numpy": "2", "onnx": "1"}},
            "llm": {"model": "m-2", "guardrails": [{"name": "pii", "stage": "input", "config": {"at": 2}}],
                    "prompts": {"system": {"template": "y", "role": "system"}}},
        });
        assert_eq!(
            paths(&before, &after),
            [
                "llm: guardrail pii / input.config.at 1 → 2 (changed)",
                "llm: model m-1 → m-2 (changed)",
                "data: claims / train.rows 10 → 12 (changed)",
                "data: claims / train.schema.age int → float (changed)",
                "data: old true → – (removed)",
                "training: deep.rate 0.1 → 0.2 (changed)",
                "training: layers [1,2] → [1,3] (changed)",
                "dependencies: lock file uv.lock 1 → 2 (changed)",
                "dependencies: numpy 1 → 2 (changed)",
                "dependencies: onnx – → 1 (added)",
            ]
        );
    }

    #[test]
    fn a_system_is_compared_by_role_and_edge() {
        let system = |version: &str, when: &str| {
            json!({"system": {"components": {"ranker": {"version": version}},
                "edges": [{"from": "a", "to": "b", "when": when}]}})
        };
        assert_eq!(
            paths(&system("claims/rank@1", "always"), &system("claims/rank@2", "score < 1")),
            [
                "system: components.ranker.version claims/rank@1 → claims/rank@2 (changed)",
                "system: edge a / b.when always → score < 1 (changed)",
            ]
        );
    }
}
