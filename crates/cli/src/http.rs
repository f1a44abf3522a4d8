//! The client of the REST API: how it is asked, and how it answers.

use crate::config::{self, Server};
use crate::error::{self, Error};
use crate::retry::retrying;
use crate::urls::Path;
use reqwest::header::{
    AUTHORIZATION, CONTENT_LENGTH, COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION, ORIGIN, RETRY_AFTER,
};
use reqwest::{Body, Method, Response, StatusCode, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;
use std::time::Duration;
use url::Url;
use weighhouse_types::annotations::Alias;
use weighhouse_types::error::Problem;
use weighhouse_types::reference::{VersionName, VersionRef};

/// Files up to this many bytes are small: their requests mostly wait.
pub(crate) const SMALL: u64 = 256 * 1024;
/// Requests at once for small files.
pub(crate) const SMALL_AT_ONCE: usize = 8;
/// Requests at once for others; what is buffered for them bounds the memory.
pub(crate) const LARGE_AT_ONCE: usize = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an ordinary answer may take, and how long a download may stand still.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long one part of 8 MiB may take: a line of 14 kB/s still works.
const PART_TIMEOUT: Duration = Duration::from_secs(600);
/// After this long without an acknowledgement the server's machine is gone.
const DEAD_AFTER: Duration = Duration::from_secs(60);
/// The longest JSON answer that is read: the parts of a file of 2 TiB fit.
const ANSWER_MAX: usize = 64 * 1024 * 1024;

/// What the API answered: the status, the headers, and JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

impl Answer {
    /// The answer as the type that the API documents for it.
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        T::deserialize(&self.json).map_err(error::unreadable)
    }
}

/// Names one operation over all its repetitions, so that the server does it
/// once and answers each of them the same.
pub(crate) struct Key(String);

impl Key {
    /// Of an operation that was never asked for before.
    pub(crate) fn fresh() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }
}

/// Speaks to one server in the name of one credential.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
}

impl Client {
    /// A client for the server that the environment or `wh login` names.
    pub(crate) fn from_config() -> anyhow::Result<Self> {
        Self::new(&config::server()?)
    }

    /// A client for a server, in the name of a token.
    pub(crate) fn new(server: &Server) -> anyhow::Result<Self> {
        let bearer = secret(AUTHORIZATION, &format!("Bearer {}", server.token))?;
        Self::with_headers(&server.url, HeaderMap::from_iter([bearer]))
    }

    /// A client as a browser is one, in the name of a session once there is
    /// its cookie. Unsafe requests of a session name where they come from.
    pub(crate) fn of_session(base: &Url, cookie: Option<&str>) -> anyhow::Result<Self> {
        let origin = HeaderValue::try_from(base.origin().ascii_serialization())?;
        let cookie = cookie.map(|cookie| secret(COOKIE, cookie)).transpose()?;
        Self::with_headers(base, std::iter::once((ORIGIN, origin)).chain(cookie).collect())
    }

    fn with_headers(base: &Url, headers: HeaderMap) -> anyhow::Result<Self> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("wh/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .tcp_keepalive(DEAD_AFTER / 4)
            .tcp_keepalive_interval(DEAD_AFTER / 4)
            .tcp_keepalive_retries(3)
            // A server closes idle connections; be first, or a request is lost to it.
            .pool_idle_timeout(Duration::from_secs(4))
            // One connection a request in flight bounds what is buffered.
            .http1_only()
            // A redirect could carry the token or a body where it must not go.
            .redirect(redirect::Policy::none());
        #[cfg(target_os = "linux")]
        {
            builder = builder.tcp_user_timeout(DEAD_AFTER);
        }
        if config::is_loopback(base) {
            builder = builder.no_proxy();
        }
        if base.scheme() == "http" {
            // Saves reading the system's certificates.
            builder = builder.tls_certs_only([]);
        }
        Ok(Self { http: builder.build()?, base: base.clone() })
    }

    /// The server's address.
    pub(crate) const fn base(&self) -> &Url {
        &self.base
    }

    /// GET, answered with JSON.
    pub(crate) async fn get(&self, path: &Path, query: &[(&str, String)]) -> Result<Answer, Error> {
        let mut url = path.endpoint(&self.base);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.http.request(Method::GET, url);
        within(ANSWER_TIMEOUT, async { answer(send(request).await?).await }).await
    }

    /// GET, tried again while the server does not answer.
    pub(crate) async fn read(&self, path: &Path, query: &[(&str, String)]) -> Result<Answer, Error> {
        retrying(&say, || self.get(path, query)).await
    }

    /// The number of a version that may have been named by an alias.
    pub(crate) async fn resolve(&self, name: &VersionName) -> Result<VersionRef, Error> {
        match name {
            VersionName::Number(version) => Ok(version.clone()),
            VersionName::Alias(model, alias) => {
                let path = Path::model(model).join(["aliases", alias]);
                Ok(self.read(&path, &[]).await?.decode::<Alias>()?.version)
            }
        }
    }

    /// POST of JSON, answered with JSON, tried again while the server does not
    /// answer. It is done once, however often it was sent.
    pub(crate) async fn act(&self, path: &Path, body: &(impl Serialize + Sync)) -> Result<Answer, Error> {
        let key = Key::fresh();
        retrying(&say, || self.post(path, &key, body)).await
    }

