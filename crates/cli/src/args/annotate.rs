//! What people say of models and versions.

use super::{Output, Reference};
use clap::Args as ClapArgs;
use weighhouse_types::reference::{VersionName, alias_check};

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  wh version annotate acme/claims/fraud@3 --description \"retrained after the storms\"")]
pub(crate) struct Annotate {
    /// tenant/project/model, or a version: @3, or @ and an alias
    pub(crate) reference: Reference,
    /// What to say; an empty text removes it
    #[arg(long, short)]
    pub(crate) description: String,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  wh version tag acme/claims/fraud@3 owner=\"Ann Ashe\" ticket=1182 --remove draft")]
pub(crate) struct Tag {
    /// tenant/project/model, or a version: @3, or @ and an alias
    pub(crate) reference: Reference,
    /// Tags to set: KEY=VALUE
    #[arg(value_name = "KEY=VALUE", value_parser = pair, required_unless_present = "remove")]
    pub(crate) set: Vec<(String, String)>,
    /// A tag to remove; may be given several times
    #[arg(long, value_name = "KEY")]
    pub(crate) remove: Vec<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
`latest`, `staging` and `production` follow from the versions, and need no alias.

Example:
  wh version alias acme/claims/fraud@3 champion --from 2
  wh pull acme/claims/fraud@champion")]
pub(crate) struct AliasGive {
    /// The version: tenant/project/model@3, or @ and another alias
    pub(crate) version: VersionName,
    /// The alias: a-z, 0-9, _, - and ., beginning with a letter
    #[arg(value_parser = alias)]
    pub(crate) alias: String,
    /// Only if this version has it now; 0 for none
    #[arg(long, value_name = "N")]
    pub(crate) from: Option<u32>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AliasTake {
    /// The alias: tenant/project/model@champion
    pub(crate) alias: VersionName,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.trim().is_empty());
    let (key, value) = pair.ok_or_else(|| format!("‘{text}’ is no tag: write KEY=VALUE"))?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

fn alias(text: &str) -> Result<String, String> {
    alias_check(text).map(|()| text.to_owned())
}
