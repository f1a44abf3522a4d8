//! `wh data`: datasets by their digest and profile. The data stays where it is.

pub(crate) mod sheet;

use crate::args::{self, DataPath};
use crate::http::{Answer, Client};
use crate::list::List;
use crate::output;
use crate::progress::Progress;
use crate::tenant;
use crate::urls::{self, Path};
use anyhow::{Context as _, Result, anyhow, bail};
use reqwest::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use weighhouse_profile::Profiled;
use weighhouse_types::context::TimeRange;
use weighhouse_types::datasets::{DataRef, DatasetRecord, Drift, Record, Registered};

/// Does what was asked for of datasets.
pub(crate) async fn data(command: args::Data) -> Result<()> {
    match command {
        args::Data::Add(args) => add(args).await,
        args::Data::List(args) => list(args).await,
        args::Data::Show(args) => show(args).await,
        args::Data::Compare(args) => compare(args).await,
    }
}

/// Where datasets are, in the API and on pages.
const KIND: &str = "datasets";

async fn add(args: args::DataAdd) -> Result<()> {
    // A server that cannot be reached is found before minutes of reading.
    let client = if args.dry_run { None } else { Some(Client::from_config()?) };
    let file = args.file.clone();
    let size = std::fs::metadata(&file).with_context(|| format!("cannot open {}", file.display()))?.len();
    let progress = Progress::begin("reading", size, args.progress.progress);
    let read = progress.attempt();
    let found = tokio::task::spawn_blocking(move || {
        weighhouse_profile::profile(&file, &|bytes| read.add(bytes))
            .with_context(|| format!("{} cannot be profiled", file.display()))
    })
    .await??;
    drop(progress);
    for column in &found.left_out {
        eprintln!("left out of the profile, because a row may hold many values: {}", output::clean(column));
    }
    let record = record(&args, found);
    record.check().map_err(|e| anyhow!(e.to_string()))?;
    match (client, &args.name) {
        (Some(client), Some(name)) => {
            let (answer, version) = register(&client, KIND, name, &record).await?;
            if args.output.json {
                return output::json(&answer.json);
            }
            output::print(&said(&client, KIND, "dataset", name, &answer, &version))
        }
        _ if args.output.json => output::json(&serde_json::to_value(&record)?),
        _ => output::print(&sheet::record(&args.file.display().to_string(), &record)),
    }
}

fn record(args: &args::DataAdd, found: Profiled) -> DatasetRecord {
    let range = args.from.clone().zip(args.until.clone());
    DatasetRecord {
        uri: args.uri.clone(),
        content_digest: Some(found.sha256),
        snapshot: args.snapshot.clone(),
        rows: Some(found.profile.rows),
        split: args.split.clone(),
        time_range: range.map(|(from, until)| TimeRange { from, until }),
        note: args.note.clone(),
        schema: found.schema,
        profile: Some(found.profile),
    }
}

/// Registers a record under a name.
pub(crate) async fn register<T: Record>(
    client: &Client,
    kind: &str,
    name: &DataPath,
    record: &T,
) -> Result<(Answer, Registered<T>)> {
    let answer = client.act(&Path::data(&name.tenant, kind, &name.name), record).await?;
    let version = answer.decode()?;
    Ok((answer, version))
}

/// What was registered, or was there, and where it is.
pub(crate) fn said<T>(
    client: &Client,
    kind: &str,
    one: &str,
    name: &DataPath,
    answer: &Answer,
    version: &Registered<T>,
) -> String {
    let reference = version.reference();
    let page = urls::data_page(client.base(), &name.tenant, kind, &reference);
    let done = if answer.status == StatusCode::CREATED { "registered the" } else { "there already as the" };
    format!("{done} {one} {}/{reference}  {page}\n", name.tenant)
}

/// A list of names, or of one name's versions.
pub(crate) async fn read_list(
    client: &Client,
    kind: &str,
    args: &args::DataList,
) -> Result<(String, Option<String>, List)> {
    let (named, name) = args.place().map_err(|e| anyhow!(e))?;
    let tenant = tenant::or_own(client, named).await?;
    let path = match &name {
        Some(name) => Path::data(&tenant, kind, name),
        None => Path::tenant(&tenant).join([kind]),
    };
    let list = List::read(client, &path, &[], args.limit).await?;
    Ok((tenant, name, list))
}

async fn list(args: args::DataList) -> Result<()> {
    let client = Client::from_config()?;
    let (tenant, _, list) = read_list(&client, KIND, &args).await?;
    if args.output.json {
        return list.json();
    }
    let versions: Vec<Registered<DatasetRecord>> = list.decode()?;
    if versions.is_empty() {
        let add = format!(
            "{tenant} has no datasets: `wh data add FILE --name {tenant}/NAME` registers the first\n"
        );
        return output::print(&add);
    }
    list.print(&sheet::list(&tenant, &versions))
}

/// A version as the API answers it; the newest where none was named.
pub(crate) async fn read_version<T: Serialize + DeserializeOwned>(
    client: &Client,
    kind: &str,
    path: &DataPath,
) -> Result<(Answer, Registered<T>)> {
    let all = Path::data(&path.tenant, kind, &path.name);
    let number = match path.number {
        Some(number) => number,
        None => {
            let newest = List::read(client, &all, &[], args::Limit { limit: 1 }).await?;
            let newest: Vec<Registered<T>> = newest.decode()?;
            newest.first().with_context(|| format!("{path} has no versions"))?.number
        }
    };
    let answer = client.read(&all.join([number.to_string().as_str()]), &[]).await?;
    let version = answer.decode()?;
    Ok((answer, version))
}

async fn show(args: args::DataShow) -> Result<()> {
    let client = Client::from_config()?;
    let (answer, version) = read_version::<DatasetRecord>(&client, KIND, &args.version).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let page = urls::data_page(client.base(), &args.version.tenant, KIND, &version.reference());
    output::print(&sheet::version(&args.version.tenant, &version, &page))
}

async fn compare(args: args::DataCompare) -> Result<()> {
    if args.from.tenant != args.to.tenant {
        bail!("data of two tenants cannot be compared: {} and {}", args.from, args.to);
    }
    let client = Client::from_config()?;
    let version = |path: &DataPath| path.version().with_context(|| format!("{path} names no version"));
    let (from, to): (DataRef, DataRef) = (version(&args.from)?, version(&args.to)?);
    let path = Path::data(&args.to.tenant, KIND, &to.name).join([to.number.to_string().as_str(), "drift"]);
    let answer = client.read(&path, &[("against", from.to_string())]).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let drift: Drift = answer.decode()?;
    output::print(&sheet::drift(&drift, args.all))
}
