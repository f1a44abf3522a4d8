//! The rules of an `llm` component that its types cannot say.

use super::super::{ContextError, sha256_check};
use super::template::{self, name_check};
use super::{Checkpoint, Guardrail, Llm, Prompt, Retrieval};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The most prompts in one version, and guardrails.
const ITEMS_MAX: usize = 100;
/// The longest template, in bytes.
const TEMPLATE_MAX: usize = 256 * 1024;
const ROLES: [&str; 5] = ["system", "developer", "user", "assistant", "tool"];

type Checked = Result<(), ContextError>;

fn wrong<T>(field: &str, part: &str, detail: impl Into<String>) -> Result<T, ContextError> {
    Err(ContextError::new(format!("{field}.{part}"), detail))
}

/// A text that says something and has no blanks around it.
fn text(field: &str, part: &str, text: &str, max: usize) -> Checked {
    if text.trim().is_empty() {
        return wrong(field, part, "must not be empty");
    }
    if text.trim() != text || text.chars().any(char::is_control) {
        return wrong(field, part, "has blanks around it, or characters that cannot be seen; remove them");
    }
    if text.chars().count() > max {
        return wrong(field, part, format!("has at most {max} characters"));
    }
    Ok(())
}

fn optional(field: &str, part: &str, given: Option<&String>, max: usize) -> Checked {
    given.map_or(Ok(()), |given| text(field, part, given, max))
}

/// A SHA-256, with or without its name before it.
fn digest(field: &str, part: &str, given: Option<&String>) -> Checked {
    let Some(given) = given else { return Ok(()) };
    let bare = given.strip_prefix("sha256:").unwrap_or(given);
    sha256_check(bare).or_else(|e| wrong(field, part, e))
}

impl Llm {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// Says what is wrong and where.
    pub(in crate::context) fn check(&self, field: &str) -> Checked {
        text(field, "provider", &self.provider, 100)?;
        text(field, "model", &self.model, 250)?;
        optional(field, "fingerprint", self.fingerprint.as_ref(), 250)?;
        if let Some(endpoint) = &self.endpoint {
            endpoint_check(endpoint).or_else(|e| wrong(field, "endpoint", e))?;
        }
        if let Some(checkpoint) = &self.checkpoint {
            checkpoint.check(&format!("{field}.checkpoint"))?;
        }
        self.prompts_check(&format!("{field}.prompts"))?;
        if let Some(retrieval) = &self.retrieval {
            retrieval.check(&format!("{field}.retrieval"))?;
        }
        guardrails_check(&self.guardrails, &format!("{field}.guardrails"))?;
        decoding_check(&self.decoding, &format!("{field}.decoding"))
    }

    fn prompts_check(&self, field: &str) -> Checked {
        if self.prompts.len() > ITEMS_MAX {
            return Err(ContextError::new(field, format!("holds at most {ITEMS_MAX} prompts")));
        }
        for (name, prompt) in &self.prompts {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
            if !begins || name.len() > 100 || !name.chars().all(fits) {
                let detail = "a prompt's name has 1 to 100 of a-z, A-Z, 0-9, _, - and ., and begins with a letter or digit";
                return wrong(field, name, detail);
            }
            prompt.check(&format!("{field}.{name}"))?;
        }
        Ok(())
    }
}

/// Checks the base of an API: an address without anything secret in it.
///
/// # Errors
/// Says what it must look like.
pub fn endpoint_check(endpoint: &str) -> Result<(), String> {
    let rest = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
    let rest = rest.ok_or("must begin with https:// (or http://)")?;
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty() || host.starts_with(':') {
        return Err("has no host".into());
    }
    if host.contains('@') {
        return Err(
            "holds a name or password; leave it out: what stands in a version is there for good".into()
        );
    }
    if endpoint.contains(['?', '#']) || endpoint.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("is the base of the API, without ?, # and blanks".into());
    }
    if endpoint.len() > 1000 {
        return Err("has at most 1,000 characters".into());
    }
    Ok(())
}

impl Checkpoint {
    fn check(&self, field: &str) -> Checked {
        text(field, "uri", &self.uri, 2000)?;
        digest(field, "digest", self.digest.as_ref())?;
        optional(field, "base", self.base.as_ref(), 250)?;
        optional(field, "method", self.method.as_ref(), 100)
    }
}

