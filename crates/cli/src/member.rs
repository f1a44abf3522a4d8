//! `wh member`.

use crate::http::Client;
use crate::session::signed_in;
use crate::urls::Path;
use crate::{args, output, tenant};
use anyhow::{Result, anyhow};
use serde_json::Value;
use weighhouse_types::memberships::{Invitation, InvitationCreate, Member, MemberUpdate};

/// Does what was asked for of members.
pub(crate) async fn member(command: args::Member) -> Result<()> {
    match command {
        args::Member::List(args) => list(args).await,
        args::Member::Invite(args) => invite(args).await,
        args::Member::Role(args) => role(args).await,
        args::Member::Remove(args) => remove(args).await,
    }
}

fn path(tenant: &str) -> Path {
    Path::tenant(tenant).join(["members"])
}

async fn list(args: args::InTenant) -> Result<()> {
    let client = Client::from_config()?;
    let tenant = tenant::or_own(&client, args.tenant).await?;
    let answer = client.read(&path(&tenant), &[]).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let row =
        |m: &Member| vec![m.role.to_string(), m.email.clone(), output::cell_time(m.since), m.name.clone()];
    let rows: Vec<_> = answer.decode::<Vec<Member>>()?.iter().map(row).collect();
    output::print(&output::table(&["role", "e-mail", "since (UTC)", "name"], &rows))
}

async fn invite(args: args::MemberInvite) -> Result<()> {
    let invitations = Path::tenant(&args.tenant).join(["invitations"]);
    let new = InvitationCreate { email: args.person, role: args.role };
    let answer = signed_in(&args.sign_in, async |client| Ok(client.act(&invitations, &new).await?)).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let Invitation { email, role, expires_at, .. } = answer.decode()?;
    let until = output::time(expires_at);
    output::print(&format!(
        "invited {email} to {} as {role}; the link in the mail works until {until}\n",
        args.tenant
    ))
}

async fn role(args: args::MemberRole) -> Result<()> {
    let (tenant, email) = (&args.tenant, &args.person);
    let member = signed_in(&args.sign_in, async |client| {
        let (member, _) = found(client, tenant, email).await?;
        client.put(&one(tenant, &member), &MemberUpdate { role: args.role }).await?;
        found(client, tenant, email).await
    });
    let (_, json) = member.await?;
    if args.output.json {
        return output::json(&json);
    }
    output::print(&format!("{email} is {} of {tenant} from now on\n", args.role))
}

async fn remove(args: args::MemberRemove) -> Result<()> {
    let (tenant, email) = (&args.tenant, &args.person);
    let removed = signed_in(&args.sign_in, async |client| {
        let (member, json) = found(client, tenant, email).await?;
        client.delete(&one(tenant, &member)).await?;
        Ok(json)
    });
    let json = removed.await?;
    if args.output.json {
        return output::json(&json);
    }
    output::print(&format!("{email} has no role at {tenant} any more\n"))
}

fn one(tenant: &str, member: &Member) -> Path {
    path(tenant).join([member.user.to_string().as_str()])
}

/// The member with an e-mail address, and as the API lists them.
async fn found(client: &Client, tenant: &str, email: &str) -> Result<(Member, Value)> {
    let answer = client.read(&path(tenant), &[]).await?;
    let members: Vec<Member> = answer.decode()?;
    let all = answer.json.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut both = members.into_iter().zip(all.iter().cloned());
    both.find(|(member, _)| member.email.eq_ignore_ascii_case(email))
        .ok_or_else(|| anyhow!("{email} has no role at {tenant}: `wh member list {tenant}` lists who has"))
}
