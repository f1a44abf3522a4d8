"""Makes the demonstration's models: draws synthetic data, trains, exports ONNX,
checks the ONNX file against the trained model, evaluates it on held-out data,
and writes each version's files and context, and what its datasets and feature
pipelines are registered with. Takes a built `wh`. See README.md beside this file.

The same machine and requirements.txt give the same bytes every time.
"""

import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version as installed
from pathlib import Path

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn import metrics as score
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

import catalogue
import synthetic
from catalogue import FEATURES, SYNTHETIC, TRAINING_SEED, Dataset, Version
from synthetic import Table, count

HERE = Path(__file__).parent
MODELS = HERE / "models"
DATA = HERE / "data"
STEPS = ["select the columns of features.json, in order", "cast to float32"]
OPSET = 17
LIBRARIES = ["numpy", "onnx", "onnxruntime", "scikit-learn", "skl2onnx"]

# Of everything that can flag somebody, fewer flags are better at equal recall.
LOWER_IS_BETTER = {"flag_rate", "false_positive_rate", "log_loss", "mae", "rmse", "wape"}


def inputs(table: Table, features: list[str]) -> np.ndarray:
    return np.column_stack([table[name] for name in features]).astype(np.float32)


def train(version: Version):
    kind = GradientBoostingRegressor if version.threshold is None else GradientBoostingClassifier
    table = version.train.table
    return kind(**version.hyperparameters).fit(inputs(table, version.features), table[version.label])


def export(version: Version, model) -> bytes:
    options = {} if version.threshold is None else {"zipmap": False}
    types = [("input", FloatTensorType([None, len(version.features)]))]
    name = version.model.rsplit("/", 1)[-1]
    return to_onnx(
        model, initial_types=types, options=options, target_opset=OPSET, name=name
    ).SerializeToString()


def predict(version: Version, onnx: bytes, rows: np.ndarray) -> np.ndarray:
    """What the exported file answers: a chance, or an amount."""
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    answers = session.run(None, {"input": rows})
    return answers[0].ravel() if version.threshold is None else answers[1][:, 1]


def check_export(version: Version, model, onnx: bytes) -> None:
    """The exported file answers as the trained model does, on every held-out row."""
    rows = inputs(version.holdout.table, version.features)
    expected = model.predict(rows) if version.threshold is None else model.predict_proba(rows)[:, 1]
    np.testing.assert_allclose(predict(version, onnx, rows), expected, rtol=1e-4, atol=1e-5)


def classification(truth: np.ndarray, chance: np.ndarray, threshold: float) -> dict[str, float]:
    flagged = chance >= threshold
    return {
        "auc": score.roc_auc_score(truth, chance),
        "precision": score.precision_score(truth, flagged, zero_division=0),
        "recall": score.recall_score(truth, flagged),
        "flag_rate": flagged.mean(),
        "false_positive_rate": flagged[truth == 0].mean(),
        "log_loss": score.log_loss(truth, chance),
    }


