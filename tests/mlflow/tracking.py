"""Training code as people write it, against a server that MLFLOW_TRACKING_URI names. Ends with 0 when all that was
logged comes back as it was."""

import math

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, ViewType
from mlflow.exceptions import MlflowException

client = MlflowClient()
mlflow.set_experiment("fraud")

with mlflow.start_run(run_name="forest") as run:
    mlflow.log_params({"depth": 7, "rate": 0.1})
    for step in range(50):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metrics({"auc": 0.91, "odd": float("nan")})
    mlflow.set_tag("team", "claims")
    with mlflow.start_run(run_name="child", nested=True) as child:
        mlflow.log_metric("auc", 0.5)

logged = client.get_run(run.info.run_id)
assert logged.info.status == "FINISHED" and logged.info.run_name == "forest"
assert logged.data.params == {"depth": "7", "rate": "0.1"}
assert logged.data.metrics["loss"] == 1 / 50 and math.isnan(logged.data.metrics["odd"])
assert logged.data.tags["team"] == "claims"
history = client.get_metric_history(run.info.run_id, "loss")
assert [(m.step, m.value) for m in history] == [(step, 1 / (step + 1)) for step in range(50)]
assert client.get_parent_run(child.info.run_id).info.run_id == run.info.run_id

# More points than one batch holds, sent by the client in several.
with mlflow.start_run() as long:
    client.log_batch(long.info.run_id, [Metric("x", float(n), 1000 + n, n) for n in range(1000)])
    client.log_batch(long.info.run_id, [Metric("x", float(n), 1000 + n, n) for n in range(990, 1500)])
assert [m.step for m in client.get_metric_history(long.info.run_id, "x")] == list(range(1500))

found = client.search_runs(
    [run.info.experiment_id], "metrics.auc > 0.6 and params.depth = '7' and tags.team = 'claims'", order_by=["metrics.auc DESC"]
)
assert [r.info.run_id for r in found] == [run.info.run_id]
best = client.search_runs([run.info.experiment_id], order_by=["metrics.auc ASC"])
assert [r.info.run_name for r in best][:2] == ["child", "forest"]

try:
    client.log_param(run.info.run_id, "depth", "8")
    raise AssertionError("a parameter was overwritten")
except MlflowException as refused:
    assert "logged once" in str(refused), refused
try:
    client.search_runs([run.info.experiment_id], "metrics.auc >")
    raise AssertionError("a broken filter was accepted")
except MlflowException as refused:
    assert "character 14" in str(refused), refused

client.delete_run(child.info.run_id)
assert child.info.run_id not in [r.info.run_id for r in client.search_runs([run.info.experiment_id])]
deleted = client.search_runs([run.info.experiment_id], run_view_type=ViewType.DELETED_ONLY)
assert [r.info.run_id for r in deleted] == [child.info.run_id]
client.restore_run(child.info.run_id)
assert client.get_run(child.info.run_id).info.lifecycle_stage == "active"
print("all that was logged came back")
