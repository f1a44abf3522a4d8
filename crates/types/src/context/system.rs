//! The component of a version of kind `system`: versions that work together.

use super::{ContextError, sha256_check};
use crate::reference::VersionRef;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The most versions that a system may name.
pub const COMPONENTS_MAX: usize = 64;
/// The most ways between them.
const EDGES_MAX: usize = 1000;
/// The longest name of a role, in characters.
const ROLE_MAX: usize = 100;

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

impl ComponentVersion {
    /// The version that is meant, in a system of this tenant.
    ///
    /// # Errors
    /// Says what to write.
    pub fn reference(&self, tenant: &str) -> Result<VersionRef, String> {
        let wrong = || {
            format!(
                "‘{}’ is not a version of this tenant: write project/model@3, without the tenant",
                self.version
            )
        };
        format!("{tenant}/{}", self.version).parse().map_err(|_form| wrong())
    }
}

impl System {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// Says what is wrong and where.
    pub(super) fn check(&self, field: &str) -> Result<(), ContextError> {
        let count = self.components.len();
        if count == 0 {
            return Err(ContextError::new(format!("{field}.components"), "must name at least one version"));
        }
        if count > COMPONENTS_MAX || self.edges.len() > EDGES_MAX {
            let detail = format!(
                "has {count} components and {} edges; at most {COMPONENTS_MAX} and {EDGES_MAX} are allowed",
                self.edges.len()
            );
            return Err(ContextError::new(field, detail));
        }
        self.check_components(field)?;
        self.check_edges(field)
    }

    fn check_components(&self, field: &str) -> Result<(), ContextError> {
        let mut models = HashMap::new();
        for (role, component) in &self.components {
            let at = |part: &str| format!("{field}.components.{role}{part}");
            if role.trim() != role || role.is_empty() || role.chars().count() > ROLE_MAX {
                let detail = format!("a role has 1 to {ROLE_MAX} characters, and no blank at either end");
                return Err(ContextError::new(at(""), detail));
            }
            // Any tenant does: what is checked here is the form.
            let version = component.reference("own").map_err(|e| ContextError::new(at(".version"), e))?;
            if let Some(digest) = &component.digest {
                sha256_check(digest).map_err(|e| ContextError::new(at(".digest"), e))?;
            }
            if let Some(first) = models.insert(version.model, role) {
                let detail = format!(
                    "is of the same model as ‘{first}’: a system holds a model once, so that it can be in production as one. Several edges may lead to one role"
                );
                return Err(ContextError::new(at(".version"), detail));
            }
        }
        Ok(())
    }

    fn check_edges(&self, field: &str) -> Result<(), ContextError> {
        let mut seen = BTreeSet::new();
        for (n, edge) in self.edges.iter().enumerate() {
            for (end, role) in [("from", &edge.from), ("to", &edge.to)] {
                if !self.components.contains_key(role) {
                    let at = format!("{field}.edges[{n}].{end}");
                    return Err(ContextError::new(at, format!("‘{role}’ is none of the components")));
                }
            }
            if !seen.insert((&edge.from, &edge.to, &edge.when)) {
                let at = format!("{field}.edges[{n}]");
                let detail = format!("leads from ‘{}’ to ‘{}’ as one before it does", edge.from, edge.to);
                return Err(ContextError::new(at, detail));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::context::normalise;
    use serde_json::{Value, json};

    fn refused(system: Value) -> String {
        normalise(json!({"system": system})).expect_err("must be refused").field
    }

    #[test]
    fn wrong_systems_name_the_place() {
        let two = json!({"a": {"version": "claims/fraud@1"}, "b": {"version": "claims/triage@2"}});
        let with = |edges: Value| json!({"components": two, "edges": edges});
        let one = |component: Value| json!({"components": {"a": component}});
        for (system, field) in [
            (one(json!({"version": "north/claims/fraud@1"})), "components.a.version"),
            (one(json!({"version": "claims/fraud"})), "components.a.version"),
            (one(json!({"version": "claims/fraud@1", "digest": "ab"})), "components.a.digest"),
            (one(json!({"version": "claims/fraud@1", "name": "x"})), "components.a.name"),
            (json!({"components": {" a": {"version": "claims/fraud@1"}}}), "components. a"),
            (
                json!({"components": {"a": {"version": "claims/fraud@1"}, "b": {"version": "claims/fraud@2"}}}),
                "components.b.version",
            ),
            (with(json!([{"from": "a", "to": "b"}, {"from": "a", "to": "c"}])), "edges[1].to"),
            (with(json!([{"from": "a", "to": "b"}, {"from": "a", "to": "b"}])), "edges[1]"),
        ] {
            assert_eq!(refused(system.clone()), format!("context.system.{field}"), "{system}");
        }
        let loops = json!([{"from": "a", "to": "b"}, {"from": "b", "to": "a", "when": "not sure"}]);
        assert!(normalise(json!({"system": with(loops)})).is_ok(), "agents may go round");
    }
}
