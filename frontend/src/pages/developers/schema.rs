//! Schemas as rows of a table: the fields of a body, with what they may hold.

use super::text;
use serde_json::Value;

/// A body is shown to this depth.
const DEPTH_MAX: usize = 6;

/// A field of a body.
pub(super) struct Field {
    /// Its way from the body's root, such as `files[].sha256`.
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) required: bool,
    pub(super) about: String,
}

/// What a reference refers to; other values are themselves.
pub(super) fn resolve(document: &'static Value, value: &'static Value) -> &'static Value {
    let reference = text(value, "$ref");
    match reference.strip_prefix('#') {
        Some(pointer) => document.pointer(pointer).unwrap_or(&Value::Null),
        None => value,
    }
}

/// A schema without its references and without “or null”.
fn bare(document: &'static Value, schema: &'static Value) -> &'static Value {
    let schema = resolve(document, schema);
    let choices = schema.get("oneOf").and_then(Value::as_array);
    let mut choices = choices.into_iter().flatten().filter(|choice| text(choice, "type") != "null");
    match (choices.next(), choices.next()) {
        (Some(only), None) => resolve(document, only),
        _ => schema,
    }
}

/// Every field of a body, those inside of others after them.
pub(super) fn fields(document: &'static Value, schema: &'static Value) -> Vec<Field> {
    let mut found = Vec::new();
    collect(document, schema, "", 0, &mut found);
    found
}

fn collect(
    document: &'static Value,
    schema: &'static Value,
    prefix: &str,
    depth: usize,
    found: &mut Vec<Field>,
) {
    let schema = bare(document, schema);
    if depth >= DEPTH_MAX {
        return;
    }
    if let Some(items) = schema.get("items") {
        collect(document, items, &format!("{prefix}[]"), depth + 1, found);
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        collect(document, part, prefix, depth + 1, found);
    }
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (key, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        let inner = bare(document, field);
        let about = [text(field, "description"), text(inner, "description")];
        let about = about.into_iter().find(|about| !about.is_empty()).unwrap_or_default();
        let about = [about.trim_end_matches('.').to_owned(), constraints(inner)];
        found.push(Field {
            kind: kind(document, field),
            required: required.contains(&key.as_str()),
            about: about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; "),
            name: name.clone(),
        });
        collect(document, field, &name, depth + 1, found);
    }
}

/// What kind of value a schema is for, in a word or two.
pub(super) fn kind(document: &'static Value, schema: &'static Value) -> String {
    let schema = bare(document, schema);
    if schema.get("items").is_some() {
        let items = schema.get("items").filter(|items| items.is_object()).unwrap_or(&Value::Null);
        return format!("list of {}", kind(document, items));
    }
    let types = match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => vec!["object"],
    };
    let types: Vec<&str> = types.into_iter().filter(|kind| *kind != "null").collect();
    match text(schema, "format") {
        "" | "int32" | "int64" | "double" => types.join(" or "),
        format => format!("{} ({format})", types.join(" or ")),
    }
}

/// The bounds of a schema's values, in words.
pub(super) fn constraints(schema: &Value) -> String {
    let number = |key: &str| schema.get(key).map(ToString::to_string);
    let span = |min: &str, max: &str, of: &str| match (number(min).filter(|min| min != "0"), number(max)) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}{of}")),
        (Some(min), None) => Some(format!("at least {min}{of}")),
        (None, Some(max)) => Some(format!("at most {max}{of}")),
        (None, None) => None,
    };
    let values = schema.get("enum").and_then(Value::as_array).map(|values| {
        let values: Vec<String> =
            values.iter().map(|value| format!("`{}`", value.as_str().unwrap_or("?"))).collect();
        format!("one of {}", values.join(", "))
    });
    let pattern = Some(text(schema, "pattern")).filter(|pattern| !pattern.is_empty());
    let parts = [
        values,
        span("minimum", "maximum", ""),
        span("minLength", "maxLength", " characters"),
        span("minItems", "maxItems", " items"),
        pattern.filter(|pattern| *pattern != r"\S").map(|pattern| format!("matches `{pattern}`")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
