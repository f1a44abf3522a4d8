//! Mail through a real SMTP server.

use crate::support::{promote, register};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use weighhouse_testkit::{Options, Server};

/// An aiosmtpd that writes what it receives into a Maildir; ends when dropped.
struct Smtp {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Smtp {
    fn start() -> Self {
        let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/venv/bin/python");
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(python)
            .args(["-m", "aiosmtpd", "-n", "-l", &format!("127.0.0.1:{port}")])
            .args(["-c", "aiosmtpd.handlers.Mailbox"])
            .arg(folder.path().join("box"))
            .stdout(Stdio::null())
            .spawn()
            .expect("aiosmtpd: infra/setup.sh test installs it");
        Self { child, folder, port }
    }

    async fn received(&self) -> String {
        for _ in 0..400 {
            let new: Vec<PathBuf> = std::fs::read_dir(self.folder.path().join("box/new"))
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
                .collect();
            if let Some(path) = new.first() {
                return std::fs::read_to_string(path).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no mail arrived");
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_request_reaches_its_approver_over_smtp() {
    let smtp = Smtp::start();
    let url = format!("smtp://127.0.0.1:{}", smtp.port);
    let server = Server::with(Options { smtp_url: Some(url), ..Options::default() }).await;
    server.populate().await;
    let ann = server.engineer("ann").await;
    server.approver("bob").await;
    register(&ann, "fraud", "one").await;
    promote(&ann, "fraud", 1, "staging").await.expect(201);
    promote(&ann, "fraud", 1, "production").await.expect(201);
    let mail = smtp.received().await;
    for wanted in [
        "From: Weighhouse <weighhouse@weighhouse.example>",
        "To: bob@north.example",
        "Subject: Approval needed: north/claims/fraud@1 to production",
        "Content-Type: multipart/alternative",
        "Content-Type: text/plain",
        "Content-Type: text/html",
        "@weighhouse.example>",
        "asks to promote",
    ] {
        assert!(mail.contains(wanted), "{wanted} in {mail}");
    }
}
