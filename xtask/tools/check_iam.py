"""Checks IAM statements against AWS's service authorization data.

    python check_iam.py FOLDER_OF_THE_DATA

For each statement of template.yaml after the SAM transform, this checks that AWS has the actions, that the resources can
match them, that each resource type that an action requires is covered, and that the condition keys belong to the
actions. It also checks that AWS has every action in the source of a function, and every action and condition key in the
policies of the organization and their cases.
"""

import fnmatch
import functools
import json
import pathlib
import re
import sys

from check_transform import PSEUDO, translate

KNOWN = PSEUDO | {"AWS::StackName": "account-vending"}
# The ARN patterns of references to resources.
ARNS = {
    "AWS::ApiGateway::RestApi": "arn:aws:execute-api:*:*:*",
    "AWS::Events::Rule": "arn:aws:events:*:*:rule/*",
    "AWS::IAM::Role": "arn:aws:iam::*:role/*",
    "AWS::Lambda::Function": "arn:aws:lambda:*:*:function:*",
    "AWS::Logs::LogGroup": "arn:aws:logs:*:*:log-group:*",
    "AWS::S3::Bucket": "arn:aws:s3:::*",
    "AWS::SNS::Topic": "arn:aws:sns:*:*:*",
    "AWS::SQS::Queue": "arn:aws:sqs:*:*:*",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:*:*:stateMachine:*",
}
NOTHING = {"Ref": "AWS::NoValue"}


