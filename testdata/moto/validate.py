"""Holds answers of AWS that we made up against the service models that ship with botocore.

usage: validate.py FOLDER...

Each file in a folder is the body of one answer, named service.Operation.xml or .json, with a
variant before the ending where there are several: iam.ListUsers.second-page.xml. A body that
is an error must have a code that the operation or AWS as a whole knows. Every other body is
walked beside the operation's output shape: unknown elements, missing required members, wrong
types, values outside an enumeration, a pattern or a length are faults. Then botocore's own
parser must read it. All faults are printed; any fault, or a folder without answers, is exit 1.
"""

import base64
import binascii
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

from botocore.parsers import create_parser
from botocore.session import Session

# Codes that any operation may answer with and that no model lists.
COMMON_ERRORS = {
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InternalFailure",
    "InvalidClientTokenId",
    "OptInRequired",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "Throttling",
    "ThrottlingException",
    "ValidationError",
    "ValidationException",
}
# Shapes whose pattern nothing within their own length matches: the ServiceId of App Runner is 32
# characters at most, and by its pattern a UUID with its hyphens.
CONTRADICTORY = {"ServiceId"}
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Faults(list):
    def add(self, where, what):
        self.append(f"{where}: {what}")


def local(tag):
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def restrictions(shape, value, where, faults):
    """What a model says of a text beyond its type."""
    limits = shape.metadata
    if limits.get("enum") and value not in limits["enum"]:
        faults.add(where, f"{value!r} is not one of {', '.join(limits['enum'])}")
    if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
        faults.add(where, f"{value!r} has a length of {len(value)}")
    if "pattern" in limits and shape.name not in CONTRADICTORY:
        try:
            pattern = re.compile(limits["pattern"])
        except re.error:
            return  # written for another dialect
        if not pattern.fullmatch(value):
            faults.add(where, f"{value!r} does not match {limits['pattern']}")


def number(shape, value, where, faults):
    limits = shape.metadata
    if not limits.get("min", value) <= value <= limits.get("max", value):
        faults.add(where, f"{value} is out of range")


def is_base64(text):
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True


class XML:
    """Walks an answer of the query protocol, or of ec2's variant of it."""

    def __init__(self, operation, protocol, faults):
        self.operation, self.ec2, self.faults = operation, protocol == "ec2", faults

    def check(self, root):
        name = self.operation.name
        if local(root.tag) != name + "Response":
            self.faults.add("/", f"the root element is {local(root.tag)}, want {name}Response")
        output = self.operation.output_shape
        if self.ec2:
            body = [e for e in root if local(e.tag) != "requestId"]
        elif output is None:
            body = [e for e in root if local(e.tag) != "ResponseMetadata"]
        else:
            body = self.unwrap(root, output.serialization.get("resultWrapper", name + "Result"))
        if output is None:
            for element in body:
                self.faults.add("/", f"unknown element {local(element.tag)}")
        else:
            self.structure(output, body, "")

    def unwrap(self, root, wrapper):
        found = []
        for element in root:
            if local(element.tag) == wrapper:
                found.append(element)
            elif local(element.tag) != "ResponseMetadata":
                self.faults.add("/", f"unknown element {local(element.tag)}")
        if len(found) != 1:
            self.faults.add("/", f"{len(found)} elements {wrapper}, want one")
        return list(found[0]) if found else []

    def wire_name(self, name, shape):
        if shape.type_name == "list" and shape.serialization.get("flattened"):
            return shape.member.serialization.get("name", name)
        return shape.serialization.get("name", name)

    def structure(self, shape, elements, where):
        members = {self.wire_name(n, s): (n, s) for n, s in shape.members.items()}
        seen = {}
        for element in elements:
            tag = local(element.tag)
            if tag in members:
                seen.setdefault(tag, []).append(element)
            else:
                self.faults.add(where or "/", f"unknown element {tag}")
        for tag, (name, member) in members.items():
            here = f"{where}/{tag}"
            if tag not in seen:
                if name in shape.required_members:
                    self.faults.add(here, "missing, and it is required")
            elif member.serialization.get("flattened"):
                self.flattened(member, seen[tag], here)
            elif len(seen[tag]) > 1:
                self.faults.add(here, "stands there more than once")
            else:
                self.value(member, seen[tag][0], here)

    def flattened(self, shape, elements, where):
        for i, element in enumerate(elements):
            if shape.type_name == "list":
                self.value(shape.member, element, f"{where}[{i}]")
            else:
                self.pair(shape, element, f"{where}[{i}]")

    def value(self, shape, element, where):
        if shape.type_name == "structure":
            self.structure(shape, list(element), where)
        elif shape.type_name == "list":
            name = shape.member.serialization.get("name", "member")
            for i, item in enumerate(element):
                if local(item.tag) != name:
                    self.faults.add(where, f"unknown element {local(item.tag)}, want {name}")
                self.value(shape.member, item, f"{where}[{i}]")
        elif shape.type_name == "map":
            for i, entry in enumerate(element):
                if local(entry.tag) != "entry":
                    self.faults.add(where, f"unknown element {local(entry.tag)}, want entry")
                self.pair(shape, entry, f"{where}[{i}]")
        elif len(element):
            self.faults.add(where, f"has elements, want a {shape.type_name}")
        else:
            self.scalar(shape, element.text or "", where)

    def pair(self, shape, entry, where):
        names = (shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value"))
        if tuple(local(e.tag) for e in entry) != names:
            self.faults.add(where, f"want {names[0]} and {names[1]}")
            return
        self.value(shape.key, entry[0], where + "/key")
        self.value(shape.value, entry[1], where + "/value")

    def scalar(self, shape, text, where):
        kind = shape.type_name
        if kind in ("integer", "long"):
            if re.fullmatch(r"-?\d+", text):
                number(shape, int(text), where, self.faults)
            else:
                self.faults.add(where, f"{text!r} is no {kind}")
        elif kind in ("float", "double"):
            if not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text):
                self.faults.add(where, f"{text!r} is no {kind}")
        elif kind == "boolean":
            if text not in ("true", "false"):
                self.faults.add(where, f"{text!r} is no boolean")
        elif kind == "timestamp":
            if not ISO_TIME.fullmatch(text):
                self.faults.add(where, f"{text!r} is no ISO 8601 time")
        elif kind == "blob":
            if not is_base64(text):
                self.faults.add(where, "is no base64")
        else:
            restrictions(shape, text, where, self.faults)


