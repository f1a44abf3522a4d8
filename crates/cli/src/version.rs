//! `wh version`.

use crate::http::Client;
use crate::list::List;
use crate::output::{self, Sheet};
use crate::urls::{self, Path};
use crate::{annotate, args, ask};
use anyhow::{Result, bail};
use indicatif::DecimalBytes;
use serde_json::json;
use url::Url;
use weighhouse_types::attestations::Attestation;
use weighhouse_types::context::Completeness;
use weighhouse_types::page::Page;
use weighhouse_types::reference::{ModelRef, VersionName, VersionRef};
use weighhouse_types::versions::{Version, VersionSummary};

/// Files of a version that are listed for people.
const FILES_SHOWN: usize = 20;

/// Does what was asked for of versions.
pub(crate) async fn version(command: args::Version) -> Result<()> {
    match command {
        args::Version::List(args) => list(args).await,
        args::Version::Show(args) => show(&args.version, args.output).await,
        args::Version::Export(args) => export(args).await,
        args::Version::Retire(args) => retire(args).await,
        args::Version::Annotate(args) => annotate::annotate(args).await,
        args::Version::Tag(args) => annotate::tag(args).await,
        args::Version::Alias(args) => annotate::alias_give(args).await,
        args::Version::Unalias(args) => annotate::alias_take(args).await,
    }
}

/// Shows a version.
pub(crate) async fn show(name: &VersionName, output: args::Output) -> Result<()> {
    let client = Client::from_config()?;
    let version = &client.resolve(name).await?;
    let answer = client.read(&Path::version(version), &[]).await?;
    if output.json {
        return output::json(&answer.json);
    }
    let path = Path::version(version).join(["attestations"]);
    let attested: Page<Attestation> = client.read(&path, &[]).await?.decode()?;
    output::print(&text(client.base(), version, &answer.decode()?, &attested))
}

/// Writes a version in an open format.
async fn export(args: args::VersionExport) -> Result<()> {
    let client = Client::from_config()?;
    let path = Path::version(&args.version).join(["export"]);
    let answer = client.read(&path, &[("format", args.format.as_str().to_owned())]).await?;
    output::json(&answer.json)
}

/// Lists a model's versions, newest first.
pub(crate) async fn list(args: args::VersionList) -> Result<()> {
    let client = Client::from_config()?;
    let list = List::read(&client, &Path::model(&args.model).join(["versions"]), &[], args.limit).await?;
    if args.output.json {
        return list.json();
    }
    list.print(&list_text(&args.model, &list.decode::<VersionSummary>()?))
}

async fn retire(args: args::VersionRetire) -> Result<()> {
    let client = Client::from_config()?;
    let version = &client.resolve(&args.version).await?;
    if !args.yes && ask::somebody() {
        let found: Version = client.read(&Path::version(version), &[]).await?.decode()?;
        let question = format!("{version} is in {}: retire it for good?", found.summary.stage);
        if !ask::confirm(&question)? {
            bail!("nothing was changed");
        }
    }
    let body = json!({ "reason": args.reason });
    let answer = client.act(&Path::version(version).join(["retire"]), &body).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let page = urls::version_page(client.base(), version);
    output::print(&format!("{version} is retired  {page}\n"))
}

fn list_text(model: &ModelRef, versions: &[VersionSummary]) -> String {
    if versions.is_empty() {
        return format!("{model} has no versions: `wh push PATH --model \"{model}\"` makes the first\n");
    }
    let row = |v: &VersionSummary| {
        vec![
            format!("@{}", v.reference.number),
            v.stage.to_string(),
            output::cell_time(v.stage_since),
            output::short(&v.digest).to_owned(),
            format!("{} of {}", v.completeness.present.len(), v.completeness.total()),
            DecimalBytes(v.size).to_string(),
            v.author.clone(),
        ]
    };
    let rows: Vec<_> = versions.iter().map(row).collect();
    let table = output::table(&["", "stage", "since (UTC)", "digest", "context", "size", "author"], &rows);
    format!("{model}\n{table}")
}

fn text(base: &Url, reference: &VersionRef, version: &Version, attested: &Page<Attestation>) -> String {
    let summary = &version.summary;
    let mut sheet = Sheet::new(&reference.to_string());
    sheet.line("stage", &format!("{} since {}", summary.stage, output::time(summary.stage_since)));
    sheet.line("digest", &format!("sha256:{}", summary.digest));
    sheet.line("author", &format!("{}, {}", summary.author, output::time(summary.created_at)));
    sheet.line("context", &context_text(&summary.completeness));
    sheet.lines("annotations", annotate::lines(&version.annotations));
    sheet.line("files", &format!("{}, {}", version.file_list.len(), DecimalBytes(summary.size)));
    let file = |f: &weighhouse_types::context::FileEntry| {
        vec![String::new(), f.path.clone(), DecimalBytes(f.size).to_string(), format!("sha256:{}", f.sha256)]
    };
    let files: Vec<_> = version.file_list.iter().take(FILES_SHOWN).map(file).collect();
    let files = output::table(&["", "", "", ""], &files);
    sheet.lines("", files.lines().skip(1).map(str::to_owned));
    if let Some(more @ 1..) = version.file_list.len().checked_sub(FILES_SHOWN) {
        sheet.line("", &format!("  and {more} more, which --json lists"));
    }
    let change = |c: &weighhouse_types::versions::StageChange| {
        format!("{} {} by {}: {}", output::time(c.at), c.to, c.by, c.why)
    };
    sheet.lines("history", version.history.iter().map(change));
    let line = |a: &Attestation| {
        let by = a.by.as_deref().unwrap_or("Weighhouse");
        format!("{} {} by {by}: {}", output::time(a.at), a.kind, a.summary())
    };
    sheet.lines("attested", attested.items.iter().map(line));
    if attested.next.is_some() {
        sheet.line("", "and earlier ones, which the API lists");
    }
    if let Some(id) = version.open_promotion {
        sheet.line("requested", urls::promotion_page(base, &reference.model.tenant, id).as_str());
    }
    sheet.line("page", urls::version_page(base, reference).as_str());
    sheet.line("fetch", &format!("wh pull \"{reference}\""));
    sheet.text().to_owned()
}

fn context_text(completeness: &Completeness) -> String {
    let of = completeness.present.len() + completeness.missing.len();
    let missing = match completeness.missing.join(", ") {
        none if none.is_empty() => none,
        some => format!("; missing: {some}"),
    };
    format!("{} of {of}: {}{missing}", completeness.present.len(), completeness.present.join(", "))
}