class Data:
    """AWS's actions, resource types, and condition keys: one file for each service."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    @functools.cache
    def of_service(self, kind, service):
        file = self.folder / kind / f"{service}.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def action(self, name):
        service, _, action = name.partition(":")
        found = self.of_service("actions", service).get(action.lower())
        return found if found and found["name"] == action else None

    def has_action_like(self, pattern):
        service, _, action = pattern.partition(":")
        return any(fnmatch.fnmatchcase(one["name"], action) for one in self.of_service("actions", service).values())

    def is_condition_key(self, name):
        return name.lower() in self.of_service("conditionKeys", name.partition(":")[0])

    def pattern(self, service, resource_type):
        """The ARNs of a resource type, as a pattern."""
        types = self.of_service("resourceTypes", service)
        arn = types.get(resource_type.lower(), {}).get("arn", "*")
        return re.sub(r"\$\{[^}]+\}", "*", arn.replace("${Partition}", "aws"))


class Template:
    def __init__(self, template):
        self.resources = template["Resources"]

    def policies(self):
        """Every policy document with the name of its resource."""
        for name, resource in self.resources.items():
            properties = resource.get("Properties", {})
            for policy in properties.get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []:
                yield name, policy["PolicyDocument"]
            if resource["Type"] in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
                yield name, properties["PolicyDocument"]

    def patterns(self, value):
        """The possible strings of a value: both branches of an Fn::If, and `*` for unknown parts."""
        match value:
            case list():
                return [pattern for one in value for pattern in self.patterns(one)]
            case str():
                return [value]
            case {"Fn::If": [_, *branches]}:
                return [pattern for branch in branches if branch != NOTHING for pattern in self.patterns(branch)]
            case {"Fn::Sub": str(text)}:
                return [re.sub(r"\$\{([^}]+)\}", lambda found: self.reference(found[1]), text)]
            case {"Fn::GetAtt": [name, attribute]}:
                return [self.reference(f"{name}.{attribute}")]
            case {"Ref": name}:
                return [self.reference(name)]
        return ["*"]

    def reference(self, name):
        name, _, attribute = name.partition(".")
        is_arn = attribute in ("", "Arn")
        kind = self.resources.get(name, {}).get("Type")
        return KNOWN.get(name) or (ARNS.get(kind, "*") if is_arn else "*")


def statements(document):
    for statement in document["Statement"]:
        branches = statement["Fn::If"][1:] if "Fn::If" in statement else [statement]
        yield from (branch for branch in branches if branch != NOTHING)


def listed(value):
    return value if isinstance(value, list) else [value]


def overlap(one, other):
    """Whether some ARN matches both patterns."""
    parts = [(pattern.split(":", 5) + ["*"] * 6)[:6] for pattern in (one, other)]
    return "*" in (one, other) or all(overlapping(*pair) for pair in zip(*parts))


@functools.cache
def overlapping(one, other):
    if not one or not other:
        return set(one + other) <= {"*"}
    if one[0] == "*":
        return overlapping(one[1:], other) or overlapping(one, other[1:])
    if other[0] == "*":
        return overlapping(other, one)
    return one[0] == other[0] and overlapping(one[1:], other[1:])


def problems_of_statement(data, template, statement, granted):
    resources = template.patterns(statement["Resource"])
    for name in listed(statement["Action"]):
        action = data.action(name)
        if action is None:
            yield f"AWS has no action {name}"
            continue
        types = {one["name"]: data.pattern(name.partition(":")[0], one["name"]) for one in action["resourceTypes"]}
        if not types and set(resources) != {"*"}:
            yield f"{name} has no resource types: its resource must be *"
        if types and not any(overlap(one, arn) for one in resources for arn in types.values()):
            yield f"{name} does not match {', '.join(resources)}, only {', '.join(types.values())}"
        if statement["Effect"] == "Allow":
            # One of several required types is enough, for example a standard or an express execution.
            required = [types[one["name"]] for one in action["resourceTypes"] if one["required"]]
            if required and not any(overlap(given, arn) for given in granted[name] for arn in required):
                yield f"{name} requires a resource like {', '.join(required)}, which no statement allows"
        for key in (key for condition in statement.get("Condition", {}).values() for key in condition):
            if not has_key(data, action, key):
                yield f"{name} has no condition key {key}"


def has_key(data, action, key):
    # Global condition keys, except those of tags.
    if key.lower().startswith("aws:") and "tag" not in key.lower():
        return True
    keys = {*action["conditionKeys"], *(key for one in action["resourceTypes"] for key in one["conditionKeys"])}
    return key.partition("/")[0].lower() in {one.partition("/")[0].lower() for one in keys}


def problems_of_policy(data, template, document):
    granted = {}
    for statement in statements(document):
        for name in listed(statement["Action"]) if statement["Effect"] == "Allow" else []:
            granted.setdefault(name, []).extend(template.patterns(statement["Resource"]))
    for statement in statements(document):
        # The bucket policy denies all requests without TLS.
        if statement["Action"] == "s3:*":
            continue
        for problem in problems_of_statement(data, template, statement, granted):
            yield f"{statement.get('Sid', 'a statement')}: {problem}"


def problems_of_source(data, file):
    code = file.read_text().partition("#[cfg(test)]")[0]
    for name in sorted(set(re.findall(r'"([a-z0-9-]+:[A-Z][A-Za-z0-9]+)"', code))):
        is_global_key = name.startswith("aws:")
        if data.action(name) is None and not data.is_condition_key(name) and not is_global_key:
            yield f"AWS has no action {name}"


def problems_of_organization_policy(data, file):
    for name in sorted(set(re.findall(r"\b([a-z0-9-]+:[A-Z*][A-Za-z0-9*]*)", file.read_text()))):
        is_key = name.startswith("aws:") or data.is_condition_key(name)
        if not is_key and not data.has_action_like(name):
            yield f"AWS has no action and no condition key {name}"


def main(folder):
    data, template, problems = Data(folder), Template(translate("template.yaml")), []
    for name, document in template.policies():
        problems += [f"{name}, {problem}" for problem in problems_of_policy(data, template, document)]
    for file in sorted(pathlib.Path("functions").glob("*/*/src/**/*.rs")):
        if "tests" not in file.stem and "tests" not in file.parts:
            problems += [f"{file}: {problem}" for problem in problems_of_source(data, file)]
    for file in sorted(pathlib.Path("organization/policies").iterdir()):
        problems += [f"{file}: {problem}" for problem in problems_of_organization_policy(data, file)]
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
