//! `wh production`: what exact model is in production, on what data it was
//! trained, who approved it, how it differs from the one before, and how to
//! get back.

use crate::http::Client;
use crate::output::{self, Sheet};
use crate::urls::{self, Path};
use crate::{args, difference};
use anyhow::Result;
use chrono::{DateTime, Utc};
use serde_json::Value;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::{PeriodCause, ProductionAnswer, ProductionPeriod, Version};

/// Shows what is in production, now or at a moment in the past.
pub(crate) async fn production(args: args::Production) -> Result<()> {
    let client = Client::from_config()?;
    let query: Vec<_> = args.at.iter().map(|at| ("at", at.to_rfc3339())).collect();
    let answer = client.get(&Path::model(&args.model).join(["production"]), &query).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let answer: ProductionAnswer = answer.decode()?;
    let Some(period) = &answer.production else {
        let when = args.at.map_or_else(|| "is".into(), |at| format!("was, at {},", output::time(at)));
        return output::print(&format!("nothing of {} {when} approved for production\n", args.model));
    };
    let history: Vec<ProductionPeriod> =
        client.get(&Path::model(&args.model).join(["production", "history"]), &[]).await?.decode()?;
    let before = history.iter().filter(|p| p.from < period.from).max_by_key(|p| p.from);
    let version = version(&client, &args.model, period.number).await?;
    let earlier = match before {
        Some(before) => Some(self::version(&client, &args.model, before.number).await?),
        None => None,
    };
    let mut sheet = Sheet::new(&heading(&args.model, period, args.at));
    period_lines(&mut sheet, period);
    context_lines(&mut sheet, &version.context);
    match (before, &earlier) {
        (Some(before), Some(earlier)) => difference_lines(&mut sheet, before, earlier, &version),
        _ => sheet.line("before it", "nothing: it was the first in production"),
    }
    let back = match answer.rollback_target {
        Some(target) => {
            format!("wh rollback \"{}\" --reason …   puts @{target} into production again", args.model)
        }
        None => "there is no earlier production version to go back to".into(),
    };
    sheet.line("get back", &back);
    let reference = VersionRef { model: args.model.clone(), number: period.number };
    sheet.line("page", urls::version_page(client.base(), &reference).as_str());
    output::print(sheet.text())
}

async fn version(client: &Client, model: &ModelRef, number: u32) -> Result<Version> {
    let reference = VersionRef { model: model.clone(), number };
    Ok(client.get(&Path::version(&reference), &[]).await?.decode()?)
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
    sheet.lines("metrics", difference::metrics(&earlier.context, &version.context));
}