impl Prompt {
    fn check(&self, field: &str) -> Checked {
        if let Some(role) = self.role.as_deref().filter(|role| !ROLES.contains(role)) {
            return wrong(field, "role", format!("‘{role}’ is none of {}", ROLES.join(", ")));
        }
        if self.template.trim().is_empty() {
            return wrong(field, "template", "must not be empty");
        }
        if self.template.len() > TEMPLATE_MAX {
            return wrong(field, "template", format!("has at most {TEMPLATE_MAX} bytes"));
        }
        let used =
            template::variables(&self.template).or_else(|e| wrong(field, "template", e.to_string()))?;
        for name in self.variables.keys() {
            let at = format!("variables.{name}");
            name_check(name).or_else(|e| wrong(field, &at, e))?;
            if !used.contains(name.as_str()) {
                let detail =
                    format!("the template does not use it; write {{{{ {name} }}}} there, or leave it out");
                return wrong(field, &at, detail);
            }
        }
        Ok(())
    }
}

impl Retrieval {
    fn check(&self, field: &str) -> Checked {
        text(field, "index", &self.index, 1000)?;
        digest(field, "index_digest", self.index_digest.as_ref())?;
        optional(field, "embedding_model", self.embedding_model.as_ref(), 250)?;
        optional(field, "reranker", self.reranker.as_ref(), 250)?;
        if self.top_k.is_some_and(|k| !(1..=10_000).contains(&k)) {
            return wrong(field, "top_k", "is a number from 1 to 10,000");
        }
        match (self.chunk_size, self.chunk_overlap) {
            (Some(0), _) => wrong(field, "chunk_size", "is at least 1"),
            (Some(size), Some(overlap)) if overlap >= size => {
                wrong(field, "chunk_overlap", format!("is less than the chunk’s size, {size}"))
            }
            _ => Ok(()),
        }
    }
}

fn guardrails_check(guardrails: &[Guardrail], field: &str) -> Checked {
    if guardrails.len() > ITEMS_MAX {
        return Err(ContextError::new(field, format!("holds at most {ITEMS_MAX} guardrails")));
    }
    let mut seen = BTreeSet::new();
    for (n, guardrail) in guardrails.iter().enumerate() {
        let field = format!("{field}[{n}]");
        text(&field, "name", &guardrail.name, 100)?;
        optional(&field, "version", guardrail.version.as_ref(), 100)?;
        if !matches!(guardrail.stage.as_str(), "input" | "output") {
            return wrong(&field, "stage", "is `input` or `output`");
        }
        if guardrail.action.as_deref().is_some_and(|does| !matches!(does, "block" | "redact" | "flag")) {
            return wrong(&field, "action", "is `block`, `redact` or `flag`");
        }
        if !seen.insert((&guardrail.name, &guardrail.stage)) {
            let detail = format!("‘{}’ stands twice for {}", guardrail.name, guardrail.stage);
            return wrong(&field, "name", detail);
        }
    }
    Ok(())
}

/// What a decoding parameter may be.
enum Range {
    Number(f64, f64),
    Whole(i64, i64),
}

/// The parameters that providers agree on.
const DECODING: [(&str, Range); 13] = [
    ("temperature", Range::Number(0.0, 2.0)),
    ("top_p", Range::Number(0.0, 1.0)),
    ("min_p", Range::Number(0.0, 1.0)),
    ("frequency_penalty", Range::Number(-2.0, 2.0)),
    ("presence_penalty", Range::Number(-2.0, 2.0)),
    ("repetition_penalty", Range::Number(0.01, 10.0)),
    ("top_k", Range::Whole(0, 1_000_000)),
    ("n", Range::Whole(1, 128)),
    ("top_logprobs", Range::Whole(0, 20)),
    ("max_tokens", Range::Whole(1, 10_000_000)),
    ("max_completion_tokens", Range::Whole(1, 10_000_000)),
    ("num_beams", Range::Whole(1, 1000)),
    ("seed", Range::Whole(-9_007_199_254_740_991, 9_007_199_254_740_991)),
];

fn decoding_check(decoding: &Map<String, Value>, field: &str) -> Checked {
    for (key, value) in decoding {
        if let Some((_, range)) = DECODING.iter().find(|(known, _)| known == key) {
            range.check(value).or_else(|e| wrong(field, key, e))?;
            continue;
        }
        match key.as_str() {
            "stop" => stop_check(value).or_else(|e| wrong(field, key, e))?,
            "response_format" if value.is_string() || value.is_object() => {}
            "response_format" => return wrong(field, key, "is a name or an object"),
            "reasoning_effort" if value.is_string() => {}
            "reasoning_effort" => return wrong(field, key, "is a word, such as `low`"),
            "extra" if value.is_object() => {}
            "extra" => return wrong(field, key, "is an object of the provider’s own parameters"),
            _ => {
                let known: Vec<_> = DECODING.iter().map(|(known, _)| *known).collect();
                let detail = format!(
                    "is no decoding parameter; they are {}, stop, response_format, reasoning_effort, and the provider’s own in `extra`",
                    known.join(", ")
                );
                return wrong(field, key, detail);
            }
        }
    }
    Ok(())
}

