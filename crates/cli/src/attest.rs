//! `wh attest` and `wh comment`: what is said about a version after it was registered.

use crate::http::Client;
use crate::urls::{self, Path};
use crate::{args, output};
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use std::io::Read as _;
use weighhouse_types::attestations::{Attestation, AttestationKind, BUNDLE_MAX, Signature, check};
use weighhouse_types::reference::VersionRef;

/// Attests what was asked for.
pub(crate) async fn attest(command: args::Attest) -> Result<()> {
    match command {
        args::Attest::Evaluation(args) => evaluation(args).await,
        args::Attest::Card(args) => {
            let body = json!({ "markdown": read(&args.file)? });
            add(&args.version, AttestationKind::ModelCard, body, args.output).await
        }
        args::Attest::Signature(args) => {
            let bundle = from_json(&args.file)?;
            add(&args.version, AttestationKind::Signature, bundle, args.output).await
        }
    }
}

/// Says something about a version.
pub(crate) async fn comment(args: args::Comment) -> Result<()> {
    let client = Client::from_config()?;
    let path = Path::version(&args.version).join(["comments"]);
    let answer = client.act(&path, &json!({ "text": args.text })).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let page = urls::version_page(client.base(), &args.version);
    output::print(&format!("said about {}  {page}/discussion\n", args.version))
}

async fn evaluation(args: args::AttestEvaluation) -> Result<()> {
    let mut results = Vec::new();
    let mut about = json!({});
    for file in &args.files {
        match from_json(file)? {
            Value::Array(more) => results.extend(more),
            Value::Object(mut whole) => {
                match whole.remove("results") {
                    Some(Value::Array(more)) => results.extend(more),
                    _ => bail!("{}: `results` is no list of results", file.display()),
                }
                about = Value::Object(whole);
            }
            _ => bail!("{}: is neither a list of results nor an object with one", file.display()),
        }
    }
    if let Some(body) = about.as_object_mut() {
        body.insert("results".into(), results.into());
        body.extend(args.run.map(|run| ("run".to_owned(), run.into())));
        body.extend(args.note.map(|note| ("note".to_owned(), note.into())));
    }
    add(&args.version, AttestationKind::Evaluation, about, args.output).await
}

async fn add(version: &VersionRef, kind: AttestationKind, body: Value, shown: args::Output) -> Result<()> {
    check(kind, &body).map_err(|e| anyhow::anyhow!("{e}"))?;
    let client = Client::from_config()?;
    let path = Path::version(version).join(["attestations"]);
    let answer = client.act(&path, &json!({ "kind": kind, "body": body })).await?;
    let added: Attestation = answer.decode()?;
    if shown.json {
        output::json(&answer.json)?;
    } else {
        let page = urls::version_page(client.base(), version);
        output::print(&format!("attested on {version}: {}  {page}\n", added.summary()))?;
    }
    if kind != AttestationKind::Signature {
        return Ok(());
    }
    let signature: Signature = serde_json::from_value(added.body)?;
    if !signature.verified {
        bail!("the signature is on record and not verified:\n  {}", signature.problems.join("\n  "));
    }
    Ok(())
}

/// A file's text, if it is no longer than anything that is attested.
fn read(path: &std::path::Path) -> Result<String> {
    let shown = path.display();
    let most = u64::try_from(BUNDLE_MAX)?;
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {shown}"))?;
    let mut text = String::new();
    file.take(most + 1).read_to_string(&mut text).with_context(|| format!("cannot read {shown}"))?;
    if text.len() > BUNDLE_MAX {
        bail!("{shown} is larger than {BUNDLE_MAX} bytes, the most that is attested");
    }
    Ok(text)
}

fn from_json(path: &std::path::Path) -> Result<Value> {
    let text = read(path)?;
    serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .with_context(|| format!("{} is not JSON", path.display()))
}
