//! Gathering what is on record: from the database, behind the application's
//! back, and from outside, through the API.

use crate::caller::Caller;
use crate::history::{Leaf, Period, Record, Seen, Version};
use futures_util::stream::{self, StreamExt};
use reqwest::Method;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::time::Duration;
use tokio_postgres::{Client, IsolationLevel, NoTls, Row};

pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

const VERSIONS: &str = "
    SELECT m.name, v.number, encode(v.digest, 'hex'), v.context -> 'training' -> 'config' ->> 'mark', s.stage,
           v.context -> 'artifact' -> 'files' -> 0 ->> 'sha256'
    FROM versions v
    JOIN models m ON m.tenant_id = v.tenant_id AND m.id = v.model_id
    JOIN version_stages s ON s.tenant_id = v.tenant_id AND s.version_id = v.id";
const PERIODS: &str = "
    SELECT m.name, v.number, (extract(epoch FROM lower(r.period)) * 1000000)::bigint,
           (extract(epoch FROM upper(r.period)) * 1000000)::bigint, r.began_by, r.ended_by
    FROM production_periods r
    JOIN versions v ON v.tenant_id = r.tenant_id AND v.id = r.version_id
    JOIN models m ON m.tenant_id = r.tenant_id AND m.id = r.model_id";
const MARKS: &str = "
    SELECT reason FROM promotions
    UNION ALL SELECT reason FROM approvals
    UNION ALL SELECT reason FROM production_periods WHERE began_by = 'rollback'";
const LEAVES: &str = "
    SELECT l.index, l.leaf, l.leaf_hash, p.nonce, p.payload
    FROM audit_leaves l JOIN audit_payloads p ON p.tenant_id = l.tenant_id AND p.index = l.index
    ORDER BY l.index";
const MAILS: &str = "SELECT id::text, subject FROM mails";

/// Everything on record, as of one moment.
pub(crate) async fn record(client: &mut Client) -> Record {
    let snapshot = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
    let tx = snapshot.read_only(true).start().await.unwrap();
    let version = |row: &Row| Version {
        model: row.get(0),
        number: u32::try_from(row.get::<_, i32>(1)).unwrap(),
        digest: row.get(2),
        mark: row.get(3),
        stage: row.get(4),
        sha256: row.get(5),
    };
    let period = |row: &Row| Period {
        model: row.get(0),
        number: u32::try_from(row.get::<_, i32>(1)).unwrap(),
        from: row.get(2),
        until: row.get(3),
        began_by: row.get(4),
        ended_by: row.get(5),
    };
    let leaf = |row: &Row| Leaf {
        index: row.get(0),
        leaf: row.get(1),
        hash: row.get(2),
        nonce: row.get(3),
        payload: row.get(4),
    };
    Record {
        versions: tx.query(VERSIONS, &[]).await.unwrap().iter().map(version).collect(),
        periods: tx.query(PERIODS, &[]).await.unwrap().iter().map(period).collect(),
        marks: tx.query(MARKS, &[]).await.unwrap().iter().map(|row| row.get(0)).collect(),
        leaves: tx.query(LEAVES, &[]).await.unwrap().iter().map(leaf).collect(),
        mails: tx.query(MAILS, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect(),
    }
}

/// Adds what the API shows of the record: the log's head, every file that did
/// not come back yet, and what was in production when.
pub(crate) async fn see(reader: &Caller, record: &Record, seen: &mut Seen) {
    let head = reader.get(0, "/api/v1/tenants/north/audit/head").await.answer().expect("the log has a head");
    let size = usize::try_from(head["size"].as_u64().unwrap()).unwrap();
    seen.heads.push((size, head["root"].as_str().unwrap().to_owned()));
    let missing =
        record.versions.iter().filter(|v| !seen.contents.contains_key(&(v.model.clone(), v.number)));
    let back: Vec<_> = stream::iter(missing).map(|v| download(reader, v)).buffer_unordered(4).collect().await;
    seen.contents.extend(back.into_iter().flatten());
    let mut newest: HashMap<&str, &Period> = HashMap::new();
    for period in &record.periods {
        let newer = newest.get(period.model.as_str()).is_none_or(|there| there.from < period.from);
        if newer {
            newest.insert(&period.model, period);
        }
    }
    for period in newest.values() {
        for at in [period.from - 1, period.from] {
            seen.as_of.push((period.model.clone(), at, production_at(reader, &period.model, at).await));
        }
    }
}

type Back = ((String, u32), String);

/// A file's digest as it comes back. A read that is refused at the moment is
/// no loss: it is asked again.
async fn download(reader: &Caller, version: &Version) -> Option<Back> {
    for _ in 0..10 {
        let back = download_once(reader, version).await;
        if back.is_some() {
            return back;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    None
}

async fn download_once(reader: &Caller, version: &Version) -> Option<Back> {
    let Version { model, number, .. } = version;
    let path =
        format!("/api/v1/tenants/north/projects/claims/models/{model}/versions/{number}/files/model.bin");
    let answer = reader.request(usize::try_from(*number).unwrap(), Method::GET, &path).send().await.ok()?;
    let bytes = answer.error_for_status().ok()?.bytes().await.ok()?;
    Some(((model.clone(), *number), hex::encode(Sha256::digest(&bytes))))
}

/// What the API says was in production at a moment, in microseconds.
async fn production_at(reader: &Caller, model: &str, at: i64) -> Option<u32> {
    let (seconds, micros) = (at.div_euclid(1_000_000), at.rem_euclid(1_000_000));
    let at = chrono::DateTime::from_timestamp(seconds, u32::try_from(micros * 1000).unwrap()).unwrap();
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let path = format!("/api/v1/tenants/north/projects/claims/models/{model}/production?at={at}");
    let answer = reader.get(1, &path).await.answer().expect("the model is there");
    answer["production"]["number"].as_u64().map(|number| u32::try_from(number).unwrap())
}
