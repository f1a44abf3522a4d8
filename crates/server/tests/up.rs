//! `weighhouse up` as an operator starts it: the real program, on real folders.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_weighhouse");

/// A data folder that Postgres's user can reach.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A running `up`; stopped as a service manager would, when dropped.
struct Up {
    child: Child,
    port: u16,
    /// What it said until it was ready.
    said: String,
}

impl Up {
    fn start(data: &Path, more: &[&str]) -> Self {
        let port = free_port();
        let mut child = Command::new(PROGRAM)
            .args(["--log", "warn", "up", "--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(data)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !said.contains("http://") {
            assert!(lines.read_line(&mut said).unwrap() > 0, "it ended: {said}");
        }
        // Drain on, so that it never waits for us.
        std::thread::spawn(move || lines.read_to_string(&mut String::new()));
        Self { child, port, said }
    }

    fn get(&self, path: &str) -> String {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let answer = Command::new("curl").args(["-sS", "-i", "--max-time", "10", &url]).output().unwrap();
        String::from_utf8(answer.stdout).unwrap()
    }

    fn stop(mut self) {
        terminate(&mut self.child);
        assert!(self.child.wait().unwrap().success(), "it stops in good order");
    }
}

/// Asks the child to stop, unless it is gone: its number may be another's by then.
fn terminate(child: &mut Child) {
    if child.try_wait().unwrap().is_none() {
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        terminate(&mut self.child);
        let _ = self.child.wait();
    }
}

fn refused(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = Command::new(PROGRAM).args(arguments).output().unwrap();
    assert!(!status.success(), "{arguments:?} should be refused");
    String::from_utf8(stderr).unwrap()
}

fn admin(data: &Path, arguments: &[&str], input: &str) -> serde_json::Value {
    use std::io::Write;
    let mut child = Command::new(PROGRAM)
        .arg("admin")
        .args(arguments)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn serves_and_keeps_what_it_was_told() {
    let data = folder();
    let up = Up::start(data.path(), &[]);
    assert!(up.said.contains("/setup?code="), "{}", up.said);
    assert!(up.get("/healthz").starts_with("HTTP/1.1 200"));
    assert!(up.get("/readyz").contains("ready"));
    assert!(up.get("/sign-in").contains("<form"));
    assert!(up.get("/pkg/weighhouse.css").starts_with("HTTP/1.1 200"), "the UI's files are inside");

    let agency = admin(data.path(), &["agency", "create", "--name", "Acme AI", "--slug", "acme"], "");
    assert_eq!(agency["slug"], "acme");
    assert_eq!(
        admin(data.path(), &["tenant", "create", "--agency", "acme", "--slug", "north"], "")["slug"],
        "north"
    );
    admin(data.path(), &["project", "create", "--tenant", "north", "--slug", "claims"], "");
    let user =
        ["user", "create", "--email", "ann@acme.example", "--password-stdin", "--agency", "acme", "--role"];
    let user = admin(data.path(), &[&user[..], &["engineer"]].concat(), "a long enough password\n");
    assert!(user["id"].is_string());
    let token = ["token", "create", "--user", "ann@acme.example", "--tenant", "north", "--scope"];
    let token = admin(data.path(), &[&token[..], &["read,register", "--expires", "30d"]].concat(), "");
    assert!(token["token"].as_str().unwrap().starts_with("wh_"));

    // The same by the database's address.
    let socket = data.path().join("socket").display().to_string().replace('/', "%2F");
    std::fs::write(data.path().join("url"), format!("postgres://weighhouse_app@{socket}/weighhouse\n"))
        .unwrap();
    let by_url = Command::new(PROGRAM)
        .args(["admin", "project", "create", "--tenant", "north", "--slug", "by-url", "--database-url-file"])
        .arg(data.path().join("url"))
        .output()
        .unwrap();
    assert!(by_url.status.success(), "{by_url:?}");

    // The key of the audit logs: made once, for nobody else to read.
    let key = data.path().join("log-key");
    let made = std::fs::read_to_string(&key).unwrap();
    assert!(made.starts_with("PRIVATE+KEY+127.0.0.1/weighhouse+"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&key).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    up.stop();
    let again = Up::start(data.path(), &[]);
    assert_eq!(std::fs::read_to_string(&key).unwrap(), made);
    assert!(!again.said.contains("/setup"), "somebody has a login: {}", again.said);
    let authorization = format!("Authorization: Bearer {}", token["token"].as_str().unwrap());
    let url = format!("http://127.0.0.1:{}/api/v1/tenants/north/projects", again.port);
    let answer = Command::new("curl").args(["-sS", "-H", &authorization, &url]).output().unwrap();
    assert!(String::from_utf8(answer.stdout).unwrap().contains("claims"));
}

#[test]
fn the_key_of_jwts_is_made_once_and_is_its_owners() {
    let data = folder();
    let path = data.path().join("jwt-key");
    Up::start(data.path(), &[]).stop();
    let key = std::fs::read_to_string(&path).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert!(key.len() >= 32 && mode & 0o777 == 0o600, "{mode:o}");
    Up::start(data.path(), &[]).stop();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), key);
    let serve =
        ["serve", "--listen", "127.0.0.1:0", "--store-url", "memory:///", "--smtp-url", "smtp://localhost"];
    let said = refused(&[&serve[..], &["--database-url", "postgres:///none", "--jwt-key", "short"]].concat());
    assert!(said.contains("at least 32") && !said.contains("short"), "{said}");
}

#[test]
fn a_killed_server_starts_again_at_once_with_what_it_had() {
    let data = folder();
    let mut up = Up::start(data.path(), &[]);
    admin(data.path(), &["agency", "create", "--name", "Acme", "--slug", "acme"], "");
    up.child.kill().unwrap();
    up.child.wait().unwrap();
    let again = Up::start(data.path(), &[]);
    assert!(again.get("/readyz").contains("ready"));
    let taken = Command::new(PROGRAM)
        .args(["admin", "agency", "create", "--name", "Acme", "--slug", "acme", "--data"])
        .arg(data.path())
        .output()
        .unwrap();
    assert!(String::from_utf8(taken.stderr).unwrap().contains("an agency ‘acme’ already"));
}

#[test]
fn keys_of_the_audit_logs_are_made_without_an_installation_and_checked() {
    let data = folder();
    let pair = admin(data.path(), &["log-key", "create", "weighhouse.example"], "");
    let (secret, public) = (pair["log_key"].as_str().unwrap(), pair["verifier_key"].as_str().unwrap());
    assert!(secret.starts_with("PRIVATE+KEY+weighhouse.example+"), "never shown elsewhere");
    assert!(public.starts_with("weighhouse.example+"), "{public}");
    let said = refused(&["admin", "log-key", "create", "two words"]);
    assert!(said.contains("without blanks"), "{said}");
    // The public one is not the secret one; what was given is not repeated.
    let listen = format!("127.0.0.1:{}", free_port());
    let up = ["up", "--listen", &listen, "--data", data.path().to_str().unwrap(), "--log-key"];
    let said = refused(&[&up[..], &[public]].concat());
    assert!(
        said.contains("log key") && said.contains("PRIVATE+KEY+name") && !said.contains(public),
        "{said}"
    );
}

#[test]
fn a_postgres_that_ends_is_started_again() {
    let data = folder();
    let up = Up::start(data.path(), &[]);
    let file = std::fs::read_to_string(data.path().join("postgres/postmaster.pid")).unwrap();
    let pid = file.lines().next().unwrap();
    assert!(Command::new("kill").args(["-KILL", pid]).status().unwrap().success());
    let started = std::time::Instant::now();
    let again = || std::fs::read_to_string(data.path().join("postgres/postmaster.pid")).unwrap_or_default();
    while again().is_empty() || again().starts_with(pid) || !up.get("/readyz").contains("ready\n") {
        assert!(started.elapsed().as_secs() < 60, "it does not come back");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    admin(data.path(), &["agency", "create", "--name", "Acme", "--slug", "acme"], "");
    up.stop();
}

#[test]
fn one_folder_one_server() {
    let data = folder();
    let _up = Up::start(data.path(), &[]);
    let listen = format!("127.0.0.1:{}", free_port());
    let said = refused(&["up", "--listen", &listen, "--data", data.path().to_str().unwrap()]);
    assert!(said.contains("another ‘weighhouse up’ runs on"), "{said}");
}

#[test]
fn a_port_in_use_is_said_and_nothing_started() {
    let data = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let said = refused(&["up", "--listen", &listen, "--data", data.path().to_str().unwrap()]);
    assert!(said.contains(&listen) && said.contains("--listen"), "{said}");
    assert!(!data.path().join("postgres").exists());
}

#[test]
fn newer_data_is_left_alone() {
    let data = folder();
    std::fs::write(data.path().join("VERSION"), "999\n").unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    let said = refused(&["up", "--listen", &listen, "--data", data.path().to_str().unwrap()]);
    assert!(said.contains("newer Weighhouse"), "{said}");
    assert_eq!(std::fs::read_to_string(data.path().join("VERSION")).unwrap(), "999\n");
}

#[test]
fn plain_http_beyond_loopback_is_refused_with_the_reason() {
    for arguments in [
        &["up", "--listen", "0.0.0.0:0"][..],
        &["up", "--listen", "127.0.0.1:0", "--public-url", "http://weighhouse.example"],
    ] {
        let said = refused(arguments);
        assert!(said.contains("cookie") && said.contains("https"), "{said}");
    }
    let said =
        refused(&["up", "--demo", "--listen", "0.0.0.0:0", "--public-url", "https://weighhouse.example"]);
    assert!(said.contains("--demo"), "{said}");
}

#[test]
fn the_demonstration_is_there_at_once_and_only_once() {
    let data = folder();
    let up = Up::start(data.path(), &["--demo"]);
    assert!(up.said.contains("Everything in it is made up"), "{}", up.said);
    assert!(up.get("/healthz").starts_with("HTTP/1.1 200"));
    let refused = Command::new(PROGRAM)
        .args(["admin", "tenant", "create", "--agency", "plumbline", "--slug", "aldermoor", "--data"])
        .arg(data.path())
        .output()
        .unwrap();
    assert!(String::from_utf8(refused.stderr).unwrap().contains("is taken"), "the clients are there");
    up.stop();
    let again = Up::start(data.path(), &["--demo"]);
    assert!(!again.said.contains("made up"), "an installation in use is left as it is: {}", again.said);
}

#[test]
fn shells_complete_it_and_the_manual_is_well_formed() {
    let folder = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let Output { status, stdout, stderr } = Command::new(program).args(arguments).output().unwrap();
        let (out, said) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert!(status.success() && said.is_empty(), "{program} {arguments:?}: {out}{said}");
        out
    };
    let script = folder.path().join("weighhouse.bash");
    std::fs::write(&script, run(PROGRAM, &["completions", "bash"])).unwrap();
    let ask = format!(
        "source '{}'; COMP_WORDS=(weighhouse admin ''); COMP_CWORD=2; \
         _weighhouse weighhouse '' admin; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display()
    );
    assert!(run("bash", &["--norc", "-c", &ask]).lines().any(|word| word == "tenant"));

    let pages = folder.path().join("man");
    run(PROGRAM, &["man", "-o", pages.to_str().unwrap()]);
    for page in ["weighhouse.1", "weighhouse-serve.1", "weighhouse-admin-token-create.1"] {
        let page = pages.join(page);
        run("groff", &["-Kutf8", "-man", "-ww", "-Tutf8", page.to_str().unwrap()]);
    }
}
