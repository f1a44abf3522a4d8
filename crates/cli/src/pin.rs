//! `wh pin`: the watch on a language model's provider.

use crate::http::Client;
use crate::list::List;
use crate::output::{self, Sheet};
use crate::retry::Pace;
use crate::urls::{self, Path};
use crate::{args, ask, context, tenant};
use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::process::ExitCode;
use tokio::time::Instant;
use weighhouse_types::pins::{Golden, Pin, PinAlert, PinSet, PinState, PinWatch};
use weighhouse_types::reference::ModelRef;

/// Exit codes of a look, as the help says.
const CHANGED: u8 = 3;
const UNKNOWN: u8 = 5;

/// Does what was asked for of a watch.
pub(crate) async fn pin(command: args::Pin) -> Result<ExitCode> {
    match command {
        args::Pin::Check(args) => return check(args).await,
        args::Pin::Show(args) => show(&Client::from_config()?, &args.model, args.output).await,
        args::Pin::Set(args) => set(args).await,
        args::Pin::Remove(args) => remove(args).await,
        args::Pin::Alerts(args) => alerts(args).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

fn path(model: &ModelRef) -> Path {
    Path::model(model).join(["pin"])
}

async fn show(client: &Client, model: &ModelRef, output: args::Output) -> Result<()> {
    let answer = client.read(&path(model), &[]).await?;
    if output.json {
        return output::json(&answer.json);
    }
    output::print(&text(client, model, &answer.decode()?))
}

/// A file of golden prompts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoldenFile {
    golden: Vec<Golden>,
}

async fn set(args: args::PinSet) -> Result<()> {
    let golden = match &args.golden {
        Some(file) => {
            let read = context::document(file, "a file of golden prompts")?;
            let read: GoldenFile = serde_json::from_value(read)
                .with_context(|| format!("{} holds no golden prompts", file.display()))?;
            read.golden
        }
        None => Vec::new(),
    };
    let secret = match (args.key_stdin, args.no_key) {
        (true, _) => Some(ask::secret_from_stdin()?),
        (false, true) => Some(String::new()),
        (false, false) => None,
    };
    let body = PinSet {
        endpoint: args.endpoint,
        pinned: args.pinned,
        secret,
        every_minutes: u32::try_from(args.every.as_secs().div_ceil(60))?,
        golden,
    };
    let client = Client::from_config()?;
    client.put(&path(&args.model), &body).await?;
    show(&client, &args.model, args.output).await
}

async fn remove(args: args::OneModel) -> Result<()> {
    Client::from_config()?.delete(&path(&args.model)).await?;
    if args.output.json {
        return Ok(());
    }
    output::print(&format!("nobody watches the provider of {} any more\n", args.model))
}

/// Asks for a look, and waits until it was done: the next one is due later then.
async fn check(args: args::PinCheck) -> Result<ExitCode> {
    let client = Client::from_config()?;
    let until = Instant::now() + args.timeout;
    let mut answer = client.act(&path(&args.model).join(["check"]), &serde_json::json!({})).await?;
    let due = answer.decode::<Pin>()?.watch.map(|watch| watch.due_at);
    let mut pace = Pace::default();
    let code = loop {
        let pin: Pin = answer.decode()?;
        let looked = pin.watch.as_ref().map(|watch| watch.due_at) != due;
        match pin.state {
            _ if !looked && Instant::now() >= until => {
                eprintln!("not looked at yet, and the time to wait is over: does a worker run?");
                break UNKNOWN;
            }
            _ if !looked => {}
            PinState::Changed => break CHANGED,
            PinState::Steady => break 0,
            PinState::Unreachable | PinState::New | PinState::Unwatched => break UNKNOWN,
        }
        tokio::time::sleep_until(until.min(Instant::now() + pace.next())).await;
        answer = client.read(&path(&args.model), &[]).await?;
    };
    if args.output.json {
        output::json(&answer.json)?;
    } else {
        output::print(&text(&client, &args.model, &answer.decode()?))?;
    }
    Ok(ExitCode::from(code))
}

async fn alerts(args: args::PinAlerts) -> Result<()> {
    let client = Client::from_config()?;
    let tenant = tenant::or_own(&client, args.tenant).await?;
    let filter: Vec<_> = args.open.then(|| ("open", "true".to_owned())).into_iter().collect();
    let list = List::read(&client, &Path::tenant(&tenant).join(["pin-alerts"]), &filter, args.limit).await?;
    if args.output.json {
        return list.json();
    }
    let alerts: Vec<PinAlert> = list.decode()?;
    if alerts.is_empty() {
        return output::print("no provider changed what it serves\n");
    }
    let row = |alert: &PinAlert| {
        vec![
            output::cell_time(alert.opened_at),
            alert.model.to_string(),
            alert.pinned.clone(),
            closed(alert),
            changes(alert).join("; "),
        ]
    };
    let rows: Vec<_> = alerts.iter().map(row).collect();
    list.print(&output::table(&["opened (UTC)", "model", "pinned", "state", "what changed"], &rows))
}

fn closed(alert: &PinAlert) -> String {
    alert.closed.as_ref().map_or_else(|| "open".into(), |closed| format!("closed by @{}", closed.by.number))
}

fn changes(alert: &PinAlert) -> Vec<String> {
    alert.changes.iter().map(ToString::to_string).collect()
}

fn text(client: &Client, model: &ModelRef, pin: &Pin) -> String {
    let mut sheet = Sheet::new(&model.to_string());
    sheet.line(
        "provider",
        match pin.state {
            PinState::Unwatched => "nobody watches it: `wh pin set` does",
            PinState::New => "not looked at yet",
            PinState::Steady => "as it was recorded",
            PinState::Changed => "changed, and what uses it was not evaluated since",
            PinState::Unreachable => "does not answer as it should",
        },
    );
    if let Some(watch) = &pin.watch {
        watch_lines(&mut sheet, watch);
    }
    for alert in &pin.alerts {
        sheet.line("alert", &format!("{}, {}", output::time(alert.opened_at), closed(alert)));
        sheet.lines("", changes(alert));
    }
    sheet.line("page", urls::model_page(client.base(), model).as_str());
    sheet.text().to_owned()
}

fn watch_lines(sheet: &mut Sheet, watch: &PinWatch) {
    sheet.line("pinned", &format!("{} at {}", watch.pinned, watch.endpoint));
    sheet.line("API key", if watch.has_secret { "kept sealed" } else { "none" });
    sheet.line(
        "looked at",
        &format!("every {} minutes, next {}", watch.every_minutes, output::time(watch.due_at)),
    );
    if let Some(seen) = watch.seen_at {
        sheet.line("last seen", &output::time(seen));
    }
    if let (Some(since), Some(trouble)) = (watch.unreachable_since, &watch.trouble) {
        sheet.line("trouble", &format!("since {}: {trouble}", output::time(since)));
    }
    if let Some(observed) = &watch.observed {
        let facts = observed
            .identity
            .facts()
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value?)));
        sheet.lines("recorded", facts);
    }
    let golden = watch.golden.iter().map(|golden| {
        let answer = watch.observed.as_ref().and_then(|observed| observed.answers.get(&golden.name));
        let state = answer.map_or("not asked yet", |a| {
            if a.steady { "compared" } else { "answered differently each time, not compared" }
        });
        format!("{}: {state}", golden.name)
    });
    sheet.lines("golden", golden);
}
