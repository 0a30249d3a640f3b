"""The container files: checked as far as a machine without a container engine can."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from monitor.secret import resolve_references

ROOT = Path(__file__).parents[2]


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def service(name: str = "monitor") -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"][name]
    return found


def test_compose_file_is_valid_against_the_compose_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    checked = subprocess.run([*command, "docker-compose.yml"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_schema_would_catch_a_mistake(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text("services: {monitor: {imagee: x}}\n")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(broken)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_container_is_unprivileged_and_read_only() -> None:
    monitor = service()
    assert monitor["read_only"] is True
    assert monitor["cap_drop"] == ["ALL"]
    assert monitor["user"].split(":")[0] not in ("", "0", "root")
    assert "no-new-privileges:true" in monitor["security_opt"]


def test_mounted_files_exist_and_only_the_state_is_writable() -> None:
    for volume in service()["volumes"]:
        source, target, *mode = volume.split(":")
        if source.startswith("./"):
            assert (ROOT / source).exists(), source
            assert mode == ["ro"], volume
        else:
            assert target == "/var/lib/monitor"


def test_dockerfile_copies_what_exists_and_dockerignore_lets_it_through() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+) \S+$", dockerfile, re.MULTILINE)
    names = {name.removeprefix("./") for line in copied for name in line.split()}
    assert names
    assert names <= allowed
    assert all((ROOT / name).exists() for name in names)


def test_user_and_health_check_agree_between_image_and_compose() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    user = re.search(r"^USER (\d+)$", dockerfile, re.MULTILINE)
    assert user is not None
    assert service()["user"].startswith(user[1] + ":")
    assert '"monitor", "status", "--quiet"' in dockerfile
    assert service()["healthcheck"]["test"] == ["CMD", "monitor", "status", "--quiet"]


def test_the_cluster_brings_a_database_that_the_daemons_wait_for() -> None:
    database, monitor = service("db"), service()
    assert database["profiles"] == ["cluster"]
    assert "profiles" not in monitor
    assert database["image"] == "postgres:18"
    assert "pg_isready" in database["healthcheck"]["test"]
    assert monitor["depends_on"] == {"db": {"condition": "service_healthy", "required": False}}
    assert not {"ports", "container_name"} & {*monitor, *database}  # they would not scale, or be reached from outside


def test_what_the_files_refer_to_comes_from_the_file_beside_them() -> None:
    assert service()["env_file"] == [{"path": ".env", "required": False}]
    assert {"CONSOLE_TOKEN", "SLACK_BOT_TOKEN"} <= set(service()["environment"])


def test_the_image_s_user_can_read_and_write_what_he_has_to() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "install -d -m 0700 -o monitor -g monitor /var/lib/monitor" in dockerfile
    assert dockerfile.index("chmod -R a+rX /etc/monitor") > dockerfile.rindex("COPY --chown")
    assert service()["user"] == "10001:10001"
    assert "groupadd --gid 10001 monitor" in dockerfile


def test_the_password_of_the_database_is_a_file() -> None:
    for one in (service(), service("db")):
        assert one["secrets"] == ["db_password"]
        assert "/run/secrets/db_password" in one["environment"].values()
    text = (ROOT / "docker-compose.yml").read_text()
    written = re.search(r"MONITOR_STORE='(postgresql:.*)'", text)
    assert written is not None
    assert resolve_references(written[1], {"DB_PASSWORD": "x"}) == "postgresql://monitor:x@db/monitor"
