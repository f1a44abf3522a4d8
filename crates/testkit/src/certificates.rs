//! An authority and a server's certificate, made for one test.

use std::path::{Path, PathBuf};
use std::process::Command;

/// `ca.pem`, `server.pem` and `server.key` in a folder.
pub struct Certificates {
    pub folder: PathBuf,
}

impl Certificates {
    /// A certificate for `localhost`, and no other name.
    pub fn make(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let new =
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
        let authority = ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Authority of a test"];
        openssl(folder, &[&new[..], &authority].concat());
        let server = ["-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=localhost"];
        let signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=DNS:localhost"];
        let leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
        openssl(folder, &[&new[..], &server, &signed, &leaf].concat());
        Self { folder: folder.to_owned() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let made = Command::new("openssl").args(arguments).current_dir(folder).output();
    let made = made.expect("openssl: infra/setup.sh test installs it");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
