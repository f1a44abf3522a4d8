//! TLS to Postgres, against a real cluster that speaks it.

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use weighhouse_core::App;
use weighhouse_core::kernel::config::{Config, JwtConfig, MailConfig, MailTransport, StoreConfig};
use weighhouse_core::kernel::migrate::migrate;
use weighhouse_core::kernel::network::Proxies;
use weighhouse_core::kernel::outside::Outgoing;
use weighhouse_server::embedded::{self, Durability, OWNER, Postgres};
use weighhouse_testkit::Certificates;

/// A cluster on loopback that takes nothing but TLS there.
struct Cluster {
    _postgres: Postgres,
    folder: TempDir,
    port: u16,
}

impl Cluster {
    /// The cluster dies with the thread that started it: the test's own.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let certificates = Certificates::make(&folder.path().join("tls"));
        Certificates::make(&folder.path().join("other"));
        let owner = embedded::owner().unwrap();
        if owner.is_some() {
            let key = certificates.path("server.key");
            assert!(Command::new("chown").arg("postgres").arg(key).status().unwrap().success());
        }
        let hba = folder.path().join("hba.conf");
        std::fs::write(&hba, "local all all trust\nhostssl all all 127.0.0.1/32 trust\n").unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", certificates.path("server.pem").display()),
            format!("ssl_key_file={}", certificates.path("server.key").display()),
            format!("hba_file={}", hba.display()),
        ];
        let (data, socket) = (folder.path().join("data"), folder.path().join("socket"));
        let postgres = Postgres::start_with(&data, &socket, owner.as_ref(), Durability::Fast, &settings);
        Self { _postgres: postgres.unwrap(), folder, port }
    }

    fn url(&self, user: &str, host: &str, query: &str) -> String {
        format!("postgres://{user}@{host}:{}/weighhouse?{query}", self.port)
    }

    fn ca(&self, folder: &str) -> String {
        format!("sslrootcert={}", self.folder.path().join(folder).join("ca.pem").display())
    }
}

async fn reached(url: String) -> Result<(), String> {
    let nowhere = Path::new("/nonexistent");
    let app = App::new(Config {
        database_url: url,
        database_connections: 2,
        store: StoreConfig { url: "memory:///".parse().unwrap(), options: Vec::new() },
        mail: MailConfig {
            from: "a@weighhouse.example".into(),
            transport: MailTransport::Folder(nowhere.into()),
        },
        public_url: "http://localhost".parse().unwrap(),
        log_key: None,
        jwt: JwtConfig::default(),
        proxies: Proxies::default(),
        seal_key: None,
        outgoing: Outgoing::default(),
    });
    let app = app.map_err(|e| e.to_string())?;
    app.schema_ready().await.map_err(|e| e.to_string())
}

#[tokio::test]
async fn the_server_is_who_the_url_says() {
    let cluster = Cluster::start();
    let (ours, other) = (cluster.ca("tls"), cluster.ca("other"));
    let full = format!("sslmode=verify-full&{ours}");

    // Before the migration the program says what is missing.
    let owner = cluster.url(OWNER, "localhost", &full);
    let said = reached(owner.clone()).await.unwrap_err();
    assert!(said.contains("was never migrated") && said.contains("weighhouse migrate"), "{said}");
    migrate(&owner).await.unwrap();

    let url = |host: &str, query: &str| cluster.url("weighhouse_app", host, query);
    for (host, query) in [
        ("localhost", full.clone()),
        ("127.0.0.1", format!("sslmode=verify-ca&{ours}")),
        ("127.0.0.1", "sslmode=require".into()),
        ("127.0.0.1", format!("sslmode=require&{ours}")),
        ("127.0.0.1", "sslmode=prefer".into()),
        ("127.0.0.1", String::new()),
    ] {
        reached(url(host, &query)).await.unwrap_or_else(|e| panic!("{host} {query}: {e}"));
    }
    for (host, query, wanted) in [
        // The certificate is localhost's.
        ("127.0.0.1", full.clone(), "certificate"),
        ("localhost", format!("sslmode=verify-full&{other}"), "certificate"),
        ("localhost", format!("sslmode=verify-ca&{other}"), "certificate"),
        ("localhost", format!("sslmode=require&{other}"), "certificate"),
        // The machine's own authorities do not know it.
        ("localhost", "sslmode=verify-full".into(), "certificate"),
        ("127.0.0.1", "sslmode=disable".into(), "no pg_hba.conf entry"),
        ("localhost", "sslmode=verify-full&sslrootcert=/nonexistent.pem".into(), "/nonexistent.pem"),
        ("localhost", "sslmode=on".into(), "verify-full"),
    ] {
        let said = reached(url(host, &query)).await.unwrap_err();
        assert!(said.contains(wanted), "{host} {query}: {said}");
    }
}
