//! SQL of what a promotion would do to systems.

use super::Names;
use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use crate::systems::rules::Pair;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::reference::VersionRef;
use weighhouse_types::systems::Verdict;
use weighhouse_types::versions::Stage;

/// A system that holds another version of a model than the one to come.
pub(in crate::systems) struct AffectedRow {
    pub(in crate::systems) system_id: Uuid,
    pub(in crate::systems) system: VersionRef,
    pub(in crate::systems) stage: Stage,
    pub(in crate::systems) role: String,
    pub(in crate::systems) model_id: Uuid,
    pub(in crate::systems) holds: u32,
    pub(in crate::systems) successor: Option<u32>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    system_id: Uuid,
    #[diesel(embed)]
    names: Names,
    #[diesel(sql_type = Text)]
    stage: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = SqlUuid)]
    model_id: Uuid,
    #[diesel(sql_type = Integer)]
    holds: i32,
    #[diesel(sql_type = Nullable<Integer>)]
    successor: Option<i32>,
}

/// The systems in production or staging that hold another version of a model
/// than the one that is to come; a system that is to come itself is not among them.
pub(in crate::systems) async fn affected(
    tx: &mut TenantTx<'_>,
    tenant: &str,
    coming: &[&authz::Version],
) -> Result<Vec<AffectedRow>> {
    let (versions, models) = ids(coming);
    let rows: Vec<Row> = sql_query(
        "SELECT c.system_id, p.slug AS project, m.name AS model, v.number, s.stage, c.role,
                c.component_model_id AS model_id, h.number AS holds,
                (SELECT max(nv.number) FROM system_components n
                 JOIN versions nv ON nv.tenant_id = n.tenant_id AND nv.id = n.system_id
                 WHERE n.tenant_id = $1 AND n.component_id = coming.version_id
                   AND n.system_model_id = c.system_model_id) AS successor
         FROM unnest($2, $3) AS coming(version_id, model_id)
         JOIN system_components c ON c.tenant_id = $1 AND c.component_model_id = coming.model_id
              AND c.component_id <> coming.version_id AND c.system_model_id <> ALL ($3)
         JOIN version_stages s ON s.tenant_id = $1 AND s.version_id = c.system_id
              AND s.stage IN ('production', 'staging')
         JOIN versions v ON v.tenant_id = $1 AND v.id = c.system_id
         JOIN models m ON m.tenant_id = $1 AND m.id = v.model_id
         JOIN projects p ON p.tenant_id = $1 AND p.id = m.project_id
         JOIN versions h ON h.tenant_id = $1 AND h.id = c.component_id
         ORDER BY s.stage, p.slug, m.name, v.number DESC, c.role LIMIT 200",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(versions)
    .bind::<Array<SqlUuid>, _>(models)
    .load(tx.conn()?)
    .await?;
    let affected = |row: Row| {
        Ok(AffectedRow {
            system_id: row.system_id,
            system: row.names.reference(tenant)?,
            stage: row.stage.parse().map_err(Error::internal)?,
            role: row.role,
            model_id: row.model_id,
            holds: fit(row.holds)?,
            successor: row.successor.map(fit).transpose()?,
        })
    };
    rows.into_iter().map(affected).collect()
}

fn ids(of: &[&authz::Version]) -> (Vec<Uuid>, Vec<Uuid>) {
    of.iter().map(|version| (version.id.0, version.model.id.0)).unzip()
}

/// Whether two periods overlap and what ended their time together was no
/// rollback. `x` and `y` are rows of `production_periods`.
const IN_PEACE: &str = "x.period && y.period
    AND CASE WHEN upper(x.period) <= coalesce(upper(y.period), 'infinity') THEN x.ended_by ELSE y.ended_by END
        IS DISTINCT FROM 'rollback'";

#[derive(QueryableByName)]
struct PairRow {
    #[diesel(sql_type = SqlUuid)]
    system_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    model_id: Uuid,
    #[diesel(sql_type = Bool)]
    whole: bool,
    #[diesel(embed)]
    names: Names,
    #[diesel(sql_type = Nullable<Text>)]
    verdict: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    said_by: Option<String>,
    #[diesel(sql_type = Bool)]
    observed: bool,
}

/// What is known of each version to come together with the system that would
/// get it (`whole`) and with everything that it would stand beside there: the
/// system's other parts, or what is to come in their place. By system and model.
pub(in crate::systems) async fn pairs(
    tx: &mut TenantTx<'_>,
    affected: &[AffectedRow],
    coming: &[&authz::Version],
) -> Result<Vec<((Uuid, Uuid), bool, Pair)>> {
    let (versions, models) = ids(coming);
    let (systems, gets): (Vec<Uuid>, Vec<Uuid>) =
        affected.iter().map(|row| (row.system_id, row.model_id)).unzip();
    let rows: Vec<PairRow> = sql_query(format!(
        "WITH coming AS (SELECT * FROM unnest($2, $3) AS coming(version_id, model_id)),
              pair AS (
             SELECT a.system_id, a.model_id, n.version_id AS new_id, a.system_id AS with_id, true AS whole
             FROM unnest($4, $5) AS a(system_id, model_id) JOIN coming n USING (model_id)
             UNION ALL
             SELECT a.system_id, a.model_id, n.version_id, coalesce(o.version_id, c.component_id), false
             FROM unnest($4, $5) AS a(system_id, model_id) JOIN coming n USING (model_id)
             JOIN system_components c ON c.tenant_id = $1 AND c.system_id = a.system_id
                  AND c.component_model_id <> a.model_id
             LEFT JOIN coming o ON o.model_id = c.component_model_id)
         SELECT pair.system_id, pair.model_id, pair.whole, p.slug AS project, m.name AS model, v.number,
                s.verdict, u.name AS said_by,
                EXISTS (SELECT FROM production_periods x
                        JOIN production_periods y ON y.tenant_id = $1 AND y.model_id = v.model_id
                             AND y.version_id = pair.with_id AND {IN_PEACE}
                        WHERE x.tenant_id = $1 AND x.model_id = pair.model_id AND x.version_id = pair.new_id)
                    AS observed
         FROM pair
         JOIN versions v ON v.tenant_id = $1 AND v.id = pair.with_id
         JOIN models m ON m.tenant_id = $1 AND m.id = v.model_id
         JOIN projects p ON p.tenant_id = $1 AND p.id = m.project_id
         LEFT JOIN LATERAL (
             SELECT c.verdict, c.user_id FROM compatibility_statements c
             WHERE c.tenant_id = $1 AND c.one_id = least(pair.new_id, pair.with_id)
               AND c.other_id = greatest(pair.new_id, pair.with_id)
             ORDER BY c.number DESC LIMIT 1) s ON true
         LEFT JOIN users u ON u.id = s.user_id
         ORDER BY p.slug, m.name"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(versions)
    .bind::<Array<SqlUuid>, _>(models)
    .bind::<Array<SqlUuid>, _>(systems)
    .bind::<Array<SqlUuid>, _>(gets)
    .load(tx.conn()?)
    .await?;
    let pair = |row: PairRow| {
        let verdict: Option<Verdict> =
            row.verdict.map(|text| text.parse().map_err(Error::internal)).transpose()?;
        let Names { project, model, number } = row.names;
        let with = format!("{project}/{model}@{number}");
        let pair = Pair { with, said: verdict.zip(row.said_by), observed: row.observed };
        Ok(((row.system_id, row.model_id), row.whole, pair))
    };
    rows.into_iter().map(pair).collect()
}
