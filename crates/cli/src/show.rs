//! `wh show` and `wh versions`.

use crate::args::{self, Reference};
use crate::http::Client;
use crate::output::{self, Sheet};
use crate::urls::{self, Path};
use anyhow::Result;
use indicatif::DecimalBytes;
use serde_json::json;
use url::Url;
use weighhouse_types::context::Completeness;
use weighhouse_types::models::Model;
use weighhouse_types::page::{MAX_LIMIT, Page};
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::{Version, VersionSummary};

/// Files of a version that are listed for people.
const FILES_SHOWN: usize = 20;

/// Shows a model or a version.
pub(crate) async fn show(args: args::Show) -> Result<()> {
    let client = Client::from_config()?;
    let (answer, text) = match &args.reference {
        Reference::Model(model) => {
            let answer = client.get(&Path::model(model), &[]).await?;
            let text = model_text(client.base(), model, &answer.decode()?);
            (answer, text)
        }
        Reference::Version(version) => {
            let answer = client.get(&Path::version(version), &[]).await?;
            let text = version_text(client.base(), version, &answer.decode()?);
            (answer, text)
        }
    };
    if args.output.json { output::json(&answer.json) } else { output::print(&text) }
}

/// Lists a model's versions, newest first.
pub(crate) async fn versions(args: args::Versions) -> Result<()> {
    let client = Client::from_config()?;
    let (mut items, mut cursor) = (Vec::new(), None);
    loop {
        let left = args.limit.saturating_sub(u32::try_from(items.len())?);
        let mut query = vec![("limit", left.min(MAX_LIMIT).to_string())];
        query.extend(cursor.map(|c| ("cursor", c)));
        let answer = client.get(&Path::model(&args.model).join(["versions"]), &query).await?;
        let page: Page<serde_json::Value> = answer.decode()?;
        let came = page.items.len();
        items.extend(page.items);
        cursor = page.next;
        if cursor.is_none() || came == 0 || items.len() >= usize::try_from(args.limit)? {
            break;
        }
    }
    if args.output.json {
        let mut page = json!({ "items": items });
        if let (Some(next), Some(page)) = (cursor, page.as_object_mut()) {
            page.insert("next".into(), next.into());
        }
        return output::json(&page);
    }
    let versions: Vec<VersionSummary> = serde_json::from_value(items.into())?;
    output::print(&versions_text(&args.model, &versions, cursor.is_some()))
}

fn versions_text(model: &ModelRef, versions: &[VersionSummary], more: bool) -> String {
    if versions.is_empty() {
        return format!("{model} has no versions: `wh push PATH --model \"{model}\"` makes the first\n");
    }
    let row = |v: &VersionSummary| {
        vec![
            format!("@{}", v.reference.number),
            v.stage.to_string(),
            output::time(v.stage_since),
            output::short(&v.digest).to_owned(),
            format!("{} of 9", v.completeness.present.len()),
            DecimalBytes(v.size).to_string(),
            v.author.clone(),
        ]
    };
    let rows: Vec<_> = versions.iter().map(row).collect();
    let table = output::table(&["", "stage", "since", "digest", "context", "size", "author"], &rows);
    let more = if more { "There are more: --limit lists them.\n" } else { "" };
    format!("{model}\n{table}{more}")
}

fn model_text(base: &Url, reference: &ModelRef, model: &Model) -> String {
    let mut sheet = Sheet::new(&reference.to_string());
    if !model.description.is_empty() {
        sheet.line("about", &model.description);
    }
    sheet.line("created", &output::time(model.created_at));
    sheet.line(
        "production",
        &model.production.as_ref().map_or_else(
            || "nothing is approved".into(),
            |now| format!("@{} since {}, by {}", now.number, output::time(now.since), now.by.join(", ")),
        ),
    );
    sheet.line("latest", &model.latest.map_or_else(|| "no version yet".into(), |n| format!("@{n}")));
    let stages: Vec<_> = model.stages.iter().map(|(stage, count)| format!("{count} {stage}")).collect();
    if !stages.is_empty() {
        sheet.line("versions", &stages.join(", "));
    }
    sheet.line("page", urls::model_page(base, reference).as_str());
    sheet.text().to_owned()
}

fn version_text(base: &Url, reference: &VersionRef, version: &Version) -> String {
    let summary = &version.summary;
    let mut sheet = Sheet::new(&reference.to_string());
    sheet.line("stage", &format!("{} since {}", summary.stage, output::time(summary.stage_since)));
    sheet.line("digest", &format!("sha256:{}", summary.digest));
    sheet.line("author", &format!("{}, {}", summary.author, output::time(summary.created_at)));
    sheet.line("context", &context_text(&summary.completeness));
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
