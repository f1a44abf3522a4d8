//! A private Postgres: found on the machine, run as its own user on a Unix
//! socket in the data folder, and gone with the process that started it.

use anyhow::{Context, Result, bail};
use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The cluster's owner: migrates, and nothing else.
pub const OWNER: &str = "weighhouse_owner";
/// The database's name.
const DATABASE: &str = "weighhouse";
/// How long Postgres may take to get ready or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// The user that Postgres runs as when this process is root, which Postgres
/// refuses to be.
#[derive(Clone, Debug)]
pub struct Owner {
    uid: u32,
    gid: u32,
}

/// Whether Postgres must run as another user, and which.
///
/// # Errors
/// When this is root and there is no user `postgres`.
pub fn owner() -> Result<Option<Owner>> {
    if fs::metadata("/proc/self").context("/proc is not there")?.uid() != 0 {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").context("/etc/passwd cannot be read")?;
    let line = passwd.lines().find(|line| line.starts_with("postgres:"));
    let mut fields = line.unwrap_or_default().split(':').skip(2).map(str::parse::<u32>);
    match (fields.next(), fields.next()) {
        (Some(Ok(uid)), Some(Ok(gid))) => Ok(Some(Owner { uid, gid })),
        _ => bail!("there is no user ‘postgres’ to run the database as; install Debian's package postgresql"),
    }
}

/// Whether a user can get to what is in a folder: it and every folder above
/// let them pass, as far as they are there.
pub(crate) fn reachable(owner: &Owner, path: &Path) -> bool {
    path.ancestors().filter_map(|folder| fs::metadata(folder).ok()).all(|meta| {
        let class = if meta.uid() == owner.uid {
            0o100
        } else if meta.gid() == owner.gid {
            0o010
        } else {
            0o001
        };
        meta.mode() & class != 0
    })
}

/// The URL of the private database, for one of its logins.
pub fn url(socket: &Path, user: &str) -> String {
    let socket = socket.to_string_lossy().replace('%', "%25").replace('/', "%2F").replace(' ', "%20");
    format!("postgres://{user}@{socket}/{DATABASE}")
}

/// How the cluster trades safety for speed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// People's data: what is acknowledged is on disk.
    Safe,
    /// Tests: a crash may lose everything.
    Fast,
}

/// A running private Postgres.
pub struct Postgres {
    child: Child,
    bin: PathBuf,
    data: PathBuf,
    owner: Option<Owner>,
}

impl Postgres {
    /// Starts the cluster, making it first where it is not there. Called from
    /// the main thread: the child dies with the thread that started it.
    ///
    /// # Errors
    /// When Postgres is not installed, or does not come up; its log says why.
    pub fn start(data: &Path, socket: &Path, owner: Option<&Owner>, durability: Durability) -> Result<Self> {
        Self::start_with(data, socket, owner, durability, &[])
    }

    /// The same with further settings, as `name=value`.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub fn start_with(
        data: &Path,
        socket: &Path,
        owner: Option<&Owner>,
        durability: Durability,
        more: &[String],
    ) -> Result<Self> {
        let bin = find_binaries()?;
        private_folder(data, owner)?;
        private_folder(socket, owner)?;
        if !data.join("PG_VERSION").exists() {
            init(&bin, data, owner)?;
        }
        wait_gone(data)?;
        let log = fs::File::create(data.join("server.log")).context("Postgres's log cannot be made")?;
        let mut command = command(Path::new("setpriv"), owner);
        command.args(["--pdeathsig", "INT", "--"]).arg(bin.join("postgres")).arg("-D").arg(data);
        for setting in settings(socket, durability).iter().chain(more) {
            command.arg("-c").arg(setting);
        }
        // A process group of its own: Ctrl-C reaches us, and we stop it last.
        command.process_group(0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().context("Postgres cannot be started (is util-linux's setpriv there?)")?;
        let mut postgres = Self { child, bin, data: data.to_owned(), owner: owner.cloned() };
        postgres.wait_ready()?;
        postgres.ensure_database(socket)?;
        Ok(postgres)
    }

    /// Ready when the eighth line of the pid file says so and its first is
    /// the child's: an old file of a killed server says ready as well.
    fn wait_ready(&mut self) -> Result<()> {
        let pid = self.child.id().to_string();
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                bail!("Postgres ended at once ({status}):\n{}", self.log_tail());
            }
            let file = fs::read_to_string(self.data.join("postmaster.pid")).unwrap_or_default();
            let mut lines = file.lines();
            if lines.next() == Some(&pid) && lines.nth(6).is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("Postgres did not get ready within {} s:\n{}", PATIENCE.as_secs(), self.log_tail())
    }

    fn ensure_database(&self, socket: &Path) -> Result<()> {
        let marker = self.data.join("weighhouse.created");
        if marker.exists() {
            return Ok(());
        }
        // The fourth line of the pid file is the port, which names the socket.
        let file = fs::read_to_string(self.data.join("postmaster.pid")).unwrap_or_default();
        let port = file.lines().nth(3).unwrap_or("5432").trim();
        let made = command(&self.bin.join("createdb"), self.owner.as_ref())
            .args(["-U", OWNER, "-p", port, "-h"])
            .arg(socket)
            .args(["--maintenance-db", "postgres", DATABASE])
            .output()?;
        let said = String::from_utf8_lossy(&made.stderr);
        if !made.status.success() && !said.contains("already exists") {
            bail!("the database cannot be made: {said}");
        }
        fs::write(marker, "").context("the data folder cannot be written")
    }

    /// The process id of the cluster.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the cluster has ended, though nobody stopped it.
    ///
    /// # Errors
    /// When that cannot be said.
    pub fn ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// The end of what it wrote to its log.
    fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.data.join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(10)).copied().collect::<Vec<_>>().join("\n")
    }

    /// Waits for a cluster that ends by itself, or was killed.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn wait(mut self) -> Result<()> {
        self.child.wait()?;
        Ok(())
    }

    /// Stops the cluster, open sessions included.
    ///
    /// # Errors
    /// When it does not stop in time.
    pub fn stop(mut self) -> Result<()> {
        let stopped = command(&self.bin.join("pg_ctl"), self.owner.as_ref())
            .args(["stop", "-m", "fast", "-s", "-D"])
            .arg(&self.data)
            .status()?;
        self.child.wait()?;
        if stopped.success() { Ok(()) } else { bail!("Postgres did not stop cleanly: {stopped}") }
    }
}

