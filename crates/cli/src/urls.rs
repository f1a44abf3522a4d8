//! Where things are: in the API, and in the web UI.

use url::Url;
use weighhouse_types::datasets::DataRef;
use weighhouse_types::ids::PromotionId;
use weighhouse_types::reference::{ModelRef, VersionRef};

/// A path as segments, which are percent-encoded where it becomes a URL.
#[derive(Clone, Debug)]
pub(crate) struct Path(Vec<String>);

impl Path {
    /// The caller.
    pub(crate) fn me() -> Self {
        Self(vec!["me".into()])
    }

    /// The session of a person who signs in.
    pub(crate) fn session() -> Self {
        Self(vec!["session".into()])
    }

    /// Where an API token is exchanged for a short-lived one.
    pub(crate) fn token_exchange() -> Self {
        Self(vec!["tokens".into(), "exchange".into()])
    }

    /// A tenant.
    pub(crate) fn tenant(slug: &str) -> Self {
        Self(vec!["tenants".into(), slug.into()])
    }

    /// A project.
    pub(crate) fn project(tenant: &str, project: &str) -> Self {
        Self::tenant(tenant).join(["projects", project])
    }

    /// A model.
    pub(crate) fn model(model: &ModelRef) -> Self {
        Self::project(&model.tenant, &model.project).join(["models", &model.model])
    }

    /// A version.
    pub(crate) fn version(version: &VersionRef) -> Self {
        Self::model(&version.model).join(["versions", &version.number.to_string()])
    }

    /// Datasets or pipelines of a name, `kind` being the plural.
    pub(crate) fn data(tenant: &str, kind: &str, name: &str) -> Self {
        Self::tenant(tenant).join([kind, name, "versions"])
    }

    /// A promotion request.
    pub(crate) fn promotion(tenant: &str, id: PromotionId) -> Self {
        Self::tenant(tenant).join(["promotions", &id.to_string()])
    }

    /// What is below it.
    pub(crate) fn join<'a>(mut self, segments: impl IntoIterator<Item = &'a str>) -> Self {
        self.0.extend(segments.into_iter().map(str::to_owned));
        self
    }

    /// The URL in the API of a server.
    pub(crate) fn endpoint(&self, base: &Url) -> Url {
        self.below(base, &["api", "v1"])
    }

    fn below(&self, base: &Url, prefix: &[&str]) -> Url {
        let mut url = base.clone();
        // Fails only for URLs that hold no path, and a server's always can.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(prefix).extend(&self.0);
        }
        url
    }
}

/// The page of a project. The frontend's routes say the same as these.
pub(crate) fn project_page(base: &Url, tenant: &str, project: &str) -> Url {
    page(base, &["t", tenant, "p", project])
}

/// The page of a model.
pub(crate) fn model_page(base: &Url, model: &ModelRef) -> Url {
    page(base, &["t", &model.tenant, "p", &model.project, "m", &model.model])
}

/// The page of a version.
pub(crate) fn version_page(base: &Url, version: &VersionRef) -> Url {
    page(&model_page(base, &version.model), &["v", &version.number.to_string()])
}

/// The page of a version of a dataset or pipeline.
pub(crate) fn data_page(base: &Url, tenant: &str, kind: &str, version: &DataRef) -> Url {
    page(base, &["t", tenant, kind, &version.name, "v", &version.number.to_string()])
}

/// The page of a promotion request.
pub(crate) fn promotion_page(base: &Url, tenant: &str, id: PromotionId) -> Url {
    page(base, &["t", tenant, "promotions", &id.to_string()])
}

/// The page of versions side by side.
pub(crate) fn compare_page(base: &Url, tenant: &str, versions: &[VersionRef]) -> Url {
    let mut url = page(base, &["t", tenant, "compare"]);
    let short = |v: &VersionRef| format!("{}/{}@{}", v.model.project, v.model.model, v.number);
    url.query_pairs_mut().extend_pairs(versions.iter().map(|version| ("v", short(version))));
    url
}

fn page(base: &Url, segments: &[&str]) -> Url {
    Path(segments.iter().map(|segment| (*segment).to_owned()).collect()).below(base, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn every_segment_is_encoded() {
        let version: VersionRef = "northwind/claims/Fraud scorer #2 100%?@3".parse().unwrap();
        let path = Path::version(&version).join(["files", "a b", "%2e%2e", "ü.bin"]);
        assert_eq!(
            path.endpoint(&base("https://a.example")).as_str(),
            "https://a.example/api/v1/tenants/northwind/projects/claims/models/Fraud%20scorer%20%232%20100%25%3F\
             /versions/3/files/a%20b/%252e%252e/%C3%BC.bin"
        );
    }

    #[test]
    fn a_server_may_live_below_a_path() {
        let me = |text| Path::me().endpoint(&base(text)).to_string();
        assert_eq!(me("https://a.example/wh"), "https://a.example/wh/api/v1/me");
        assert_eq!(me("https://a.example/"), "https://a.example/api/v1/me");
        let version: VersionRef = "aa/bb/c@3".parse().unwrap();
        assert_eq!(
            version_page(&base("https://a.example/wh"), &version).as_str(),
            "https://a.example/wh/t/aa/p/bb/m/c/v/3"
        );
    }
}
