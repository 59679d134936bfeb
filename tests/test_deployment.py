"""What deploys the bot: images, compose, Kubernetes and workflows, held against schemas and against the program."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.cli import main
from bot.config import Settings

ROOT = Path(__file__).resolve().parent.parent
KUBERNETES = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SUPPORTED = ("1.30", "1.37")
"""The oldest and the newest version of Kubernetes whose schemas the manifests are held against."""
SCHEMAS = {
    "vendor.compose-spec": [ROOT / "compose.yaml"],
    "vendor.github-workflows": WORKFLOWS,
    "vendor.dependabot": [ROOT / ".github" / "dependabot.yml"],
}
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


def read(name: str) -> str:
    """A file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def tool(name: str) -> str:
    """A tool of the group `deploy`; the test is skipped where it is not installed."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def manifests(kind: str | None = None) -> Iterator[dict[str, Any]]:
    """What is given to the cluster, of one kind or of all."""
    for path in KUBERNETES:
        read_in = yaml.safe_load(path.read_text(encoding="utf-8"))
        if read_in["kind"] != "Kustomization" and kind in {None, read_in["kind"]}:
            yield read_in


def pods() -> Iterator[dict[str, Any]]:
    """The pods' specifications."""
    for one in (*manifests("Deployment"), *manifests("Job")):
        yield one["spec"]["template"]["spec"]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_each_file_is_what_its_reader_takes(schema: str) -> None:
    """By the schemas that check-jsonschema brings along, without a network."""
    command = [tool("check-jsonschema"), "--builtin-schema", schema, *map(str, SCHEMAS[schema])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- a tool of the lock
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(
    importlib.util.find_spec("kubernetes_validate") is None, reason="kubernetes-validate is not installed"
)
@pytest.mark.parametrize("version", SUPPORTED)
def test_each_manifest_is_what_the_cluster_takes(version: str) -> None:
    """Strictly: a field that the version does not know fails."""
    import kubernetes_validate  # type: ignore[import-not-found, import-untyped, unused-ignore] # noqa: PLC0415

    for one in manifests():
        kubernetes_validate.validate(one, version, strict=True)


def test_the_kustomization_holds_every_manifest() -> None:
    """A file that nobody names is deployed by nobody."""
    named = yaml.safe_load(read("deploy/kubernetes/kustomization.yaml"))["resources"]
    assert {*named, "kustomization.yaml"} == {path.name for path in KUBERNETES}


def test_pods_have_no_rights_and_end_in_time() -> None:
    """Not root, no capability, nothing to write but what is theirs; a limit of memory; no token of the cluster."""
    for pod in pods():
        assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"memory"} <= container["resources"]["limits"].keys()
    [deployment] = manifests("Deployment")
    assert deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > 30


def test_probes_policies_and_budget_fit_the_pods() -> None:
    """Each names a port or a label that there is, and the paths of health."""
    [deployment] = manifests("Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"].items()
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert f"EXPOSE {ports['http']}" in read("Dockerfile")
    probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")}
    assert {name: (one["path"], one["port"]) for name, one in probes.items()} == {
        "startup": ("/readyz", "http"),
        "readiness": ("/readyz", "http"),
        "liveness": ("/healthz", "metrics"),
    }
    [service], [budget], [policy] = (manifests(kind) for kind in ("Service", "PodDisruptionBudget", "NetworkPolicy"))
    assert service["spec"]["selector"].items() <= labels
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports.keys()
    assert budget["spec"]["selector"]["matchLabels"].items() <= labels
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels
    assert {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]} <= ports.keys()
    [settings] = manifests("ConfigMap")
    assert settings["data"]["BOT_METRICS_BIND"].endswith(f":{ports['metrics']}")


def test_what_is_set_is_a_setting_and_what_runs_a_command() -> None:
    """In compose.yaml and in the cluster; a secret stands in neither."""
    [settings] = manifests("ConfigMap")
    compose = yaml.safe_load(read("compose.yaml"))["services"]
    for given in (settings["data"], compose["bot"]["environment"]):
        assert {name.lower() for name in given} <= Settings.model_fields.keys()
    secret = {name.upper() for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)}
    assert not secret & settings["data"].keys()
    assert list(manifests("Secret")) == []
    [job] = manifests("Job")
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert {container["args"][0], compose["bot"].get("command", ["serve"])[0]} <= main.commands.keys()


def test_the_password_of_the_database_is_handed_to_the_bot_once() -> None:
    """Compose's own `.env` is no file of the bot's."""
    bot = yaml.safe_load(read("compose.yaml"))["services"]["bot"]
    assert bot["env_file"] == "bot.env"
    assert [name for name, value in bot["environment"].items() if "DATABASE_PASSWORD" in value] == ["BOT_STORE_URL"]


