"""Holds what is built of each environment to schemas and rules. Called by scripts/manifests."""

import argparse
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import yaml

import planted
from made import ROOT, rules
from policies import RULES, title
from schemas import Schemas

DIRECT_CALL = {("egress", "feed-service", "content-service"), ("ingress", "feed-service", "content-service")}


def settings():
    """Every name in the programs that could be a setting's."""
    found = set()
    for folder in ("crates", "services"):
        for path in (ROOT / folder).rglob("*.rs"):
            found |= set(re.findall(r'"(NOVA_[A-Z0-9_]+)"', path.read_text()))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rules", action="store_true", help="only print the files of alerts as objects")
    parser.add_argument("--crds", type=Path)
    parser.add_argument("built", type=Path, nargs="*", help="what kustomize made of environments")
    arguments = parser.parse_args()
    if arguments.rules:
        print(rules(), end="")
        return 0

    world = SimpleNamespace(settings=settings(), ways=set(), also=set())
    world.services = [path.name for path in (ROOT / "services").iterdir() if path.is_dir()]
    schemas = Schemas(arguments.crds)
    wrong = []
    for path in arguments.built:
        objects = list(yaml.load_all(path.read_text(), yaml.CSafeLoader))
        names = [(title(one), one["apiVersion"]) for one in objects]
        world.ways = DIRECT_CALL if "direct-call" in path.stem else set()
        world.also = {"content-canary-service"} if "canary" in path.stem else set()
        said = [f"{one[0]} is there twice" for one in set(names) if names.count(one) > 1]
        said += [text for one in objects for text in schemas.wrong(one)]
        said += [text for rule in RULES for text in rule(objects, world)]
        wrong += [f"{path.stem}: {text}" for text in said]
        print(f"{path.stem}: {len(objects)} objects, {len(RULES)} rules, {len(said)} faults")
        if path.stem == "production":
            missed = list(planted.not_found(objects, world, RULES, schemas))
            wrong += missed
            number = len(planted.PLANTED) + len(planted.MISSPELT)
            print(f"planted: {number - len(missed)} faults of {number} found")
    for text in wrong:
        print(text, file=sys.stderr)
    return 1 if wrong else 0


sys.exit(main())
