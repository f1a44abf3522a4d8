//! The files of versions side by side.

use super::{Change, Listed, differs};
use crate::context::FileEntry;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// One path in every version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FileRow {
    pub path: String,
    /// In the order of the versions; null where there is no such file.
    pub values: Vec<Option<FileState>>,
}

/// A file in one version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FileState {
    /// Bytes.
    pub size: u64,
    /// Lower-case hex.
    pub sha256: String,
}

impl FileRow {
    /// What became of it from the first version to another.
    #[must_use]
    pub fn change(&self, of: usize) -> Change {
        Change::between(&self.values, of)
    }
}

pub(super) fn listed(contexts: &[&Value], all: bool) -> Listed<FileRow> {
    let mut paths: BTreeMap<String, Vec<Option<FileState>>> = BTreeMap::new();
    for (at, context) in contexts.iter().enumerate() {
        for FileEntry { path, size, sha256 } in entries(context) {
            let values = paths.entry(path).or_insert_with(|| vec![None; contexts.len()]);
            if let Some(value) = values.get_mut(at) {
                *value = Some(FileState { size, sha256 });
            }
        }
    }
    let rows = paths.into_iter().map(|(path, values)| FileRow { path, values }).collect();
    Listed::of(rows, all, |row| differs(&row.values))
}

fn entries(context: &Value) -> Vec<FileEntry> {
    let files = context.get("artifact").and_then(|artifact| artifact.get("files"));
    files.and_then(|files| Vec::deserialize(files).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn files_are_added_removed_and_changed() {
        let context = |files: &[(&str, u64)]| {
            let file =
                |(path, size): &(&str, u64)| json!({"path": path, "size": size, "sha256": size.to_string()});
            json!({"artifact": {"files": files.iter().map(file).collect::<Vec<_>>()}})
        };
        let (before, after) =
            (context(&[("a", 1), ("b", 1), ("c", 1)]), context(&[("a", 1), ("b", 2), ("d", 1)]));
        let listed = listed(&[&before, &after], false);
        let words: Vec<_> =
            listed.items.iter().map(|row| (row.path.as_str(), row.change(1).word())).collect();
        assert_eq!(words, [("b", "changed"), ("c", "removed"), ("d", "added")]);
        assert_eq!(listed.same, 1);
    }
}
