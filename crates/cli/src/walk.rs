//! Finding the files to push: regular files below a folder, under names that
//! mean the same on every file system.

use anyhow::{Context as _, Result, anyhow, bail};
use std::fs::{self, DirEntry, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use weighhouse_types::paths::path_check;
use weighhouse_types::{blobs, context};

/// Names that are never pushed: version control's, and our own.
const SKIPPED: [&str; 2] = [".git", ".weighhouse"];

/// What is to be pushed.
#[derive(Debug)]
pub(crate) struct Walked {
    /// By path, in byte order.
    pub(crate) files: Vec<Source>,
    /// Paths that were left out.
    pub(crate) skipped: Vec<String>,
}

/// A file as it was found.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Its path in the version.
    pub(crate) path: String,
    local: PathBuf,
    stamp: Stamp,
}

/// What tells, cheaply, that a file was written to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stamp {
    size: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { size: metadata.len(), modified: metadata.modified().ok() }
    }
}

impl Source {
    /// Bytes.
    pub(crate) const fn size(&self) -> u64 {
        self.stamp.size
    }

    /// Where the file is.
    pub(crate) fn local(&self) -> &Path {
        &self.local
    }

    /// # Errors
    /// When the file is no longer the one that was found.
    pub(crate) fn unchanged(&self) -> Result<()> {
        let now = fs::metadata(&self.local).with_context(|| format!("{} is gone", self.local.display()))?;
        if Stamp::of(&now) == self.stamp { Ok(()) } else { Err(self.changed()) }
    }

    /// The error for a file that is no longer what it was.
    pub(crate) fn changed(&self) -> anyhow::Error {
        anyhow!("{} changed while it was pushed: push again when nothing writes to it", self.local.display())
    }
}

/// Finds what to push: a file under its name, or everything in a folder.
///
/// # Errors
/// Names the path that cannot be pushed, and says why.
pub(crate) fn walk(path: &Path) -> Result<Walked> {
    let real = fs::canonicalize(path).with_context(|| format!("cannot read {}", path.display()))?;
    let metadata = fs::metadata(&real)?;
    let mut walked = Walked { files: Vec::new(), skipped: Vec::new() };
    if metadata.is_dir() {
        Walk { root: &real, shown: path, walked: &mut walked }.folder("")?;
        walked.files.sort_by(|a, b| a.path.cmp(&b.path));
        if walked.files.is_empty() {
            bail!("{} holds no files", path.display());
        }
    } else if metadata.is_file() {
        let name = path.file_name().or_else(|| real.file_name()).context("has no name")?;
        let name = name.to_str().with_context(|| format!("the name of {} is not UTF-8", path.display()))?;
        walked.add(name.to_owned(), path.to_owned(), &metadata)?;
    } else {
        bail!("{} is neither a file nor a folder", path.display());
    }
    Ok(walked)
}

impl Walked {
    fn add(&mut self, path: String, local: PathBuf, metadata: &Metadata) -> Result<()> {
        path_check(&path).map_err(|e| anyhow!(e))?;
        if metadata.len() > blobs::FILE_MAX {
            bail!("{} is larger than {} bytes, the most a file may have", local.display(), blobs::FILE_MAX);
        }
        if self.files.len() == context::FILES_MAX {
            bail!(
                "there are more than {} files, the most a version may have; pack some into an archive",
                context::FILES_MAX
            );
        }
        self.files.push(Source { path, local, stamp: Stamp::of(metadata) });
        Ok(())
    }
}

struct Walk<'a> {
    root: &'a Path,
    /// The root as the user named it.
    shown: &'a Path,
    walked: &'a mut Walked,
}

