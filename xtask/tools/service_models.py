"""Reads requests with the models of their services, and reports what the models do not allow.

The models are part of botocore. moto finds the operation of a request and parses the parameters that the model has. To
find other parameters, the request is written again from the parsed ones and compared.
"""

import collections
import dataclasses
import functools
import json
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

import regex
from botocore.exceptions import UnknownServiceError
from botocore.serialize import create_serializer
from botocore.session import get_session
from botocore.utils import parse_timestamp
from moto.core.model import ServiceModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import ServiceOperationRouter
from werkzeug.exceptions import NotFound

# The names in botocore of services with another signing name.
NAMES = {
    "access-analyzer": "accessanalyzer",
    "s3-control": "s3control",  # signs as s3; the strict proxy uses this name
    "servicequotas": "service-quotas",
    "sso": "sso-admin",
    "states": "stepfunctions",
}

# Values that AWS accepts but that are not in its model, by shape of the enum. Each needs a link to its documentation.
UNLISTED_VALUES = {}

# IDs that have another format in moto than on AWS, by shape: functions only pass them on.
EMULATED_VALUES = {
    "IdentityStoreId": regex.compile("d-[a-z0-9]{10}"),
    "PermissionSetArn": regex.compile("arn:aws:sso:::instance/ssoins-[a-z0-9]{16}/ps-[a-z0-9]{16}"),
    "TaggableResourceArn": regex.compile("arn:aws:sso:::instance/ssoins-[a-z0-9]{16}/ps-[a-z0-9]{16}"),
}

NUMBER = (int, float)
TYPES = {
    "blob": (bytes, str),
    "boolean": bool,
    "double": NUMBER,
    "float": NUMBER,
    "integer": int,
    "list": list,
    "long": int,
    "map": dict,
    "string": str,
    "structure": dict,
}
UNREADABLE = (AttributeError, KeyError, RequestParserError, TypeError, ValueError)
MOST_SHOWN = 120


@dataclasses.dataclass
class Problem:
    parameter: str
    value: object
    wanted: str

    def __str__(self):
        shown = "missing" if self.value is None else json.dumps(self.value, default=str)
        shown = shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}…"
        return f"{self.parameter} is {shown}: {self.wanted}"


class Service:
    def __init__(self, name):
        description = get_session().get_component("data_loader").load_service_model(name, "service-2")
        self.model = ServiceModel(description, name)
        self.router = ServiceOperationRouter(self.model)

    @property
    def crate(self):
        """The crate of the service in the SDK for Rust, which is named after the service ID."""
        name = self.model.metadata["serviceId"].replace(" ", "").lower()
        return f"aws-sdk-{name.removesuffix('service')}"

    def read(self, call):
        """The operation and the parameters of a call."""
        url, body = f"http://localhost{call['uri']}", call["body"].encode()
        request = Request.from_primitives(call["method"], url, self.targeted(call["headers"]), body)
        operation, in_path = self.router.match(request)
        parser = PROTOCOL_PARSERS[determine_request_protocol(self.model, request.content_type)]
        content = {"values": request.values, "headers": request.headers, "body": request.data, "url_params": in_path}
        parameters = parser(operation, timestamp_parser=parse_timestamp).parse(content)
        return operation, {name: value for name, value in parameters.items() if is_sent(operation, name, value)}

    def targeted(self, headers):
        """The headers with the target as botocore names it. For CloudTrail, the SDK sends only its last part."""
        name, _, operation = headers.get("x-amz-target", "").rpartition(".")
        prefix = self.model.metadata.get("targetPrefix", "")
        return headers | {"x-amz-target": f"{prefix}.{operation}"} if name and name in prefix.split(".") else headers

    def write(self, operation, parameters):
        """The call with these parameters."""
        serializer = create_serializer(self.model.protocol, include_validation=False)
        request = serializer.serialize_to_request(parameters, operation)
        path, query, body = request["url_path"], urlencode(request["query_string"] or {}, doseq=True), request["body"]
        uri = f"{path}{'&' if '?' in path else '?'}{query}" if query else path
        body = urlencode(body) if isinstance(body, dict) else body.decode() if isinstance(body, bytes) else body
        return {"uri": uri, "headers": request["headers"], "body": body}


@functools.cache
def service_of(name):
    """The service with this signing name."""
    return Service(NAMES.get(name, name))


def is_sent(operation, name, value):
    """Whether a parameter was sent. The parser returns an empty list for a missing parameter of the query string."""
    return value != [] or operation.input_shape.members[name].serialization.get("location") != "querystring"


def check(call):
    """The operation of a call, None where AWS has none, and the problems of the call."""
    try:
        service = service_of(call["service"])
        operation, parameters = service.read(call)
    except UnknownServiceError:
        return None, [Problem("the service", call["service"], "AWS has no service with this name")]
    except (NotFound, NotImplementedError):
        return None, [Problem("the operation", call["operation"], f"AWS has no operation for {call['method']} {call['uri']}")]
    except UNREADABLE as error:
        return None, [Problem("the request", call["body"], f"it does not match the model: {error}")]
    if operation.input_shape is None:
        return operation, list(problems_of_request(call, {"uri": "", "headers": {}, "body": ""}, operation))
    problems = list(problems_of_value(operation.input_shape, parameters, ""))
    try:
        written = service.write(operation, parameters)
    except UNREADABLE as error:
        # The cause is a wrong type, which is usually a problem already.
        return operation, problems or [Problem("the request", call["body"], f"it does not match the model: {error}")]
    return operation, problems + list(problems_of_request(call, written, operation))


