"""Objects against the schemas of Kubernetes and of what is installed beside it; a field that no schema knows is wrong."""

from pathlib import Path

import jsonschema
import kubernetes_validate
import yaml

KUBERNETES = "1.36"


def strict(schema):
    """A schema of a CustomResourceDefinition as JSON Schema that lets nothing through which it does not name."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, value in schema.items():
        # Names of fields are no keywords, also where they are called like some.
        made[key] = {field: strict(one) for field, one in value.items()} if key == "properties" else strict(value)
    if made.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
        made["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    closed = "properties" in made and made.get("type") == "object"
    if closed and "additionalProperties" not in made and not made.get("x-kubernetes-preserve-unknown-fields"):
        made["additionalProperties"] = False
    if made.pop("nullable", False) and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


def of_objects(schema):
    """Every object has these three; what is in its metadata Kubernetes itself looks at."""
    made = strict(schema)
    made["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    return made


class Schemas:
    """What is known of kinds that are defined in these files."""

    def __init__(self, folder):
        self.known = {}
        for path in sorted(Path(folder).glob("*.yaml")):
            for definition in yaml.load_all(path.read_text(), yaml.CSafeLoader):
                spec = definition["spec"]
                for version in spec["versions"]:
                    kind = (f'{spec["group"]}/{version["name"]}', spec["names"]["kind"])
                    self.known[kind] = version["schema"]["openAPIV3Schema"]
        self.validators = {}

    def wrong(self, one):
        """What is wrong with an object, if anything."""
        title = f'{one["kind"]} {one["metadata"]["name"]}'
        kind = (one["apiVersion"], one["kind"])
        if kind in self.known:
            if kind not in self.validators:
                self.validators[kind] = jsonschema.Draft4Validator(of_objects(self.known[kind]))
            for error in self.validators[kind].iter_errors(one):
                yield f"{title}: {error.json_path}: {error.message[:200]}"
            return
        try:
            kubernetes_validate.validate(one, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f'{title}: {".".join(map(str, error.path))}: {error.message[:200]}'
        except kubernetes_validate.SchemaNotFoundError:
            yield f"{title}: no schema of {kind[0]}"
