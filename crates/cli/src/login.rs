//! `wh login`, `wh logout` and `wh whoami`.

use crate::config::{self, Server};
use crate::http::Client;
use crate::output::{self, Sheet};
use crate::urls::Path;
use crate::{args, ask};
use anyhow::Result;
use url::Url;
use weighhouse_types::identity::WhoAmI;

/// Checks a token and stores it.
pub(crate) async fn login(args: args::Login) -> Result<()> {
    let token = if args.token_stdin {
        ask::secret_from_stdin()?
    } else {
        let question = format!("API token for {} (it is not shown): ", args.url);
        ask::secret(&question, "use --token-stdin, or set WH_URL and WH_TOKEN")?
    };
    let server = Server { url: args.url, token: config::token_parse(&token)? };
    let client = Client::new(&server)?;
    let who: WhoAmI = client.get(&Path::me(), &[]).await?.decode()?;
    output::print(&sheet(&server.url, &who))?;
    store(&server)
}

/// Stores a server and its token, and says where, and what wins over it.
pub(crate) fn store(server: &Server) -> Result<()> {
    let path = config::store(server)?;
    eprintln!("stored in {}", path.display());
    for name in ["WH_URL", "WH_TOKEN"] {
        if std::env::var_os(name).is_some_and(|value| !value.is_empty()) {
            eprintln!("note: {name} is set and wins over what was stored");
        }
    }
    Ok(())
}

/// Forgets the stored server and token.
pub(crate) fn logout() -> Result<()> {
    match config::forget()? {
        Some(server) => output::print(&format!(
            "forgot the token for {server}; it stays valid until it expires or is revoked in the web UI\n"
        )),
        None => output::print("nothing was stored\n"),
    }
}

/// Shows who the token speaks for.
pub(crate) async fn whoami(args: args::Whoami) -> Result<()> {
    let client = Client::from_config()?;
    let answer = client.read(&Path::me(), &[]).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    output::print(&sheet(client.base(), &answer.decode()?))
}

fn sheet(server: &Url, who: &WhoAmI) -> String {
    let mut sheet = Sheet::new(&format!("{} <{}>", who.user.name, who.user.email));
    sheet.line("server", server.as_str());
    if let Some(tenant) = &who.tenant {
        sheet.line("tenant", tenant);
    }
    if let Some(scopes) = &who.scopes {
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
        sheet.line("scopes", &scopes.join(", "));
    }
    sheet.text().to_owned()
}
