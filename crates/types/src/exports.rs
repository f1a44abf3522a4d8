//! A version in the open formats of others.

use crate::permission::named;
use serde::{Deserialize, Serialize};

named! {
    /// An open format that a version is written in.
    ExportFormat {
        /// A bill of materials, CycloneDX 1.7 with a model card.
        CycloneDx = "cyclonedx",
        /// An in-toto statement v1 with SLSA provenance v1, not signed.
        Slsa = "slsa",
    }
}

#[expect(clippy::derivable_impls, reason = "the macro derives the same for all its enums")]
impl Default for ExportFormat {
    fn default() -> Self {
        Self::CycloneDx
    }
}

impl ExportFormat {
    /// The media type of what is written.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::CycloneDx => "application/vnd.cyclonedx+json; version=1.7",
            Self::Slsa => "application/vnd.in-toto+json",
        }
    }

    /// How names of files in it end.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::CycloneDx => "cdx.json",
            Self::Slsa => "intoto.json",
        }
    }
}

/// Which format is wanted.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// `cyclonedx` unless given.
    #[serde(default)]
    #[param(inline)]
    pub format: ExportFormat,
}
