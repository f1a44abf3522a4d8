//! `wh version annotate`, `tag`, `alias`, and the same of models.

use crate::args::{self, Reference};
use crate::http::Client;
use crate::output;
use crate::urls::Path;
use anyhow::{Result, bail};
use weighhouse_types::annotations::{Alias, AliasSet, Annotate, Annotations};
use weighhouse_types::reference::VersionName;

/// Describes a model or version.
pub(crate) async fn annotate(args: args::Annotate) -> Result<()> {
    let edit = Annotate { description: Some(args.description), ..Annotate::default() };
    say(&args.reference, &edit, args.output).await
}

/// Sets and removes tags of a model or version.
pub(crate) async fn tag(args: args::Tag) -> Result<()> {
    let set = args.set.into_iter().map(|(key, value)| (key, Some(value)));
    let tags = args.remove.into_iter().map(|key| (key, None)).chain(set).collect();
    say(&args.reference, &Annotate { tags, ..Annotate::default() }, args.output).await
}

async fn say(reference: &Reference, edit: &Annotate, output: args::Output) -> Result<()> {
    let client = Client::from_config()?;
    let (path, name) = match reference {
        Reference::Model(model) => (Path::model(model), model.to_string()),
        Reference::Version(version) => {
            let version = client.resolve(version).await?;
            (Path::version(&version), version.to_string())
        }
    };
    let answer = client.act(&path.join(["annotations"]), edit).await?;
    if output.json {
        return output::json(&answer.json);
    }
    output::print(&format!("{name}\n{}", lines(&answer.decode()?).join("\n") + "\n"))
}

/// What is said of something, one thing a line.
pub(crate) fn lines(said: &Annotations) -> Vec<String> {
    let description = Some(said.description.clone()).filter(|text| !text.is_empty());
    let tags = said.tags.iter().map(|(key, value)| format!("{key}={value}"));
    let aliases = said.aliases.iter().map(|alias| format!("@{alias}"));
    aliases.chain(tags).chain(description).collect()
}

/// Gives an alias to a version.
pub(crate) async fn alias_give(args: args::AliasGive) -> Result<()> {
    let client = Client::from_config()?;
    let version = client.resolve(&args.version).await?;
    let body = AliasSet { version: version.number, from: args.from };
    let path = Path::model(&version.model).join(["aliases", &args.alias]);
    client.put(&path, &body).await?;
    let answer = client.read(&path, &[]).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let alias: Alias = answer.decode()?;
    output::print(&format!("{}@{} is {}\n", version.model, alias.name, alias.version))
}

/// Takes an alias away.
pub(crate) async fn alias_take(args: args::AliasTake) -> Result<()> {
    let VersionName::Alias(model, alias) = &args.alias else {
        bail!("{} is a version; name the alias, as in tenant/project/model@champion", args.alias);
    };
    Client::from_config()?.delete(&Path::model(model).join(["aliases", alias])).await?;
    output::print(&format!("{model} has no alias {alias} any more\n"))
}
