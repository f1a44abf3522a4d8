//! A running server on a database and folders of its own.

use crate::db::Database;
use crate::people::Person;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use weighhouse_core::identity::{self, UserCreate, UserRole};
use weighhouse_core::kernel::config::{
    Config, JwtConfig, LogKey, MailConfig, MailTransport, SmtpConfig, StoreConfig, log_key_create,
};
use weighhouse_core::kernel::network::Proxies;
use weighhouse_core::kernel::outside::Outgoing;
use weighhouse_core::{App, Ctx, projects, tenancy};
use weighhouse_types::permission::{AgencyRole, Role, Scope, TenantRole};
use weighhouse_types::projects::ProjectCreate;
use weighhouse_types::tenancy::TenantCreate;

/// The password of everybody in tests.
pub const PASSWORD: &str = "four words make one";

/// The key of JWTs in tests.
pub const JWT_KEY: &str = "a key of more than thirty-two bytes";

/// The key that seals secrets in tests.
const SEAL_KEY: &str = "another key of more than thirty-two bytes";

/// What differs from the usual server.
#[derive(Default)]
pub struct Options {
    /// Send mail here instead of into a folder.
    pub smtp_url: Option<String>,
    /// Sign the audit logs with this key.
    pub log_key: Option<LogKey>,
    /// The authority that signed the SMTP server's certificate.
    pub smtp_ca: Option<PathBuf>,
    /// Keep files here instead of in a folder.
    pub store: Option<StoreConfig>,
    /// The keys of JWTs instead of the tests' own.
    pub jwt: Option<JwtConfig>,
    /// Believe these about where requests come from.
    pub proxies: Proxies,
    /// Ask no private network for models, as installations are set up.
    pub public_only: bool,
    /// Keep no secrets: without the key that seals them.
    pub unsealed: bool,
    /// Scan what is registered. Without, a log holds what the test does and no more.
    pub scans: bool,
}

/// A server, its database and its folders; all gone when dropped.
pub struct Server {
    pub app: Arc<App>,
    pub database: Database,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    folder: Arc<TempDir>,
    handle: actix_web::dev::ServerHandle,
    worker: CancellationToken,
}

/// A mail that was sent.
pub struct Mail {
    pub raw: String,
}

