"""Checks what stands in infra/ as far as can be without an engine or a cluster.

Dockerfile: hadolint. Compose file: the Compose specification's model. Helm
chart: rendered by Helm's own library, each object against the Kubernetes
schemas, and values that must be refused. Units: systemd-analyze. Alerts:
promtool, with their unit tests. Dashboards: every query through promtool,
every metric one that the programs have. Scripts: shellcheck. What none of
this can say is whether the images start: no engine is at hand.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import compose_spec
import helm_python as helm
import kubernetes_validate
import yaml

INFRA = pathlib.Path(__file__).resolve().parent
ROOT = INFRA.parent
KUBERNETES = "1.33"
# Custom resources have no schema among Kubernetes's own.
CUSTOM = {"PodMonitor"}
METRIC = re.compile(r"\bweighhouse_[a-z_]+")


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0 or "unknown lvalue" in done.stderr.lower():
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def dockerfile():
    run(pathlib.Path(sys.executable).parent / "hadolint", INFRA / "Dockerfile")


def compose():
    # PyYAML puts the merged settings in place, as Compose does.
    merged = yaml.safe_load((INFRA / "compose.yaml").read_text())
    model = compose_spec.PyCompose.from_json(json.dumps(merged))
    model.validate()
    model.to_spec()
    services = merged["services"]
    assert {"serve", "work", "migrate", "database", "store", "mail"} <= set(services), list(services)
    for name, service in services.items():
        for port in service.get("ports", []):
            assert str(port).startswith("127.0.0.1:"), f"{name} is open to other machines: {port}"


def chart():
    everything = {
        "ingress": {"enabled": True, "className": "nginx", "annotations": {"a": "b"}},
        "monitoring": {"podMonitor": True, "labels": {"release": "prometheus"}},
        "networkPolicy": {"enabled": True, "metricsFrom": [{"podSelector": {}}]},
        "extraEnv": [{"name": "AWS_REGION", "value": "eu-central-1"}],
        "extraEnvFrom": [{"secretRef": {"name": "store"}}],
        "imagePullSecrets": [{"name": "pull"}],
        "nodeSelector": {"disk": "fast"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "serviceAccount": {"create": False, "name": "mine"},
    }
    with helm.Chart.load(str(INFRA / "helm")) as loaded:
        for values in ({}, everything):
            objects = rendered(loaded, values)
            assert len(objects) >= 7, [o["kind"] for o in objects]
            for thing in objects:
                if thing["kind"] not in CUSTOM:
                    kubernetes_validate.validate(thing, KUBERNETES, strict=True)
        for refused in ({"publicUrl": "http://plain.example"}, {"storeUrl": "file:///data"}, {"replicas": 3}):
            try:
                rendered(loaded, refused)
            except helm.HelmValuesError:
                continue
            sys.exit(f"the chart takes values that it must refuse: {refused}")


def rendered(loaded, values):
    loaded.validate_schema(values)
    files = loaded.render(values, name="check", namespace="check")
    texts = (text for name, text in files.items() if name.endswith(".yaml"))
    return [thing for text in texts for thing in yaml.safe_load_all(text) if thing]


def units():
    with tempfile.TemporaryDirectory() as folder:
        copies = []
        for unit in (INFRA / "systemd").glob("*.service"):
            copy = pathlib.Path(folder) / unit.name
            # The program need not be installed where it is checked.
            copy.write_text(unit.read_text().replace("/usr/local/bin/weighhouse", "/bin/true"))
            copies.append(copy)
        assert len(copies) == 3
        run("systemd-analyze", "verify", "--man=no", *copies)


def alerts():
    prometheus = INFRA / "prometheus"
    run("promtool", "check", "rules", prometheus / "weighhouse.rules.yml")
    run("promtool", "check", "config", prometheus / "prometheus.yml")
    run("promtool", "test", "rules", prometheus / "weighhouse.rules.test.yml")
    known((prometheus / "weighhouse.rules.yml").read_text())


def dashboards():
    for path in (INFRA / "grafana/dashboards").glob("*.json"):
        board = json.loads(path.read_text())
        queries = [t["expr"] for panel in board["panels"] for t in panel.get("targets", [])]
        assert len(queries) > 10 and len({p["id"] for p in board["panels"]}) == len(board["panels"])
        # promtool reads queries only as rules; the interval is Grafana's own.
        plain = [query.replace("$__rate_interval", "5m") for query in queries]
        rules = [{"record": f"dashboard:query:{n}", "expr": query} for n, query in enumerate(plain)]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            yaml.safe_dump({"groups": [{"name": path.stem, "rules": rules}]}, file)
            file.flush()
            run("promtool", "check", "rules", file.name)
        known("\n".join(queries))


def known(text):
    """Every metric that is asked for is one that the programs name."""
    sources = "\n".join(path.read_text() for path in (ROOT / "crates").glob("*/src/**/*.rs"))
    for metric in sorted(set(METRIC.findall(text))):
        # A histogram's three series have one name; the prefix is given once.
        name = re.sub(r"_(bucket|sum|count)$", "", metric).removeprefix("weighhouse_")
        if not re.search(rf'"(weighhouse_)?{name}"', sources):
            sys.exit(f"no program has the metric {metric}")


def scripts():
    run("shellcheck", "--severity=warning", *INFRA.glob("**/*.sh"))


if __name__ == "__main__":
    for check in (dockerfile, compose, chart, units, alerts, dashboards, scripts):
        check()
        print(f"infra: {check.__name__} ok")
