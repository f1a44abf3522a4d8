//! Which server to speak to, and with which token: the environment, else what
//! `wh login` stored.

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use url::{Host, Url};

/// A server and the token for it.
pub(crate) struct Server {
    pub(crate) url: Url,
    pub(crate) token: String,
}

/// The file that `wh login` writes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    url: String,
    token: String,
}

/// The server and token that the environment or the stored file names.
///
/// # Errors
/// When neither names both, or what they name cannot be used.
pub(crate) fn server() -> Result<Server> {
    let stored = match file() {
        Ok(path) => read(&path)?,
        Err(_) => None,
    };
    choose(variable("WH_URL")?.as_deref(), variable("WH_TOKEN")?.as_deref(), stored)
}

/// The server alone, for what a person does there in their own name.
///
/// # Errors
/// When neither the environment nor the stored file names one.
pub(crate) fn address() -> Result<Url> {
    match variable("WH_URL")? {
        Some(url) => url_parse(&url).map_err(|e| anyhow!("WH_URL: {e}")),
        None => match file().ok().map(|path| read(&path)).transpose()?.flatten() {
            Some(stored) => {
                url_parse(&stored.url).map_err(|e| anyhow!("the stored server cannot be used: {e}"))
            }
            None => {
                bail!("no server is named: set WH_URL to its address, such as https://weighhouse.example")
            }
        },
    }
}