def regression(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    return {
        "mae": score.mean_absolute_error(truth, predicted),
        "rmse": score.root_mean_squared_error(truth, predicted),
        "r2": score.r2_score(truth, predicted),
        "wape": np.abs(truth - predicted).sum() / truth.sum(),
    }


def evaluate(version: Version, onnx: bytes) -> dict:
    """The exported file's results on the held-out data, whole and by slice."""
    table = version.holdout.table
    truth = table[version.truth]
    answers = predict(version, onnx, inputs(table, version.features))

    def results(rows: np.ndarray) -> dict[str, float]:
        if version.threshold is None:
            found = regression(truth[rows], answers[rows])
        else:
            found = classification(truth[rows], answers[rows], version.threshold)
        return {name: round(float(value), 4) for name, value in found.items()}

    slices = [
        {"by": by, "value": str(value), "rows": int((table[by] == value).sum()), "metrics": results(table[by] == value)}
        for by in version.slices
        for value in np.unique(table[by])
    ]
    whole = results(np.full(len(truth), True))
    return {
        "dataset": version.holdout.name,
        "digest": version.holdout.entry["digest"],
        "rows": len(truth),
        "metrics": whole,
        "slices": slices,
        "lower_is_better": sorted(LOWER_IS_BETTER & whole.keys()),
    }


def sha256(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def context(version: Version, evaluation: dict, number: int) -> dict:
    """All components but the artifact, which a push adds, and the approval, which is derived."""
    config = {
        "algorithm": "gradient-boosted trees",
        "label": version.label,
        "trained_rows": count(version.train.table),
        "onnx_opset": OPSET,
    }
    if version.threshold is not None:
        config["decision_threshold"] = version.threshold
    return {
        "data": [version.train.entry, version.holdout.entry],
        "features": {
            "name": version.pipeline_name,
            "version": version.pipeline,
            "reference": "features.json",
            "steps": STEPS,
            "pipeline": f"{version.pipeline_name}@{number}",
        },
        "training": {"hyperparameters": version.hyperparameters, "config": config},
        "evaluation": [evaluation],
        "code": {
            "repository": "infra/demo of Weighhouse",
            "commit": f"sha256:{sha256(*sorted(HERE.glob('*.py')))}",
            "entry_point": "infra/demo/train.py",
            "lock": {"infra/demo/requirements.txt": sha256(HERE / "requirements.txt")},
        },
        "environment": {
            "hardware": {"architecture": platform.machine(), "gpu": "none", "threads": 1},
            "os": platform.freedesktop_os_release()["PRETTY_NAME"],
            "languages": {"python": platform.python_version()},
            "libraries": {name: installed(name) for name in LIBRARIES},
            "seeds": {"training": TRAINING_SEED},
        },
        "deployment": {
            "flavour": "onnx",
            "runtime": f"onnxruntime {installed('onnxruntime')}",
            "resources": {"cpu": "500m", "memory": "256Mi"},
            "port": 8080,
            "health_check": "/healthz",
        },
    }


def model_card(version: Version, evaluation: dict) -> str:
    names = list(evaluation["metrics"])
    rows = [("all", evaluation)] + [(f"{s['by']} = {s['value']}", s) for s in evaluation["slices"]]
    line = lambda cells: "| " + " | ".join(cells) + " |"
    table = [line(["", "rows", *names]), line(["---"] + ["---:"] * (len(names) + 1))]
    table += [
        line([title, str(part["rows"]), *(f"{part['metrics'][n]:.4f}" for n in names)]) for title, part in rows
    ]
    threshold = "" if version.threshold is None else f" Flags at a score of {version.threshold} and above."
    return "\n".join([
        f"# {version.model.rsplit('/', 1)[-1]}, version {version.number}",
        "",
        f"**{SYNTHETIC}** Part of the Weighhouse demonstration; not for any use.",
        "",
        f"{version.summary}{threshold}",
        "",
        f"- Trained on: {version.train.name}, {count(version.train.table)} rows, label `{version.label}`",
        f"- Evaluated on: {version.holdout.name}, {evaluation['rows']} rows, against `{version.truth}`",
        f"- Reads: {', '.join(f'`{name}`' for name in version.features)}",
        "",
        "## Evaluation",
        *table,
        "",
    ])


def as_json(value) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def write(version: Version, onnx: bytes, evaluation: dict, number: int) -> None:
    folder = MODELS / version.model / str(version.number)
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(onnx)
    (folder / "README.md").write_text(model_card(version, evaluation))
    listed = [
        {"name": name, **dict(zip(("type", "unit", "description"), FEATURES[name], strict=True))}
        for name in version.features
    ]
    (folder / "features.json").write_text(as_json({"input": "input", "dtype": "float32", "features": listed}))
    rows = inputs(version.holdout.table, version.features)[:3]
    example = {
        "note": SYNTHETIC,
        "input": [[float(str(value)) for value in row] for row in rows],
        "output": [round(float(answer), 6) for answer in predict(version, onnx, rows)],
    }
    (folder / "example.json").write_text(as_json(example))
    folder.with_name(f"{version.number}.context.json").write_text(as_json(context(version, evaluation, number)))


# ---- datasets and pipelines, as versions of their own ------------------------------


def numbered(values: list) -> dict:
    """Each different value with its number, from 1, in the order in which they come."""
    return {value: n for n, value in enumerate(dict.fromkeys(values), 1)}


def pipeline_number(version: Version, versions: list[Version]) -> int:
    return numbered([v.pipeline for v in versions if v.model == version.model])[version.pipeline]


def pipeline(version: Version) -> dict:
    """What a version's pipeline is registered with."""
    fields = [{"name": name, "type": FEATURES[name][0]} for name in version.features]
    return {
        "code": "infra/demo/train.py",
        "note": f"{version.pipeline}. {SYNTHETIC}",
        "steps": STEPS,
        "input": [{"name": n, "type": t} for n, t in synthetic.schema(version.train.table).items()],
        "output": fields,
    }


def dataset(data: Dataset, wh: str) -> str:
    """What a dataset is registered with: digest and profile, as `wh data add` finds them."""
    entry = data.entry
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(synthetic.as_csv(data.table))
        file.flush()
        said = subprocess.run(
            [wh, "data", "add", file.name, "--dry-run", "--json", "--split", data.split, "--uri", entry["uri"],
             "--note", f"{data.name}. {SYNTHETIC}", "--from", entry["time_range"]["from"],
             "--until", entry["time_range"]["until"]],
            check=True, capture_output=True, text=True,
        ).stdout
    record = json.loads(said)
    assert entry["digest"] == f"sha256:{record['content_digest']}", data.name
    return json.dumps(record, ensure_ascii=False) + "\n"


def write_data(versions: list[Version], wh: str) -> None:
    shutil.rmtree(DATA, ignore_errors=True)
    for version in versions:
        tenant = DATA / version.model.split("/", 1)[0]
        file = tenant / "pipelines" / version.pipeline_name / f"{pipeline_number(version, versions)}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(as_json(pipeline(version)))
        of_tenant = [d for v in versions if DATA / v.model.split("/", 1)[0] == tenant for d in (v.train, v.holdout)]
        for data in (version.train, version.holdout):
            n = numbered([d.name for d in of_tenant if d.series == data.series])[data.name]
            file = tenant / "datasets" / data.series / f"{n}.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                file.write_text(dataset(data, wh))


# ---- the story ------------------------------------------------------------------


def check_story(results: dict[str, dict]) -> None:
    """What story.json says about the numbers is what they are."""
    story = (HERE / "story.json").read_text()
    fraud, returns, delay = (
        {n: results[key] for n in (1, 2, 3) if (key := f"{model}@{n}") in results}
        for model in (
            "aldermoor/motor-claims/fraud-scorer",
            "lindgrove/online-store/returns-propensity",
            "castellan/line-haul/delay-risk",
        )
    )
    check_fraud(fraud[1], fraud[2])
    winter = {n: next(s for s in delay[n]["slices"] if s["value"] == "winter") for n in delay}
    quotes = [
        f"recall rises {change('recall', fraud[1], fraud[2], '%')}",
        f"precision {change('precision', fraud[1], fraud[2], '%')}",
        f"AUC {change('auc', fraud[1], fraud[2])}",
        f"take AUC {change('auc', returns[1], returns[2])}",
        f"forecast, AUC {change('auc', delay[1], delay[2])}",
        f"In winter AUC goes {change('auc', winter[1], winter[2])}",
        f"winter too: AUC {change('auc', delay[1], delay[3])}",
    ]
    missing = [quote for quote in quotes if quote not in story]
    assert not missing, f"story.json must say: {missing}"


def check_fraud(before: dict, after: dict) -> None:
    """Version 2 is better on the whole, and flags the East three times as often."""
    for name, value in after["metrics"].items():
        better = (value < before["metrics"][name]) == (name in LOWER_IS_BETTER)
        assert better or name == "flag_rate", f"{name} is no better"
    then, now = ({s["value"]: s["metrics"]["flag_rate"] for s in part["slices"]} for part in (before, after))
    ratios = {value: round(now[value] / then[value], 2) for value in now}
    print("flag rate of version 2 over version 1:", ratios)
    assert 2.9 < ratios.pop("East") < 3.1 and max(ratios.values()) < 1.3


def change(metric: str, before: dict, after: dict, unit: str = "") -> str:
    then, now = before["metrics"][metric], after["metrics"][metric]
    return f"from {then:.0%} to {now:.0%}".replace("%", " %") if unit else f"from {then:.2f} to {now:.2f}"


def main() -> None:
    shutil.rmtree(MODELS, ignore_errors=True)
    results = {}
    versions = catalogue.versions()
    write_data(versions, sys.argv[1])
    for version in versions:
        model = train(version)
        onnx = export(version, model)
        check_export(version, model, onnx)
        evaluation = evaluate(version, onnx)
        write(version, onnx, evaluation, pipeline_number(version, versions))
        results[f"{version.model}@{version.number}"] = evaluation
        print(f"{version.model}@{version.number}: {len(onnx):,} bytes, {evaluation['metrics']}")
    check_story(results)


if __name__ == "__main__":
    main()
