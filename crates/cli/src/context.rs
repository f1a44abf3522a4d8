//! The version's components: from the `--context` file, and the files' own.

use crate::prompts;
use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Map, Value, json};
use std::io::Read as _;
use std::path::Path;
use weighhouse_types::context::{FileEntry, normalise};

/// The largest context file, in bytes.
const FILE_MAX: u64 = 16 * 1024 * 1024;

/// Components, and where they are from.
pub(crate) type Source = (String, Map<String, Value>);

/// Reads the components of a file, `.json` or `.toml`, with the prompts that
/// it names by their files. Others may add to them, so that they are checked
/// later.
///
/// # Errors
/// When it is none, or names files.
pub(crate) fn read(path: &Path) -> Result<Map<String, Value>> {
    let beside = path.parent().unwrap_or(Path::new(""));
    let checked = parsed(path, "a context file")?.and_then(|mut context| {
        prompts::read_files(&mut context, beside)?;
        components(context)
    });
    checked.with_context(|| format!("{} is no context", path.display()))
}

/// Reads a file of JSON or TOML; `what` it is, for who named another.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn document(path: &Path, what: &str) -> Result<Value> {
    parsed(path, what)?.with_context(|| format!("cannot read {}", path.display()))
}

/// What a file holds; the outer error is about the file, the inner one about
/// its form.
fn parsed(path: &Path, what: &str) -> Result<Result<Value>> {
    let shown = path.display();
    let format = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    let parse = match format.as_deref() {
        Some("json") => from_json,
        Some("toml") => from_toml,
        _ => bail!("{shown}: {what} ends with .json or .toml"),
    };
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {shown}"))?;
    let mut text = String::new();
    file.take(FILE_MAX + 1).read_to_string(&mut text).with_context(|| format!("cannot read {shown}"))?;
    if u64::try_from(text.len())? > FILE_MAX {
        bail!("{shown} is larger than {FILE_MAX} bytes, the most {what} may have");
    }
    Ok(parse(&text))
}

/// One context of several: of what two say, the later is taken. Objects are
/// merged field by field, lists are taken whole.
///
/// # Errors
/// Says what is wrong with it, where, and where that is from.
pub(crate) fn merged(sources: Vec<Source>) -> Result<Map<String, Value>> {
    let mut all = Map::new();
    for (_, components) in &sources {
        merge(&mut all, components.clone());
    }
    normalise(Value::Object(all)).map_err(|error| {
        let component = error.field.strip_prefix("context.").and_then(|field| field.split(['.', '[']).next());
        let names = sources.iter().filter(|(_, has)| component.is_none_or(|key| has.contains_key(key)));
        let names: Vec<_> = names.map(|(name, _)| name.as_str()).collect();
        match names.as_slice() {
            [one] => anyhow!("{one} is no context: {error}"),
            several => anyhow!("{} make no context together: {error}", several.join(" and ")),
        }
    })
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// The whole context: the components and the files pushed, where there are any.
///
/// # Errors
/// When the files' paths cannot stand together.
pub(crate) fn with_files(
    mut components: Map<String, Value>,
    files: Vec<FileEntry>,
) -> Result<Map<String, Value>> {
    if !files.is_empty() {
        components.insert("artifact".into(), json!({ "files": files }));
    }
    normalise(Value::Object(components)).map_err(|e| anyhow!(e.detail))
}

fn components(context: Value) -> Result<Map<String, Value>> {
    if context.get("artifact").is_some() {
        bail!("`artifact` is made from the files that are pushed; leave it out");
    }
    match context {
        Value::Object(components) => Ok(components),
        _ => bail!("it must be an object of components"),
    }
}

fn from_json(text: &str) -> Result<Value> {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).context("it is not JSON")
}

fn from_toml(text: &str) -> Result<Value> {
    let table: toml::Table = text.parse().context("it is not TOML")?;
    table_to_json(table, "")
}

fn table_to_json(table: toml::Table, place: &str) -> Result<Value> {
    let entry = |(key, value): (String, toml::Value)| {
        let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
        Ok((key, to_json(value, &place)?))
    };
    table.into_iter().map(entry).collect::<Result<Map<_, _>>>().map(Value::Object)
}

