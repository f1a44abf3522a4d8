//! How events read, as plain sentences.

use super::Event;

impl Event {
    /// What happened, as a plain sentence about `actor`.
    #[must_use]
    pub fn sentence(&self, actor: &str) -> String {
        match self {
            Self::AgencyCreated { agency, name } => format!("{actor} created the agency {name} ({agency})."),
            Self::InstallationSetUp { agency, owner } => {
                format!("The installation was set up for {agency}, with {owner} as owner.")
            }
            Self::UserCreated { email, role, tenant } => sentence_user(actor, email, role, tenant),
            Self::SessionStarted { email, .. } => format!("{email} signed in."),
            Self::SessionEnded { email, .. } => format!("{email} signed out."),
            Self::TenantCreated { tenant, name } => format!("{actor} created the client {name} ({tenant})."),
            Self::MemberInvited { email, role } => format!("{actor} invited {email} as {role}."),
            Self::InvitationRevoked { email } => format!("{actor} revoked the invitation of {email}."),
            Self::MemberJoined { email, role } => format!("{email} joined as {role}."),
            Self::MemberRoleChanged { email, role } => format!("{actor} made {email} {role}."),
            Self::MemberRemoved { email } => format!("{actor} removed {email}."),
            Self::TokenCreated { name, owner, scopes, .. } => {
                format!("{actor} created the API token “{name}” of {owner} for {}.", scopes.join(", "))
            }
            Self::TokenRevoked { name, .. } => format!("{actor} revoked the API token “{name}”."),
            Self::ProjectCreated { project, name } => {
                format!("{actor} created the project {name} ({project}).")
            }
            Self::ModelCreated { model } => format!("{actor} created the model {model}."),
            Self::VersionRegistered { .. } | Self::VersionRetired { .. } | Self::VersionStaged { .. } => {
                self.sentence_version(actor)
            }
            Self::JobRetried { about, .. } => format!("{actor} had a failed job tried again ({about})."),
            Self::JobDiscarded { about, reason, .. } => {
                format!("{actor} gave up a failed job ({about}){}", because(reason))
            }
            Self::PromotionOpened { .. }
            | Self::PromotionApproved { .. }
            | Self::PromotionRejected { .. }
            | Self::PromotionWithdrawn { .. }
            | Self::ProductionRolledBack { .. } => self.sentence_promotion(actor),
            Self::HoldPlaced { .. }
            | Self::HoldLiftAsked { .. }
            | Self::HoldLiftWithdrawn { .. }
            | Self::HoldLifted { .. } => self.sentence_hold(actor),
            Self::PinSet { .. }
            | Self::PinRemoved { .. }
            | Self::PinRecorded { .. }
            | Self::PinChanged { .. }
            | Self::PinAlertClosed { .. } => self.sentence_pin(actor),
            Self::AttestationAdded { .. } | Self::SignerAdded { .. } | Self::SignerRemoved { .. } => {
                self.sentence_attestation(actor)
            }
            Self::SessionsRevoked { .. }
            | Self::PasswordResetAsked { .. }
            | Self::PasswordReset { .. }
            | Self::PasswordChanged { .. }
            | Self::EmailChangeAsked { .. }
            | Self::EmailChanged { .. }
            | Self::EmailChangeUndone { .. } => self.sentence_login(actor),
            _ => self.sentence_retention(actor),
        }
    }

    fn sentence_login(&self, actor: &str) -> String {
        match self {
            Self::SessionsRevoked { email, sessions } => match sessions.len() {
                1 => format!("{actor} ended a session of {email}."),
                many => format!("{actor} ended {many} sessions of {email}."),
            },
            Self::PasswordResetAsked { email } => {
                format!("A link to choose a new password was asked for, and mailed to {email}.")
            }
            Self::PasswordReset { email, .. } => {
                format!("The password of {email} was replaced by the link of a mail; all sessions ended.")
            }
            Self::PasswordChanged { email, .. } => {
                format!("{email} changed the password; all other sessions ended.")
            }
            Self::EmailChangeAsked { email, to } => {
                format!("{actor} asked to change the address of {email} to {to}.")
            }
            Self::EmailChanged { from, to } => {
                format!("The address of {from} was changed to {to}, by the link of a mail.")
            }
            Self::EmailChangeUndone { from, to, .. } => format!(
                "The change of an address was undone, by the link of a mail: {from} is {to} again; \
                 the password is void and all sessions ended."
            ),
            other => format!("{actor}: {}.", other.name()),
        }
    }

    fn sentence_version(&self, actor: &str) -> String {
        match self {
            Self::VersionRegistered { version, digest, files, .. } => {
                let noun = if *files == 1 { "file" } else { "files" };
                format!("{actor} registered {version} with {files} {noun}, digest {}…", short(digest))
            }
            Self::VersionRetired { version, reason, .. } => {
                format!("{actor} retired {version}{}", because(reason))
            }
            Self::VersionStaged { version, reason, .. } => {
                format!("{actor} promoted {version} to staging{}", because(reason))
            }
            other => format!("{actor}: {}.", other.name()),
        }
    }

    fn sentence_promotion(&self, actor: &str) -> String {
        match self {
            Self::PromotionOpened { version, target, reason, .. } => {
                format!("{actor} asked to promote {version} to {target}{}", because(reason))
            }
            Self::PromotionApproved { version, target, complete, replaced, reason, .. } => {
                let moved = match (complete, replaced) {
                    (false, _) => "; more approvals are needed".to_owned(),
                    (true, None) => format!("; it is now in {target}"),
                    (true, Some(old)) => format!("; it is now in {target} and {old} is archived"),
                };
                format!("{actor} approved {version} for {target}{moved}{}", because(reason))
            }
            Self::PromotionRejected { version, target, reason, .. } => {
                format!("{actor} rejected {version} for {target}{}", because(reason))
            }
            Self::PromotionWithdrawn { version, target, .. } => {
                format!("{actor} withdrew the request to promote {version} to {target}.")
            }
            Self::ProductionRolledBack { from, to, reason, .. } => {
                format!("{actor} rolled production back from {from} to {to}{}", because(reason))
            }
            other => format!("{actor}: {}.", other.name()),
        }
    }
}

fn sentence_user(actor: &str, email: &str, role: &Option<String>, tenant: &Option<String>) -> String {
    match (role, tenant) {
        (Some(role), Some(tenant)) => format!("{actor} created a login for {email}, {role} of {tenant}."),
        (Some(role), None) => format!("{actor} created a login for {email}, {role}."),
        _ => format!("{actor} created a login for {email}."),
    }
}

/// The end of a sentence, with its reason where one was given.
pub(super) fn because(reason: &str) -> String {
    if reason.is_empty() { ".".into() } else { format!(": “{reason}”") }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
