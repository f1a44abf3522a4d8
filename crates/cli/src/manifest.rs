//! `weighhouse.toml`: what a project says of itself, once, for every push.

use crate::context;
use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use weighhouse_types::reference::ModelRef;

/// The file's name.
pub(crate) const NAME: &str = "weighhouse.toml";

/// A project's manifest.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    /// Where it lies.
    pub(crate) folder: PathBuf,
    /// The model that the project makes versions of.
    pub(crate) model: Option<ModelRef>,
    /// What is captured at every push.
    pub(crate) git: bool,
    pub(crate) env: bool,
    /// The version's components, as far as they are known beforehand.
    pub(crate) components: Map<String, Value>,
}

/// Reads the manifest that was named, or else the one found upwards from what
/// is pushed, as far as the repository goes.
///
/// # Errors
/// When it cannot be read, or says what no manifest can.
pub(crate) fn read(named: Option<&Path>, pushed: &Path) -> Result<Option<Manifest>> {
    match named.map(Path::to_owned).or_else(|| find(pushed)) {
        Some(path) => parse(&path).with_context(|| format!("{} is no manifest", path.display())).map(Some),
        None => Ok(None),
    }
}

fn find(pushed: &Path) -> Option<PathBuf> {
    for folder in pushed.ancestors() {
        let path = folder.join(NAME);
        if path.is_file() {
            return Some(path);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

fn parse(path: &Path) -> Result<Manifest> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(".".as_ref());
    let mut manifest =
        Manifest { folder: folder.to_owned(), components: context::read(path)?, ..Manifest::default() };
    match manifest.components.remove("model") {
        Some(Value::String(model)) => {
            manifest.model = Some(model.parse().map_err(|e: String| anyhow::anyhow!("model: {e}"))?);
        }
        Some(_) => bail!("model: write tenant/project/model"),
        None => {}
    }
    let Some(capture) = manifest.components.remove("capture") else { return Ok(manifest) };
    for what in capture.as_array().context("capture: write a list, such as [\"git\", \"env\"]")? {
        match what.as_str() {
            Some("git") => manifest.git = true,
            Some("env") => manifest.env = true,
            _ => bail!("capture: {what} is neither \"git\" nor \"env\""),
        }
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn it_is_found_upwards_and_not_beyond_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("project/out/model");
        fs::create_dir_all(&deep).unwrap();
        let text = "model = \"aa/bb/c\"\ncapture = [\"git\"]\n[environment.seeds]\nnumpy = 7\n";
        fs::write(folder.path().join(NAME), text).unwrap();
        let found = read(None, &deep).unwrap().unwrap();
        assert_eq!((found.folder.as_path(), found.git, found.env), (folder.path(), true, false));
        assert_eq!(found.model.unwrap().to_string(), "aa/bb/c");
        assert_eq!(found.components["environment"]["seeds"]["numpy"], 7);
        assert_eq!(found.components.len(), 1);
        fs::create_dir(folder.path().join("project/.git")).unwrap();
        assert!(read(None, &deep).unwrap().is_none());
    }

    #[test]
    fn wrong_manifests_say_where() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        for (text, expected) in [
            ("model = 3", "model: write tenant/project/model"),
            ("model = \"a\"", "model: ‘a’ is not a model"),
            ("capture = \"git\"", "capture: write a list"),
            ("capture = [\"gpu\"]", "capture: \"gpu\" is neither"),
            ("[artifact]\nfiles = []", "`artifact` is made from the files"),
            ("a =", "it is not TOML"),
        ] {
            fs::write(&path, text).unwrap();
            let error = format!("{:#}", read(Some(&path), folder.path()).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