/// TOML knows two things that JSON does not: moments, which become text, and
/// numbers that are none.
fn to_json(value: toml::Value, place: &str) -> Result<Value> {
    Ok(match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) if number.is_finite() => Value::from(number),
        toml::Value::Float(number) => {
            bail!("{place}: {number} is no number that JSON can carry; leave it out")
        }
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(moment) => Value::String(moment.to_string()),
        toml::Value::Table(table) => table_to_json(table, place)?,
        toml::Value::Array(items) => {
            let item = |(n, item)| to_json(item, &format!("{place}[{n}]"));
            Value::Array(items.into_iter().enumerate().map(item).collect::<Result<_>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> Result<Map<String, Value>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        merged(vec![(name.into(), read(&path)?)])
    }

    fn entry(path: &str) -> FileEntry {
        FileEntry { path: path.into(), size: 1, sha256: "0".repeat(64) }
    }

    #[test]
    fn toml_and_json_say_the_same() {
        let json = r#"{
            "code": {"commit": "4f2a9c1", "dirty": false},
            "evaluation": [{"dataset": "holdout", "rows": 100, "metrics": {"auc": 0.91}, "lower_is_better": ["loss"]}],
            "data": [{"name": "claims", "snapshot": "2026-03-15T09:30:00Z"}],
            "training": null
        }"#;
        let toml = r#"
            [code]
            commit = "4f2a9c1"
            dirty = false
            [[evaluation]]
            dataset = "holdout"
            rows = 100
            metrics = { auc = 0.91 }
            lower_is_better = ["loss"]
            [[data]]
            name = "claims"
            snapshot = 2026-03-15T09:30:00Z
        "#;
        let context = file("c.json", json).unwrap();
        assert_eq!(context, file("c.TOML", toml).unwrap());
        assert!(!context.contains_key("training"));
    }

    #[test]
    fn wrong_files_name_the_place() {
        let cases = [
            (
                "c.json",
                "{",
                "c.json is no context: it is not JSON: EOF while parsing an object at line 1 column 1",
            ),
            ("c.json", "[]", "it must be an object of components"),
            (
                "c.json",
                r#"{"artifact": null}"#,
                "`artifact` is made from the files that are pushed; leave it out",
            ),
            (
                "c.json",
                r#"{"weights": {}}"#,
                "context.weights: is no component; the components are artifact, data, features,",
            ),
            (
                "c.json",
                r#"{"code": {"commit": "a", "branch": "b"}}"#,
                "context.code.branch: unknown field `branch`",
            ),
            ("c.json", r#"{"approval": {}}"#, "context.approval: is derived from"),
            ("c.toml", "a = ", "c.toml is no context: it is not TOML: TOML parse error at line 1, column 5"),
            ("c.toml", "[training.config]\nlr = [1.0, nan]", "training.config.lr[1]: NaN is no number"),
            ("c.yaml", "", "a context file ends with .json or .toml"),
        ];
        for (name, text, expected) in cases {
            let error = format!("{:#}", file(name, text).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn what_is_said_later_is_taken_and_lists_are_taken_whole() {
        let source = |name: &str, value: Value| (name.to_owned(), value.as_object().unwrap().clone());
        let found = source(
            "git",
            json!({"code": {"commit": "a", "dirty": false}, "environment": {"libraries": {"numpy": "2", "torch": "3"}}}),
        );
        let manifest = source(
            "weighhouse.toml",
            json!({"code": {"entry_point": "train.py"}, "data": [{"name": "a"}, {"name": "b"}], "environment": {"seeds": {"numpy": 1}}}),
        );
        let file =
            source("c.json", json!({"data": [{"name": "c"}], "environment": {"libraries": {"numpy": "1"}}}));
        let context = merged(vec![found, manifest, file.clone()]).unwrap();
        assert_eq!(
            Value::Object(context),
            json!({
                "code": {"commit": "a", "dirty": false, "entry_point": "train.py"},
                "data": [{"name": "c"}],
                "environment": {"libraries": {"numpy": "1", "torch": "3"}, "seeds": {"numpy": 1}},
            })
        );
        let half = source("weighhouse.toml", json!({"code": {"entry_point": "train.py"}}));
        let error = merged(vec![half, file]).unwrap_err().to_string();
        assert_eq!(error, "weighhouse.toml is no context: context.code: missing field `commit`");
    }

    #[test]
    fn the_files_become_the_artifact() {
        let components = file("c.json", r#"{"code": {"commit": "a"}}"#).unwrap();
        let context = with_files(components, vec![entry("b"), entry("a")]).unwrap();
        let keys: Vec<_> = context.keys().collect();
        assert_eq!(keys, ["artifact", "code"]);
        assert_eq!(
            context["artifact"]["files"][0],
            json!({"path": "a", "size": 1, "sha256": "0".repeat(64)})
        );
    }

    #[test]
    fn files_that_are_one_on_some_systems_are_refused() {
        let error =
            with_files(Map::new(), vec![entry("Model.bin"), entry("model.bin")]).unwrap_err().to_string();
        assert!(error.contains("‘Model.bin’ and ‘model.bin’ are the same file"), "{error}");
    }
}
