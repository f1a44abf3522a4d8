//! Paths of files that mean the same on every file system.

use crate::context::FileEntry;
use std::collections::BTreeMap;

/// The longest path of a file, in bytes.
pub const PATH_MAX: usize = 1024;

/// Checks that a file's path is relative, stays inside its folder, and means
/// the same on every file system.
///
/// # Errors
/// Says what is wrong with it.
pub fn path_check(path: &str) -> Result<(), String> {
    if path.is_empty() || path.len() > PATH_MAX {
        return Err(format!("a path must have 1 to {PATH_MAX} bytes"));
    }
    if path.starts_with('/') || path.contains('\\') || path.get(1..2) == Some(":") {
        return Err(format!("‘{path}’ must be relative, with / between folders"));
    }
    if let Some(c) = path.chars().find(|c| c.is_control() || matches!(c, '<' | '>' | '"' | '|' | '?' | '*')) {
        return Err(format!("‘{}’ holds {c:?}, which not every file system can store", path.escape_debug()));
    }
    for part in path.split('/') {
        if matches!(part, "" | "." | "..") {
            return Err(format!("‘{path}’ may not have empty, . or .. parts"));
        }
        if part.ends_with(['.', ' ']) {
            return Err(format!(
                "‘{path}’ has a part that ends with a dot or blank, which some systems drop"
            ));
        }
    }
    Ok(())
}

/// Refuses paths that are one file on some systems (equal but for case), and a
/// file where another path needs a folder.
pub(crate) fn paths_distinct(files: &[FileEntry]) -> Result<(), String> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for file in files {
        if let Some(other) = seen.insert(file.path.to_lowercase(), &file.path) {
            return Err(format!(
                "‘{other}’ and ‘{}’ are the same file on systems that ignore case; rename one",
                file.path
            ));
        }
    }
    for file in files {
        let folders = file.path.match_indices('/').filter_map(|(end, _)| file.path.get(..end));
        for folder in folders {
            if let Some(other) = seen.get(&folder.to_lowercase()) {
                return Err(format!("‘{other}’ is a file, and ‘{}’ needs a folder of that name", file.path));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn safe_paths_stay_inside(path in "(\\PC|[./\\\\]){0,40}") {
            if path_check(&path).is_ok() {
                let joined = std::path::Path::new("/root").join(&path);
                prop_assert!(joined.components().all(|c| !matches!(c, std::path::Component::ParentDir)));
                prop_assert!(joined.starts_with("/root"));
            }
        }
    }
}