impl Range {
    fn check(&self, value: &Value) -> Result<(), String> {
        match self {
            Self::Number(least, most) => {
                let fits = value.as_f64().is_some_and(|n| (*least..=*most).contains(&n));
                if fits { Ok(()) } else { Err(format!("is a number from {least} to {most}")) }
            }
            Self::Whole(least, most) => {
                let fits = value.as_i64().is_some_and(|n| (*least..=*most).contains(&n));
                if fits { Ok(()) } else { Err(format!("is a whole number from {least} to {most}")) }
            }
        }
    }
}

fn stop_check(value: &Value) -> Result<(), String> {
    let word = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let fits = match value {
        Value::Array(words) => words.len() <= 16 && words.iter().all(word),
        one => word(one),
    };
    if fits { Ok(()) } else { Err("is a text, or a list of at most 16, none of them empty".into()) }
}

#[cfg(test)]
mod tests {
    use crate::context::normalise;
    use serde_json::{Value, json};

    fn whole() -> Value {
        json!({
            "provider": "openai", "model": "gpt-4o-2024-08-06", "endpoint": "https://api.example/v1",
            "fingerprint": "fp_1",
            "checkpoint": {"uri": "s3://tuned/7", "digest": format!("sha256:{}", "a".repeat(64)), "method": "lora"},
            "prompts": {"system": {"role": "system", "template": "Sum up {{ claim }}.", "variables": {"claim": "x"}}},
            "retrieval": {"index": "policies", "top_k": 4, "chunk_size": 400, "chunk_overlap": 40},
            "guardrails": [{"name": "pii", "stage": "input", "action": "redact"}, {"name": "pii", "stage": "output"}],
            "decoding": {"temperature": 0.2, "max_tokens": 400, "stop": ["\n\n"], "extra": {"mirostat": 2}},
            "orchestration": {"framework": "plain"},
        })
    }

    #[test]
    fn a_whole_component_is_taken_as_it_is() {
        let normal = normalise(json!({"llm": whole()})).unwrap();
        assert_eq!(normal["llm"], whole());
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        for (pointer, value, field) in [
            ("/provider", json!(" openai"), "provider"),
            ("/model", json!(""), "model"),
            ("/endpoint", json!("ftp://a"), "endpoint"),
            ("/endpoint", json!("https://key:secret@a.example"), "endpoint"),
            ("/endpoint", json!("https://a.example/v1?key=1"), "endpoint"),
            ("/checkpoint/digest", json!("abc"), "checkpoint.digest"),
            ("/checkpoint/colour", json!("red"), "checkpoint.colour"),
            ("/prompts/system/role", json!("boss"), "prompts.system.role"),
            ("/prompts/system/template", json!("{{ claim "), "prompts.system.template"),
            ("/prompts/system/template", json!(" "), "prompts.system.template"),
            ("/prompts/system/template", json!("no variable"), "prompts.system.variables.claim"),
            ("/prompts/system/variables/clam", json!("x"), "prompts.system.variables.clam"),
            ("/prompts/a b", json!({"template": "x"}), "prompts.a b"),
            ("/retrieval/top_k", json!(0), "retrieval.top_k"),
            ("/retrieval/chunk_overlap", json!(400), "retrieval.chunk_overlap"),
            ("/guardrails/1/stage", json!("middle"), "guardrails[1].stage"),
            ("/guardrails/1/stage", json!("input"), "guardrails[1].name"),
            ("/guardrails/0/action", json!("scold"), "guardrails[0].action"),
            ("/decoding/temperature", json!(2.1), "decoding.temperature"),
            ("/decoding/temperature", json!("hot"), "decoding.temperature"),
            ("/decoding/temprature", json!(0.2), "decoding.temprature"),
            ("/decoding/max_tokens", json!(0), "decoding.max_tokens"),
            ("/decoding/seed", json!(1.5), "decoding.seed"),
            ("/decoding/stop", json!([""]), "decoding.stop"),
        ] {
            let mut llm = whole();
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            match llm.pointer_mut(parent).unwrap() {
                Value::Object(map) => drop(map.insert(key.into(), value)),
                _ => panic!("{pointer}"),
            }
            let error = normalise(json!({"llm": llm})).expect_err(pointer);
            assert!(error.field.ends_with(&format!("context.llm.{field}")), "{pointer}: {error}");
        }
    }
}
