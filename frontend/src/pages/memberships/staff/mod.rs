//! The people who work at an agency; their roles reach all of its clients.

pub(crate) mod server;

use super::roster::{Invited, Inviting, Person, Place, Roster};
use crate::components::frame::Page;
use crate::session;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use server::{Staff, StaffInvite, StaffRemove, StaffUninvite, StaffUpdate};
use weighhouse_types::memberships::{Member, StaffInvitation};
use weighhouse_types::permission::{AgencyAction, AgencyRole, Role, agency_allows};

#[component]
pub(crate) fn StaffPage() -> impl IntoView {
    let slug = session::param("agency");
    session::page(async move |ctx| {
        let Staff { place: at, members, invitations, me } = server::staff(&ctx, &slug).await?;
        let person = |member: Member| {
            let change = member.user != me && may_change(at.role, member.role);
            Person { roles: if change { may_give(at.role) } else { Vec::new() }, note: None, member }
        };
        let people = members.into_iter().map(person).collect();
        let place = Place {
            field: "agency",
            slug,
            update: StaffUpdate::PATH,
            remove: StaffRemove::PATH,
            invite: StaffInvite::PATH,
            revoke: StaffUninvite::PATH,
        };
        let inviting = agency_allows(at.role, AgencyAction::StaffManage).then(|| Inviting {
            invited: invitations.into_iter().map(invited).collect(),
            roles: may_give(at.role),
            hint: "An engineer registers and deploys, an auditor reads, an agency-admin manages clients and staff as well.",
        });
        let title = format!("Staff of {}", at.agency.name);
        let body = view! {
            <div class="head">
                <h1>{title.clone()}</h1>
                <p class="head-sub">
                    "Who works at the agency. These roles reach all of its clients; a client’s own people are on the client’s page."
                </p>
            </div>
            <Roster label="Staff" place=place people=people inviting=inviting />
        };
        Ok(Page::new(title, body).under("Portfolio", "/"))
    })
}

fn invited(invitation: StaffInvitation) -> Invited {
    let StaffInvitation { id, email, role, expires_at, .. } = invitation;
    Invited { id, email, role: role.as_str(), expires_at }
}

/// Whether somebody may change one of the staff: who is an owner is for owners to say.
fn may_change(mine: AgencyRole, theirs: Role) -> bool {
    let needs = match theirs {
        Role::Agency(AgencyRole::Owner) => AgencyAction::OwnerManage,
        _ => AgencyAction::StaffManage,
    };
    agency_allows(mine, needs)
}

/// The roles that somebody may give.
fn may_give(mine: AgencyRole) -> Vec<&'static str> {
    let mut roles: Vec<_> = [AgencyRole::Engineer, AgencyRole::Auditor, AgencyRole::AgencyAdmin].to_vec();
    if agency_allows(mine, AgencyAction::OwnerManage) {
        roles.push(AgencyRole::Owner);
    }
    roles.into_iter().map(AgencyRole::as_str).collect()
}
