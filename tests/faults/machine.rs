//! The programs as processes, and what can be done to them.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use weighhouse_server::embedded::{self, Durability, OWNER, Postgres};

/// How long anything may take that only has to end some time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A program of this workspace, as it was built beside the tests.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join(name);
    assert!(path.exists(), "{} is not built: run the faults through make", path.display());
    path
}

/// A folder that Postgres's user can reach; in memory, where the system has
/// that. A killed process leaves what it wrote to the system, so nothing is
/// lost by it, and recovery does not wait for a disk.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let above = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = TempDir::with_prefix_in("weighhouse-faults-", above).unwrap();
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Sends a signal to processes of ours.
pub(crate) fn signal(name: &str, pids: &[u32]) {
    if !pids.is_empty() {
        // One of them may have ended by itself meanwhile.
        let pids = pids.iter().map(ToString::to_string);
        Command::new("kill").arg(format!("-{name}")).args(pids).stderr(Stdio::null()).status().unwrap();
    }
}

/// Waits until a process is halted, or gone.
fn wait_halted(pid: u32) {
    let started = Instant::now();
    let running = || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['T', 'Z']))
    };
    while running() {
        assert!(started.elapsed() < PATIENCE, "{pid} runs on");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A process's parent, unless it is gone.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // After the name in brackets: state, parent.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    (fields.next()? != "Z").then(|| fields.next()?.parse().ok())?
}

/// A process and its children, as far as they live.
pub(crate) fn family(pid: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|other| *other == pid || parent(*other) == Some(pid)).collect()
}

/// A program with its arguments, running or not. Killed when dropped, and
/// when this process dies.
pub(crate) struct Program {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    log: PathBuf,
    child: Option<Child>,
}

impl Program {
    pub(crate) fn new(arguments: &[&str], log: PathBuf) -> Self {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        Self { arguments, environment: Vec::new(), log, child: None }
    }

    pub(crate) fn with_environment(mut self, variables: &[(&str, String)]) -> Self {
        self.environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self
    }

    pub(crate) fn start(&mut self) {
        let log = fs::File::options().create(true).append(true).open(&self.log).unwrap();
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program("weighhouse"))
            .args(["--log", "warn"])
            .args(&self.arguments)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// Whether it runs; one that ended by itself does not.
    pub(crate) fn alive(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    /// Asks it to end, and waits.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            if child.try_wait().unwrap().is_none() {
                signal("TERM", &[child.id()]);
            }
            child.wait().unwrap();
        }
    }

    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Two servers and two workers on one Postgres, durable as in production.
/// Belongs to a thread that outlives it: Postgres dies with that thread.
pub(crate) struct Machine {
    pub(crate) servers: Vec<Program>,
    pub(crate) workers: Vec<Program>,
    pub(crate) urls: Vec<String>,
    postgres: Option<Postgres>,
    folder: TempDir,
}

impl Machine {
    /// Everything runs and answers.
    pub(crate) fn start(smtp: &str) -> Self {
        let folder = folder();
        let mut machine =
            Self { servers: Vec::new(), workers: Vec::new(), urls: Vec::new(), postgres: None, folder };
        machine.postgres_start();
        run(&["migrate", "--database-url", &machine.owner_url()], "");
        let (database, path) = (machine.app_url(), machine.folder.path().to_owned());
        let store = format!("file://{}", path.join("store").display());
        for n in 0..2 {
            let listen = format!("127.0.0.1:{}", free_port());
            let url = format!("http://{listen}");
            let common = ["--database-url", &database, "--store-url", &store, "--smtp-url", smtp];
            let serve = [&["serve", "--listen", &listen], &common[..]].concat();
            let work = [&["work", "--public-url", &url], &common[..]].concat();
            machine.servers.push(Program::new(&serve, path.join(format!("serve-{n}.log"))));
            machine.workers.push(Program::new(&work, path.join(format!("work-{n}.log"))));
            machine.urls.push(url);
        }
        machine.start_all();
        machine
    }

