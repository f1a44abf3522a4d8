//! Datasets and feature pipelines.

use super::{Limit, Output, Progress};
use clap::{Args as ClapArgs, Subcommand};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use weighhouse_types::datasets::{DataRef, data_name_check};
use weighhouse_types::reference::slug_check;

/// A dataset or pipeline, or one version of it: `tenant/name` or `tenant/name@3`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DataPath {
    pub(crate) tenant: String,
    pub(crate) name: String,
    pub(crate) number: Option<u32>,
}

impl DataPath {
    /// The version, where one was named.
    pub(crate) fn version(&self) -> Option<DataRef> {
        self.number.map(|number| DataRef { name: self.name.clone(), number })
    }
}

impl FromStr for DataPath {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let (tenant, rest) = s
            .split_once('/')
            .ok_or_else(|| format!("‘{s}’ names no data: write tenant/name or tenant/name@3"))?;
        slug_check(tenant).map_err(|e| format!("tenant {e}"))?;
        if rest.contains('@') {
            let DataRef { name, number } = rest.parse()?;
            return Ok(Self { tenant: tenant.into(), name, number: Some(number) });
        }
        data_name_check(rest)?;
        Ok(Self { tenant: tenant.into(), name: rest.into(), number: None })
    }
}

impl fmt::Display for DataPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.name)?;
        self.number.map_or(Ok(()), |number| write!(f, "@{number}"))
    }
}

/// A name without a version.
fn unnumbered(text: &str) -> Result<DataPath, String> {
    let path: DataPath = text.parse()?;
    match path.number {
        None => Ok(path),
        Some(_) => Err("versions are numbered by the server: write tenant/name".into()),
    }
}

/// One version.
fn numbered(text: &str) -> Result<DataPath, String> {
    let path: DataPath = text.parse()?;
    match path.number {
        Some(_) => Ok(path),
        None => Err("names no version: write tenant/name@3".into()),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Data {
    /// Register a file as a version of a dataset, by its digest and profile
    Add(DataAdd),
    /// List a tenant's datasets, or the versions of one
    List(DataList),
    /// Show a version with its profile, and the model versions made of it
    Show(DataShow),
    /// Show how one version differs from another, column by column
    Compare(DataCompare),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
The file is read where it is, by streaming, and is not sent: its SHA-256, its
columns and their profile are. CSV (RFC 4180, UTF-8, with a header; separated by
comma, semicolon, tab or bar) and Parquet are read. In CSV, nothing, NA, N/A,
NaN, null and None are missing values unless they are quoted.

The same file and description again answer with the version that is there. Name
it in a model's context: data = [{ name = \"claims\", version = \"claims@3\" }]

Examples:
  wh data add claims-2025.parquet --name acme/claims --split train
  wh data add claims.csv --dry-run")]
pub(crate) struct DataAdd {
    /// The file: CSV or Parquet
    pub(crate) file: PathBuf,
    /// The dataset: tenant/name
    #[arg(long, short, value_name = "DATASET", value_parser = unnumbered, required_unless_present = "dry_run")]
    pub(crate) name: Option<DataPath>,
    /// Which part it is: train, test, …
    #[arg(long)]
    pub(crate) split: Option<String>,
    /// Where the data is kept
    #[arg(long)]
    pub(crate) uri: Option<String>,
    /// The snapshot or version of the table that it was taken from
    #[arg(long)]
    pub(crate) snapshot: Option<String>,
    /// The first moment that it covers
    #[arg(long, value_name = "DATE", requires = "until")]
    pub(crate) from: Option<String>,
    /// The last moment that it covers
    #[arg(long, value_name = "DATE", requires = "from")]
    pub(crate) until: Option<String>,
    /// What else is to be known of it
    #[arg(long)]
    pub(crate) note: Option<String>,
    /// Print the profile and register nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) progress: Progress,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DataList {
    /// The tenant [default: the token's own], or a dataset or pipeline: tenant/name
    #[arg(value_name = "TENANT[/NAME]")]
    pub(crate) place: Option<String>,
    #[command(flatten)]
    pub(crate) limit: Limit,
    #[command(flatten)]
    pub(crate) output: Output,
}

impl DataList {
    /// The tenant, and the name below it.
    pub(crate) fn place(&self) -> Result<(Option<String>, Option<String>), String> {
        match self.place.as_deref() {
            None => Ok((None, None)),
            Some(place) if place.contains('/') => {
                let DataPath { tenant, name, .. } = unnumbered(place)?;
                Ok((Some(tenant), Some(name)))
            }
            Some(tenant) => super::tenant(tenant).map(|tenant| (Some(tenant), None)),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DataShow {
    /// tenant/name@3, or tenant/name for the newest version
    pub(crate) version: DataPath,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
PSI is the population stability index over ten bins of FROM, or over its values
where they are few: below 0.1 is stable, from 0.25 on it is another distribution.

Example:
  wh data compare acme/claims@1 acme/claims@2")]
pub(crate) struct DataCompare {
    /// The version that is the measure: tenant/name@2
    #[arg(value_parser = numbered)]
    pub(crate) from: DataPath,
    /// The version that is compared with it, of the same tenant
    #[arg(value_parser = numbered)]
    pub(crate) to: DataPath,
    /// List columns that are stable, too
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Pipeline {
    /// Register a version of a feature pipeline
    Add(PipelineAdd),
    /// List a tenant's pipelines, or the versions of one
    List(DataList),
    /// Show a version, and the model versions that use it
    Show(DataShow),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
The file describes it, as .toml or .json; `code` or `content_digest` is needed:

  code = \"https://git.example/features@4f2a9c1\"
  steps = [\"impute medians\", \"one-hot region\"]
  input = [{ name = \"region\", type = \"string\" }]
  output = [{ name = \"region_east\", type = \"flag\" }]

Name it in a model's context: features = { name = \"claim features\", version = \"4\",
pipeline = \"claim-features@4\" }

Example:
  wh pipeline add features.toml --name acme/claim-features")]
pub(crate) struct PipelineAdd {
    /// The description
    pub(crate) file: PathBuf,
    /// The pipeline: tenant/name
    #[arg(long, short, value_name = "PIPELINE", value_parser = unnumbered)]
    pub(crate) name: DataPath,
    #[command(flatten)]
    pub(crate) output: Output,
}
