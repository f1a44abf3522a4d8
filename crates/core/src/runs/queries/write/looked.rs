//! Where a group of writes goes, looked up once for all of it.

use crate::kernel::error::{Error, Result};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use crate::runs::writer::{What, Write};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use std::collections::HashMap;
use uuid::Uuid;
use weighhouse_types::ids::{ProjectId, RunId};

/// The experiments and runs that a group writes to.
pub(super) struct Looked {
    experiments: HashMap<(ProjectId, i32), Experiment>,
    runs: HashMap<RunId, Run>,
}

#[derive(QueryableByName)]
pub(super) struct Experiment {
    #[diesel(sql_type = SqlUuid)]
    project_id: Uuid,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = SqlUuid)]
    pub(super) id: Uuid,
    #[diesel(sql_type = Bool)]
    deleted: bool,
}

#[derive(QueryableByName)]
pub(super) struct Run {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub(super) experiment_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    project_id: Uuid,
    #[diesel(sql_type = Bool)]
    deleted: bool,
}

impl Looked {
    pub(super) async fn up(tx: &mut TenantTx<'_>, writes: &[Write]) -> Result<Self> {
        let (mut projects, mut numbers, mut runs) = (Vec::new(), Vec::new(), Vec::new());
        for write in writes {
            match &write.what {
                What::Create { run, .. } => {
                    projects.push(write.project.0);
                    // A number that is too large names no experiment.
                    numbers.push(i32::try_from(run.experiment).unwrap_or(-1));
                }
                What::Log { run, .. } => runs.push(run.0),
            }
        }
        let mut looked = Self { experiments: HashMap::new(), runs: HashMap::new() };
        if !numbers.is_empty() {
            let found: Vec<Experiment> = sql_query(
                "SELECT e.project_id, e.number, e.id, e.deleted_at IS NOT NULL AS deleted
                 FROM (SELECT DISTINCT * FROM unnest($2, $3)) AS wanted (project_id, number)
                 JOIN experiments e ON e.tenant_id = $1 AND e.project_id = wanted.project_id
                      AND e.number = wanted.number",
            )
            .bind::<SqlUuid, _>(tx.tenant().0)
            .bind::<Array<SqlUuid>, _>(projects)
            .bind::<Array<Integer>, _>(numbers)
            .load(tx.conn()?)
            .await?;
            looked.experiments = found.into_iter().map(|e| ((e.project_id.into(), e.number), e)).collect();
        }
        if !runs.is_empty() {
            let found: Vec<Run> = sql_query(
                "SELECT r.id, r.experiment_id, e.project_id,
                        r.deleted_at IS NOT NULL OR e.deleted_at IS NOT NULL AS deleted
                 FROM runs r JOIN experiments e ON e.tenant_id = r.tenant_id AND e.id = r.experiment_id
                 WHERE r.tenant_id = $1 AND r.id = ANY($2)",
            )
            .bind::<SqlUuid, _>(tx.tenant().0)
            .bind::<Array<SqlUuid>, _>(runs)
            .load(tx.conn()?)
            .await?;
            looked.runs = found.into_iter().map(|run| (run.id.into(), run)).collect();
        }
        Ok(looked)
    }

    /// The experiment that a new run goes to.
    pub(super) fn experiment(&self, project: ProjectId, number: u32) -> Result<&Experiment> {
        let number = i32::try_from(number).unwrap_or(-1);
        let found = self.experiments.get(&(project, number)).ok_or_else(|| Error::not_found("experiment"))?;
        if found.deleted {
            return Err(Error::conflict("The experiment is deleted. Restore it, or use another one."));
        }
        Ok(found)
    }

    /// The run that is logged to.
    pub(super) fn run(&self, project: ProjectId, id: RunId) -> Result<&Run> {
        let found = self.runs.get(&id).filter(|run| run.project_id == project.0);
        let found = found.ok_or_else(|| Error::not_found("run"))?;
        if found.deleted {
            return Err(Error::conflict("The run is deleted. Restore it before it logs."));
        }
        Ok(found)
    }
}