class JSON:
    """Walks an answer of the json and rest-json protocols."""

    def __init__(self, operation, protocol, faults):
        self.operation, self.rest, self.faults = operation, protocol == "rest-json", faults

    def check(self, body):
        output = self.operation.output_shape
        if output is not None:
            self.value(output, body, "")
        elif body not in ({}, None):
            self.faults.add("/", "the operation answers nothing")

    def value(self, shape, value, where):
        kind = shape.type_name
        if kind == "structure":
            if self.kind(value, dict, kind, where):
                self.structure(shape, value, where)
        elif kind == "list":
            if self.kind(value, list, kind, where):
                for i, item in enumerate(value):
                    self.value(shape.member, item, f"{where}[{i}]")
        elif kind == "map":
            if self.kind(value, dict, kind, where):
                for key, item in value.items():
                    restrictions(shape.key, key, where, self.faults)
                    self.value(shape.value, item, f"{where}/{key}")
        else:
            self.scalar(shape, value, where)

    def kind(self, value, want, name, where):
        if not isinstance(value, want):
            self.faults.add(where or "/", f"is a {type(value).__name__}, want a {name}")
        return isinstance(value, want)

    def structure(self, shape, value, where):
        members = {}
        for name, member in shape.members.items():
            if self.rest and member.serialization.get("location"):
                continue  # in the status or a header, not in the body
            members[member.serialization.get("name", name)] = (name, member)
        for key in value:
            if key not in members:
                self.faults.add(where or "/", f"unknown member {key}")
        for key, (name, member) in members.items():
            if value.get(key) is not None:
                self.value(member, value[key], f"{where}/{key}")
            elif name in shape.required_members:
                self.faults.add(f"{where}/{key}", "missing, and it is required")

    def scalar(self, shape, value, where):
        kind = shape.type_name
        numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
        if kind in ("integer", "long"):
            fits = isinstance(value, int) and numeric
        elif kind in ("float", "double"):
            fits = numeric
        elif kind == "timestamp":
            iso = shape.serialization.get("timestampFormat") == "iso8601"
            fits = isinstance(value, str) and bool(ISO_TIME.fullmatch(value)) if iso else numeric
        elif kind == "boolean":
            fits = isinstance(value, bool)
        elif kind == "blob":
            fits = isinstance(value, str) and is_base64(value)
        else:
            fits = isinstance(value, str)
        if not fits:
            self.faults.add(where, f"{value!r} is no {kind}")
        elif kind in ("integer", "long"):
            number(shape, value, where, self.faults)
        elif kind in ("string", "character"):
            restrictions(shape, value, where, self.faults)


def error_code(body):
    """The code of an error answer, or None when the answer is none."""
    if isinstance(body, dict):
        return body["__type"].rpartition("#")[2] if "__type" in body else None
    if local(body.tag) not in ("ErrorResponse", "Response"):
        return None
    codes = [e.text for e in body.iter() if local(e.tag) == "Code"]
    return codes[0] if codes else ""


def check_error(operation, code, faults):
    known = set(COMMON_ERRORS)
    for shape in operation.error_shapes:
        known.add(shape.metadata.get("error", {}).get("code") or shape.name)
    if code not in known:
        faults.add("/", f"{operation.name} has no error {code!r}")


def spoken(model):
    """The protocol that is spoken with a service: JSON where it is among several."""
    several = model.metadata.get("protocols", [])
    return "json" if "json" in several else model.resolved_protocol


def parse_answer(protocol, raw, shape):
    """Has botocore read the answer; it raises where it cannot."""
    answer = {"status_code": 200, "headers": {}, "body": raw}
    create_parser(protocol).parse(answer, shape)


def check_file(session, path):
    faults = Faults()
    service, name = path.name.split(".")[:2]
    model = session.get_service_model(service)
    operation = model.operation_model(name)
    protocol = spoken(model)
    raw = path.read_bytes()
    if protocol in ("query", "ec2"):
        body, walk = ElementTree.fromstring(raw), XML(operation, protocol, faults)
    elif protocol in ("json", "rest-json"):
        body, walk = json.loads(raw or b"{}"), JSON(operation, protocol, faults)
    else:
        faults.add("/", f"nothing here reads the protocol {protocol} of {service}")
        return faults
    code = error_code(body)
    if code is not None:
        check_error(operation, code, faults)
    else:
        walk.check(body)
        if not faults:
            parse_answer(protocol, raw, operation.output_shape)
    return faults


def check_folder(session, folder):
    paths = sorted(p for p in pathlib.Path(folder).iterdir() if p.suffix in (".xml", ".json"))
    if not paths:
        print(f"{folder}: no answers in here")
        return False
    good = True
    for path in paths:
        try:
            faults = check_file(session, path)
        except Exception as fault:
            faults = [f"cannot be read: {fault}"]
        for fault in faults:
            print(f"{path}: {fault}")
        good = good and not faults
    print(f"{folder}: {len(paths)} answers held against botocore's models")
    return good


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    session = Session()
    results = [check_folder(session, folder) for folder in sys.argv[1:]]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
