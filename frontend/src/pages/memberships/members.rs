//! Who reaches a client, with which role; invitations on their way.

use super::roster::{Invited, Inviting, Person, Place, Roster};
use super::server::{self, ChangeRole, Invite, Members, RemoveMember, Uninvite};
use crate::components::frame::{Page, Tab};
use crate::session;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::memberships::{Invitation, Member};
use weighhouse_types::permission::{Action, Role, TenantRole, allows};

#[component]
pub(crate) fn MembersPage() -> impl IntoView {
    let slug = session::param("tenant");
    session::page(async move |ctx| {
        let Members { tenant, members, invitations, me } = server::members(&ctx, &slug).await?;
        let manages = allows(tenant.role, Action::MemberManage);
        let person = |member: Member| {
            let own = matches!(member.role, Role::Tenant(_));
            let change = manages && own && member.user != me;
            Person {
                roles: if change {
                    TenantRole::ALL.iter().map(|role| role.as_str()).collect()
                } else {
                    Vec::new()
                },
                note: (!own).then_some("of the agency"),
                member,
            }
        };
        let people = members.into_iter().map(person).collect();
        let place = Place {
            field: "tenant",
            slug,
            update: ChangeRole::PATH,
            remove: RemoveMember::PATH,
            invite: Invite::PATH,
            revoke: Uninvite::PATH,
        };
        let inviting = manages.then(|| Inviting {
            invited: invitations.into_iter().map(invited).collect(),
            roles: [TenantRole::Approver, TenantRole::ClientAdmin, TenantRole::Viewer]
                .map(TenantRole::as_str)
                .to_vec(),
            hint: "An approver decides on promotions, a client-admin manages members, a viewer reads.",
        });
        let body = view! {
            <div class="head">
                <h1>"Members"</h1>
                <p class="head-sub">
                    {format!("Who reaches {}, and with which role. ", tenant.name)}
                    "Agency roles reach all the agency’s clients and are set there."
                </p>
            </div>
            <Roster label="Members" place=place people=people inviting=inviting />
        };
        Ok(Page::of(tenant, Tab::Members, "Members", body))
    })
}

fn invited(invitation: Invitation) -> Invited {
    let Invitation { id, email, role, expires_at, .. } = invitation;
    Invited { id, email, role: role.as_str(), expires_at }
}
