//! The first wall: who acts, by what kind of credential, under which request.

use super::app::App;
use super::error::{Error, Result};
use super::idempotency::Claim;
use super::network::Origin;
use std::sync::Arc;
use weighhouse_types::error::Code;
use weighhouse_types::identity::User;
use weighhouse_types::ids::{SessionId, TenantId, TokenId};
use weighhouse_types::permission::Scope;

/// Every operation takes this first.
#[derive(Clone, Debug)]
pub struct Ctx {
    pub(crate) app: Arc<App>,
    pub(crate) actor: Actor,
    pub(crate) request_id: String,
    /// The right to do the work of the request's Idempotency-Key.
    pub(super) claim: Option<Claim>,
    pub(crate) origin: Origin,
}

/// Who acts.
#[derive(Clone, Debug)]
pub(crate) enum Actor {
    /// Nobody signed in.
    Anonymous,
    /// A person in a browser.
    Session { user: User, session: SessionId, cookie: String },
    /// A person's API token, or (`exchanged`) a JWT that stands for it.
    Token { user: User, token: TokenId, tenant: TenantId, scopes: Vec<Scope>, exchanged: bool },
    /// A person who holds an invitation, to a tenant or to an agency, and is
    /// about to join.
    Invited { user: User, tenant: Option<TenantId> },
    /// The operator at the machine itself.
    Console,
    /// The installation itself, by its schedule.
    Worker,
}

impl Ctx {
    /// For requests without a credential.
    #[must_use]
    pub fn anonymous(app: &Arc<App>, request_id: impl Into<String>) -> Self {
        Self::with(app, Actor::Anonymous, request_id)
    }

    /// For the operator's commands, whose right is the access to the machine.
    #[must_use]
    pub fn console(app: &Arc<App>) -> Self {
        Self::with(app, Actor::Console, super::secret::request_id())
    }

    /// For what the installation does by its schedule.
    #[must_use]
    pub fn worker(app: &Arc<App>) -> Self {
        Self::with(app, Actor::Worker, super::secret::request_id())
    }

    pub(crate) fn with(app: &Arc<App>, actor: Actor, request_id: impl Into<String>) -> Self {
        let (app, request_id) = (Arc::clone(app), request_id.into());
        Self { app, actor, request_id, claim: None, origin: Origin::default() }
    }

    /// The same, coming from somewhere.
    #[must_use]
    pub fn at(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// The same request, by somebody whose right it has established.
    pub(crate) fn acting(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// The same request, with the right to do the work of its Idempotency-Key.
    #[must_use]
    pub fn claiming(self, claim: Claim) -> Self {
        Self { claim: Some(claim), ..self }
    }

    /// The process's parts.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// The id under which logs of this request are found.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The person who acts.
    ///
    /// # Errors
    /// When nobody is signed in.
    pub fn user(&self) -> Result<&User> {
        match &self.actor {
            Actor::Session { user, .. } | Actor::Token { user, .. } | Actor::Invited { user, .. } => Ok(user),
            Actor::Anonymous | Actor::Console | Actor::Worker => Err(Error::refused(
                Code::Unauthenticated,
                "Sign in, or send an API token as “Authorization: Bearer wh_…”.",
            )),
        }
    }

    /// The id of the person who acts; console and worker have none.
    pub(crate) fn user_id(&self) -> Option<uuid::Uuid> {
        self.user().ok().map(|user| user.id.0)
    }

    /// Whether the caller looks after the installation itself.
    pub(crate) fn is_operator(&self) -> bool {
        match &self.actor {
            Actor::Session { user, .. } => user.operator,
            actor => matches!(actor, Actor::Console),
        }
    }

    /// The session's form token, which proves that a form came from our page.
    #[must_use]
    pub fn csrf(&self) -> Option<String> {
        match &self.actor {
            Actor::Session { cookie, .. } => Some(super::secret::csrf(cookie)),
            _ => None,
        }
    }

    /// How the actor came, as the audit log writes it.
    pub(crate) fn via(&self) -> String {
        match &self.actor {
            Actor::Anonymous | Actor::Invited { .. } => "link".into(),
            Actor::Session { .. } => "session".into(),
            Actor::Token { token, .. } => format!("token {token}"),
            Actor::Console => "console".into(),
            Actor::Worker => "worker".into(),
        }
    }
}
