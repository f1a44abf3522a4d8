//! A real S3 server, moto's: one a test process, a bucket a test.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;
use weighhouse_core::kernel::config::StoreConfig;

static ADDRESS: OnceLock<String> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A bucket of one test.
pub struct Bucket {
    name: String,
}

impl Bucket {
    pub async fn new() -> Self {
        crate::tls_provider();
        let address = tokio::task::spawn_blocking(|| ADDRESS.get_or_init(start)).await.unwrap();
        let name = format!("bucket-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let url = format!("http://{address}/{name}");
        let made = reqwest::Client::new().put(&url).send().await.unwrap();
        assert!(made.status().is_success(), "{url}: {}", made.status());
        Self { name }
    }

    /// `127.0.0.1:PORT` of the server.
    pub fn address(&self) -> &'static str {
        ADDRESS.get().unwrap()
    }

    /// The bucket as an operator would configure it, reached at an address.
    pub fn store(&self, address: &str) -> StoreConfig {
        let options = [
            ("AWS_ENDPOINT", &*format!("http://{address}")),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "eu-central-1"),
            // Tests do not wait as long as people do.
            ("AWS_READ_TIMEOUT", "2 seconds"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "secret-of-the-store"),
            // What is in an environment and none of the store's business.
            ("TOKEN", "of something else"),
        ];
        StoreConfig {
            url: format!("s3://{}/some/prefix", self.name).parse().unwrap(),
            options: options.map(|(name, value)| (name.into(), value.into())).to_vec(),
        }
    }

    /// The names of the objects in it.
    pub async fn objects(&self) -> Vec<String> {
        let url = format!("http://{}/{}?list-type=2", self.address(), self.name);
        let list = self.signed(reqwest::Client::new().get(url)).send().await.unwrap().text().await.unwrap();
        let keys = list.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
        keys.map(ToOwned::to_owned).collect()
    }

    /// Changes or removes an object behind everybody's back.
    pub async fn overwrite(&self, key: &str, bytes: Option<Vec<u8>>) {
        let url = format!("http://{}/{}/{key}", self.address(), self.name);
        let client = reqwest::Client::new();
        let request = match bytes {
            Some(bytes) => client.put(url).body(bytes),
            None => client.delete(url),
        };
        assert!(self.signed(request).send().await.unwrap().status().is_success());
    }

    /// The server looks whether somebody signs, not how.
    fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.header("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/s3/aws4_request, SignedHeaders=host, Signature=0")
    }
}

/// Starts the server from a thread that lives as long as the process, and so
/// does the server.
fn start() -> String {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (started, ready) = mpsc::channel();
    std::thread::spawn(move || {
        let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/venv/bin/python");
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto: infra/setup.sh test installs it");
        for _ in 0..600 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                started.send(()).unwrap();
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = child.wait();
    });
    ready.recv_timeout(Duration::from_secs(30)).expect("moto: infra/setup.sh test installs it");
    format!("127.0.0.1:{port}")
}