/// Stores a server and its token, readable by the user only; returns where.
pub(crate) fn store(server: &Server) -> Result<PathBuf> {
    let path = file()?;
    write(&path, server).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// Removes what is stored; returns the server that it was for.
pub(crate) fn forget() -> Result<Option<String>> {
    let path = file()?;
    let stored = read(&path);
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(Some(stored.ok().flatten().map_or_else(|| path.display().to_string(), |c| c.url))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(anyhow!(e).context(format!("cannot remove {}", path.display()))),
    }
}

/// Reads a server's URL as typed, and refuses what would expose the token.
///
/// # Errors
/// Says what is wrong with it.
pub(crate) fn url_parse(text: &str) -> Result<Url, String> {
    let Ok(mut url) = Url::parse(text) else {
        return Err(format!("‘{text}’ is no URL: write https://weighhouse.example"));
    };
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(format!("‘{text}’ is no web address: write https://weighhouse.example"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(format!(
            "plain http would show your token and models to everyone on the way to {}; \
             use https://, or a tunnel such as `ssh -L 8080:127.0.0.1:8080 {}` and http://127.0.0.1:8080",
            url.host_str().unwrap_or_default(),
            url.host_str().unwrap_or_default(),
        ));
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(format!("‘{text}’ holds more than a server's address: leave out user, ? and #"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Whether a server is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Brings a token into the form that a header can carry.
///
/// # Errors
/// When it cannot be one.
pub(crate) fn token_parse(text: &str) -> Result<String> {
    let token = text.trim();
    if token.is_empty() {
        bail!(
            "there is no token: make one with `wh token create`, or in the web UI on the tenant's page under ‘Tokens’"
        );
    }
    if !token.bytes().all(|b| b.is_ascii_graphic()) {
        bail!("the token holds blanks or characters that no token has; copy it again, it begins with wh_");
    }
    Ok(token.to_owned())
}

/// The environment wins; a stored token goes to the server it was stored for
/// and to no other.
fn choose(url: Option<&str>, token: Option<&str>, stored: Option<Credentials>) -> Result<Server> {
    let from_variable = |text: &str| url_parse(text).map_err(|e| anyhow!("WH_URL: {e}"));
    let from_file =
        |text: &str| url_parse(text).map_err(|e| anyhow!("the stored server cannot be used: {e}"));
    match (url, token, stored) {
        (Some(url), Some(token), _) => Ok(Server { url: from_variable(url)?, token: token_parse(token)? }),
        (None, Some(token), Some(stored)) => {
            Ok(Server { url: from_file(&stored.url)?, token: token_parse(token)? })
        }
        (None, None, Some(stored)) => {
            Ok(Server { url: from_file(&stored.url)?, token: token_parse(&stored.token)? })
        }
        (Some(url), None, Some(stored)) => {
            let url = from_variable(url)?;
            if url != from_file(&stored.url)? {
                bail!("WH_URL names {url}, but the stored token is for {}: set WH_TOKEN as well", stored.url);
            }
            Ok(Server { url, token: token_parse(&stored.token)? })
        }
        (Some(url), None, None) => {
            bail!("there is no token for {url}: set WH_TOKEN, or run `wh login {url}`")
        }
        (None, Some(_), None) => bail!("WH_TOKEN is set, but no server: set WH_URL as well"),
        (None, None, None) => {
            bail!("not logged in: run `wh login URL`, or set WH_URL and WH_TOKEN")
        }
    }
}

/// A variable; one that is empty counts as not set.
fn variable(name: &str) -> Result<Option<String>> {
    match std::env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => bail!("{name} is not UTF-8"),
    }
}

fn file() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    let folder =
        folder.context("neither XDG_CONFIG_HOME nor HOME is set: there is no place for credentials")?;
    Ok(folder.join("weighhouse").join("credentials.toml"))
}

fn read(path: &Path) -> Result<Option<Credentials>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(anyhow!(e).context(format!("cannot read {}", path.display()))),
    };
    // The parser's message would quote the line, and with it the token.
    let Ok(credentials) = toml::from_str(&text) else {
        bail!("{} is damaged: run `wh login URL` again", path.display());
    };
    Ok(Some(credentials))
}

fn write(path: &Path, server: &Server) -> Result<()> {
    let folder = path.parent().context("has no folder")?;
    folder_create(folder)?;
    let credentials = Credentials { url: server.url.to_string(), token: server.token.clone() };
    let text = toml::to_string(&credentials)?;
    // A temporary file is born with mode 0600, and renaming keeps it.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn folder_create(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> Option<Credentials> {
        Some(Credentials { url: "https://stored.example/".into(), token: "wh_stored".into() })
    }

    fn chosen(url: Option<&str>, token: Option<&str>, stored: Option<Credentials>) -> (String, String) {
        let server = choose(url, token, stored).unwrap();
        (server.url.to_string(), server.token)
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let both = |u: &str, t: &str| (u.to_owned(), t.to_owned());
        assert_eq!(
            chosen(Some("https://e.example"), Some("wh_e"), stored()),
            both("https://e.example/", "wh_e")
        );
        assert_eq!(chosen(None, Some(" wh_e\n"), stored()), both("https://stored.example/", "wh_e"));
        assert_eq!(chosen(None, None, stored()), both("https://stored.example/", "wh_stored"));
        assert_eq!(
            chosen(Some("https://stored.example"), None, stored()),
            both("https://stored.example/", "wh_stored")
        );
    }

    #[test]
    fn a_stored_token_goes_to_no_other_server() {
        let error = choose(Some("https://e.example"), None, stored()).err().unwrap().to_string();
        assert!(error.contains("WH_TOKEN") && error.contains("stored.example"), "{error}");
        assert!(!error.contains("wh_stored"), "{error}");
    }

    #[test]
    fn what_is_missing_is_said() {
        let error = |url, token| choose(url, token, None).err().unwrap().to_string();
        assert!(error(None, None).contains("wh login"));
        assert!(error(Some("https://e.example"), None).contains("WH_TOKEN"));
        assert!(error(None, Some("wh_e")).contains("WH_URL"));
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for fine in [
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "http://[::1]:80/",
            "http://wh.localhost",
            "https://a.example/wh/",
        ] {
            assert!(url_parse(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "http://weighhouse.example",
            "http://10.0.0.1",
            "http://localhost.example",
            "http://0.0.0.0:8080",
        ] {
            assert!(url_parse(wrong).unwrap_err().contains("plain http"), "{wrong}");
        }
        for wrong in [
            "weighhouse.example",
            "localhost:8080",
            "ftp://a.example",
            "https://u:p@a.example",
            "https://a.example/?x=1",
            "",
        ] {
            assert!(url_parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn credentials_are_readable_by_their_owner_only() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("weighhouse/credentials.toml");
        let server = Server { url: url_parse("https://a.example").unwrap(), token: "wh_a".into() };
        write(&path, &server).unwrap();
        write(&path, &server).unwrap();
        assert_eq!(read(&path).unwrap().unwrap().token, "wh_a");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o600);
            assert_eq!(mode(path.parent().unwrap()), 0o700);
        }
    }

    #[test]
    fn a_damaged_file_does_not_show_its_token() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("credentials.toml");
        std::fs::write(&path, "url = 'https://a.example'\ntoken = 'wh_secret").unwrap();
        let error = format!("{:#}", read(&path).err().unwrap());
        assert!(error.contains("wh login") && !error.contains("wh_secret"), "{error}");
    }
}
