"""One fault for each rule, planted into what production consists of: a rule that finds none of it checks nothing."""

import copy

from policies import kinds, name, template


def one(objects, kind, called):
    return next(each for each in kinds(objects, kind) if name(each) == called)


def content(objects):
    return one(objects, "Deployment", "content-service")


def box(objects):
    return template(content(objects))["spec"]["containers"][0]


def without(objects, kind, called):
    objects.remove(one(objects, kind, called))


def beside(objects, kind, **fields):
    objects.append({"kind": kind, "metadata": {"name": "planted", "namespace": "nova-production"}, **fields})


def open_way(objects):
    rules = one(objects, "NetworkPolicy", "feed-service")["spec"]["egress"]
    rules.append({"to": [{"podSelector": {"matchLabels": {"app.kubernetes.io/component": "service"}}}]})


# The rule, what is planted, and a word of what is said then.
PLANTED = [
    ("restricted", lambda o: box(o)["securityContext"].update(privileged=True), "more than it is"),
    ("restricted", lambda o: template(content(o))["spec"].update(hostNetwork=True), "hostNetwork"),
    ("restricted", lambda o: template(content(o))["spec"]["securityContext"].update(runAsNonRoot=False), "root"),
    ("restricted", lambda o: template(one(o, "CronJob", "backup"))["spec"].pop("securityContext"), "seccomp"),
    ("restricted", lambda o: box(o)["securityContext"].pop("capabilities"), "capabilities"),
    ("restricted", lambda o: box(o)["securityContext"].pop("readOnlyRootFilesystem"), "write to its image"),
    ("restricted", lambda o: template(content(o))["spec"].pop("automountServiceAccountToken"), "token"),
    ("namespace_enforces", lambda o: kinds(o, "Namespace")[0]["metadata"].pop("labels"), "does not enforce"),
    ("namespace_enforces", lambda o: content(o)["metadata"].update(namespace="default"), "not in the namespace"),
    ("every_service", lambda o: without(o, "PodDisruptionBudget", "media-service"), "no PodDisruptionBudget"),
    ("every_service", lambda o: content(o)["metadata"].update(name="comments-service"), "no such service"),
    ("one_scaler", lambda o: beside(o, "HorizontalPodAutoscaler", spec={"scaleTargetRef": {"name": "feed-service"}}), "2 scalers"),
    ("one_scaler", lambda o: content(o)["spec"].update(replicas=2), "takes the number"),
    ("one_scaler", lambda o: one(o, "ScaledObject", "feed-service")["spec"].update(minReplicaCount=0), "to nothing"),
    ("no_secrets", lambda o: beside(o, "Secret", data={}), "not contained"),
    ("secrets_are_mounted", lambda o: box(o)["env"].append({"name": "NOVA_MAIL_FILE", "value": "/x"}), "asks for"),
    ("disruption", lambda o: one(o, "PodDisruptionBudget", "feed-service")["spec"].update(maxUnavailable=0), "no budget"),
    ("selectors", lambda o: one(o, "Service", "feed-service")["spec"]["selector"].pop("app.kubernetes.io/name"), "means"),
    ("spread", lambda o: template(content(o))["spec"].pop("topologySpreadConstraints"), "one node"),
    ("probes", lambda o: box(o).pop("startupProbe"), "no startupProbe"),
    ("probes", lambda o: box(o)["readinessProbe"]["httpGet"].update(path="/health/live"), "does not ask"),
    ("resources", lambda o: box(o)["resources"].pop("limits"), "what it takes"),
    ("images", lambda o: box(o).update(image="nova/content-service"), "another image"),
    ("images", lambda o: box(o).update(image="nova/content-service:latest"), "another image"),
    ("images", lambda o: box(o).update(image="nova/content-service:0.0.9"), "several releases"),
    ("drain", lambda o: template(content(o))["spec"].update(terminationGracePeriodSeconds=30), "killed"),
    ("drain", lambda o: content(o)["spec"]["strategy"]["rollingUpdate"].update(maxUnavailable=1), "goes before"),
    ("drain", lambda o: box(o).update(env=[]), "migrates by itself"),
    ("settings", lambda o: box(o)["env"].append({"name": "NOVA_KAFFKA"}), "NOVA_KAFFKA"),
    ("settings", lambda o: box(o)["env"].append({"name": "NOVA_KAFKA", "value": "elsewhere:9092"}), "several Kafkas"),
    ("topics", lambda o: one(o, "KafkaTopic", "user-events")["spec"].update(replicas=1), "three replicas"),
    ("network", open_way, "egress feed-service content-service is open"),
    ("network", lambda o: without(o, "NetworkPolicy", "default-deny") or without(o, "NetworkPolicy", "migrate"), "no policy of"),
]

# Objects that no schema lets pass.
MISSPELT = [
    lambda o: box(o).update(imagePullPolicie="Always"),
    lambda o: content(o)["spec"].update(replicas="two"),
    lambda o: content(o).update(apiVersion="apps/v0"),
    lambda o: one(o, "ScaledObject", "feed-service")["spec"].update(minReplicas=2),
    lambda o: one(o, "KafkaTopic", "user-events")["spec"].update(partitions="three"),
    lambda o: one(o, "Gateway", "nova")["spec"]["listeners"][0].update(protokol="TLS"),
    lambda o: one(o, "Certificate", "nova-tls")["spec"].pop("secretName"),
    lambda o: one(o, "PodMonitor", "nova")["spec"].update(jobLabels="x"),
]


def not_found(objects, world, rules, schemas):
    """The faults that are not found."""
    rules = {rule.__name__: rule for rule in rules}
    for number, (rule, plant, word) in enumerate(PLANTED):
        bad = copy.deepcopy(objects)
        plant(bad)
        if not any(word in said for said in rules[rule](bad, world)):
            yield f"planted fault {number} is not found: {rule}, {word}"
    for rule in rules.keys() - {rule for rule, _, _ in PLANTED}:
        yield f"no fault is planted for {rule}"
    for number, plant in enumerate(MISSPELT):
        bad = copy.deepcopy(objects)
        plant(bad)
        changed = [new for old, new in zip(objects, bad) if old != new]
        if not any(True for each in changed for _ in schemas.wrong(each)):
            yield f"misspelt object {number} is not found"