def problems_of_request(call, written, operation):
    """The differences between a call and what was written from its parameters."""
    protocol = operation.service_model.protocol
    sent, known = content_of(call, protocol), content_of(written, protocol)
    members = ", ".join(operation.input_shape.members) if operation.input_shape else "none"
    for name, value in sent.items():
        if name not in known:
            yield Problem(name, value, f"the model has no such parameter; the operation has {members}")
        elif (value, type(value) is bool) != (known[name], type(known[name]) is bool):
            yield Problem(name, value, f"the model reads it as {json.dumps(known[name])}")


def content_of(call, protocol):
    """The values in a call by path. `x-id` is the name of the operation, which the SDK adds to the query."""
    query = dict(parse_qsl(urlsplit(call["uri"]).query, keep_blank_values=True))
    if protocol in ("query", "ec2"):
        form = query | dict(parse_qsl(call["body"], keep_blank_values=True))
        return {name: value for name, value in form.items() if name not in ("Action", "Version")}
    headers = {name.lower(): value for name, value in call["headers"].items()}
    content = {name: value for name, value in headers.items() if name not in ("content-type", "x-amz-target")}
    content |= {f"?{name}": value for name, value in query.items() if name != "x-id"}
    if call["body"]:
        body = ElementTree.fromstring(call["body"]) if protocol == "rest-xml" else json.loads(call["body"])
        content |= dict(leaves(body, ""))
    return content


def leaves(value, path):
    """The scalars and the empty collections of a document by path."""
    inner = list(children(value))
    if not inner and path:
        yield path, (value.text or "") if isinstance(value, ElementTree.Element) else value
    for name, child in inner:
        yield from leaves(child, f"{path}{name}" if name.startswith("[") or not path else f"{path}.{name}")


def children(value):
    match value:
        case dict():
            yield from value.items()
        case list():
            yield from ((f"[{index}]", child) for index, child in enumerate(value))
        case ElementTree.Element():
            # Only elements with the same name have an order.
            seen = collections.Counter()
            for child in value:
                name = child.tag.rpartition("}")[2]
                yield f"{name}[{seen[name]}]" if seen[name] else name, child
                seen[name] += 1


def problems_of_value(shape, value, path):
    if shape.type_name == "structure" and shape.is_document_type:
        return
    kind = TYPES.get(shape.type_name, object)
    if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
        yield Problem(path, value, f"the model requires a {shape.type_name}")
        return
    yield from problems_of_limits(shape, value, path)
    match shape.type_name:
        case "structure":
            yield from problems_of_structure(shape, value, path)
        case "list":
            for index, child in enumerate(value):
                yield from problems_of_value(shape.member, child, f"{path}[{index}]")
        case "map":
            for name, child in value.items():
                yield from problems_of_value(shape.key, name, f"{path}.{name}")
                yield from problems_of_value(shape.value, child, f"{path}.{name}")
        case "string":
            yield from problems_of_string(shape, value, path)


def problems_of_structure(shape, value, path):
    for name in shape.required_members:
        if name not in value:
            yield Problem(f"{path}.{name}".removeprefix("."), None, "the model requires it")
    if shape.is_tagged_union and len(value) != 1:
        yield Problem(path, value, f"the model requires one of {', '.join(shape.members)}")
    for name, child in value.items():
        yield from problems_of_value(shape.members[name], child, f"{path}.{name}".removeprefix("."))


def problems_of_limits(shape, value, path):
    """Numbers have a range; other values have a length."""
    limits = shape.metadata.get("min"), shape.metadata.get("max")
    if limits == (None, None):
        return
    size, of = (value, "") if isinstance(value, NUMBER) else (len(value), "a length of ")
    least, most = limits
    if least is not None and size < least:
        yield Problem(path, value, f"the model requires {of}at least {least}")
    if most is not None and size > most:
        yield Problem(path, value, f"the model requires {of}at most {most}")


def problems_of_string(shape, value, path):
    if shape.enum and value not in shape.enum and value not in UNLISTED_VALUES.get(shape.name, ()):
        yield Problem(path, value, f"the model has only {', '.join(shape.enum)}")
    pattern, emulated = shape.metadata.get("pattern"), EMULATED_VALUES.get(shape.name)
    if emulated and emulated.fullmatch(value):
        return
    if pattern and not compiled(pattern).fullmatch(value):
        yield Problem(path, value, f"the model requires {pattern}")


@functools.cache
def compiled(pattern):
    """In AWS's patterns `\\w` and `\\d` are ASCII, and `\\p{L}` is any letter."""
    return regex.compile(pattern, 0 if r"\p{" in pattern else regex.ASCII)
