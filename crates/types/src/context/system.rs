//! The component of a version of kind `system`: versions that work together.

use super::ContextError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A composition of versions of the same tenant.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// The parts by their role, such as `retriever` or `ranker`.
    pub components: BTreeMap<String, ComponentVersion>,
    /// How work goes through them.
    #[serde(default)]
    pub edges: Vec<Edge>,
    /// The rest of the orchestration: weights, thresholds, time limits.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub orchestration: Map<String, Value>,
}

/// One part of a system.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentVersion {
    /// `project/model@N`, of the system's own tenant.
    pub version: String,
    /// The version's digest; filled in when the system is registered without it.
    pub digest: Option<String>,
}

/// A way that work goes, from one role to another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    pub from: String,
    pub to: String,
    /// On what condition, in words or as an expression.
    pub when: Option<String>,
}

impl System {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// Says what is wrong and where.
    pub(super) fn check(&self, field: &str) -> Result<(), ContextError> {
        if self.components.is_empty() {
            return Err(ContextError::new(format!("{field}.components"), "must name at least one version"));
        }
        for (n, edge) in self.edges.iter().enumerate() {
            for (end, role) in [("from", &edge.from), ("to", &edge.to)] {
                if !self.components.contains_key(role) {
                    let at = format!("{field}.edges[{n}].{end}");
                    return Err(ContextError::new(at, format!("‘{role}’ is none of the components")));
                }
            }
        }
        Ok(())
    }
}
