//! A real SMTP server, aiosmtpd.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that keeps what it takes as files; ends when dropped. Recipients
/// that begin with `nobody` are refused for good, the first delivery to one
/// that begins with `later` is put off.
pub struct Smtp {
    child: Child,
    folder: tempfile::TempDir,
    pub port: u16,
}

impl Smtp {
    /// `more`: see `tests/smtp.py`.
    pub fn start(more: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(root.join("target/venv/bin/python"))
            .arg(root.join("tests/smtp.py"))
            .arg(folder.path())
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .expect("aiosmtpd: infra/setup.sh test installs it");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("the SMTP server did not start: {line}"));
        Self { child, folder, port }
    }

    /// The mails that were taken, oldest first.
    pub fn taken(&self) -> Vec<String> {
        self.read("taken")
    }

    /// The mails that were put off, oldest first.
    pub fn put_off(&self) -> Vec<String> {
        self.read("put-off")
    }

    fn read(&self, kind: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join(kind)).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
        paths.sort();
        paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    /// Waits until so many mails were taken.
    pub async fn wait(&self, count: usize) -> Vec<String> {
        self.wait_for(count, Duration::from_secs(30)).await
    }

    /// The same with another patience.
    pub async fn wait_for(&self, count: usize, patience: Duration) -> Vec<String> {
        let started = Instant::now();
        while started.elapsed() < patience {
            let taken = self.taken();
            if taken.len() >= count {
                return taken;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} of {count} mails arrived", self.taken().len());
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
