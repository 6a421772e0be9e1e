#!/usr/bin/env python3
"""Writes what is generated in docs/ again, or with --check says what is not as it would be written:

- reference/cli.md, whole, from the definitions of the command line;
- in reference/*.md, the tables between `<!-- keys KIND: PATH … -->` and `<!-- end -->`, from `meshdrill schema KIND`;
- runbooks/*.md, one for each drill of scenarios/, by `meshdrill drill runbook`.

$MESHDRILL is the binary. `./dev docs` builds it and runs this."""

import difflib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

MESHDRILL = os.environ.get("MESHDRILL", "meshdrill")
DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
BLOCK = re.compile(r"(?s)(<!-- keys (\w+): ([^>]*?) -->\n).*?(<!-- end -->)")
DURATION = "(ns|us|ms|s|m|h)"


def meshdrill(*arguments):
    done = subprocess.run([MESHDRILL, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode != 0:
        sys.exit(f"meshdrill {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def type_of(schema):
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    kind = schema.get("type")
    if isinstance(kind, list):
        return "duration" if DURATION in schema.get("pattern", "") else "string"
    if kind == "integer":
        low, high = schema["minimum"], schema["maximum"]
        return "integer" if high - low > 10**7 else f"{low} to {high}"
    if kind == "array":
        return "list of maps" if schema["items"].get("type") == "object" else "list"
    return {"object": "map", "boolean": "`true`, `false`"}.get(kind, "")


def default_of(schema, required):
    if required:
        return "required"
    if "default" not in schema:
        return "–"
    value = schema["default"]
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def rows(schema, prefix, whole):
    """A row for each key of a map; the maps inside follow their key, unless `whole` names it."""
    for key, value in schema["properties"].items():
        name = prefix + key
        meaning = value.get("description", "").replace("|", "\\|")
        yield f"| `{name}` | {type_of(value)} | {default_of(value, key in schema.get('required', []))} | {meaning} |\n"
        if key in whole:
            continue
        inner = value.get("additionalProperties")
        if "properties" in value:
            yield from rows(value, name + ".", whole)
        elif "properties" in value.get("items", {}):
            yield from rows(value["items"], name + "[].", whole)
        elif isinstance(inner, dict) and "properties" in inner:
            yield from rows(inner, name + ".*.", whole)


def table(schema, wanted):
    """`wanted`: a path, "-" for the top; then the keys whose maps have a table of their own."""
    path, *whole = wanted.split()
    for step in [] if path == "-" else path.split("."):
        schema = schema["properties"][step.removesuffix("[]")]
        if step.endswith("[]"):
            schema = schema["items"]
    return "| key | value | default | meaning |\n|---|---|---|---|\n" + "".join(rows(schema, "", whole))


def generated():
    """Every generated file with its text."""
    yield DOCS / "reference/cli.md", meshdrill("docs", "--type", "markdown")
    schemas = {}
    for page in sorted((DOCS / "reference").glob("*.md")):
        text = page.read_text(encoding="utf-8")

        def fill(block):
            kind = block[2]
            if kind not in schemas:
                schemas[kind] = json.loads(meshdrill("schema", kind))
            return block[1] + table(schemas[kind], block[3]) + block[4]

        if BLOCK.search(text):
            yield page, BLOCK.sub(fill, text)

    for scenario in sorted((ROOT / "scenarios").glob("*.yaml")):
        yield DOCS / "runbooks" / f"{scenario.stem}.md", meshdrill("drill", "runbook", f"scenarios/{scenario.name}")


def main():
    check = sys.argv[1:] == ["--check"]
    stale = 0
    known = set()
    for page, text in generated():
        known.add(page)
        before = page.read_text(encoding="utf-8") if page.exists() else ""
        if before == text:
            continue
        stale += 1
        name = str(page.relative_to(ROOT))
        if check:
            sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), text.splitlines(True), name, "generated"))
        else:
            page.parent.mkdir(exist_ok=True)
            page.write_text(text, encoding="utf-8")
            print(f"{name}: written")
    for page in (DOCS / "runbooks").glob("*.md"):
        if page not in known:
            stale += 1
            print(f"{page.relative_to(ROOT)}: no drill of scenarios/ has this runbook")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
