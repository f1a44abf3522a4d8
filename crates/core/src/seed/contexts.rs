//! Contexts as versions have them: nine components of varied completeness.

use super::dice::Dice;
use serde_json::{Map, Value, json};
use weighhouse_types::context::FileEntry;

const TASKS: [&str; 12] = [
    "fraud",
    "churn",
    "demand",
    "credit-risk",
    "price",
    "triage",
    "intent",
    "defect",
    "routing",
    "forecast",
    "ranking",
    "claims",
];
const FORMS: [&str; 6] = ["scorer", "classifier", "model", "regressor", "detector", "ranker"];

/// A model's name and what it is for.
pub(super) fn model(dice: &mut Dice, number: usize) -> (String, String) {
    let (task, form) = (dice.pick(&TASKS), dice.pick(&FORMS));
    let whom = dice.pick(&[
        "private customers",
        "the call centre",
        "the northern region",
        "new policies",
        "the web shop",
    ]);
    (format!("{task}-{form}-{number}"), format!("The {form} for {task} of {whom}."))
}

/// The context of one version of a model.
pub(super) fn context(dice: &mut Dice, model: &str, number: u32, files: &[FileEntry]) -> Value {
    let mut context = Map::new();
    let mut component = |dice: &mut Dice, chance, name: &str, make: &dyn Fn(&mut Dice) -> Value| {
        if dice.percent(chance) {
            let made = make(dice);
            context.insert(name.into(), made);
        }
    };
    // What is always there tells one version from the next.
    component(dice, 100, "training", &|dice| training(dice, number));
    component(dice, 95, "code", &|dice| code(dice, model));
    component(dice, 90, "evaluation", &|dice| evaluation(dice, model));
    component(dice, 80, "data", &|dice| data(dice, model));
    component(dice, 75, "environment", &environment);
    component(dice, 50, "features", &|dice| {
        json!({"name": format!("{model}-features"), "version": format!("{}.{}", 1 + dice.below(4), dice.below(10)),
               "steps": ["impute", "scale", "encode"]})
    });
    component(dice, 40, "deployment", &|dice| {
        json!({"flavour": dice.pick(&["onnx", "sklearn", "pytorch"]), "runtime": "onnxruntime 1.22",
               "resources": {"cpu": 1 + dice.below(4), "memory_mb": 512}, "port": 8080, "health_check": "/healthz"})
    });
    if !files.is_empty() {
        component(dice, 40, "artifact", &|_| json!({"files": files}));
    }
    Value::Object(context)
}

fn training(dice: &mut Dice, number: u32) -> Value {
    json!({
        "hyperparameters": {
            "learning_rate": hundredths(dice, 30), "max_depth": 3 + dice.below(9), "n_estimators": 100 * (1 + dice.below(9)),
            "subsample": hundredths(dice, 100),
        },
        "config": {"attempt": number, "early_stopping": dice.percent(60)},
    })
}

fn code(dice: &mut Dice, model: &str) -> Value {
    json!({
        "repository": format!("https://git.example/{model}"), "commit": dice.hex(40), "dirty": dice.percent(10),
        "entry_point": "train.py", "lock": {"uv.lock": dice.hex(64)},
    })
}

fn evaluation(dice: &mut Dice, model: &str) -> Value {
    let metrics =
        |dice: &mut Dice| json!({"auc": 0.7 + hundredths(dice, 25), "log_loss": 0.2 + hundredths(dice, 30)});
    let slices: Vec<Value> = ["north", "south", "east"]
        .iter()
        .map(|region| json!({"by": "region", "value": region, "rows": 1000 + dice.below(9000), "metrics": metrics(dice)}))
        .collect();
    json!([{
        "dataset": format!("{model}-holdout"), "rows": 10_000 + dice.below(90_000), "metrics": metrics(dice),
        "slices": slices, "lower_is_better": ["log_loss"],
    }])
}

fn data(dice: &mut Dice, model: &str) -> Value {
    let sets = ["train", "validation"].iter().map(|split| {
        let year = 2022 + dice.below(4);
        json!({
            "name": format!("{model}-{year}-{split}"), "uri": format!("s3://lake/{model}/{year}/{split}.parquet"),
            "digest": format!("sha256:{}", dice.hex(64)), "rows": 10_000 + dice.below(2_000_000), "split": split,
            "schema": {"id": "int64", "amount": "float64", "region": "string"},
        })
    });
    Value::Array(sets.collect())
}

fn environment(dice: &mut Dice) -> Value {
    json!({
        "hardware": {"cpu": "x86-64", "cores": 8 << dice.below(3), "memory_gb": 64},
        "os": "Debian 12", "languages": {"python": format!("3.{}.{}", 10 + dice.below(4), dice.below(10))},
        "libraries": {
            "numpy": format!("1.26.{}", dice.below(5)), "pandas": format!("2.2.{}", dice.below(4)),
            "scikit-learn": format!("1.{}.{}", 3 + dice.below(4), dice.below(3)),
            "xgboost": format!("2.{}.{}", dice.below(2), dice.below(4)), "onnx": "1.18.0",
        },
        "seeds": {"numpy": dice.below(10_000)},
    })
}

fn hundredths(dice: &mut Dice, end: u64) -> f64 {
    f64::from(u32::try_from(1 + dice.below(end)).unwrap_or(1)) / 100.0
}
