//! `wh production`: what exact model is in production, on what data it was
//! trained, who approved it, how it differs from the one before, and how to
//! get back.

use crate::http::Client;
use crate::output::{self, Sheet};
use crate::urls::{self, Path};
use crate::{args, difference};
use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use serde_json::Value;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::{PeriodCause, ProductionAnswer, ProductionPeriod, Version};

/// Shows what is in production, now or at a moment in the past, or all that was.
pub(crate) async fn production(args: args::Production) -> Result<()> {
    let client = Client::from_config()?;
    match (args.command, args.model) {
        (Some(args::ProductionCommand::History(history)), _) => self::history(&client, history).await,
        (None, model) => {
            let model = model.context("which model? write tenant/project/model")?;
            at(&client, &model, args.at, args.output).await
        }
    }
}

async fn at(
    client: &Client,
    model: &ModelRef,
    at: Option<DateTime<Utc>>,
    output: args::Output,
) -> Result<()> {
    let query: Vec<_> = at.iter().map(|at| ("at", at.to_rfc3339())).collect();
    let answer = client.read(&Path::model(model).join(["production"]), &query).await?;
    if output.json {
        return output::json(&answer.json);
    }
    let answer: ProductionAnswer = answer.decode()?;
    let Some(period) = &answer.production else {
        let when = at.map_or_else(|| "is".into(), |at| format!("was, at {},", output::time(at)));
        return output::print(&format!("nothing of {model} {when} approved for production\n"));
    };
    let history: Vec<ProductionPeriod> = client.read(&history_path(model), &[]).await?.decode()?;
    let before = history.iter().filter(|p| p.from < period.from).max_by_key(|p| p.from);
    let version = version(client, model, period.number).await?;
    let earlier = match before {
        Some(before) => Some(self::version(client, model, before.number).await?),
        None => None,
    };
    let mut sheet = Sheet::new(&heading(model, period, at));
    period_lines(&mut sheet, period);
    context_lines(&mut sheet, &version.context);
    match (before, &earlier) {
        (Some(before), Some(earlier)) => difference_lines(&mut sheet, before, earlier, &version),
        _ => sheet.line("before it", "nothing: it was the first in production"),
    }
    let back = match answer.rollback_target {
        Some(target) => {
            format!("wh rollback \"{model}\" --reason …   puts @{target} into production again")
        }
        None => "there is no earlier production version to go back to".into(),
    };
    sheet.line("get back", &back);
    let reference = VersionRef { model: model.clone(), number: period.number };
    sheet.line("page", urls::version_page(client.base(), &reference).as_str());
    output::print(sheet.text())
}

async fn version(client: &Client, model: &ModelRef, number: u32) -> Result<Version> {
    let reference = VersionRef { model: model.clone(), number };
    Ok(client.read(&Path::version(&reference), &[]).await?.decode()?)
}

fn history_path(model: &ModelRef) -> Path {
    Path::model(model).join(["production", "history"])
}

async fn history(client: &Client, args::OneModel { model, output }: args::OneModel) -> Result<()> {
    let answer = client.read(&history_path(&model), &[]).await?;
    if output.json {
        return output::json(&answer.json);
    }
    let periods: Vec<ProductionPeriod> = answer.decode()?;
    if periods.is_empty() {
        return output::print(&format!("nothing of {model} was ever approved for production\n"));
    }
    let row = |p: &ProductionPeriod| {
        vec![
            format!("@{}", p.number),
            output::cell_time(p.from),
            p.until.map_or_else(|| "now".into(), output::cell_time),
            cause(p.began_by).into(),
            p.requested_by.clone(),
            p.approved_by.join(", "),
            p.reason.clone(),
        ]
    };
    let rows: Vec<_> = periods.iter().map(row).collect();
    let head = ["", "from (UTC)", "until (UTC)", "by", "requested", "approved", "why"];
    output::print(&format!("{model}\n{}", output::table(&head, &rows)))
}

fn heading(model: &ModelRef, period: &ProductionPeriod, at: Option<DateTime<Utc>>) -> String {
    match at {
        Some(at) => format!("{model}@{} was approved for production at {}", period.number, output::time(at)),
        None => format!("{model}@{} is approved for production", period.number),
    }
}

fn period_lines(sheet: &mut Sheet, period: &ProductionPeriod) {
    sheet.line("digest", &format!("sha256:{}", period.digest));
    sheet.line("since", &format!("{}, by {}", output::time(period.from), cause(period.began_by)));
    if let Some(until) = period.until {
        let by = period.ended_by.map(|c| format!(", by {}", cause(c))).unwrap_or_default();
        sheet.line("until", &format!("{}{by}", output::time(until)));
    }
    sheet.line("requested", &format!("{}: {}", period.requested_by, period.reason));
    if !period.approved_by.is_empty() {
        sheet.line("approved", &period.approved_by.join(", "));
    }
}

const fn cause(cause: PeriodCause) -> &'static str {
    match cause {
        PeriodCause::Promotion => "promotion",
        PeriodCause::Rollback => "rollback",
    }
}

/// The data that it was trained on, and the code.
fn context_lines(sheet: &mut Sheet, context: &Value) {
    let datasets = context.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if datasets.is_empty() {
        sheet.line("data", "not recorded");
    }
    let parts = |of: &Value, keys: &[&str]| -> String {
        let part = |key: &&str| match of.get(*key)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other if *key == "rows" => Some(format!("{other} rows")),
            other => Some(other.to_string()),
        };
        keys.iter().filter_map(part).collect::<Vec<_>>().join(", ")
    };
    sheet.lines(
        "data",
        datasets.iter().map(|d| parts(d, &["name", "split", "snapshot", "rows", "uri", "digest"])),
    );
    let code = context
        .get("code")
        .map_or_else(|| "not recorded".into(), |c| parts(c, &["repository", "commit", "entry_point"]));
    sheet.line("code", &code);
}

fn difference_lines(sheet: &mut Sheet, before: &ProductionPeriod, earlier: &Version, version: &Version) {
    let until = before.until.map(|u| format!(" until {}", output::time(u))).unwrap_or_default();
    sheet.line("before it", &format!("@{} from {}{until}", before.number, output::time(before.from)));
    let changed = difference::components(&earlier.context, &version.context);
    let changed = if changed.is_empty() { "nothing".into() } else { changed.join(", ") };
    sheet.line("changed", &changed);
    sheet.lines(
        "metrics",
        difference::metrics(earlier.context.get("evaluation"), version.context.get("evaluation")),
    );
}
