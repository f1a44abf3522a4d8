//! The commits between versions, as a link to where the code is kept.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// From the first version's commit to another's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CommitRange {
    pub from: String,
    pub to: String,
    /// The page that shows the changes; absent where the host is not known to have one.
    pub url: Option<String>,
}

/// For each version the way from the first one's commit; none where the commit
/// is the same, or the repository is another.
pub(super) fn ranges(contexts: &[&Value]) -> Vec<Option<CommitRange>> {
    let first = contexts.first().and_then(|context| state(context));
    contexts.iter().map(|context| range(first?, state(context)?)).collect()
}

/// Repository and commit.
fn state(context: &Value) -> Option<(&str, &str)> {
    let code = context.get("code")?;
    Some((code.get("repository").and_then(Value::as_str).unwrap_or_default(), code.get("commit")?.as_str()?))
}

fn range((from_repository, from): (&str, &str), (to_repository, to): (&str, &str)) -> Option<CommitRange> {
    if from == to {
        return None;
    }
    let (before, after) = (Page::of(from_repository), Page::of(to_repository));
    let same = if before.is_some() { before == after } else { from_repository == to_repository };
    let hex =
        |commit: &str| (7..=64).contains(&commit.len()) && commit.bytes().all(|b| b.is_ascii_hexdigit());
    let url = after.filter(|_| hex(from) && hex(to)).map(|page| page.compare(from, to));
    same.then(|| CommitRange { from: from.into(), to: to.into(), url })
}

/// A repository's page.
#[derive(PartialEq, Eq)]
struct Page {
    host: Host,
    /// Without a user or a password that the repository's address may have.
    address: String,
}

#[derive(PartialEq, Eq)]
enum Host {
    GitHub,
    GitLab,
    Bitbucket,
}

impl Page {
    /// The page of a repository as git names it: over https, or ssh in its two forms.
    fn of(repository: &str) -> Option<Self> {
        let address = repository.strip_prefix("git+").unwrap_or(repository);
        let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
        let rest = rest.rsplit_once('@').map_or(rest, |(_user, rest)| rest);
        let (place, path) = match scheme {
            "" => rest.split_once(':')?,
            "http" | "https" | "ssh" | "git" => rest.split_once('/')?,
            _ => return None,
        };
        let web = matches!(scheme, "http" | "https");
        let (name, port) = place.split_once(':').unwrap_or((place, ""));
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let plain =
            |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
        if !plain(name, ".-") || !plain(port, "") || !plain(path, "-._~/") || path.is_empty() {
            return None;
        }
        let has = |label: &str| name.to_ascii_lowercase().split(['.', '-']).any(|part| part == label);
        let known = [("github", Host::GitHub), ("gitlab", Host::GitLab), ("bitbucket", Host::Bitbucket)];
        let (_, host) = known.into_iter().find(|(label, _)| has(label))?;
        let port = if web && !port.is_empty() { format!(":{port}") } else { String::new() };
        Some(Self { host, address: format!("https://{name}{port}/{path}") })
    }

    fn compare(&self, from: &str, to: &str) -> String {
        let address = &self.address;
        match self.host {
            Host::GitHub => format!("{address}/compare/{from}...{to}"),
            Host::GitLab => format!("{address}/-/compare/{from}...{to}"),
            Host::Bitbucket => format!("{address}/branches/compare/{to}%0D{from}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn url(repository: &str) -> Option<String> {
        let code = |commit: &str| json!({"code": {"repository": repository, "commit": commit}});
        let found = ranges(&[&code("aaaaaaa"), &code("bbbbbbb")]).pop().flatten().expect("a range");
        found.url
    }

    #[test]
    fn known_hosts_have_a_page_for_a_range() {
        let github = Some("https://github.com/north/claims/compare/aaaaaaa...bbbbbbb".to_owned());
        for repository in [
            "https://github.com/north/claims",
            "https://github.com/north/claims.git",
            "git@github.com:north/claims.git",
            "ssh://git@github.com:22/north/claims.git",
            "git+https://github.com/north/claims",
        ] {
            assert_eq!(url(repository), github, "{repository}");
        }
        assert_eq!(
            url("https://gitlab.north.example:8443/a/b/c.git").as_deref(),
            Some("https://gitlab.north.example:8443/a/b/c/-/compare/aaaaaaa...bbbbbbb")
        );
        assert_eq!(
            url("git@bitbucket.org:north/claims.git").as_deref(),
            Some("https://bitbucket.org/north/claims/branches/compare/bbbbbbb%0Daaaaaaa")
        );
    }

    #[test]
    fn a_password_in_an_address_is_left_out() {
        let url = url("https://ann:secret@github.com/north/claims").unwrap();
        assert!(!url.contains("secret") && url.starts_with("https://github.com/"), "{url}");
    }

    #[test]
    fn what_is_no_known_host_has_no_link() {
        for repository in [
            "https://git.north.example/claims",
            "javascript://github.com/%0aalert(1)",
            "https://github.com/a\"><script>",
            "/srv/github/claims",
            "https://notgithub.com/a/b",
            "https://github.com/",
        ] {
            assert_eq!(url(repository), None, "{repository}");
        }
    }

    #[test]
    fn the_same_commit_and_another_repository_make_no_range() {
        let code =
            |repository: &str, commit: &str| json!({"code": {"repository": repository, "commit": commit}});
        let one = code("https://github.com/a/b", "aaaaaaa");
        assert_eq!(
            ranges(&[&one, &one, &code("https://github.com/a/c", "bbbbbbb"), &json!({})]),
            [None, None, None, None]
        );
    }
}
