//! The active Python environment, read from its files: nothing in it is
//! imported or run.

use super::program;
use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// How much of a distribution's metadata is read: its head is in the beginning.
const HEAD_MAX: u64 = 64 * 1024;

/// Asks an interpreter where it keeps things. `-I -S` keeps it from the user's
/// folders and from anything that is installed.
const WHERE: &str = "import sys, sysconfig\np = sysconfig.get_paths()\n\
                     print(sys.version.split()[0], p['purelib'], p['platlib'], sep='\\n')";

/// The parts of the component `environment` that Python gives, and what to say.
pub(super) fn environment() -> Result<(Map<String, Value>, String)> {
    let active = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(std::env::var_os).map(PathBuf::from);
    let active = active.into_iter().find(|folder| folder.is_dir());
    let found = match &active {
        Some(folder) => Some((version_of(folder), folders_of(folder)?, folder.display().to_string())),
        None => system(),
    };
    let Some((version, folders, place)) = found else {
        return Ok((Map::new(), "no Python here".into()));
    };
    let libraries = distributions(&folders)?;
    let said = format!("Python {version} with {} distributions ({place})", libraries.len());
    let mut parts = Map::from_iter([("languages".to_owned(), json!({ "python": version }))]);
    if !libraries.is_empty() {
        parts.insert("libraries".into(), json!(libraries));
    }
    Ok((parts, said))
}

/// The version that an environment was made with: from its settings, Conda's
/// record, or else its folder's name.
fn version_of(folder: &Path) -> String {
    let settings = fs::read_to_string(folder.join("pyvenv.cfg")).unwrap_or_default();
    let mut settings = settings.lines().filter_map(|line| line.split_once('='));
    let named = settings.find(|(name, _)| matches!(name.trim(), "version" | "version_info"));
    let number = |text: &str| text.trim().split('.').take(3).collect::<Vec<_>>().join(".");
    let conda = || {
        let names = names(&folder.join("conda-meta"));
        names.iter().find_map(|name| name.strip_prefix("python-")?.split('-').next().map(str::to_owned))
    };
    let library = || {
        let names = names(&folder.join("lib"));
        names.iter().find_map(|name| name.strip_prefix("python").map(str::to_owned))
    };
    named
        .map(|(_, version)| number(version))
        .or_else(conda)
        .or_else(library)
        .unwrap_or_else(|| "unknown".into())
}

/// The names in a folder, sorted; none where there is no folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}

/// Where an environment's distributions lie.
fn folders_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = vec![folder.join("Lib").join("site-packages")];
    for library in ["lib", "lib64"] {
        let library = folder.join(library);
        let versions = names(&library).into_iter().filter(|name| name.starts_with("python"));
        folders.extend(versions.map(|version| library.join(version).join("site-packages")));
    }
    folders.retain(|folder| folder.is_dir());
    for folder in &mut folders {
        // `lib64` is often another name of `lib`.
        *folder = fs::canonicalize(&*folder).with_context(|| format!("cannot read {}", folder.display()))?;
    }
    folders.dedup();
    Ok(folders)
}

/// The machine's own Python, where no environment is active.
fn system() -> Option<(String, Vec<PathBuf>, String)> {
    for name in ["python3", "python"] {
        let Ok(output) = program(name, Path::new(".")).args(["-I", "-S", "-c", WHERE]).output() else {
            continue;
        };
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines = text.lines();
        if let (true, Some(version)) = (output.status.success(), lines.next()) {
            // Debian's packages have a folder of their own.
            let mut folders: Vec<_> = lines.map(PathBuf::from).collect();
            folders.push("/usr/lib/python3/dist-packages".into());
            folders.retain(|folder| folder.is_dir());
            folders.dedup();
            return Some((
                version.to_owned(),
                folders,
                format!("{name} of the system, no environment is active"),
            ));
        }
    }
    None
}

/// Distributions by name; of two of one name the first is imported.
fn distributions(folders: &[PathBuf]) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for folder in folders {
        for name in names(folder) {
            let entry = folder.join(&name);
            let metadata = match name.rsplit_once('.') {
                Some((_, "dist-info")) => entry.join("METADATA"),
                Some((_, "egg-info")) if entry.is_dir() => entry.join("PKG-INFO"),
                Some((_, "egg-info")) => entry,
                _ => continue,
            };
            // What has no metadata was left over by an uninstallation.
            let Ok(file) = fs::File::open(&metadata) else { continue };
            let mut head = Vec::new();
            file.take(HEAD_MAX)
                .read_to_end(&mut head)
                .with_context(|| format!("cannot read {}", metadata.display()))?;
            if let Some((name, version)) = named(&String::from_utf8_lossy(&head)) {
                found.entry(name).or_insert(version);
            }
        }
    }
    Ok(found)
}

/// Name and version, from the head of a distribution's metadata.
fn named(metadata: &str) -> Option<(String, String)> {
    let head =
        || metadata.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':'));
    let value = |name: &str| {
        let found = head().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    Some((value("Name")?, value("Version")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_read_from_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("lib/python3.11/site-packages");
        fs::create_dir_all(site.join("numpy-2.1.0.dist-info")).unwrap();
        fs::create_dir_all(site.join("left_over-1.dist-info")).unwrap();
        let metadata = "Metadata-Version: 2.1\nName: numpy\nVersion: 2.1.0\n\nVersion: of the text\n";
        fs::write(site.join("numpy-2.1.0.dist-info/METADATA"), metadata).unwrap();
        fs::write(site.join("Old.egg-info"), "Name: Old\nVersion: 0.1\n").unwrap();
        fs::write(site.join("evil.pth"), "import os; os.abort()").unwrap();
        let folders = folders_of(folder.path()).unwrap();
        let found = distributions(&folders).unwrap();
        let expected = [("numpy", "2.1.0"), ("Old", "0.1")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(found, BTreeMap::from(expected));
        assert_eq!(version_of(folder.path()), "3.11");
        fs::write(folder.path().join("pyvenv.cfg"), "home = /usr/bin\nversion_info = 3.11.2.final.0\n")
            .unwrap();
        assert_eq!(version_of(folder.path()), "3.11.2");
    }
}