    /// One program with everything inside, in a world that its environment
    /// tells it of.
    pub(crate) fn start_alone(smtp: &str, world: impl FnOnce(&Path) -> Vec<(&'static str, String)>) -> Self {
        let folder = folder();
        let world = world(folder.path());
        Self::alone_in(folder, &["--smtp-url", smtp], &world)
    }

    /// One program on a folder that is there.
    pub(crate) fn alone_in(folder: TempDir, more: &[&str], world: &[(&'static str, String)]) -> Self {
        let listen = format!("127.0.0.1:{}", free_port());
        let data = folder.path().display().to_string();
        let up = [&["up", "--data", &data, "--listen", &listen], more].concat();
        let program = Program::new(&up, folder.path().join("up.log")).with_environment(world);
        let urls = vec![format!("http://{listen}")];
        let mut machine = Self { servers: vec![program], workers: Vec::new(), urls, postgres: None, folder };
        machine.programs_start();
        machine.ready();
        machine
    }

    /// Stops the one program in good order, and its Postgres with it.
    pub(crate) fn stop(&mut self) {
        self.servers.iter_mut().for_each(Program::stop);
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub(crate) fn app_url(&self) -> String {
        embedded::url(&self.socket(), "weighhouse_app")
    }

    pub(crate) fn owner_url(&self) -> String {
        embedded::url(&self.socket(), OWNER)
    }

    /// Starts what does not run, and waits until it answers.
    pub(crate) fn start_all(&mut self) {
        self.programs_start();
        self.postgres_start();
        self.ready();
    }

    pub(crate) fn programs_start(&mut self) {
        for program in self.servers.iter_mut().chain(&mut self.workers) {
            if !program.alive() {
                program.start();
            }
        }
    }

    pub(crate) fn postgres_start(&mut self) {
        if self.postgres.is_none() {
            let owner = embedded::owner().unwrap();
            let data = self.folder.path().join("postgres");
            let started = Postgres::start(&data, &self.socket(), owner.as_ref(), Durability::Safe);
            self.postgres = Some(started.unwrap());
        }
    }

    /// Halts every process of the cluster: it keeps its connections, and
    /// answers nothing. Gives whom to signal `CONT`.
    pub(crate) fn postgres_halt(&self) -> Vec<u32> {
        let postgres = self.postgres.as_ref().unwrap().id();
        // The first makes no others from here on.
        signal("STOP", &[postgres]);
        wait_halted(postgres);
        let family = family(postgres);
        signal("STOP", &family);
        family.iter().copied().for_each(wait_halted);
        family
    }

    /// `kill -9` of every process of the cluster, or its own immediate stop:
    /// both leave a crash to recover from.
    pub(crate) fn postgres_kill(&mut self, immediate: bool) {
        let Some(postgres) = self.postgres.take() else { return };
        let family = family(postgres.id());
        let victims = if immediate { vec![postgres.id()] } else { family.clone() };
        signal(if immediate { "QUIT" } else { "KILL" }, &victims);
        postgres.wait().unwrap();
        let started = Instant::now();
        while family.iter().any(|pid| parent(*pid).is_some()) {
            assert!(started.elapsed() < PATIENCE, "Postgres's processes go on");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// A stop in good order, as an operator's.
    pub(crate) fn postgres_stop(&mut self) {
        self.postgres.take().unwrap().stop().unwrap();
    }

    /// Waits until both servers answer and both workers run.
    fn ready(&mut self) {
        let started = Instant::now();
        let mut waiting: Vec<String> = self.urls.clone();
        while !waiting.is_empty() {
            waiting.retain(|url| !answers(url));
            for program in self.servers.iter_mut().chain(&mut self.workers) {
                assert!(program.alive(), "a program ended by itself: {}", program.said());
            }
            assert!(started.elapsed() < PATIENCE, "not ready: {waiting:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sets up the agency `acme`, its client `north` and the project `claims`.
    pub(crate) fn populate(&self) {
        self.admin(&["agency", "create", "--name", "Acme AI", "--slug", "acme"], "");
        self.admin(&["tenant", "create", "--agency", "acme", "--slug", "north"], "");
        self.admin(&["project", "create", "--tenant", "north", "--slug", "claims"], "");
    }

    pub(crate) fn admin(&self, arguments: &[&str], input: &str) -> serde_json::Value {
        let database = self.app_url();
        let said = run(&[&["admin"], arguments, &["--database-url", &database]].concat(), input);
        serde_json::from_str(&said).unwrap()
    }
}

/// Whether a server and its parts answer. Without a client library: this is
/// asked from a thread outside of the runtime.
pub(crate) fn answers(url: &str) -> bool {
    use std::io::{Read, Write};
    let address = url.strip_prefix("http://").unwrap();
    let ask = || {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "GET /readyz HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        std::io::Result::Ok(answer.split_whitespace().nth(1) == Some("200"))
    };
    ask().unwrap_or(false)
}

/// Runs `weighhouse` to its end; gives what it printed.
pub(crate) fn run(arguments: &[&str], input: &str) -> String {
    use std::io::Write;
    let mut child = Command::new(program("weighhouse"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}
