//! SQL of what is known of versions together.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use crate::systems::rules::Pair;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::systems::{Combination, Statement, Together, Verdict};

/// Writes what the caller says of two versions together.
pub(in crate::systems) async fn statement_insert(
    tx: &mut TenantTx<'_>,
    pair: (&authz::Version, &authz::Version),
    verdict: Verdict,
    reason: &str,
) -> Result<()> {
    use crate::schema::compatibility_statements::dsl;
    let (one, other) = if pair.0.id < pair.1.id { pair } else { (pair.1, pair.0) };
    let user = tx.ctx().user()?.id.0;
    diesel::insert_into(dsl::compatibility_statements)
        .values((
            dsl::tenant_id.eq(one.model.tenant_id.0),
            dsl::one_id.eq(one.id.0),
            dsl::one_model_id.eq(one.model.id.0),
            dsl::other_id.eq(other.id.0),
            dsl::other_model_id.eq(other.model.id.0),
            dsl::verdict.eq(verdict.as_str()),
            dsl::reason.eq(reason),
            dsl::user_id.eq(user),
        ))
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    one_project: String,
    #[diesel(sql_type = Text)]
    one_model: String,
    #[diesel(sql_type = Integer)]
    one_number: i32,
    #[diesel(sql_type = Text)]
    other_project: String,
    #[diesel(sql_type = Text)]
    other_model: String,
    #[diesel(sql_type = Integer)]
    other_number: i32,
    #[diesel(sql_type = Nullable<Text>)]
    verdict: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    said_by: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    said_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = BigInt)]
    statements: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    together_from: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    together_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Bool>)]
    rolled_back: Option<bool>,
    #[diesel(sql_type = Bool)]
    peaceful: bool,
    #[diesel(sql_type = Bool)]
    in_one_system: bool,
}

impl Row {
    fn combination(self, tenant: &str) -> Result<Combination> {
        let version = |project, model, number| {
            let model = ModelRef { tenant: tenant.to_owned(), project, model };
            Ok::<_, Error>(VersionRef { model, number: fit(number)? })
        };
        let statement = match (self.verdict, self.reason, self.said_by, self.said_at) {
            (Some(verdict), Some(reason), Some(by), Some(at)) => {
                let verdict = verdict.parse().map_err(Error::internal)?;
                Some(Statement { verdict, reason, by, at })
            }
            _ => None,
        };
        let said = statement.as_ref().map(|said| (said.verdict, said.by.clone()));
        let pair = Pair { with: String::new(), said, observed: self.peaceful };
        Ok(Combination {
            one: version(self.one_project, self.one_model, self.one_number)?,
            other: version(self.other_project, self.other_model, self.other_number)?,
            known: pair.known(),
            statement,
            statements: fit(self.statements)?,
            together: self.together_from.map(|from| Together {
                from,
                until: self.together_until,
                rolled_back: self.rolled_back.unwrap_or_default(),
            }),
            in_one_system: self.in_one_system,
        })
    }
}

/// Pairs of versions of which something is known, of a model ($2) with those
/// it shares systems with; of a system's model, of its parts among each other
/// too. What is known: a statement, time in production together, or a system
/// version that holds both.
const PAIRS: &str = "
    held AS (
        SELECT c.system_id, c.component_id, c.component_model_id FROM system_components c
        WHERE c.tenant_id = $1 AND (c.system_model_id = $2 OR c.system_id IN (
            SELECT i.system_id FROM system_components i WHERE i.tenant_id = $1 AND i.component_model_id = $2))),
    family AS (SELECT DISTINCT component_model_id AS model_id FROM held),
    is_system AS (SELECT EXISTS (SELECT FROM system_components
                                 WHERE tenant_id = $1 AND system_model_id = $2) AS yes),
    period AS (
        SELECT r.version_id, r.model_id, r.period, r.ended_by FROM production_periods r
        WHERE r.tenant_id = $1 AND r.model_id IN (SELECT model_id FROM family)),
    met AS (
        SELECT x.version_id AS one_id, y.version_id AS other_id, x.period * y.period AS span,
               CASE WHEN upper(x.period) <= coalesce(upper(y.period), 'infinity')
                    THEN x.ended_by ELSE y.ended_by END AS ended_by
        FROM period x JOIN period y ON x.model_id <> y.model_id AND x.version_id < y.version_id
             AND x.period && y.period),
    pair AS (
        SELECT a.component_id AS one_id, b.component_id AS other_id FROM held a
        JOIN held b ON b.system_id = a.system_id AND a.component_id < b.component_id
        UNION SELECT one_id, other_id FROM met
        UNION SELECT c.one_id, c.other_id FROM compatibility_statements c
              WHERE c.tenant_id = $1 AND (c.one_model_id = $2 OR c.other_model_id = $2
                    OR (c.one_model_id IN (SELECT model_id FROM family)
                        AND c.other_model_id IN (SELECT model_id FROM family))))";

/// What is known of combinations that a model is about, newest versions first.
pub(in crate::systems) async fn combinations(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    limit: i64,
) -> Result<Vec<Combination>> {
    let rows: Vec<Row> = sql_query(format!(
        "WITH {PAIRS}
         SELECT p.slug AS one_project, m.name AS one_model, v.number AS one_number,
                op.slug AS other_project, om.name AS other_model, ov.number AS other_number,
                s.verdict, s.reason, u.name AS said_by, s.at AS said_at,
                (SELECT count(*) FROM compatibility_statements n WHERE n.tenant_id = $1
                 AND n.one_id = pair.one_id AND n.other_id = pair.other_id) AS statements,
                lower(t.span) AS together_from, upper(t.span) AS together_until,
                t.ended_by = 'rollback' AS rolled_back,
                EXISTS (SELECT FROM met WHERE met.one_id = pair.one_id AND met.other_id = pair.other_id
                        AND met.ended_by IS DISTINCT FROM 'rollback') AS peaceful,
                EXISTS (SELECT FROM held a JOIN held b USING (system_id)
                        WHERE a.component_id = pair.one_id AND b.component_id = pair.other_id) AS in_one_system
         FROM pair
         JOIN versions v ON v.tenant_id = $1 AND v.id = pair.one_id
         JOIN models m ON m.tenant_id = $1 AND m.id = v.model_id
         JOIN projects p ON p.tenant_id = $1 AND p.id = m.project_id
         JOIN versions ov ON ov.tenant_id = $1 AND ov.id = pair.other_id
         JOIN models om ON om.tenant_id = $1 AND om.id = ov.model_id
         JOIN projects op ON op.tenant_id = $1 AND op.id = om.project_id
         LEFT JOIN LATERAL (
             SELECT c.verdict, c.reason, c.user_id, c.at FROM compatibility_statements c
             WHERE c.tenant_id = $1 AND c.one_id = pair.one_id AND c.other_id = pair.other_id
             ORDER BY c.number DESC LIMIT 1) s ON true
         LEFT JOIN users u ON u.id = s.user_id
         LEFT JOIN LATERAL (
             SELECT met.span, met.ended_by FROM met
             WHERE met.one_id = pair.one_id AND met.other_id = pair.other_id
             ORDER BY lower(met.span) DESC LIMIT 1) t ON true
         WHERE (SELECT yes FROM is_system) OR v.model_id = $2 OR ov.model_id = $2
         ORDER BY p.slug, m.name, op.slug, om.name, v.number DESC, ov.number DESC LIMIT $3"
    ))
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(|row| row.combination(&model.reference.tenant)).collect()
}
