"""What a schema can't say about the rendered manifests: rendered.py FOLDER. Writes each gateway configuration beside them."""
import pathlib
import sys

import yaml

folder = pathlib.Path(sys.argv[1])
faults = []


def check(what, ok):
    if not ok:
        faults.append(what)


for file in sorted(folder.glob("*.yaml")):
    if file.name.endswith(".gateway.yaml"):
        continue
    objects = [o for o in yaml.safe_load_all(file.read_text()) if o]
    by_kind = {}
    for o in objects:
        by_kind.setdefault(o["kind"], []).append(o)
    maps = {o["metadata"]["name"]: o for o in by_kind.get("ConfigMap", [])}
    kept = {o["metadata"]["name"]: o for o in by_kind.get("Secret", [])}
    pods = [(o, o["spec"]["template"]["spec"]) for o in objects if o["kind"] in ("Deployment", "Job") or o["apiVersion"].startswith("serving.knative.dev")]
    for o, pod in pods:
        name = f"{file.name}: {o['kind']} {o['metadata']['name']}"
        container = pod["containers"][0]
        if container["image"].startswith("vllm/"):
            continue
        security = container["securityContext"]
        check(name + ": restricted", security["runAsNonRoot"] and security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
              and security["capabilities"] == {"drop": ["ALL"]} and security["seccompProfile"]["type"] == "RuntimeDefault")
        check(name + ": a memory limit", "memory" in container["resources"]["limits"])
        check(name + ": every mount has its volume", {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]})
        check(name + ": a writable /tmp", any(m["mountPath"] == "/tmp" for m in container["volumeMounts"]))
        config = next(v["configMap"]["name"] for v in pod["volumes"] if v["name"] == "config")
        check(name + ": its configuration is there", config in maps)
        text = maps[config]["data"]["gateway.yaml"]
        tenants = next((v for v in pod["volumes"] if v["name"] == "tenants"), None)
        check(name + ": tenants are mounted where they are configured", (tenants is not None) == ("tenants" in yaml.safe_load(text)))
        if tenants:
            files = kept[tenants["secret"]["secretName"]]["stringData"]
            check(name + ": tenants: " + str(sorted(files)), sorted(files) == ["acme.yaml", "rival.yaml"])
            salt = yaml.safe_load(text)["tenants"]["salt"]["file"]
            check(name + ": the salt is mounted", any(salt.startswith(m["mountPath"] + "/") for m in container["volumeMounts"]))
            (folder / f"{file.stem}.tenants").mkdir(exist_ok=True)
            for key, content in files.items():
                (folder / f"{file.stem}.tenants" / key).write_text(content)
        peers = yaml.safe_load(text).get("peers")
        if "example" not in file.name:
            check(name + ": replicas share", peers is not None or file.stem == "all-knative")
        if peers:
            mount = next((m for m in container["volumeMounts"] if peers["key"]["file"].startswith(m["mountPath"] + "/")), None)
            check(name + ": the replicas' key is mounted", mount is not None)
            secret = next(v["secret"]["secretName"] for v in pod["volumes"] if v["name"] == mount["name"])
            check(name + ": the replicas' key is there: " + secret, secret in kept or file.stem == "all-deployment")
            headless = [s for s in by_kind["Service"] if s["metadata"]["name"] + ".gateway.svc" == peers["members"][0]]
            check(name + ": the replicas' name stands for all pods", len(headless) == 1 and headless[0]["spec"]["clusterIP"] == "None"
                  and headless[0]["spec"]["publishNotReadyAddresses"] is True)
            if o["kind"] != "Job" and headless:
                labels = o["spec"]["template"]["metadata"]["labels"] | ({"serving.knative.dev/service": o["metadata"]["name"]} if o["kind"] == "Service" else {})
                check(name + ": that is these pods", headless[0]["spec"]["selector"].items() <= labels.items())
        if o["kind"] != "Job":
            check(name + ": its configuration is immutable", maps[config].get("immutable") is True)
        (folder / f"{file.stem}.gateway.yaml").write_text(text)
        drain = yaml.safe_load(text)["server"]["drain"]
        seconds = sum(int(drain[k].rstrip("s")) for k in ("notReadyFor", "streams"))
        if o["kind"] == "Deployment":
            check(name + ": the drain fits into the grace period", seconds < pod["terminationGracePeriodSeconds"])
        elif o["kind"] == "Service":
            check(name + ": the drain fits into the grace period", seconds < pod["timeoutSeconds"])
            # What Knative's webhook refuses or drops.
            annotations = o["spec"]["template"]["metadata"]["annotations"]
            check(name + ": scaling is asked for on the template", "autoscaling.knative.dev/min-scale" in annotations
                  and not any("autoscaling" in a for a in o["metadata"].get("annotations", {})))
            check(name + ": no field that Knative refuses", not {"terminationGracePeriodSeconds", "securityContext", "topologySpreadConstraints", "affinity"} & set(pod))
            check(name + ": one port", len(container["ports"]) == 1)
    for role in by_kind.get("Role", []):
        for rule in role["rules"]:
            prewarm = file.stem == "discovery" and role["metadata"]["namespace"] == "models" and rule["resources"] == ["revisions"] and rule["verbs"] == ["patch"]
            check(f"{file.name}: {role['metadata']['name']} only reads", prewarm or set(rule["verbs"]) <= {"list", "watch"} and "*" not in str(rule))
    check(f"{file.name}: no rights for the whole cluster", not {"ClusterRole", "ClusterRoleBinding"} & set(by_kind))
    if file.stem == "discovery":
        granted = {r["metadata"]["namespace"]: {resource for rule in r["rules"] for resource in rule["resources"]} for r in by_kind["Role"]}
        knative = {"endpointslices", "services", "revisions"}
        check(f"{file.name}: rights follow from discovery: {granted}",
              granted == {"models": knative | {"pods"}, "serving": knative | {"pods"}, "pools": {"inferencepools", "inferenceobjectives", "inferencemodelrewrites", "pods"}})
        check(f"{file.name}: each Role is bound where it is", {b["metadata"]["namespace"] for b in by_kind["RoleBinding"]} == set(granted))
    else:
        check(f"{file.name}: no token where nothing is asked", "example" in file.name
              or all(p.get("automountServiceAccountToken") is False for _, p in pods))
    for policy in by_kind.get("NetworkPolicy", []):
        ports = {p["port"] for rule in policy["spec"]["ingress"] for p in rule["ports"]}
        check(f"{file.name}: replicas reach each other, where they share", (7800 in ports) == (file.stem != "all-knative"))
        if file.stem.endswith("knative"):
            check(f"{file.name}: activator and autoscaler get in", {8012, 8013, 9090} <= ports)
if faults:
    sys.exit("\n".join(faults))
print("ok: rendered manifests are restricted, drain inside their grace, and read only what they watch")
