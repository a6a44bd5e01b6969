"""What k8s/ has of files that others read too: alerts, and which path belongs to which service."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = "deploy/observability/rules"
ROUTES = "deploy/proxy/routes.caddy"

ALERTS = """---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: nova-{name}
  labels:
    app.kubernetes.io/part-of: nova
spec:
"""
ROUTE = """---
apiVersion: gateway.networking.k8s.io/v1
kind: {kind}
metadata:
  name: {service}-service
  labels:
    app.kubernetes.io/part-of: nova
spec:
  parentRefs:
    - name: nova
      sectionName: https
  rules:
    - matches:
{matches}      backendRefs:
        - name: {service}-service
          port: {port}
"""
# How long an answer may take services say, and streams last: a gateway that has a limit of its own cuts them.
ENDLESS = """      timeouts:
        request: 0s
"""


def rules():
    """The files of alerts as objects, text for text."""
    made = f"# Made by scripts/manifests of {RULES}.\n"
    for path in sorted((ROOT / RULES).glob("*.yaml")):
        if not path.stem.endswith("_test"):
            lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
            made += ALERTS.format(name=path.stem) + "".join(f"  {line}".rstrip() + "\n" for line in lines)
    return made


def paths(line):
    """The paths of a matcher as Gateway API says them; calls of gRPC apart."""
    http, grpc = [], []
    for path in line:
        if call := re.fullmatch(r"/(nova\.[\w.]+)/\*", path):
            grpc.append(f"        - method:\n            service: {call[1]}\n")
            continue
        prefix = path.removesuffix("/*")
        if "*" in prefix:
            kind, value = "RegularExpression", re.escape(prefix).replace(r"\*", "[^/]+") + ("/.*" if path != prefix else "")
        else:
            kind, value = ("PathPrefix", prefix) if path != prefix else ("Exact", path)
        # What is under a path by its prefix is the path itself, too.
        if kind != "Exact" or f"{path}/*" not in line:
            http.append(f"        - path:\n            type: {kind}\n            value: {value}\n")
    return http, grpc


def routes():
    """The proxy's routes as objects: those of gRPC go to a port that is known to speak HTTP/2 without TLS."""
    made = f"# Made by scripts/manifests of {ROUTES}.\n"
    matchers = re.findall(r"^@([\w-]+) path (.*)$", (ROOT / ROUTES).read_text(), re.MULTILINE)
    for service, line in sorted(matchers):
        http, grpc = paths(line.split())
        if http:
            made += ROUTE.format(kind="HTTPRoute", service=service, matches="".join(http), port=8080) + ENDLESS
        if grpc:
            made += ROUTE.format(kind="GRPCRoute", service=service, matches="".join(grpc), port=8081)
    return made


MADE = {"rules": rules, "routes": routes}
