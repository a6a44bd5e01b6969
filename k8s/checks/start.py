"""Starts each service as an environment says, with its own program, and looks whether it gets ready and knows every setting that
it is told. Only places are others: of servers, of secrets, of files. `nova servers -- python start.py PROGRAMS BUILT`."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import yaml

from policies import env, kinds, labels, name, template

# A program gives its servers a minute.
PATIENCE = 70


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Place:
    """Where programs and their secrets are, instead of in a cluster."""

    def __init__(self, programs, folder):
        self.programs, self.folder = programs, Path(folder)
        self.run("secrets", "new", "--folder", folder)
        for key, value in {
            "NOVA_POSTGRES": os.environ["NOVA_TEST_POSTGRES"],
            "NOVA_REDIS": os.environ["NOVA_TEST_REDIS"],
            "NOVA_MAIL": f"folder:{folder}/mail",
            "NOVA_MEDIA_S3_ACCESS_KEY": "none",
            "NOVA_MEDIA_S3_SECRET_KEY": "none",
        }.items():
            (self.folder / key).write_text(value)
        self.here = {
            "NOVA_KAFKA": os.environ["NOVA_TEST_KAFKA"],
            "NOVA_MEDIA_STORE": f"file:{folder}/media",
            "NOVA_MEDIA_SCRATCH": folder,
            "NOVA_DRAIN_DELAY": "0s",
            # Nobody takes traces here.
            "NOVA_OTLP_ENDPOINT": "",
        }

    def environment(self, container, config):
        """What the container is told, with places of here where it is told places."""
        told = (config if "envFrom" in container else {}) | env(container)
        told = {key: value.replace("/run/secrets/nova", str(self.folder)) for key, value in told.items()}
        told |= {key: value for key, value in self.here.items() if key in told}
        return {"PATH": os.environ["PATH"]} | told

    def run(self, *arguments, **told):
        subprocess.run([self.programs / "nova", *arguments], check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **told)


def answer(address):
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return response.status == 200
    except urllib.error.URLError:
        return False


def start(place, service, told):
    """What is wrong with a service that is started and stopped again."""
    ports = free_port(), free_port()
    told |= {"NOVA_LISTEN": f"127.0.0.1:{ports[0]}", "NOVA_ADMIN_LISTEN": f"127.0.0.1:{ports[1]}"}
    program = place.programs / f"nova-{service.removesuffix('-service')}"
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([program], env=told, cwd=place.folder, stderr=log)
        end = time.monotonic() + PATIENCE
        ready = False
        while not ready and process.poll() is None and time.monotonic() < end:
            ready = answer(f"http://127.0.0.1:{ports[0]}/health/ready")
            # It says nothing when it gets ready: it is asked ten times a second.
            time.sleep(0.1)
        if not ready or not answer(f"http://127.0.0.1:{ports[1]}/metrics"):
            yield f"{service}: is not ready, or does not tell its metrics"
        process.send_signal(signal.SIGTERM)
        if code := process.wait(60):
            yield f"{service}: ends with {code}"
        log.seek(0)
        for line in log:
            if "a setting is not known here" in line or "ERROR" in line:
                yield f"{service}: {line.strip()}"


def main():
    programs, built = Path(sys.argv[1]).resolve(), sys.argv[2:]
    wrong, started = [], 0
    with tempfile.TemporaryDirectory() as folder:
        place = Place(programs, folder)
        for path in built:
            objects = list(yaml.safe_load_all(Path(path).read_text()))
            config = next(one["data"] for one in kinds(objects, "ConfigMap") if name(one).startswith("nova-config"))
            # Databases and topics first, as in a rollout.
            for workload in kinds(objects, "Job") + kinds(objects, "Deployment"):
                container = template(workload)["spec"]["containers"][0]
                told = place.environment(container, config)
                if workload["kind"] == "Job":
                    place.run(*container["args"], env=told)
                elif labels(workload)["app.kubernetes.io/component"] == "service":
                    wrong += start(place, name(workload), told)
                    started += 1
    print("\n".join(wrong) or f"{started} services started as they are told to, and stopped")
    return 1 if wrong else 0


sys.exit(main())