/// Waits for a Postgres that is still on its way out: one whose parent was
/// killed a moment ago. Who may use the folder was settled before.
fn wait_gone(data: &Path) -> Result<()> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        let pid = file.lines().next().unwrap_or_default();
        let command = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        if pid.is_empty() || command.trim() != "postgres" {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    bail!("an earlier Postgres still runs on {} and does not stop", data.display())
}

fn settings(socket: &Path, durability: Durability) -> Vec<String> {
    let mut settings = vec![
        "listen_addresses=".to_owned(),
        format!("unix_socket_directories={}", socket.display()),
        "unix_socket_permissions=0700".into(),
        "max_connections=200".into(),
        "shared_buffers=64MB".into(),
        "log_min_messages=warning".into(),
    ];
    if durability == Durability::Fast {
        settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"].map(String::from));
    }
    settings
}

/// The newest Postgres of the machine: `PG_BINDIR`, else the one on the PATH,
/// else Debian's newest.
fn find_binaries() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("PG_BINDIR") {
        return Ok(folder.into());
    }
    let on_path = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).find_map(|folder| fs::canonicalize(folder.join("initdb")).ok())
    });
    if let Some(folder) = on_path.as_deref().and_then(Path::parent) {
        return Ok(folder.to_owned());
    }
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found =
        versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())));
    let newest = found
        .map(|(version, path)| (version, path.join("bin")))
        .filter(|(_, bin)| bin.join("initdb").exists());
    let newest = newest.max_by_key(|(version, _)| *version).map(|(_, bin)| bin);
    newest
        .context("Postgres is not installed. Install it with: apt-get install postgresql (or set PG_BINDIR)")
}

fn init(bin: &Path, data: &Path, owner: Option<&Owner>) -> Result<()> {
    let made = command(&bin.join("initdb"), owner)
        .args(["--auth=trust", "--locale=C.UTF-8", "--encoding=UTF8", "--no-instructions", "-U", OWNER, "-D"])
        .arg(data)
        .output()
        .context("initdb cannot be run")?;
    if !made.status.success() {
        bail!("the database folder cannot be made: {}", String::from_utf8_lossy(&made.stderr));
    }
    Ok(())
}

/// A command in a folder that the other user can stand in.
fn command(program: &Path, owner: Option<&Owner>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some(owner) = owner {
        command.uid(owner.uid).gid(owner.gid);
    }
    command
}

/// A folder of Postgres's user alone.
fn private_folder(path: &Path, owner: Option<&Owner>) -> Result<()> {
    if !path.exists() {
        // The folders above stay open: Postgres's user must get through them.
        let above = path.parent().map_or(Ok(()), fs::create_dir_all);
        let made = above.and_then(|()| DirBuilder::new().mode(0o700).create(path));
        made.with_context(|| format!("{} cannot be made", path.display()))?;
    }
    if let Some(owner) = owner {
        chown(path, Some(owner.uid), Some(owner.gid))
            .with_context(|| format!("{} cannot be given to Postgres's user", path.display()))?;
    }
    fs::set_permissions(path, Permissions::from_mode(0o700))?;
    Ok(())
}
