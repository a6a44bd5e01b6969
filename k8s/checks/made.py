"""What k8s/ has of files that others read too: alerts."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = "deploy/observability/rules"

ALERTS = """---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: nova-{name}
  labels:
    app.kubernetes.io/part-of: nova
spec:
"""


def rules():
    """The files of alerts as objects, text for text."""
    made = f"# Made by scripts/manifests of {RULES}.\n"
    for path in sorted((ROOT / RULES).glob("*.yaml")):
        if not path.stem.endswith("_test"):
            lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
            made += ALERTS.format(name=path.stem) + "".join(f"  {line}".rstrip() + "\n" for line in lines)
    return made
