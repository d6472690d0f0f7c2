"""Checks template.yaml after the SAM transform: API stages, lengths of names, sizes.

    python check_transform.py template.yaml LENGTH_OF_THE_STACK_NAME

The limits are those of the API references of the services. It does not call AWS.
"""

import json
import logging
import re
import sys

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
}
MANAGED_POLICIES = ("AWSXrayWriteOnlyAccess", "AWSXRayDaemonWriteAccess")

MAX_CHARACTERS = {
    ("AWS::ApiGateway::RestApi", "Name"): 1024,
    ("AWS::CloudWatch::Alarm", "AlarmName"): 255,
    ("AWS::Events::Rule", "Name"): 64,
    ("AWS::IAM::Role", "Description"): 1000,
    ("AWS::IAM::Role", "Path"): 512,
    ("AWS::IAM::Role", "RoleName"): 64,
    ("AWS::Lambda::Function", "Description"): 256,
    ("AWS::Lambda::Function", "FunctionName"): 64,
    ("AWS::Logs::LogGroup", "LogGroupName"): 512,
    ("AWS::S3::Bucket", "BucketName"): 63,
    ("AWS::SNS::Topic", "TopicName"): 256,
    ("AWS::SQS::Queue", "QueueName"): 80,
    ("AWS::StepFunctions::StateMachine", "StateMachineName"): 80,
}
MAX_INLINE_POLICIES = 10_240
MAX_TRUST_POLICY = 2_048
MAX_IN_TEMPLATE = {"Resources": 500, "Parameters": 200, "Outputs": 200}
MAX_BYTES = 1_000_000


def translate(path):
    # The translator warns of feature toggles that only AWS sets.
    logging.disable(logging.WARNING)
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    for name, resource in template["Resources"].items():
        # `sam package` replaces local files with S3 objects.
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = f"s3://bucket/{name}.zip"
        if resource["Type"] == "AWS::Serverless::StateMachine":
            resource["Properties"]["DefinitionUri"] = {"Bucket": "bucket", "Key": name}
    managed = {name: f"arn:aws:iam::aws:policy/{name}" for name in MANAGED_POLICIES}
    session = boto3.Session(region_name=PSEUDO["AWS::Region"])
    return Translator(managed, Parser(), boto_session=session).translate(template, {})


def resolved(value, stack_name):
    """The string of a value with only pseudo parameters; None for any other value."""
    pseudo = PSEUDO | {"AWS::StackName": stack_name}
    match value:
        case str():
            return value
        case {"Ref": name}:
            return pseudo.get(name)
        case {"Fn::Sub": str(text)}:
            text = re.sub(r"\$\{(AWS::\w+)\}", lambda found: pseudo.get(found[1], found[0]), text)
            return None if "${" in text else text
    return None


def compact(document):
    """The length of a policy as IAM counts it, without white space."""
    return len(re.sub(r"\s", "", json.dumps(document)))


def problems_of(name, resource, stack_name):
    kind, properties = resource["Type"], resource.get("Properties", {})
    for (of, field), most in MAX_CHARACTERS.items():
        text = resolved(properties.get(field), stack_name) if of == kind else None
        if text and len(text) > most:
            yield f"{name}.{field} has {len(text)} characters, the maximum is {most}: {text}"
    if kind == "AWS::ApiGateway::Deployment" and "StageName" in properties:
        yield f"{name} creates a second stage, {properties['StageName']}: set OpenApiVersion on the API"
    if kind == "AWS::IAM::Role":
        size = sum(compact(policy.get("PolicyDocument")) for policy in properties.get("Policies", []))
        if size > MAX_INLINE_POLICIES:
            yield f"{name} has {size} characters of inline policies, the maximum is {MAX_INLINE_POLICIES}"
        size = compact(properties.get("AssumeRolePolicyDocument"))
        if size > MAX_TRUST_POLICY:
            yield f"{name} has a trust policy of {size} characters, the maximum is {MAX_TRUST_POLICY}"


def main(path, length):
    template, stack_name = translate(path), "s" * int(length)
    problems = [
        problem
        for name, resource in template["Resources"].items()
        for problem in problems_of(name, resource, stack_name)
    ]
    for section, most in MAX_IN_TEMPLATE.items():
        count = len(template.get(section, {}))
        if count > most:
            problems.append(f"the template has {count} {section}, the maximum is {most}")
    size = len(json.dumps(template, default=str))
    if size > MAX_BYTES:
        problems.append(f"the template has {size} bytes, the maximum is {MAX_BYTES}")
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
