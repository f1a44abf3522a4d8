//! Projects, models, versions, and what is in production.

use super::annotate::{AliasGive, AliasTake, Annotate, Tag};
use super::{InTenant, Limit, Output, moment};
use chrono::{DateTime, Utc};
use clap::{Args as ClapArgs, Subcommand};
use std::fmt;
use std::str::FromStr;
use weighhouse_types::context::Kind;
use weighhouse_types::exports::ExportFormat;
use weighhouse_types::reference::{ModelRef, VersionName, VersionRef, slug_check};

/// A project: `tenant/project`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ProjectRef {
    pub(crate) tenant: String,
    pub(crate) project: String,
}

impl FromStr for ProjectRef {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let (tenant, project) =
            s.split_once('/').ok_or_else(|| format!("‘{s}’ is not a project: write tenant/project"))?;
        slug_check(tenant).map_err(|e| format!("tenant {e}"))?;
        slug_check(project).map_err(|e| format!("project {e}"))?;
        Ok(Self { tenant: tenant.into(), project: project.into() })
    }
}

impl fmt::Display for ProjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.project)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Project {
    /// List a tenant's projects
    List(InTenant),
    /// Make a project
    Create(ProjectCreate),
    /// Show a project and its models
    Show(ProjectShow),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  wh project create acme/claims --name \"Motor claims\"")]
pub(crate) struct ProjectCreate {
    /// The project: tenant/project
    pub(crate) project: ProjectRef,
    /// What people call it [default: as it is written in the reference]
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProjectShow {
    /// The project: tenant/project
    pub(crate) project: ProjectRef,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Model {
    /// List a project's models
    List(ModelList),
    /// Make a model; `wh push` makes a missing one by itself
    Create(ModelCreate),
    /// Show a model
    Show(OneModel),
    /// Describe a model
    Annotate(Annotate),
    /// Set and remove tags of a model
    Tag(Tag),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ModelList {
    /// The project: tenant/project
    pub(crate) project: ProjectRef,
    #[command(flatten)]
    pub(crate) limit: Limit,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  wh model create acme/claims/fraud --description \"Flags claims to look at\"")]
pub(crate) struct ModelCreate {
    /// The model: tenant/project/model
    pub(crate) model: ModelRef,
    /// What it is for
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) description: String,
    /// What its versions are: model, llm or system
    #[arg(long, default_value = "model")]
    pub(crate) kind: Kind,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct OneModel {
    /// The model: tenant/project/model
    pub(crate) model: ModelRef,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Version {
    /// List a model's versions, newest first
    List(VersionList),
    /// Show a version
    Show(VersionShow),
    /// Write a version as a bill of materials, or its provenance
    Export(VersionExport),
    /// Retire a version: it stays on record and is never used again
    Retire(VersionRetire),
    /// Describe a version, outside its digest
    Annotate(Annotate),
    /// Set and remove tags of a version, outside its digest
    Tag(Tag),
    /// Give a version an alias, taking it from the one that has it
    Alias(AliasGive),
    /// Take an alias away
    Unalias(AliasTake),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct VersionList {
    /// The model: tenant/project/model
    pub(crate) model: ModelRef,
    #[command(flatten)]
    pub(crate) limit: Limit,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct VersionShow {
    /// The version: tenant/project/model@3, or @ and an alias
    pub(crate) version: VersionName,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
cyclonedx is a bill of materials, CycloneDX 1.7 with a model card; slsa is an
in-toto statement with SLSA provenance v1. Neither is signed.

Example:
  wh version export acme/claims/fraud@2 --format cyclonedx > fraud-2.cdx.json")]
pub(crate) struct VersionExport {
    /// The version: tenant/project/model@3
    pub(crate) version: VersionRef,
    /// The format: cyclonedx or slsa
    #[arg(long)]
    pub(crate) format: ExportFormat,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
There is no way back from retirement. What is in production cannot be retired:
promote another version, or roll back, first. On a terminal you are asked first.

Example:
  wh version retire acme/claims/fraud@2 --reason \"trained on claims that were withdrawn\"")]
pub(crate) struct VersionRetire {
    /// The version: tenant/project/model@3, or @ and an alias
    pub(crate) version: VersionName,
    /// Why, for the record
    #[arg(long)]
    pub(crate) reason: String,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// A model or a version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Reference {
    Model(ModelRef),
    Version(VersionName),
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        if s.contains('@') { s.parse().map(Self::Version) } else { s.parse().map(Self::Model) }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    /// tenant/project/model, or a version: @3, or @ and an alias
    pub(crate) reference: Reference,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
DATE is RFC 3339, such as 2026-03-15T09:30:00+01:00. A time without a zone is
UTC; a day without a time is its first moment, 00:00 UTC.

Examples:
  wh production acme/claims/fraud
  wh production acme/claims/fraud --at 2026-03-15
  wh production history acme/claims/fraud")]
pub(crate) struct Production {
    #[command(subcommand)]
    pub(crate) command: Option<ProductionCommand>,
    /// The model: tenant/project/model
    #[arg(required = true)]
    pub(crate) model: Option<ModelRef>,
    /// The moment to ask about [default: now]
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(crate) at: Option<DateTime<Utc>>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProductionCommand {
    /// List every span of time in which a version was in production, newest first
    History(OneModel),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
The latest earlier production version that was not itself rolled back from is in
production again, at once; approvers are told by mail. On a terminal you are
asked first.

Example:
  wh rollback acme/claims/fraud --reason \"flags the East three times as often\"")]
pub(crate) struct Rollback {
    /// The model: tenant/project/model
    pub(crate) model: ModelRef,
    /// Why, for the record and the mail
    #[arg(long)]
    pub(crate) reason: String,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_model_or_a_version() {
        assert!(matches!("aa/bb/c".parse(), Ok(Reference::Model(_))));
        assert!(matches!("aa/bb/c@2".parse(), Ok(Reference::Version(_))));
        assert!("aa/bb".parse::<Reference>().is_err());
    }

    #[test]
    fn a_project_has_two_parts() {
        assert_eq!("aa/bb".parse::<ProjectRef>().unwrap().to_string(), "aa/bb");
        for wrong in ["aa", "aa/bb/cc", "aa/", "AA/bb"] {
            assert!(wrong.parse::<ProjectRef>().is_err(), "{wrong}");
        }
    }
}
