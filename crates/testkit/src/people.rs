//! People and scripts who call a server.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, COOKIE};
use serde_json::Value;

/// Somebody with a way to call the server.
#[derive(Clone)]
pub struct Person {
    pub email: String,
    /// The session's cookie, for a browser.
    pub cookie: Option<String>,
    /// The API token, for a script.
    pub token: Option<String>,
    url: String,
    client: reqwest::Client,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON, of an answer that must have a status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// The detail of the problem that the answer must be.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        let problem = self.expect(status);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(problem["status"], status);
        problem["detail"].as_str().unwrap().to_owned()
    }

    /// The value of a cookie that the answer sets.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let set = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let pairs = set.filter_map(|text| text.split(';').next()?.split_once('='));
        pairs.filter(|(found, _)| *found == name).map(|(_, value)| value.to_owned()).next_back()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

impl Person {
    pub fn anonymous(url: &str) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { email: String::new(), cookie: None, token: None, url: url.into(), client }
    }

    /// Somebody with a session's cookie, in a browser.
    pub fn with_session(url: &str, email: &str, cookie: &str) -> Self {
        Self { email: email.into(), cookie: Some(cookie.into()), ..Self::anonymous(url) }
    }

    pub fn with_token(url: &str, email: &str, token: &str) -> Self {
        Self { email: email.into(), token: Some(token.into()), ..Self::anonymous(url) }
    }

    /// A request with the person's credential, as from our own pages.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(cookie) = &self.cookie {
            request = request
                .header(COOKIE, format!("wh_session={cookie}"))
                .header("Sec-Fetch-Site", "same-origin");
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        request
    }

    /// A request that a proxy passed on for an address.
    pub async fn post_from(&self, address: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).header("X-Forwarded-For", address);
        self.send(request.json(body)).await
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }
}
