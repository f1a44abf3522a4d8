//! One private cluster a test process, one database a test.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use tokio_postgres::{Client, NoTls};
use weighhouse_core::kernel::migrate::migrate;
use weighhouse_server::embedded::{self, Durability, OWNER, Postgres};

static SOCKET: OnceLock<PathBuf> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A database of one test, with the schema in it.
#[derive(Clone)]
pub struct Database {
    name: String,
}

impl Database {
    /// A fresh copy of the migrated template.
    pub async fn new() -> Self {
        crate::tls_provider();
        let socket = tokio::task::spawn_blocking(|| SOCKET.get_or_init(start_cluster)).await.unwrap();
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let client = connect(&url(socket, OWNER, "postgres")).await;
        client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE weighhouse")).await.unwrap();
        Self { name }
    }

    /// The database as the application sees it.
    pub fn app_url(&self) -> String {
        url(SOCKET.get().unwrap(), "weighhouse_app", &self.name)
    }

    /// The database as its owner sees it.
    pub fn owner_url(&self) -> String {
        url(SOCKET.get().unwrap(), OWNER, &self.name)
    }

    /// A connection of the owner, to look behind the application's back.
    pub async fn owner(&self) -> Client {
        connect(&self.owner_url()).await
    }

    /// A connection as the application's login.
    pub async fn app(&self) -> Client {
        connect(&self.app_url()).await
    }
}

fn url(socket: &Path, user: &str, database: &str) -> String {
    let url = embedded::url(socket, user);
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{database}")
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Starts the cluster from a thread that lives as long as the process:
/// Postgres dies with the thread that started it.
fn start_cluster() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("weighhouse-test-{}", std::process::id()));
    remove_leftovers();
    let (ready, started) = mpsc::channel();
    let socket = folder.join("socket");
    std::thread::Builder::new()
        .name("postgres".into())
        .spawn(move || {
            let (data, socket) = (folder.join("data"), folder.join("socket"));
            let owner = embedded::owner().unwrap();
            let postgres = Postgres::start(&data, &socket, owner.as_ref(), Durability::Fast).unwrap();
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(migrate(&embedded::url(&socket, OWNER))).unwrap();
            drop(runtime);
            ready.send(()).unwrap();
            loop {
                std::thread::park();
                let _keep = &postgres;
            }
        })
        .unwrap();
    started.recv().unwrap();
    socket
}

/// Removes the folders of test processes that are gone.
fn remove_leftovers() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix("weighhouse-test-"));
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
