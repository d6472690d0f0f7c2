"""Checks the calls of the functions against AWS's service models, which are part of botocore.

    python check_calls.py CALLS

CALLS is the file that the strict proxy writes: a JSON line for each different call of a function. For each call, this
checks that AWS has the operation and the parameters, that no required parameter is missing, and that types, lengths,
ranges, patterns, and enums are valid. The file must have calls of every service whose SDK the functions use. For each
error code in the sources, it checks that AWS returns it for an operation that the sources call.
"""

import json
import pathlib
import re
import sys
import tomllib

from service_models import check, service_of

# Error codes that AWS documents but that are not in its models, by crate of the SDK.
UNLISTED_ERRORS = {
    # Of all operations: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/CommonErrors.html
    "aws-sdk-costexplorer": {"AccessDeniedException", "ValidationException"},
    # The model of EC2 has no errors: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    "aws-sdk-ec2": {
        "DependencyViolation",
        "Gateway.NotAttached",
        "InvalidInternetGatewayID.NotFound",
        "InvalidSubnetID.NotFound",
        "InvalidVpcID.NotFound",
    },
    # For conditional requests: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    "aws-sdk-s3": {"ConditionalRequestConflict", "PreconditionFailed"},
    # For an account that is not signed up for S3: the same page.
    "aws-sdk-s3control": {"NotSignedUp"},
}


def crates():
    """The folders of the functions and of the crates that they use."""
    return sorted(file.parent for group in ("functions/*", "crates") for file in pathlib.Path().glob(f"{group}/*/Cargo.toml"))


def linked(folder):
    """The crates of the SDK that a crate uses, except in its tests."""
    manifest = tomllib.loads((folder / "Cargo.toml").read_text())
    return {name for name in manifest.get("dependencies", {}) if name.startswith("aws-sdk-")}


def code_of(folder):
    """The sources of a crate, without tests."""
    for file in sorted(folder.glob("src/**/*.rs")):
        if "tests" not in (file.stem, *file.parts):
            yield file, file.read_text().partition("#[cfg(test)]")[0]


def named_errors(code):
    """The error codes of AWS that a source compares with, including those in its constants."""
    if "error_code(" not in code:
        return set()
    constants = dict(re.findall(r"const (\w+): [^=]+=\s+([^;]+);", code))
    matched = re.findall(r"(?:(\S+)\s*[!=]=\s*)?Some\(([^()]+)\)", code)
    compared = [text for left, text in matched if re.fullmatch(r"\W*(error_code\([^()]*\)|code|)", left)]
    compared += re.findall(r"(\w+)\.contains\(&code\)", code)
    named = [constants.get(name, "") for text in compared for name in re.findall(r"\b[A-Z][A-Z_]+\b", text)]
    return {error for text in compared + named for error in re.findall(r'"([A-Z][\w.]+)"', text)}


def returned_errors(service, methods):
    """The codes and the reasons of the errors of the operations that these methods call."""
    errors = set(UNLISTED_ERRORS.get(service.crate, ()))
    for operation in service.model.operation_names:
        shapes = service.model.operation_model(operation).error_shapes if operation.lower() in methods else ()
        for shape in shapes:
            reasons = (reason for member in shape.members.values() for reason in getattr(member, "enum", ()))
            errors |= {shape.error_code, *reasons}
    return errors


def problems_of_sources(services):
    sources = [(folder, file, code) for folder in crates() for file, code in code_of(folder)]
    # `create_account()` calls CreateAccount.
    methods = {name.replace("_", "") for _, _, code in sources for name in re.findall(r"\.(\w+)\(\)", code)}
    returned = {service.crate: returned_errors(service, methods) for service in services}
    found = False
    for folder, file, code in sources:
        errors = named_errors(code)
        found = found or bool(errors)
        called = {f"aws-sdk-{name}" for name in re.findall(r"\baws_sdk_(\w+)::", code)} or linked(folder)
        # A service without recorded calls is reported by problems_of_coverage.
        known = {error for crate in called for error in returned.get(crate, errors)}
        names = ", ".join(sorted(called))
        for error in sorted(errors - known):
            yield f"{file}: {error} is not an error of the operations that the sources call with {names}"
    if not found:
        yield "no error code was found in the sources: see named_errors in check_calls.py"


def problems_of_coverage(services):
    used = {crate for folder in crates() for crate in linked(folder)}
    for crate in sorted(used - {service.crate for service in services}):
        yield f"{crate} is used, but no call of its service was recorded"


def problems_of_calls(checked):
    """The first example of each problem."""
    examples = {}
    for call, operation, problems in checked:
        name = operation.name if operation else call["operation"]
        for problem in problems:
            parameter = re.sub(r"\[\d+\]|\.\d+", "", problem.parameter)
            text = f"{call['function']}: {call['service']} {name}: {problem}"
            examples.setdefault((call["service"], name, parameter, problem.wanted), text)
    return list(examples.values())


def read(path):
    """The calls in a file; none if there is no file."""
    if not pathlib.Path(path).exists():
        return []
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def main(path):
    checked = [(call, *check(call)) for call in read(path)]
    if not checked:
        sys.exit(f"{path} has no calls: the strict proxy writes them while functions run; see its option --calls-file")
    operations = {(call["service"], operation.name) for call, operation, _ in checked if operation}
    services = {service_of(service) for service, _ in operations}
    problems = [*problems_of_calls(checked), *problems_of_coverage(services), *problems_of_sources(services)]
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    print(f"checked {len(checked)} calls: {len(operations)} operations of {len(services)} services")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
