//! `wh pipeline`: versions of feature pipelines.

use crate::http::Client;
use crate::output::{self, Sheet};
use crate::{args, context, data, urls};
use anyhow::{Context as _, Result, anyhow};
use serde::Deserialize as _;
use weighhouse_types::datasets::{Field, PipelineRecord, Record as _, Registered};

/// Does what was asked for of pipelines.
pub(crate) async fn pipeline(command: args::Pipeline) -> Result<()> {
    match command {
        args::Pipeline::Add(args) => add(args).await,
        args::Pipeline::List(args) => list(args).await,
        args::Pipeline::Show(args) => show(args).await,
    }
}

/// Where pipelines are, in the API and on pages.
const KIND: &str = "pipelines";

async fn add(args: args::PipelineAdd) -> Result<()> {
    let described = context::document(&args.file, "a pipeline's description")?;
    let shown = args.file.display();
    let record =
        PipelineRecord::deserialize(&described).with_context(|| format!("{shown} describes no pipeline"))?;
    record.check().map_err(|e| anyhow!("{shown}: {e}"))?;
    let client = Client::from_config()?;
    let (answer, version) = data::register(&client, KIND, &args.name, &record).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    output::print(&data::said(&client, KIND, "pipeline", &args.name, &answer, &version))
}

async fn list(args: args::DataList) -> Result<()> {
    let client = Client::from_config()?;
    let (tenant, _, list) = data::read_list(&client, KIND, &args).await?;
    if args.output.json {
        return list.json();
    }
    let versions: Vec<Registered<PipelineRecord>> = list.decode()?;
    if versions.is_empty() {
        return output::print(&format!(
            "{tenant} has no pipelines: `wh pipeline add FILE --name {tenant}/NAME` registers the first\n"
        ));
    }
    let row = |v: &Registered<PipelineRecord>| {
        vec![
            format!("{tenant}/{}", v.reference()),
            v.record.steps.len().to_string(),
            v.record.output.len().to_string(),
            output::cell_time(v.created_at),
            v.record.code.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = versions.iter().map(row).collect();
    list.print(&output::table(&["pipeline", "steps", "features", "registered (UTC)", "code"], &rows))
}

async fn show(args: args::DataShow) -> Result<()> {
    let client = Client::from_config()?;
    let (answer, version) = data::read_version::<PipelineRecord>(&client, KIND, &args.version).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let tenant = &args.version.tenant;
    let mut sheet = Sheet::new(&format!("{tenant}/{}", version.reference()));
    let record = &version.record;
    let digest = record.content_digest.as_ref().map(|digest| format!("sha256:{digest}"));
    for (name, value) in [("code", &record.code), ("digest", &digest), ("note", &record.note)] {
        if let Some(value) = value {
            sheet.line(name, value);
        }
    }
    sheet.lines("steps", record.steps.iter().cloned());
    let field = |field: &Field| format!("{} {}", field.name, field.kind);
    sheet.lines("takes", record.input.iter().map(field));
    sheet.lines("gives", record.output.iter().map(field));
    sheet.line("registered", &format!("{} by {}", output::time(version.created_at), version.author));
    data::sheet::uses(&mut sheet, &version.used_by);
    sheet.line("page", urls::data_page(client.base(), tenant, KIND, &version.reference()).as_str());
    output::print(sheet.text())
}
