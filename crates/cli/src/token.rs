//! `wh token`.

use crate::config::{self, Server};
use crate::http::Client;
use crate::output::{self, Sheet};
use crate::session::signed_in;
use crate::urls::Path;
use crate::{args, login};
use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, Utc};
use serde_json::Value;
use weighhouse_types::identity::{Token, TokenCreate, TokenCreated, TokenExchanged};
use weighhouse_types::permission::Scope;

/// The least of a secret's beginning that names a token.
const PREFIX_MIN: usize = 6;

/// Does what was asked for of tokens.
pub(crate) async fn token(command: args::Token) -> Result<()> {
    match command {
        args::Token::List(args) => list(args).await,
        args::Token::Create(args) => create(args).await,
        args::Token::Revoke(args) => revoke(args).await,
        args::Token::Exchange(args) => exchange(args).await,
    }
}

fn path(tenant: &str) -> Path {
    Path::tenant(tenant).join(["tokens"])
}

async fn list(args: args::TokenList) -> Result<()> {
    let tenant = &args.tenant;
    let answer = signed_in(&args.sign_in, async |client| Ok(client.read(&path(tenant), &[]).await?)).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let mut tokens: Vec<Token> = answer.decode()?;
    let now = Utc::now();
    tokens.retain(|token| args.all || is_live(token, now));
    if tokens.is_empty() {
        return output::print(&format!(
            "you have no tokens at {tenant}: `wh token create {tenant} --name NAME --scope read` makes one\n"
        ));
    }
    let row = |t: &Token| {
        vec![
            t.name.clone(),
            format!("{}…", t.prefix),
            state(t, now),
            t.last_used_at.map_or_else(|| "never".into(), output::cell_time),
            scopes(&t.scopes),
            t.id.to_string(),
        ]
    };
    let rows: Vec<_> = tokens.iter().map(row).collect();
    output::print(&output::table(&["name", "secret", "", "last used (UTC)", "scopes", "id"], &rows))
}

fn is_live(token: &Token, now: DateTime<Utc>) -> bool {
    token.revoked_at.is_none() && token.expires_at > now
}

fn state(token: &Token, now: DateTime<Utc>) -> String {
    match token.revoked_at {
        Some(at) => format!("revoked {}", output::time(at)),
        None if token.expires_at <= now => format!("expired {}", output::time(token.expires_at)),
        None => format!("until {}", output::time(token.expires_at)),
    }
}

fn scopes(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ")
}

async fn create(args: args::TokenCreate) -> Result<()> {
    let tenant = &args.tenant;
    let new = TokenCreate { name: args.name, scopes: args.scope, expires_days: args.expires };
    let answer = signed_in(&args.sign_in, async |client| Ok(client.act(&path(tenant), &new).await?)).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let TokenCreated { token, info, note } = answer.decode()?;
    // The first answer was lost on the way, and the secret with it.
    let token = token.ok_or_else(|| anyhow!(note.unwrap_or_default()))?;
    let mut sheet = Sheet::new(&format!("made the token “{}” for {tenant}", info.name));
    sheet.line("scopes", &scopes(&info.scopes));
    sheet.line("until", &output::time(info.expires_at));
    eprint!("{}", output::clean(sheet.text()));
    if args.save {
        return login::store(&Server { url: config::address()?, token });
    }
    eprintln!("  this is the only time that it is shown:");
    output::print(&format!("{token}\n"))
}

async fn revoke(args: args::TokenRevoke) -> Result<()> {
    let tenant = &args.tenant;
    let (json, name) = signed_in(&args.sign_in, async |client| {
        let tokens: Vec<Token> = client.read(&path(tenant), &[]).await?.decode()?;
        let token = named(&tokens, &args.token)?;
        client.delete(&path(tenant).join([token.id.to_string().as_str()])).await?;
        // The list after it is the API's own word on what became of the token.
        let after = client.read(&path(tenant), &[]).await?;
        let id = Value::from(token.id.to_string());
        let all = after.json.as_array().map(Vec::as_slice).unwrap_or_default();
        let json = all.iter().find(|token| token.get("id") == Some(&id)).cloned();
        Ok((json.unwrap_or_default(), token.name.clone()))
    })
    .await?;
    if args.output.json {
        return output::json(&json);
    }
    output::print(&format!("revoked the token “{name}” for {tenant}; it is refused from now on\n"))
}

/// The one live token that is called so, has this id, or begins so.
fn named<'a>(tokens: &'a [Token], name: &str) -> Result<&'a Token> {
    let live: Vec<_> = tokens.iter().filter(|token| is_live(token, Utc::now())).collect();
    let meant = |token: &&&Token| {
        let begins = name.len() >= PREFIX_MIN && name.starts_with("wh_") && token.prefix.starts_with(name);
        token.name == name || token.id.to_string() == name || begins || name.starts_with(&token.prefix)
    };
    let found: Vec<_> = live.iter().filter(meant).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] if live.is_empty() => bail!("you have no live tokens here"),
        [] => {
            let names: Vec<_> = live.iter().map(|token| format!("“{}”", token.name)).collect();
            bail!("none of your live tokens is called “{name}”: there are {}", names.join(", "))
        }
        several => {
            let ids: Vec<_> = several.iter().map(|t| format!("\n  {}  {}…", t.id, t.prefix)).collect();
            bail!("{} of your tokens are called “{name}”: name one by its id{}", several.len(), ids.concat())
        }
    }
}

async fn exchange(args: args::TokenExchange) -> Result<()> {
    let client = Client::from_config()?;
    let answer = client
        .act(&Path::token_exchange(), &serde_json::json!({}))
        .await
        .context("the token cannot be exchanged")?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let TokenExchanged { jwt, expires_at, note, .. } = answer.decode()?;
    let jwt = jwt.ok_or_else(|| anyhow!(note.unwrap_or_default()))?;
    eprintln!("valid until {}", output::time(expires_at));
    output::print(&format!("{jwt}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token(n: u8, name: &str, prefix: &str, revoked: bool) -> Token {
        let at = revoked.then_some("2026-03-15T09:30:00Z");
        serde_json::from_value(json!({
            "id": format!("0199a7f2-8c1e-7a54-9d3b-{n:012}"), "name": name, "prefix": prefix, "scopes": ["read"],
            "created_at": "2026-03-15T09:30:00Z", "expires_at": "2999-03-15T09:30:00Z",
            "last_used_at": null, "revoked_at": at,
        }))
        .unwrap()
    }

    #[test]
    fn a_token_is_found_by_what_people_know_of_it() {
        let tokens = [
            token(1, "ci", "wh_aaaaaa", false),
            token(2, "laptop", "wh_bbbbbb", false),
            token(3, "twin", "wh_cccccc", false),
            token(4, "twin", "wh_dddddd", false),
            token(5, "old", "wh_eeeeee", true),
        ];
        let found = |name: &str| named(&tokens, name).map(|token| token.prefix.clone());
        let id = tokens[1].id.to_string();
        for (name, prefix) in [
            ("ci", "wh_aaaaaa"),
            (&id, "wh_bbbbbb"),
            ("wh_bbb", "wh_bbbbbb"),
            ("wh_bbbbbbwholesecret", "wh_bbbbbb"),
        ] {
            assert_eq!(found(name).unwrap(), prefix, "{name}");
        }
        let error = |name: &str| found(name).unwrap_err().to_string();
        assert!(error("twin").contains("wh_dddddd"), "both are listed");
        assert!(error("old").contains("“ci”"), "what was revoked is no longer there");
        assert!(error("wh_").contains("“laptop”"), "a beginning that all have names none");
    }
}
