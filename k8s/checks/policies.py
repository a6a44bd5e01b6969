"""What must hold of the objects that an environment consists of. Each rule yields what is wrong, in words."""

import re

WORKLOADS = ("Deployment", "Job", "CronJob")


def kinds(objects, *names):
    return [one for one in objects if one["kind"] in names]


def name(one):
    return one["metadata"]["name"]


def title(one):
    return f'{one["kind"]} {name(one)}'


def template(workload):
    """The pods of a workload."""
    spec = workload["spec"]
    if workload["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return spec["template"]


def pods(objects):
    return [(one, template(one)) for one in kinds(objects, *WORKLOADS)]


def containers(objects):
    for workload, pod in pods(objects):
        for container in pod["spec"].get("initContainers", []) + pod["spec"]["containers"]:
            yield workload, container


def services(objects):
    """The Deployments of Nova's services."""
    return [one for one in kinds(objects, "Deployment") if labels(one).get("app.kubernetes.io/component") == "service"]


def labels(one):
    return one["metadata"].get("labels", {})


def env(container):
    return {one["name"]: one.get("value", "") for one in container.get("env", [])}


def selects(selector, labels):
    """Whether a selector of Kubernetes holds for these labels; one that says nothing holds for all."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions", []):
        has, value = rule["key"] in labels, labels.get(rule["key"])
        holds = {
            "In": has and value in rule.get("values", []),
            "NotIn": not has or value not in rule.get("values", []),
            "Exists": has,
            "DoesNotExist": not has,
        }
        if not holds[rule["operator"]]:
            return False
    return True


def restricted(objects, _):
    """What Pod Security calls `restricted`, and a root file system that cannot be written to."""
    for workload, pod in pods(objects):
        spec = pod["spec"]
        context = spec.get("securityContext", {})
        if context.get("runAsNonRoot") is not True or context.get("runAsUser", 0) == 0:
            yield f"{title(workload)}: runs as root"
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{title(workload)}: no seccomp profile"
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{title(workload)}: is given a token of the cluster"
        for host in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(host):
                yield f"{title(workload)}: {host}"
        for volume in spec.get("volumes", []):
            if "hostPath" in volume:
                yield f'{title(workload)}: volume {volume["name"]} is of the host'
    for workload, container in containers(objects):
        context = container.get("securityContext", {})
        if context.get("privileged") or context.get("allowPrivilegeEscalation") is not False:
            yield f"{title(workload)}: may become more than it is"
        if context.get("capabilities") != {"drop": ["ALL"]}:
            yield f"{title(workload)}: keeps capabilities"
        if context.get("readOnlyRootFilesystem") is not True:
            yield f"{title(workload)}: may write to its image"


def namespace_enforces(objects, _):
    namespaces = kinds(objects, "Namespace")
    if len(namespaces) != 1:
        yield f"{len(namespaces)} namespaces instead of one"
    for one in namespaces:
        if labels(one).get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"{title(one)}: does not enforce restricted pods"
    expected = {name(one) for one in namespaces}
    for one in objects:
        if one["kind"] != "Namespace" and one["metadata"].get("namespace") not in expected:
            yield f"{title(one)}: not in the namespace"


def every_service(objects, world):
    """Each service has each of its objects, one scaler, and no objects are of a service that is not there."""
    for service in world.services:
        for kind in ("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget", "NetworkPolicy"):
            if sum(name(one) == f"{service}-service" for one in kinds(objects, kind)) != 1:
                yield f"no {kind} {service}-service"
    known = {f"{service}-service" for service in world.services}
    for one in services(objects):
        if name(one) not in known | world.also:
            yield f"{title(one)}: no such service"


def one_scaler(objects, _):
    """An HPA or a ScaledObject, never both: they would pull at one number. Nor a number that is applied again and again."""
    for one in services(objects):
        scalers = [
            scaler
            for scaler in kinds(objects, "HorizontalPodAutoscaler", "ScaledObject")
            if scaler["spec"]["scaleTargetRef"]["name"] == name(one)
        ]
        if len(scalers) != 1:
            yield f"{title(one)}: {len(scalers)} scalers"
        if "replicas" in one["spec"]:
            yield f"{title(one)}: takes the number of its replicas back from its scaler"
        if any(scaler["spec"].get("minReplicas", scaler["spec"].get("minReplicaCount", 0)) < 1 for scaler in scalers):
            yield f"{title(one)}: may be scaled to nothing, and answers requests"


def no_secrets(objects, _):
    for one in kinds(objects, "Secret"):
        yield f"{title(one)}: secrets are named, not contained"


def secrets_are_mounted(objects, _):
    """Each file that a setting names is one that the pod is given."""
    for workload, pod in pods(objects):
        given = set()
        for volume in pod["spec"].get("volumes", []):
            for item in volume.get("secret", {}).get("items", []):
                given.add(f'/run/secrets/nova/{item["path"]}')
        asked = set()
        for container in pod["spec"]["containers"]:
            asked |= {value for key, value in env(container).items() if key.endswith("_FILE")}
        if given != asked:
            yield f"{title(workload)}: is given {sorted(given)}, and asks for {sorted(asked)}"


def disruption(objects, _):
    for one in services(objects):
        pod = template(one)["metadata"]["labels"]
        budgets = [b for b in kinds(objects, "PodDisruptionBudget") if selects(b["spec"]["selector"], pod)]
        if len(budgets) != 1 or budgets[0]["spec"].get("maxUnavailable") != 1:
            yield f"{title(one)}: no budget that lets go of one pod"


def selectors(objects, _):
    """A service's selectors mean its own pods."""
    every = [(name(one), template(one)["metadata"]["labels"]) for one in kinds(objects, *WORKLOADS)]
    for one in kinds(objects, "Service", "Deployment", "PodDisruptionBudget", "NetworkPolicy"):
        if name(one) == "default-deny":
            continue
        spec = one["spec"]
        selector = {"matchLabels": spec["selector"]} if one["kind"] == "Service" else spec.get("selector", spec.get("podSelector"))
        meant = [owner for owner, pod in every if selects(selector, pod)]
        if meant != [name(one)]:
            yield f"{title(one)}: means the pods of {meant}"
    for workload, pod in pods(objects):
        for constraint in pod["spec"].get("topologySpreadConstraints", []):
            if not constraint["labelSelector"].get("matchLabels"):
                yield f"{title(workload)}: is spread among all pods"


def spread(objects, _):
    for one in services(objects):
        keys = [c["topologyKey"] for c in template(one)["spec"].get("topologySpreadConstraints", [])]
        if "kubernetes.io/hostname" not in keys:
            yield f"{title(one)}: all of it may be on one node"


def probes(objects, _):
    for workload, container in containers(objects):
        if workload["kind"] != "Deployment":
            continue
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if probe not in container:
                yield f"{title(workload)}: no {probe}"
    for one in services(objects):
        for container in template(one)["spec"]["containers"]:
            for probe, path in (("livenessProbe", "/health/live"), ("readinessProbe", "/health/ready")):
                if container.get(probe, {}).get("httpGet") != {"path": path, "port": "http"}:
                    yield f"{title(one)}: its {probe} does not ask {path}"


def resources(objects, _):
    for workload, container in containers(objects):
        wants = container.get("resources", {})
        if {"cpu", "memory"} - wants.get("requests", {}).keys() or "memory" not in wants.get("limits", {}):
            yield f"{title(workload)}: does not say what it takes"


def images(objects, world):
    """Of a known version each, and all services of one release."""
    releases = set()
    for workload, container in containers(objects):
        _, _, tag = container["image"].partition(":")
        if not re.fullmatch(r"\d[\w.-]*", tag):
            yield f'{title(workload)}: {container["image"]} may be another image tomorrow'
        elif workload in services(objects) and name(workload) not in world.also:
            releases.add(tag)
    if len(releases) > 1:
        yield f"several releases: {sorted(releases)}"


def seconds(text):
    return int(text.removesuffix("s"))


def drain(objects, _):
    """A pod has the time that its program takes to stop, and five seconds; it goes when another is there."""
    config = next((one["data"] for one in kinds(objects, "ConfigMap") if name(one).startswith("nova-config")), {})
    takes = seconds(config.get("NOVA_DRAIN_DELAY", "5s")) + seconds(config.get("NOVA_SHUTDOWN_TIMEOUT", "20s"))
    for one in services(objects):
        if template(one)["spec"].get("terminationGracePeriodSeconds", 30) < takes + 5:
            yield f"{title(one)}: is killed while it stops"
        if one["spec"].get("strategy", {}).get("rollingUpdate", {}).get("maxUnavailable") != 0:
            yield f"{title(one)}: a pod goes before another is there"
        if env(template(one)["spec"]["containers"][0]).get("NOVA_POSTGRES_MIGRATE") != "off":
            yield f"{title(one)}: migrates by itself"


def settings(objects, world):
    """Every setting is one that Nova asks for, and all go to one Kafka."""
    for one in kinds(objects, "ConfigMap"):
        for key in one["data"]:
            if key.startswith("NOVA_") and key not in world.settings:
                yield f"{title(one)}: nobody asks for {key}"
    brokers = set()
    for workload, container in containers(objects):
        for key, value in env(container).items():
            if key.removesuffix("_FILE") not in world.settings:
                yield f"{title(workload)}: nobody asks for {key}"
            if key == "NOVA_KAFKA":
                brokers.add(value)
    for scaler in kinds(objects, "ScaledObject"):
        brokers |= {t["metadata"]["bootstrapServers"] for t in scaler["spec"]["triggers"] if t["type"] == "kafka"}
    if len(brokers) != 1:
        yield f"several Kafkas: {sorted(brokers)}"


def topics(objects, _):
    for one in kinds(objects, "KafkaTopic"):
        spec = one["spec"]
        if spec["replicas"] < 3 or spec["config"].get("min.insync.replicas") != 2:
            yield f"{title(one)}: not three replicas, two of them in sync"


def network(objects, world):
    """Each pod is under a policy of both directions, and none lets a service reach another but the ways that are known."""
    namespace = kinds(objects, "Namespace")[0]
    here = {"kubernetes.io/metadata.name": name(namespace), **labels(namespace)}
    policies = kinds(objects, "NetworkPolicy")
    every = {name(one): template(one)["metadata"]["labels"] for one in kinds(objects, *WORKLOADS)}

    def means(peer, pod):
        if "ipBlock" in peer:
            private = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}
            return not private <= set(peer["ipBlock"].get("except", []))
        near = "namespaceSelector" not in peer or selects(peer["namespaceSelector"], here)
        return near and selects(peer.get("podSelector", {}), pod)

    ways = set()
    for owner, pod in every.items():
        own = [policy["spec"] for policy in policies if selects(policy["spec"]["podSelector"], pod)]
        for direction in ("Ingress", "Egress"):
            if not any(direction in policy["policyTypes"] for policy in own):
                yield f"{owner}: no policy of {direction}"
        for policy in own:
            for direction, whom in (("ingress", "from"), ("egress", "to")):
                for rule in policy.get(direction, []):
                    # A rule without peers means everybody.
                    for other, its in every.items():
                        if whom not in rule or any(means(peer, its) for peer in rule[whom]):
                            ways.add((direction, other, owner) if direction == "ingress" else (direction, owner, other))
    for way in sorted(ways ^ world.ways):
        yield f"network: {' '.join(way)} {'is open' if way in ways else 'is not open'}"


RULES = [
    restricted,
    namespace_enforces,
    every_service,
    one_scaler,
    no_secrets,
    secrets_are_mounted,
    disruption,
    selectors,
    spread,
    probes,
    resources,
    images,
    drain,
    settings,
    topics,
    network,
]
