//! SQL of attestations and trusted signers.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use weighhouse_scan::signature::{Key, Trusted};
use weighhouse_types::attestations::{Attestation, AttestationKind, Signer, SignerAdd};
use weighhouse_types::ids::{AttestationId, SignerId};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
    #[diesel(sql_type = Nullable<Text>)]
    by: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Jsonb)]
    body: Value,
}

impl Row {
    fn attestation(self, version: &authz::Version) -> Result<Attestation> {
        Ok(Attestation {
            id: self.id.into(),
            version: version.reference(),
            kind: self.kind.parse().map_err(Error::internal)?,
            digest: hex::encode(self.digest),
            by: self.by,
            at: self.at,
            body: self.body,
        })
    }
}

/// Writes an attestation of the caller's, or of the installation's.
pub(super) async fn insert(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    kind: AttestationKind,
    digest: &[u8; 32],
    body: &Value,
) -> Result<Attestation> {
    let user = tx.ctx().user_id();
    let row: Row = sql_query(
        "INSERT INTO attestations (tenant_id, version_id, id, kind, digest, body, user_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         RETURNING id, kind, digest, (SELECT name FROM users WHERE users.id = user_id) AS by, at, body",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<Text, _>(kind.as_str())
    .bind::<Binary, _>(digest.as_slice())
    .bind::<Jsonb, _>(body)
    .bind::<Nullable<SqlUuid>, _>(user)
    .get_result(tx.conn()?)
    .await?;
    row.attestation(version)
}

const SELECT: &str = "SELECT a.id, a.kind, a.digest, u.name AS by, a.at, a.body
     FROM attestations a LEFT JOIN users u ON u.id = a.user_id
     WHERE a.tenant_id = $1 AND a.version_id = $2";

/// Attestations before one, newest first.
pub(super) async fn attestations(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    kind: Option<AttestationKind>,
    before: Option<AttestationId>,
    limit: i64,
) -> Result<Vec<Attestation>> {
    let rows: Vec<Row> = sql_query(format!(
        "{SELECT} AND ($3 IS NULL OR a.kind = $3) AND ($4 IS NULL OR a.id < $4) ORDER BY a.id DESC LIMIT $5"
    ))
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .bind::<Nullable<Text>, _>(kind.map(AttestationKind::as_str))
    .bind::<Nullable<SqlUuid>, _>(before.map(|id| id.0))
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(|row| row.attestation(version)).collect()
}

/// What is evidence, oldest first: the newest thousand. A signature's bundle,
/// which may be large, is left out.
pub(super) async fn evidence(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Vec<Attestation>> {
    let rows: Vec<Row> = sql_query(
        "SELECT * FROM (
             SELECT a.id, a.kind, a.digest, NULL AS by, a.at,
                    CASE a.kind WHEN 'signature' THEN jsonb_set(a.body, '{bundle}', 'null') ELSE a.body END AS body
             FROM attestations a WHERE a.tenant_id = $1 AND a.version_id = $2
                  AND a.kind IN ('evaluation', 'scan', 'signature')
             ORDER BY a.id DESC LIMIT 1000) AS newest ORDER BY id",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(|row| row.attestation(version)).collect()
}

#[derive(QueryableByName)]
struct SignerRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    pem: String,
    #[diesel(sql_type = Binary)]
    spki: Vec<u8>,
    #[diesel(sql_type = Binary)]
    fingerprint: Vec<u8>,
    #[diesel(sql_type = Text)]
    algorithm: String,
    #[diesel(sql_type = Nullable<Text>)]
    added_by: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    added_at: DateTime<Utc>,
}

impl SignerRow {
    fn signer(self) -> Signer {
        Signer {
            id: self.id.into(),
            name: self.name,
            pem: self.pem,
            fingerprint: hex::encode(self.fingerprint),
            algorithm: self.algorithm,
            added_by: self.added_by,
            added_at: self.added_at,
        }
    }
}

const SIGNERS: &str =
    "SELECT s.id, s.name, s.pem, s.spki, s.fingerprint, s.algorithm, u.name AS added_by, s.added_at
     FROM signers s LEFT JOIN users u ON u.id = s.added_by
     WHERE s.tenant_id = $1 AND s.removed_at IS NULL";

/// How many keys a client trusts at most.
pub(super) const SIGNERS_MAX: i64 = 100;

async fn rows(tx: &mut TenantTx<'_>) -> Result<Vec<SignerRow>> {
    let rows = sql_query(format!("{SIGNERS} ORDER BY lower(s.name) LIMIT {SIGNERS_MAX}"))
        .bind::<SqlUuid, _>(tx.tenant().0)
        .load(tx.conn()?)
        .await?;
    Ok(rows)
}

/// The keys that the tenant trusts, by name.
pub(super) async fn signers(tx: &mut TenantTx<'_>) -> Result<Vec<Signer>> {
    Ok(rows(tx).await?.into_iter().map(SignerRow::signer).collect())
}

/// The same, to verify with.
pub(super) async fn trusted(tx: &mut TenantTx<'_>) -> Result<Vec<Trusted>> {
    let trusted = |row: SignerRow| {
        let key = Key::from_spki(&row.spki).map_err(Error::internal)?;
        Ok(Trusted { name: row.name, key })
    };
    rows(tx).await?.into_iter().map(trusted).collect()
}

pub(super) async fn signer(tx: &mut TenantTx<'_>, id: SignerId) -> Result<Option<Signer>> {
    let row: Option<SignerRow> = sql_query(format!("{SIGNERS} AND s.id = $2 FOR UPDATE OF s"))
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<SqlUuid, _>(id.0)
        .get_result(tx.conn()?)
        .await
        .optional()?;
    Ok(row.map(SignerRow::signer))
}

pub(super) async fn signer_insert(tx: &mut TenantTx<'_>, new: &SignerAdd, key: &Key) -> Result<SignerId> {
    use crate::schema::signers::dsl;
    let id = Uuid::now_v7();
    diesel::insert_into(dsl::signers)
        .values((
            dsl::tenant_id.eq(tx.tenant().0),
            dsl::id.eq(id),
            dsl::name.eq(&new.name),
            dsl::pem.eq(&new.pem),
            dsl::spki.eq(key.spki()),
            dsl::fingerprint.eq(key.fingerprint().as_slice()),
            dsl::algorithm.eq(key.algorithm()),
            dsl::added_by.eq(tx.ctx().user_id()),
        ))
        .execute(tx.conn()?)
        .await?;
    Ok(id.into())
}

pub(super) async fn signer_remove(tx: &mut TenantTx<'_>, id: SignerId) -> Result<()> {
    use crate::schema::signers::dsl;
    diesel::update(dsl::signers)
        .filter(dsl::tenant_id.eq(tx.tenant().0).and(dsl::id.eq(id.0)))
        .set(dsl::removed_at.eq(Utc::now()))
        .execute(tx.conn()?)
        .await?;
    Ok(())
}
