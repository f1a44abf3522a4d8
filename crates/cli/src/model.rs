//! `wh model`.

use crate::annotate;
use crate::args::{self, ProjectRef};
use crate::http::Client;
use crate::list::List;
use crate::output::{self, Sheet};
use crate::urls::{self, Path};
use anyhow::Result;
use url::Url;
use weighhouse_types::models::{Model, ModelCreate};
use weighhouse_types::reference::ModelRef;

/// Does what was asked for of models.
pub(crate) async fn model(command: args::Model) -> Result<()> {
    match command {
        args::Model::List(args) => list(args).await,
        args::Model::Create(args) => create(args).await,
        args::Model::Show(args) => show(&args.model, args.output).await,
        args::Model::Annotate(args) => annotate::annotate(args).await,
        args::Model::Tag(args) => annotate::tag(args).await,
    }
}

async fn list(args: args::ModelList) -> Result<()> {
    let client = Client::from_config()?;
    let ProjectRef { tenant, project } = &args.project;
    let path = Path::project(tenant, project).join(["models"]);
    let list = List::read(&client, &path, &[], args.limit).await?;
    if args.output.json {
        return list.json();
    }
    let models: Vec<Model> = list.decode()?;
    if models.is_empty() {
        return output::print(&format!(
            "{0} has no models: `wh push PATH --model {0}/MODEL` makes the first\n",
            args.project
        ));
    }
    list.print(&format!("{}\n{}", args.project, table(&models)))
}

/// Models and where their versions stand, one a line.
pub(crate) fn table(models: &[Model]) -> String {
    let row = |m: &Model| {
        vec![
            m.name.clone(),
            m.production.as_ref().map_or_else(|| "–".into(), |now| format!("@{}", now.number)),
            m.production.as_ref().map_or_else(String::new, |now| output::cell_time(now.since)),
            m.latest.map_or_else(|| "–".into(), |number| format!("@{number}")),
            m.description.clone(),
        ]
    };
    let rows: Vec<_> = models.iter().map(row).collect();
    output::table(&["model", "production", "since (UTC)", "latest", "about"], &rows)
}

async fn create(args: args::ModelCreate) -> Result<()> {
    let client = Client::from_config()?;
    let body = ModelCreate { name: args.model.model.clone(), description: args.description, kind: args.kind };
    let path = Path::project(&args.model.tenant, &args.model.project).join(["models"]);
    let answer = client.act(&path, &body).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let page = urls::model_page(client.base(), &args.model);
    output::print(&format!("made the model {}  {page}\n", args.model))
}

/// Shows a model.
pub(crate) async fn show(model: &ModelRef, output: args::Output) -> Result<()> {
    let client = Client::from_config()?;
    let answer = client.read(&Path::model(model), &[]).await?;
    if output.json {
        return output::json(&answer.json);
    }
    output::print(&text(client.base(), model, &answer.decode()?))
}

fn text(base: &Url, reference: &ModelRef, model: &Model) -> String {
    let mut sheet = Sheet::new(&reference.to_string());
    if !model.description.is_empty() {
        sheet.line("about", &model.description);
    }
    sheet.line("kind", model.kind.as_str());
    sheet.lines("tags", model.tags.iter().map(|(key, value)| format!("{key}={value}")));
    sheet.lines("aliases", model.aliases.iter().map(|(alias, number)| format!("@{alias} is @{number}")));
    sheet.line("created", &output::time(model.created_at));
    sheet.line(
        "production",
        &model.production.as_ref().map_or_else(
            || "nothing is approved".into(),
            |now| format!("@{} since {}, by {}", now.number, output::time(now.since), now.by.join(", ")),
        ),
    );
    sheet.line("latest", &model.latest.map_or_else(|| "no version yet".into(), |n| format!("@{n}")));
    let stages: Vec<_> = model.stages.iter().map(|(stage, count)| format!("{count} {stage}")).collect();
    if !stages.is_empty() {
        sheet.line("versions", &stages.join(", "));
    }
    sheet.line("page", urls::model_page(base, reference).as_str());
    sheet.text().to_owned()
}
