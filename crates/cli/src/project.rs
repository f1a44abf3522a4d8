//! `wh project`.

use crate::args::{self, ProjectRef};
use crate::http::Client;
use crate::list::List;
use crate::output::{self, Sheet};
use crate::urls::{self, Path};
use crate::{model, tenant};
use anyhow::Result;
use weighhouse_types::models::Model;
use weighhouse_types::projects::{Project, ProjectCreate};

/// Models of a project that are shown beside it.
const MODELS_SHOWN: u32 = 50;

/// Does what was asked for of projects.
pub(crate) async fn project(command: args::Project) -> Result<()> {
    match command {
        args::Project::List(args) => list(args).await,
        args::Project::Create(args) => create(args).await,
        args::Project::Show(args) => show(args).await,
    }
}

async fn list(args: args::InTenant) -> Result<()> {
    let client = Client::from_config()?;
    let tenant = tenant::or_own(&client, args.tenant).await?;
    let answer = client.read(&Path::tenant(&tenant).join(["projects"]), &[]).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let projects: Vec<Project> = answer.decode()?;
    if projects.is_empty() {
        return output::print(&format!(
            "{tenant} has no projects: `wh project create {tenant}/PROJECT` makes the first\n"
        ));
    }
    let row = |p: &Project| {
        let reference = format!("{tenant}/{}", p.slug);
        vec![reference, p.models.to_string(), output::cell_time(p.created_at), p.name.clone()]
    };
    let rows: Vec<_> = projects.iter().map(row).collect();
    output::print(&output::table(&["project", "models", "created (UTC)", "name"], &rows))
}

async fn create(args: args::ProjectCreate) -> Result<()> {
    let client = Client::from_config()?;
    let ProjectRef { tenant, project } = &args.project;
    let body = ProjectCreate { slug: project.clone(), name: args.name };
    let answer = client.act(&Path::tenant(tenant).join(["projects"]), &body).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let page = urls::project_page(client.base(), tenant, project);
    output::print(&format!("made the project {}  {page}\n", args.project))
}

async fn show(args: args::ProjectShow) -> Result<()> {
    let client = Client::from_config()?;
    let ProjectRef { tenant, project: slug } = &args.project;
    let path = Path::project(tenant, slug);
    let answer = client.read(&path, &[]).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let project: Project = answer.decode()?;
    let limit = args::Limit { limit: MODELS_SHOWN };
    let models = List::read(&client, &path.join(["models"]), &[], limit).await?;
    let mut sheet = Sheet::new(&args.project.to_string());
    sheet.line("name", &project.name);
    sheet.line("created", &output::time(project.created_at));
    sheet.line("models", &project.models.to_string());
    sheet.line("page", urls::project_page(client.base(), tenant, slug).as_str());
    let models: Vec<Model> = models.decode()?;
    let table = if models.is_empty() { String::new() } else { format!("\n{}", model::table(&models)) };
    let more = match usize::try_from(project.models)?.saturating_sub(models.len()) {
        0 => String::new(),
        more => format!("and {more} more, which `wh model list {}` lists\n", args.project),
    };
    output::print(&format!("{}{table}{more}", sheet.text()))
}