impl Server {
    /// A server with an empty installation.
    pub async fn empty() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let folder = TempDir::with_prefix("weighhouse-it-").unwrap();
        Self::on(Database::new().await, Arc::new(folder), options)
    }

    /// Another server, with a worker of its own, on the same database and folders.
    pub fn beside(&self, options: Options) -> Self {
        Self::on(self.database.clone(), Arc::clone(&self.folder), options)
    }

    fn on(database: Database, folder: Arc<TempDir>, options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let transport = match options.smtp_url {
            Some(url) => MailTransport::Smtp(SmtpConfig { url: url.parse().unwrap(), ca: options.smtp_ca }),
            None => MailTransport::Folder(folder.path().join("mail")),
        };
        let app = App::new(Config {
            database_url: database.app_url(),
            database_connections: 8,
            store: options.store.unwrap_or_else(|| StoreConfig {
                url: url::Url::from_directory_path(folder.path().join("store")).unwrap(),
                options: Vec::new(),
            }),
            mail: MailConfig { from: "Weighhouse <weighhouse@weighhouse.example>".into(), transport },
            public_url: url.parse().unwrap(),
            log_key: options.log_key,
            jwt: options.jwt.unwrap_or_else(|| JwtConfig { key: Some(JWT_KEY.into()), previous: None }),
            proxies: options.proxies,
            seal_key: (!options.unsealed).then(|| SEAL_KEY.parse().unwrap()),
            outgoing: Outgoing {
                allowed: if options.public_only { Vec::new() } else { vec!["127.0.0.0/8".parse().unwrap()] },
                patience: Duration::from_secs(2),
            },
        })
        .unwrap();
        let worker = CancellationToken::new();
        let handle = start(&app, listener, worker.clone(), options.scans);
        Self { app, database, url, folder, handle, worker }
    }

    /// A server with the agency `acme`, its clients `north` and `south`, and
    /// a project `claims` at each.
    pub async fn with_clients() -> Self {
        let server = Self::empty().await;
        server.populate().await;
        server
    }

    /// The same, whose worker signs the audit logs.
    pub async fn signing() -> Self {
        let (secret, _) = log_key_create("weighhouse.example").unwrap();
        let server =
            Self::with(Options { log_key: Some(secret.parse().unwrap()), ..Options::default() }).await;
        server.populate().await;
        server
    }

    pub async fn populate(&self) {
        let console = self.console();
        tenancy::agency_create(&console, "acme", "Acme AI").await.unwrap();
        for (slug, name) in [("north", "North Mutual"), ("south", "South Stores")] {
            let new = TenantCreate { slug: slug.into(), name: Some(name.into()) };
            tenancy::tenant_create(&console, "acme", new).await.unwrap();
            let new = ProjectCreate { slug: "claims".into(), name: None };
            projects::project_create(&console, slug, new).await.unwrap();
        }
    }

    /// The operator at the console.
    pub fn console(&self) -> Ctx {
        Ctx::console(&self.app)
    }

    /// A new person with a role, signed in. Tenant roles are at `north`.
    pub async fn person(&self, name: &str, role: Role) -> Person {
        self.person_at(name, role, "north").await
    }

    pub async fn person_at(&self, name: &str, role: Role, tenant: &str) -> Person {
        let email = format!("{name}@{tenant}.example");
        let role = match role {
            Role::Agency(role) => UserRole::Agency { agency: "acme".into(), role },
            Role::Tenant(role) => UserRole::Tenant { tenant: tenant.into(), role },
        };
        let new =
            UserCreate { email: email.clone(), name: Some(name.into()), password: PASSWORD.into(), role };
        identity::user_create(&self.console(), new).await.unwrap();
        self.sign_in(&email).await
    }

    /// A session of somebody who has a login.
    pub async fn sign_in(&self, email: &str) -> Person {
        let anonymous = Ctx::anonymous(&self.app, "test");
        let signed_in = identity::sign_in(&anonymous, email, PASSWORD, "test").await.unwrap();
        Person::with_session(&self.url, email, &signed_in.cookie)
    }

    pub async fn engineer(&self, name: &str) -> Person {
        self.person(name, Role::Agency(AgencyRole::Engineer)).await
    }

    pub async fn approver(&self, name: &str) -> Person {
        self.person(name, Role::Tenant(TenantRole::Approver)).await
    }

    /// A token of a person at `north`.
    pub async fn token(&self, person: &Person, scopes: &[Scope]) -> Person {
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
        let body = serde_json::json!({"name": "test", "scopes": scopes, "expires_days": 1});
        let answer = person.post("/api/v1/tenants/north/tokens", &body).await.expect(201);
        Person::with_token(&self.url, &person.email, answer["token"].as_str().unwrap())
    }

    /// Nobody.
    pub fn stranger(&self) -> Person {
        Person::anonymous(&self.url)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until the folder has as many mails to a recipient; newest last.
    pub async fn mails(&self, recipient: &str, count: usize) -> Vec<Mail> {
        let started = Instant::now();
        loop {
            let mails = self.mails_now(recipient);
            if mails.len() >= count {
                return mails;
            }
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "{} of {count} mails to {recipient}",
                mails.len()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The mails to a recipient that are there now.
    pub fn mails_now(&self, recipient: &str) -> Vec<Mail> {
        let entries = std::fs::read_dir(self.folder.path().join("mail")).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|e| e == "eml"));
        paths.sort();
        let raw = paths.iter().map(|path| std::fs::read_to_string(path).unwrap());
        raw.filter(|raw| raw.contains(&format!("To: {recipient}"))).map(|raw| Mail { raw }).collect()
    }
}

impl Mail {
    /// The first link to the server in the plain part, undone of the
    /// transfer encoding's soft line breaks.
    pub fn link(&self, url: &str) -> String {
        let text = self.raw.replace("=\r\n", "").replace("=3D", "=");
        let start = text.find(url).unwrap_or_else(|| panic!("no link to {url} in {text}"));
        text[start..].split_whitespace().next().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.worker.cancel();
        // The future only has to be made: the order is sent at once.
        drop(self.handle.stop(false));
    }
}

/// Runs server and worker on a thread of their own.
fn start(
    app: &Arc<App>,
    listener: TcpListener,
    stop: CancellationToken,
    scans: bool,
) -> actix_web::dev::ServerHandle {
    let (send, receive) = std::sync::mpsc::channel();
    let app = Arc::clone(app);
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = weighhouse_server::http::server(&app, listener, 1).unwrap();
            send.send(server.handle()).unwrap();
            let worker = actix_web::rt::spawn(async move {
                match scans {
                    true => weighhouse_worker::run(app, stop).await,
                    false => weighhouse_worker::run_short(app, stop).await,
                }
            });
            server.await.unwrap();
            worker.abort();
        });
    });
    receive.recv().unwrap()
}