    /// POST of JSON, answered with JSON.
    pub(crate) async fn post(
        &self,
        path: &Path,
        key: &Key,
        body: &(impl Serialize + Sync),
    ) -> Result<Answer, Error> {
        within(ANSWER_TIMEOUT, self.post_patiently(path, key, body)).await
    }

    /// POST that may take as long as it takes: reading a terabyte back, say.
    /// Only a connection that died ends it.
    pub(crate) async fn post_patiently(
        &self,
        path: &Path,
        Key(key): &Key,
        body: &(impl Serialize + Sync),
    ) -> Result<Answer, Error> {
        let request = self.http.request(Method::POST, path.endpoint(&self.base));
        answer(send(request.header("idempotency-key", key).json(body)).await?).await
    }

    /// POST of JSON that is sent once, and under no key: its answer is a secret
    /// that nobody shall keep for a second time.
    pub(crate) async fn post_once(
        &self,
        path: &Path,
        body: &(impl Serialize + Sync),
    ) -> Result<Answer, Error> {
        let request = self.http.request(Method::POST, path.endpoint(&self.base)).json(body);
        within(ANSWER_TIMEOUT, async { answer(send(request).await?).await }).await
    }

    /// PUT of JSON, which is answered with nothing.
    pub(crate) async fn put(&self, path: &Path, body: &(impl Serialize + Sync)) -> Result<(), Error> {
        let request = self.http.request(Method::PUT, path.endpoint(&self.base)).json(body);
        within(ANSWER_TIMEOUT, send(request)).await.map(drop)
    }

    /// DELETE, which is answered with nothing.
    pub(crate) async fn delete(&self, path: &Path) -> Result<(), Error> {
        let request = self.http.request(Method::DELETE, path.endpoint(&self.base));
        within(ANSWER_TIMEOUT, send(request)).await.map(drop)
    }

    /// PUT of one part of a file.
    pub(crate) async fn put_part(
        &self,
        path: &Path,
        digest: &str,
        size: u64,
        body: Body,
    ) -> Result<(), Error> {
        let request = self
            .http
            .request(Method::PUT, path.endpoint(&self.base))
            .header("content-digest", digest)
            .header(CONTENT_LENGTH, size)
            .body(body);
        within(PART_TIMEOUT, send(request)).await.map(drop)
    }

    /// PUT of small files, one after the other in one body.
    pub(crate) async fn put_small(&self, path: &Path, body: Vec<u8>) -> Result<(), Error> {
        let request = self.http.request(Method::PUT, path.endpoint(&self.base)).body(body);
        within(PART_TIMEOUT, send(request)).await.map(drop)
    }

    /// GET of a file's bytes.
    pub(crate) async fn bytes(&self, path: &Path) -> Result<Response, Error> {
        let request = self.http.request(Method::GET, path.endpoint(&self.base));
        within(ANSWER_TIMEOUT, send(request)).await
    }
}

/// Tells of a wait where there is no progress to tell it beside.
pub(crate) fn say(text: &str) {
    eprintln!("{}", crate::output::clean(text));
}

/// A header that no log shows.
fn secret(name: HeaderName, value: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let mut value = HeaderValue::try_from(value)?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// Bounds how long something may take.
pub(crate) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(limit, work).await {
        Ok(result) => result,
        Err(_elapsed) => {
            let message = format!("the server did not answer within {} s", limit.as_secs());
            Err(Error::Transport(message))
        }
    }
}

async fn send(request: reqwest::RequestBuilder) -> Result<Response, Error> {
    let response = request.send().await?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    if status.is_redirection() {
        let target = response.headers().get(LOCATION).and_then(|v| v.to_str().ok()).unwrap_or("elsewhere");
        return Err(Error::Final(format!(
            "{} redirects to {target}: name the server by the address that answers",
            response.url()
        )));
    }
    Err(refused(response).await)
}

/// Reads an answer that is no success: a problem document, or somebody else's.
async fn refused(response: Response) -> Error {
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let (status, url, request_id) = (response.status(), response.url().to_string(), header("x-request-id"));
    let retry_after = header(RETRY_AFTER.as_str()).and_then(|v| v.parse().ok()).map(Duration::from_secs);
    let body = within(ANSWER_TIMEOUT, body(response)).await.unwrap_or_default();
    match serde_json::from_slice::<Problem>(&body) {
        Ok(mut problem) => {
            problem.request_id = problem.request_id.or(request_id);
            Error::Refused { problem: Box::new(problem), retry_after }
        }
        Err(_not_a_problem) => Error::Status { url, status, request_id, retry_after },
    }
}

async fn answer(response: Response) -> Result<Answer, Error> {
    let (status, headers, url) = (response.status(), response.headers().clone(), response.url().clone());
    let body = body(response).await?;
    let json = serde_json::from_slice(&body)
        .map_err(|e| Error::Final(format!("{url} does not answer like a Weighhouse: {e}")))?;
    Ok(Answer { status, headers, json })
}

async fn body(mut response: Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(Error::Final(format!(
                "{} answers with more than {ANSWER_MAX} bytes",
                response.url()
            )));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
