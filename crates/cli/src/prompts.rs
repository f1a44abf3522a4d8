//! Prompts in files of their own: where a context names a file in a prompt's
//! place, or a folder in the place of all, what stands in them is taken.

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Map, Value, json};
use std::io::Read as _;
use std::path::Path;

/// The largest prompt, in bytes.
const PROMPT_MAX: u64 = 256 * 1024;
/// Names that say the role of a prompt.
const ROLES: [&str; 4] = ["system", "developer", "user", "assistant"];
/// The files of a folder that are prompts.
const ENDINGS: [&str; 3] = ["txt", "md", "prompt"];

/// Reads the prompts that a context names by their files, which are found
/// beside it: `prompts = "prompts"`, `system = "prompts/system.txt"` or
/// `system = { file = "prompts/system.txt" }`.
///
/// # Errors
/// Names the prompt and the file that cannot be read.
pub(crate) fn read_files(context: &mut Value, beside: &Path) -> Result<()> {
    let Some(prompts) = context.get_mut("llm").and_then(|llm| llm.get_mut("prompts")) else { return Ok(()) };
    if let Value::String(folder) = prompts {
        *prompts = Value::Object(folder_of(&beside.join(folder))?);
        return Ok(());
    }
    for (name, prompt) in prompts.as_object_mut().into_iter().flatten() {
        let file = match &*prompt {
            Value::String(file) => Some(file.clone()),
            Value::Object(fields) => match fields.get("file") {
                Some(Value::String(_)) if fields.contains_key("template") => {
                    bail!("llm.prompts.{name} has both a `file` and a `template`; leave one out")
                }
                Some(Value::String(file)) => Some(file.clone()),
                _ => None,
            },
            _ => None,
        };
        let Some(file) = file else { continue };
        let template = read(&beside.join(&file)).with_context(|| format!("llm.prompts.{name}"))?;
        let mut fields = prompt.as_object().cloned().unwrap_or_default();
        fields.remove("file");
        *prompt = prompt_of(name, template, fields);
    }
    Ok(())
}

fn prompt_of(name: &str, template: String, mut fields: Map<String, Value>) -> Value {
    fields.insert("template".into(), Value::String(template));
    if ROLES.contains(&name) && !fields.contains_key("role") {
        fields.insert("role".into(), json!(name));
    }
    Value::Object(fields)
}

/// Every prompt of a folder, under the names of their files.
fn folder_of(folder: &Path) -> Result<Map<String, Value>> {
    let shown = folder.display();
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("llm.prompts: cannot read the folder {shown}"))?;
    let mut prompts = Map::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot read the folder {shown}"))?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if !ending.is_some_and(|ending| ENDINGS.contains(&ending)) || !path.is_file() {
            continue;
        }
        let name = path.file_stem().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| anyhow!("the name of {} is not UTF-8", path.display()))?.to_owned();
        let prompt = prompt_of(&name, read(&path)?, Map::new());
        if prompts.insert(name.clone(), prompt).is_some() {
            bail!("{shown} has two prompts named {name}; rename one");
        }
    }
    if prompts.is_empty() {
        bail!("llm.prompts: {shown} holds no prompts: files that end with .txt, .md or .prompt");
    }
    Ok(prompts)
}

fn read(path: &Path) -> Result<String> {
    let shown = path.display();
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {shown}"))?;
    let mut bytes = Vec::new();
    file.take(PROMPT_MAX + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {shown}"))?;
    if u64::try_from(bytes.len())? > PROMPT_MAX {
        bail!("{shown} is larger than {PROMPT_MAX} bytes, the most a prompt may have");
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(e) => bail!("{shown} is not UTF-8: byte {} begins no character", e.utf8_error().valid_up_to()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("prompts")).unwrap();
        for (name, text) in [("system.txt", "Sum up.\n"), ("few-shot.md", "{{ claim }}"), ("notes.pdf", "no")]
        {
            std::fs::write(folder.path().join("prompts").join(name), text).unwrap();
        }
        std::fs::write(folder.path().join("latin1.txt"), b"\xe4").unwrap();
        folder
    }

    fn with(prompts: Value) -> Result<Value> {
        let mut context = json!({"llm": {"prompts": prompts}});
        let folder = files();
        read_files(&mut context, folder.path())?;
        Ok(context["llm"]["prompts"].clone())
    }

    #[test]
    fn files_and_folders_become_prompts() {
        let system = json!({"role": "system", "template": "Sum up.\n"});
        for named in [
            json!({"system": "prompts/system.txt", "x": {"template": "as it is"}}),
            json!({"system": {"file": "prompts/system.txt"}, "x": {"template": "as it is"}}),
        ] {
            assert_eq!(with(named).unwrap(), json!({"system": system, "x": {"template": "as it is"}}));
        }
        assert_eq!(
            with(json!("prompts")).unwrap(),
            json!({"few-shot": {"template": "{{ claim }}"}, "system": system})
        );
        let values =
            json!({"few": {"file": "prompts/few-shot.md", "role": "user", "variables": {"claim": "x"}}});
        assert_eq!(with(values).unwrap()["few"]["variables"]["claim"], "x");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (prompts, words) in [
            (json!({"system": "nothing.txt"}), "llm.prompts.system"),
            (json!({"system": "latin1.txt"}), "is not UTF-8: byte 0"),
            (json!("nowhere"), "cannot read the folder"),
            (json!({"a": {"file": "prompts/system.txt", "template": "x"}}), "both a `file` and a `template`"),
        ] {
            let said = format!("{:#}", with(prompts.clone()).unwrap_err());
            assert!(said.contains(words), "{prompts}: {said}");
        }
    }
}
