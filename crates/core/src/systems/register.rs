//! What a system's context names, found in the registry.

use super::queries::{self, Named};
use super::rules::{self, Held};
use crate::kernel::authz;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;
use weighhouse_types::context::System;
use weighhouse_types::reference::VersionRef;
use weighhouse_types::versions::Stage;

const FIELD: &str = "context.system.components";

/// The versions that a system is about to hold.
pub(crate) struct Parts(pub(super) Vec<(String, Named)>);

/// Finds the versions that a system's context names and fills in the digests
/// that it leaves out; `None` where it is no system's.
///
/// # Errors
/// Says which component is wrong: it is not there, its digest is another's,
/// or it leads back to the system.
pub(crate) async fn resolve_in_tx(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    context: &mut Value,
) -> Result<Option<Parts>> {
    let Some(system) = context.get("system") else { return Ok(None) };
    let system: System = serde_json::from_value(system.clone()).map_err(Error::internal)?;
    let mut references = Vec::new();
    for (role, component) in &system.components {
        let reference = component.reference(&model.reference.tenant);
        let reference = reference.map_err(|e| Error::invalid(&format!("{FIELD}.{role}.version"), e))?;
        references.push((role.clone(), reference));
    }
    let found = queries::named(tx, &references).await?;
    let mut parts = Vec::new();
    for (role, reference) in references {
        let part = found.get(&reference).cloned().ok_or_else(|| no_version(&role, &reference))?;
        let given = system.components.get(&role).and_then(|component| component.digest.as_deref());
        if given.is_some_and(|digest| digest != part.digest) {
            let detail = format!(
                "{reference} has the digest {}. Either the version or the digest is not the one you mean; leave the digest out to take the registry's.",
                part.digest
            );
            return Err(Error::invalid(&format!("{FIELD}.{role}.digest"), detail));
        }
        if let Some(component) = context.pointer_mut(&pointer(&role)).and_then(Value::as_object_mut) {
            component.insert("digest".into(), Value::String(part.digest.clone()));
        }
        parts.push((role, part));
    }
    refuse_impossible(tx, model, &parts).await?;
    Ok(Some(Parts(parts)))
}

/// A component in a context, as a JSON pointer (RFC 6901).
fn pointer(role: &str) -> String {
    format!("/system/components/{}", role.replace('~', "~0").replace('/', "~1"))
}

fn no_version(role: &str, reference: &VersionRef) -> Error {
    let detail = format!("There is no version {reference}. Register it first, or check the spelling.");
    Error::invalid(&format!("{FIELD}.{role}.version"), detail)
}

async fn refuse_impossible(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    parts: &[(String, Named)],
) -> Result<()> {
    let mut held: HashMap<Uuid, Vec<Held<Uuid>>> = HashMap::new();
    let ids: Vec<Uuid> = parts.iter().map(|(_, part)| part.version).collect();
    for (system, part) in queries::held_below(tx, &ids).await? {
        held.entry(system).or_default().push(part);
    }
    let direct = |(role, part): &(String, Named)| {
        (role.clone(), Held { version: part.version, model: part.model, name: part.name.clone() })
    };
    let direct: Vec<_> = parts.iter().map(direct).collect();
    let name = format!("{}/{}", model.reference.project, model.reference.model);
    rules::may_hold((model.id.0, &name), &direct, &held).map_err(|refused| {
        Error::invalid(&format!("{FIELD}.{}.version", refused.role), format!("{}.", refused.detail))
    })
}

/// Writes what a new system version holds.
///
/// # Errors
/// When a component was retired: it is never used again.
pub(crate) async fn parts_insert_in_tx(
    tx: &mut TenantTx<'_>,
    system: &authz::Version,
    parts: &Parts,
) -> Result<()> {
    if let Some((role, part)) = parts.0.iter().find(|(_, part)| part.stage == Stage::Retired) {
        let detail = format!("{} is retired and is never used again. Name another version.", part.name);
        return Err(Error::invalid(&format!("{FIELD}.{role}.version"), detail));
    }
    queries::parts_insert(tx, system, parts).await
}
