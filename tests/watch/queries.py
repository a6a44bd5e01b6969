"""Asks a Prometheus every query of the dashboards and of the rules that it has loaded, and says what is wrong with them.

The Prometheus scrapes a platform in use; scripts/watch-check starts both.
"""

import json
import pathlib
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DASHBOARDS = ROOT / "deploy/observability/grafana/dashboards"

# Of exporters that are not started here, and who tells them.
OTHERS = {
    "node_filesystem_avail_bytes": "node exporter",
    "node_filesystem_size_bytes": "node exporter",
    "kubelet_volume_stats_available_bytes": "kubelet",
    "kubelet_volume_stats_capacity_bytes": "kubelet",
    "certmanager_certificate_expiration_timestamp_seconds": "cert-manager",
    "probe_ssl_earliest_cert_expiry": "blackbox exporter",
}
# Ours, and not there before something has gone wrong; the source that names it is looked at instead.
SELDOM = {
    "nova_breaker_recovery_seconds": "crates/resilience/src/breaker/metrics.rs",
    "nova_connections_refused_total": "crates/service/src/platform/serve.rs",
    "nova_consumer_violations_total": "crates/event-bus/src/metrics.rs",
    "nova_eventbridge_dropped_total": "services/eventbridge/src/metrics.rs",
    "nova_events_parked_total": "crates/event-bus/src/metrics.rs",
    "nova_sse_gaps_total": "services/eventbridge/src/metrics.rs",
}
# No request is answered so while nothing is wrong.
FAILED = re.compile(r',?status=~"5\.\."')

WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
# What names labels, and no metrics.
LABELS = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
SELECTOR = re.compile(r"(?<![0-9a-zA-Z_.])([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{[^}]*\})?")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


class Prometheus:
    """The HTTP API of one."""

    def __init__(self, url):
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, path, **parameters):
        """The data of an answer, or what is wrong with the question."""
        query = urllib.parse.urlencode(parameters)
        try:
            with self.opener.open(f"{self.url}/api/v1/{path}?{query}", timeout=10) as answer:
                return json.load(answer)["data"], None
        except urllib.error.HTTPError as error:
            return None, json.load(error).get("error", str(error))


def selectors(query):
    """Each selector of a query, as (name, matchers)."""
    strings = []

    def hide(match):
        strings.append(match[0])
        return f'"{len(strings) - 1}"'

    hidden = LABELS.sub(" ", STRING.sub(hide, query))
    # Durations are none.
    hidden = re.sub(r"\[[^\]]*\]", " ", hidden)
    for match in SELECTOR.finditer(hidden):
        rest = hidden[match.end() :].lstrip()
        if not match[2] and (rest.startswith("(") or match[1].lower() in WORDS):
            continue
        yield match[1], re.sub(r'"(\d+)"', lambda number: strings[int(number[1])], match[2] or "")


def of_source(name):
    """Whether this metric's name stands where it is said to."""
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    source = SELDOM.get(name) or SELDOM.get(base)
    return source and f'"{base}"' in (ROOT / source).read_text()


def complaints(prometheus, where, query):
    """What is wrong with a query."""
    _, error = prometheus.ask("query", query=query)
    if error:
        return [f"{where}: {error}: {query}"]
    wrong = []
    asked = list(selectors(query))
    if not asked:
        wrong.append(f"{where}: it asks for nothing: {query}")
    for name, matchers in asked:
        if name in OTHERS or of_source(name):
            continue
        selector = name + FAILED.sub("", matchers)
        series, error = prometheus.ask("series", **{"match[]": selector})
        if error or not series:
            wrong.append(f"{where}: {error or 'nothing is there of'} {selector}")
    return wrong


def of_dashboards():
    """Each query of each panel, by where it is."""
    for file in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{file.name}: {panel['title']}", target["expr"]


def of_rules(prometheus):
    """Each query of each rule that was loaded."""
    data, _ = prometheus.ask("rules")
    for group in data["groups"]:
        for rule in group["rules"]:
            yield f"{group['name']}: {rule['name']}", rule["query"]


def is_scraped(prometheus):
    """Whether everybody was asked since the last request, and answered."""
    up, _ = prometheus.ask("query", query="up")
    rounds, _ = prometheus.ask("query", query="count_over_time(up[1m])")
    is_up = all(series["value"][1] == "1" for series in up["result"])
    return bool(up["result"]) and is_up and all(int(series["value"][1]) > 4 for series in rounds["result"])


PLANTED = [
    'rate(nova_no_such_metric_total{job="feed-service"}[5m])',
    'sum(nova_health{job="nobody-service"})',
    'max(nova_outbox_oldest_seconds{job="feed-service",service="content"})',
    "nova_no_such_metric > 0",
    'sum(rate(nova_http_requests_total{job="feed-service"}))',
    "sum(up",
    "1 > 0",
]


def without_question():
    """Panels that do not say what they answer, and dashboards that would take each other's place."""
    uids = {}
    for file in sorted(DASHBOARDS.glob("*.json")):
        dashboard = json.loads(file.read_text())
        other = uids.setdefault(dashboard["uid"], file.name)
        if other != file.name:
            yield f"{file.name}: {other} has the same uid"
        for panel in dashboard["panels"]:
            if not panel["title"].endswith("?"):
                yield f"{file.name}: {panel['title']} is no question"


def main():
    """Prints what is wrong, and ends with 1 if anything is."""
    prometheus = Prometheus(sys.argv[1])
    until = time.monotonic() + 60
    while not is_scraped(prometheus):
        if time.monotonic() > until:
            sys.exit("Prometheus has not scraped everybody")
        time.sleep(0.2)
    missed = [query for query in PLANTED if not complaints(prometheus, "planted", query)]
    if missed:
        sys.exit("planted, and not found: " + "; ".join(missed))
    dashboards, rules = list(of_dashboards()), list(of_rules(prometheus))
    wrong = [text for query in dashboards + rules for text in complaints(prometheus, *query)]
    wrong.extend(without_question())
    forms = len(list(DASHBOARDS.glob("*.json")))
    print(f"{len(dashboards)} queries of {forms} dashboards and {len(rules)} of rules were asked, {len(PLANTED)} planted ones found")
    if wrong or not dashboards or not rules:
        sys.exit("\n".join(wrong) or "there is nothing to ask")


main()