impl Walk<'_> {
    fn folder(&mut self, inside: &str) -> Result<()> {
        // An inner path is safe once checked, and its length bounds the depth.
        if !inside.is_empty() {
            path_check(inside).map_err(|e| anyhow!(e))?;
        }
        let folder = self.shown.join(inside);
        let cannot = || format!("cannot read the folder {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(cannot)? {
            self.entry(inside, &entry.with_context(cannot)?)?;
        }
        Ok(())
    }

    fn entry(&mut self, inside: &str, entry: &DirEntry) -> Result<()> {
        let local = entry.path();
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            bail!("the name of {} is not UTF-8; rename it", local.display());
        };
        let path = if inside.is_empty() { name.to_owned() } else { format!("{inside}/{name}") };
        if SKIPPED.contains(&name) {
            self.walked.skipped.push(path);
            return Ok(());
        }
        let kind = entry.file_type().with_context(|| format!("cannot read {}", local.display()))?;
        if kind.is_dir() {
            self.folder(&path)
        } else if kind.is_symlink() {
            let metadata = self.link(&local)?;
            self.walked.add(path, local, &metadata)
        } else if kind.is_file() {
            let metadata = entry.metadata().with_context(|| format!("cannot read {}", local.display()))?;
            self.walked.add(path, local, &metadata)
        } else {
            bail!("{} is neither a file nor a folder", local.display())
        }
    }

    /// A link counts as the file that it leads to, where that is in the folder.
    fn link(&self, link: &Path) -> Result<Metadata> {
        let target = fs::canonicalize(link)
            .with_context(|| format!("the symbolic link {} leads nowhere", link.display()))?;
        if !target.starts_with(self.root) {
            bail!(
                "the symbolic link {} leads out of the folder, to {}; put the file itself there (`cp -rL` copies what links lead to)",
                link.display(),
                target.display(),
            );
        }
        let metadata = fs::metadata(&target)?;
        if !metadata.is_file() {
            bail!("the symbolic link {} leads to a folder; only links to files are followed", link.display());
        }
        Ok(metadata)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn tree(paths: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for path in paths {
            let file = root.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, path).unwrap();
        }
        root
    }

    fn paths(walked: &Walked) -> Vec<&str> {
        walked.files.iter().map(|f| f.path.as_str()).collect()
    }

    fn refusal(root: &Path) -> String {
        format!("{:#}", walk(root).unwrap_err())
    }

    #[test]
    fn files_come_in_byte_order_and_tool_folders_are_left_out() {
        let root = tree(&["b", "a/z", "a.b", "a/.git/HEAD", ".weighhouse/x", ".hidden"]);
        let walked = walk(root.path()).unwrap();
        assert_eq!(paths(&walked), [".hidden", "a.b", "a/z", "b"]);
        let mut skipped = walked.skipped;
        skipped.sort();
        assert_eq!(skipped, [".weighhouse", "a/.git"]);
    }

    #[test]
    fn a_file_stands_alone_under_its_name() {
        let root = tree(&["sub/model.onnx"]);
        let walked = walk(&root.path().join("sub/model.onnx")).unwrap();
        assert_eq!(paths(&walked), ["model.onnx"]);
        assert_eq!(walked.files[0].size(), 14);
    }

    #[test]
    fn links_are_followed_inside_only() {
        let root = tree(&["in/model.bin", "out/secret"]);
        let inside = root.path().join("in");
        symlink("model.bin", inside.join("latest.bin")).unwrap();
        assert_eq!(paths(&walk(&inside).unwrap()), ["latest.bin", "model.bin"]);

        symlink("../out/secret", inside.join("leak")).unwrap();
        assert!(refusal(&inside).contains("leads out of the folder"));
        fs::remove_file(inside.join("leak")).unwrap();

        symlink("nothing", inside.join("dangling")).unwrap();
        assert!(refusal(&inside).contains("leads nowhere"));
        fs::remove_file(inside.join("dangling")).unwrap();

        symlink(".", inside.join("loop")).unwrap();
        assert!(refusal(&inside).contains("leads to a folder"));
    }

    #[test]
    fn the_folder_itself_may_be_named_by_a_link() {
        let root = tree(&["v3/model.bin"]);
        symlink("v3", root.path().join("current")).unwrap();
        assert_eq!(paths(&walk(&root.path().join("current")).unwrap()), ["model.bin"]);
    }

    #[test]
    fn unsafe_names_and_empty_folders_are_refused() {
        assert!(refusal(tree(&["a\\b"]).path()).contains("must be relative"));
        assert!(refusal(tree(&["dir./x"]).path()).contains("ends with a dot"));
        assert!(refusal(tree(&[".git/HEAD"]).path()).contains("holds no files"));
        assert!(refusal(Path::new("/nonexistent/model")).contains("cannot read"));
        let root = tree(&[]);
        use std::os::unix::ffi::OsStrExt as _;
        fs::write(root.path().join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
        assert!(refusal(root.path()).contains("not UTF-8"));
    }

    #[test]
    fn a_file_that_was_written_to_is_noticed() {
        let root = tree(&["model.bin"]);
        let walked = walk(root.path()).unwrap();
        walked.files[0].unchanged().unwrap();
        fs::write(root.path().join("model.bin"), "longer than before").unwrap();
        assert!(format!("{}", walked.files[0].unchanged().unwrap_err()).contains("changed while"));
        fs::remove_file(root.path().join("model.bin")).unwrap();
        assert!(format!("{}", walked.files[0].unchanged().unwrap_err()).contains("is gone"));
    }
}
