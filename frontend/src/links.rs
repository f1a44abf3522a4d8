//! Where everything is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use weighhouse_types::datasets::DataRef;
use weighhouse_types::exports::ExportFormat;
use weighhouse_types::ids::PromotionId;
use weighhouse_types::reference::{ModelRef, VersionRef};

/// What may stand in a path as it is (RFC 3986, unreserved).
const SEGMENT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as one segment of a path or one value of a query.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, &SEGMENT).to_string()
}

/// Sign-in, and where to go on from there.
pub(crate) fn sign_in(next: &str) -> String {
    if next.is_empty() || next == "/" { "/sign-in".into() } else { format!("/sign-in?next={}", encode(next)) }
}

/// A path inside this installation, or the first page for anything else: a
/// link must not lead people elsewhere.
pub(crate) fn local(next: &str) -> String {
    let local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(char::is_control);
    if local { next.into() } else { "/".into() }
}

pub(crate) fn tenant(tenant: &str) -> String {
    format!("/t/{tenant}")
}

pub(crate) fn tenant_page(tenant: &str, page: &str) -> String {
    format!("/t/{tenant}/{page}")
}

/// All models of a client as a table for a spreadsheet.
pub(crate) fn models_csv(tenant: &str) -> String {
    format!("/api/v1/tenants/{tenant}/models.csv")
}

pub(crate) fn project(tenant: &str, project: &str) -> String {
    format!("/t/{tenant}/p/{project}")
}

pub(crate) fn model(model: &ModelRef) -> String {
    format!("/t/{}/p/{}/m/{}", model.tenant, model.project, encode(&model.model))
}

pub(crate) fn version(version: &VersionRef) -> String {
    format!("{}/v/{}", model(&version.model), version.number)
}

/// A tab of a version's page; the empty name is the first.
pub(crate) fn version_tab(of: &VersionRef, tab: &str) -> String {
    if tab.is_empty() { version(of) } else { format!("{}/{tab}", version(of)) }
}

/// Versions side by side, as `project/model@3`; all of them, or what differs.
pub(crate) fn compare(tenant: &str, versions: &[String], all: bool) -> String {
    let versions = versions.iter().map(|version| format!("v={}", encode(version)));
    let query: Vec<String> = versions.chain(all.then(|| "all=1".to_owned())).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/t/{tenant}/compare{mark}{}", query.join("&"))
}

/// A version beside another one of its model.
pub(crate) fn compare_with(number: u32, version: &VersionRef) -> String {
    let ModelRef { tenant, project, model } = &version.model;
    let versions = [number, version.number].map(|number| format!("{project}/{model}@{number}"));
    compare(tenant, &versions, false)
}

/// The same for scripts.
pub(crate) fn compare_api(tenant: &str, versions: &[String], format: &str) -> String {
    let versions: String = versions.iter().map(|version| format!("version={}&", encode(version))).collect();
    format!("/api/v1/tenants/{tenant}/compare?{versions}format={format}")
}

/// A version of a dataset.
pub(crate) fn dataset(tenant: &str, version: &DataRef) -> String {
    format!("/t/{tenant}/datasets/{}/v/{}", encode(&version.name), version.number)
}

/// How a version of a dataset differs from another.
pub(crate) fn drift(tenant: &str, from: &DataRef, to: &DataRef) -> String {
    format!("{}/drift?against={}", dataset(tenant, to), encode(&from.to_string()))
}

/// A version of a feature pipeline.
pub(crate) fn pipeline(tenant: &str, version: &DataRef) -> String {
    format!("/t/{tenant}/pipelines/{}/v/{}", encode(&version.name), version.number)
}

pub(crate) fn promotion(tenant: &str, id: PromotionId) -> String {
    format!("/t/{tenant}/promotions/{id}")
}

/// The people who work at an agency.
pub(crate) fn staff(agency: &str) -> String {
    format!("/agencies/{agency}/staff")
}

/// All files of a version as one archive.
pub(crate) fn archive(version: &VersionRef) -> String {
    format!("{}/archive", api(version))
}

/// A version in an open format.
pub(crate) fn export(version: &VersionRef, format: ExportFormat) -> String {
    format!("{}/export?format={format}", api(version))
}

/// One file of a version.
pub(crate) fn file(version: &VersionRef, path: &str) -> String {
    let path: Vec<String> = path.split('/').map(encode).collect();
    format!("{}/files/{}", api(version), path.join("/"))
}

fn api(version: &VersionRef) -> String {
    let ModelRef { tenant, project, model } = &version.model;
    format!(
        "/api/v1/tenants/{tenant}/projects/{project}/models/{}/versions/{}",
        encode(model),
        version.number
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded() {
        let version: VersionRef = "nordhaven/claims/Fraud scorer@2".parse().unwrap();
        assert_eq!(super::version(&version), "/t/nordhaven/p/claims/m/Fraud%20scorer/v/2");
        assert!(file(&version, "a b/c.onnx").ends_with("/versions/2/files/a%20b/c.onnx"));
    }

    #[test]
    fn links_stay_inside() {
        for outside in ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "", "x"] {
            assert_eq!(local(outside), "/", "{outside}");
        }
        assert_eq!(local("/t/nordhaven?at=1"), "/t/nordhaven?at=1");
    }
}