def test_every_container_of_compose_is_hardened() -> None:
    """Read-only, without rights that it does not need, and the database in a network that leads nowhere."""
    compose = yaml.safe_load(read("compose.yaml"))
    for name, service in compose["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
        assert service["pids_limit"] <= 256
    assert compose["services"]["database"]["networks"] == ["store"]
    assert compose["networks"]["store"] == {"internal": True}
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["proxy"]


def test_the_bot_can_be_scaled_and_the_proxy_finds_each_of_them() -> None:
    """`--scale bot=3`: nothing names one container, and the proxy asks the network's DNS for all."""
    compose = yaml.safe_load(read("compose.yaml"))
    assert not {"container_name", "ports", "hostname"} & compose["services"]["bot"].keys()
    [network] = compose["networks"]["inside"]["ipam"]["config"]
    assert compose["services"]["bot"]["environment"]["BOT_TRUSTED_PROXIES"] == network["subnet"]
    port = re.search(r"^EXPOSE (\d+)$", read("Dockerfile"), re.MULTILINE)
    assert port
    assert f"http://127.0.0.1:{port[1]}/readyz" in read("Dockerfile")
    assert re.search(rf"dynamic a {{\s+name bot\s+port {port[1]}\n", read("deploy/Caddyfile"))
    assert "./deploy/Caddyfile:/etc/caddy/Caddyfile:ro" in compose["services"]["proxy"]["volumes"]


@pytest.mark.threat("T67")
@pytest.mark.attack("an image that is another one tomorrow")
def test_images_are_named_by_digest_and_uv_by_hash() -> None:
    """In the Dockerfile and in compose.yaml; all stages are of one Python."""
    stages = re.findall(r"^FROM (\S+)", read("Dockerfile"), re.MULTILINE)
    images = [one["image"] for one in yaml.safe_load(read("compose.yaml"))["services"].values() if "image" in one]
    assert [one for one in (*stages, *images) if not DIGEST.search(one)] == []
    assert len({*stages}) == 1
    assert "--require-hashes --requirement uv.txt" in read("Dockerfile")
    assert re.search(r"^uv==[\d.]+ \\\n  --hash=sha256:[0-9a-f]{64}", read("deploy/uv.txt"), re.MULTILINE)


def test_the_image_runs_as_a_number_in_a_folder_that_it_may_write() -> None:
    """The default store is a file of the working folder."""
    last = read("Dockerfile").rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001:10001\nWORKDIR /data\nVOLUME /data$", last, re.MULTILINE)
    assert {pod["securityContext"]["runAsUser"] for pod in pods()} == {10001}
    assert last.count("org.opencontainers.image.") == 6


def test_what_the_image_is_made_of_is_let_in() -> None:
    """.dockerignore is a list of what is copied."""
    copied = {
        part for line in re.findall(r"^COPY (?!--)(.+) \S+$", read("Dockerfile"), re.MULTILINE) for part in line.split()
    }
    let_in = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    assert copied == let_in


@pytest.mark.threat("T67")
@pytest.mark.attack("an action that is another one tomorrow")
def test_workflows_hold_what_they_need_and_run_what_is_pinned() -> None:
    """Nothing by default, one thing a job; each action by the commit of a release that its comment names."""
    for path in WORKFLOWS:
        text = path.read_text(encoding="utf-8")
        workflow = yaml.safe_load(text)
        assert workflow["permissions"] == {}
        for job in workflow["jobs"].values():
            assert {name for name, right in job["permissions"].items() if right == "write"} <= {"contents", "packages"}
            assert job["timeout-minutes"]
        used = re.findall(r"uses: (.+)", text)
        assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)] == []
        assert text.count("actions/checkout@") == text.count("persist-credentials: false")
    assert "write" not in read(".github/workflows/check.yml")


def test_workflows_stand_up_to_their_own_attacks() -> None:
    """Zizmor's rules for workflows: injected expressions, caches of releases, rights, triggers."""
    done = subprocess.run(  # noqa: S603 -- a tool of the lock
        [tool("zizmor"), "--offline", "--no-progress", "--quiet", str(ROOT / ".github")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_python_that_is_promised_is_tried() -> None:
    """The classifiers are what the workflow runs, and begin with the oldest that is allowed."""
    project = tomllib.loads(read("pyproject.toml"))["project"]
    told = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    jobs = yaml.safe_load(read(".github/workflows/check.yml"))["jobs"]
    own = [step["with"]["python-version"] for step in jobs["ci"]["steps"] if "python-version" in step.get("with", {})]
    assert told == [*own, *jobs["python"]["strategy"]["matrix"]["python"]]
    assert project["requires-python"] == f">={told[0]}"


def test_the_arithmetic_of_connections_is_that_of_the_settings() -> None:
    """docs/deploy.md adds up, and its columns are the default and what the cluster's settings say."""
    page = read("docs/deploy.md").partition("## Ten replicas")[2].partition("\n## ")[0]
    rows = [re.findall(r"(?<=\| )\d+(?= )", line) for line in page.splitlines() if re.match(r"\| .*\| \d", line)]
    *parts, least = [[int(cell) for cell in row] for row in rows[:5]]
    assert [sum(column) for column in zip(*parts, strict=True)] == least
    [settings] = manifests("ConfigMap")
    default = Settings.model_fields["bot_store_connections"].default
    assert [10 * default, 10 * int(settings["data"]["BOT_STORE_CONNECTIONS"])] == parts[0][:2]
