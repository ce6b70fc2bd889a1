"""Holds manifests against the real schemas, strictly: schemas.py [--crds FOLDER]… [--kubernetes FOLDER] FILE…

FOLDERs have the projects' own definitions: CustomResourceDefinitions as YAML, and Kubernetes' OpenAPI v3 documents. A field that
a schema does not know is an error, where an API server would drop it in silence."""
import argparse
import copy
import json
import pathlib
import sys

import jsonschema
import yaml

options = argparse.ArgumentParser()
options.add_argument("--crds", action="append", default=[])
options.add_argument("--kubernetes", required=True)
options.add_argument("files", nargs="+")
options = options.parse_args()


def strict(schema, top=False):
    """Unknown fields are errors; what only an API server understands becomes JSON Schema."""
    if isinstance(schema, list):
        return [strict(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields")
    if schema.get("x-kubernetes-int-or-string"):
        return {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    result = {}
    for key, value in schema.items():
        if key.startswith("x-") or key in ("description", "format", "default", "nullable"):
            continue
        result[key] = {k: strict(v) for k, v in value.items()} if key in ("properties", "definitions") else strict(value)
    if "properties" in result and "additionalProperties" not in result and not open_ended:
        result["additionalProperties"] = False
    if top:
        result["properties"] = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"$ref": "#/definitions/meta"}} | {
            k: v for k, v in result.get("properties", {}).items() if k not in ("apiVersion", "kind", "metadata")}
        result["required"] = ["apiVersion", "kind", "metadata"]
        result["definitions"] = {"meta": {
            "type": "object", "additionalProperties": False, "required": ["name"],
            "properties": {"name": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"}, "namespace": {"type": "string"},
                           "labels": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 63}},
                           "annotations": {"type": "object", "additionalProperties": {"type": "string"}}}}}
    if schema.get("nullable"):
        result = {"anyOf": [{"type": "null"}, result]}
    return result


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML 1.1 has a tag for "=", which nobody means."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)

documents = [(file, d) for file in options.files for d in yaml.safe_load_all(pathlib.Path(file).read_text()) if d and d.get("kind") != "Kustomization"]
kinds = {d["kind"] for _, d in documents}
validators = {}
for folder in options.crds:
    for file in sorted(pathlib.Path(folder).rglob("*.yaml")):
        text = file.read_text()
        if "kind: CustomResourceDefinition" not in text or "openAPIV3Schema" not in text:
            continue
        if not any(f"    kind: {kind}\n" in text for kind in kinds):
            continue
        for crd in yaml.load_all(text, Loader):
            if not crd or crd.get("kind") != "CustomResourceDefinition":
                continue
            for version in crd["spec"]["versions"]:
                key = (crd["spec"]["group"] + "/" + version["name"], crd["spec"]["names"]["kind"])
                validators[key] = (version["schema"]["openAPIV3Schema"], None)
for file in sorted(pathlib.Path(options.kubernetes).glob("*_openapi.json")):
    document = json.loads(file.read_text())
    schemas = document.get("components", {}).get("schemas", {})
    for schema in schemas.values():
        for gvk in schema.get("x-kubernetes-group-version-kind", []):
            version = (gvk["group"] + "/" if gvk["group"] else "") + gvk["version"]
            validators.setdefault((version, gvk["kind"]), (schema, schemas))


def validator(key):
    schema, schemas = validators[key]
    made = strict(copy.deepcopy(schema), top=True)
    if schemas:
        made["components"] = {"schemas": {name: strict(s) for name, s in schemas.items()}}
    return jsonschema.Draft7Validator(made)


made, checked, faults = {}, 0, []
for file, document in documents:
    key = (document.get("apiVersion"), document["kind"])
    name = f"{file}: {key[1]} {document.get('metadata', {}).get('name')}"
    if key not in validators:
        faults.append(f"{name}: no schema for {key[0]}")
        continue
    made[key] = made.get(key) or validator(key)
    for error in made[key].iter_errors(document):
        faults.append(f"{name}: {'.'.join(map(str, error.absolute_path))}: {error.message[:300]}")
    checked += 1
if faults:
    sys.exit("\n".join(faults))
print(f"ok: {checked} objects of {len(made)} kinds fit their schemas")
